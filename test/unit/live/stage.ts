/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, startSandbox, type SandboxOptions } from '../../../sandbox';
import { live, steppedBy, type Surroundings } from '../../live/live';
import type { Recording } from '../../live/recording';

/** Long, and of the form of the provider's: whatever shows a part of it is found. */
export const API_KEY = ['sk', 'Rz4kWq81LmXv07TbYp53HsNcJd29GfUe'].join('-');

export type Stage = Awaited<ReturnType<typeof setStage>>;

/** A sandbox in the provider's place, and the whole program in front of it. */
export async function setStage(options: SandboxOptions = {}) {
	const clock = new ManualClock();
	const sandbox = await startSandbox({ apiKey: API_KEY, clock, generationSeconds: 60, ...options });
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-live-'));
	const path = join(folder, 'recording.json');
	let written = '';
	const run = async (args: string[], changes: Partial<Surroundings> = {}) =>
		await live(['--output', path, ...args], {
			clock: steppedBy(clock),
			environment: { APIMART_API_KEY: API_KEY, APIMART_BASE_URL: sandbox.baseUrl },
			write: (text) => (written += text),
			...changes,
		});
	return {
		...{ sandbox, folder, path, run },
		written: () => written,
		/** Runs with consent and reads what was recorded. */
		record: async (args: string[] = []) => {
			const exitCode = await run(['--yes', ...args]);
			const text = await readFile(path, 'utf8');
			return { exitCode, text, recording: JSON.parse(text) as Recording };
		},
		close: async () => {
			await sandbox.stop();
			await rm(folder, { recursive: true });
		},
	};
}
