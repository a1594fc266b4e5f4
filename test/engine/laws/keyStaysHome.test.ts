import { png } from '../../unit/apimart/imageFiles';
import type { NodeRun, RunOptions } from '../harness';
import { everythingIn, errorText, goingOn, idOf, jsonOf, setTheStage } from './setup';

const theKey = ['sk', 'Th1sMustNotLeak'].join('-');
const stage = setTheStage({ apiKey: theKey });
const nodeOptions = { maxWait: 30 };

function expectNoSecretIn(run: NodeRun): void {
	expect(everythingIn(run)).not.toContain(theKey);
	expect(everythingIn(run)).not.toMatch(/Bearer\s+sk/i);
	expect(everythingIn(run)).not.toContain('SIGNED');
	expect(stage.engine.log.text()).not.toContain(theKey);
}

const answer = (route: 'submit' | 'task', status: number, body: unknown) =>
	stage.faults.add({ route, action: { kind: 'answer', status, body } });

describe('Law 3, The key stays home', () => {
	test('no execution of a sleeping sheet is saved with it', async () => {
		const { engine } = stage;
		const run = await stage.run(['[[stuck]] A cat', '[[stuck]] A dog'], {
			parameters: { waitBy: 'sleep' },
			nodeOptions: { concurrency: 1 },
		});
		expect(run.status).toBe('waiting');
		const saved = engine.executions.map(({ id }) => JSON.stringify(engine.savedData(id)));
		expect(saved.length).toBeGreaterThanOrEqual(3);
		for (const data of saved) expect(data).not.toContain(theKey);
		expectNoSecretIn(run);
		engine.stop(idOf(run));
	});

	test('the file host that redirects: the mirror gets no key either', async () => {
		const run = await stage.run(['[[file-redirect]] A cat']);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		expect(run.items[0].binary?.data.mimeType).toBe('video/mp4');
		const origins = stage.ledger.downloads().map(({ origin }) => origin);
		expect(origins).toEqual(['files', 'mirror']);
		expect(stage.ledger.downloads().every(({ authorization }) => !authorization)).toBe(true);
	});

	test.each([
		['submit', {}, 0],
		['task', {}, 1],
		['balance', { resource: 'account', operation: 'getBalance' }, 0],
		['upload', { resource: 'image', operation: 'upload', inputField: 'data' }, 0],
	] as const)('a redirect of a %s is not followed', async (route, parameters, accepted) => {
		stage.faults.add({ route, action: { kind: 'redirect' } });
		const data = await stage.engine.binary(png(), 'cat.png', 'image/png');
		const items = [{ json: { prompt: 'A cat' }, binary: { data } }];
		const run = await stage.run([], { items, parameters, nodeOptions });
		expect(run.status).toBe('error');
		expect(errorText(run)).toMatch(/redirect \(HTTP 307\), which is not followed/);
		expect(stage.ledger.downloads()).toEqual([]);
		expect(stage.ledger.accepted()).toHaveLength(accepted);
	});

	test.each<[string, RunOptions]>([
		['as an item', goingOn],
		['on the error output', { onError: 'continueErrorOutput' }],
		['as a thrown error', {}],
	])('an answer that repeats the key is cleaned before it is shown %s', async (_, options) => {
		const message = `Incorrect API key provided: ${theKey}. Authorization: Bearer ${theKey}, see https://keys.example/fix?token=SIGNED`;
		answer('submit', 401, { error: { message, type: 'x' } });
		const run = await stage.run(['A cat'], options);
		expect(everythingIn(run)).toContain('does not accept the API key');
		expectNoSecretIn(run);
	});

	const failed = { id: 'task_x', status: 'failed', progress: 100 };
	const message = `bad key ${theKey} at https://x.example/?a=SIGNED`;

	test.each([
		['an HTML page', 403, `<html>proxy saw Authorization: Bearer ${theKey}</html>`],
		['no JSON', 403, `upstream echo ${theKey} https://files.example/v.mp4?sig=SIGNED`],
		['a failed task', 200, { ...failed, error: { code: 'task_failed', message } }],
	])('also when it stands in %s', async (_, status, body) => {
		answer('task', status, body);
		const run = await stage.run(['A cat'], { ...goingOn, nodeOptions });
		expect(jsonOf(run)).toMatchObject([{ error: expect.stringContaining('***') }]);
		expectNoSecretIn(run);
	});

	test('a signed link that cannot be downloaded is not shown in the error', async () => {
		const url = `${stage.sandbox.filesUrl}/video/gone.mp4?sig=SIGNED`;
		answer('task', 200, { id: 'task_x', status: 'completed', result: { videos: [{ url }] } });
		const run = await stage.fetch(['task_x']);
		expect(errorText(run)).toMatch(/could not be downloaded/);
		expectNoSecretIn(run);
	});

	test('every kind of failure, and nowhere the key', async () => {
		const fates = ['401', '402', '500', 'build-failed', 'reset-before-accept:999', 'html-502:999'];
		const later = ['fail', 'expired-link', 'truncated-mp4:9', 'not-mp4:9', 'file-reset:9', 'stuck'];
		const prompts = [...fates, ...later].map((fate) => `[[${fate}]] A cat`);
		const run = await stage.run(prompts, { ...goingOn, nodeOptions });
		expect(jsonOf(run).map(({ error }) => typeof error)).toEqual(prompts.map(() => 'string'));
		expectNoSecretIn(run);
		const thrown = await stage.run(prompts, { nodeOptions });
		expect(thrown.status).toBe('error');
		expectNoSecretIn(thrown);
	});

	test.each([
		'http://10.0.0.7/v.mp4',
		'http://localhost:9/v.mp4',
		'http://[::ffff:127.0.0.1]/v.mp4',
	])(
		'with a public base URL the image address %s is refused before anything is sent',
		async (startImageUrl) => {
			const run = await stage.run(['A cat'], {
				credentials: { apiKey: theKey, baseUrl: 'https://api.apimart.example' },
				parameters: { source: 'image', startImageUrl },
			});
			expect(run.status).toBe('error');
			expect(errorText(run)).toMatch(/'Start Image URL' is/);
			expect(errorText(run)).toMatch(/Nothing was charged/);
		},
	);
});
