/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHost } from '../host/host';
import { showStep } from '../host/progress';
import { startSandbox } from '../sandbox';
import { compileSequentialNode, type Contender } from './contenders';
import { CAP, measure, type Figures } from './measure';
import { meterEnvironment, openMeter } from './meter';
import { SEED, single, type Round } from './rows';

const BALANCE_USD = 10_000;

/** What one contender does, round after round, in an n8n process of its own. */
export interface Part {
	contender: Contender;
	/** How many times as fast as real time. */
	speed: number;
	rounds: Round[];
}

type Closing = Array<() => Promise<unknown>>;

/** Does these parts at the same time, with the packed package. */
export async function doParts(parts: Part[], tarball: string): Promise<Figures[]> {
	const closing: Closing = [];
	try {
		const runs: Array<() => Promise<Figures[]>> = [];
		// One after the other, and all before anything is measured: starting n8n keeps the machine busy.
		for (const part of parts) {
			const open = async () => runs.push(await startPart(part, tarball, closing));
			await showStep(`${part.contender.label}: starting n8n`, open);
		}
		return (await Promise.all(runs.map(async (run) => await run()))).flat();
	} finally {
		for (const close of closing.reverse()) await close();
	}
}

/** Starts an n8n and a sandbox. @returns what does the rounds */
async function startPart(part: Part, tarball: string, closing: Closing) {
	const { contender, speed } = part;
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-bench-'));
	closing.push(async () => await rm(folder, { recursive: true, force: true }));
	const sandbox = await startSandbox({
		...{ speed, seed: SEED, concurrency: CAP, balanceUsd: BALANCE_USD },
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
	const meter = await openMeter(meterFile);
	const bed = { host, sandbox, credential, speed };
	return async () => {
		// The first clip of a process is not counted.
		await measure(contender, single(1), bed, meter);
		const figures: Figures[] = [];
		for (const round of part.rounds) {
			const work = async () => await measure(contender, round, bed, meter);
			figures.push(await showStep(titleOf(part, round), work));
		}
		return figures;
	};
}

function titleOf({ contender, speed }: Part, { rows, executions, megabytes }: Round): string {
	const sheets = executions === 1 ? '' : `${executions} executions of `;
	const pace = speed === 1 ? 'in real time' : `at speed ${speed}`;
	return `${contender.label}: ${sheets}${rows} rows, ${megabytes} MB a clip, ${pace}`;
}
