/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ffmpegArguments, LAYOUT_VERSION, filmTextFiles } from './filmScript';
import { canAccess, ffmpegPath } from './ffmpeg';
import type { ClipRequest } from './validation';

/** The largest clip takes a few seconds; whatever takes this long hangs. */
const RENDER_LIMIT_SECONDS = 120;

/** An image under the texts of a clip. */
export interface Background {
	bytes: Buffer;
	extension: string;
}

/**
 * Renders clips with ffmpeg, one at a time (a laptop has other things to do), and keeps each by what is
 * to be seen in it: the same request never renders twice.
 */
export class ClipRenderer {
	private queue: Promise<unknown> = Promise.resolve();

	private readonly running = new Map<string, Promise<string>>();

	private child: ChildProcess | undefined;

	private stopped = false;

	constructor(private readonly cacheFolder = clipCacheFolder()) {}

	/**
	 * @returns the path of the MP4
	 * @throws Error where ffmpeg is missing or fails
	 */
	async render(request: ClipRequest, background?: Background): Promise<string> {
		const name = contentName(request, background);
		const running = this.running.get(name);
		if (running) return await running;
		const rendering = this.cachedOrQueued(name, request, background);
		this.running.set(name, rendering);
		return await rendering.finally(() => this.running.delete(name));
	}

	/** Ends what is being rendered and leaves no temporary folder behind. */
	async stop() {
		this.stopped = true;
		this.child?.kill('SIGKILL');
		await this.queue;
	}

	private async cachedOrQueued(name: string, request: ClipRequest, background?: Background) {
		const path = join(this.cacheFolder, `${name}.mp4`);
		if (await canAccess(path)) return path;
		const turn = this.queue.then(async () => await this.renderTo(path, request, background));
		this.queue = turn.catch(() => {});
		await turn;
		return path;
	}

	private async renderTo(path: string, request: ClipRequest, background?: Background) {
		const folder = await mkdtemp(join(tmpdir(), 'kling-clip-'));
		try {
			// Everything ffmpeg reads lies in its working folder: no path has to be escaped in a filter.
			await copyFile(fontPath(), join(folder, 'font.ttf'));
			for (const [name, text] of Object.entries(filmTextFiles(request))) {
				await writeFile(join(folder, name), text);
			}
			const image = background && (await this.readable(folder, background));
			await this.run(folder, ffmpegArguments(request, image));
			await mkdir(dirname(path), { recursive: true });
			const finished = `${path}.${process.pid}.part`;
			await copyFile(join(folder, 'clip.mp4'), finished);
			await rename(finished, path);
		} finally {
			await rm(folder, { recursive: true, force: true });
		}
	}

	/** The image as a PNG; without it where this ffmpeg cannot read it (it would loop for ever). */
	private async readable(folder: string, { bytes, extension }: Background) {
		const given = `given.${extension}`;
		await writeFile(join(folder, given), bytes);
		return await this.run(folder, ['-v', 'error', '-i', given, '-frames:v', '1', 'start.png']).then(
			() => 'start.png',
			() => undefined,
		);
	}

	private async run(folder: string, args: string[]) {
		const program = await ffmpegPath();
		if (this.stopped) throw new Error('The sandbox was stopped while a clip was rendered');
		await new Promise<void>((resolve, reject) => {
			const child = spawn(program, args, {
				cwd: folder,
				stdio: ['ignore', 'ignore', 'pipe'],
				timeout: RENDER_LIMIT_SECONDS * 1000,
				killSignal: 'SIGKILL',
			});
			this.child = child;
			let complaint = '';
			child.stderr.on('data', (chunk: Buffer) => {
				complaint = `${complaint}${chunk.toString()}`.slice(-2000);
			});
			child.on('error', reject);
			child.on('close', (code) => {
				if (code === 0) resolve();
				else reject(new Error(`ffmpeg could not render the clip: ${complaint.trim()}`));
			});
		});
	}
}

/** `KLING_FAST_CACHE`, else `clips` in the package's folder of the user's cache. */
function clipCacheFolder() {
	const { KLING_FAST_CACHE, XDG_CACHE_HOME } = process.env;
	if (KLING_FAST_CACHE) return KLING_FAST_CACHE;
	return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'n8n-nodes-kling-fast', 'clips');
}

/** What is to be seen and heard, as a hash: the name in the cache. */
function contentName(request: ClipRequest, background?: Background) {
	const seen = { ...request, webhook: '', callbackUrl: '', imageUrls: request.imageUrls.length };
	const hash = createHash('sha256').update(JSON.stringify([LAYOUT_VERSION, seen]));
	if (background) hash.update(background.bytes);
	return hash.digest('hex').slice(0, 32);
}

const fontPath = () =>
	join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf', 'DejaVuSans-Bold.ttf');
