import { errorText, everythingIn, goingOn, jsonOf, numbered, setTheStage } from './setup';

const stage = setTheStage();

/** Those that an answer has named to the node. */
function toldIds(): string[] {
	const told = stage.ledger.submits().filter(({ status }) => status === 200);
	return told.map(({ taskId = '' }) => taskId);
}

/** Every way in which something can go wrong after a clip was accepted, one row each. */
const MIXED_FATES = [
	'A fine clip',
	'[[fail]] A failing clip',
	'[[fail:content]] A rejected clip',
	'[[cancelled]] A cancelled clip',
	'[[stuck:50]] A clip that never ends',
	'[[expired-link]] A clip whose link has expired',
	'[[truncated-mp4:9]] A clip that is always cut off',
	'[[no-videos]] A clip without a video',
	'[[reset-after-accept]] A clip whose answer was lost',
	'[[task-401:99]] A clip whose reads are refused',
	'[[task-unknown:99]] A clip that the provider has forgotten',
];

const STORM = [
	...['reset-after-accept', '500-after-accept', '503-after-accept', 'fail', 'cancelled'],
	...['task-502', 'task-html', 'task-reset', 'expired-once', 'file-500'],
];

/** One attempt a row, so that each task has a row of its own. */
const waits = { nodeOptions: { maxWait: 60, retryFailed: 0 } };

describe('Law 2, Lose nothing', () => {
	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'every accepted task id is in its item, however the clip ended (%s)',
		async (onError) => {
			const run = await stage.run(MIXED_FATES, { ...waits, onError });
			const told = [...run.items, ...run.errorItems].map(({ json }) => JSON.stringify(json));
			expect(told).toHaveLength(MIXED_FATES.length);
			expect(stage.taskIds()).toHaveLength(MIXED_FATES.length);
			for (const id of stage.taskIds())
				expect(told.filter((text) => text.includes(id))).toHaveLength(1);
		},
	);

	test('an error that is thrown names every accepted task', async () => {
		const run = await stage.run(MIXED_FATES, waits);
		expect(run.status).toBe('error');
		for (const id of stage.taskIds()) expect(errorText(run)).toContain(id);
		expect(stage.taskIds()).toHaveLength(MIXED_FATES.length);
	});

	test('when the answer stays lost, the error says that the clip may exist, and how not to buy it twice', async () => {
		const run = await stage.run(['[[reset-after-accept:99]] A cat'], waits);
		expect(stage.taskIds()).toHaveLength(1);
		expect(errorText(run)).toMatch(/Whether the clip was accepted is not known/);
		expect(errorText(run)).toMatch(/same key, which finds the clip and does not buy it/);
		expect(run.error?.message).toMatch(/the clip may exist and be charged/);
	});

	test('rows whose answers were lost are not called unsent by the error of another row', async () => {
		const prompts = ['[[402]] A cat', '[[reset-after-accept:99]] A dog', '[[402]] A bear'];
		const run = await stage.run(prompts, waits);
		expect(run.error?.message).toMatch(/balance is too low/);
		expect(errorText(run)).toMatch(
			/item 0: failed, not submitted; item 1: failed, perhaps submitted and charged; item 2: failed, not submitted/,
		);
		expect(errorText(run)).toMatch(/perhaps submitted are found by n8n's Retry/);
	});

	test('a lost answer and then a refusal: still not known, and said so', async () => {
		stage.faults.add({ action: 'reset-after-accept', nth: 1 });
		stage.faults.add({ action: '402', nth: 2 });
		const run = await stage.run(['A cat']);
		expect(stage.taskIds()).toHaveLength(1);
		expect(errorText(run)).toMatch(/Whether the clip was accepted is not known/);
		expect(errorText(run)).not.toMatch(/Nothing was charged/);
		expect(JSON.stringify(run.context.klingFastLedger)).toContain('"state":"pending"');
	});

	test.each([1, 2, 3, 4])(
		'thirty rows under faults, seed %d: every task id that the node got is found',
		async (seed) => {
			STORM.forEach((action, index) => {
				stage.faults.add({ action, probability: 0.04 + 0.02 * ((index * seed) % 5) });
			});
			const run = await stage.run(numbered(30), {
				...(seed % 2 ? goingOn : {}),
				...{ retryOnFail: true, maxTries: 3 },
				nodeOptions: { concurrency: 15 },
				credentials: stage.account('sk-ample-account', { concurrency: 0 }),
			});
			const everything = everythingIn(run);
			expect(toldIds().filter((id) => !everything.includes(id))).toEqual([]);
			const known = new Set(stage.taskIds());
			const named = everything.match(/task_[0-9A-Z]{26}/g) ?? [];
			expect(named.filter((id) => !known.has(id))).toEqual([]);
			expect(toldIds().length).toBeGreaterThanOrEqual(25);
			const untold = [...known].filter((id) => !toldIds().includes(id));
			const unsure = jsonOf(run).filter(({ error }) => /is not known/.test(String(error ?? '')));
			if (run.status === 'success') expect(unsure).toHaveLength(untold.length);
		},
	);
});
