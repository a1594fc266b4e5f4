/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { showStep } from '../../host/progress';
import { run } from '../../host/run';

export const CHROMIUM_IS_MISSING =
	'No Chromium was found, so the editor is not tested. Install it (Debian and Ubuntu: apt-get install chromium), or name one in KLING_FAST_CHROMIUM.';

const USUAL_PATHS = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser of this computer, or the one that `KLING_FAST_CHROMIUM` names; undefined where there is none. */
export function findChromium(): string | undefined {
	const named = process.env.KLING_FAST_CHROMIUM;
	return (named ? [named] : USUAL_PATHS).find((path) => existsSync(path));
}

/** As `findChromium`, but where there is none, and we are root on a Debian (as in a container), it is installed. */
export async function ensureChromium(): Promise<string | undefined> {
	const found = findChromium();
	const isNamed = Boolean(process.env.KLING_FAST_CHROMIUM);
	if (found !== undefined || isNamed || !(await isRootOnDebian())) return found;
	await showStep("Installing Debian's Chromium (once)", async () => {
		await run('apt-get', ['update']);
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		await run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], { env });
	});
	return findChromium();
}

/** Others keep their word on what is installed; Ubuntu's package of that name needs a system that containers lack. */
async function isRootOnDebian(): Promise<boolean> {
	const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
	return process.getuid?.() === 0 && /^ID=debian$/m.test(release);
}
