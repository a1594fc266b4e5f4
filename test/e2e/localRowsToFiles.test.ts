/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Execution } from '../../host/executions';
import { repositoryFolder } from '../../host/package';
import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from './sharedHost';

/** The row of workflows/rows.csv that asks for a clip of 20 seconds. */
const BAD_ROW = '6';
/** On a machine that has other work to do, too. */
const RUN_WITHIN_SECONDS = 120;

let sandbox: Sandbox;
let execution: Execution;
let rows: Array<Record<string, string>>;
let folder: string;

beforeAll(
	async () => {
		sandbox = await startSandbox({ apiKey: 'sk-local-rows', speed: 30 });
		const host = await sharedHost();
		folder = await mkdtemp(join(host.folder, 'local-rows-'));
		const csv = await readFile(join(repositoryFolder, 'workflows', 'rows.csv'), 'utf8');
		rows = parse(csv, { columns: true });
		await writeFile(join(folder, 'rows.csv'), csv);

		const settings = { rowsFile: join(folder, 'rows.csv'), outputFolder: folder };
		const credential = await host.addKlingCredential(sandbox);
		const workflowId = await host.importTemplate('local-rows-to-files', settings, credential);
		execution = await host.runToEnd(workflowId, RUN_WITHIN_SECONDS);
	},
	RUN_WITHIN_SECONDS * 1000 + 60_000,
);
afterAll(async () => await sandbox.stop());

test('the workflow runs to its end', () => {
	expect(execution.error).toBeUndefined();
	expect(execution.status).toBe('success');
});

test('each row gives one item, in its place, paired with its row and carrying its number', () => {
	expect(execution.jsonOf('Generate video').map(({ metadata }) => metadata)).toEqual(
		rows.map(({ row }) => ({ row })),
	);
	expect(execution.pairedInputsOf('Generate video')).toEqual(rows.map((_, index) => index));
});

test('the bad row comes out with its sentence and costs nothing; the others are made and paid for once', () => {
	const statusOf = new Map(
		execution.jsonOf('Generate video').map((clip, index) => [rows[index].row, clip]),
	);
	expect(statusOf.get(BAD_ROW)).toMatchObject({
		status: 'failed',
		error: expect.stringContaining('\'Duration (Seconds)\' is "20"'),
	});
	statusOf.delete(BAD_ROW);
	for (const clip of statusOf.values()) expect(clip).toMatchObject({ status: 'completed' });

	const taskIds = [...statusOf.values()].map(({ taskId }) => taskId).sort();
	const charged = sandbox.ledger.charges().map(({ taskId }) => taskId);
	expect(charged.sort()).toEqual(taskIds);
	expect(new Set(charged).size).toBe(rows.length - 1);
});

test('each good row has its MP4 on the disk, the bytes that the provider served', async () => {
	const clips = execution.jsonOf('Generate video').filter(({ status }) => status === 'completed');
	const wanted = clips.map(({ metadata, taskId }) => {
		const { row } = metadata as { row: string };
		return `row-${row}-${String(taskId)}.mp4`;
	});
	const found = (await readdir(folder)).filter((name) => name.endsWith('.mp4'));
	expect(found.sort()).toEqual([...wanted].sort());

	const saved = await Promise.all(wanted.map(async (name) => await readFile(join(folder, name))));
	const served = await Promise.all(
		clips.map(async ({ videoUrl }) => {
			const response = await fetch(String(videoUrl));
			return Buffer.from(await response.arrayBuffer());
		}),
	);
	expect(saved.map((bytes) => bytes.toString('latin1', 4, 8))).toEqual(saved.map(() => 'ftyp'));
	expect(saved.map((bytes) => bytes.length)).toEqual(served.map((bytes) => bytes.length));
	expect(saved.every((bytes, index) => bytes.equals(served[index]))).toBe(true);
});

test('the requests of a run are the ones that are needed: one submit a clip, no key to the file host', () => {
	expect(sandbox.ledger.submits()).toHaveLength(rows.length - 1);
	expect(sandbox.ledger.maxInFlight()).toBe(5);
	expect(sandbox.ledger.downloads().some(({ authorization }) => authorization)).toBe(false);
	expect(sandbox.ledger.violations()).toEqual([]);
});
