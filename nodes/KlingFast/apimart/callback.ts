/*
 * What must stay true:
 * - A token is believed only if its seal is right, compared in constant time; nothing else of a callback is ever believed.
 * - The same idempotency key gives the same token, because a repeated submit must send the same bytes.
 * - Tokens are safe in a URL path and stay under 1,500 characters with metadata of 1,000 bytes (n8n 2.41 takes such paths).
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { isObject, parseJson } from '../json';
import { parseUrl } from './address';
import { parseTask, TASK_ID } from './task';

/** A delivery waits this long for an earlier one of the same clip; the provider hangs up after about ten seconds. */
export const CALLBACK_TIMEOUT_MS = 8_000;

const CALLBACK = 1;
const PROBE = 2;
const NONCE_BYTES = 12;
const SEAL_BYTES = 16;

type OpenedToken = { kind: 'callback'; metadata: IDataObject } | { kind: 'probe' };

/** Both names under which a callback address can be given to the provider. */
export interface CallbackAddresses {
	/** The documented field: a base to which APIMart appends `/callback` (webhook page, 2026-08). */
	webhook: string;
	/** The name that APIMart's article uses: an exact address. */
	callbackUrl: string;
}

/** The secret of a credential: its own, or one derived from the API key (HKDF, RFC 5869). */
export function callbackSecret(apiKey: string, ownSecret: string | undefined): Buffer {
	const own = ownSecret?.trim() ?? '';
	if (own !== '') return Buffer.from(own, 'utf8');
	return Buffer.from(hkdfSync('sha256', apiKey, '', 'n8n-nodes-kling-fast callback', 32));
}

/** A token that carries the row's metadata to the trigger. */
export function sealMetadata(
	secret: Buffer,
	idempotencyKey: string,
	metadata: IDataObject,
): string {
	const nonce = mac(secret, Buffer.from(`nonce ${idempotencyKey}`)).subarray(0, NONCE_BYTES);
	return seal(secret, CALLBACK, nonce, Buffer.from(JSON.stringify(metadata), 'utf8'));
}

/** A token that asks the trigger whether it is there and holds the same secret. */
export function sealProbe(secret: Buffer): string {
	return seal(secret, PROBE, Buffer.alloc(NONCE_BYTES), Buffer.alloc(0));
}

/** Whether it has the form of a token. Says nothing about its seal. */
export function looksLikeToken(token: unknown): token is string {
	return typeof token === 'string' && /^[\w-]{20,4096}$/.test(token);
}

/** What a token says, or undefined where it was not sealed with this secret. Never throws. */
export function openToken(secret: Buffer, token: unknown): OpenedToken | undefined {
	if (!looksLikeToken(token)) return undefined;
	const bytes = Buffer.from(token, 'base64url');
	// Node reads over surplus bits and characters: only the one spelling that was handed out counts.
	if (bytes.toString('base64url') !== token) return undefined;
	if (bytes.length < 1 + NONCE_BYTES + SEAL_BYTES) return undefined;
	const sealed = bytes.subarray(0, -SEAL_BYTES);
	const expected = mac(secret, sealed).subarray(0, SEAL_BYTES);
	if (!timingSafeEqual(bytes.subarray(-SEAL_BYTES), expected)) return undefined;
	if (sealed[0] === PROBE) return { kind: 'probe' };
	if (sealed[0] !== CALLBACK) return undefined;
	const metadata = parseJson(sealed.subarray(1 + NONCE_BYTES).toString('utf8'));
	return isObject(metadata) ? { kind: 'callback', metadata } : undefined;
}

/**
 * The trigger's base address from whatever a person copied: with or without `/callback`, the route of the signed path, a
 * trailing slash, a query. Undefined where it is no web address.
 */
export function triggerBase(pasted: string): string | undefined {
	const text = pasted.trim();
	const url = /^https?:\/\//i.test(text) ? parseUrl(text) : undefined;
	if (!url) return undefined;
	const { origin, pathname } = url;
	const path = pathname
		.replace(/(?<!\/)\/+$/, '')
		.replace(/\/callback$/, '')
		.replace(/\/(:|%3A)token$/i, '')
		.replace(/(?<!\/)\/+$/, '');
	return origin + path;
}

/** Addresses of the signed path: `<trigger>/<token>/callback`. */
export function signedAddresses(base: string, token: string): CallbackAddresses {
	return { webhook: `${base}/${token}`, callbackUrl: `${base}/${token}/callback` };
}

/**
 * Addresses that resume a sleeping execution. n8n 2.41 finds `/callback` at the end of the path, and at the end of the query, where
 * it stands if a provider appends it to the whole address.
 */
export function resumeAddresses(resumeUrl: string): CallbackAddresses {
	const exact = new URL(resumeUrl);
	exact.pathname = `${exact.pathname.replace(/(?<!\/)\/+$/, '')}/callback`;
	return { webhook: resumeUrl, callbackUrl: exact.href };
}

/** The task that a callback's body is about, bare or enveloped; undefined for anything else. Never throws. */
export function taskIdOfCallback(body: unknown): string | undefined {
	const data = isObject(body) && isObject(body.data) ? body.data : body;
	const taskId =
		parseTask(body)?.taskId ?? (isObject(data) ? (data.id ?? data.task_id) : undefined);
	return typeof taskId === 'string' && TASK_ID.test(taskId) ? taskId : undefined;
}

function seal(secret: Buffer, kind: number, nonce: Buffer, payload: Buffer): string {
	const sealed = Buffer.concat([Buffer.from([kind]), nonce, payload]);
	return Buffer.concat([sealed, mac(secret, sealed).subarray(0, SEAL_BYTES)]).toString('base64url');
}

function mac(secret: Buffer, bytes: Buffer): Buffer {
	return createHmac('sha256', secret).update(bytes).digest();
}
