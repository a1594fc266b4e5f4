import { isObject } from '../../nodes/KlingFast/apimart/answer';
import type { Recording } from './recorder';

/** Of the connection or of the moment: they tell nothing about the API. */
const PASSING_HEADERS =
	/^(connection|content-(encoding|length)|date|etag|keep-alive|transfer-encoding|vary)$/;
/** Keys whose values are words of the API. */
const WORD_KEYS = ['code', 'object', 'state', 'status', 'type', 'mp4'];

/**
 * Where the sandbox speaks differently, as the lines of a diff: `-` is only in the recording, `+` only on the sandbox. Compared are
 * steps, HTTP statuses, keys, types, status words and names of headers, not values such as times, prices and sizes.
 */
export function differencesOf(recording: Recording, sandbox: Recording): string[] {
	const [theirs, ours] = [shapeOf(recording), shapeOf(sandbox)];
	return [
		...[...theirs].filter((line) => !ours.has(line)).map((line) => `- ${line}`),
		...[...ours].filter((line) => !theirs.has(line)).map((line) => `+ ${line}`),
	].sort((left, right) => (left.slice(2) < right.slice(2) ? -1 : 1));
}

/** Lines such as `submit: HTTP 200` and `submit: body.data[].status is "submitted"`. */
function shapeOf({ exchanges }: Recording): Set<string> {
	const lines = exchanges.flatMap(({ step, httpStatus, headers, body }) => [
		...[`HTTP ${httpStatus}`, ...linesOf(body, 'body')].map((line) => `${step}: ${line}`),
		...Object.keys(headers)
			.filter((name) => !PASSING_HEADERS.test(name))
			.map((name) => `header ${name}`),
	]);
	return new Set(lines);
}

function linesOf(value: unknown, place: string): string[] {
	if (Array.isArray(value)) {
		return [`${place}: array`, ...value.flatMap((one) => linesOf(one, `${place}[]`))];
	}
	if (isObject(value)) {
		const inner = Object.entries(value).flatMap(([name, one]) => linesOf(one, `${place}.${name}`));
		return [`${place}: object`, ...inner];
	}
	const isWord = WORD_KEYS.includes(place.split('.').at(-1) ?? '');
	const type = value === null ? 'null' : typeof value;
	return [`${place}: ${type}`, ...(isWord ? [`${place} is ${JSON.stringify(value)}`] : [])];
}
