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
	/** `waiting` for one that was put to wait. */
	status?: string;
}

/** n8n saved the data of an execution. */
export interface Save {
	executionId: string;
	bytes: number;
	atMs: number;
}

export interface Reading {
	rssBytes: number;
	/** The most since the last reset, as all below. */
	peakBytes: number;
	/** Since the process began. */
	cpuSeconds: number;
	stretches: Stretch[];
	saves: Save[];
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

	/** Collects garbage first, forgets what was counted, and begins to look for the peak anew. */
	async reset(): Promise<Reading> {
		return await this.ask('/reset');
	}

	/** Waits until these executions are neither at work nor put to wait. */
	async waitForEnd(executionIds: string[], timeoutSeconds: number): Promise<Reading> {
		const deadline = Date.now() + timeoutSeconds * 1000;
		for (;;) {
			const latest = await this.ask<Record<string, string | undefined>>('/latest');
			const hasEnded = (status?: string) => status !== undefined && status !== 'waiting';
			if (executionIds.every((id) => hasEnded(latest[id]))) return await this.ask('/');
			if (Date.now() > deadline) throw new Error(`No end after ${timeoutSeconds} s`);
			await delay(ASK_EVERY_MS);
		}
	}

	private async ask<Answer = Reading>(path: string): Promise<Answer> {
		return (await axios.get<Answer>(this.url + path, { proxy: false })).data;
	}
}
