import type { IExecuteFunctions } from 'n8n-workflow';
import { isCalled } from '../../nodes/KlingFast/actions/video/eachClip';

const CALLED = 'n8n-nodes-base.executeWorkflowTrigger';
const MANUAL = 'n8n-nodes-base.manualTrigger';
const SCHEDULE = 'n8n-nodes-base.scheduleTrigger';

/** n8n begins a called workflow at its called trigger, or where it has none, at one that a person starts by hand. */
test.each<[leadsHere: string[], elsewhere: string[], isLoop: boolean]>([
	[[CALLED], [], true],
	[[MANUAL], [], true],
	[[MANUAL], [CALLED], false],
	[[SCHEDULE], [], false],
	[[SCHEDULE], [CALLED], false],
	[[MANUAL, CALLED], [], true],
])('started by %j, with %j in another part: a loop is %p', (leadsHere, elsewhere, isLoop) => {
	const nodes = [...leadsHere, ...elsewhere].map((type) => [type, { type }]);
	const context = {
		getNode: () => ({ name: 'Kling Fast' }),
		getParentNodes: () => leadsHere.map((type) => ({ type })),
		workflow: { nodes: Object.fromEntries(nodes) },
	} as unknown as IExecuteFunctions;
	expect(isCalled(context)).toBe(isLoop);
});
