import type { FakeAnswer, FakeRequest } from './service';

export const GOOGLE_TOKEN = 'ya29.stand-in';

/** The answer to a request without the token that the credentials hold. */
export function refuseOtherHost({ headers }: FakeRequest): FakeAnswer | undefined {
	if (headers.authorization === `Bearer ${GOOGLE_TOKEN}`) return undefined;
	return googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
}

export function googleError(code: number, status: string, message: string): FakeAnswer {
	return { status: code, body: { error: { code, message, status } } };
}
