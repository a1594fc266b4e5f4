/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { KlingFastApi } from '../../../credentials/KlingFastApi.credentials';
import { repositoryFolder } from '../../../host/package';
import { allPages, pageOf } from './markdown';

const IMAGES = 'docs/images';
const pages = allPages();

it('finds the pages', () => {
	const paths = pages.map(({ path }) => path);
	expect(paths).toEqual(
		expect.arrayContaining(['README.md', 'docs/fields.md', 'sandbox/README.md', 'CHANGELOG.md']),
	);
	expect(pages.flatMap(({ links }) => links).length).toBeGreaterThan(80);
});

describe.each(pages)('$path', ({ path, links, anchors }) => {
	it('links only to files, pictures and headings that exist', () => {
		const broken = links
			.filter((target) => !/^[a-z]+:/i.test(target))
			.filter((target) => {
				const [file, anchor] = target.split('#');
				const linked = normalize(file === '' ? path : join(dirname(path), file));
				if (!existsSync(join(repositoryFolder, linked))) return true;
				if (anchor === undefined) return false;
				return !(linked === path ? anchors : pageOf(linked).anchors).includes(anchor);
			});
		expect(broken).toEqual([]);
	});

	it('tells of every picture what is to be seen in it', () => {
		const { text } = pageOf(path);
		const inline = [...text.matchAll(/!\[([^\]]*)\]\(/g)].map(([, words]) => words);
		const tags = [...text.matchAll(/<img[^>]*>/g)].map(([tag]) => /alt="([^"]*)"/.exec(tag)?.[1]);
		expect([...inline, ...tags].filter((words = '') => words.length < 20)).toEqual([]);
	});
});

it('every picture is shown somewhere', () => {
	const shown = pages.flatMap(({ path, links }) =>
		links.map((target) => normalize(join(dirname(path), target))),
	);
	const pictures = readdirSync(join(repositoryFolder, IMAGES)).map((name) => join(IMAGES, name));
	expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
});

it("n8n's links lead to headings of the README", () => {
	const codexes = ['KlingFast', 'KlingFastTrigger'].map((name) =>
		readFileSync(join(repositoryFolder, `nodes/KlingFast/${name}.node.json`), 'utf8'),
	);
	const texts = [...codexes, new KlingFastApi().documentationUrl].join('\n');
	const anchors = [...texts.matchAll(/n8n-nodes-kling-fast#([\w-]+)/g)].map(([, anchor]) => anchor);
	expect(anchors.length).toBeGreaterThan(2);
	// GitHub shows the README itself below this one.
	const known = ['readme', ...pageOf('README.md').anchors];
	expect(anchors.filter((anchor) => !known.includes(anchor))).toEqual([]);
});
