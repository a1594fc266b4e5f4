/** docs/errors.md has each message of the code, and no other. The tables about answers are generated: tables.test.ts. */
import { klingFastProperties } from '../../../nodes/KlingFast/actions/properties';
import { RULES } from '../../../nodes/KlingFast/apimart/errors';
import { childrenOf } from '../fieldLists';
import { codeIn, escaped, pageOf } from './markdown';
import { codeTexts } from './sentences';

const page = pageOf('docs/errors.md');

/** Only a fault of the package itself leads there. */
const NEVER_SHOWN = [
	'The row was not prepared',
	'The row has no request',
	'There is no field …',
	'The sheet ended without its rows',
	'There is no sheet to deliver',
	'There is no sheet to watch over',
];

/** Put together from parts, or from a label that is handed in. */
const COMPOSED = ["'…' is …, allowed is …", "'…' (…) is …, allowed is …"];

const rows = page.tables.flatMap(({ heading, head, rows: cells }) =>
	cells.map((row) => ({ heading, head, message: codeIn(row[0]) ?? '', cure: row.at(-1) })),
);
const ruleTexts = Object.values(RULES).flatMap((rules) =>
	rules.map(([, message]) => message.replace(/\{\w+\}/g, '…')),
);
const texts = codeTexts();
/** Names of fields are passed around in the code, too. */
const labels = [...klingFastProperties, ...klingFastProperties.flatMap(childrenOf)].map(
	({ displayName }) => displayName,
);

it('has a row, or a word in its text, for every sentence of the code', () => {
	const codes = [...page.text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
	const shown = codes.filter((code) => /[A-Za-z]{3}/.test(code)).map(patternOf);
	const missing = texts
		.filter(({ isSentence, text }) => isSentence && ![...labels, ...NEVER_SHOWN].includes(text))
		.filter(({ text }) => !shown.some((pattern) => pattern.test(text)));
	expect(texts.length).toBeGreaterThan(200);
	expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
});

it('has no row for a sentence that the code does not know', () => {
	const known = [...texts.map(({ text }) => text), ...ruleTexts, ...COMPOSED];
	const errors = rows.filter(({ heading }) => heading !== "n8n's log");
	const idle = errors.filter(({ message }) => !known.some((text) => patternOf(message).test(text)));
	expect(idle.map(({ message }) => message)).toEqual([]);
});

it('says of every error what to do', () => {
	const silent = rows.filter(({ head, cure }) => head.includes('Charged') && !cure);
	expect(silent.map(({ message }) => message)).toEqual([]);
});

function patternOf(message: string): RegExp {
	return new RegExp(`^${message.split('…').map(escaped).join('.+')}$`, 's');
}
