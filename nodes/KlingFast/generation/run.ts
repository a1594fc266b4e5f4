import type { IBinaryData, Logger } from 'n8n-workflow';
import type { CallbackAddresses } from '../apimart/callback';
import type { ApimartClient } from '../apimart/client';
import type { Clock } from '../clock';
import type { KeyScope } from './idempotency';
import type { Ledger } from './ledger';
import type { ClipRequest } from './request';
import type { TaskJournal } from './taskJournal';

/** What all clips of one run of the node share. */
export interface Run {
	client: ApimartClient;
	apiKey: string;
	/** Clips of this key in flight at the same time, 1 to 100. */
	concurrency: number;
	clock: Clock;
	signal?: AbortSignal;
	journal: TaskJournal;
	logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
	/** Streams a finished clip into n8n's binary store. */
	saveVideo(url: string, taskId: string): Promise<IBinaryData>;
}

/** A run that may spend money. */
export interface PaidRun extends Run {
	ledger: Ledger;
	keyScope: KeyScope;
}

/** How long to wait for one clip, and what to bring along. */
export interface WaitSettings {
	maxWaitSeconds: number;
	pollIntervalSeconds?: number;
	download: boolean;
}

/** An image of a clip. Uploaded when its clip is among the next to be sent. */
export interface Frame {
	/** The address, or the hash of the bytes. */
	identity: string;
	/** The file in n8n's store, where it is one. */
	file?: IBinaryData;
	address(): Promise<string>;
}

/** One row that is ready to be paid for. */
export interface ClipJob extends WaitSettings {
	itemIndex: number;
	request: ClipRequest;
	frames: Frame[];
	contentHash: string;
	estimatedCostUsd: number;
	dedupeKey?: string;
	waitForEnd: boolean;
	/** Where the provider tells that the clip has ended; the same key must always give the same addresses. */
	callbackFor?: (idempotencyKey: string) => CallbackAddresses;
}
