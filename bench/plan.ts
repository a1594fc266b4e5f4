/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../host/host';
import { showStep } from '../host/progress';
import { startSandbox } from '../sandbox';
import { compileSequentialNode, type Bed, type Contender } from './contenders';
import { CAP, measure, type Figures } from './measure';
import { meterEnvironment, openMeter } from './meter';
import { benchRows, SMALL_MB } from './rows';

const BALANCE_USD = 10_000;

/** One run of a contender. */
export interface Round {
	rows: number;
	executions: number;
	megabytes: number;
}

/** What one contender does, round after round, in an n8n process of its own. */
export interface Part {
	contender: Contender;
	/** How many times as fast as real time. */
	speed: number;
	rounds: Round[];
}

export function single(rows: number, megabytes = SMALL_MB): Round {
	return { rows, executions: 1, megabytes };
}

export interface Terms {
	seed: number;
	/** The packed package. */
	tarball: string;
}

type Closing = Array<() => Promise<void>>;
type RunRound = (round: Round) => Promise<Figures>;

/** Does these parts at the same time. */
export async function doParts(parts: Part[], terms: Terms): Promise<Figures[]> {
	const closing: Closing = [];
	try {
		const runs: RunRound[] = [];
		// One after the other, and all before anything is measured: starting n8n keeps the machine busy.
		for (const part of parts) {
			const open = async () => runs.push(await startPart(part, terms, closing));
			await showStep(`${part.contender.label}: starting n8n`, open);
		}
		const figures = parts.map(async (part, index) => {
			const own: Figures[] = [];
			// The first clip of a process is not counted.
			await runs[index](single(1));
			for (const round of part.rounds) {
				const work = async () => await runs[index](round);
				own.push(await showStep(titleOf(part, round), work));
			}
			return own;
		});
		return (await Promise.all(figures)).flat();
	} finally {
		for (const close of closing.reverse()) await close();
	}
}

/** Starts an n8n and a sandbox. */
async function startPart(
	{ contender, speed }: Part,
	{ seed, tarball }: Terms,
	closing: Closing,
): Promise<RunRound> {
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-bench-'));
	closing.push(async () => await rm(folder, { recursive: true, force: true }));
	const sandbox = await startSandbox({
		...{ speed, seed, concurrency: CAP, balanceUsd: BALANCE_USD },
		estimates: 'provider',
	});
	closing.push(async () => await sandbox.stop());
	await compileSequentialNode(folder);
	const meterFile = join(folder, 'meter');
	const meterEnv = meterEnvironment(meterFile, speed);
	const env = { ...meterEnv, N8N_CUSTOM_EXTENSIONS: folder, ...contender.env };
	const host = await startHost({ tarball, env });
	closing.push(async () => await host.remove());
	const credential = await host.addKlingCredential(sandbox);
	const bed: Bed = { host, sandbox, credential, speed };
	const meter = await openMeter(meterFile);
	return async (round) => {
		const rows = benchRows(round.rows, round.megabytes, seed);
		return await measure(contender, rows, bed, meter, round);
	};
}

function titleOf({ contender, speed }: Part, { rows, executions, megabytes }: Round): string {
	const sheets = executions === 1 ? '' : `${executions} executions of `;
	const pace = speed === 1 ? 'in real time' : `at speed ${speed}`;
	return `${contender.label}: ${sheets}${rows} rows, ${megabytes} MB a clip, ${pace}`;
}
