import axios from 'axios';
import type { Execution } from '../../host/executions';
import type { ChatRequest } from './fakes/openAi';
import { setStage, type Stage } from './stage';

const CHAT = 'When chat message received';
const MOST_CHARACTERS_OF_AN_ANSWER = 3000;

let stage: Stage;
let workflowId: string;
let sessions = 0;
const runs = new Map<string, number>();

beforeAll(async () => {
	stage = await setStage('sk-agent-tool');
	workflowId = await stage.importTemplate('agent-tool', {});
});
afterAll(async () => await stage.stop());

/** Writes a line into the chat of the editor. */
async function chat(chatInput: string, id = workflowId): Promise<Execution> {
	const sessionId = `session-${++sessions}`;
	const said = { action: 'sendMessage', sessionId, chatInput };
	if (stage.host.isVersion1) {
		// There the editor hands the line to the trigger as what it gave; n8n 2 sends it to an address of the session.
		const data = { source: [null], startTime: Date.now(), executionTime: 0, executionIndex: 0 };
		const given = { ...data, executionStatus: 'success', data: { main: [[{ json: said }]] } };
		await stage.host.listen(id, CHAT, { triggerToStartFrom: { name: CHAT, data: given } });
	} else {
		await stage.host.listen(id, CHAT, { chatSessionId: sessionId });
		await axios.post(`${stage.host.baseUrl}/webhook-test/${id}/${sessionId}`, said);
	}
	const count = (runs.get(id) ?? 0) + 1;
	runs.set(id, count);
	return (await stage.executions(id, count, ['success', 'error']))[count - 1];
}

const answerOfTool = ({ messages }: ChatRequest) =>
	String(messages.filter(({ role }) => role === 'tool').at(-1)?.content ?? '');

test('the agent makes the clip that was wished for, waits for it and answers with its link', async () => {
	const { openAi } = stage.fakes;
	openAi.model = (request) => {
		const answer = answerOfTool(request);
		if (!answer) {
			return { toolArguments: { prompt: 'A paper boat in the rain', seconds: 5, shape: '9:16' } };
		}
		const [link] = /http[^"\\]+\.mp4/.exec(answer) ?? [];
		return { text: `Here it is: ${link}` };
	};
	const execution = await chat('A clip of a paper boat in the rain, for a story');
	expect(execution.error).toBeUndefined();

	const [asked, told] = openAi.requests;
	expect(asked.tools?.[0].function.description).toContain('Makes one video clip');
	expect(asked.tools?.[0].function.parameters).toMatchObject({
		properties: { prompt: {}, seconds: { type: 'number' }, shape: {} },
	});
	const [{ taskId, usd }] = stage.sandbox.ledger.charges();
	expect(usd).toBeCloseTo(0.336, 6);
	expect(answerOfTool(told)).toContain(taskId);
	expect(answerOfTool(told).length).toBeLessThan(MOST_CHARACTERS_OF_AN_ANSWER);
	expect(execution.itemsOf('AI Agent')[0].json.output).toMatch(
		new RegExp(`^Here it is: ${stage.sandbox.filesUrl}/video/`),
	);
	expect(stage.sandbox.ledger.submits()[0].body).toMatchObject({
		prompt: 'A paper boat in the rain',
		duration: 5,
		aspect_ratio: '9:16',
		audio: false,
	});
	expect(stage.sandbox.ledger.downloads()).toEqual([]);
});

test('the very same clip asked for twice in one run is paid for once', async () => {
	const same = { prompt: 'A candle', seconds: 3, shape: '1:1' };
	stage.fakes.openAi.model = ({ messages }) =>
		messages.filter(({ role }) => role === 'tool').length < 2
			? { toolArguments: same }
			: { text: 'Done' };
	const before = stage.sandbox.ledger.charges().length;
	const execution = await chat('A candle');
	expect(execution.itemsOf('AI Agent')[0].json.output).toBe('Done');
	expect(stage.sandbox.ledger.charges()).toHaveLength(before + 1);
});

describe('a clip above the limit of a call is refused, and the agent is told why', () => {
	const withAgentOfVersion = async (typeVersion: number): Promise<string> => {
		const workflow = await stage.host.getWorkflow(workflowId);
		for (const node of workflow.nodes) if (node.name === 'AI Agent') node.typeVersion = typeVersion;
		return await stage.host.importWorkflow(workflow);
	};

	// Up to version 2 the agent node gives the model nothing of an error that a tool throws.
	test.each([2.2, 3])('by the agent node of version %s', async (typeVersion) => {
		const { openAi } = stage.fakes;
		openAi.model = (request) => {
			const answer = answerOfTool(request);
			if (!answer) return { toolArguments: { prompt: 'An epic', seconds: 15, shape: '16:9' } };
			return { text: answer };
		};
		const before = stage.sandbox.ledger.submits().length;
		const execution = await chat('Something very long', await withAgentOfVersion(typeVersion));
		expect(execution.itemsOf('AI Agent')[0].json.output).toContain(
			"'Maximum Cost (USD)', which is 1",
		);
		expect(stage.sandbox.ledger.submits()).toHaveLength(before);
	});
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
