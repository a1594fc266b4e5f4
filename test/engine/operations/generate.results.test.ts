import { startSandbox } from '../../../sandbox';
import { errorText, goingOn, jsonOf, oneAttempt, setTheStage } from '../laws/setup';

const stage = setTheStage({ generationSeconds: 60 });

describe('Generate Video, the item of a finished clip', () => {
	test('has the result, the times, the money and the video', async () => {
		const run = await stage.run(['A cat'], {
			parameters: { quality: 'pro', duration: 6, metadata: '{"row":7}' },
			nodeOptions: { outputField: 'clip', cameraMovement: 'static' },
		});
		const [{ json, binary }] = run.items;
		const [taskId] = stage.taskIds();
		const text = expect.any(String);
		expect(json).toEqual({
			...{ taskId, status: 'completed', prompt: 'A cat', metadata: { row: 7 } },
			videoUrl: expect.stringMatching(`^${stage.sandbox.filesUrl}/video/.*${taskId}\\.mp4$`),
			...{ cost: 0.8064, estimatedCost: 0.8064 },
			...{ duration: 6, aspectRatio: '16:9', quality: 'pro', audio: true },
			...{
				submittedAt: text,
				completedAt: text,
				elapsedSeconds: expect.any(Number),
				expiresAt: text,
			},
		});
		expect(Object.keys(binary ?? {})).toEqual(['clip']);
		expect(binary?.clip).toMatchObject({ mimeType: 'video/mp4', fileName: `${taskId}.mp4` });
		expect(binary?.clip.id).toMatch(/^filesystem/);
		const msOf = (field: string) => Date.parse(String(json[field]));
		const madeInMs = msOf('completedAt') - msOf('submittedAt');
		expect(madeInMs).toBe(Number(json.elapsedSeconds) * 1000);
		expect(msOf('expiresAt') - msOf('completedAt')).toBe(86_400_000);
	});

	test('the cost is what the provider billed, beside what the price table says', async () => {
		const run = await stage.run(['[[cost:0.123456789]] A cat']);
		expect(jsonOf(run)).toMatchObject([{ cost: 0.123457, estimatedCost: 0.504 }]);
	});

	test('without Download Video there is no request to the file host', async () => {
		const run = await stage.run(['A cat'], { parameters: { downloadVideo: false } });
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', videoUrl: expect.any(String) }]);
		expect(run.items[0].binary).toBeUndefined();
		expect(stage.ledger.downloads()).toEqual([]);
	});
});

describe('Generate Video, the shapes that answers come in', () => {
	test.each([
		['the address as a plain text', 'url-string'],
		["the article's output_url", 'output-url'],
		['the task in a list', 'task-array'],
		['the task without an envelope', 'task-bare'],
		['another word for the end', 'end-status:succeeded'],
		['a word that nobody knows while it runs', 'status:dreaming'],
		['queued while it runs', 'status:queued'],
		['in_progress while it runs', 'status:in_progress'],
		['numbers as texts', 'number-strings'],
		['a link without an end', 'no-expiry'],
		['another type of file, said by the host', 'octet-stream'],
		['HTML in place of a status', 'task-html:3'],
		['half a status', 'task-half'],
		['a reset in place of a status', 'task-reset:2'],
		['a 500 in place of a status', 'task-500'],
		['a 429 in place of a status', 'task-429:2'],
		['an error inside a 200', 'task-503'],
		['a redirect in place of a status', 'redirect-task'],
		['a challenge in place of a status', 'task-html-403:3'],
		['a refused key in place of a status', 'task-401:2'],
		['no balance in place of a status', 'task-402:7'],
		['a conflict in place of a status', 'task-409:7'],
		['an id that is not known yet', 'task-unknown:3'],
	])('%s', async (_, fault) => {
		const run = await stage.run([`[[${fault}]] A cat`]);
		expect(errorText(run).trim()).toBe('');
		const text = expect.any(String);
		expect(jsonOf(run)).toMatchObject([
			{ status: 'completed', cost: 0.504, videoUrl: text, expiresAt: text },
		]);
		expect(run.items[0].binary?.data.mimeType).toBe('video/mp4');
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test('a price that the answer does not have is left out', async () => {
		const run = await stage.run(['[[no-cost]] A cat']);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed', estimatedCost: 0.504 }]);
		expect(jsonOf(run)[0]).not.toHaveProperty('cost');
	});

	test('the versioned envelope of the submit', async () => {
		const versioned = await startSandbox({ speed: 600, envelope: 'versioned' });
		const { baseUrl, apiKey } = versioned;
		const run = await stage.run(['A cat'], { credentials: { baseUrl: `${baseUrl}/v1/`, apiKey } });
		await versioned.stop();
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
	});
});

describe('Generate Video, the sentence of a clip that came to nothing', () => {
	test.each([
		['[[fail:content]]', /could not make the clip: Failure to pass the risk control system/],
		['[[fail:empty]]', /Generation failed/],
		['[[fail:int]]', /Generation failed upstream/],
		['[[fail:string]]', /Generation failed upstream/],
		['[[fail:nested]]', /Generation failed upstream/],
		['[[fail:none]]', /the provider gave no reason \(status failed\)/],
		['[[cancelled]]', /the provider gave no reason \(status cancelled\)/],
	])('%s: the reason, and that it is not charged', async (word, sentence) => {
		const run = await stage.run([`${word} A cat`], oneAttempt);
		expect(run.error?.message).toMatch(sentence);
		expect(run.error?.message).toContain(stage.taskIds()[0]);
		expect(run.error?.description).toMatch(/not charged/);
		expect(stage.ledger.charges()).toEqual([]);
	});

	test.each(['no-videos', 'no-result'])(
		'completed but %s: an error with the task id',
		async (shape) => {
			const run = await stage.run([`[[${shape}]] A cat`], goingOn);
			const [taskId] = stage.taskIds();
			const sentence = `${taskId} is completed, but APIMart's answer names no video`;
			const error = expect.stringContaining(sentence);
			expect(jsonOf(run)).toMatchObject([{ taskId, status: 'completed', error }]);
		},
	);

	test('no money: the balance stands in the sentence', async () => {
		const credentials = stage.account('sk-nearly-empty-account', { balanceUsd: 0.25 });
		const run = await stage.run(['A cat'], { credentials });
		expect(run.error?.message).toMatch(/balance is too low.*\(balance: 0\.25 USD\)/);
		expect(run.error?.description).toMatch(/Top up/);
	});

	test('no money for the last of three rows: one read of the balance, the others are done', async () => {
		const credentials = stage.account('sk-enough-for-two', { balanceUsd: 1.1 });
		const nodeOptions = { concurrency: 1 };
		const run = await stage.run(['A', 'B', 'C'], { ...goingOn, credentials, nodeOptions });
		const error = expect.stringMatching(/\(balance: 0\.092 USD\)/);
		const completed = { status: 'completed' };
		expect(jsonOf(run)).toMatchObject([completed, completed, { status: 'failed', error }]);
		expect(stage.ledger.requests('balance')).toHaveLength(1);
	});

	test('a host that nobody answers at', async () => {
		const closed = await startSandbox();
		await closed.stop();
		const run = await stage.run(['A cat'], {
			credentials: { apiKey: 'k', baseUrl: closed.baseUrl },
			nodeOptions: { maxWait: 20 },
		});
		expect(errorText(run)).toMatch(
			/No connection to APIMart \(ECONNREFUSED\).*\n.*Nothing was sent/,
		);
	});
});

describe('Generate Video, the download', () => {
	test.each([
		['cut off in the middle', 'truncated-mp4', 2],
		['cut off, with an honest length', 'short-mp4:2', 3],
		['no MP4', 'not-mp4', 2],
		['HTML', 'html-file', 2],
		['reset', 'file-reset:3', 4],
		['refused for a moment', 'file-503', 2],
		['not there yet', 'file-404:2', 3],
	])('%s: only the download is repeated', async (_, fault, downloads) => {
		const run = await stage.run([`[[${fault}]] A cat`]);
		expect(jsonOf(run)).toMatchObject([{ status: 'completed' }]);
		const { binary } = run.items[0];
		const bytes = binary && (await stage.engine.bytesOf(binary.data));
		expect(bytes?.length).toBe(binary?.data.bytes);
		expect(bytes?.toString('latin1', 4, 8)).toBe('ftyp');
		expect(stage.ledger.downloads()).toHaveLength(downloads);
		expect(stage.ledger.submits()).toHaveLength(1);
	});

	test.each([
		['[[expired-link]]', 4, /the file is not there yet \(HTTP 403\)/],
		['[[file-410:9]]', 1, /the link has expired or was withdrawn \(HTTP 410\)/],
		['[[truncated-mp4:99]]', 4, /could not be downloaded/],
		['[[short-mp4:99]]', 4, /the file was cut off after \d+ bytes/],
		['[[not-mp4:99]]', 4, /the file is not an MP4/],
		['[[html-file:99]]', 4, /the file is not an MP4/],
	])(
		'%s: completed, with the error and the link, after %d tries',
		async (word, tries, sentence) => {
			const run = await stage.run([`${word} A cat`], goingOn);
			const [taskId] = stage.taskIds();
			const videoUrl = expect.stringContaining(taskId);
			expect(jsonOf(run)).toMatchObject([{ status: 'completed', taskId, videoUrl }]);
			expect(jsonOf(run)[0].error).toMatch(sentence);
			expect(jsonOf(run)[0].error).toContain(taskId);
			expect(run.items[0].binary).toBeUndefined();
			expect(stage.ledger.downloads()).toHaveLength(tries);
			expect(stage.ledger.charges()).toHaveLength(1);
		},
	);
});
