import type { FakeAnswer, FakeRequest, FakeService } from './service';

export const SLACK_TOKEN = 'xoxb-stand-in';

interface Block {
	type: string;
	text?: { text: string };
	elements?: Array<{ text: { text: string }; url: string }>;
}

export interface SlackMessage {
	channel: string;
	/** All that can be read in it, without the buttons. */
	text: string;
	/** Address by label. */
	buttons: Record<string, string>;
}

/** Slack as far as posting messages goes. */
export class FakeSlack implements FakeService {
	readonly hosts = ['slack.com'];
	readonly messages: SlackMessage[] = [];
	readonly channels = new Set<string>();

	answer({ method, path, headers, body }: FakeRequest): FakeAnswer | undefined {
		if (method !== 'POST' || path !== '/api/chat.postMessage') return undefined;
		if (headers.authorization !== `Bearer ${SLACK_TOKEN}`) return refuse('invalid_auth');
		const { channel, text, blocks } = JSON.parse(body.toString()) as {
			channel: string;
			text?: string;
			blocks?: Block[];
		};
		if (!this.channels.has(channel)) return refuse('channel_not_found');
		const sections = blocks?.map((block) => block.text?.text.trim()).filter(Boolean) ?? [];
		const elements = blocks?.flatMap((block) => block.elements ?? []) ?? [];
		const buttons = Object.fromEntries(elements.map(({ text, url }) => [text.text, url]));
		const message = { channel, text: text ?? sections.join('\n'), buttons };
		const ts = `${this.messages.push(message)}.000100`;
		return { status: 200, body: { ok: true, channel, ts, message: { text, ts } } };
	}
}

/** Slack says no with a 200. */
function refuse(error: string): FakeAnswer {
	return { status: 200, body: { ok: false, error } };
}
