/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ManualClock, startSandbox } from '../../../sandbox';

const ROOT = join(__dirname, '..', '..', '..');

/** The program as `npm run test:live` starts it, without a terminal. */
function start(args: string[], environment: Record<string, string>) {
	const program = join(ROOT, 'test', 'live', 'main.ts');
	const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
		cwd: ROOT,
		env: { ...process.env, APIMART_API_KEY: '', ...environment },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	const waiting: Array<() => void> = [];
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (chunk: Buffer) => {
			output += chunk.toString();
			for (const look of waiting) look();
		});
	}
	return {
		child,
		output: () => output,
		ended: once(child, 'close'),
		said: async (pattern: RegExp) =>
			await new Promise<void>((resolve) => {
				const look = () => pattern.test(output) && resolve();
				waiting.push(look);
				look();
			}),
	};
}

it('ends with 2 and one sentence where there is no key', async () => {
	const { ended, output } = start(['--yes'], {});
	expect(await ended).toEqual([2, null]);
	expect(output().trim().split('\n')).toHaveLength(1);
	expect(output()).toContain('Set APIMART_API_KEY');
});

it('asks nobody who is not there', async () => {
	const sandbox = await startSandbox();
	const environment = { APIMART_API_KEY: sandbox.apiKey, APIMART_BASE_URL: sandbox.baseUrl };
	const { ended, output } = start([], environment);
	expect(await ended).toEqual([2, null]);
	expect(output()).toContain('Add --yes');
	expect(sandbox.ledger.requests()).toEqual([]);
	await sandbox.stop();
});

it('has said how to find the clip when it is killed', async () => {
	// Its time stands still: the clip is never done.
	const sandbox = await startSandbox({ clock: new ManualClock() });
	const environment = { APIMART_API_KEY: sandbox.apiKey, APIMART_BASE_URL: sandbox.baseUrl };
	const { child, ended, said, output } = start(['--yes'], environment);
	await said(/0 s: pending/);
	child.kill('SIGKILL');
	await ended;
	const [{ taskId }] = sandbox.ledger.allCharges();
	expect(output()).toContain(`Task ${taskId} is bought`);
	expect(output()).toContain(`${sandbox.baseUrl}/v1/tasks/${taskId}`);
	expect(output()).toMatch(/--idempotency-key live-test-[\w-]+ within 24 hours/);
	expect(output()).not.toContain(sandbox.apiKey);
	await sandbox.stop();
});
