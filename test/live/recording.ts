/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Exchange } from './recorder';

/**
 * What must stay true: it can be given to anybody. Every text in it has passed the Redactor, and what is written is searched once
 * more for the secrets of the run.
 */
export interface Recording {
	format: 2;
	provider: string;
	/** A day. */
	recordedOn: string;
	/** Whether callbacks were asked for. */
	callbacks: boolean;
	summary: string[];
	exchanges: Exchange[];
}

/** @throws Error where one of the secrets would be written; nothing is written then */
export async function writeRecording(
	path: string,
	recording: Recording,
	secrets: Record<string, string>,
): Promise<void> {
	const text = `${JSON.stringify(recording, null, '\t')}\n`;
	// What is shorter is no secret, and would be found everywhere.
	const found = Object.entries(secrets).find(([, one]) => one.length >= 8 && text.includes(one));
	if (found) throw new Error(`The recording was not written: the ${found[0]} would stand in it`);
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
}

/** @throws Error where the file is no recording */
export async function readRecording(path: string): Promise<Recording> {
	const recording = JSON.parse(await readFile(path, 'utf8')) as Partial<Recording> | null;
	if (recording?.format === 2 && Array.isArray(recording.exchanges)) return recording as Recording;
	throw new Error(`${path} is no recording of the live test`);
}
