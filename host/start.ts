/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm start`: the rows of workflows/rows.csv become video files in output/, in a real n8n, which stays open
 * afterwards. Without a key everything happens on this computer, against the sandbox, and costs nothing.
 */
import { once } from 'node:events';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from '../sandbox';
import { showClipProgress } from './clipProgress';
import { readOutcome, showOutcome, type Outcome } from './clipTable';
import { estimateOf } from './estimate';
import { ensureTarball, OWNER, startHost, type Host } from './host';
import { installN8n } from './install';
import { repositoryFolder } from './package';
import { showStep } from './progress';
import type { CredentialRef } from './rest';

const TEMPLATE = 'local-rows-to-files';
const PROVIDER_URL = 'https://api.apimart.ai';
/** Makes a minute of generation 20 seconds, so that the demo takes about a minute. */
const SANDBOX_SPEED = 3;
const RUN_WITHIN_SECONDS = 1800;

interface Settings {
	rowsFile: string;
	outputFolder: string;
}

interface Arguments {
	once: boolean;
	yes: boolean;
	rows?: string;
}

const cleanUps: Array<() => Promise<void>> = [];

let isLeaving = false;

void main().then(leave, async (error: unknown) => {
	// What is cut off by Ctrl-C breaks in its own ways; nobody wants to read them.
	if (isLeaving) return;
	process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
	await leave(1);
});

async function main(): Promise<number> {
	const { once: leaveAfterRun, yes, rows } = readArguments();
	const apiKey = process.env.APIMART_API_KEY;
	if (apiKey && !yes && !process.stdin.isTTY) {
		throw new Error(
			'APIMART_API_KEY is set, so real clips would be made and paid for. Confirm with "npm start -- --yes", or unset it to use the sandbox.',
		);
	}
	process.once('SIGTERM', () => void leave(143));
	process.once('SIGINT', () => void leave(130));

	const [tarball] = await Promise.all([packNodes(), installN8n()]);
	const sandbox = apiKey ? undefined : await openSandbox();
	const settings = await readySettings(rows);
	const host = await showStep('Starting n8n', async () => await openHost(tarball, settings));
	const credential = await host.addKlingCredential({
		apiKey: apiKey ?? sandbox?.apiKey ?? '',
		baseUrl: sandbox?.baseUrl ?? process.env.APIMART_BASE_URL ?? PROVIDER_URL,
	});
	if (apiKey && !(await isConfirmed(host, credential, settings, yes))) return 1;

	const workflowId = await host.importTemplate(TEMPLATE, { ...settings }, credential);
	const outcome = await makeClips(host, workflowId, sandbox);
	showOutcome(outcome, sandbox?.ledger);
	if (leaveAfterRun) return outcome.isGood ? 0 : 1;

	await showEditor(host, workflowId);
	return 0;
}

async function packNodes(): Promise<string> {
	const tarball = await showStep('Building and packing the nodes', ensureTarball);
	if (!process.env.KLING_FAST_TARBALL) {
		cleanUps.push(async () => await rm(dirname(tarball), { recursive: true }));
	}
	return tarball;
}

function readArguments(): Arguments {
	const { values } = parseArgs({
		options: {
			once: { type: 'boolean', default: false },
			yes: { type: 'boolean', default: false },
			rows: { type: 'string' },
		},
	});
	return values as Arguments;
}

async function openSandbox(): Promise<Sandbox> {
	const sandbox = await startSandbox({ clips: 'real', speed: SANDBOX_SPEED });
	cleanUps.push(async () => await sandbox.stop());
	process.stdout.write(
		`A sandbox in APIMart's place at ${sandbox.baseUrl}: nothing is paid for, and its clock runs ${SANDBOX_SPEED} times as fast\n`,
	);
	return sandbox;
}

/** n8n follows no symbolic links when it writes files, so the folders are given as what they really are. */
async function readySettings(rows?: string): Promise<Settings> {
	const outputFolder = join(repositoryFolder, 'output');
	await mkdir(outputFolder, { recursive: true });
	const rowsFile = rows ?? join(repositoryFolder, 'workflows', 'rows.csv');
	return { rowsFile: await realpath(rowsFile), outputFolder: await realpath(outputFolder) };
}

async function openHost(tarball: string, { rowsFile, outputFolder }: Settings): Promise<Host> {
	const host = await startHost({
		tarball,
		env: { N8N_RESTRICT_FILE_ACCESS_TO: [rowsFile, outputFolder].join(';') },
	});
	cleanUps.push(async () => await host.remove());
	return host;
}

async function isConfirmed(
	host: Host,
	credential: CredentialRef,
	settings: Settings,
	yes: boolean,
): Promise<boolean> {
	const { clips, costUsd } = await estimateOf(host, TEMPLATE, { ...settings }, credential);
	const question = `${clips} clips for about ${costUsd.toFixed(2)} USD, charged to your APIMart account. Make them?`;
	if (yes) {
		process.stdout.write(`${question} Yes, as --yes says.\n`);
		return true;
	}
	const terminal = createInterface({ input: process.stdin, output: process.stdout });
	const answer = await terminal.question(`${question} [y/N] `);
	terminal.close();
	return /^y(es)?$/i.test(answer.trim());
}

async function makeClips(
	host: Host,
	workflowId: string,
	sandbox: Sandbox | undefined,
): Promise<Outcome> {
	const startedAt = Date.now();
	const executionId = await host.run(workflowId);
	const progress = showClipProgress(sandbox?.ledger);
	const execution = await host.waitForEnd(executionId, RUN_WITHIN_SECONDS).finally(progress.end);
	return await readOutcome(execution, (Date.now() - startedAt) / 1000);
}

async function showEditor(host: Host, workflowId: string): Promise<void> {
	process.stdout.write(
		[
			'',
			`n8n is open at ${host.baseUrl}/workflow/${workflowId}`,
			`Log in as ${OWNER.email} with the password ${OWNER.password}`,
			'Ctrl-C ends it; the video files stay.',
			'',
		].join('\n'),
	);
	process.removeAllListeners('SIGINT');
	// A signal alone does not keep Node alive.
	const stayAlive = setInterval(() => {}, 60_000);
	await once(process, 'SIGINT');
	clearInterval(stayAlive);
	process.stdout.write('\nEnding n8n\n');
}

/** Ends what was started, in reverse order, and then this process. Only the first call counts. */
async function leave(exitCode: number): Promise<void> {
	if (isLeaving) return;
	isLeaving = true;
	for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(() => {});
	process.exit(exitCode);
}
