/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../host/host';
import { showStep } from '../host/progress';
import { startSandbox } from '../sandbox';
import { compileSequentialNode, type Bed, type Contender } from './contenders';
import { CAP, measure, type Figures } from './measure';
import { Meter } from './meter';
import { benchRows } from './rows';

export const SMALL_MB = 2;
export const BIG_MB = 20;
/** Of the sheet that every table shows. */
export const SHEET_ROWS = 20;
const BALANCE_USD = 10_000;

/** One run of a contender. */
export interface Round {
	rows: number;
	executions: number;
	megabytes: number;
}

export interface Terms {
	speed: number;
	seed: number;
	/** The packed package. */
	tarball: string;
}

/** Runs these rounds in one n8n process of its own, after a first clip that is not counted. */
export async function runRounds(
	contender: Contender,
	rounds: Round[],
	terms: Terms,
): Promise<Figures[]> {
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-bench-'));
	const closing: Array<() => Promise<void>> = [
		async () => await rm(folder, { recursive: true, force: true }),
	];
	try {
		const { speed, seed } = terms;
		const sandbox = await startSandbox({
			...{ speed, seed, concurrency: CAP, balanceUsd: BALANCE_USD },
			estimates: 'provider',
		});
		closing.push(async () => await sandbox.stop());
		await compileSequentialNode(folder);
		const meterFile = join(folder, 'meter');
		const env = { ...Meter.environment(meterFile, speed), N8N_CUSTOM_EXTENSIONS: folder };
		const host = await startHost({ tarball: terms.tarball, env });
		closing.push(async () => await host.remove());
		const credential = await host.addKlingCredential(sandbox);
		const bed: Bed = { host, sandbox, credential, speed };
		const meter = await Meter.open(meterFile);
		await measure(contender, benchRows(1, SMALL_MB, seed), bed, meter, { megabytes: SMALL_MB });
		const figures: Figures[] = [];
		for (const round of rounds) {
			const rows = benchRows(round.rows, round.megabytes, seed);
			const work = async () => await measure(contender, rows, bed, meter, round);
			figures.push(await showStep(titleOf(contender, round), work));
		}
		return figures;
	} finally {
		for (const close of closing.reverse()) await close();
	}
}

function titleOf({ label }: Contender, { rows, executions, megabytes }: Round): string {
	const sheets = executions === 1 ? '' : `${executions} executions of `;
	return `${label}: ${sheets}${rows} rows, ${megabytes} MB a clip`;
}
