import { ImageUploads } from '../../../nodes/KlingFast/generation/imageUploads';
import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { Provider, reset, type Given } from './provider';
import { paidRun } from './run';

const IMAGE = { bytes: Buffer.from('GIF89a'), fileName: 'a.gif', mimeType: 'image/gif' };

function start(rule: (count: number) => Given) {
	const clock = new ManualClock();
	const provider = new Provider(clock, (_, count) => rule(count));
	return { clock, provider, uploads: new ImageUploads(paidRun(provider.client, clock)) };
}

const address = (count: number) => response(200, { url: `https://files.example/${count}.gif` });

describe('the images of a run', () => {
	it('are uploaded once each, however many rows use them at the same time', async () => {
		const { clock, provider, uploads } = start(address);
		const load = jest.fn(async () => IMAGE);
		const rows = ['a', 'b', 'a', 'a'].map(async (hash) => await uploads.address(hash, load));
		const addresses = await clock.run(Promise.all(rows));
		expect(addresses[2]).toBe(addresses[0]);
		expect(addresses[3]).toBe(addresses[0]);
		expect(addresses[1]).not.toBe(addresses[0]);
		expect(provider.seen).toHaveLength(2);
		expect(load).toHaveBeenCalledTimes(2);
	});

	it('are uploaded again after a fault in passing', async () => {
		const { clock, uploads } = start((count) => (count < 3 ? reset() : address(count)));
		const work = uploads.address('a', async () => IMAGE);
		await expect(clock.run(work)).resolves.toBe('https://files.example/3.gif');
	});

	it('are given up after eight tries within two minutes, and for good', async () => {
		const { clock, provider, uploads } = start(() => reset());
		const upload = async () => await uploads.address('a', async () => IMAGE);
		await expect(clock.run(upload())).rejects.toMatchObject({ details: { kind: 'network' } });
		await expect(clock.run(upload())).rejects.toMatchObject({ details: { kind: 'network' } });
		expect(provider.seen).toHaveLength(8);
		expect(clock.nowMs()).toBeLessThan(120_000);
	});

	it('that the provider refuses are not sent again', async () => {
		const refusal = response(413, { error: { message: 'file size 2 exceeds maximum 1 bytes' } });
		const { clock, provider, uploads } = start(() => refusal);
		const work = uploads.address('a', async () => IMAGE);
		await expect(clock.run(work)).rejects.toThrow('file size 2 exceeds maximum 1 bytes');
		expect(provider.seen).toHaveLength(1);
	});
});
