import axios from 'axios';
import type { Execution } from '../../host/executions';
import { setStage, type Stage } from './stage';

const API_KEY = 'sk-recover-clips';
const UNKNOWN = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';

let stage: Stage;
let good: string[];
let failing: string;
let execution: Execution;

beforeAll(async () => {
	stage = await setStage(API_KEY);
	good = [await submit('A red fox in the snow'), await submit('A paper boat in the rain')];
	failing = await submit('Something that goes wrong [[fail:content]]');
	const workflowId = await stage.importTemplate('recover-clips', {
		text: [
			// As n8n's log has them, the first one twice.
			...[...good, failing].map(
				(taskId, item) =>
					`info | Kling Fast: clip submitted: ${taskId} (execution 7, item ${item})`,
			),
			`Task ${good[0]} was not finished after 900 seconds [item 0]`,
			UNKNOWN,
		].join('\n'),
	});
	execution = await stage.host.runToEnd(workflowId);
});
afterAll(async () => await stage.stop());

/** What an execution did that is lost now. */
async function submit(prompt: string): Promise<string> {
	const { data } = await axios.post<{ data: Array<{ task_id: string }> }>(
		`${stage.sandbox.baseUrl}/v1/videos/generations`,
		{ model: 'kling-v3', prompt, duration: 5 },
		{ headers: { authorization: `Bearer ${API_KEY}` } },
	);
	return data.data[0].task_id;
}

test('each task in the text is looked up once, and each clip that exists comes back byte by byte', async () => {
	expect(execution.error).toBeUndefined();
	expect(execution.itemsOf('Get video')).toHaveLength(good.length + 2);
	const recovered = execution.jsonOf('Recovered').map(({ taskId }) => String(taskId));
	expect(recovered).toEqual(good);
	const files = execution.filesOf('Recovered');
	expect(files).toHaveLength(good.length);
	for (const [index, file] of files.entries()) {
		const bytes = await stage.host.binary(file);
		expect(bytes.equals(await stage.clipBytes(good[index]))).toBe(true);
	}
});

test('of the others it says why, and nothing is bought', () => {
	expect(execution.jsonOf('Not recovered')).toEqual([
		expect.objectContaining({ taskId: failing, status: 'failed', error: expect.any(String) }),
		expect.objectContaining({ error: expect.stringContaining(UNKNOWN) }),
	]);
	expect(stage.sandbox.ledger.submits()).toHaveLength(good.length + 1);
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
