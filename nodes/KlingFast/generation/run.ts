import type { IBinaryData, Logger } from 'n8n-workflow';
import type { CallbackAddresses } from '../apimart/callback';
import type { ApimartClient } from '../apimart/client';
import type { Clock } from '../clock';
import type { KeyScope } from './idempotency';
import type { Ledger } from './ledger';
import type { Fault, Outcome } from './outcome';
import type { PollState } from './polling';
import type { Frame, SheetRow } from './sheetRow';
import type { Slots } from './slots';
import type { TaskJournal } from './taskLog';

/** What all rows of one run of the node share, or those of one round of a sheet that sleeps. */
export interface Run {
	client: ApimartClient;
	clock: Clock;
	signal?: AbortSignal;
	journal: TaskJournal;
	logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
	ledger: Ledger;
	keyScope: KeyScope;
	/** Of the API key, to tell it from another. */
	apiKeyHash: string;
	/** Executions that called this one's workflow and wait for its end. */
	callerIds: string[];
	slots: Pick<Slots, 'left' | 'keep' | 'givenBack'>;
	/** The address of an image; a file is uploaded before its first use. */
	imageUrl(frame: Frame): Promise<string>;
	/** The addresses that the provider calls when the clip has ended; the same key must always give the same addresses. */
	callbackFor(row: SheetRow, idempotencyKey: string): CallbackAddresses | undefined;
	/** Seconds until the next status read of a task, by what is known of it. */
	readDelaySeconds(state: PollState): number;
	/** Streams a finished clip into n8n's binary store; one that cannot be downloaded stays a finished clip. Throws only on Stop. */
	storeVideo(outcome: Outcome): Promise<StoredVideo>;
	/** Why nothing more may be submitted: an execution that waits for the sheet was stopped or deleted. */
	whyStopped(): Promise<Fault | undefined>;
}

/** A file, or why there is none; `inMemory` where n8n has no store, and the file is fetched when it is delivered. */
export type StoredVideo = { binary: IBinaryData } | { fault: Fault } | 'inMemory';
