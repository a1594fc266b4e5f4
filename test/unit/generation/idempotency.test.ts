import fc from 'fast-check';
import {
	contentHash,
	idempotencyKey,
	type KeyParts,
	type KeyScope,
} from '../../../nodes/KlingFast/generation/idempotency';
import type { ClipRequest } from '../../../nodes/KlingFast/apimart/clipRequest';
import { REQUEST } from './run';

const SCOPE: KeyScope = {
	instanceId: 'instance',
	workflowId: 'workflow',
	nodeId: 'node',
	executionId: '9',
	firstExecutionId: '7',
	runIndex: 0,
};
const PARTS: KeyParts = { itemIndex: 0, contentHash: 'hash', attempt: 1 };

const scope: fc.Arbitrary<KeyScope> = fc.record({
	instanceId: fc.string(),
	workflowId: fc.string(),
	nodeId: fc.string(),
	executionId: fc.string(),
	firstExecutionId: fc.string(),
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

	const change = (changes: Partial<KeyScope & KeyParts>, row: Partial<KeyParts>) =>
		idempotencyKey({ ...SCOPE, ...changes }, { ...PARTS, ...row, ...changes });

	const always: Array<Partial<KeyScope & KeyParts>> = [
		...[{ workflowId: 'other' }, { nodeId: 'other' }, { contentHash: 'other' }, { attempt: 2 }],
		...[{ dedupeKey: 'row-2' }, { dedupeKey: '' }],
	];
	const unlessRowKey: Array<Partial<KeyScope & KeyParts>> = [
		...[{ instanceId: 'other' }, { firstExecutionId: '8' }, { runIndex: 1 }],
		{ itemIndex: 1 },
	];
	const rowKey = { dedupeKey: 'row-1' };

	it.each([...always, ...unlessRowKey])('is another one with %j', (changes) => {
		expect(change(changes, {})).not.toBe(change({}, {}));
	});

	it.each(always)('is another one under a Row Key, too, with %j', (changes) => {
		expect(change(changes, rowKey)).not.toBe(change({}, rowKey));
	});

	it.each(unlessRowKey)('stays the same under a Row Key with %j', (changes) => {
		expect(change(changes, rowKey)).toBe(change({}, rowKey));
	});

	it("is the same in n8n's Retry of the execution, however often it is pressed", () => {
		expect(change({ executionId: '10' }, {})).toBe(change({}, {}));
	});

	it('cannot be the same because one part ends where the next begins', () => {
		expect(change({ workflowId: 'a', nodeId: 'bc' }, {})).not.toBe(
			change({ workflowId: 'ab', nodeId: 'c' }, {}),
		);
	});
});

describe('the content of a clip', () => {
	/** A part that is forgotten here does not compile, as in the body. */
	const changes: Record<
		Exclude<keyof ClipRequest, 'startFrame' | 'endFrame' | 'metadata'>,
		Partial<ClipRequest>
	> = {
		prompt: { prompt: 'A mug' },
		durationSeconds: { durationSeconds: 6 },
		aspectRatio: { aspectRatio: '1:1' },
		quality: { quality: 'pro' },
		audio: { audio: false },
		moderate: { moderate: true },
		watermark: { watermark: true },
		negativePrompt: { negativePrompt: 'blur' },
		cameraMovement: { cameraMovement: 'Slow zoom in' },
		elements: { elements: [{ name: 'mug', description: 'A mug', imageUrls: ['a', 'b'] }] },
		shotsKind: { shotsKind: 'auto' },
		shots: { shots: [{ prompt: 'A cup', durationSeconds: 5 }] },
	};
	it.each(Object.entries(changes))('is another one with another %s', (_, change) => {
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
});
