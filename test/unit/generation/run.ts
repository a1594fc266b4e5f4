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
import type { ManualClock } from './manualClock';

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

/** A row of Generate Video that waits for its clip. */
export function row(
	itemIndex: number,
	{
		request = { ...REQUEST, prompt: `Cup ${itemIndex}` },
		dedupeKey,
		isSubmitOnly = false,
		...settings
	}: Partial<WaitSettings> & {
		request?: ClipRequest;
		dedupeKey?: string;
		isSubmitOnly?: boolean;
	} = {},
): SheetRow {
	return queuedRow(
		{ itemIndex, request, estimatedCostUsd: 0.504 },
		{ contentHash: contentHash(request, []), dedupeKey, frames: [] },
		{ maxWaitSeconds: 900, download: false, ...settings },
		isSubmitOnly,
	);
}

let keys = 0;

/** A run of the node in an execution; `context` is what n8n keeps between the tries of one. */
export function paidRun(
	client: ApimartClient,
	clock: ManualClock,
	changes: Partial<Run> & {
		context?: IContextObject;
		executionId?: string;
		apiKey?: string;
		concurrency?: number;
	} = {},
): Run {
	const {
		context = {},
		executionId = '7',
		apiKey = `key of test ${keys++}`,
		concurrency = CONCURRENCY,
		...others
	} = changes;
	return {
		client,
		clock,
		slots: new Slots(apiKey, `sheet ${keys++}`, concurrency, clock),
		imageUrl: async ({ identity }) => identity,
		callbackFor: () => undefined,
		readDelaySeconds: pollDelaySeconds,
		whyStopped: async () => undefined,
		journal: new TaskJournal(undefined),
		logger: { info: jest.fn(), warn: jest.fn(), debug: jest.fn() },
		storeVideo: async (_url, taskId) => ({ binary: video(taskId) }),
		ledger: new Ledger(entriesIn(context, 0), executionId),
		keyScope: {
			instanceId: 'instance',
			workflowId: 'workflow',
			nodeId: 'node',
			executionId,
			runIndex: 0,
		},
		...others,
	};
}

export function video(taskId: string): IBinaryData {
	return { data: '', mimeType: 'video/mp4', fileName: `${taskId}.mp4` };
}

export function sheetOf(rows: SheetRow[], { keyScope }: Run, concurrency = CONCURRENCY): Sheet {
	return {
		concurrency,
		keyScope,
		startedAtMs: 0,
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

export async function makeClip(only: SheetRow, run: Run): Promise<Outcome> {
	const [outcome] = await makeClips([only], run);
	return outcome;
}

/** Waits for a task that exists, or takes one look at it. */
export async function fetchClip(
	taskId: string,
	run: Run,
	{ isSingleRead = false, maxWaitSeconds = 900 } = {},
): Promise<Outcome> {
	const settings = { maxWaitSeconds, download: true };
	const nowMs = run.clock.nowMs();
	return await makeClip(openRow({ taskId, itemIndex: 0 }, settings, nowMs, isSingleRead), run);
}
