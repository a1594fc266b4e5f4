import fc from 'fast-check';
import {
	contentHash,
	idempotencyKey,
	type KeyParts,
	type KeyScope,
} from '../../../nodes/KlingFast/generation/idempotency';
import { clipBody, type ClipRequest } from '../../../nodes/KlingFast/apimart/clipRequest';

const SCOPE: KeyScope = {
	instanceId: 'instance',
	workflowId: 'workflow',
	nodeId: 'node',
	executionId: '7',
	runIndex: 0,
};
const PARTS: KeyParts = { itemIndex: 0, contentHash: 'hash', attempt: 1 };

const scope: fc.Arbitrary<KeyScope> = fc.record({
	instanceId: fc.string(),
	workflowId: fc.string(),
	nodeId: fc.string(),
	executionId: fc.string(),
	runIndex: fc.nat(),
});
const parts: fc.Arbitrary<KeyParts> = fc.record(
	{ itemIndex: fc.nat(), contentHash: fc.string(), attempt: fc.nat(), dedupeKey: fc.string() },
	{ requiredKeys: ['itemIndex', 'contentHash', 'attempt'] },
);

describe('the key of a paid request', () => {
	it('is what the provider takes: 1 to 191 visible ASCII characters', () => {
		fc.assert(
			fc.property(scope, parts, (anyScope, anyParts) => {
				const key = idempotencyKey(anyScope, anyParts);
				expect(key).toMatch(/^[!-~]{1,191}$/);
				expect(idempotencyKey({ ...anyScope }, { ...anyParts })).toBe(key);
			}),
		);
	});

	const otherScopes: Array<Partial<KeyScope>> = [
		{ instanceId: 'other' },
		{ workflowId: 'other' },
		{ nodeId: 'other' },
		{ executionId: '8' },
		{ runIndex: 1 },
	];
	const otherParts: Array<Partial<KeyParts>> = [
		{ itemIndex: 1 },
		{ contentHash: 'other' },
		{ attempt: 2 },
		{ dedupeKey: 'row-1' },
		{ dedupeKey: '' },
	];

	it.each(otherScopes)('is another one with %j', (change) => {
		expect(idempotencyKey({ ...SCOPE, ...change }, PARTS)).not.toBe(idempotencyKey(SCOPE, PARTS));
	});

	it.each(otherParts)('is another one with %j', (change) => {
		expect(idempotencyKey(SCOPE, { ...PARTS, ...change })).not.toBe(idempotencyKey(SCOPE, PARTS));
	});

	it('cannot be the same because one part ends where the next begins', () => {
		expect(idempotencyKey({ ...SCOPE, workflowId: 'a', nodeId: 'bc' }, PARTS)).not.toBe(
			idempotencyKey({ ...SCOPE, workflowId: 'ab', nodeId: 'c' }, PARTS),
		);
	});
});

describe("the key of a row that has a person's own key", () => {
	const row: KeyParts = { ...PARTS, dedupeKey: 'row-1' };

	it.each([
		{ scope: { executionId: '8' } },
		{ scope: { runIndex: 3 } },
		{ scope: { instanceId: 'after a move' } },
		{ parts: { itemIndex: 5 } },
	])('stays the same with %j', ({ scope: otherScope, parts: otherPart }) => {
		expect(idempotencyKey({ ...SCOPE, ...otherScope }, { ...row, ...otherPart })).toBe(
			idempotencyKey(SCOPE, row),
		);
	});

	it.each([
		{ scope: { workflowId: 'other' } },
		{ scope: { nodeId: 'other' } },
		{ parts: { dedupeKey: 'row-2' } },
		{ parts: { contentHash: 'other' } },
		{ parts: { attempt: 2 } },
	])('is another one with %j', ({ scope: otherScope, parts: otherPart }) => {
		expect(idempotencyKey({ ...SCOPE, ...otherScope }, { ...row, ...otherPart })).not.toBe(
			idempotencyKey(SCOPE, row),
		);
	});
});

const REQUEST: ClipRequest = {
	shotsKind: 'single',
	prompt: 'A cup',
	shots: [],
	durationSeconds: 5,
	aspectRatio: '16:9',
	quality: 'std',
	audio: true,
	moderate: false,
	watermark: false,
	metadata: {},
};

describe('the content of a clip', () => {
	const changes: Array<Partial<ClipRequest>> = [
		{ prompt: 'A mug' },
		{ durationSeconds: 6 },
		{ aspectRatio: '1:1' },
		{ quality: 'pro' },
		{ audio: false },
		{ moderate: true },
		{ watermark: true },
		{ negativePrompt: 'blur' },
		{ cameraMovement: 'Slow zoom in' },
		{ shotsKind: 'auto' },
		{ shotsKind: 'custom', prompt: '', shots: [{ prompt: 'A cup', durationSeconds: 5 }] },
	];
	it.each(changes)('is another one with %j', (change) => {
		expect(contentHash({ ...REQUEST, ...change }, [])).not.toBe(contentHash(REQUEST, []));
	});

	it('is another one with other images, or the same in another order', () => {
		const hashes = [[], ['a'], ['b'], ['a', 'b'], ['b', 'a']].map((frames) =>
			contentHash(REQUEST, frames),
		);
		expect(new Set(hashes).size).toBe(hashes.length);
	});

	it("does not depend on the row's own data", () => {
		expect(contentHash({ ...REQUEST, metadata: { row: 7 } }, [])).toBe(contentHash(REQUEST, []));
	});

	it('does not depend on where the provider calls back, although the body does', () => {
		const callback = {
			webhook: 'https://n8n.example/w/t',
			callbackUrl: 'https://n8n.example/w/t/callback',
		};
		expect(JSON.parse(clipBody(REQUEST, [], callback))).toEqual({
			...JSON.parse(clipBody(REQUEST, [])),
			webhook: callback.webhook,
			callback_url: callback.callbackUrl,
		});
	});
});
