import { Keys, type NewKey } from './balance';
import { Callbacks } from './callbacks';
import { ClipMaker } from './clips';
import { ScaledClock, type Clock } from './clock';
import type { Context } from './context';
import { Faults } from './faults';
import { ffmpegPath } from './ffmpeg';
import { fileHost } from './fileHost';
import { Idempotency } from './idempotency';
import { Ledger } from './ledger';
import { withDefaults, type SandboxOptions } from './options';
import { Random } from './random';
import { ClipRenderer } from './render';
import { apiServer, close, listenAll } from './server';
import { taskObject } from './taskAnswer';
import { Tasks, type Ending } from './tasks';
import { UploadStore } from './uploadStore';

export { ManualClock, ScaledClock, type Clock } from './clock';
export { faultWordNames } from './faultWords';
export type { FaultAction, FaultRoute } from './faultAction';
export { Faults, type FaultRule } from './faults';
export { Ledger, maskKey } from './ledger';
export type * from './ledgerEntries';
export type { SandboxOptions } from './options';
export { priceUsd } from './prices';

/** An APIMart on this computer. */
export interface Sandbox {
	/** `http://127.0.0.1:PORT`, without `/v1`. */
	baseUrl: string;
	/** Where clips and uploaded images lie: another origin. */
	filesUrl: string;
	/** A third origin, to which redirects lead if nothing else is asked for. */
	mirrorUrl: string;
	apiKey: string;
	/** Known too: 402 for whatever costs. */
	noBalanceKey: string;
	/** Known too: 403 everywhere. */
	forbiddenKey: string;
	ledger: Ledger;
	faults: Faults;
	clock: Clock;
	/** Makes another key known, with money and limits of its own. */
	addKey(entry: NewKey): void;
	/** Ends a running task now. */
	finishTask(taskId: string, asked?: Ending): Promise<void>;
	/** As freshly started: no tasks, faults, uploads, remembered keys; full balances; an empty ledger. */
	reset(): void;
	/** Closes every connection at once and ends whatever is still rendered or waited for. */
	stop(): Promise<void>;
}

/**
 * Starts a sandbox: the API, the file host and the mirror, each on a port of its own.
 * @throws Error where a port is taken, or real clips are asked for without an ffmpeg
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const settings = withDefaults(options);
	if (settings.clips === 'real') await ffmpegPath();
	const clock = options.clock ?? new ScaledClock(settings.speed);
	const ledger = new Ledger(() => clock.wallMs());
	const random = new Random(settings.seed);
	const urls = { api: '', files: '', mirror: '' };
	const stopping = new AbortController();
	const keys = new Keys(ledger, settings);
	const uploads = new UploadStore();
	const renderer = settings.clips === 'real' ? new ClipRenderer(settings.cacheFolder) : undefined;
	const clips = new ClipMaker(renderer, (url) => uploadedFile(context, url));
	const callbacks = new Callbacks(settings, clock, ledger, (task) =>
		taskObject(context, task, task.request.language),
	);
	const tasks = new Tasks({ settings, clock, random, keys, ledger, clips }, (task) => {
		callbacks.ended(task);
	});
	const faults = new Faults(settings.seed);
	const idempotency = new Idempotency(clock);
	const context: Context = {
		...{ settings, clock, random, ledger, faults, keys, idempotency, tasks, callbacks, uploads },
		...{ urls, stopping: stopping.signal },
	};
	const noBalanceKey = `${settings.apiKey}-no-balance`;
	const forbiddenKey = `${settings.apiKey}-forbidden`;
	const addKeys = () => {
		keys.add({ key: settings.apiKey });
		keys.add({ key: noBalanceKey, scenario: 'no-balance' });
		keys.add({ key: forbiddenKey, scenario: 'forbidden' });
	};
	const reset = () => {
		clock.stop();
		for (const part of [tasks, faults, uploads, idempotency]) part.clear();
		addKeys();
		ledger.reset();
	};
	addKeys();

	const { host, port, filePort } = settings;
	const [api, files, mirror] = await listenAll(host, [
		{ app: apiServer(context, reset), port },
		{ app: fileHost(context, 'files'), port: filePort },
		{ app: fileHost(context, 'mirror'), port: 0 },
	]);
	Object.assign(urls, { api: api.origin, files: files.origin, mirror: mirror.origin });
	return {
		baseUrl: urls.api,
		filesUrl: urls.files,
		mirrorUrl: urls.mirror,
		apiKey: settings.apiKey,
		noBalanceKey,
		forbiddenKey,
		ledger,
		faults,
		clock,
		addKey: (entry) => void keys.add(entry),
		finishTask: async (taskId, asked) => void (await tasks.finish(taskId, asked)),
		reset,
		stop: async () => {
			clock.stop();
			stopping.abort();
			callbacks.stop();
			await Promise.all([
				clips.stop(),
				...[api, files, mirror].map(async ({ server }) => await close(server)),
			]);
		},
	};
}

function uploadedFile({ uploads, urls, clock }: Context, url: string) {
	if (!url.startsWith(`${urls.files}/image/`)) return undefined;
	const image = uploads.find(url.split('/').at(-1) ?? '', clock.wallMs());
	if (!image || image.contentType === 'image/gif') return undefined;
	return { bytes: image.bytes, extension: image.contentType.slice('image/'.length) };
}
