/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clipOf } from './clip';

/** A playable clip without ffmpeg: one second, 64x36, H.264, no sound, whatever was asked for. */
export const tinyClip = (trailer: Buffer[]) => clipOf([TINY_MP4, ...trailer]);

/**
 * Rendered once: `ffmpeg -f lavfi -i color=c=0x1e293b:s=64x36:r=2:d=1 -c:v libx264 -preset veryslow
 * -pix_fmt yuv420p -movflags +faststart -fflags +bitexact`.
 */
const TINY_MP4 = readFileSync(join(__dirname, 'tiny.mp4'));
