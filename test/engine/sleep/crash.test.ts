import { realClock } from '../../../nodes/KlingFast/clock';
import type { NodeRun } from '../harness';
import { column, expectKeys, goingOn, idOf, numbered, slow } from '../laws/setup';
import {
	crashInRound,
	cutOffInSubmit,
	endClip,
	nextRound,
	open,
	partOf,
	roundAfter,
	setTheSleepStage,
	toTheEnd,
} from '../operations/sleepStage';

const stage = setTheSleepStage({ concurrency: 0 });
const DAY_SECONDS = 24 * 60 * 60;

function expectFilesInOwnExecution(run: NodeRun): void {
	for (const { binary } of run.items) {
		expect(binary?.data.id).toContain(`executions/${idOf(run)}/`);
	}
}

/** Every row delivered and charged once, and what was sent twice was the same both times. */
async function expectAllDelivered(run: NodeRun, prompts: string[]): Promise<void> {
	const final = await toTheEnd(stage, run, 30);
	expect(final.status).toBe('success');
	expect(column(final, 'prompt')).toEqual(prompts);
	expect(column(final, 'status')).toEqual(prompts.map(() => 'completed'));
	expectFilesInOwnExecution(final);
	expect(stage.ledger.charges()).toHaveLength(prompts.length);
	expect(stage.ledger.accepted()).toHaveLength(prompts.length);
	expect(stage.ledger.maxInFlight()).toBe(5);
	expectKeys(stage, prompts.length);
}

const replayed = () => stage.ledger.submits().filter((submit) => submit.replayed);

describe('killed in the middle of a round', () => {
	test('after a timer, with a submit accepted and nothing saved: another execution goes on', async () => {
		const run = await stage.sleep(numbered(12));
		await nextRound(stage, run);
		stage.pass(60);
		const dead = await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
		expect(stage.engine.executions.find(({ id }) => id === dead)?.status).toBe('crashed');
		await stage.engine.sweep();
		expect(partOf(stage, run, 'worker').id).not.toBe(dead);
		await expectAllDelivered(run, numbered(12));
		expect(replayed().length).toBeGreaterThan(0);
		expect(stage.engine.log.text()).toContain(`execution ${dead}, which made the clips`);
	});

	test.each([
		['the first one after the run was put to wait', false],
		['and what it had saved is lost: another one goes on from the copy of the guard', true],
	])('after a callback, %s', async (_, isLost) => {
		const prompts = numbered(6);
		const run = await stage.sleep(prompts);
		if (isLost) await stage.engine.timeOut(partOf(stage, run, 'guard').id);
		const [first] = stage.taskIds();
		const dead = await cutOffInSubmit(stage, run, async () => await endClip(stage, first));
		if (isLost) stage.engine.forget(dead);
		await stage.engine.sweep();
		await expectAllDelivered(run, prompts);
		expect(replayed()).toHaveLength(1);
	});

	test('and started again a day later: what may have been bought is not sent under a key that is forgotten', async () => {
		const run = await stage.sleep(numbered(2), { ...goingOn, nodeOptions: { concurrency: 1 } });
		stage.pass(60);
		await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
		stage.pass(DAY_SECONDS);
		await stage.engine.sweep();
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'error')[1]).toMatch(/could be bought twice.*APIMart dashboard/);
		expect(stage.ledger.submits()).toHaveLength(2);
	});

	test('and deleted from the list of executions later: its files belong to the run by then', async () => {
		const prompts = numbered(3);
		const run = await stage.sleep(prompts, { nodeOptions: { concurrency: 1 } });
		await roundAfter(stage, run, 60);
		stage.pass(60);
		const dead = await cutOffInSubmit(stage, run, async () => await nextRound(stage, run));
		await stage.engine.sweep();
		await nextRound(stage, run);
		await stage.engine.delete(dead);
		const final = await toTheEnd(stage, run, 30);
		expect(column(final, 'status')).toEqual(prompts.map(() => 'completed'));
		for (const { binary } of final.items) {
			expect(await stage.engine.bytesOf(binary!.data)).not.toHaveLength(0);
		}
	});

	test('while a video is stored: it is stored once more', async () => {
		const run = await stage.sleep(['A fox']);
		stage.faults.add({ action: 'file-slow:1', route: 'file', nth: 1 });
		const round = async () => await roundAfter(stage, run, 60);
		await crashInRound(stage, run, round, () => stage.ledger.downloads().length === 1);
		await stage.engine.sweep();
		const final = await toTheEnd(stage, run, 5);
		expect(column(final, 'status')).toEqual(['completed']);
		expectFilesInOwnExecution(final);
	});
});

test('killed before it could go to sleep, the sheet leaves nothing that would go on', async () => {
	stage.faults.add(slow('submit', 1));
	const executionId = 'early';
	const running = stage.start(numbered(12), { executionId, parameters: { waitBy: 'sleep' } });
	await stage.ledger.waitFor((ledger) => ledger.accepted().length === 5);
	stage.engine.crash(partOf(stage, { options: { executionId } }, 'worker').id);
	expect((await running.finished).status).toBe('crashed');
	await stage.engine.sweep();
	await realClock.sleep(1100);
	expect(stage.ledger.accepted()).toHaveLength(5);
	const children = stage.engine.executions.filter(({ parentId }) => parentId === executionId);
	expect(children.map(({ status }) => status)).not.toContain('waiting');
});

test('a sheet that is cut off in every round, and never gets on, ends with what is known', async () => {
	const run = await stage.sleep([open('A fox'), open('A cat')], goingOn);
	const ids = stage.taskIds();
	for (let times = 0; times < 6; times++) {
		stage.faults.add({ action: 'task-slow:0.3', route: 'task', times: 1 });
		const polls = stage.ledger.polls().length;
		const round = async () => await roundAfter(stage, run, 60);
		await crashInRound(stage, run, round, () => stage.ledger.polls().length > polls);
		await stage.engine.sweep();
		if (times < 5) await nextRound(stage, run);
	}
	const final = await stage.engine.finalRun(run);
	expect(column(final, 'taskId')).toEqual(ids);
	expect(column(final, 'status')).toEqual(['processing', 'processing']);
	for (const error of column(final, 'error')) {
		expect(error).toMatch(/n8n was cut off 5 times.*may still be finished and charged.*Get Video/);
	}
});
