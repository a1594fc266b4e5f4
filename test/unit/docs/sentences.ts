/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** What the shipped code can say to a person, read out of its syntax. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repositoryFolder } from '../../../host/package';

export interface Sentence {
	file: string;
	/** What is put in at run time is `…`. */
	text: string;
	/** Whether it reads like a sentence, and is not merely a word or a name. */
	isSentence: boolean;
}

/** Texts of these are shown beside fields or in a workflow, not as messages. */
const PANEL_TEXTS =
	/\.(fields|node)\.ts$|sheetWorkflows\.ts$|apimart\/errors\.ts$/;
const PANEL_NAMES = ['name', 'displayName', 'description', 'placeholder', 'hint'];
/** What follows a message; the tables of the docs have it in words of their own. */
const ADVICE_NAMES = ['advice', 'check', 'goesOn'];
/** What these say stands behind the message that they are the reason of. */
const DOWNLOAD_FILES = ['download.ts', 'mp4.ts'];
const DOWNLOAD_MESSAGE = 'The video could not be downloaded: ';

/** Every text of the code that could reach a person as a message. */
export function codeTexts(): Sentence[] {
	const files = ['nodes', 'credentials'].flatMap((folder) =>
		readdirSync(join(repositoryFolder, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts') && !PANEL_TEXTS.test(name))
			.map((name) => join(folder, name)),
	);
	return files.flatMap(textsOf);
}

function textsOf(file: string): Sentence[] {
	const source = readFileSync(join(repositoryFolder, file), 'utf8');
	const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
	const isDownload = DOWNLOAD_FILES.some((name) => file.endsWith(`/${name}`));
	const constants = constantsOf(tree);
	const found: Sentence[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
		if (isNaming(node, [...PANEL_NAMES, ...ADVICE_NAMES])) return;
		if (isPartOfOthers(node, constants, source)) return;
		const text = textOf(node, constants);
		if (text !== undefined) {
			const isReason = isDownload && /^(the|its) /.test(text);
			found.push({
				file,
				text: isReason ? DOWNLOAD_MESSAGE + text : text,
				isSentence: isReason || readsLikeASentence(text),
			});
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	return found;
}

/** A text with a name that is put into other texts is read there. */
function isPartOfOthers(node: ts.Node, constants: Map<string, string>, source: string): boolean {
	if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name)) return false;
	const { text: name } = node.name;
	return constants.has(name) && source.includes(`\${${name}}`);
}

function isOfFile(node: ts.VariableDeclaration): boolean {
	return ts.isSourceFile(node.parent.parent.parent);
}

function isNaming(node: ts.Node, names: string[]): boolean {
	const isOne =
		ts.isPropertyAssignment(node) ||
		ts.isPropertyDeclaration(node) ||
		ts.isVariableDeclaration(node);
	return isOne && ts.isIdentifier(node.name) && names.includes(node.name.text);
}

/** Texts that have a name: those of the whole file, and sentences. A name that is used twice could be either. */
function constantsOf(tree: ts.SourceFile): Map<string, string> {
	const texts = new Map<string, string>();
	const seen = new Set<string>();
	const visit = (node: ts.Node): void => {
		if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) {
			const { text: name } = node.name;
			const text = node.initializer && textOf(node.initializer, texts);
			if (seen.has(name)) texts.delete(name);
			else if (text && (isOfFile(node) || readsLikeASentence(text))) texts.set(name, text);
			seen.add(name);
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	return texts;
}

/** A hole that is filled only sometimes, or that is glued to the word before it, is left out. */
function textOf(node: ts.Node, constants: Map<string, string>): string | undefined {
	if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
	if (!ts.isTemplateExpression(node)) return undefined;
	return node.templateSpans.reduce((text, { expression, literal }) => {
		const isOptional = ts.isConditionalExpression(expression) || /[a-z]$/.test(text);
		const constant = ts.isIdentifier(expression) ? constants.get(expression.text) : undefined;
		return text + (constant ?? (isOptional ? '' : '…')) + literal.text;
	}, node.head.text);
}

function readsLikeASentence(text: string): boolean {
	const words = text.match(/[A-Za-z]{2,}/g) ?? [];
	return /^[A-Z'…]/.test(text) && words.length >= 3 && text.includes(' ');
}
