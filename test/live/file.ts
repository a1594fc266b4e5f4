import axios from 'axios';
import { describeCause } from '../../nodes/KlingFast/apimart/errors';
import { Mp4Inspector } from '../../nodes/KlingFast/apimart/mp4';
import type { FileSeen } from './recording';
import type { Redactor } from './redactor';
import { proxyFor } from './wire';

const TIMEOUT_MS = 5 * 60_000;

export interface Fetched {
	bytes: Buffer;
	seen: FileSeen;
	/** The part of the link that may be a signature. */
	query: string;
}

/** Fetches a clip the way the nodes do: from another host than the API's, without a key. Never rejects. */
export async function fetchFile(url: string, redactor: Redactor): Promise<Fetched> {
	const { host, search, searchParams } = new URL(url);
	const common = { host: redactor.text(host), linkParameters: [...searchParams.keys()] };
	const [got] = await Promise.allSettled([
		axios.get<Buffer>(url, {
			responseType: 'arraybuffer',
			validateStatus: () => true,
			timeout: TIMEOUT_MS,
			...proxyFor(url),
		}),
	]);
	if (got.status === 'rejected') {
		const mp4 = `no answer: ${describeCause(got.reason)}`;
		const seen = { ...common, httpStatus: 0, headers: {}, bytes: 0, mp4 };
		return { bytes: Buffer.alloc(0), seen, query: search };
	}
	const { status, headers, data } = got.value;
	const inspector = new Mp4Inspector();
	inspector.take(data);
	return {
		bytes: data,
		seen: {
			...common,
			httpStatus: status,
			headers: redactor.headers({ ...headers }),
			bytes: data.length,
			mp4: inspector.verdict() ?? 'whole',
		},
		query: search,
	};
}
