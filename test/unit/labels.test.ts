/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** A sentence that names a field names it as the editor does, wherever in the code it stands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import { repositoryFolder } from '../../host/package';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { fieldsByPath } from '../../nodes/KlingFast/params';
import { triggerProperties } from '../../nodes/KlingFast/trigger/trigger.fields';

/** Of n8n's editor, and of a node in a workflow. */
const OTHER_NAMES = ['Execute step', 'Executions', 'Timeout Workflow', 'Webhook URLs', 'Start'];
const QUOTED = /(?<![\w'"])(['"])([A-Z][a-z]+(?: [^'"]*)?)\1(?![\w'"])/g;

function textsIn(file: string): string[] {
	const texts: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node)) return;
		if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) texts.push(node.getText());
		ts.forEachChild(node, visit);
	};
	const source = readFileSync(join(repositoryFolder, 'nodes', file), 'utf8');
	visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
	return texts.map((text) => text.slice(1, -1));
}

const properties = [...klingFastProperties, ...triggerProperties, ...new KlingFastApi().properties];
const fields = [...properties, ...fieldsByPath(properties).values()];
const labels = [...new Set(fields.map(({ displayName }) => displayName))];
const choices = fields.flatMap(({ options = [] }) => options.map(({ name }) => name));
const nodesFolder = join(repositoryFolder, 'nodes');
const files = readdirSync(nodesFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
	file.endsWith('.ts'),
);

test('labels in quotes are those of the editor', () => {
	const names = [...labels, ...choices, ...OTHER_NAMES];
	const quoted = files
		.flatMap((file) => textsIn(file).flatMap((text) => [...text.matchAll(QUOTED)]))
		.map(([, , label]) => label);
	expect(quoted.filter((label) => !names.includes(label))).toEqual([]);
	expect(quoted.length).toBeGreaterThan(10);
});

test('what is below the fields says what to do without their labels', () => {
	const below = files.filter((file) => /\/(apimart|generation)\//.test(file));
	const found = below.flatMap((file) =>
		labels
			.filter((label) => label.includes(' '))
			.filter((label) => textsIn(file).some((text) => text.includes(label.replace(/ \(.*/, ''))))
			.map((label) => `${label} in ${file}`),
	);
	expect(found).toEqual(['Base URL in KlingFast/apimart/address.ts']);
});
