/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { existsSync } from 'node:fs';

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
