/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { NODE_TYPE } from '../../host/klingRest';
import { repositoryFolder } from '../../host/package';
import type { WorkflowJson } from '../../host/workflow';
import { priceUsd } from '../../sandbox';

/** It needs no service; the end-to-end tests run it. */
const DEMO = 'local-rows-to-files';
const FOLDER = join(repositoryFolder, 'workflows');
const TESTS_FOLDER = join(repositoryFolder, 'test', 'templates');
/** Side of a node on the canvas. */
const NODE_PIXELS = 96;
const STICKY_NOTE = 'n8n-nodes-base.stickyNote';
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8');

const all = readdirSync(FOLDER)
	.filter((name) => name.endsWith('.json'))
	.map((name) => name.replace(/\.json$/, ''));
const ours = all.filter((name) => name !== DEMO);

function read(name: string): WorkflowJson {
	return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as WorkflowJson;
}

const notesOf = ({ nodes }: WorkflowJson) =>
	nodes
		.filter(({ type }) => type === STICKY_NOTE)
		.map(({ parameters }) => String(parameters.content));

function columnsOf({ parameters }: INode): string[] {
	const { columns, filtersUI } = parameters as {
		columns?: { value: IDataObject };
		filtersUI?: { values: Array<{ lookupColumn: string }> };
	};
	const filtered = filtersUI?.values.map(({ lookupColumn }) => lookupColumn) ?? [];
	return [...Object.keys(columns?.value ?? {}), ...filtered].filter(
		(name) => name !== 'row_number',
	);
}

test('each template has its line in the table, and each line its template', () => {
	const listed = [...README.matchAll(/^\| \[([\w-]+)\]\(\1\.json\)/gm)].map(([, name]) => name);
	expect(listed.sort()).toEqual([...all].sort());
});

test('each template is imported by a test', () => {
	const tests = readdirSync(TESTS_FOLDER).filter((name) => name.endsWith('.test.ts'));
	const code = tests.map((name) => readFileSync(join(TESTS_FOLDER, name), 'utf8')).join('\n');
	for (const name of ours) expect(code).toContain(`importTemplate('${name}'`);
});

test('the costs in the table are those of the price list', () => {
	const cost = (mode: 'std' | 'pro', audio: boolean, duration: number) =>
		`$${(100 * priceUsd({ mode, audio, duration })).toFixed(2)}`;
	const told = README.split('\n')
		.filter((line) => line.startsWith('| ['))
		.flatMap((line) => [
			...line.matchAll(/\$\d+\.\d\d[^$|]*?\((Fast|Pro) (with|without) sound\)/g),
		]);
	expect(told.length).toBeGreaterThan(8);
	for (const [text, quality, audio] of told) {
		const [amount] = text.split(' ');
		const isScript = amount === cost('std', true, 10);
		const mode = quality === 'Pro' ? 'pro' : 'std';
		expect(amount).toBe(cost(mode, audio === 'with', isScript ? 10 : 5));
	}
});

describe.each(all)('%s', (name) => {
	const workflow = read(name);
	const kling = workflow.nodes.filter(({ type }) => type === NODE_TYPE);

	test('holds no credential and no data, and is off', () => {
		for (const node of workflow.nodes) expect(node.credentials).toBeUndefined();
		expect(workflow).toMatchObject({ pinData: {} });
		expect(workflow.active).toBeFalsy();
	});

	test('explains itself in notes, the first of which says what to fill in', () => {
		expect(notesOf(workflow).length).toBeGreaterThanOrEqual(2);
		expect(notesOf(workflow)[0]).toContain('*Kling Fast API*');
	});

	test('goes on after a row that failed', () => {
		for (const { onError } of kling) expect(onError).toBe('continueRegularOutput');
	});

	test('has one row key and one metadata for what it buys', () => {
		if (name === DEMO) return;
		for (const { parameters } of kling.filter((node) => node.parameters.operation === 'generate')) {
			expect((parameters.options as IDataObject).dedupeKey).toMatch(/^=\w+-\{\{/);
			expect(parameters.metadata).toMatch(/^=\{\{ \{ \w+: /);
		}
	});

	test('tells every column that it needs', () => {
		const [first = ''] = notesOf(workflow);
		const sheets = workflow.nodes.filter(({ type }) => type === 'n8n-nodes-base.googleSheets');
		// The second half of the pair works on the sheet of the first.
		const told = name === 'trigger-to-s3' ? notesOf(read('sheets-submit-only'))[0] : first;
		for (const column of sheets.flatMap(columnsOf)) expect(told).toContain(`\`${column}\``);
	});

	test('lays its nodes and notes out apart from each other', () => {
		const areas = workflow.nodes.map(({ name: title, type, position: [x, y], parameters }) => {
			const isNote = type === STICKY_NOTE;
			const width = isNote ? Number(parameters.width) : NODE_PIXELS;
			const height = isNote ? Number(parameters.height) : NODE_PIXELS;
			return { title, left: x, right: x + width, top: y, bottom: y + height };
		});
		const overlapping = areas.flatMap((one, index) =>
			areas
				.slice(index + 1)
				.filter(({ left, right, top, bottom }) => {
					const beside = right <= one.left || left >= one.right;
					return !beside && bottom > one.top && top < one.bottom;
				})
				.map(({ title }) => [one.title, title]),
		);
		expect(overlapping).toEqual([]);
	});
});
