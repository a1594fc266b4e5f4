/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { normalizeBaseUrl, parseWebUrl } from '../../nodes/KlingFast/apimart/address';
import { realClock, type Clock } from '../../nodes/KlingFast/clock';
import { ManualClock, startSandbox } from '../../sandbox';
import type { Secret } from '../chaos/leaks';
import { receiveCallbacks } from './callbackReceiver';
import { compareRecordings } from './comparison';
import { findingsOf } from './findings';
import { ESTIMATE_USD, play, type Played } from './play';
import { readRecording, writeRecording, type Recording } from './recording';
import { Redactor } from './redactor';
import { differenceTable, findingTable } from './tables';
import { Wire } from './wire';

export const HELP = `APIMART_API_KEY=sk-... npm run test:live -- [options]

  --yes                      answers the question about the cost
  --idempotency-key KEY      takes up a run that was stopped, within 24 hours, without buying again
  --response-version         the paid submit asks for the versioned answer, the repetition for the plain one
  --callback-url URL         public address of a tunnel to this computer, told to APIMart
  --callback-port 8788       where the tunnel ends
  --callback-seconds 30      how long callbacks are waited for after the end
  --poll-seconds 3           between two reads of the task
  --output FILE              where the recording goes, by default recordings/live-<date>.json
  --compare FILE             costs nothing: plays the same steps on the sandbox and shows where it differs

APIMART_BASE_URL is the address that is asked, by default https://api.apimart.ai`;

const PROVIDER_URL = 'https://api.apimart.ai';
/** The exit code where nothing was sent. */
const NOT_STARTED = 2;

export interface Surroundings {
	environment: Record<string, string | undefined>;
	/** The repository. */
	folder: string;
	write: (text: string) => void;
	/** By which the task is watched, by default the real one. */
	clock?: Clock;
	/** Absent where nobody can be asked. */
	ask?: (question: string) => Promise<string>;
}

/**
 * The live test. Nothing is sent before the cost is confirmed.
 * @returns 0 if all was seen; 1 if something went wrong, or a comparison found differences; 2 if nothing was sent
 */
export async function live(args: string[], surroundings: Surroundings): Promise<number> {
	const { environment, folder, write } = surroundings;
	const options = readOptions(args);
	if (options.help) {
		write(`${HELP}\n`);
		return 0;
	}
	if (options.compare !== undefined) return await compareAgain(options.compare, write);
	const apiKey = environment.APIMART_API_KEY?.trim();
	if (!apiKey) {
		write(
			'Set APIMART_API_KEY to a key of your APIMart account: the live test buys one clip with it.\n',
		);
		return NOT_STARTED;
	}
	const told = options['callback-url'];
	if (told !== undefined && !parseWebUrl(told)) {
		write('--callback-url must be a web address, such as that of a tunnel to this computer.\n');
		return NOT_STARTED;
	}
	const baseUrl = normalizeBaseUrl(environment.APIMART_BASE_URL || PROVIDER_URL);
	if (!(await isConfirmed(options.yes, baseUrl, surroundings))) return NOT_STARTED;

	const day = new Date().toISOString().slice(0, 10);
	const path = options.output ?? join(folder, 'recordings', `live-${day}.json`);
	const redactor = new Redactor([apiKey]);
	const receiver =
		told === undefined
			? undefined
			: await receiveCallbacks({ told, port: Number(options['callback-port']) }, redactor);
	const played = await play(new Wire({ baseUrl, apiKey }, redactor), {
		idempotencyKey: options['idempotency-key'] ?? `live-test-${randomUUID()}`,
		withVersionHeader: options['response-version'],
		receiver,
		pollSeconds: Number(options['poll-seconds']),
		// The documented field and the other name can both be called.
		callbacks: { count: 2, waitSeconds: Number(options['callback-seconds']) },
		clock: surroundings.clock ?? realClock,
		tell: (line) => write(`${line}\n`),
	}).finally(async () => await receiver?.close());

	const recording = await keep(played, path, secretsOf(apiKey, told, played), write);
	const isWhole = recording.exchanges.some(({ step }) => step === 'balance, at the end');
	if (!isWhole) return 1;
	write(differenceTable(compareRecordings(recording, await playOnSandbox(recording))));
	const isGood = recording.file !== undefined && recording.findings.every(({ isBad }) => !isBad);
	return isGood ? 0 : 1;
}

function readOptions(args: string[]) {
	return parseArgs({
		args,
		options: {
			yes: { type: 'boolean', default: false },
			'idempotency-key': { type: 'string' },
			'response-version': { type: 'boolean', default: false },
			'callback-url': { type: 'string' },
			'callback-port': { type: 'string', default: '8788' },
			'callback-seconds': { type: 'string', default: '30' },
			'poll-seconds': { type: 'string', default: '3' },
			output: { type: 'string' },
			compare: { type: 'string' },
			help: { type: 'boolean', short: 'h', default: false },
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
	if (isAnswered) {
		write('Confirmed by --yes.\n');
		return true;
	}
	if (!ask) {
		write('Nobody can be asked here, so nothing was sent. Add --yes to confirm the cost.\n');
		return false;
	}
	if (/^y(es)?$/i.test((await ask('Buy it? [y/N] ')).trim())) return true;
	write('Nothing was sent.\n');
	return false;
}

/** Writes what was seen, and the clip beside it: it is paid for. */
async function keep(
	played: Played,
	path: string,
	secrets: Secret[],
	write: Surroundings['write'],
): Promise<Recording> {
	const { video, secondTaskId, ...seen } = played;
	const findings = findingsOf(seen);
	if (secondTaskId !== undefined) {
		const answer = 'a repetition was charged: the nodes must not rely on Idempotency-Key';
		findings.push({ question: 'Bought once', answer, isBad: true });
	}
	const recording: Recording = { ...seen, findings };
	write(findingTable(findings));
	await writeRecording(path, recording, secrets);
	write(`Recording: ${path}\n`);
	if (video && video.bytes.length > 0) {
		const clipPath = path.replace(/(\.json)?$/, '.mp4');
		await mkdir(dirname(clipPath), { recursive: true });
		await writeFile(clipPath, video.bytes);
		write(`Clip: ${clipPath}\n`);
	}
	return recording;
}

function secretsOf(apiKey: string, told: string | undefined, { video }: Played): Secret[] {
	const { pathname = '', search = '' } = told === undefined ? {} : new URL(told);
	const secrets = [
		{ what: 'API key', value: apiKey },
		{ what: 'path of the callback address', value: pathname },
		{ what: 'query of the callback address', value: search.slice(1) },
		{ what: 'signature of the link', value: video?.query.slice(1) ?? '' },
	];
	// What is shorter is no secret, and would be found everywhere.
	return secrets.filter(({ value }) => value.length >= 8);
}

async function compareAgain(path: string, write: Surroundings['write']): Promise<number> {
	const recording = await readRecording(path);
	const differences = compareRecordings(recording, await playOnSandbox(recording));
	write(differenceTable(differences));
	return differences.length > 0 ? 1 : 0;
}

/** The same steps where they cost nothing. */
async function playOnSandbox({ callbacks, exchanges }: Recording): Promise<Recording> {
	const sandboxClock = new ManualClock();
	const sandbox = await startSandbox({ clock: sandboxClock, generationSeconds: 60 });
	const { baseUrl, apiKey } = sandbox;
	const redactor = new Redactor([apiKey]);
	const receiver = callbacks && (await receiveCallbacks({ port: 0, ...callbacks }, redactor));
	const submit = exchanges.find(({ step }) => step === 'submit');
	const played = await play(new Wire({ baseUrl, apiKey }, redactor), {
		idempotencyKey: 'sandbox',
		withVersionHeader: submit?.requestHeaders['x-apimart-response-version'] !== undefined,
		receiver,
		pollSeconds: 3,
		callbacks: { count: 1, waitSeconds: 10 },
		clock: steppedBy(sandboxClock),
		tell: () => undefined,
	}).finally(async () => {
		await receiver?.close();
		await sandbox.stop();
	});
	return { ...played, findings: findingsOf(played) };
}

/** A sandbox's time that goes on while it is slept, so that its minute takes a moment. */
export function steppedBy(sandboxClock: ManualClock): Clock {
	return {
		nowMs: () => sandboxClock.wallMs(),
		sleep: async (ms) => sandboxClock.advance(ms / 1000),
		random: () => 0.5,
	};
}
