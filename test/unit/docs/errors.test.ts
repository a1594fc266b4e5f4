/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** docs/errors.md has each message of the code, and no other. The tables about answers are generated: tables.test.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repositoryFolder } from '../../../host/package';
import { klingFastProperties } from '../../../nodes/KlingFast/actions/properties';
import { RULES } from '../../../nodes/KlingFast/apimart/rules';
import { childrenOf } from '../fieldLists';
import { codeIn, pageOf } from './markdown';

const page = pageOf('docs/errors.md');

/** Texts of these are shown beside fields or in a workflow, not as messages. */
const PANEL_TEXTS = /\.(fields|node)\.ts$|sheetWorkflows\.ts$|apimart\/rules\.ts$/;
/** What follows a message; the tables of the page have it in words of their own. */
const NO_MESSAGES = [
	...['name', 'displayName', 'description', 'placeholder', 'hint', 'words'],
	...['advice', 'check', 'goesOn'],
];

/** Only a fault of the package itself leads there. */
const NEVER_SHOWN = [
	'The row was not prepared',
	'The row has no request',
	'There is no field …',
	'The sheet ended without its rows',
	'There is no sheet to deliver',
	'There is no sheet to watch over',
];

const rows = page.tables.flatMap(({ head, rows: cells }) =>
	cells.map((row) => ({ head, message: codeIn(row[0]) ?? '', cure: row.at(-1) })),
);

/** Every text of the code that could reach a person, with `…` for what is put in at run time. */
const texts = ['nodes', 'credentials'].flatMap((folder) =>
	readdirSync(join(repositoryFolder, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts') && !PANEL_TEXTS.test(name))
		.flatMap((name) => textsOf(join(folder, name))),
);
/** What stands between the values that are put in. */
const partsOf = (text: string) => text.split(/"?(?:…|\{\w+\})"?/).map((part) => part.trim());
const isSentence = (text: string) =>
	/^[A-Z'].* /.test(text) && (text.match(/[A-Za-z]{2,}/g) ?? []).length > 2;

it('has a row, or a word in its text, for every sentence of the code', () => {
	const labels = [...klingFastProperties, ...klingFastProperties.flatMap(childrenOf)];
	const others = [...NEVER_SHOWN, ...labels.map(({ displayName }) => displayName)];
	const sentences = texts.filter((text) => isSentence(text) && !others.includes(text));
	expect(sentences.length).toBeGreaterThan(60);
	const isMissing = (text: string) => !partsOf(text).every((part) => page.text.includes(part));
	expect(sentences.filter(isMissing)).toEqual([]);
});

it('has no row for a sentence that is not put together from texts of the code', () => {
	const tables = Object.values(RULES).flatMap((rules) => rules.map(([, message]) => message));
	const parts = [...texts, ...tables].flatMap(partsOf).filter((part) => part.length > 1);
	const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
	const restOf = (message: string) =>
		longestFirst.reduce((rest, part) => rest.replaceAll(part, '|'), message);
	const idle = rows.filter(({ message }) => /[A-Za-z]{4}/.test(restOf(message)));
	expect(idle.map(({ message }) => message)).toEqual([]);
});

it('says of every error what to do', () => {
	const silent = rows.filter(({ head, cure }) => head.includes('Charged') && !cure);
	expect(silent.map(({ message }) => message)).toEqual([]);
});

function textsOf(file: string): string[] {
	const source = readFileSync(join(repositoryFolder, file), 'utf8');
	const found: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || isNaming(node)) return;
		if (ts.isStringLiteralLike(node)) found.push(node.text);
		if (ts.isTemplateExpression(node)) {
			const rest = node.templateSpans.map(({ literal }) => `…${literal.text}`);
			found.push(node.head.text + rest.join(''));
		}
		ts.forEachChild(node, visit);
	};
	visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
	return found;
}

function isNaming(node: ts.Node): boolean {
	const isOne =
		ts.isPropertyAssignment(node) ||
		ts.isPropertyDeclaration(node) ||
		ts.isVariableDeclaration(node);
	return isOne && ts.isIdentifier(node.name) && NO_MESSAGES.includes(node.name.text);
}
