/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, no-console */
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox, type SandboxOptions } from './index';

/** `npm run sandbox`: a sandbox by itself, until Ctrl-C. */
async function main() {
	const { values } = parseArgs({ options: FLAGS, strict: true });
	if (values.help) {
		console.log(HELP);
		return;
	}
	const sandbox = await startSandbox({
		...optionsOf(values),
		logLevel: values.quiet ? 'silent' : 'requests',
		log: (line) => console.log(line),
	});
	console.log(welcome(sandbox));
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => {
			void sandbox.stop().then(() => process.exit(0));
		});
	}
}

const FLAGS = {
	port: { type: 'string', default: '8787' },
	'file-port': { type: 'string', default: '0' },
	host: { type: 'string' },
	key: { type: 'string' },
	speed: { type: 'string', default: '10' },
	seconds: { type: 'string' },
	seed: { type: 'string' },
	concurrency: { type: 'string' },
	clips: { type: 'string', default: 'real' },
	balance: { type: 'string' },
	contract: { type: 'string' },
	'strict-callbacks': { type: 'boolean' },
	envelope: { type: 'string' },
	quiet: { type: 'boolean' },
	help: { type: 'boolean', short: 'h' },
} as const;

const HELP = `npm run sandbox -- [options]

  --port 8787            port of the API (0 = a free one)
  --file-port 0          port of the file host
  --host 127.0.0.1       address to listen on
  --key sk-sandbox       the API key that is accepted
  --speed 10             how many times as fast as the real service
  --seconds 45-90        generation time before that, a number or a range
  --concurrency 5        unfinished clips per key before 429 (0 = no limit)
  --clips real           real: rendered by ffmpeg; tiny: one second of 64x36, without ffmpeg
  --balance 100          USD
  --contract docs        callbacks: docs (webhook), article (callback_url) or both
  --strict-callbacks     drop callbacks to private addresses, as the real service does
  --envelope byHeader    answer of a submit: byHeader, legacy or versioned
  --seed 1               repeats times and ids
  --quiet                no line per request

Fault words for prompts, such as [[429:2]], stand in sandbox/README.md.`;

type Values = Partial<Record<keyof typeof FLAGS, string | boolean>>;

function optionsOf(values: Values): SandboxOptions {
	return {
		port: numberOf(values, 'port'),
		filePort: numberOf(values, 'file-port'),
		host: textOf(values, 'host'),
		apiKey: textOf(values, 'key'),
		speed: numberOf(values, 'speed'),
		generationSeconds: rangeOf(values),
		seed: numberOf(values, 'seed'),
		concurrency: numberOf(values, 'concurrency'),
		clips: oneOf(values, 'clips', ['real', 'tiny']),
		balanceUsd: numberOf(values, 'balance'),
		webhookContract: oneOf(values, 'contract', ['docs', 'article', 'both']),
		strictCallbacks: values['strict-callbacks'] === true,
		envelope: oneOf(values, 'envelope', ['byHeader', 'legacy', 'versioned']),
	};
}

function welcome({ baseUrl, filesUrl, apiKey }: Sandbox) {
	const auth = `-H 'Authorization: Bearer ${apiKey}'`;
	const body = '{"model":"kling-v3","prompt":"A paper boat on a puddle","duration":5,"audio":true}';
	return `
APIMart sandbox

  Base URL   ${baseUrl}
  API key    ${apiKey}
  Files      ${filesUrl}
  Ledger     ${baseUrl}/__sandbox/ledger

Submit a clip:
  curl ${auth} -H 'Content-Type: application/json' -d '${body}' ${baseUrl}/v1/videos/generations

Read the task (put in its id):
  curl ${auth} ${baseUrl}/v1/tasks/task_...

Ctrl-C stops it.
`;
}

function textOf(values: Values, name: keyof typeof FLAGS) {
	const value = values[name];
	return typeof value === 'string' ? value : undefined;
}

/** @throws Error that names the flag */
function numberOf(values: Values, name: keyof typeof FLAGS) {
	const text = textOf(values, name);
	if (text === undefined) return undefined;
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
	throw new Error(`--${name} must be a number, not "${text}"`);
}

function rangeOf(values: Values) {
	const text = textOf(values, 'seconds');
	if (text === undefined) return undefined;
	const [, min, max = min] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
	if (min === undefined) throw new Error(`--seconds must be like 60 or 45-90, not "${text}"`);
	return { min: Number(min), max: Number(max) };
}

function oneOf<T extends string>(values: Values, name: keyof typeof FLAGS, allowed: readonly T[]) {
	const text = textOf(values, name);
	const found = allowed.find((value) => value === text);
	if (text === undefined || found) return found;
	throw new Error(`--${name} must be one of ${allowed.join(', ')}, not "${text}"`);
}

main().catch((error: Error) => {
	console.error(error.message);
	process.exitCode = 1;
});
