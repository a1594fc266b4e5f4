import type { Execution } from '../../host/executions';
import { Client } from '../unit/sandbox/client';
import { setStage, type Stage } from './stage';

const UNKNOWN = 'task_01KV7FXR8BEYS1BWHJCT3JMCJ5';

/** As the log has it behind a submit: whole, cut, or none. */
const OWN_DATA = [' {"row":2}', ' {"note":"a very long no…', ''];

let stage: Stage;
let good: string[];
let failing: string;
let execution: Execution;

beforeAll(async () => {
	stage = await setStage('sk-recover-clips');
	// What an execution did that is lost now.
	const client = new Client(stage.sandbox);
	good = [
		await client.submitted({ prompt: 'A red fox in the snow' }),
		await client.submitted({ prompt: 'A paper boat in the rain' }),
	];
	failing = await client.submitted({ prompt: 'Something that goes wrong [[fail:content]]' });
	const workflowId = await stage.importTemplate('recover-clips', {
		text: [
			// As n8n's log has them, the first one twice.
			...[...good, failing].map(
				(taskId, item) =>
					`info | Kling Fast: clip submitted: ${taskId} (execution 7, item ${item})${OWN_DATA[item]}`,
			),
			`Task ${good[0]} was not finished after 900 seconds [item 0]`,
			UNKNOWN,
		].join('\n'),
	});
	execution = await stage.host.runToEnd(workflowId);
});
afterAll(async () => await stage.stop());

test('each task in the text is looked up once, and each clip that exists comes back byte by byte', async () => {
	expect(execution.error).toBeUndefined();
	expect(execution.itemsOf('Get video')).toHaveLength(good.length + 2);
	const recovered = execution.jsonOf('Recovered').map(({ taskId }) => String(taskId));
	expect(recovered).toEqual(good);
	const rows = execution.jsonOf('Recovered').map(({ metadata }) => metadata);
	expect(rows).toEqual([{ row: 2 }, { row: '{"note":"a very long no…' }]);
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
