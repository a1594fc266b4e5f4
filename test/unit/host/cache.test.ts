/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { alone } from '../../../host/cache';

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'kling-fast-cache-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test('only one at a time works in a folder; the other is told that it waits', async () => {
	const events: string[] = [];
	const begun = gate();
	const mayEnd = gate();

	const first = alone(folder, async () => {
		events.push('first begins');
		begun.open();
		await mayEnd.opened;
		events.push('first ends');
	});
	await begun.opened;
	const second = alone(
		folder,
		async () => {
			events.push('second begins');
		},
		() => {
			events.push('second waits');
			mayEnd.open();
		},
	);
	await Promise.all([first, second]);

	expect(events).toEqual(['first begins', 'second waits', 'first ends', 'second begins']);
});

test('the lock of a killed process is taken over by one of those that wait', async () => {
	const lock = `${folder}.lock`;
	await writeFile(lock, 'of a process that was killed');
	const longAgo = new Date(Date.now() - 60_000);
	await utimes(lock, longAgo, longAgo);
	let working = 0;
	const work = async () => {
		working += 1;
		expect(working).toBe(1);
		await delay(20);
		working -= 1;
	};
	await Promise.all([alone(folder, work), alone(folder, work), alone(folder, work)]);
	await expect(stat(lock)).rejects.toThrow('ENOENT');
});

function gate() {
	let open = () => {};
	const opened = new Promise<void>((resolve) => (open = resolve));
	return { opened, open };
}
