/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { getEventListeners } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { downloadVideo, type Download } from '../../../nodes/KlingFast/apimart/download';
import { tinyClip } from '../../../sandbox/tinyClip';
import { ManualClock } from '../generation/manualClock';
import { apimartRejection, rejection } from './answers';

const URL_OF_CLIP = 'https://files.example.com/clip.mp4';

interface Given {
	statusCode: number;
	headers?: Record<string, string>;
	body: Readable;
}

/** A download from a host that answers by this rule. `asked`: addresses and seconds of its requests. */
function start(
	rule: (count: number, clock: ManualClock) => Given | Promise<Given>,
	changes: Partial<Download> = {},
	store: (stream: Readable) => Promise<Buffer> = buffer,
) {
	const clock = new ManualClock(1_000_000_000);
	const asked: Array<{ url: string; atSeconds: number }> = [];
	const helpers: Partial<IExecuteFunctions['helpers']> = {
		httpRequest: async ({ url, disableFollowRedirect }) => {
			expect(disableFollowRedirect).toBe(true);
			asked.push({ url, atSeconds: clock.nowMs() / 1000 - 1_000_000 });
			return { headers: {}, ...(await rule(asked.length, clock)) };
		},
		prepareBinaryData: async (stream): Promise<IBinaryData> => {
			await Promise.resolve();
			await store(stream as Readable);
			return { data: '', mimeType: 'video/mp4' };
		},
	};
	const download = { url: URL_OF_CLIP, fileName: 'clip.mp4', baseUrl: 'https://api.example.com' };
	const context = { helpers } as IExecuteFunctions;
	const result = clock.run(downloadVideo(context, { ...download, clock, ...changes }));
	return { clock, asked, result, seconds: () => clock.nowMs() / 1000 - 1_000_000 };
}

const clip = () => ({ statusCode: 200, body: tinyClip([]).open() });
const refused = (statusCode: number) => ({ statusCode, body: Readable.from(['no']) });
const forever = async () => await new Promise<Given>(() => {});

describe('a file host that does not come to an end', () => {
	it('and gives no answer is given up after a minute, four times', async () => {
		const { result, asked, seconds } = start(forever);
		const { message } = await apimartRejection(result);
		expect(message).toMatch(/the file host sent nothing for a minute/);
		expect(asked).toHaveLength(4);
		expect(seconds()).toBeLessThan(5 * 60);
	});

	it('and refuses with a body that stalls is named by its status', async () => {
		const { result, asked, seconds } = start(() => ({ statusCode: 503, body: new PassThrough() }));
		const { message } = await apimartRejection(result);
		expect(message).toMatch(/the file host answered HTTP 503/);
		expect(asked).toHaveLength(4);
		expect(seconds()).toBeLessThan(60);
	});

	it('in the middle of the file is asked again, and its stream is closed', async () => {
		const stalled = new PassThrough();
		stalled.write((await buffer(tinyClip([]).open())).subarray(0, 100));
		const { result, asked } = start((count) =>
			count === 1 ? { statusCode: 200, body: stalled } : clip(),
		);
		await expect(result).resolves.toMatchObject({ mimeType: 'video/mp4' });
		expect(asked[1].atSeconds).toBeGreaterThanOrEqual(60);
		expect(asked[1].atSeconds).toBeLessThan(70);
		expect(stalled.destroyed).toBe(true);
	});

	it('because it trickles is given up for good after fifteen minutes', async () => {
		const bytes = await buffer(tinyClip([]).open());
		const { result, asked, seconds } = start((_, clock) => {
			const body = new PassThrough();
			const feed = (at: number) => {
				body.write(bytes.subarray(at, at + 1));
				clock.at(clock.nowMs() + 50_000, () => feed(at + 1));
			};
			feed(0);
			return { statusCode: 200, body };
		});
		await apimartRejection(result);
		expect(asked).toHaveLength(1);
		expect(seconds()).toBeGreaterThanOrEqual(15 * 60);
		expect(seconds()).toBeLessThan(15 * 60 + 10);
	});
});

describe('the addresses of a download', () => {
	const PRIVATE = 'http://10.0.0.7/clip.mp4';
	const to = (location: string): Given => ({
		statusCode: 302,
		headers: { location },
		body: Readable.from([]),
	});

	it.each<[string, string, string[]]>([
		['from the start', PRIVATE, []],
		['at the first redirect', URL_OF_CLIP, [PRIVATE]],
		['at a later one', URL_OF_CLIP, ['https://cdn.example.com/1', '/2', PRIVATE]],
		['that are no web addresses', URL_OF_CLIP, ['file:///etc/passwd']],
	])('inside the network are not asked, with a public base URL: %s', async (_, url, hops) => {
		const { result, asked } = start((count) => to(hops[count - 1]), { url });
		const { message, details } = await apimartRejection(result);
		expect(message).toMatch(/its address is inside a private network/);
		expect(details.retryable).toBe(false);
		expect(asked).toHaveLength(hops.length);
		expect(asked.map((request) => request.url)).not.toContain(PRIVATE);
	});

	it('are followed five times', async () => {
		const { result, asked } = start((count) => (count <= 5 ? to(`/${count}`) : clip()));
		await expect(result).resolves.toBeDefined();
		expect(asked[5].url).toBe('https://files.example.com/5');
		const endless = start((count) => to(`/${count}`));
		expect((await apimartRejection(endless.result)).message).toMatch(/more than 5 times/);
		expect(endless.asked).toHaveLength(6);
	});
});

describe('a file that is not there', () => {
	const COMPLETED_MS = 1_000_000_000 - 59_000;

	it.each([403, 404])('because the clip is fresh is asked for again: HTTP %d', async (status) => {
		const rule = (count: number) => (count < 4 ? refused(status) : clip());
		const { result, asked } = start(rule, { completedMs: COMPLETED_MS });
		await expect(result).resolves.toBeDefined();
		expect(asked.map(({ atSeconds }) => atSeconds)).toEqual([0, 5.5, 21, 51.5]);
	});

	it('although the clip is fresh is not called expired', async () => {
		const { result, asked } = start(() => refused(404), { completedMs: COMPLETED_MS });
		expect((await apimartRejection(result)).message).toMatch(
			/the file is not there yet \(HTTP 404\)/,
		);
		expect(asked).toHaveLength(4);
	});

	it.each([
		['a minute after its end', 403, COMPLETED_MS - 2_000],
		['of unknown age', 404, undefined],
		['withdrawn', 410, COMPLETED_MS],
	])('of a clip %s has expired', async (_, status, completedMs) => {
		const { result, asked } = start(() => refused(status), { completedMs });
		expect((await apimartRejection(result)).message).toMatch(/the link has expired/);
		expect(asked).toHaveLength(1);
	});
});

it.each<[string, number, number | undefined]>([
	['that is said with a body that stalls', 503, undefined],
	['because the link has expired', 404, undefined],
	['because the file is not there yet', 404, 1_000_000_000],
	['without end, by redirects', 302, undefined],
])('a refusal %s leaves no stream open', async (_, statusCode, completedMs) => {
	const bodies: PassThrough[] = [];
	const rule = () => {
		const body = new PassThrough();
		bodies.push(body);
		return { statusCode, headers: { location: '/next' }, body };
	};
	await apimartRejection(start(rule, { completedMs }).result);
	expect(bodies.length).toBeGreaterThan(0);
	expect(bodies.filter(({ destroyed }) => !destroyed)).toEqual([]);
});

describe('Stop', () => {
	it.each<[string, Parameters<typeof start>[0]]>([
		['before an answer', forever],
		['in the middle of the file', () => ({ statusCode: 200, body: new PassThrough() })],
		['while a refusal is read', () => ({ statusCode: 503, body: new PassThrough() })],
	])('ends a download at once: %s', async (_, rule) => {
		const controller = new AbortController();
		const stop = new Error('stopped by a person');
		const { clock, result } = start(rule, { signal: controller.signal });
		clock.at(clock.nowMs() + 3_000, () => controller.abort(stop));
		expect(await rejection(result)).toBe(stop);
		expect(clock.nowMs()).toBe(1_000_003_000);
		expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
	});
});

describe('a store of binary data gets every byte', () => {
	it.each<[string, (stream: Readable) => Promise<Buffer>]>([
		['on the disk, which pipes', async (stream) => await buffer(stream.pipe(new PassThrough()))],
		[
			'in the memory, which listens',
			async (stream) =>
				await new Promise((resolve) => {
					const chunks: Buffer[] = [];
					stream.on('data', (chunk: Buffer) => chunks.push(chunk));
					stream.once('end', () => resolve(Buffer.concat(chunks)));
				}),
		],
		['of objects, which iterates', buffer],
	])('%s', async (_, take) => {
		const bytes = await buffer(tinyClip([]).open());
		const halves = [bytes.subarray(0, 100), bytes.subarray(100)];
		let stored: Buffer | undefined;
		const store = async (stream: Readable) => (stored = await take(stream));
		await start(() => ({ statusCode: 200, body: Readable.from(halves) }), {}, store).result;
		expect(stored?.equals(bytes)).toBe(true);
	});
});
