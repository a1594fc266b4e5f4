import { afterCutOff, entriesIn } from '../../../nodes/KlingFast/generation/ledger';
import { outcomeJson } from '../../../nodes/KlingFast/generation/outcome';
import { prepareEntry, submitPrepared } from '../../../nodes/KlingFast/generation/submission';
import { response } from '../apimart/answers';
import { ManualClock } from './manualClock';
import { failed, reset, type Given } from './provider';
import { idleRun, REQUEST, row, stage } from './run';

const HOUR_SECONDS = 3_600;
const SUBMIT = row(0, { isUnawaited: true });

/** An execution with a provider that answers submits by this rule. */
const execution = (rule: (submit: number) => Given | 'lose' | undefined) =>
	stage(
		({ method }, count) => (method === 'POST' ? rule(count) : undefined),
		new ManualClock(1_000_000),
	);

const noBalance = response(402, { error: { message: 'balance' } });
const BOUGHT = { taskId: 'task_0' };

/** The entry that the node remembers of its first row. */
const entryOf = (context: object) =>
	idleRun(undefined, { context: { ...context } }).ledger.find(0, SUBMIT.job?.contentHash ?? '');

it('a clip is remembered with its key and its bytes before its request leaves', async () => {
	let remembered: unknown;
	const { context, makeOne } = execution(() => {
		remembered = JSON.parse(JSON.stringify(entryOf(context)));
		return undefined;
	});
	await makeOne(SUBMIT);
	expect(remembered).toMatchObject({ state: 'pending', attempt: 1, body: expect.any(String) });
	expect(entryOf(context)).toMatchObject({ state: 'pending', taskId: 'task_0' });
});

it("n8n's retry of the execution waits for a clip as long as a first execution does", async () => {
	const { clock, makeOne } = execution(() => undefined);
	await makeOne(SUBMIT);
	await clock.run(clock.sleep(30_000));
	// The clip takes 60 s from its submit; of the first execution's wait there is nothing left.
	const found = await makeOne(row(0, { maxWaitSeconds: 31 }), { executionId: '8' });
	expect(found).toMatchObject({ taskId: 'task_0', status: 'completed' });
});

it.each([
	[0, undefined, /earlier try/],
	[1, 'A cup of tea', undefined],
])(
	'a row that has changed since its clip was bought shows what its item is about, with %d attempts more',
	async (retryFailed, prompt, note) => {
		const { make, makeOne } = stage(({ method, path }, count) => {
			if (method === 'POST') return count === 1 ? 'lose' : undefined;
			return path.endsWith('task_0') ? failed('task_0') : undefined;
		});
		await make([row(0, { maxWaitSeconds: 0.5 })]);
		const request = { ...REQUEST, prompt: 'A cup of tea' };
		const json = outcomeJson(await makeOne(row(0, { request, retryFailed })));
		expect(json.prompt).toBe(prompt);
		expect(json.note).toEqual(note && expect.stringMatching(note));
	},
);

describe('a row with its own key', () => {
	const own = row(0, { dedupeKey: 'row-1', isUnawaited: true });
	const replayed = { 'Idempotency-Replayed': 'true' };
	const oldRefusal = response(400, { error: { message: 'bad parameter' } }, replayed);

	it('that the provider does not know any more fails at the first read: it is no new task', async () => {
		const gone = response(400, { error: { message: 'Invalid task ID' } });
		const { api, makeOne } = stage(({ method }) => (method === 'GET' ? gone : undefined));
		const execute = async (executionId: string) =>
			await makeOne(row(0, { dedupeKey: 'row-1' }), { executionId, context: {} });
		await execute('7');
		const before = api.reads.length;
		expect(await execute('8')).toMatchObject({ fault: { api: { kind: 'unknownTask' } } });
		expect(api.tasks).toHaveLength(1);
		expect(before).toBeGreaterThan(1);
		expect(api.reads).toHaveLength(before + 1);
	});

	it('that the provider refused in an earlier run is sent under the next key', async () => {
		const { api, makeOne } = execution((submit) => (submit <= 2 ? oldRefusal : undefined));
		expect(await makeOne(own)).toMatchObject({ taskId: 'task_0' });
		expect(new Set(api.submits.map(({ key }) => key)).size).toBe(3);
	});

	const keysOf = ({ submits }: { submits: Array<{ key?: string }> }) => {
		const keys = submits.map(({ key }) => key);
		return keys.map((key) => keys.indexOf(key));
	};

	it('that is refused now keeps its key, which finds what another run has bought since', async () => {
		const { api, makeOne } = execution((submit) => (submit === 1 ? noBalance : undefined));
		expect(await makeOne(own)).toMatchObject({ fault: { api: { kind: 'balance' } } });
		expect(await makeOne(own, { executionId: '8', context: {} })).toMatchObject(BOUGHT);
		expect(await makeOne(own, { executionId: '9' })).toMatchObject(BOUGHT);
		expect(keysOf(api)).toEqual([0, 0, 0]);
		expect(api.tasks).toHaveLength(1);
	});

	it('that is refused now, after an old refusal was passed over, keeps the key of that request', async () => {
		const { api, makeOne } = execution((submit) => [oldRefusal, noBalance][submit - 1]);
		expect(await makeOne(own)).toMatchObject({ fault: { api: { kind: 'balance' } } });
		expect(await makeOne(own)).toMatchObject(BOUGHT);
		expect(keysOf(api)).toEqual([0, 1, 1]);
	});

	it("whose content was refused in an earlier run is sent again only by n8n's Retry, under the next key", async () => {
		const content = {
			error: { message: 'rejected by moderation', code: 'content_policy_violation' },
		};
		const { api, makeOne } = execution((submit) =>
			submit === 1 ? response(422, content, replayed) : undefined,
		);
		for (const times of [1, 1, 2]) {
			const outcome = await makeOne(own, times === 2 ? { executionId: '8' } : {});
			expect(outcome).toMatchObject(times === 2 ? BOUGHT : { fault: { api: { kind: 'content' } } });
			expect(api.submits).toHaveLength(times);
		}
		expect(keysOf(api)).toEqual([0, 1]);
	});

	it('gives up in the end where all earlier runs were refused', async () => {
		const { api, makeOne } = execution((submit) =>
			submit > 100 ? response(402, { error: { message: 'no' } }) : oldRefusal,
		);
		expect(await makeOne(own)).toMatchObject({ fault: { api: { kind: 'parameter' } } });
		expect(api.submits.length).toBeLessThanOrEqual(21);
	});
});

describe('the key of a request whose answer was lost', () => {
	const patient = row(0, { maxWaitSeconds: 24 * HOUR_SECONDS, isUnawaited: true });

	it('is not repeated for longer than 23 hours, however long the row may wait', async () => {
		const { api, clock, makeOne } = execution((submit) => (submit === 1 ? 'lose' : reset()));
		const { fault } = await makeOne(patient);
		expect(fault?.message).toMatch('could be bought twice');
		const [first, ...others] = api.submits.map(({ atSeconds }) => atSeconds / HOUR_SECONDS);
		expect(Math.max(...others) - first).toBeGreaterThan(22.9);
		expect(Math.max(...others) - first).toBeLessThanOrEqual(23);
		expect(clock.nowMs() / 1000 / HOUR_SECONDS - first).toBeLessThan(23.1);
	});

	it('that was refused before the provider took anything lives from its last try on', async () => {
		const { api, makeOne } = execution((submit) =>
			submit < 3_000 ? response(429, {}) : undefined,
		);
		expect(await makeOne(patient)).toMatchObject({ taskId: 'task_0' });
		expect(api.submits).toHaveLength(3_000);
	});

	it('is not used again when the provider may have forgotten it', async () => {
		const { api, clock, makeOne } = execution((submit) => (submit === 1 ? 'lose' : undefined));
		const impatient = row(0, { maxWaitSeconds: 0.5, isUnawaited: true });
		await makeOne(impatient);
		await clock.run(clock.sleep(24 * HOUR_SECONDS * 1000));
		const { fault } = await makeOne(impatient, { executionId: '8' });
		expect(fault?.message).toMatch('could be bought twice');
		expect(api.submits).toHaveLength(1);
	});
});

describe('what was ready in a sheet that was cut off, and was sent in the round that is lost,', () => {
	/** The process is killed when the clip is bought; after so many hours the sheet goes on with what was saved before. */
	async function goesOnAfter(hours: number, rule: (submit: number) => Given | undefined) {
		const killed = execution((submit) => (submit === 1 ? undefined : rule(submit)));
		await prepareEntry(SUBMIT, killed.run());
		const context = JSON.parse(JSON.stringify(killed.context));
		await submitPrepared(SUBMIT, killed.run());
		await pass(killed, hours);
		const entries = entriesIn(context, 0);
		Object.assign(entries, afterCutOff(entries));
		const make = async (executionId = '7') =>
			await killed.makeOne(SUBMIT, { context, executionId });
		return { ...killed, make };
	}

	const pass = async ({ clock }: Pick<ReturnType<typeof stage>, 'clock'>, hours: number) =>
		await clock.run(clock.sleep(hours * HOUR_SECONDS * 1000));
	const usual = () => undefined;

	it.each([
		['as the row that it is', '7'],
		["by n8n's Retry, too", '8'],
	])('is found again within the life of its key, %s', async (_, executionId) => {
		const { api, clock, make } = await goesOnAfter(22, usual);
		const submittedAtMs = clock.nowMs();
		const found = await make(executionId);
		// Its wait has not begun before.
		expect(found).toMatchObject({ taskId: 'task_0', isFromEarlierRun: false, submittedAtMs });
		expect(api.tasks).toHaveLength(1);
	});

	it.each([
		[24, 0],
		// No slot was free for the row.
		[20, 4],
	])('is not sent %d + %d hours later: it could be bought twice', async (hours, more) => {
		const sheet = await goesOnAfter(hours, usual);
		await pass(sheet, more);
		const { fault, isPerhapsSent } = await sheet.make();
		expect(fault?.message).toMatch('could be bought twice');
		expect(isPerhapsSent).toBe(true);
		expect(sheet.api.submits).toHaveLength(1);
	});

	it('lives no longer because it is sent again', async () => {
		const sheet = await goesOnAfter(22, reset);
		expect(await sheet.make()).toMatchObject({ isPerhapsSent: true });
		const before = sheet.api.submits.length;
		await pass(sheet, 2);
		expect((await sheet.make()).fault?.message).toMatch('could be bought twice');
		expect(sheet.api.submits).toHaveLength(before);
	});

	it('may be bought although it is refused now, and is found again once it is not', async () => {
		const { api, make } = await goesOnAfter(1, (submit) => (submit === 2 ? noBalance : undefined));
		expect(await make()).toMatchObject({
			fault: { api: { kind: 'balance' } },
			isPerhapsSent: true,
		});
		expect(await make('8')).toMatchObject({ taskId: 'task_0' });
		expect(api.tasks).toHaveLength(1);
	});
});
