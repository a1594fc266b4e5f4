import { currentClock } from '../../../nodes/KlingFast/clock';
import { column, errorText, everythingIn, jsonOf, setTheStage } from '../laws/setup';
import { callBack, endOf, open, sleepy, taskIds, woken } from './sleepStage';

const stage = setTheStage();

async function end(taskId: string, ending: 'completed' | 'failed' = 'completed') {
	await stage.sandbox.finishTask(taskId, { ending });
}

async function readAgain(taskId: string) {
	const before = stage.sandbox.ledger.polls(taskId).length;
	await stage.sandbox.ledger.waitFor((ledger) => ledger.polls(taskId).length > before + 1);
}

describe('before the sleep', () => {
	test('a last look that does not come through is repeated', async () => {
		stage.sandbox.faults.add({ action: 'task-502:2', route: 'task' });
		stage.sandbox.faults.add({ action: 'slow:0', when: { promptContains: 'A fox' } });
		const run = await stage.engine.runNode(sleepy(stage, ['A fox']));
		expect(run.status).toBe('success');
		expect(column(run, 'status')).toEqual(['completed']);
		expect(stage.sandbox.ledger.polls()).toHaveLength(3);
	});

	test('with APIMart unreadable it sleeps all the same, and a later callback wakes it', async () => {
		const fault = stage.sandbox.faults.add({ action: 'task-503:99', route: 'task' });
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox')]));
		expect(run.status).toBe('waiting');
		stage.sandbox.faults.remove(fault);
		const [taskId] = taskIds(stage);
		await end(taskId);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
		expect(column(resumed, 'status')).toEqual(['completed']);
	});

	test('Stop ends it, and the task is named', async () => {
		const running = stage.engine.start(
			sleepy(stage, [open('one'), open('two'), open('three')], { nodeOptions: { concurrency: 2 } }),
		);
		await stage.sandbox.ledger.waitFor((ledger) => ledger.accepted().length === 2);
		const [, two] = taskIds(stage);
		await readAgain(two);
		running.cancel();
		const run = await running.finished;
		expect(run.status).toBe('canceled');
		expect(JSON.stringify(run.customData)).toContain(two);
	});

	test.each([undefined, 'continueRegularOutput'] as const)(
		'an n8n that APIMart cannot reach is told before anything is paid for, and polling is offered (%s)',
		async (onError) => {
			const { engine, sandbox } = stage;
			// Nothing answers there: a single request would show as an error of the network.
			const credentials = { apiKey: sandbox.apiKey, baseUrl: 'https://provider.invalid' };
			const run = await engine.runNode(sleepy(stage, ['A fox', 'A cat'], { credentials, onError }));
			const sentences = onError ? column(run, 'error') : [errorText(run)];
			expect(sentences).toHaveLength(onError ? 2 : 1);
			for (const sentence of sentences) {
				expect(sentence).toMatch(/cannot call this n8n back.*127\.0\.0\.1:5678.*private network/);
				expect(sentence).toContain('"Check Until Finished"');
				expect(sentence).toContain('nothing was charged');
			}
			expect(everythingIn(run)).not.toMatch(/ENOTFOUND|signature=/);
			expect(sandbox.ledger.requests()).toEqual([]);
		},
	);

	test.each([
		['https://n8n.invalid:8443', [expect.stringMatching(/may drop callbacks to port 8443/)]],
		['https://n8n.invalid', []],
	])('an n8n at %s is taken for one that APIMart can reach', async (origin, hints) => {
		const { engine, sandbox } = stage;
		const usual = engine.additionalData.bind(engine);
		const addresses = { webhookWaitingBaseUrl: `${origin}/webhook-waiting` };
		const spy = jest
			.spyOn(engine, 'additionalData')
			.mockImplementation((options) => ({ ...usual(options), ...addresses }));
		const run = await engine.runNode(
			sleepy(stage, ['A fox'], {
				credentials: { apiKey: sandbox.apiKey, baseUrl: 'https://provider.invalid' },
				onError: 'continueRegularOutput',
				nodeOptions: { maxWait: 1 },
			}),
		);
		spy.mockRestore();
		expect(run.hints.map(({ message }) => message)).toEqual(hints);
		// It came as far as the submit, where nobody is.
		expect(column(run, 'error')).toEqual([expect.stringMatching(/APIMart/)]);
		expect(column(run, 'error')[0]).not.toContain('call this n8n back');
	});

	test('a Row Key that an earlier execution has used is an error, and is not charged again', async () => {
		const settings = { nodeOptions: { dedupeKey: 'row-17' } };
		const first = await stage.engine.runNode(sleepy(stage, [open('A fox')], settings));
		expect(first.status).toBe('waiting');
		const second = await stage.engine.runNode(
			sleepy(stage, [open('A fox')], { ...settings, onError: 'continueRegularOutput' }),
		);
		expect(second.status).toBe('success');
		expect(column(second, 'status')).toEqual(['failed']);
		expect(column(second, 'error')[0]).toMatch(/not charged again/);
		expect(stage.sandbox.ledger.accepted()).toHaveLength(1);
	});

	test('a run that is started by hand in the editor sleeps and wakes like any other', async () => {
		const run = await stage.engine.runNode(sleepy(stage, [open('A fox')], { mode: 'manual' }));
		const [taskId] = taskIds(stage);
		await end(taskId);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
		expect(jsonOf(resumed)).toMatchObject([{ taskId, status: 'completed' }]);
	});

	test('too dear is told before anything is paid for', async () => {
		const run = await stage.engine.runNode(
			sleepy(stage, [open('A fox')], { nodeOptions: { maxCost: 0.1 } }),
		);
		expect(errorText(run)).toMatch(/above 'Maximum Cost/);
		expect(stage.sandbox.ledger.submits()).toEqual([]);
	});
});

describe('Retry On Fail', () => {
	test('a submit whose answer was lost is sent again with the same bytes, and the execution sleeps', async () => {
		const run = await stage.engine.runNode(
			sleepy(stage, [`[[500-after-accept]] ${open('A fox')}`], { retryOnFail: true, maxTries: 3 }),
		);
		expect(run.status).toBe('waiting');
		const [first, second] = stage.sandbox.ledger.submits();
		expect(second).toMatchObject({
			idempotencyKey: first.idempotencyKey,
			bodyHash: first.bodyHash,
			replayed: true,
		});
		const [taskId] = taskIds(stage);
		await end(taskId);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(taskId)));
		expect(jsonOf(resumed)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(stage.sandbox.ledger.charges()).toHaveLength(1);
	});

	test('a first row that has failed does not run the node again, neither asleep nor awake', async () => {
		const run = await stage.engine.runNode(
			sleepy(stage, ['[[slow:0]] [[fail]] bad', open('good')], {
				retryOnFail: true,
				maxTries: 3,
				onError: 'continueRegularOutput',
			}),
		);
		expect(run.status).toBe('waiting');
		const [, good] = taskIds(stage);
		await end(good);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(good)));
		expect(column(resumed, 'status')).toEqual(['failed', 'completed']);
		expect(stage.sandbox.ledger.submits()).toHaveLength(2);
	});
});

describe('a loop', () => {
	test('sleeps once a round; late callbacks of an earlier round change nothing', async () => {
		const { engine } = stage;
		const first = await engine.runNode(sleepy(stage, [open('round 0')]));
		const [one] = taskIds(stage);
		await end(one);
		const firstWoken = await woken(stage, first, await callBack(stage, first, endOf(one)));
		expect(column(firstWoken, 'taskId')).toEqual([one]);

		const second = await engine.runNode(
			sleepy(stage, [open('round 1')], {
				executionId: first.options.executionId,
				context: firstWoken.context,
				runIndex: 1,
			}),
		);
		expect(second.status).toBe('waiting');
		const [, two] = taskIds(stage);
		expect(two).not.toBe(one);
		const late = await callBack(stage, second, endOf(one));
		expect(late).toMatchObject({ status: 200, body: { message: 'Noted' } });
		expect(late.result?.workflowData).toBeUndefined();
		await end(two);
		const secondWoken = await woken(stage, second, await callBack(stage, second, endOf(two)));
		expect(jsonOf(secondWoken)).toMatchObject([{ taskId: two, status: 'completed' }]);
	});

	test('with the same prompt in every round buys and sleeps each time', async () => {
		const { engine } = stage;
		const first = await engine.runNode(sleepy(stage, [open('same')]));
		const second = await engine.runNode(
			sleepy(stage, [open('same')], {
				executionId: first.options.executionId,
				context: first.context,
				runIndex: 1,
			}),
		);
		expect([first.status, second.status]).toEqual(['waiting', 'waiting']);
		expect(new Set(taskIds(stage)).size).toBe(2);
	});
});

describe("n8n's Retry of an execution", () => {
	test('polls for a clip whose callback goes to the execution that bought it', async () => {
		const { engine, sandbox } = stage;
		const asleep = await engine.runNode(sleepy(stage, [open('A fox')], { executionId: 'first' }));
		const [taskId] = taskIds(stage);
		const running = engine.start(
			sleepy(stage, [open('A fox')], { executionId: 'second', context: asleep.context }),
		);
		await readAgain(taskId);
		await end(taskId);
		const retried = await running.finished;
		expect(retried.status).toBe('success');
		expect(jsonOf(retried)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(retried.items[0].binary?.data).toBeDefined();
		expect(sandbox.ledger.submits()).toHaveLength(1);
	});

	test('polls for it also on a further try, after a first one that could not settle the submit', async () => {
		const { engine, sandbox } = stage;
		const prompt = open('A fox');
		const failed = await engine.runNode(
			sleepy(stage, [`[[500-after-accept]] ${prompt}`], { executionId: 'first' }),
		);
		expect(failed.status).toBe('error');
		sandbox.faults.add({ action: '500:1', route: 'submit' });
		const running = engine.start(
			sleepy(stage, [`[[500-after-accept]] ${prompt}`], {
				executionId: 'second',
				context: failed.context,
				retryOnFail: true,
				maxTries: 3,
			}),
		);
		const [taskId] = taskIds(stage);
		await readAgain(taskId);
		await end(taskId);
		const retried = await running.finished;
		expect(retried.status).toBe('success');
		expect(jsonOf(retried)).toMatchObject([{ taskId, status: 'completed' }]);
		expect(new Set(sandbox.ledger.submits().map(({ bodyHash }) => bodyHash)).size).toBe(1);
		expect(sandbox.ledger.charges()).toHaveLength(1);
	});

	test('polls for the old ones and sleeps for the new ones', async () => {
		const { engine } = stage;
		const asleep = await engine.runNode(sleepy(stage, [open('old')], { executionId: 'first' }));
		const [old] = taskIds(stage);
		const running = engine.start(
			sleepy(stage, [open('old'), open('new')], { executionId: 'second', context: asleep.context }),
		);
		await stage.sandbox.ledger.waitFor((ledger) => ledger.accepted().length === 2);
		await readAgain(old);
		await end(old);
		const run = await running.finished;
		expect(run.status).toBe('waiting');
		const [, fresh] = taskIds(stage);
		await end(fresh);
		const resumed = await woken(stage, run, await callBack(stage, run, endOf(fresh)));
		expect(column(resumed, 'taskId')).toEqual([old, fresh]);
		expect(column(resumed, 'status')).toEqual(['completed', 'completed']);
	});
});

test('the limit asleep is that of the latest open clip', async () => {
	const before = currentClock().nowMs();
	const run = await stage.engine.runNode(
		sleepy(stage, [open('short'), open('long')], {
			nodeOptions: { maxWait: '={{ $json.row ? 5000 : 60 }}' },
		}),
	);
	const seconds = ((run.waitTill?.getTime() ?? 0) - before) / 1000;
	expect(seconds).toBeGreaterThanOrEqual(5000);
	expect(seconds).toBeLessThan(5500);
});
