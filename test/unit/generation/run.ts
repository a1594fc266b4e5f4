import type { IBinaryData, IContextObject } from 'n8n-workflow';
import { openRow, queuedRow } from '../../../nodes/KlingFast/actions/video/sheetRows';
import type { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { finishAwake } from '../../../nodes/KlingFast/generation/batch';
import { contentHash } from '../../../nodes/KlingFast/generation/idempotency';
import { entriesIn, Ledger } from '../../../nodes/KlingFast/generation/ledger';
import type { Outcome } from '../../../nodes/KlingFast/generation/outcome';
import type { ClipRequest } from '../../../nodes/KlingFast/apimart/clipRequest';
import type { ClipJob, Run } from '../../../nodes/KlingFast/generation/run';
import type { Sheet } from '../../../nodes/KlingFast/generation/sheet';
import type { SheetRow } from '../../../nodes/KlingFast/generation/sheetRow';
import { TaskJournal } from '../../../nodes/KlingFast/generation/taskJournal';
import type { ManualClock } from './manualClock';

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

export function job(itemIndex: number, changes: Partial<ClipJob> = {}): ClipJob {
	const request = changes.request ?? { ...REQUEST, prompt: `Cup ${itemIndex}` };
	return {
		itemIndex,
		request,
		frames: [],
		contentHash: contentHash(request, []),
		estimatedCostUsd: 0.504,
		maxWaitSeconds: 900,
		download: false,
		...changes,
	};
}

let keys = 0;

/** A run of the node in an execution; `context` is what n8n keeps between the tries of one. */
export function paidRun(
	client: ApimartClient,
	clock: ManualClock,
	changes: Partial<Run> & { context?: IContextObject; executionId?: string } = {},
): Run {
	const { context = {}, executionId = '7', ...others } = changes;
	return {
		client,
		clock,
		apiKey: `key of test ${keys++}`,
		concurrency: 5,
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

export function sheetOf(rows: SheetRow[], { keyScope, concurrency }: Run): Sheet {
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
export async function makeClips(
	jobs: ClipJob[],
	run: Run,
	{ isSubmitOnly = false } = {},
): Promise<Outcome[]> {
	const rows = jobs.map((each) => queuedRow(each, isSubmitOnly));
	return await finishAwake(sheetOf(rows, run), run, jobs);
}

export async function makeClip(
	only: ClipJob,
	run: Run,
	more?: { isSubmitOnly?: boolean },
): Promise<Outcome> {
	const [outcome] = await makeClips([only], run, more);
	return outcome;
}

/** Waits for a task that exists, or takes one look at it. */
export async function fetchClip(
	taskId: string,
	run: Run,
	{ isSingleRead = false, maxWaitSeconds = 900 } = {},
): Promise<Outcome> {
	const settings = { maxWaitSeconds, download: true };
	const row = openRow(taskId, { itemIndex: 0 }, settings, {
		nowMs: run.clock.nowMs(),
		isSingleRead,
	});
	const [outcome] = await finishAwake(sheetOf([row], run), run, []);
	return outcome;
}
