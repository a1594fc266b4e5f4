/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';

const ASK_EVERY_MS = 250;

/** A stretch of time in which one execution was in the hands of the process: then it ended, or was put to wait. */
export interface Stretch {
	executionId: string;
	/** The execution that waits for it. */
	parentId?: string;
	/** The name of its workflow. */
	name: string;
	fromMs: number;
	/** Absent while it lasts. */
	untilMs?: number;
}

export interface Reading {
	rssBytes: number;
	/** The most since the last reset, as all below. */
	peakBytes: number;
	/** Since the process began. */
	cpuSeconds: number;
	stretches: Stretch[];
	/** Each time that n8n saved the data of an execution. */
	saves: Array<{ executionId: string; bytes: number }>;
}

/**
 * With these variables an n8n process runs at this speed and measures itself.
 * @param meterFile does not exist yet; n8n writes into it where it answers
 */
export function meterEnvironment(meterFile: string, speed: number): Record<string, string> {
	return {
		NODE_OPTIONS: `--require ${join(__dirname, 'insideN8n.cjs')}`,
		BENCH_METER_FILE: meterFile,
		BENCH_SPEED: String(speed),
	};
}

export type Meter = Awaited<ReturnType<typeof openMeter>>;

/** @param meterFile as given to the environment; n8n has to be running */
export async function openMeter(meterFile: string) {
	const baseURL = `http://127.0.0.1:${await readFile(meterFile, 'utf8')}`;
	const ask = async <Answer>(path: string) =>
		(await axios.get<Answer>(path, { baseURL, proxy: false })).data;
	return {
		/** Collects garbage first, forgets what was counted, and begins to look for the peak anew. */
		reset: async () => await ask<Reading>('/reset'),
		/** Waits until these executions are neither at work nor put to wait. */
		waitForEnd: async (executionIds: string[], timeoutSeconds: number) => {
			const deadline = Date.now() + timeoutSeconds * 1000;
			for (;;) {
				const latest = await ask<Record<string, string | undefined>>('/latest');
				const isAtWork = (id: string) => (latest[id] ?? 'waiting') === 'waiting';
				if (!executionIds.some(isAtWork)) return await ask<Reading>('/');
				if (Date.now() > deadline) throw new Error(`No end after ${timeoutSeconds} s`);
				await delay(ASK_EVERY_MS);
			}
		},
	};
}
