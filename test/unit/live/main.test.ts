/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ManualClock, startSandbox, type Sandbox } from '../../../sandbox';

const ROOT = join(__dirname, '..', '..', '..');

/** The program as `npm run test:live` starts it, without a terminal. */
function start(args: string[], { apiKey, baseUrl }: Sandbox) {
	const environment = { APIMART_API_KEY: apiKey, APIMART_BASE_URL: baseUrl };
	return spawn(process.execPath, ['--import', 'tsx', 'test/live/main.ts', ...args], {
		cwd: ROOT,
		env: { ...process.env, ...environment },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
}

it('asks nobody who is not there', async () => {
	const sandbox = await startSandbox();
	const child = start([], sandbox);
	const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
	expect(output).toContain('Add --yes');
	expect(code).toBe(2);
	expect(sandbox.ledger.requests()).toEqual([]);
	await sandbox.stop();
});

it('has said how to find the clip when it is killed', async () => {
	// Its time stands still: the clip is never done.
	const sandbox = await startSandbox({ clock: new ManualClock() });
	const child = start(['--yes'], sandbox);
	let output = '';
	for await (const chunk of child.stdout) {
		output += String(chunk);
		if (/0 s: pending/.test(output)) child.kill('SIGKILL');
	}
	const [{ taskId }] = sandbox.ledger.allCharges();
	expect(output).toContain(`Task ${taskId} is bought`);
	expect(output).toContain(`${sandbox.baseUrl}/v1/tasks/${taskId}`);
	expect(output).toMatch(/--idempotency-key live-test-[\w-]+ within 24 hours/);
	expect(output).not.toContain(sandbox.apiKey);
	await sandbox.stop();
});
