/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { normalizeBaseUrl, parseWebUrl } from '../../nodes/KlingFast/apimart/address';
import { ManualClock, startSandbox } from '../../sandbox';
import { receiveCallbacks } from './callbacks';
import { differencesOf } from './comparison';
import { readRecording, Recorder, writeRecording, type Recording } from './recorder';
import { Redactor } from './redactor';
import { ESTIMATE_USD, Steps, type Scenario } from './steps';

const PROVIDER_URL = 'https://api.apimart.ai';
/** The exit code where nothing was sent. */
const NOT_STARTED = 2;

export interface Surroundings {
	environment: Record<string, string | undefined>;
	write: (text: string) => void;
	/** By which the task is watched, by default the real one. */
	clock?: Scenario['clock'];
	/** Absent where nobody can be asked. */
	ask?: (question: string) => Promise<string>;
}

/**
 * The live test. Nothing is sent before the cost is confirmed.
 * @returns 0 if all was seen; 1 if something went wrong, or a comparison found differences; 2 if nothing was sent
 */
export async function live(args: string[], surroundings: Surroundings): Promise<number> {
	const { environment, write } = surroundings;
	const options = readOptions(args);
	if (options.compare !== undefined) {
		return await compare(await readRecording(options.compare), write);
	}
	const apiKey = environment.APIMART_API_KEY?.trim();
	if (!apiKey) {
		write('Set APIMART_API_KEY to a key of your APIMart account: one clip is bought with it.\n');
		return NOT_STARTED;
	}
	const address = options['callback-url'];
	if (address !== undefined && !parseWebUrl(address)) {
		write('--callback-url must be a web address, such as that of a tunnel to this computer.\n');
		return NOT_STARTED;
	}
	const port = Number(options['callback-port']);
	const baseUrl = normalizeBaseUrl(environment.APIMART_BASE_URL || PROVIDER_URL);
	if (!(await isConfirmed(options.yes, baseUrl, surroundings))) return NOT_STARTED;

	const { recording, steps, secrets } = await record(
		{ baseUrl, apiKey, callbacks: address === undefined ? undefined : { address, port } },
		{
			idempotencyKey: options['idempotency-key'] ?? `live-test-${randomUUID()}`,
			// The documented field and the other name can both be called.
			deliveries: 2,
			clock: surroundings.clock ?? { nowMs: Date.now, sleep },
			tell: (line) => write(`${line}\n`),
		},
	);
	write(`\n${recording.summary.join('\n')}\n`);
	const path = options.output ?? join('recordings', `live-${recording.recordedOn}.json`);
	await writeRecording(path, recording, secrets);
	write(`Recording: ${path}\n`);
	if (steps.video) {
		await writeFile(path.replace(/(\.json)?$/, '.mp4'), steps.video.bytes);
		await compare(recording, write);
	}
	return steps.problems.length === 0 ? 0 : 1;
}

function readOptions(args: string[]) {
	return parseArgs({
		args,
		options: {
			yes: { type: 'boolean', default: false },
			'idempotency-key': { type: 'string' },
			'callback-url': { type: 'string' },
			'callback-port': { type: 'string', default: '8788' },
			output: { type: 'string' },
			compare: { type: 'string' },
		},
	}).values;
}

async function isConfirmed(
	isAnswered: boolean,
	baseUrl: string,
	{ write, ask }: Surroundings,
): Promise<boolean> {
	write(
		`This buys one clip of 3 seconds (Fast, 720p, silent) at ${baseUrl}: about ${ESTIMATE_USD.toFixed(4)} USD.\n` +
			`The same request is then repeated with its Idempotency-Key, which must cost nothing. Should APIMart not\n` +
			`honour the key, one more clip is bought and the test stops buying: ${(2 * ESTIMATE_USD).toFixed(4)} USD at the very most.\n`,
	);
	if (isAnswered) return true;
	if (!ask) {
		write('Nobody can be asked here, so nothing was sent. Add --yes to confirm the cost.\n');
		return false;
	}
	const isYes = /^y(es)?$/i.test((await ask('Buy it? [y/N] ')).trim());
	if (!isYes) write('Nothing was sent.\n');
	return isYes;
}

interface Target {
	baseUrl: string;
	apiKey: string;
	callbacks?: Parameters<typeof receiveCallbacks>[0];
}

/** Takes all steps. What was seen until something breaks is paid for and worth keeping. */
async function record({ baseUrl, apiKey, ...target }: Target, scenario: Scenario) {
	const { nowMs } = scenario.clock;
	const redactor = new Redactor(apiKey);
	const recorder = new Recorder({ baseUrl, apiKey }, redactor, nowMs);
	const callbacks = target.callbacks && (await receiveCallbacks(target.callbacks, recorder));
	const steps = new Steps(recorder, { ...scenario, callbacks });
	await steps
		.run()
		.catch((error: unknown) => steps.problem(`Broken off: ${redactor.text(String(error))}`))
		.finally(() => callbacks?.close());
	const recording: Recording = {
		format: 2,
		provider: new URL(baseUrl).hostname,
		recordedOn: new Date(nowMs()).toISOString().slice(0, 10),
		callbacks: callbacks !== undefined,
		summary: steps.summary.map((line) => redactor.text(line)),
		exchanges: recorder.exchanges,
	};
	const { linkQuery = '' } = steps.video ?? {};
	const secrets = { 'API key': apiKey, "link's query": linkQuery, ...callbacks?.secrets };
	return { recording, steps, secrets };
}

/** Takes the same steps where they cost nothing. @returns 0 where the sandbox speaks as the recording does, else 1 */
async function compare(recording: Recording, write: Surroundings['write']): Promise<number> {
	const clock = new ManualClock();
	const sandbox = await startSandbox({ clock, generationSeconds: 60 });
	const { baseUrl, apiKey } = sandbox;
	const ours = await record(
		{ baseUrl, apiKey, ...(recording.callbacks && { callbacks: {} }) },
		{ idempotencyKey: 'sandbox', deliveries: 1, clock: steppedBy(clock), tell: () => undefined },
	).finally(async () => await sandbox.stop());
	const differences = differencesOf(recording, ours.recording);
	const isSame = differences.length === 0;
	write(
		isSame
			? 'The sandbox speaks as the recording does.\n'
			: `Only in the recording (-), only on the sandbox (+):\n${differences.join('\n')}\n`,
	);
	return isSame ? 0 : 1;
}

/** A sandbox's time that goes on while it is slept, so that its minute takes a moment. */
export function steppedBy(clock: ManualClock): Scenario['clock'] {
	return { nowMs: () => clock.wallMs(), sleep: async (ms) => clock.advance(ms / 1000) };
}
