/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { startHost } from '../../host/host';
import { repositoryFolder } from '../../host/package';

const GONE_WITHIN_MS = 20_000;

test('n8n that was killed starts again with its workflows and its login', async () => {
	const host = await startHost();
	try {
		const id = await host.importWorkflow(manualWorkflow());
		expect((await host.runToEnd(id)).status).toBe('success');

		await host.restart('kill9');

		expect((await host.getWorkflow(id)).name).toBe(manualWorkflow().name);
		expect((await host.runToEnd(id)).status).toBe('success');
		expect(await host.executionsOf(id)).toHaveLength(2);
	} finally {
		await host.remove();
	}
	expect(existsSync(host.process.userFolder)).toBe(false);
}, 180_000);

test('n8n ends, and its folder goes, when the program that started it is killed', async () => {
	const script = `
		const { startHost } = require('./host/host');
		startHost().then((host) => console.log('STARTED', host.process.pid, host.process.userFolder));
		setInterval(() => {}, 1000);
	`;
	const program = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
		cwd: repositoryFolder,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [pid, userFolder] = await startedN8n(program.stdout);
	expect(isRunning(pid)).toBe(true);

	program.kill('SIGKILL');
	await once(program, 'exit');

	await until(() => !isRunning(pid) && !existsSync(userFolder));
}, 180_000);

function manualWorkflow() {
	return {
		name: 'Nothing to do',
		nodes: [
			{
				id: '1',
				name: 'Start',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0] as [number, number],
				parameters: {},
			},
		],
		connections: {},
	};
}

async function startedN8n(output: NodeJS.ReadableStream): Promise<[number, string]> {
	for await (const line of createInterface({ input: output })) {
		const [word, pid, userFolder] = line.split(' ');
		if (word === 'STARTED') return [Number(pid), userFolder];
	}
	throw new Error('n8n was not started');
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

async function until(isSo: () => boolean): Promise<void> {
	const deadline = Date.now() + GONE_WITHIN_MS;
	while (!isSo()) {
		if (Date.now() > deadline) throw new Error(`Not so after ${GONE_WITHIN_MS} ms`);
		await delay(100);
	}
}
