import type { NodeRun, RunOptions } from '../harness';
import { everythingIn, errorText, jsonOf, setTheStage } from './setup';

const theKey = ['sk', 'Th1sMustNotLeak'].join('-');
const stage = setTheStage({ apiKey: theKey });

function expectNoSecretIn(run: NodeRun): void {
	expect(everythingIn(run)).not.toContain(theKey);
	expect(everythingIn(run)).not.toMatch(/Bearer\s+sk/i);
	expect(everythingIn(run)).not.toContain('SIGNED');
	expect(stage.engine.log.text()).not.toContain(theKey);
}

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
		engine.stop(String(run.options.executionId));
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
		['submit', 0],
		['task', 1],
	] as const)('a redirect of a %s is not followed', async (route, accepted) => {
		stage.faults.add({ route, action: { kind: 'redirect' } });
		const run = await stage.run(['A cat'], { nodeOptions: { maxWait: 30 } });
		expect(run.status).toBe('error');
		expect(errorText(run)).toMatch(/redirect \(HTTP 307\), which is not followed/);
		expect(stage.ledger.downloads()).toEqual([]);
		expect(stage.ledger.accepted()).toHaveLength(accepted);
	});

	test('a redirect of the balance or of an upload is not followed', async () => {
		stage.faults.add({ route: 'any', action: { kind: 'redirect' } });
		const parameters = { resource: 'account', operation: 'getBalance', prompt: '' };
		const balance = await stage.run(['x'], { parameters });
		expect(errorText(balance)).toMatch(/redirect/);
		const image = await stage.engine.binary(PNG, 'cat.png', 'image/png');
		const upload = await stage.run([], {
			items: [{ json: {}, binary: { data: image } }],
			parameters: { resource: 'image', operation: 'upload', inputField: 'data', prompt: '' },
		});
		expect(errorText(upload)).toMatch(/redirect/);
		expect(stage.ledger.downloads()).toEqual([]);
	});

	test.each<[string, RunOptions]>([
		['as an item', { onError: 'continueRegularOutput' }],
		['on the error output', { onError: 'continueErrorOutput' }],
		['as a thrown error', {}],
	])('an answer that repeats the key is cleaned before it is shown %s', async (_, options) => {
		const leak = `Incorrect API key provided: ${theKey}. Authorization: Bearer ${theKey}, see https://keys.example/fix?token=SIGNED`;
		stage.faults.add({
			route: 'submit',
			action: { kind: 'answer', status: 401, body: { error: { message: leak, type: 'x' } } },
		});
		const run = await stage.run(['A cat'], options);
		expect(everythingIn(run)).toContain('does not accept the API key');
		expectNoSecretIn(run);
	});

	test.each<[string, FaultBody]>([
		['an HTML page', `<html><body>proxy saw Authorization: Bearer ${theKey}</body></html>`],
		['a body that is no JSON', `upstream echo ${theKey} https://files.example/v.mp4?sig=SIGNED`],
		[
			'a failed task',
			{ code: 200, data: failedTask(`bad key ${theKey} at https://x.example/?a=SIGNED`) },
		],
	])('also when it stands in %s', async (_, body) => {
		const status = typeof body === 'string' ? 403 : 200;
		stage.faults.add({ route: 'task', action: { kind: 'answer', status, body } });
		const onError = 'continueRegularOutput';
		const nodeOptions = { maxWait: 30 };
		const run = await stage.run(['A cat'], { onError, nodeOptions });
		expect(jsonOf(run)).toMatchObject([{ error: expect.stringContaining('***') }]);
		expectNoSecretIn(run);
	});

	test('a signed link that cannot be downloaded is not shown in the error', async () => {
		const url = `${stage.sandbox.filesUrl}/video/gone.mp4?sig=SIGNED`;
		stage.faults.add({ route: 'task', action: completedWith(url) });
		const run = await stage.fetch(['task_x']);
		expect(errorText(run)).toMatch(/could not be downloaded/);
		expectNoSecretIn(run);
	});

	test('every kind of failure, and nowhere the key', async () => {
		const fates = ['401', '402', '500', 'build-failed', 'reset-before-accept:999', 'html-502:999'];
		const later = ['fail', 'expired-link', 'truncated-mp4:9', 'not-mp4:9', 'file-reset:9', 'stuck'];
		const prompts = [...fates, ...later].map((fate) => `[[${fate}]] A cat`);
		const run = await stage.run(prompts, {
			onError: 'continueRegularOutput',
			nodeOptions: { maxWait: 30 },
		});
		const errors = jsonOf(run).map(({ error }) => typeof error);
		expect(errors).toEqual(prompts.map(() => 'string'));
		expectNoSecretIn(run);
		const thrown = await stage.run(prompts, { nodeOptions: { maxWait: 30 } });
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

type FaultBody = string | { code: number; data: object };

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from('pixels')]);

function failedTask(message: string) {
	return { id: 'task_x', status: 'failed', progress: 100, error: { code: 'task_failed', message } };
}

function completedWith(url: string) {
	const data = {
		id: 'task_x',
		status: 'completed',
		progress: 100,
		result: { videos: [{ url: [url] }] },
	};
	return { kind: 'answer' as const, status: 200, body: { code: 200, data } };
}
