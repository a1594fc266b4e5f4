/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { execFile } from 'node:child_process';
import { access, chmod, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

let found: Promise<string> | undefined;

/**
 * The ffmpeg to use: `FFMPEG_PATH`, else one on the PATH that can do what is needed, else the one of @ffmpeg-installer/ffmpeg.
 * @throws Error that says how to get one
 */
export async function ffmpegPath(): Promise<string> {
	found ??= lookUp();
	found.catch(() => {
		found = undefined;
	});
	return await found;
}

async function lookUp() {
	const { FFMPEG_PATH, PATH = '' } = process.env;
	if (FFMPEG_PATH) {
		if (await canAccess(FFMPEG_PATH, constants.X_OK)) return FFMPEG_PATH;
		throw new Error(`FFMPEG_PATH does not name a program that can be run: ${ADVICE}`);
	}
	const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
	for (const folder of PATH.split(delimiter).filter(Boolean)) {
		const candidate = join(folder, name);
		if ((await canAccess(candidate, constants.X_OK)) && (await canRender(candidate)))
			return candidate;
	}
	const packaged = await packagedPath();
	if (packaged) {
		// Installed with --ignore-scripts, the program may lack its permission.
		if (!(await canAccess(packaged, constants.X_OK))) await chmod(packaged, 0o755).catch(() => {});
		if (await canAccess(packaged, constants.X_OK)) return packaged;
	}
	throw new Error(`No ffmpeg was found: ${ADVICE}`);
}

const ADVICE =
	'install ffmpeg so that it is on the PATH, or set FFMPEG_PATH, or run "npm install --save-dev @ffmpeg-installer/ffmpeg", or use tiny clips (--clips tiny)';

/** The package throws while it is loaded where it has no program for this computer. */
async function packagedPath(): Promise<string | undefined> {
	return await import('@ffmpeg-installer/ffmpeg').then(
		({ path }) => path,
		() => undefined,
	);
}

/** Some builds come without the encoder, or cannot write text into a picture. */
async function canRender(program: string) {
	const run = promisify(execFile);
	try {
		const { stdout: encoders } = await run(program, ['-hide_banner', '-encoders']);
		const { stdout: filters } = await run(program, ['-hide_banner', '-filters']);
		return encoders.includes('libx264') && filters.includes('drawtext');
	} catch {
		return false;
	}
}

export async function canAccess(path: string, mode = constants.F_OK) {
	return await access(path, mode).then(
		() => true,
		() => false,
	);
}
