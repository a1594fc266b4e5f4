import { googleError, refuseOtherHost } from './google';
import type { FakeAnswer, FakeRequest, FakeService } from './service';

export interface DriveFile {
	id: string;
	name: string;
	mimeType: string;
	parents: string[];
	bytes: Buffer;
}

const UPLOAD = '/upload/drive/v3/files';
const FILE = /^\/drive\/v3\/files\/([^/]+)$/;
const IN_FOLDER = /'([^']+)' in parents/;
const OF_TYPE = /mimeType contains '([^']+)'/;
const CHUNK = /^bytes (\d+)-(\d+)\/(\d+)$/;

const FULL = googleError(403, 'PERMISSION_DENIED', 'The storage quota has been exceeded.');

/** Google Drive as far as uploading, searching a folder, downloading and moving goes. */
export class FakeDrive implements FakeService {
	readonly hosts = ['www.googleapis.com'];
	readonly files = new Map<string, DriveFile>();
	private readonly refusals: string[] = [];
	private readonly uploads = new Map<string, { file: DriveFile; chunks: Buffer[] }>();
	private count = 0;

	/** Puts a file there, as a person would. */
	add(file: Omit<DriveFile, 'id'>): DriveFile {
		const added = { ...file, id: `drive-file-${++this.count}` };
		this.files.set(added.id, added);
		return added;
	}

	inFolder(folder: string): DriveFile[] {
		return [...this.files.values()].filter(({ parents }) => parents.includes(folder));
	}

	/** The next upload whose name begins so is refused. */
	refuseOnce(name: string): void {
		this.refusals.push(name);
	}

	answer(request: FakeRequest): FakeAnswer | undefined {
		const { method, path, query } = request;
		// The address of an upload is a secret of its own and needs no token.
		if (path === UPLOAD && method === 'PUT') return this.receive(request);
		const refusal = refuseOtherHost(request);
		if (refusal) return refusal;
		if (path === UPLOAD && query.get('uploadType') === 'resumable') return this.open(request);
		if (path === UPLOAD && query.get('uploadType') === 'multipart') return this.take(request);
		if (path === '/drive/v3/files' && method === 'GET') return this.search(request);
		const [, id] = FILE.exec(path) ?? [];
		if (id === undefined) return undefined;
		const file = this.files.get(id);
		if (!file) return googleError(404, 'NOT_FOUND', `File not found: ${id}.`);
		if (method === 'PATCH') return change(file, request);
		if (method !== 'GET') return undefined;
		if (query.get('alt') !== 'media') return { status: 200, body: resource(file) };
		return { status: 200, headers: { 'content-type': file.mimeType }, body: file.bytes };
	}

	private open({ body, headers }: FakeRequest): FakeAnswer {
		const wanted = JSON.parse(body.toString()) as { name: string; parents: string[] };
		if (this.isRefused(wanted.name)) return FULL;
		const mimeType = headers['x-upload-content-type'] ?? '';
		const id = `drive-file-${++this.count}`;
		this.uploads.set(id, { file: { id, mimeType, ...wanted, bytes: Buffer.alloc(0) }, chunks: [] });
		const location = `https://www.googleapis.com${UPLOAD}?uploadType=resumable&upload_id=${id}`;
		return { status: 200, headers: { location } };
	}

	private receive({ body, query, headers }: FakeRequest): FakeAnswer {
		const upload = this.uploads.get(query.get('upload_id') ?? '');
		const [, first, last, total] = (CHUNK.exec(headers['content-range'] ?? '') ?? []).map(Number);
		const held = upload?.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
		if (!upload || first !== held || last - first + 1 !== body.length) {
			return googleError(400, 'INVALID_ARGUMENT', 'Not the next chunk of an upload.');
		}
		upload.chunks.push(body);
		if (last + 1 < total) return { status: 308, headers: { range: `bytes=0-${last}` } };
		const file = { ...upload.file, bytes: Buffer.concat(upload.chunks) };
		this.files.set(file.id, file);
		return { status: 200, body: resource(file) };
	}

	/** A whole file at once, which n8n sends where it keeps binary data in memory. */
	private take({ body, headers }: FakeRequest): FakeAnswer {
		const [, boundary = ''] = /boundary=(.+)$/.exec(headers['content-type'] ?? '') ?? [];
		const [described, content] = partsOf(body, boundary);
		const wanted = JSON.parse(described.body.toString()) as { name: string; parents: string[] };
		if (this.isRefused(wanted.name)) return FULL;
		const [, mimeType = ''] = /content-type: (.+)/i.exec(content.head) ?? [];
		return { status: 200, body: resource(this.add({ ...wanted, mimeType, bytes: content.body })) };
	}

	private isRefused(name: string): boolean {
		const index = this.refusals.findIndex((start) => name.startsWith(start));
		if (index !== -1) this.refusals.splice(index, 1);
		return index !== -1;
	}

	private search({ query }: FakeRequest): FakeAnswer {
		const wanted = query.get('q') ?? '';
		const [, folder] = IN_FOLDER.exec(wanted) ?? [];
		const [, type = ''] = OF_TYPE.exec(wanted) ?? [];
		const files = this.inFolder(folder).filter(({ mimeType }) => mimeType.startsWith(type));
		return { status: 200, body: { files: files.map(resource) } };
	}
}

function partsOf(body: Buffer, boundary: string): Array<{ head: string; body: Buffer }> {
	// One character a byte, so that text positions are byte positions.
	const texts = body.toString('latin1').split(`--${boundary}`).slice(1, -1);
	return texts.map((text) => {
		const start = text.indexOf('\r\n\r\n');
		const content = text.slice(start + 4, -2);
		return { head: text.slice(2, start), body: Buffer.from(content, 'latin1') };
	});
}

function change(file: DriveFile, { body, query }: FakeRequest): FakeAnswer {
	const named = body.length > 0 ? (JSON.parse(body.toString()) as Partial<DriveFile>) : {};
	const removed = query.get('removeParents')?.split(',') ?? [];
	const kept = file.parents.filter((parent) => !removed.includes(parent));
	const added = query.get('addParents')?.split(',') ?? [];
	file.name = named.name ?? file.name;
	file.mimeType = named.mimeType ?? file.mimeType;
	file.parents = [...new Set([...kept, ...added])];
	return { status: 200, body: resource(file) };
}

function resource({ id, name, mimeType, parents, bytes }: DriveFile): object {
	const webViewLink = `https://drive.google.com/file/d/${id}/view`;
	return { id, name, mimeType, parents, size: String(bytes.length), webViewLink };
}
