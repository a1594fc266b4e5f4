import axios, { type AxiosResponse } from 'axios';
import { ManualClock, startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

type Json = Record<string, unknown>;

/** A sandbox whose time stands still, and a client that speaks to it. */
export async function startWithClient(options: SandboxOptions = {}) {
	const clock = new ManualClock();
	const sandbox = await startSandbox({ clock, generationSeconds: 60, ...options });
	return { sandbox, clock, client: new Client(sandbox), stop: async () => await sandbox.stop() };
}

export type Started = Awaited<ReturnType<typeof startWithClient>>;

export class Client {
	constructor(
		private readonly sandbox: Sandbox,
		private readonly apiKey = sandbox.apiKey,
	) {}

	/** A minimal valid clip, changed by `fields`. */
	async submit(fields: Json = {}, headers: Record<string, string> = {}) {
		return await this.post('/v1/videos/generations', { ...CLIP, ...fields }, headers);
	}

	/** @returns the task's id */
	async submitted(fields: Json = {}, headers: Record<string, string> = {}): Promise<string> {
		const { data } = await this.submit(fields, headers);
		return (data as { data: Array<{ task_id: string }> }).data[0].task_id;
	}

	async post(path: string, body: unknown, headers: Record<string, string> = {}) {
		return await axios.post(this.sandbox.baseUrl + path, body, this.config(headers));
	}

	async get(path: string, headers: Record<string, string> = {}) {
		return await axios.get(this.sandbox.baseUrl + path, this.config(headers));
	}

	/** The task as a status read shows it. */
	async task(id: string): Promise<Json> {
		const { data } = await this.get(`/v1/tasks/${id}`);
		return (data as { data: Json }).data;
	}

	/** Resolves when the task is neither reserved nor unknown any more. */
	async ended(id: string) {
		await this.sandbox.ledger.waitFor((ledger) =>
			ledger.allCharges().some(({ taskId, state }) => taskId === id && state !== 'reserved'),
		);
		return await this.task(id);
	}

	async file(url: string, headers: Record<string, string> = {}): Promise<AxiosResponse<Buffer>> {
		return await axios.get<Buffer>(url, {
			headers,
			responseType: 'arraybuffer',
			validateStatus: () => true,
			proxy: false,
		});
	}

	private config(headers: Record<string, string>) {
		return {
			headers: { Authorization: `Bearer ${this.apiKey}`, ...headers },
			validateStatus: () => true,
			maxRedirects: 0,
			proxy: false as const,
		};
	}
}

export const CLIP = { model: 'kling-v3', prompt: 'A paper boat on a puddle', duration: 5 };

/** Where a finished task says its clip lies. */
export function videoUrl(task: Json) {
	return (task.result as { videos: Array<{ url: string[] }> }).videos[0].url[0];
}

export const errorOf = ({ data }: AxiosResponse<unknown>) => (data as { error: Json }).error;
