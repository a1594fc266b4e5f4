/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RequestEntry } from '../../sandbox';

/** Something that may be in no log, error, item, saved execution or request to another host. */
export interface Secret {
	what: string;
	value: string;
	/** The execution that it resumes: n8n's Wait node saves its address there, and the request that came in by it. */
	executionId?: string;
}

export interface Place {
	name: string;
	text: string | Buffer;
	/** Of a saved execution. */
	executionId?: string;
}

const TOKEN = /\/([\w-]{40,})\/callback/;
const SIGNATURE = /\/(\d+)(?:\/callback)?[?&]signature=([0-9a-f]{32,})/;

/** What the addresses carry that submits send on purpose: tokens for a trigger, signatures that resume an execution. */
export function secretsIn(submits: RequestEntry[]): Secret[] {
	const addresses = submits.flatMap(({ body }) => {
		const { webhook, callback_url } = (body ?? {}) as Record<string, unknown>;
		return [webhook, callback_url].filter((value) => typeof value === 'string');
	});
	const found = addresses.flatMap((address): Secret[] => {
		const token = TOKEN.exec(address)?.[1];
		const [, executionId, signature] = SIGNATURE.exec(address) ?? [];
		return [
			...(token ? [{ what: 'callback token', value: token }] : []),
			...(signature ? [{ what: 'resume signature', value: signature, executionId }] : []),
		];
	});
	return [...new Map(found.map((secret) => [secret.value, secret])).values()];
}

/** Where a secret is found, one sentence each; the secret itself is not shown. */
export function leaksOf(secrets: Secret[], places: Place[]): string[] {
	const distinct = [...new Map(secrets.map((secret) => [secret.value, secret])).values()];
	return distinct.flatMap(({ what, value, executionId = '' }) =>
		places
			.filter(({ text, ...place }) => place.executionId !== executionId && text.includes(value))
			.map(({ name, text }) => `${what} in ${name}: ${surroundings(text, value)}`),
	);
}

/** Every file below a folder, for secrets that n8n may only keep encrypted. */
export async function filesBelow(folder: string): Promise<Place[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('dist'));
	return await Promise.all(
		files.map(async ({ parentPath, name }) => {
			const path = join(parentPath, name);
			return { name: path.slice(folder.length), text: await readFile(path) };
		}),
	);
}

function surroundings(content: string | Buffer, value: string): string {
	const text = Buffer.from(content);
	const at = text.indexOf(value);
	const before = text.subarray(Math.max(0, at - 80), at).toString('latin1');
	return `"...${before.replace(/[^\x20-\x7e]+/g, ' ')}<here>"`;
}
