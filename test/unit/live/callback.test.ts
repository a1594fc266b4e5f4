import { freePort } from '../../../host/privateServers';
import { setStage } from './stage';

it('shows by which field a callback came, where its query went, and nothing of the address', async () => {
	const stage = await setStage({ webhookContract: 'both' });
	const port = String(await freePort());
	const url = `http://127.0.0.1:${port}/hidden-path/x?token=hidden-query`;
	const { recording, text } = await stage.record([
		...['--callback-url', url, '--callback-port', port, '--callback-seconds', '5'],
	]);
	await stage.close();
	const seen = [...(recording.callbacks?.seen ?? [])].sort((left, right) =>
		left.path < right.path ? -1 : 1,
	);
	expect(seen).toMatchObject([
		{ method: 'POST', path: '/by-callback-url?<query>', readAs: 'task <task 1>, ended' },
		{ method: 'POST', path: '/callback?<query>', readAs: 'task <task 1>, ended' },
	]);
	for (const part of ['hidden-path', 'hidden-query', port]) expect(text).not.toContain(part);
	expect(stage.written()).toContain('the address had a query');
	// The sandbox follows the documentation here, where the provider of this test calls both.
	expect(stage.written()).toMatch(/deliveries\s*│ 2\s*│ 1/);
});
