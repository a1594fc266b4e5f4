import type { IBinaryData, Logger } from 'n8n-workflow';
import type { CallbackAddresses } from '../apimart/callback';
import type { ApimartClient } from '../apimart/client';
import type { Clock } from '../clock';
import type { KeyScope } from './idempotency';
import type { Ledger } from './ledger';
import type { Fault } from './outcome';
import type { ClipRequest } from '../apimart/clipRequest';
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
	ledger: Ledger;
	keyScope: KeyScope;
	/** Streams a finished clip into n8n's binary store; one that cannot be downloaded stays a finished clip. Throws only on Stop. */
	storeVideo(url: string, taskId: string, completedMs?: number): Promise<StoredVideo>;
}

/** A file, or why there is none; `inMemory` where n8n has no store, and the file is fetched when it is delivered. */
export type StoredVideo = { binary: IBinaryData } | { fault: Fault } | 'inMemory';

/** How long to wait for one clip, and what to bring along. */
export interface WaitSettings {
	maxWaitSeconds: number;
	pollIntervalSeconds?: number;
	download: boolean;
	/** How many failed tasks of a row are followed by another one at once. */
	retryFailed?: number;
}

/** An image of a clip. Uploaded when its clip is among the next to be sent. */
export interface Frame {
	/** The address, or the hash of the bytes. */
	identity: string;
	/** The file in n8n's store, where it is one. */
	file?: IBinaryData;
	/** In pixels, where it is a file. */
	size?: { width: number; height: number };
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
	/** The addresses that the provider calls when the clip has ended; the same key must always give the same addresses. */
	callbackFor?: (idempotencyKey: string) => CallbackAddresses;
}
