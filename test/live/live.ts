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
import { Recorder } from './recorder';
import { readRecording, writeRecording, type Recording } from './recording';
import { Redactor } from './redactor';
import { ESTIMATE_USD, Steps, type Scenario } from './steps';

const PROVIDER_URL = 'https://api.apimart.ai';
/** The exit code where nothing was sent. */
const NOT_STARTED = 2;

const OPTIONS = {
	yes: { type: 'boolean' },
	'idempotency-key': { type: 'string' },
	'callback-url': { type: 'string' },
	'callback-port': { type: 'string', default: '8788' },
	output: { type: 'string' },
	compare: { type: 'string' },
} as const;

const PRICE = `about ${ESTIMATE_USD.toFixed(4)} USD.
The same request is then repeated with its Idempotency-Key, which must cost nothing. Should APIMart not
honour the key, one more clip is bought and the test stops buying: ${(2 * ESTIMATE_USD).toFixed(4)} USD at the very most.
`;

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
	const { environment, write, ask, clock = { nowMs: Date.now, sleep } } = surroundings;
	const { values: options } = parseArgs({ args, options: OPTIONS });
	if (options.compare) return await compare(await readRecording(options.compare), write);
	const apiKey = environment.APIMART_API_KEY?.trim() ?? '';
	const baseUrl = normalizeBaseUrl(environment.APIMART_BASE_URL || PROVIDER_URL);
	const address = options['callback-url'];
	const refuse = (reason: string) => {
		write(`${reason}\n`);
		return NOT_STARTED;
	};
	if (!apiKey) {
		return refuse(
			'Set APIMART_API_KEY to a key of your APIMart account: one clip is bought with it.',
		);
	}
	if (address !== undefined && !parseWebUrl(address)) {
		return refuse(
			'--callback-url must be a web address, such as that of a tunnel to this computer.',
		);
	}
	write(`This buys one clip of 3 seconds (Fast, 720p, silent) at ${baseUrl}: ${PRICE}`);
	if (!options.yes) {
		if (!ask)
			return refuse(
				'Nobody can be asked here, so nothing was sent. Add --yes to confirm the cost.',
			);
		const answer = await ask('Buy it? [y/N] ');
		if (!/^y(es)?$/i.test(answer.trim())) return refuse('Nothing was sent.');
	}
	const callbacks =
		address === undefined ? undefined : { address, port: Number(options['callback-port']) };
	const { recording, steps, secrets } = await record(
		{ baseUrl, apiKey, callbacks },
		{
			idempotencyKey: options['idempotency-key'] ?? `live-test-${randomUUID()}`,
			// The documented field and the other name can both be called.
			deliveries: 2,
			clock,
			tell: (line) => write(`${line}\n`),
		},
	);
	write(`\n${recording.summary.join('\n')}\n`);
	const path = options.output ?? join('recordings', `live-${recording.recordedOn}.json`);
	await writeRecording(path, recording, secrets);
	write(`Recording: ${path}\n`);
	if (steps.video) {
		await writeFile(path.replace(/(\.json)?$/, '.mp4'), steps.video);
		await compare(recording, write);
	}
	return steps.hasProblem ? 1 : 0;
}

interface Target {
	baseUrl: string;
	apiKey: string;
	callbacks?: Parameters<typeof receiveCallbacks>[0];
}

/** Takes all steps. What was seen until something breaks is paid for and worth keeping. */
async function record({ baseUrl, apiKey, ...target }: Target, scenario: Scenario) {
	const { nowMs } = scenario.clock;
	const recorder = new Recorder(baseUrl, apiKey, nowMs);
	const { secrets } = recorder;
	const callbacks = target.callbacks && (await receiveCallbacks(target.callbacks, recorder));
	const steps = new Steps(recorder, { ...scenario, callbacks });
	await steps
		.run()
		.catch((error: unknown) => steps.problem(`Broken off: ${String(error)}`))
		.finally(() => callbacks?.close());
	const redactor = new Redactor(apiKey, Object.values(secrets).slice(1));
	const recording: Recording = {
		format: 2,
		provider: new URL(baseUrl).hostname,
		recordedOn: new Date(nowMs()).toISOString().slice(0, 10),
		callbacks: callbacks !== undefined,
		summary: redactor.json(steps.summary),
		exchanges: recorder.exchanges.map((exchange) => redactor.exchange(exchange)),
	};
	return { recording, steps, secrets };
}

/** Takes the same steps where they cost nothing. @returns 0 where the sandbox speaks as the recording does, else 1 */
async function compare(recording: Recording, write: Surroundings['write']): Promise<number> {
	const clock = new ManualClock();
	const sandbox = await startSandbox({ clock, generationSeconds: 60 });
	const { baseUrl, apiKey } = sandbox;
	const ours = await record(
		{ baseUrl, apiKey, callbacks: recording.callbacks ? {} : undefined },
		{ idempotencyKey: 'sandbox', deliveries: 1, clock: steppedBy(clock), tell: () => undefined },
	).finally(async () => await sandbox.stop());
	const differences = differencesOf(recording, ours.recording);
	if (differences.length === 0) {
		write('The sandbox speaks as the recording does.\n');
		return 0;
	}
	write(`Only in the recording (-), only on the sandbox (+):\n${differences.join('\n')}\n`);
	return 1;
}

/** A sandbox's time that goes on while it is slept, so that its minute takes a moment. */
export function steppedBy(clock: ManualClock): Scenario['clock'] {
	return { nowMs: () => clock.wallMs(), sleep: async (ms) => clock.advance(ms / 1000) };
}
