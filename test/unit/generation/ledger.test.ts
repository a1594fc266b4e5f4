import type { IContextObject } from 'n8n-workflow';
import { entriesIn, Ledger, type LedgerEntry } from '../../../nodes/KlingFast/generation/ledger';

const ENTRY: LedgerEntry = {
	executionId: '7',
	contentHash: 'hash-a',
	attempt: 1,
	idempotencyKey: 'kling-fast-1',
	body: '{"prompt":"x"}',
	firstSentAtMs: 1000,
	keyBornAtMs: 1000,
	state: 'pending',
};

const ledgerOf = (context: IContextObject, executionId: string, runIndex: number) =>
	new Ledger(entriesIn(context, runIndex), executionId);

describe("what an agent's tool remembers of its paid requests", () => {
	const callOf = (context: IContextObject, toolCall: number) =>
		new Ledger(entriesIn(context, 'tool'), '7', toolCall);

	it('is found by a try of the same call, and by nobody who asks for something else', () => {
		const context = {};
		callOf(context, 0).write(0, ENTRY);
		expect(callOf(context, 0).find(0, 'hash-a')).toEqual(ENTRY);
		expect(callOf(context, 0).find(0, 'hash-b')).toBeUndefined();
		expect(callOf(context, 1).find(0, 'hash-a')).toBeUndefined();
	});

	it('of a request that may have been accepted is found by whoever asks for the same again', () => {
		const context = {};
		const lost = { ...ENTRY, isLost: true };
		callOf(context, 0).write(0, lost);
		expect(callOf(context, 1).find(0, 'hash-a')).toEqual(lost);
		expect(callOf(context, 1).find(0, 'hash-b')).toBeUndefined();
		callOf(context, 0).write(0, { ...lost, taskId: 'task_1' });
		expect(callOf(context, 1).find(0, 'hash-a')).toBeUndefined();
	});
});

describe('what the node remembers of its paid requests', () => {
	it('is found again by a further try of the same execution, whatever the row says now', () => {
		const context = {};
		ledgerOf(context, '7', 0).write(2, ENTRY);
		const retry = ledgerOf(context, '7', 0);
		expect(retry.find(2, 'hash-a')).toEqual(ENTRY);
		expect(retry.find(2, 'hash-b')).toEqual(ENTRY);
	});

	it('is found by another execution only for the same content', () => {
		const context = {};
		ledgerOf(context, '7', 0).write(2, ENTRY);
		const other = ledgerOf(context, '8', 0);
		expect(other.find(2, 'hash-a')).toEqual(ENTRY);
		expect(other.find(2, 'hash-b')).toBeUndefined();
	});

	it('belongs to its item and to its run of the node in a loop', () => {
		const context = {};
		ledgerOf(context, '7', 0).write(2, ENTRY);
		expect(ledgerOf(context, '7', 0).find(1, 'hash-a')).toBeUndefined();
		expect(ledgerOf(context, '7', 1).find(2, 'hash-a')).toBeUndefined();
	});

	it('survives being saved and loaded by n8n', () => {
		const context = {};
		ledgerOf(context, '7', 0).write(0, ENTRY);
		ledgerOf(context, '7', 3).write(1, { ...ENTRY, taskId: 'task_1' });
		const loaded = JSON.parse(JSON.stringify(context));
		expect(ledgerOf(loaded, '7', 0).find(0, 'x')).toEqual(ENTRY);
		expect(ledgerOf(loaded, '7', 3).find(1, 'x')).toEqual({ ...ENTRY, taskId: 'task_1' });
	});

	it("leaves other things in the node's context alone", () => {
		const context = { mine: 1 };
		ledgerOf(context, '7', 0).write(0, ENTRY);
		expect(context.mine).toBe(1);
	});
});
