/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** The pages of this repository, as far as the tests of the docs have to understand them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryFolder } from '../../../host/package';

export interface CodeBlock {
	language: string;
	text: string;
}

export interface Table {
	/** The heading above it, without its number signs. */
	heading: string;
	head: string[];
	rows: string[][];
}

export interface Page {
	/** From the folder of the repository. */
	path: string;
	/** Without code blocks. */
	text: string;
	codeBlocks: CodeBlock[];
	/** Anchors as GitHub makes them. */
	anchors: string[];
	/** Targets of links and images. */
	links: string[];
	tables: Table[];
}

/** `[words](target)`, or the `src` or `srcset` of a tag. */
const LINK = /\]\(([^)\s]+)\)|src(?:set)?="([^"]+)"/g;
const NOT_OURS = new Set(['node_modules', 'dist', 'output', 'coverage']);

/** Every Markdown file of the repository. */
export function allPages(folder = repositoryFolder): Page[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) {
			return NOT_OURS.has(entry.name) || entry.name === '.git' ? [] : allPages(path);
		}
		return entry.name.endsWith('.md') ? [pageOf(relative(repositoryFolder, path))] : [];
	});
}

export function pageOf(path: string): Page {
	const source = readFileSync(join(repositoryFolder, path), 'utf8');
	const codeBlocks: CodeBlock[] = [];
	const text = source.replace(
		/^```(\w*)\n([\s\S]*?)^```$/gm,
		(_, language: string, code: string) => {
			codeBlocks.push({ language, text: code });
			return '';
		},
	);
	const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading);
	const links = [...withoutCode(text).matchAll(LINK)].map(([, inline, tag]) => inline ?? tag);
	const anchors = anchorsOf(headings);
	return { path, text, codeBlocks, anchors, links, tables: tablesOf(text) };
}

/** The text below a heading, up to the next heading of its level or above. */
export function sectionOf({ text, path }: Page, heading: string): string {
	const lines = text.split('\n');
	const start = lines.findIndex((line) => line.replace(/^#+ /, '#') === `#${heading}`);
	if (start === -1) throw new Error(`${path} has no heading "${heading}"`);
	const level = lines[start].indexOf(' ');
	const rest = lines.slice(start + 1);
	const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
	return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** The first table right below a heading. */
export function tableOf({ tables, path }: Page, heading: string): Table {
	const table = tables.find((candidate) => candidate.heading === heading);
	if (!table) throw new Error(`${path} has no table below "${heading}"`);
	return table;
}

/** What is between the first pair of backticks, or undefined. */
export function codeIn(cell: string): string | undefined {
	return /`([^`]+)`/.exec(cell)?.[1];
}

function withoutCode(text: string): string {
	return text.replace(/`[^`\n]+`/g, '');
}

function anchorsOf(headings: string[]): string[] {
	const seen = new Map<string, number>();
	return headings.map((heading) => {
		const plain = heading.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').toLowerCase();
		const slug = plain.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');
		const count = seen.get(slug) ?? 0;
		seen.set(slug, count + 1);
		return count === 0 ? slug : `${slug}-${count}`;
	});
}

function tablesOf(text: string): Table[] {
	const tables: Table[] = [];
	let heading = '';
	let open: Table | undefined;
	for (const line of text.split('\n')) {
		heading = /^#{1,6} (.+)$/.exec(line)?.[1] ?? heading;
		if (!line.startsWith('|')) open = undefined;
		else if (!open) {
			open = { heading, head: cellsOf(line), rows: [] };
			tables.push(open);
		} else if (!/^\|[\s:|-]+\|$/.test(line)) open.rows.push(cellsOf(line));
	}
	return tables;
}

function cellsOf(line: string): string[] {
	const cells = line.split(/(?<!\\)\|/).slice(1, -1);
	return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}
