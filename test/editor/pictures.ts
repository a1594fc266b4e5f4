/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { repositoryFolder } from '../../host/package';

/** The environment variable that makes the tests write pictures. */
export const TAKE_PICTURES = 'KLING_FAST_TAKE_PICTURES';

/** n8n's messages in the corner come and go. */
const NO_TOASTS = '.el-notification { display: none !important }';

/** A part of the window, in pixels of it. */
export interface Frame {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Writes docs/images/<name>.png, the whole window or a part of it; does nothing in a mere test run. */
export async function takePicture(page: Page, name: string, clip?: Frame): Promise<void> {
	if (!process.env[TAKE_PICTURES]) return;
	const path = join(repositoryFolder, 'docs', 'images', `${name}.png`);
	// The text cursor blinks, and a picture should not change from one run to the next.
	await page.screenshot({ path, clip, style: NO_TOASTS, caret: 'hide', animations: 'disabled' });
}
