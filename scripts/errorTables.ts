/** The tables of docs/errors.md that say what an answer of APIMart means, made from the rules of the code. */
import { RULES, shouldRetry, type Heard, type Rule } from '../nodes/KlingFast/apimart/rules';
import { withTables, type Table } from './markedTables';

const HEAD = ['Message', 'When', 'Charged', 'Tried again', 'What to do'];

export function withErrorTables(page: string): string {
	return withTables(page, 'errors', {
		'answers of APIMart': tableOf('apimart'),
		'answers of something in between': tableOf('between'),
		'requests without an answer': tableOf('nobody'),
	});
}

/** Rules that differ only in their condition are one row. */
function tableOf(from: Heard['from']): Table {
	const rows = new Map<string, { rule: Rule; conditions: string[] }>();
	const taken = new Set<number>();
	for (const rule of RULES[from]) {
		const [{ status = [], code, said, charged, retryForSeconds }, ...texts] = rule;
		const statuses = [status].flat().filter((one) => !taken.has(one));
		const key = JSON.stringify([charged, retryForSeconds, texts]);
		const row = rows.get(key) ?? { rule, conditions: [] };
		row.conditions.push(conditionOf(rule, from, statuses));
		rows.set(key, row);
		if (!code && !said) statuses.forEach((one) => taken.add(one));
	}
	const cells = [...rows.values()].map(({ rule, conditions }) => {
		const [{ charged }, message, advice = ''] = rule;
		return [
			`\`${message.replace(/\{\w+\}/g, '…')}\``,
			conditions.join(', or '),
			charged === 'no' ? 'No' : 'Perhaps',
			triedAgain(rule, from),
			// The column before says it.
			advice.replace(/ [^.]*nothing was charged[^.]*\./i, ''),
		];
	});
	return [HEAD, ...cells];
}

function conditionOf(
	[{ below = 600, code, said }]: Rule,
	from: Heard['from'],
	statuses: number[],
): string {
	if (from === 'nobody') return code ? codesOf(code).join(', ') : 'any other';
	const other = `${below >= 500 ? 'other ' : ''}${below / 100 - 1}xx`;
	const words = [code && `\`${code.source}\``, said && 'by its words'];
	return [statuses.join(', ') || other, ...words].filter(Boolean).join(', ');
}

/** The codes that a pattern such as `/^EPROTO$|^ERR_SSL_/` stands for. */
function codesOf({ source }: RegExp): string[] {
	return source.split('|').map((part) => {
		const name = part.replace(/^\^|\$$/g, '');
		return `\`${part.startsWith('^') ? '' : '…'}${name}${part.endsWith('$') ? '' : '…'}\``;
	});
}

function triedAgain(
	[{ status = 0, code, said, retryForSeconds }]: Rule,
	from: Heard['from'],
): string {
	const [first] = [status].flat();
	const heard = { from, status: first, code: code?.source ?? '', said: said?.source ?? '' };
	if (!shouldRetry(heard)) return 'no';
	return retryForSeconds === undefined ? 'yes' : `${retryForSeconds} s`;
}
