import type { IExecuteFunctions } from 'n8n-workflow';
import { ImageUploads } from '../../nodes/KlingFast/actions/video/images';
import { reset } from './generation/provider';
import { stage } from './generation/run';

it('an image upload is given up after eight tries within two minutes, and for good', async () => {
	const { api, clock, run } = stage(() => reset());
	const uploads = new ImageUploads({ helpers: {} } as IExecuteFunctions, run());
	const file = { data: Buffer.from('GIF89a').toString('base64'), mimeType: 'image/gif' };
	for (let times = 0; times < 2; times++) {
		const upload = clock.run(uploads.address({ identity: 'a', file }));
		await expect(upload).rejects.toMatchObject({ details: { kind: 'network' } });
	}
	expect(api.seen).toHaveLength(8);
	expect(clock.nowMs()).toBeLessThan(120_000);
});
