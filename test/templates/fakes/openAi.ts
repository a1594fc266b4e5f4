import type { FakeAnswer, FakeRequest, FakeService } from './service';

export const OPENAI_KEY = 'sk-openai-stand-in';

interface ChatMessage {
	role: 'system' | 'user' | 'assistant' | 'tool';
	content: unknown;
}

export interface ChatRequest {
	messages: ChatMessage[];
	tools?: Array<{ function: { name: string; description: string; parameters: object } }>;
}

/** What the model says to a request: a text, or the arguments with which it calls the first tool. */
export type Reply = { text: string } | { toolArguments: object };

/** OpenAI's chat completions, with a model whose words a test writes. */
export class FakeOpenAi implements FakeService {
	readonly hosts = ['api.openai.com'];
	readonly requests: ChatRequest[] = [];
	model: (request: ChatRequest) => Reply = () => ({ text: 'No test has written my words.' });

	answer({ method, path, headers, body }: FakeRequest): FakeAnswer | undefined {
		if (method !== 'POST' || path !== '/v1/chat/completions') return undefined;
		if (headers.authorization !== `Bearer ${OPENAI_KEY}`) return { status: 401, body: {} };
		const request = JSON.parse(body.toString()) as ChatRequest;
		const index = this.requests.push(request);
		const completion = {
			id: `chatcmpl-${index}`,
			object: 'chat.completion',
			created: 0,
			model: 'stand-in',
			choices: [{ index: 0, ...choice(this.model(request), request, index) }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
		return { status: 200, body: completion };
	}
}

function choice(reply: Reply, { tools = [] }: ChatRequest, index: number): object {
	if ('text' in reply) {
		return { finish_reason: 'stop', message: { role: 'assistant', content: reply.text } };
	}
	const called = { name: tools[0]?.function.name, arguments: JSON.stringify(reply.toolArguments) };
	const toolCalls = [{ id: `call_${index}`, type: 'function', function: called }];
	const message = { role: 'assistant', content: null, tool_calls: toolCalls };
	return { finish_reason: 'tool_calls', message };
}
