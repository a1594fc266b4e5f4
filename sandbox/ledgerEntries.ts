/** One request to the API. Keys appear masked only. */
export interface RequestEntry {
	n: number;
	at: string;
	method: string;
	path: string;
	route: string;
	key?: string;
	/** What was answered; absent while open and where the connection was reset instead. */
	status?: number;
	/** True once the request has been dealt with, answered or not. */
	ended: boolean;
	idempotencyKey?: string;
	bodyHash?: string;
	taskId?: string;
	/** A submit that was answered from memory: nothing new was made. */
	replayed?: boolean;
	/** A submit that made a new task. */
	accepted?: boolean;
	/** The fault that was applied, as its word or kind. */
	fault?: string;
	/** The JSON body of a submit, for tests to look at. */
	body?: unknown;
}

export interface ChargeEntry {
	taskId: string;
	key: string;
	usd: number;
	state: 'reserved' | 'settled' | 'refunded';
	at: string;
}

export interface UploadEntry {
	at: string;
	key: string;
	url: string;
	filename: string;
	contentType: string;
	bytes: number;
	sha256: string;
}

export interface DownloadEntry {
	at: string;
	origin: string;
	path: string;
	taskId?: string;
	status?: number;
	ended: boolean;
	fault?: string;
	/** Whether an Authorization header came along: it never should. */
	authorization: boolean;
}

export interface CallbackEntry {
	at: string;
	taskId: string;
	url: string;
	contract: 'docs' | 'article';
	kind: 'genuine' | 'duplicate' | 'forged' | 'malformed' | 'early';
	attempt: number;
	/** `failed`: may be tried again; `given-up`: 4xx or tries used up; `dropped`: never sent. */
	outcome: 'delivered' | 'failed' | 'given-up' | 'dropped';
	status?: number;
	reason?: string;
	/** The wait before the next try, in provider seconds. */
	retryInSeconds?: number;
}

export interface ViolationEntry {
	at: string;
	what: string;
}

export interface LedgerContent {
	requests: RequestEntry[];
	charges: ChargeEntry[];
	uploads: UploadEntry[];
	downloads: DownloadEntry[];
	callbacks: CallbackEntry[];
	violations: ViolationEntry[];
}
