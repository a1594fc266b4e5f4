/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run test:editor`: the nodes in n8n's own editor, in a real browser. `npm run docs:screenshots` does the same and
 * writes the pictures of docs/images while it is at it, so that each of them shows something that was just tested.
 */
import { join } from 'node:path';
import { installN8n } from '../../host/install';
import { repositoryFolder } from '../../host/package';
import { runVisibly } from '../../host/run';
import { CHROMIUM_IS_MISSING, ensureChromium } from './chromium';
import { TAKE_PICTURES } from './pictures';

/** A browser, n8n and ffmpeg at once are slow on a small machine. */
const TEST_TIMEOUT_MS = '240000';

void main(process.argv.slice(2)).then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	},
);

async function main(args: string[]): Promise<number> {
	if ((await ensureChromium()) === undefined) {
		process.stdout.write(`SKIPPED: ${CHROMIUM_IS_MISSING}\n`);
		return 0;
	}
	await installN8n();
	if (args.includes('--screenshots')) process.env[TAKE_PICTURES] = 'true';
	const jest = join(repositoryFolder, 'node_modules', 'jest', 'bin', 'jest.js');
	const forJest = args.filter((arg) => arg !== '--screenshots');
	return await runVisibly(
		process.execPath,
		[
			jest,
			'--selectProjects',
			'editor',
			'--runInBand',
			'--testTimeout',
			TEST_TIMEOUT_MS,
			...forJest,
		],
		repositoryFolder,
	);
}
