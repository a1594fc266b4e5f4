import type { IHttpRequestOptions, IN8nHttpFullResponse } from 'n8n-workflow';
import type { Answer } from '../../../nodes/KlingFast/apimart/answer';
import { ApimartClient } from '../../../nodes/KlingFast/apimart/client';
import { ApimartError, errorOfAnswer } from '../../../nodes/KlingFast/apimart/errors';

/** An answer as the client hands it on: the text, and what it parses to. */
export function answer(
	httpStatus: number,
	body: unknown,
	headers: Record<string, unknown> = {},
): Answer {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	return { httpStatus, headers, text, json: parsed(text) };
}

/** What n8n's request function gives for the same. */
export function response(
	statusCode: number,
	body: unknown,
	headers: Record<string, unknown> = {},
): IN8nHttpFullResponse {
	const { text } = answer(statusCode, body);
	return { statusCode, headers: headers as IN8nHttpFullResponse['headers'], body: text };
}

export const BASE_URL = 'https://api.apimart.ai';

/** A client whose requests are kept, and answered by this body. */
export function clientOf(body: unknown, statusCode = 200, apiKey = '') {
	const sent: IHttpRequestOptions[] = [];
	const send = async (options: IHttpRequestOptions) => {
		sent.push(options);
		return response(statusCode, body);
	};
	return { client: new ApimartClient(send, BASE_URL, apiKey), sent };
}

/** The error that an answer means; fails the test where it is taken for a good one. */
export function refusal(
	httpStatus: number,
	body: unknown,
	headers: Record<string, unknown> = {},
): ApimartError {
	const error = errorOfAnswer(answer(httpStatus, body, headers), 0);
	if (!error) throw new Error(`HTTP ${httpStatus} was taken for a good answer`);
	return error;
}

/** What a rejected promise was rejected with; fails the test where it was not. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
	return await work.then(
		() => {
			throw new Error('Expected a rejection');
		},
		(reason: unknown) => reason,
	);
}

/** The same, for one of our own errors. */
export async function apimartRejection(work: Promise<unknown>): Promise<ApimartError> {
	const reason = await rejection(work);
	if (reason instanceof ApimartError) return reason;
	throw new Error(`Expected an ApimartError, got ${String(reason)}`);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
