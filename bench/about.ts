/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { cpus } from 'node:os';
import { repositoryFolder } from '../host/package';
import { run } from '../host/run';

export type About = Awaited<ReturnType<typeof aboutThisRun>>;

/** Where and when a run measures. */
export async function aboutThisRun(n8n: string, speed: number, seed: number) {
	const git = async (...args: string[]) =>
		(await run('git', args, { cwd: repositoryFolder })).trim();
	const changes = await git('status', '--porcelain', '--', 'nodes', 'credentials');
	return {
		commit: (await git('rev-parse', '--short', 'HEAD')) + (changes && ' and changes'),
		date: new Date().toISOString().slice(0, 10),
		n8n,
		machine: `${cpus().length} cores`,
		speed,
		seed,
	};
}

export function aboutLine({ commit, date, n8n, machine, speed, seed }: About): string {
	return `Measured at commit ${commit} on ${date}: n8n ${n8n}, ${machine}, seed ${seed}; scaled time is ${speed} times as fast as real time.`;
}
