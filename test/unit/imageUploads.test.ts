import type { IExecuteFunctions } from 'n8n-workflow';
import { ImageUploads } from '../../nodes/KlingFast/actions/video/images';
import { ManualClock } from './generation/manualClock';
import { Provider, reset } from './generation/provider';
import { paidRun } from './generation/run';

it('an image upload is given up after eight tries within two minutes, and for good', async () => {
	const clock = new ManualClock();
	const provider = new Provider(clock, () => reset());
	const context = { helpers: {} } as IExecuteFunctions;
	const uploads = new ImageUploads(context, paidRun(provider.client, clock));
	const file = { data: Buffer.from('GIF89a').toString('base64'), mimeType: 'image/gif' };
	for (let times = 0; times < 2; times++) {
		const upload = clock.run(uploads.address({ identity: 'a', file }));
		await expect(upload).rejects.toMatchObject({ details: { kind: 'network' } });
	}
	expect(provider.seen).toHaveLength(8);
	expect(clock.nowMs()).toBeLessThan(120_000);
});
