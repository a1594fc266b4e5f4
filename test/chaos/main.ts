/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run test:chaos`: a real n8n with the packed package against the sandbox, attack by attack, and a table of the results.
 * The exit code is 0 only if every attack met its goal: all clips delivered, each charged once, every task recoverable, no
 * secret anywhere.
 *
 * `npm run test:chaos -- --seed 7 --runs 1 --only "Stop"` performs the attacks whose name has that text in it, once, with
 * that seed; `--log n8n.log` keeps n8n's log.
 */
import { copyFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Attack, KillAttack } from './attack';
import { AttackRun, textOf, type Outcome } from './attackRun';
import { kills } from './attacks/kill';
import { killsWhileWaiting } from './attacks/killWaiting';
import { n8nSettings } from './attacks/n8nSettings';
import { network } from './attacks/network';
import { providerOutcomes } from './attacks/providerOutcomes';
import { security } from './attacks/security';
import { openEnvironment, type Environment } from './environment';
import { filesBelow, leaksOf, type Secret } from './leaks';
import { showTable, type Result } from './table';

const FIRST_SEED = 1;
const RUNS = 3;
/** Attacks that leave n8n alive run side by side, each with a provider and a key of its own. */
const AT_A_TIME = 3;

const { values } = parseArgs({
	options: {
		seed: { type: 'string', default: process.env.CHAOS_SEED ?? String(FIRST_SEED) },
		runs: { type: 'string', default: process.env.CHAOS_RUNS ?? String(RUNS) },
		only: { type: 'string', default: '' },
		log: { type: 'string' },
	},
});

void main().then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
		process.exit(1);
	},
);

async function main(): Promise<number> {
	const seeds = Array.from(
		{ length: Number(values.runs) },
		(_, index) => Number(values.seed) + index,
	);
	const isChosen = ({ name }: { name: string }) =>
		name.toLowerCase().includes(values.only.toLowerCase());
	const environment = await openEnvironment();
	const secrets: Secret[] = [];
	const results: Result[] = [];
	try {
		const attacks = [...network, ...n8nSettings, ...providerOutcomes, ...security].filter(isChosen);
		const runs = seeds.flatMap((seed) => attacks.map((attack) => ({ attack, seed })));
		await sideBySide(runs, async ({ attack, seed }) => {
			results.push(await performAttack(environment, attack, seed, secrets));
		});
		const chosenKills = [...kills, ...killsWhileWaiting].filter(isChosen);
		for (const seed of chosenKills.length > 0 ? seeds : []) {
			results.push(...(await performKills(environment, chosenKills, seed, secrets)));
		}
		const stored = leaksOf(
			secrets.filter(({ what }) => what === 'API key' || what === 'callback secret'),
			await filesBelow(environment.host.process.userFolder),
		);
		const attack = "n8n's whole folder, after all";
		results.push({ ...failedOutcome([]), attack, seed: 0, leaks: stored });
	} finally {
		if (values.log) await copyFile(environment.host.process.logPath, values.log);
		await environment.close();
	}
	return showTable(results, seeds) ? 0 : 1;
}

async function performAttack(
	environment: Environment,
	attack: Attack,
	seed: number,
	secrets: Secret[],
): Promise<Result> {
	const startedAt = Date.now();
	try {
		const run = await AttackRun.open(environment, attack.name, seed, attack.sandbox);
		await attack.perform(run).catch(run.fail);
		return resultOf(attack.name, seed, await close(run, secrets), startedAt);
	} catch (error) {
		return resultOf(attack.name, seed, failedOutcome([textOf(error)]), startedAt);
	}
}

/** All batches are started and brought to their point, then n8n is killed under all of them. */
async function performKills(
	environment: Environment,
	attacks: KillAttack[],
	seed: number,
	secrets: Secret[],
): Promise<Result[]> {
	const startedAt = Date.now();
	const batches = await Promise.all(
		attacks.map(async (attack) => {
			const run = await AttackRun.open(environment, attack.name, seed, attack.sandbox);
			return { attack, run, batch: await attack.start(run).catch(run.fail) };
		}),
	);
	await Promise.all(
		batches.map(async ({ run, batch }) => await batch?.beforeKill?.(batch).catch(run.fail)),
	);
	await environment.host.restart('kill9');
	return await Promise.all(
		batches.map(async ({ attack, run, batch }) => {
			if (batch) await attack.afterRestart(run, batch).catch(run.fail);
			return resultOf(attack.name, seed, await close(run, secrets), startedAt);
		}),
	);
}

async function close(run: AttackRun, secrets: Secret[]): Promise<Outcome> {
	const failed = (error: unknown) => ({ ...failedOutcome([textOf(error)]), asked: run.asked });
	const outcome = await run.readOutcome().catch(failed);
	secrets.push(...run.secretsOf([]));
	await run.close();
	return outcome;
}

function resultOf(attack: string, seed: number, outcome: Outcome, startedAt: number): Result {
	const seconds = (Date.now() - startedAt) / 1000;
	const faults = [...outcome.faults, ...outcome.unrecoverable, ...outcome.leaks];
	process.stdout.write(
		`${faults.length > 0 ? 'BAD' : 'ok '} ${attack}, seed ${seed}, ${seconds.toFixed(1)} s\n`,
	);
	return { attack, seed, ...outcome };
}

function failedOutcome(faults: string[]): Outcome {
	return { asked: 0, delivered: 0, charges: 0, unrecoverable: [], leaks: [], faults };
}

async function sideBySide<Job>(jobs: Job[], work: (job: Job) => Promise<void>): Promise<void> {
	const waiting = [...jobs];
	const worker = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) await work(next);
	};
	await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
