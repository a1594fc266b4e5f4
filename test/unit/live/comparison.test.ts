/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxOptions } from '../../../sandbox';
import { compareRecordings } from '../../live/comparison';
import type { Recording } from '../../live/recording';
import { setStage, type Stage } from './stage';

async function recorded(options: SandboxOptions = {}, arm: (stage: Stage) => void = () => {}) {
	const stage = await setStage(options);
	arm(stage);
	const { recording } = await stage.record();
	await stage.close();
	return recording;
}

let ours: Recording;
beforeAll(async () => {
	ours = await recorded();
});

it('finds nothing between two runs, whatever their times, ids and prices', async () => {
	const theirs = await recorded({ generationSeconds: 90, seed: 7 }, ({ sandbox }) => {
		sandbox.faults.add({ route: 'submit', action: 'cost:0.3' });
	});
	expect(compareRecordings(theirs, ours)).toEqual([]);
});

it('shows other keys, types, words and statuses', async () => {
	const theirs = await recorded({ envelope: 'versioned' }, ({ sandbox }) => {
		for (const word of ['number-strings', 'status:in_progress', 'url-string']) {
			sandbox.faults.add({ route: 'task', action: word });
		}
	});
	const differences = compareRecordings(theirs, ours);
	expect(differences).toContainEqual({
		steps: ['submit', 'repeat', 'repeat, other envelope', 'repeat, at the end'],
		what: 'HTTP status',
		theirs: '202',
		ours: '200',
	});
	expect(differences).toContainEqual(
		expect.objectContaining({ what: 'body.data', theirs: 'object', ours: 'array' }),
	);
	expect(differences.every(({ theirs: left, ours: right }) => left !== right)).toBe(true);
});

it('shows what the headers of a proxy add, once for all steps', async () => {
	const theirs = await recorded({}, ({ sandbox }) => {
		const headers = { 'CF-Ray': '8c1-FRA', Date: 'another day' };
		sandbox.faults.add({ route: 'any', action: { kind: 'headers', headers } });
	});
	const [difference, ...others] = compareRecordings(theirs, ours);
	expect(others).toEqual([]);
	expect(difference).toMatchObject({ what: 'header cf-ray', theirs: 'present', ours: 'absent' });
	expect(difference.steps).toEqual(expect.arrayContaining(['submit', 'repeat', 'task, ended']));
});

it('shows a step that only one of them came to', () => {
	const exchanges = ours.exchanges.filter(({ step }) => step !== 'repeat, at the end');
	expect(compareRecordings({ ...ours, exchanges }, ours)).toEqual([
		{ steps: ['repeat, at the end'], what: 'step', theirs: 'not done', ours: 'done' },
	]);
});

describe('an earlier recording', () => {
	let folder: string;
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'kling-fast-compare-'));
	});
	afterAll(async () => await rm(folder, { recursive: true }));

	const compare = async (content: unknown) => {
		const stage = await setStage();
		const path = join(folder, 'earlier.json');
		await writeFile(path, JSON.stringify(content));
		const [run] = await Promise.allSettled([stage.run(['--compare', path], { environment: {} })]);
		expect(stage.sandbox.ledger.requests()).toEqual([]);
		await stage.close();
		return { run, written: stage.written() };
	};

	it('is compared without a key, and without asking anybody', async () => {
		const { run, written } = await compare(ours);
		expect(run).toEqual({ status: 'fulfilled', value: 0 });
		expect(written).toBe('The sandbox speaks as the recording does.\n');
	});

	it('that differs gives another exit code', async () => {
		const [first, ...others] = ours.exchanges;
		const changed = { ...first, headers: { ...first.headers, 'x-usage-cache': '<hidden>' } };
		const { run, written } = await compare({ ...ours, exchanges: [changed, ...others] });
		expect(run).toEqual({ status: 'fulfilled', value: 1 });
		expect(written).toContain('header x-usage-cache');
	});

	it.each([{}, null, { format: 2, exchanges: [] }])(
		'that is none is refused: %j',
		async (content) => {
			const { run } = await compare(content);
			expect(run).toMatchObject({ reason: { message: expect.stringContaining('no recording') } });
		},
	);
});
