/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import axios from 'axios';

const ASK_EVERY_MS = 100;

/** A stretch of time in which one execution was in the hands of the process: then it ended, or fell asleep. */
export interface Stretch {
	executionId: string;
	fromMs: number;
	/** Absent while it lasts. */
	untilMs?: number;
	/** `waiting` for one that fell asleep. */
	status?: string;
}

export interface Reading {
	rssBytes: number;
	/** The most since the last reset. */
	peakBytes: number;
	cpuSeconds: number;
	/** Of all executions since n8n started. */
	stretches: Stretch[];
}

/** What `insideN8n.cjs` counts inside of an n8n process. */
export class Meter {
	private constructor(private readonly url: string) {}

	/** What n8n has to be started with, so that it is metered; `meterFile` must not exist yet. */
	static environment(meterFile: string, speed: number): Record<string, string> {
		return {
			NODE_OPTIONS: `--require ${join(__dirname, 'insideN8n.cjs')}`,
			BENCH_METER_FILE: meterFile,
			BENCH_SPEED: String(speed),
		};
	}

	/** @param meterFile as given to the environment; n8n has to be running */
	static async open(meterFile: string): Promise<Meter> {
		return new Meter(`http://127.0.0.1:${await readFile(meterFile, 'utf8')}`);
	}

	/** Collects garbage first, and begins to look for the peak anew. */
	async reset(): Promise<Reading> {
		return await this.ask('/reset');
	}

	async read(): Promise<Reading> {
		return await this.ask('/');
	}

	/** Waits until these executions have neither a stretch that lasts nor a sleep that they have to be woken from. */
	async waitForEnd(executionIds: string[], timeoutSeconds: number): Promise<Reading> {
		const deadline = Date.now() + timeoutSeconds * 1000;
		for (;;) {
			const reading = await this.read();
			const latest = (id: string) =>
				reading.stretches.filter(({ executionId }) => executionId === id).at(-1);
			const hasEnded = (status?: string) => status !== undefined && status !== 'waiting';
			if (executionIds.every((id) => hasEnded(latest(id)?.status))) return reading;
			if (Date.now() > deadline) throw new Error(`No end after ${timeoutSeconds} s`);
			await delay(ASK_EVERY_MS);
		}
	}

	private async ask(path: string): Promise<Reading> {
		return (await axios.get<Reading>(this.url + path, { proxy: false })).data;
	}
}
