import type { IBinaryData, IContextObject } from 'n8n-workflow';
import type { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { contentHash } from '../../../nodes/KlingFast/generation/idempotency';
import { Ledger } from '../../../nodes/KlingFast/generation/ledger';
import type { ClipRequest } from '../../../nodes/KlingFast/generation/request';
import type { ClipJob, PaidRun } from '../../../nodes/KlingFast/generation/run';
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
		waitForEnd: true,
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
	changes: Partial<PaidRun> & { context?: IContextObject; executionId?: string } = {},
): PaidRun {
	const { context = {}, executionId = '7', ...others } = changes;
	return {
		client,
		clock,
		apiKey: `key of test ${keys++}`,
		concurrency: 5,
		journal: new TaskJournal(undefined),
		logger: { info: jest.fn(), warn: jest.fn(), debug: jest.fn() },
		saveVideo: async (_url, taskId) => video(taskId),
		ledger: new Ledger(context, executionId, 0),
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
