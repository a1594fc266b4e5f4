import fc from 'fast-check';
import { post } from './callbackWorkflows';

/** How many are sent at the same time. */
const TOGETHER = 10;

export interface OddBody {
	contentType: string;
	body: string | Buffer;
}

const JSON_TYPE = 'application/json';

/** Bodies that no provider would send: what comes to a public address sooner or later. Always the same ones. */
export function oddBodies(count: number, taskId: string): OddBody[] {
	const made = fc.sample(oddBody(taskId), { numRuns: Math.max(0, count - FIXED.length), seed: 7 });
	return [...FIXED, ...made].slice(0, count);
}

/**
 * Sends each body to each address, some at a time.
 *
 * @returns the answers, and how many had which status
 */
export async function throwAt(
	urls: string[],
	bodies: OddBody[],
): Promise<{ texts: string[]; statuses: Map<number, number> }> {
	const texts: string[] = [];
	const statuses = new Map<number, number>();
	const shots = bodies.flatMap((body) => urls.map((url) => ({ url, ...body })));
	for (let first = 0; first < shots.length; first += TOGETHER) {
		const group = shots.slice(first, first + TOGETHER);
		const answers = await Promise.all(
			group.map(async ({ url, body, contentType }) => await post(url, body, contentType)),
		);
		for (const { status, text } of answers) {
			texts.push(text);
			statuses.set(status, (statuses.get(status) ?? 0) + 1);
		}
	}
	return { texts, statuses };
}

/** `12 x 401, 3 x 422` */
export function inWords(statuses: Map<number, number>): string {
	return [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
}

/** No XML: once n8n's own parser has met a broken body, it leaves every further XML request without an answer. */
const FIXED: OddBody[] = [
	...['', 'null', 'true', '0', '""', '[]', '{}', '[[[]]]', '{"id":', '{"__proto__":{"id":1}}'].map(
		(body) => ({ contentType: JSON_TYPE, body }),
	),
	{ contentType: JSON_TYPE, body: `${'['.repeat(20_000)}${']'.repeat(20_000)}` },
	{ contentType: JSON_TYPE, body: JSON.stringify({ id: 'x'.repeat(5 * 1024 * 1024) }) },
	{ contentType: JSON_TYPE, body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
	{ contentType: 'application/json; charset=utf-32', body: '{}' },
	{ contentType: 'multipart/form-data; boundary=x', body: '--x\r\nContent-Disposition: form-data' },
	{ contentType: 'multipart/form-data', body: 'no boundary' },
	{ contentType: 'application/x-www-form-urlencoded', body: 'id[a][b]=1&id=%zz&data[id]=2' },
	{ contentType: 'application/octet-stream', body: Buffer.alloc(1024, 0x41) },
	{ contentType: 'video/mp4', body: Buffer.from('....ftyp') },
];

/** Near misses of a real callback, and plain nonsense. */
function oddBody(taskId: string): fc.Arbitrary<OddBody> {
	const value = fc.oneof(fc.jsonValue(), fc.constantFrom(taskId, 'completed', 'failed', '../x'));
	const keys = ['id', 'task_id', 'status', 'data', 'result', 'videos', 'error', 'cost', 'code'];
	const callback = fc.dictionary(fc.constantFrom(...keys), value);
	const json = fc.oneof(
		callback,
		callback.map((data) => ({ code: 200, data })),
		fc.jsonValue(),
	);
	const type = fc.constantFrom(JSON_TYPE, JSON_TYPE, JSON_TYPE, 'text/plain', 'text/html', 'a/b');
	return fc
		.tuple(
			type,
			fc.oneof({ weight: 4, arbitrary: json.map((x) => JSON.stringify(x)) }, fc.string()),
		)
		.map(([contentType, body]) => ({ contentType, body }));
}
