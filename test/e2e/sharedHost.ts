/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import { OWNER } from '../../host/host';
import { KlingRest } from '../../host/klingRest';

const VARIABLE = 'KLING_FAST_E2E_HOST';

interface Shared {
	baseUrl: string;
	version: string;
	/** The one folder that this n8n's nodes may read and write. */
	folder: string;
}

/** Jest's set-up and its test files share no objects, but they share the environment. */
export function shareHost(shared: Shared): void {
	process.env[VARIABLE] = JSON.stringify(shared);
}

/** The n8n that all files share, logged in: for tests that neither end it nor need settings of their own. */
export async function sharedHost(): Promise<KlingRest & { folder: string }> {
	const text = process.env[VARIABLE];
	if (text === undefined) throw new Error('No n8n was started: run Jest with its e2e project');
	const { baseUrl, version, folder } = JSON.parse(text) as Shared;
	const rest = new KlingRest(baseUrl, version);
	await rest.logIn(OWNER);
	return Object.assign(rest, { folder });
}
