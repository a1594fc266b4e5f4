import type { IBinaryData, IContextObject } from 'n8n-workflow';
import type { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import type { ClipRequest } from '../../../nodes/KlingFast/apimart/clipRequest';
import { contentHash } from '../../../nodes/KlingFast/generation/idempotency';
import { entriesIn, Ledger } from '../../../nodes/KlingFast/generation/ledger';
import type { Outcome } from '../../../nodes/KlingFast/generation/outcome';
import { pollDelaySeconds } from '../../../nodes/KlingFast/generation/polling';
import { runAwake } from '../../../nodes/KlingFast/generation/round';
import type { Run } from '../../../nodes/KlingFast/generation/run';
import type { Sheet } from '../../../nodes/KlingFast/generation/sheet';
import {
	openRow,
	queuedRow,
	type SheetRow,
	type WaitSettings,
} from '../../../nodes/KlingFast/generation/sheetRow';
import { Slots } from '../../../nodes/KlingFast/generation/slots';
import { TaskJournal } from '../../../nodes/KlingFast/generation/taskLog';
import { ManualClock } from './manualClock';
import { FakeApi, reset, type RequestFault } from './provider';

const CONCURRENCY = 5;

export const REQUEST: ClipRequest = {
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

type RowChanges = Partial<WaitSettings> & {
	request?: ClipRequest;
	dedupeKey?: string;
	isUnawaited?: boolean;
};

/** A row of Generate Video that waits for its clip. */
export function row(itemIndex: number, changes: RowChanges = {}): SheetRow {
	const { dedupeKey, isUnawaited = false, request = requestOf(itemIndex), ...settings } = changes;
	return queuedRow(
		{ itemIndex, request, estimatedCostUsd: 0.504 },
		{ contentHash: contentHash(request, []), dedupeKey, frames: [] },
		{ maxWaitSeconds: 900, download: false, ...settings },
		isUnawaited,
	);
}

const requestOf = (itemIndex: number) => ({ ...REQUEST, prompt: `Cup ${itemIndex}` });

export function rows(count: number, changes: RowChanges = {}): SheetRow[] {
	return Array.from({ length: count }, (_, index) => row(index, changes));
}

/** `context` is what n8n keeps between the tries of an execution. */
type RunChanges = Partial<Run> & {
	context?: IContextObject;
	executionId?: string;
	apiKey?: string;
	concurrency?: number;
};

let keys = 0;

/** A run of the node in an execution. */
export function paidRun(client: ApimartClient, clock: ManualClock, changes: RunChanges = {}): Run {
	const { context = {}, executionId = '7', concurrency = CONCURRENCY, ...others } = changes;
	const { apiKey = `key of test ${keys++}`, ...ready } = others;
	return {
		client,
		clock,
		slots: new Slots(apiKey, `sheet ${keys++}`, concurrency, clock),
		imageUrl: async ({ identity }) => identity,
		callbackFor: () => undefined,
		readDelaySeconds: pollDelaySeconds,
		whyStopped: async () => undefined,
		apiKeyHash: 'hash',
		callerIds: [],
		journal: new TaskJournal(undefined),
		logger: { info: jest.fn(), warn: jest.fn(), debug: jest.fn() },
		storeVideo: async ({ taskId = '' }) => ({ binary: video(taskId) }),
		ledger: new Ledger(entriesIn(context, 0), executionId),
		keyScope: {
			...{ instanceId: 'i', workflowId: 'w', nodeId: 'n', runIndex: 0 },
			executionId,
			firstExecutionId: String((context.first ??= executionId)),
		},
		...ready,
	};
}

/** A provider that makes clips of 60 s, and an execution in front of it; `make` and `fetch` are one try of the node each. */
export function stage(fault?: RequestFault, clock = new ManualClock()) {
	const api = new FakeApi(clock, () => 60, fault);
	const context = {};
	const run = (changes: RunChanges = {}) => paidRun(api.client, clock, { context, ...changes });
	const make = async (all: SheetRow[], changes?: RunChanges) =>
		await clock.run(makeClips(all, run(changes)));
	const makeOne = async (only: SheetRow, changes?: RunChanges) => (await make([only], changes))[0];
	/** Waits for a task that exists, or reads it once. */
	const fetch = async (taskId: string, isUnawaited = false) => {
		const settings = { maxWaitSeconds: 900, download: true };
		return await makeOne(openRow({ taskId, itemIndex: 0 }, settings, clock.nowMs(), isUnawaited));
	};
	return { clock, api, context, run, make, makeOne, fetch };
}

/** A run whose provider nobody asks, or whose requests all come to nothing. */
export function idleRun(clock = new ManualClock(), changes: RunChanges = {}): Run {
	return paidRun(stage(() => reset(), clock).api.client, clock, changes);
}

export function video(taskId: string): IBinaryData {
	return { data: '', mimeType: 'video/mp4', fileName: `${taskId}.mp4` };
}

export function sheetOf(rows: SheetRow[], { keyScope }: Run, concurrency = CONCURRENCY): Sheet {
	return {
		concurrency,
		keyScope,
		callerIds: [],
		waitingExecutionIds: [keyScope.executionId],
		ledger: {},
		uploads: {},
		keepsFilesInMemory: false,
		rows,
	};
}

/** Makes all clips in this process, as polling does. */
export async function makeClips(rows: SheetRow[], run: Run): Promise<Outcome[]> {
	return await runAwake(sheetOf(rows, run), run);
}
