import type { INodePropertyOptions } from 'n8n-workflow';
import { resourceFields } from '../../nodes/KlingFast/actions/resource.fields';
import { operations } from '../../nodes/KlingFast/actions/router';

const STEPS_OF_A_SHEET = ['deliverSheet', 'guardSheet', 'sheetRound', 'watchSheet'];

test('every operation that can be chosen can be run, and no other but the steps of a sleeping sheet', () => {
	const chosen = resourceFields
		.filter(({ name }) => name === 'operation')
		.flatMap(({ displayOptions, options = [] }) =>
			(options as INodePropertyOptions[]).map(
				({ value }) => `${String(displayOptions?.show?.resource?.[0])}:${String(value)}`,
			),
		);
	const steps = STEPS_OF_A_SHEET.map((name) => `video:${name}`);
	expect(Object.keys(operations).sort()).toEqual([...chosen, ...steps].sort());
});
