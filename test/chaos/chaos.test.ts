/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run test:chaos`: a real n8n with the packed package against the sandbox, attack by attack, and a table of the results.
 * The goal of each: all clips delivered, each charged once, every task recoverable, no secret anywhere.
 *
 * `CHAOS_SEED=7 CHAOS_RUNS=1 npm run test:chaos -- -t Stop` performs the attacks whose name has that text in it, once, with
 * that seed; of those that kill n8n all are performed if one is. `CHAOS_LOG=n8n.log` keeps n8n's log.
 */
import { copyFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { AttackRun, type Outcome } from './attackRun';
import { kills } from './attacks/kill';
import { killsWhileWaiting } from './attacks/killWaiting';
import { n8nSettings } from './attacks/n8nSettings';
import { network } from './attacks/network';
import { providerOutcomes } from './attacks/providerOutcomes';
import { security } from './attacks/security';
import { openEnvironment, type Environment } from './environment';
import { filesBelow, leaksOf, type Secret } from './leaks';
import { tableOf, type Result } from './table';

const LONGEST_MS = 20 * 60_000;

const { CHAOS_SEED = '1', CHAOS_RUNS = '3', CHAOS_LOG } = process.env;
const seeds = Array.from({ length: Number(CHAOS_RUNS) }, (_, index) => Number(CHAOS_SEED) + index);
const results: Result[] = [];
const secrets: Secret[] = [];
let environment: Environment;

jest.setTimeout(LONGEST_MS);
beforeAll(async () => {
	environment = await openEnvironment();
});
afterAll(async () => {
	process.stdout.write(`\n${tableOf(results)}\n\nSeeds: ${seeds.join(', ')}\n`);
	if (CHAOS_LOG) await copyFile(environment.host.process.logPath, CHAOS_LOG);
	await environment.close();
});

// Attacks that leave n8n alive run side by side, each with a provider and a key of its own.
const attacks = Object.entries({ ...network, ...n8nSettings, ...providerOutcomes, ...security });
for (const seed of seeds) {
	test.concurrent.each(attacks)(`%s, seed ${seed}`, async (name, attack) => {
		const { sandbox, perform } =
			typeof attack === 'function' ? { sandbox: {}, perform: attack } : attack;
		const run = await AttackRun.open(environment, name, seed, sandbox);
		await perform(run).catch(run.fail);
		meetsItsGoal(name, seed, await outcomeOf(run));
	});
}

const killAttacks = { ...kills, ...killsWhileWaiting };
for (const seed of seeds) {
	let outcomes: Promise<Array<[string, Outcome]>> | undefined;
	test.each(Object.keys(killAttacks))(`%s, seed ${seed}`, async (name) => {
		outcomes ??= killUnderAll(seed);
		meetsItsGoal(name, seed, Object.fromEntries(await outcomes)[name]);
	});
}

test("n8n's whole folder, after all, has no secret in it", async () => {
	const stored = secrets.filter(({ what }) => what === 'API key' || what === 'callback secret');
	const leaks = leaksOf(stored, await filesBelow(environment.host.process.userFolder));
	const nothing = { asked: 0, delivered: 0, charges: 0, unrecoverable: [], faults: [] };
	meetsItsGoal("n8n's whole folder, after all", 0, { ...nothing, leaks });
});

/** All batches are started and brought to their point, then n8n is killed under all of them. */
async function killUnderAll(seed: number): Promise<Array<[string, Outcome]>> {
	const batches = await Promise.all(
		Object.entries(killAttacks).map(async ([name, attack]) => {
			const run = await AttackRun.open(environment, name, seed, attack.sandbox);
			return { name, attack, run, batch: await attack.start(run).catch(run.fail) };
		}),
	);
	await Promise.all(
		batches.map(async ({ run, batch }) => await batch?.beforeKill?.(batch).catch(run.fail)),
	);
	await environment.host.restart('kill9');
	return await Promise.all(
		batches.map(async ({ name, attack, run, batch }) => {
			if (batch) await attack.afterRestart(run, batch).catch(run.fail);
			return [name, await outcomeOf(run)] satisfies [string, Outcome];
		}),
	);
}

async function outcomeOf(run: AttackRun): Promise<Outcome> {
	const outcome = await run.readOutcome().finally(async () => await run.close());
	secrets.push(...run.secretsOf([]));
	return outcome;
}

function meetsItsGoal(attack: string, seed: number, outcome: Outcome): void {
	const { asked } = outcome;
	const whole = { asked, delivered: asked, charges: asked };
	const goal: Outcome = { ...whole, unrecoverable: [], leaks: [], faults: [] };
	const isMet = isDeepStrictEqual(outcome, goal);
	results.push({ attack, isMet, ...outcome });
	process.stdout.write(`${isMet ? 'ok ' : 'BAD'} ${attack}, seed ${seed}\n`);
	expect(outcome).toEqual(goal);
}
