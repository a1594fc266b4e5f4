/*
 * "Start a Workflow for Each Clip". What must stay true:
 * - What became of a clip starts its workflow at most once. It is noted before the start, and by a sheet that sleeps at once in n8n's
 *   database: a round that was cut off runs again. A start that n8n is killed in is lost, the row comes out of the node all the same.
 * - A row that went wrong starts it, too, and once more if a later try of the node mends it.
 * - Nothing that goes wrong here changes a row or holds up the others, and no start is waited for to end.
 */
import { deepCopy, type IExecuteFunctions, type Workflow } from 'n8n-workflow';
import { toError } from '../../apimart/errors';
import type { Outcome } from '../../generation/outcome';
import type { Run } from '../../generation/run';
import { isDone, startedOnly, type Sheet, type Starts } from '../../generation/sheet';
import type { SheetRow } from '../../generation/sheetRow';
import { hint } from '../hint';
import { explainBalance, outcomesOf } from './openRun';
import { resultItem, type DeliveryPlan } from './results';
import { handOverFiles } from './sheetExecutions';

const STARTS_KEY = 'klingFastStarts';
/** Of one sheet, in n8n's table of processed items. */
const NOTES = { mode: 'entries', maxEntries: 10_000 } as const;
const LOOP = 'it starts this node again, which would buy clip after clip';
const CALLED_TRIGGER = 'n8n-nodes-base.executeWorkflowTrigger';
/** Where n8n begins a called workflow that has no such trigger. */
const OTHER_STARTS = [
	'n8n-nodes-base.manualTrigger',
	'n8n-nodes-base.start',
	'@n8n/n8n-nodes-langchain.manualChatTrigger',
];

interface Rules extends Omit<NonNullable<Sheet['eachClip']>, 'plan'> {
	plan: DeliveryPlan;
	/** The row's result, with a file that the execution which ends last keeps. */
	outcomeOf: (row: SheetRow) => Promise<Outcome>;
	/** Notes a start where it outlives this process; gives whether it is the first of its name. */
	isFirst: (name: string) => Promise<boolean>;
}

/** The workflows that are started for the rows of one run of the node, or of one round of its sheet. */
class EachClip {
	private readonly failures: Array<{ workflowId: string; reason: string }> = [];
	private last = Promise.resolve();
	private isHinted = false;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly run: Run,
		private readonly rules: Rules,
	) {}

	/** To be called whenever rows may have ended. */
	readonly onRows = ({ rows, keepsFilesInMemory }: Sheet): void => {
		for (const row of rows) {
			if (isDone(row, keepsFilesInMemory)) this.add(row);
		}
	};

	/** Resolves when n8n has taken over all that was to be started. */
	async started(): Promise<void> {
		await this.last;
	}

	/** For a sheet that sleeps. */
	saved(): Sheet['eachClip'] {
		const { plan, executionMode, isLoop, starts } = this.rules;
		return { executionMode, isLoop, starts, plan: JSON.stringify(plan) };
	}

	/** n8n has no such question: a run without items is refused for the same reasons, and does nothing. */
	async check(): Promise<void> {
		const { context, rules } = this;
		const ids = rules.plan.deliveries.flatMap(({ eachClipWorkflow }) => eachClipWorkflow ?? []);
		for (const id of new Set(ids)) {
			const { executionMode } = rules;
			try {
				this.refuseLoop(id);
				await context.executeWorkflow({ id }, [], undefined, { executionMode });
			} catch (error) {
				this.hint(id, toError(error).message);
			}
		}
	}

	/** A hint on what could not be started, where that was not foreseen. */
	hintAtFailures(): void {
		const [first] = this.failures;
		if (first && !this.isHinted) this.hint(first.workflowId, first.reason);
	}

	private hint(workflowId: string, reason: string): void {
		this.isHinted = true;
		const message = `"Start a Workflow for Each Clip": workflow ${workflowId} cannot be started (${reason}). The clips are made all the same, and n8n's log names each row for which it was not started.`;
		hint(this.context, message);
	}

	private add(row: SheetRow): void {
		const { starts, plan } = this.rules;
		const { itemIndex, taskId, fault } = row.outcome;
		const workflowId = plan.deliveries[itemIndex].eachClipWorkflow;
		if (workflowId === undefined) return;
		const { executionId, runIndex } = this.run.keyScope;
		const good = `${runIndex} ${itemIndex} ${taskId ?? executionId}`;
		const name = fault ? `${good} error` : good;
		if (good in starts || name in starts) return;
		starts[name] = true;
		this.last = this.last.then(async () => await this.start(row, workflowId, name));
	}

	private async start(row: SheetRow, workflowId: string, name: string): Promise<void> {
		const { context, run, rules } = this;
		const { itemIndex, taskId } = row.outcome;
		const { keyScope, logger } = run;
		const { executionId } = keyScope;
		const place = `${taskId ? `task ${taskId}, ` : ''}execution ${executionId}, item ${itemIndex}`;
		try {
			this.refuseLoop(workflowId);
			const outcome = await explainBalance(await rules.outcomeOf(row), run);
			const { json, binary } = resultItem(outcome, rules.plan);
			const item = deepCopy({ json, binary, pairedItem: { item: 0 } });
			if (run.signal?.aborted) throw new Error('the execution was stopped');
			if (!(await rules.isFirst(name))) return;
			const started = await context.executeWorkflow({ id: workflowId }, [item], undefined, {
				doNotWaitToFinish: true,
				parentExecution: { executionId, workflowId: keyScope.workflowId, shouldResume: false },
				executionMode: rules.executionMode,
			});
			logger.debug(`Kling Fast: execution ${started.executionId} was started for ${place}`);
		} catch (error) {
			rules.starts[name] = false;
			const reason = toError(error).message;
			this.failures.push({ workflowId, reason });
			logger.warn(`Kling Fast: workflow ${workflowId} was not started for ${place}: ${reason}`);
		}
	}

	private refuseLoop(workflowId: string): void {
		const { rules, run } = this;
		if (rules.isLoop && workflowId === run.keyScope.workflowId) throw new Error(LOOP);
	}
}

/** For a run of the node that waits in this process, or that hands its rows over to a sheet. */
export function eachClipAwake(
	context: IExecuteFunctions,
	run: Run,
	plan: DeliveryPlan,
): EachClip | undefined {
	if (!plan.deliveries.some(({ eachClipWorkflow }) => eachClipWorkflow)) return undefined;
	return new EachClip(context, run, {
		plan,
		executionMode: context.getMode(),
		isLoop: isCalled(context),
		starts: startsIn(context),
		outcomeOf: async ({ outcome }) => outcome,
		isFirst: async () => true,
	});
}

/** For a round of a sheet that sleeps. */
export function eachClipAsleep(
	context: IExecuteFunctions,
	run: Run,
	sheet: Sheet,
): EachClip | undefined {
	if (!sheet.eachClip) return undefined;
	const plan: DeliveryPlan = JSON.parse(sheet.eachClip.plan);
	return new EachClip(context, run, {
		...sheet.eachClip,
		plan,
		outcomeOf: async (row) => {
			// n8n deletes the files of this execution when the sheet ends; the workflow that was started may still need them.
			await handOverFiles(context, sheet, [row]);
			const [outcome] = await outcomesOf(context, { ...sheet, rows: [row] });
			return outcome;
		},
		isFirst: async (name) => {
			const { helpers } = context;
			const { new: fresh } = await helpers.checkProcessedAndRecord([name], 'node', NOTES);
			return fresh.length > 0;
		},
	});
}

/** What earlier tries of the node have started. */
export function startsIn(context: IExecuteFunctions): Starts {
	const holder = context.getContext('node');
	const starts = startedOnly(holder[STARTS_KEY] as Starts | undefined);
	holder[STARTS_KEY] = starts;
	return starts;
}

/** Whether what starts this workflow from another one leads to this node. */
export function isCalled(context: IExecuteFunctions): boolean {
	const types = context.getParentNodes(context.getNode().name).map(({ type }) => type);
	if (types.includes(CALLED_TRIGGER)) return true;
	return types.some((type) => OTHER_STARTS.includes(type)) && !hasCalledTrigger(context);
}

/** n8n's type for the context leaves its workflow out. Where it cannot be seen nothing is started, which costs nothing. */
function hasCalledTrigger(context: IExecuteFunctions): boolean {
	const { workflow } = context as IExecuteFunctions & { workflow?: Pick<Workflow, 'nodes'> };
	return Object.values(workflow?.nodes ?? {}).some(({ type }) => type === CALLED_TRIGGER);
}

/** The sheet has ended: nothing is started for its rows any more. */
export async function forgetStarts(context: IExecuteFunctions, sheet: Sheet): Promise<void> {
	if (!sheet.eachClip) return;
	await context.helpers.clearAllProcessedItems('node', NOTES).catch(() => undefined);
}
