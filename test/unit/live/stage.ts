/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';
import { live, steppedBy, type Surroundings } from '../../live/live';
import { readRecording, type Recording } from '../../live/recording';

/** Long, and of the form of the provider's: whatever shows a part of it is found. */
export const API_KEY = ['sk', 'Rz4kWq81LmXv07TbYp53HsNcJd29GfUe'].join('-');

/** A sandbox in the provider's place, and the whole program in front of it. */
export interface Stage {
	sandbox: Sandbox;
	folder: string;
	/** All that was written so far. */
	written: () => string;
	run: (args: string[], changes?: Partial<Surroundings>) => Promise<number>;
	/** Runs with consent and reads what was recorded. */
	record: (args?: string[]) => Promise<{ exitCode: number; recording: Recording; text: string }>;
	close: () => Promise<void>;
}

export async function setStage(options: SandboxOptions = {}): Promise<Stage> {
	const clock = new ManualClock();
	const sandbox = await startSandbox({
		apiKey: API_KEY,
		clock,
		generationSeconds: 60,
		...options,
	});
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-live-'));
	let written = '';
	const output = join(folder, 'recording.json');
	const run: Stage['run'] = async (args, changes) =>
		await live(['--output', output, ...args], {
			clock: steppedBy(clock),
			environment: { APIMART_API_KEY: API_KEY, APIMART_BASE_URL: sandbox.baseUrl },
			folder,
			write: (text) => {
				written += text;
			},
			...changes,
		});
	return {
		sandbox,
		folder,
		written: () => written,
		run,
		record: async (args = []) => {
			const exitCode = await run(['--yes', ...args]);
			const recording = await readRecording(output);
			return { exitCode, recording, text: JSON.stringify(recording) };
		},
		close: async () => {
			await sandbox.stop();
			await rm(folder, { recursive: true });
		},
	};
}

/** The answer to one of the recording's questions. */
export function answerTo(question: string, { findings }: Recording): string | undefined {
	return findings.find((finding) => finding.question === question)?.answer;
}
