/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run test:chaos`: a real n8n with the packed package against the sandbox, attack by attack, and a table of what came of
 * it. The exit code is 0 only if every attack met its goal: all clips delivered, each charged once, every task findable, no
 * secret anywhere.
 *
 * `npm run test:chaos -- --seed 7 --runs 1 --only "Stop"` plays one seed of the attacks whose name has that text in it;
 * `--log n8n.log` keeps n8n's log.
 */
import { copyFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Arena, type Score } from './arena';
import type { Attack, DeadlyAttack } from './attack';
import { intruders } from './attacks/intruders';
import { deadlyAttacks } from './attacks/kill';
import { deadlyToSleepers } from './attacks/killAsleep';
import { levers } from './attacks/levers';
import { moods } from './attacks/moods';
import { wire } from './attacks/wire';
import { filesBelow, leaksOf, type Secret } from './leaks';
import { setTheStage, type Stage } from './stage';
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
	const stage = await setTheStage();
	const secrets: Secret[] = [];
	const results: Result[] = [];
	try {
		const peaceful = [...wire, ...levers, ...moods, ...intruders].filter(isChosen);
		const games = seeds.flatMap((seed) => peaceful.map((attack) => ({ attack, seed })));
		await sideBySide(games, async ({ attack, seed }) => {
			results.push(await play(stage, attack, seed, secrets));
		});
		const deadly = [...deadlyAttacks, ...deadlyToSleepers].filter(isChosen);
		for (const seed of deadly.length > 0 ? seeds : []) {
			results.push(...(await playDeadly(stage, deadly, seed, secrets)));
		}
		const stored = leaksOf(
			secrets.filter(({ what }) => what === 'API key' || what === 'callback secret'),
			await filesBelow(stage.host.process.userFolder),
		);
		results.push(verdictOn("n8n's whole folder, after all", stored));
	} finally {
		if (values.log) await copyFile(stage.host.process.logPath, values.log);
		await stage.close();
	}
	return showTable(results, seeds) ? 0 : 1;
}

async function play(
	stage: Stage,
	attack: Attack,
	seed: number,
	secrets: Secret[],
): Promise<Result> {
	const startedAt = Date.now();
	const [played] = await Promise.allSettled([
		(async () => {
			const arena = await Arena.open(stage, attack.name, seed, attack.sandbox);
			const [run] = await Promise.allSettled([attack.run(arena)]);
			if (run.status === 'rejected') arena.expect(false, told(run.reason));
			return await judge(arena, secrets);
		})(),
	]);
	const score = played.status === 'fulfilled' ? played.value : broken(played.reason);
	return finished(attack.name, seed, score, startedAt);
}

/** All batches are brought to their moment, then n8n is killed under all of them. */
async function playDeadly(
	stage: Stage,
	attacks: DeadlyAttack[],
	seed: number,
	secrets: Secret[],
): Promise<Result[]> {
	const startedAt = Date.now();
	const arenas = await Promise.all(
		attacks.map(async ({ name, sandbox }) => await Arena.open(stage, name, seed, sandbox)),
	);
	const begun = await Promise.allSettled(
		attacks.map(async (attack, index) => await attack.begin(arenas[index])),
	);
	const doomed = begun.flatMap((begin) => (begin.status === 'fulfilled' ? [begin.value] : []));
	await Promise.allSettled(doomed.map(async (one) => await one.strike?.(one)));
	await stage.host.restart('kill9');
	return await Promise.all(
		attacks.map(async (attack, index) => {
			const arena = arenas[index];
			const begin = begun[index];
			const [after] = await Promise.allSettled([
				begin.status === 'fulfilled'
					? attack.afterwards(arena, begin.value)
					: Promise.reject(begin.reason),
			]);
			if (after.status === 'rejected') arena.expect(false, told(after.reason));
			return finished(attack.name, seed, await judge(arena, secrets), startedAt);
		}),
	);
}

async function judge(arena: Arena, secrets: Secret[]): Promise<Score> {
	const [scored] = await Promise.allSettled([arena.score()]);
	secrets.push(...arena.secretsOf([]));
	await arena.close();
	if (scored.status === 'fulfilled') return scored.value;
	return { ...broken(scored.reason), asked: arena.asked };
}

function finished(attack: string, seed: number, score: Score, startedAt: number): Result {
	const seconds = (Date.now() - startedAt) / 1000;
	const faults = [...score.faults, ...score.homeless, ...score.leaks];
	process.stdout.write(
		`${faults.length > 0 ? 'BAD' : 'ok '} ${attack}, seed ${seed}, ${seconds.toFixed(1)} s\n`,
	);
	return { attack, seed, ...score };
}

function verdictOn(attack: string, leaks: string[]): Result {
	const nothing = { asked: 0, delivered: 0, charges: 0, homeless: [], faults: [] };
	return { attack, seed: 0, ...nothing, leaks };
}

function broken(reason: unknown): Score {
	return { asked: 0, delivered: 0, charges: 0, homeless: [], leaks: [], faults: [told(reason)] };
}

function told(reason: unknown): string {
	return reason instanceof Error ? reason.message : String(reason);
}

async function sideBySide<Game>(games: Game[], play: (game: Game) => Promise<void>): Promise<void> {
	const waiting = [...games];
	const one = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) await play(next);
	};
	await Promise.all(Array.from({ length: AT_A_TIME }, one));
}
