/* eslint-disable @n8n/community-nodes/no-restricted-imports */
/** docs/claims.md against the README and the tests that it names. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../../../host/package';
import { codeIn, pageOf, sectionOf, tableOf } from './markdown';

const readme = pageOf('README.md');
const page = pageOf('docs/claims.md');
const INTRODUCTION = 'What it is';
const UNTESTED = 'not tested';

const sections = page.headings.slice(1);
const claims = sections.flatMap((section) =>
	tableOf(page, section).rows.map(([quote, where, test]) => ({ section, quote, where, test })),
);

it('is about these sections', () => {
	expect(sections).toEqual([
		INTRODUCTION,
		'Operations',
		'What it costs',
		'How waiting works',
		'The trigger',
		'Recovering clips',
		'Honest limits',
		'How it compares',
	]);
});

it.each(claims)('$section: "$quote" stands in the README', ({ section, quote }) => {
	expect(plain(textOf(section))).toContain(plain(quote));
});

it.each(claims.filter(({ where }) => where !== UNTESTED))(
	'there is $where: $test',
	({ where, test }) => {
		const path = join(repositoryFolder, codeIn(where) ?? '');
		expect(codeIn(where)).toMatch(/^test\/.*\.ts$/);
		expect(existsSync(path)).toBe(true);
		// Titles stand in one line of the source, with quotes escaped where they have to be.
		expect(readFileSync(path, 'utf8').replaceAll("\\'", "'")).toContain(test);
		expect(test.length).toBeGreaterThan(8);
	},
);

it('of what is not tested it says why', () => {
	const untested = claims.filter(({ where }) => where === UNTESTED);
	expect(untested.length).toBeLessThan(claims.length / 6);
	expect(untested.filter(({ test }) => test.length < 20)).toEqual([]);
});

describe.each(sections)('%s', (section) => {
	it.each(pointsOf(textOf(section)))('leaves nothing out: %s', (point) => {
		const quotes = claims.filter((claim) => claim.section === section).map(({ quote }) => quote);
		const isTold = quotes.some((quote) => plain(point).includes(plain(quote)));
		expect(isTold).toBe(true);
	});
});

it.each(pointsOf(textOf(INTRODUCTION)).flatMap(sentencesOf))(
	'shows each sentence of the introduction: %s',
	(sentence) => {
		const quotes = claims
			.filter(({ section }) => section === INTRODUCTION)
			.map(({ quote }) => plain(quote));
		const own = plain(sentence);
		expect(quotes.some((quote) => own.includes(quote) || quote.includes(own))).toBe(true);
	},
);

function textOf(section: string): string {
	if (section !== INTRODUCTION) return sectionOf(readme, section);
	const start = readme.text.indexOf('\n- **');
	return readme.text.slice(start, readme.text.indexOf('\n> '));
}

/** Bullets, steps, table rows and paragraphs; a picture, a comment, a table's head or a list of links is none. */
function pointsOf(text: string): string[] {
	return text
		.replace(/^(!\[|<!--).*$/gm, '')
		.split(/\n(?=- |\d\. |\||\n)/)
		.map((point) => point.trim())
		.filter((point) => point !== '' && !/^\|[\s:|-]+\|$/.test(point))
		.filter((point) => !/^\| (Resource|What happened|Quality|20 rows) /.test(point));
}

function sentencesOf(point: string): string[] {
	return point.split(/(?<=\.\*?\*?)\s+/).filter((sentence) => /[a-z]{3}.*\.$/s.test(sentence));
}

/** Without emphasis, addresses of links, and line breaks. */
function plain(text: string): string {
	return text
		.replace(/\]\([^)]*\)/g, ']')
		.replace(/[*_>[\]]/g, '')
		.replace(/\s+/g, ' ')
		.trim();
}
