import { ImageUploads } from '../../../nodes/KlingFast/generation/imageUploads';
import { ManualClock } from './manualClock';
import { Provider, reset } from './provider';
import { paidRun } from './run';

it('an image upload is given up after eight tries within two minutes, and for good', async () => {
	const clock = new ManualClock();
	const provider = new Provider(clock, () => reset());
	const uploads = new ImageUploads(paidRun(provider.client, clock));
	const image = { bytes: Buffer.from('GIF89a'), fileName: 'a.gif', mimeType: 'image/gif' };
	for (let times = 0; times < 2; times++) {
		const upload = clock.run(uploads.address('a', async () => image));
		await expect(upload).rejects.toMatchObject({ details: { kind: 'network' } });
	}
	expect(provider.seen).toHaveLength(8);
	expect(clock.nowMs()).toBeLessThan(120_000);
});
