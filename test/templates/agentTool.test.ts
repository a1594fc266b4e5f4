import axios from 'axios';
import type { Execution } from '../../host/executions';
import { connect, MANUAL, manualTrigger, rowNodes, ROWS } from '../e2e/callbackWorkflows';
import { describeOnN8n2 } from '../e2e/onVersion';
import type { ChatRequest } from './fakes/openAi';
import { click, setStage, type Stage } from './stage';

const CHAT = 'When chat message received';
const AGENT = 'AI Agent';
const ASK = 'Ask before spending';
const TOOL = 'Make a clip';
const ANSWER = 'Answer in the chat';
const MOST_CHARACTERS_OF_AN_ANSWER = 3000;

let stage: Stage;
let workflowId: string;
/** Of the workflow without the question. */
let unaskedId: string;
let sessions = 0;
const runs = new Map<string, number>();

beforeAll(async () => {
	stage = await setStage('sk-agent-tool');
	workflowId = await stage.importTemplate('agent-tool', {});
	unaskedId = await importUnasked();
});
afterAll(async () => await stage.stop());

/** Writes a line into the chat of the editor; gives the execution when it waits or has ended. */
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
	return (await stage.executions(id, count, ['success', 'error', 'waiting']))[count - 1];
}

/** The tool without the question before it: all that n8n 1, and the agent node up to version 2, can do. */
async function importUnasked(agentVersion = 3): Promise<string> {
	const workflow = await stage.host.getWorkflow(workflowId);
	const { connections } = workflow;
	connections[TOOL] = connections[ASK];
	delete connections[ASK];
	delete connections[AGENT];
	workflow.nodes = workflow.nodes.filter(({ name }) => name !== ASK && name !== ANSWER);
	for (const node of workflow.nodes) {
		if (node.name === CHAT) node.parameters = { options: {} };
		if (node.name === AGENT) node.typeVersion = agentVersion;
	}
	return await stage.host.importWorkflow(workflow);
}

interface ChatMessage {
	text: string;
	buttons: Array<{ text: string; link: string }>;
}

/** What a node that waits shows in the chat. */
function shownBy(execution: Execution, name: string): unknown {
	const data = execution.runsOf(name).at(-1)?.data ?? {};
	const [[item]] = Object.values(data)[0] as Array<Array<{ sendMessage?: unknown }>>;
	return item.sendMessage;
}

/** Chats until the question, presses a button, and waits until the agent's answer is shown. */
async function chatAndPress(button: string): Promise<{ question: string; answer: string }> {
	const before = stage.sandbox.ledger.submits().length;
	const asked = await chat('A clip of a paper boat in the rain, for a story');
	const { text, buttons } = shownBy(asked, ASK) as ChatMessage;
	expect(stage.sandbox.ledger.submits()).toHaveLength(before);
	expect(await click(buttons.find((one) => one.text === button)?.link ?? '')).toBe(200);
	const isAnswered = (execution: Execution) => execution.runsOf(ANSWER).length > 0;
	const answered = await stage.host.waitUntil(asked.id, isAnswered);
	return { question: text, answer: String(shownBy(answered, ANSWER)) };
}

const answerOfTool = ({ messages }: ChatRequest) =>
	String(messages.filter(({ role }) => role === 'tool').at(-1)?.content ?? '');

const BOAT = { prompt: 'A paper boat in the rain', seconds: 5, shape: '9:16' };

describeOnN8n2('before money is spent the person in the chat is asked', () => {
	beforeEach(() => {
		stage.fakes.openAi.model = (request) => {
			const answer = answerOfTool(request);
			return answer ? { text: answer } : { toolArguments: { toolParameters: BOAT } };
		};
	});

	test('no: nothing is bought, and the agent is told', async () => {
		const { question, answer } = await chatAndPress('No');
		expect(question).toContain(BOAT.prompt);
		expect(question).toContain('5 seconds, 9:16, about 0.34 USD');
		expect(answer).toContain('User rejected the tool call');
		expect(stage.sandbox.ledger.submits()).toEqual([]);
	});

	test('yes: the clip is made, and its link is the answer', async () => {
		const { answer } = await chatAndPress('Make it');
		const [{ taskId }] = stage.sandbox.ledger.charges();
		expect(answer).toContain(`${taskId}.mp4`);
		expect(stage.sandbox.ledger.submits()).toHaveLength(1);
	});
});

test('the agent makes the clip that was wished for, waits for it and answers with its link', async () => {
	const { openAi } = stage.fakes;
	const before = stage.sandbox.ledger.charges().length;
	openAi.requests.length = 0;
	openAi.model = (request) => {
		const answer = answerOfTool(request);
		if (!answer) return { toolArguments: BOAT };
		const [link] = /http[^"\\]+\.mp4/.exec(answer) ?? [];
		return { text: `Here it is: ${link}` };
	};
	const execution = await chat('A clip of a paper boat in the rain, for a story', unaskedId);
	expect(execution.error).toBeUndefined();

	const [asked, told] = openAi.requests;
	expect(asked.tools?.[0].function.description).toContain('Makes one video clip');
	expect(asked.tools?.[0].function.parameters).toMatchObject({
		properties: { prompt: {}, seconds: { type: 'number' }, shape: {} },
	});
	const { taskId, usd } = stage.sandbox.ledger.charges()[before];
	expect(usd).toBeCloseTo(0.336, 6);
	expect(answerOfTool(told)).toContain(taskId);
	expect(answerOfTool(told).length).toBeLessThan(MOST_CHARACTERS_OF_AN_ANSWER);
	expect(execution.itemsOf('AI Agent')[0].json.output).toMatch(
		new RegExp(`^Here it is: ${stage.sandbox.filesUrl}/video/`),
	);
	expect(stage.sandbox.ledger.submits().at(-1)?.body).toMatchObject({
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
	const execution = await chat('A candle', unaskedId);
	expect(execution.itemsOf('AI Agent')[0].json.output).toBe('Done');
	expect(stage.sandbox.ledger.charges()).toHaveLength(before + 1);
});

/** Calls of a tool that run side by side have the same execution, run and item. */
test('three wishes at once (agent node 2.2, batch size 3): each gets its own clip', async () => {
	const wishes = ['a fox', 'a bear', 'a duck'];
	const workflow = await stage.host.getWorkflow(await importUnasked(2.2));
	const agent = workflow.nodes.find(({ name }) => name === AGENT);
	if (agent) {
		agent.parameters = {
			promptType: 'define',
			text: '={{ $json.prompt }}',
			options: { batching: { batchSize: 3, delayBetweenBatches: 0 } },
		};
	}
	workflow.nodes = workflow.nodes.filter(({ name }) => name !== CHAT);
	workflow.nodes.push(manualTrigger(), ...rowNodes(wishes.map((prompt) => ({ prompt }))));
	delete workflow.connections[CHAT];
	connect(workflow.connections, MANUAL, 'Sheet');
	connect(workflow.connections, 'Sheet', ROWS);
	connect(workflow.connections, ROWS, AGENT);
	stage.fakes.openAi.model = (request) => {
		const answer = answerOfTool(request);
		if (answer) return { text: answer };
		const wish = wishes.find((one) => JSON.stringify(request.messages).includes(one));
		return { toolArguments: { prompt: wish, seconds: 3, shape: '1:1' } };
	};
	const before = stage.sandbox.ledger.charges().length;
	const execution = await stage.host.runToEnd(await stage.host.importWorkflow(workflow));
	expect(execution.error).toBeUndefined();
	const answers = execution.itemsOf(AGENT).map(({ json }) => String(json.output));
	expect(answers.map((answer, index) => answer.includes(wishes[index]))).toEqual(
		Array(3).fill(true),
	);
	expect(stage.sandbox.ledger.charges()).toHaveLength(before + 3);
});

describe('a clip above the limit of a call is refused, and the agent is told why', () => {
	// Up to version 2 the agent node gives the model nothing of an error that a tool throws.
	test.each([2.2, 3])('by the agent node of version %s', async (typeVersion) => {
		const { openAi } = stage.fakes;
		openAi.model = (request) => {
			const answer = answerOfTool(request);
			if (!answer) return { toolArguments: { prompt: 'An epic', seconds: 15, shape: '16:9' } };
			return { text: answer };
		};
		const before = stage.sandbox.ledger.submits().length;
		const execution = await chat('Something very long', await importUnasked(typeVersion));
		expect(execution.itemsOf('AI Agent')[0].json.output).toContain(
			"'Maximum Cost (USD)', which is 1",
		);
		expect(stage.sandbox.ledger.submits()).toHaveLength(before);
	});
});

test('nothing else left the computer', () => {
	expect(stage.fakes.strays).toEqual([]);
});
