import { createHash } from 'node:crypto';
import { clipBody, type ClipRequest } from '../apimart/clipRequest';

/**
 * Hash of all that decides what the clip will be. `frameIdentities` stand for the images: the hash of a binary's bytes (its
 * upload address is new each time) or the address that was typed. Metadata and callback addresses are not part of it.
 */
export function contentHash(request: ClipRequest, frameIdentities: string[]): string {
	return sha256(clipBody(request, frameIdentities));
}

export interface KeyScope {
	instanceId: string;
	workflowId: string;
	nodeId: string;
	/** That which waits for the clips. */
	executionId: string;
	/** In its place in the key: that of which this one is n8n's Retry, or itself. Pressed twice, Retry asks for the same clips. */
	firstExecutionId: string;
	runIndex: number;
}

export interface KeyParts {
	itemIndex: number;
	contentHash: string;
	attempt: number;
	/** A person's own key of the row: then the execution, the run and the position of the row do not count. */
	dedupeKey?: string;
}

/**
 * The `Idempotency-Key` of a paid request: 1 to 191 visible ASCII characters, remembered by APIMart for 24 hours per API key
 * (machine schema of 2026-09). The same clip of the same row and attempt always has the same key.
 */
export function idempotencyKey(scope: Omit<KeyScope, 'executionId'>, parts: KeyParts): string {
	const { itemIndex, contentHash: content, attempt, dedupeKey } = parts;
	const row =
		dedupeKey === undefined
			? ['row', scope.instanceId, scope.firstExecutionId, scope.runIndex, itemIndex]
			: ['dedupe', dedupeKey];
	const words = [...row, scope.workflowId, scope.nodeId, content, attempt];
	return `kling-fast-${sha256(JSON.stringify(words))}`;
}

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}
