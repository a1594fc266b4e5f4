/*
 * What must stay true:
 * - Of several deliveries for one task at most one starts a run; within a process this holds however close they come.
 * - A delivery whose run did not come about leaves no trace, so that the next one gets its chance. n8n tells that only by its
 *   answer, and saves the static data before it answers, but with the run only: hence two steps.
 * - What is remembered is bounded in time and number.
 *
 * n8n saves static data late and without a lock (n8n 2.41), hence what this process remembers by itself.
 */
import type { IDataObject } from 'n8n-workflow';
import { objectIn } from '../json';
import { TtlMap } from '../generation/processMemory';

const MEMORY_MS = 24 * 60 * 60 * 1000;
const MAX_REMEMBERED = 1_000;
const STATIC_KEY = 'startedTasks';

const working = new Map<string, Promise<boolean>>();
const started = new TtlMap<true>(MEMORY_MS, MAX_REMEMBERED);

/** This delivery decides. */
export interface OwnClaim {
	kind: 'mine';
	/** It asks n8n for a run: kept in the static data if n8n saves the run. */
	note(): void;
	/** Whether the run exists. Until then the other deliveries wait. */
	release(hasStarted: boolean): void;
}

type Claim =
	| OwnClaim
	/** Another delivery is deciding; `startsRun` says what came of it. */
	| { kind: 'working'; startsRun: Promise<boolean> }
	/** The task has started its run. */
	| { kind: 'repeated' };

/** `scope` keeps workflows, nodes and test runs apart; `staticData` is what n8n keeps of the trigger across restarts. */
export function claimTask(
	scope: string,
	taskId: string,
	nowMs: number,
	staticData: IDataObject,
): Claim {
	const key = `${scope} ${taskId}`;
	const startsRun = working.get(key);
	if (startsRun) return { kind: 'working', startsRun };
	const isRemembered = Object.hasOwn(remembered(staticData), taskId);
	if (isRemembered || started.get(key, nowMs)) return { kind: 'repeated' };
	let tell: (startsRun: boolean) => void = () => undefined;
	working.set(key, new Promise((resolve) => (tell = resolve)));
	return {
		kind: 'mine',
		note: () => remember(staticData, taskId, nowMs),
		release: (hasStarted) => {
			working.delete(key);
			if (hasStarted) started.set(key, true, nowMs);
			tell(hasStarted);
		},
	};
}

function remembered(staticData: IDataObject): Record<string, number> {
	return objectIn(staticData[STATIC_KEY]) as Record<string, number>;
}

function remember(staticData: IDataObject, taskId: string, nowMs: number): void {
	const recent = Object.entries(remembered(staticData))
		.filter(([, atMs]) => typeof atMs === 'number' && atMs > nowMs - MEMORY_MS)
		.slice(1 - MAX_REMEMBERED);
	staticData[STATIC_KEY] = Object.fromEntries([...recent, [taskId, nowMs]]);
}
