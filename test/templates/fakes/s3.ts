import { createHash } from 'node:crypto';
import type { FakeAnswer, FakeRequest, FakeService } from './service';

export const S3_HOST = 's3.stand-in.test';

/** An S3 store as far as putting objects goes, with the bucket in the path. Signatures are not checked, checksums are. */
export class FakeS3 implements FakeService {
	readonly hosts = [S3_HOST];
	readonly buckets = new Set<string>();
	/** By `<bucket>/<key>`. */
	readonly objects = new Map<string, { bytes: Buffer; contentType?: string }>();

	answer({ method, path, query, headers, body }: FakeRequest): FakeAnswer | undefined {
		const [, bucket, key] = /^\/([^/]+)\/?(.*)$/.exec(path) ?? [];
		if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return refuse(403, 'AccessDenied');
		if (!this.buckets.has(bucket)) return refuse(404, 'NoSuchBucket');
		if (method === 'GET' && query.has('location')) {
			const xml = '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
			return { status: 200, headers: XML, body: `${xml}us-east-1</LocationConstraint>` };
		}
		if (method !== 'PUT' || key === '') return undefined;
		const md5 = createHash('md5').update(body).digest('base64');
		if (headers['content-md5'] !== md5) return refuse(400, 'BadDigest');
		this.objects.set(`${bucket}/${key}`, { bytes: body, contentType: headers['content-type'] });
		return { status: 200 };
	}
}

const XML = { 'content-type': 'application/xml' };

function refuse(status: number, code: string): FakeAnswer {
	return { status, headers: XML, body: `<Error><Code>${code}</Code></Error>` };
}
