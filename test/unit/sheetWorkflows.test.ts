import type { IExecuteFunctions, IWorkflowBase } from 'n8n-workflow';
import {
	filesWorkflow,
	guardWorkflow,
	sheetWorkflow,
	workerWorkflow,
} from '../../nodes/KlingFast/actions/video/sheetWorkflows';
import type { KeyScope } from '../../nodes/KlingFast/generation/idempotency';
import { idleRun } from './generation/run';

/** What a workflow of n8n may say, and what only the execution that waits for the sheet may do. */
const OWN = { errorWorkflow: 'tell-me', executionTimeout: 600, timezone: 'Europe/Berlin' };

const context = {
	getExecutionId: () => '7',
	getNode: () => ({ type: 'klingFast', typeVersion: 1 }),
	getWorkflow: () => ({ id: 'workflow' }),
	getWorkflowSettings: () => OWN,
} as unknown as IExecuteFunctions;
const { keyScope } = idleRun();

test('the executions of a sheet start no error workflow and have no time limit of their own', () => {
	for (const { settings } of [
		sheetWorkflow(context, keyScope),
		workerWorkflow(context, keyScope),
		guardWorkflow(context),
		filesWorkflow(context),
	]) {
		expect(settings).toMatchObject({ executionTimeout: -1, timezone: 'Europe/Berlin' });
		expect(settings?.errorWorkflow).toBeUndefined();
	}
});

test('what notes the starts has one id in all executions of a sheet, and another in those of other sheets', () => {
	const idIn = ({ nodes }: IWorkflowBase, operation: string) =>
		nodes.find(({ parameters }) => parameters.operation === operation)?.id;
	const idOf = (scope: KeyScope) => idIn(workerWorkflow(context, scope), 'sheetRound');
	const id = idOf(keyScope);
	expect(idIn(sheetWorkflow(context, keyScope), 'deliverSheet')).toBe(id);
	expect(idOf(keyScope)).toBe(id);
	const others: Array<Partial<KeyScope>> = [{ executionId: '8' }, { nodeId: 'o' }, { runIndex: 1 }];
	for (const other of others) expect(idOf({ ...keyScope, ...other })).not.toBe(id);
});
