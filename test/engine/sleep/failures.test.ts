import { column, errorText, expectKeys, goingOn, idOf, jsonOf, oneAttempt } from '../laws/setup';
import { StoredCredentials } from '../storedCredentials';
import {
	endClip,
	findPart,
	isWaiting,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage();

test('On Error: stop. One error names every row', async () => {
	const prompts = ['good', '[[moderation-400]] refused', '[[fail:content]] failing'];
	const final = await stage.sleepThrough(prompts);
	const [good, failing] = stage.taskIds();
	expect(final.status).toBe('error');
	expect(final.error?.message).toMatch(/moderation.*\[item 1\]/);
	expect(errorText(final)).toContain(
		`item 0: completed ${good}; item 1: failed, not submitted; item 2: failed ${failing}`,
	);
	expect(final.execution.resultData.runData).not.toHaveProperty('Next');
	expect(partOf(stage, final, 'sheet').status).toBe('error');
});

test('a first row that fails asleep is not submitted again by Retry On Fail', async () => {
	const retrying = { ...goingOn, ...oneAttempt, retryOnFail: true, maxTries: 3 };
	const final = await stage.sleepThrough(['[[fail]] bad', 'good'], retrying);
	expect(column(final, 'status')).toEqual(['failed', 'completed']);
	expect(stage.ledger.submits()).toHaveLength(2);
});

test('a clip that cannot be downloaded is completed, with its link and an error', async () => {
	const run = await stage.sleep([open('A fox'), open('A cat')], goingOn);
	const [fox, cat] = stage.taskIds();
	stage.faults.add({ action: 'expired-once:9', route: 'file', when: { taskId: fox } });
	await endClip(stage, fox);
	await endClip(stage, cat);
	const final = await stage.engine.finalRun(run);
	expect(column(final, 'status')).toEqual(['completed', 'completed']);
	expect(jsonOf(final)[0]).toMatchObject({
		videoUrl: expect.stringContaining('.mp4'),
		error: expect.stringMatching(`could not be downloaded.*${fox}.*Get Video`),
	});
	expect(final.items.map(({ binary }) => binary !== undefined)).toEqual([false, true]);
});

test('too low a balance: the error says what is left, with one request for it', async () => {
	const final = await stage.sleepThrough(['A fox', '[[402]] A cat', '[[402]] A dog'], goingOn);
	expect(column(final, 'status')).toEqual(['completed', 'failed', 'failed']);
	for (const error of column(final, 'error').slice(1)) {
		expect(error).toMatch(/balance is too low.*balance: [\d.]+ USD/);
	}
	expect(stage.ledger.requests('balance')).toHaveLength(1);
});

describe('a provider that is busy or does not answer', () => {
	test.each(['429:2', 'overloaded:2', 'no-channel:1', 'reset-before-accept:2', 'html-502:1'])(
		'%s: the submit is sent again with the same key and bytes in a later round',
		async (word) => {
			const run = await stage.sleep([`[[${word}]] A fox`, 'A cat']);
			expect(run.status).toBe('waiting');
			const final = await toTheEnd(stage, run, 10);
			expect(column(final, 'status')).toEqual(['completed', 'completed']);
			expect(stage.ledger.submits().length).toBeGreaterThan(2);
			expectKeys(stage, 2);
			expect(stage.ledger.charges()).toHaveLength(2);
		},
	);

	test.each(['reset-after-accept', '502-after-accept', 'half-after-accept', '503-after-accept:2'])(
		'%s: the clip is found again and charged once',
		async (word) => {
			const final = await stage.sleepThrough([`[[${word}]] A fox`]);
			const [taskId, ...more] = stage.taskIds();
			expect(more).toEqual([]);
			expect(jsonOf(final)).toMatchObject([{ status: 'completed', taskId }]);
			expect(stage.ledger.charges()).toHaveLength(1);
		},
	);

	test.each([
		['task-502:3', 'completed'],
		['task-reset:3', 'completed'],
		['task-half:2', 'completed'],
		['task-html:2', 'completed'],
		['task-401:2', 'completed'],
		['task-401:9', 'processing'],
	])('%s: reads are repeated, or not: %s', async (word, status) => {
		const final = await stage.sleepThrough([`[[${word}]] A fox`], goingOn);
		expect(jsonOf(final)).toMatchObject([{ status, taskId: stage.taskIds()[0] }]);
	});
});

describe('a credential that is deleted while the sheet sleeps', () => {
	const gone = new Error(
		'Credential with ID "credential-1" does not exist for type "klingFastApi".',
	);
	afterEach(() => jest.restoreAllMocks());

	test('ends it after four rounds, two minutes later, with the tasks named', async () => {
		const nodeOptions = { concurrency: 1 };
		const run = await stage.sleep([open('A fox'), open('A cat')], { ...goingOn, nodeOptions });
		const [fox] = stage.taskIds();
		jest.spyOn(StoredCredentials.prototype, 'getDecrypted').mockRejectedValue(gone);
		for (let round = 0; round < 3; round++) await roundAfter(stage, run, 60);
		expect(isWaiting(stage, run)).toBe(true);
		const final = await toTheEnd(stage, run, 2);
		expect(column(final, 'taskId')).toEqual([fox, undefined]);
		expect(column(final, 'status')).toEqual(['processing', 'failed']);
		const [first, second] = column(final, 'error');
		expect(first).toContain(fox);
		expect(first).toMatch(/does not exist.*may still be finished and charged.*Get Video/);
		expect(second).toMatch(/does not exist.*not submitted and nothing was charged/);
	});

	test('together with the execution that waits leaves nothing at work', async () => {
		const run = await stage.sleep([open('A fox')]);
		jest.spyOn(StoredCredentials.prototype, 'getDecrypted').mockRejectedValue(gone);
		await stage.engine.delete(idOf(run));
		for (let minute = 0; minute < 5 && findPart(stage, run, 'worker'); minute++) {
			await roundAfter(stage, run, 60);
		}
		expect(findPart(stage, run, 'worker')?.status).not.toBe('waiting');
	});

	test('in three rounds only is a database or a vault that was busy', async () => {
		const run = await stage.sleep(['A fox']);
		const reads = jest.spyOn(StoredCredentials.prototype, 'getDecrypted');
		for (let round = 0; round < 3; round++) {
			reads.mockRejectedValueOnce(gone);
			await nextRound(stage, run);
		}
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed']);
	});
});
