/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import { startFakes, type Fakes } from './fakes/fakes';

const VARIABLE = 'KLING_FAST_TEMPLATES_FAKES_PORT';

/** Jest's set-up and its test files share no objects, but they share the environment. */
export function shareFakesPort(port: number): void {
	process.env[VARIABLE] = String(port);
}

/** The stand-ins, where the n8n that all files share meets the outside. Stop them at the end of the file. */
export async function startSharedFakes(): Promise<Fakes> {
	const port = process.env[VARIABLE];
	if (port === undefined)
		throw new Error('No n8n was started: run Jest with its templates project');
	return await startFakes(Number(port));
}
