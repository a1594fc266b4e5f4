/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/*
 * What must stay true: a recording can be given to anybody. Every text in it has passed the Redactor, and what is written is
 * searched once more for the secrets of the run.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { leaksOf, type Secret } from '../chaos/leaks';

/** One request and its answer. */
export interface Exchange {
	step: string;
	method: string;
	path: string;
	requestHeaders: Record<string, string>;
	requestBody?: unknown;
	/** Absent where no answer came. */
	httpStatus?: number;
	/** All names; values only of headers that cannot carry a secret. */
	headers: Record<string, string>;
	body: unknown;
	/** What the package's own code makes of the answer. */
	readAs: string;
}

/** What one read of the task showed; reads that show nothing new are left out. */
export interface ProgressRead {
	/** Since the submit. */
	seconds: number;
	status: string;
	progress?: number;
}

export interface FileSeen {
	httpStatus: number;
	headers: Record<string, string>;
	bytes: number;
	/** What is wrong with it as an MP4, or `whole`. */
	mp4: string;
	host: string;
	/** Names of the parameters in the link's query, without their values. */
	linkParameters: string[];
}

export interface CallbackSeen {
	/** Behind the address that was given, such as `/callback`; the query's place is shown, its text is not. */
	path: string;
	method: string;
	headers: Record<string, string>;
	body: unknown;
	readAs: string;
}

export interface Finding {
	question: string;
	answer: string;
	/** Present where this cannot be left as it is. */
	isBad?: true;
}

export interface Recording {
	format: 1;
	/** A day. */
	recordedOn: string;
	/** The host that was asked. */
	provider: string;
	/** What the price table says of the clip. */
	estimateUsd: number;
	/** From the submit to the end of the last read. */
	watchedSeconds: number;
	exchanges: Exchange[];
	reads: ProgressRead[];
	file?: FileSeen;
	/** Present where a callback was asked for. */
	callbacks?: { hasQuery: boolean; seen: CallbackSeen[] };
	findings: Finding[];
}

/** @throws Error where a secret would be written; nothing is written then */
export async function writeRecording(
	path: string,
	recording: Recording,
	secrets: Secret[],
): Promise<void> {
	const text = `${JSON.stringify(recording, null, '\t')}\n`;
	const leaks = leaksOf(secrets, [{ name: 'the recording', text }]);
	if (leaks.length > 0) {
		throw new Error(`The recording was not written, it is not clean: ${leaks.join('; ')}`);
	}
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
}

/** @throws Error where the file is no recording */
export async function readRecording(path: string): Promise<Recording> {
	const recording = JSON.parse(await readFile(path, 'utf8')) as Partial<Recording> | null;
	if (recording?.format !== 1 || !Array.isArray(recording.exchanges)) {
		throw new Error(`${path} is no recording of the live test`);
	}
	return recording as Recording;
}
