import type { Recording } from './recording';

/** Of the connection or of the moment: they tell nothing about the API. */
const PASSING_HEADERS =
	/^(connection|content-(encoding|length)|date|etag|keep-alive|transfer-encoding|vary)$/;
/** Places whose values are words of the API. */
const WORDS = /\.(code|object|state|status|type|mp4)$/;

/**
 * Where the sandbox speaks differently, as the lines of a diff: `-` is only in the recording, `+` only on the sandbox. Compared are
 * steps, HTTP statuses, keys, types, status words and names of headers, not values such as times, prices and sizes.
 */
export function differencesOf(recording: Recording, sandbox: Recording): string[] {
	const [theirs, ours] = [shapeOf(recording), shapeOf(sandbox)];
	return [
		...theirs.filter((line) => !ours.includes(line)).map((line) => `- ${line}`),
		...ours.filter((line) => !theirs.includes(line)).map((line) => `+ ${line}`),
	].sort((left, right) => (left.slice(2) < right.slice(2) ? -1 : 1));
}

/** Lines such as `submit: HTTP 200` and `submit: body.data[].status is "submitted"`. */
function shapeOf({ exchanges }: Recording): string[] {
	const lines = exchanges.flatMap(({ step, httpStatus, headers, body }) => [
		...[`HTTP ${httpStatus}`, ...linesOf(body, 'body')].map((line) => `${step}: ${line}`),
		...Object.keys(headers)
			.filter((name) => !PASSING_HEADERS.test(name))
			.map((name) => `header ${name}`),
	]);
	return [...new Set(lines)];
}

function linesOf(value: unknown, place: string): string[] {
	if (typeof value !== 'object' || value === null) {
		const type = `${place}: ${value === null ? 'null' : typeof value}`;
		return WORDS.test(place) ? [type, `${place} is ${JSON.stringify(value)}`] : [type];
	}
	const isList = Array.isArray(value);
	const inner = Object.entries(value).flatMap(([name, one]) =>
		linesOf(one, isList ? `${place}[]` : `${place}.${name}`),
	);
	return [`${place}: ${isList ? 'array' : 'object'}`, ...inner];
}
