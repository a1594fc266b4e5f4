/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** A sentence that names a field names it as the editor does, wherever in the code it stands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import ts from 'typescript';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import { repositoryFolder } from '../../host/package';
import { klingFastProperties } from '../../nodes/KlingFast/actions/properties';
import { triggerProperties } from '../../nodes/KlingFast/trigger/trigger.fields';

/** Of n8n's editor, and of a node in a workflow. */
const OTHER_NAMES = ['Execute step', 'Executions', 'Timeout Workflow', 'Webhook URLs', 'Start'];
const QUOTED = /(?<![\w'"])(['"])([A-Z][a-z]+(?: [^'"]*)?)\1(?![\w'"])/g;

function namesIn(properties: INodeProperties[]): string[] {
	return properties.flatMap(({ displayName, options = [] }) => [
		displayName,
		...options.flatMap((option) => {
			if ('values' in option) return namesIn(option.values);
			return 'type' in option ? namesIn([option]) : [option.name];
		}),
	]);
}

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

test('labels in quotes are those of the editor', () => {
	const credential = new KlingFastApi().properties;
	const names = namesIn([...klingFastProperties, ...triggerProperties, ...credential]);
	const files = readdirSync(join(repositoryFolder, 'nodes'), { recursive: true, encoding: 'utf8' });
	const quoted = files
		.filter((file) => file.endsWith('.ts'))
		.flatMap((file) => textsIn(file).flatMap((text) => [...text.matchAll(QUOTED)]))
		.map(([, , label]) => label);
	const unknown = quoted.filter((label) => ![...names, ...OTHER_NAMES].includes(label));
	expect([...new Set(unknown)]).toEqual([]);
	expect(quoted.length).toBeGreaterThan(10);
});
