import type { IExecuteFunctions } from 'n8n-workflow';
import {
	filesWorkflow,
	guardWorkflow,
	sheetWorkflow,
	workerWorkflow,
} from '../../nodes/KlingFast/actions/video/sheetWorkflows';
import { idleRun } from './generation/run';

/** What a workflow of n8n may say, and what only the execution that waits for the sheet may do. */
const OWN = { errorWorkflow: 'tell-me', executionTimeout: 600, timezone: 'Europe/Berlin' };

test('the executions of a sheet start no error workflow and have no time limit of their own', () => {
	const context = {
		getExecutionId: () => '7',
		getNode: () => ({ type: 'klingFast', typeVersion: 1 }),
		getWorkflow: () => ({ id: 'workflow' }),
		getWorkflowSettings: () => OWN,
	} as unknown as IExecuteFunctions;
	const { keyScope } = idleRun();
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
