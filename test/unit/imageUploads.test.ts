import type { IExecuteFunctions } from 'n8n-workflow';
import { ImageUploads } from '../../nodes/KlingFast/actions/video/images';
import { response } from './apimart/answers';
import { reset } from './generation/provider';
import { stage } from './generation/run';

const GIF = { data: Buffer.from('GIF89a').toString('base64'), mimeType: 'image/gif' };

it('an image is uploaded again when its address is about to expire, and not before', async () => {
	const { api, clock, run } = stage(() =>
		response(200, { url: `https://x.example/${api.seen.length}` }),
	);
	const uploads = new ImageUploads({ helpers: {} } as IExecuteFunctions, run());
	const after = async (hours: number) => {
		await clock.run(clock.sleep(hours * 60 * 60_000));
		return await clock.run(uploads.address({ identity: 'a', file: GIF }));
	};
	const [first, same, second] = [await after(0), await after(70.9), await after(0.2)];
	expect([first, same, second]).toEqual([1, 1, 2].map((count) => `https://x.example/${count}`));
	expect(await after(70)).toBe(second);
});

it('an image upload is given up after eight tries within two minutes, and for good', async () => {
	const { api, clock, run } = stage(() => reset());
	const uploads = new ImageUploads({ helpers: {} } as IExecuteFunctions, run());
	for (let times = 0; times < 2; times++) {
		const upload = clock.run(uploads.address({ identity: 'a', file: GIF }));
		await expect(upload).rejects.toMatchObject({ details: { kind: 'network' } });
	}
	expect(api.seen).toHaveLength(8);
	expect(clock.nowMs()).toBeLessThan(120_000);
});
