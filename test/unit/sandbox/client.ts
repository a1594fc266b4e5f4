import axios, { type AxiosResponse } from 'axios';
import { ManualClock, startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

type Json = Record<string, unknown>;
type Headers = Record<string, string>;

/** A sandbox whose time stands still, and a client that speaks to it. */
export async function startWithClient(options: SandboxOptions = {}) {
	const clock = new ManualClock();
	const sandbox = await startSandbox({ clock, generationSeconds: 60, ...options });
	return { sandbox, clock, client: new Client(sandbox), stop: async () => await sandbox.stop() };
}

type Started = Awaited<ReturnType<typeof startWithClient>>;

/** Such a one for each test of a file. */
export function sandboxForEach(options: SandboxOptions = {}) {
	const started = {} as Started;
	beforeEach(async () => Object.assign(started, await startWithClient(options)));
	afterEach(async () => await started.stop());
	return started;
}

/** A minimal valid clip, changed by `fields`. */
export const clip = (fields: Json = {}) => ({
	...{ model: 'kling-v3', prompt: 'A paper boat on a puddle', duration: 5 },
	...fields,
});

/** `429:2` becomes a prompt with that word; several words are parted by a plus. */
export const prompt = (words: string) => ({
	prompt: `${words.replace(/[^+]+/g, '[[$&]]')} A paper boat`,
});

export class Client {
	constructor(
		private readonly sandbox: Sandbox,
		private readonly apiKey = sandbox.apiKey,
	) {}

	async submit(fields: Json = {}, headers: Headers = {}) {
		return await this.post('/v1/videos/generations', clip(fields), headers);
	}

	/** @returns the task's id */
	async submitted(fields: Json = {}, headers: Headers = {}): Promise<string> {
		const { data } = await this.submit(fields, headers);
		return (data as { data: Array<{ task_id: string }> }).data[0].task_id;
	}

	async post(path: string, body: unknown, headers: Headers = {}) {
		return await axios.post(this.sandbox.baseUrl + path, body, this.config(headers));
	}

	async get(path: string, headers: Headers = {}) {
		return await axios.get<unknown>(this.sandbox.baseUrl + path, this.config(headers));
	}

	async upload(bytes: Buffer, { field = 'file', type = 'image/png' } = {}) {
		const form = new FormData();
		form.append(field, new Blob([new Uint8Array(bytes)], { type }), 'mug.png');
		return await this.post('/v1/uploads/images', form);
	}

	/** The task as a status read shows it. */
	async task(id: string, query = ''): Promise<Json> {
		const { data } = await this.get(`/v1/tasks/${id}${query}`);
		return (data as { data: Json }).data;
	}

	/** Resolves when the task is neither reserved nor unknown any more. */
	async ended(id: string) {
		await this.sandbox.ledger.waitFor((ledger) =>
			ledger.allCharges().some(({ taskId, state }) => taskId === id && state !== 'reserved'),
		);
		return await this.task(id);
	}

	async file(url: string, headers: Headers = {}): Promise<AxiosResponse<Buffer>> {
		return await axios.get<Buffer>(url, {
			headers,
			responseType: 'arraybuffer',
			validateStatus: () => true,
			proxy: false,
		});
	}

	private config(headers: Headers) {
		return {
			headers: { ...(this.apiKey && { Authorization: `Bearer ${this.apiKey}` }), ...headers },
			validateStatus: () => true,
			maxRedirects: 0,
			proxy: false as const,
		};
	}
}

/** Has a clip made and reads its task at the end. */
export async function ended({ client, clock }: Started, fields: Json = {}, seconds = 60) {
	const id = await client.submitted(fields);
	clock.advance(seconds);
	return await client.ended(id);
}

/** Where a finished task says its clip lies. */
export function videoUrl(task: Json) {
	return (task.result as { videos: Array<{ url: string[] }> }).videos[0].url[0];
}

export const errorOf = ({ data }: AxiosResponse<unknown>) => (data as { error: Json }).error;

/** An answer of the API in words. */
export function said(answer: AxiosResponse<unknown>) {
	const { status, headers, data } = answer;
	if (/text\/html/.test(String(headers['content-type']))) return `${status} page`;
	if (status === 307) return `to ${String(headers.location)}`;
	if (status < 300) {
		const { code = status, success = true } = data as Json;
		if (code !== status || success !== true) return `${status} with ${String(code)}`;
		return headers['idempotency-replayed'] ? 'fine again' : 'fine';
	}
	const { code, type } = errorOf(answer);
	const wait = headers['retry-after'] ? ` after ${headers['retry-after']} s` : '';
	return `${status} ${String(typeof code === 'string' && code ? code : type)}${wait}`;
}
