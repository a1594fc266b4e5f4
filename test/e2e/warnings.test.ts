/** What a real n8n stores of the warnings: items of Estimate Cost, hints of Generate Video, awake and asleep. */
import type { INode } from 'n8n-workflow';
import type { Execution } from '../../host/executions';
import type { CredentialRef } from '../../host/rest';
import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import {
	GENERATE,
	generate,
	line,
	manualTrigger,
	rowNodes,
	sleepingGenerate,
} from './callbackWorkflows';
import { describeOnN8n2 } from './onVersion';
import { report } from './report';
import { sharedHost } from './sharedHost';

const ESTIMATE = 'Estimate cost';
const RUN_WITHIN_SECONDS = 120;
const ROWS = [
	{ row: 1, prompt: 'A ceramic cup on the table, steam rising', sound: true, camera: '' },
	{ row: 2, prompt: 'A dog barks at the door', sound: true, camera: '' },
	{ row: 3, prompt: 'The woman says "good morning"', sound: false, camera: '' },
	{ row: 4, prompt: 'Slow zoom out from the lake', sound: false, camera: 'zoomIn' },
	{ row: 5, prompt: 'She knocks, then waits, then leaves', sound: true, camera: '' },
	{ row: 6, prompt: 'A white mug on the desk', sound: true, camera: '' },
];

let host: KlingRest;
let sandbox: Sandbox;
let credential: CredentialRef;

beforeAll(async () => {
	host = await sharedHost();
	sandbox = await startSandbox({ apiKey: 'sk-warnings', speed: 60 });
	credential = await host.addKlingCredential(sandbox);
});
beforeEach(() => sandbox.reset());
afterAll(async () => await sandbox.stop());

const settings = {
	audio: '={{ $json.sound }}',
	options: { cameraMovement: '={{ $json.camera }}', pollInterval: 0.3 },
};

async function importRows(node: INode): Promise<string> {
	return await host.importWorkflow(line('Warnings', [manualTrigger(), ...rowNodes(ROWS), node]));
}

async function run(node: INode): Promise<Execution> {
	return await host.runToEnd(await importRows(node), RUN_WITHIN_SECONDS);
}

function hintsOf(execution: Execution): string[] {
	const runs = execution.runsOf(GENERATE);
	return runs.flatMap(({ hints = [] }) => hints.map(({ message }) => message));
}

const HINTS = [
	/^Items 0 and 5: The prompt asks for no sound .* 0\.4032 USD instead of 0\.6048\.$/,
	/^Item 2: The prompt has spoken words in quotes, .* costs 0\.3024 USD instead of 0\.2016\.$/,
	/^Item 4: The prompt asks for 3 steps in 3 seconds, /,
	/^Item 3: 'Camera Movement' adds "Camera: slow zoom in\." to a prompt that asks for "zoom out"/,
].map((sentence) => expect.stringMatching(sentence) as string);

test('Estimate Cost gives each row its sentences, and asks APIMart nothing', async () => {
	const estimate = { ...generate(credential), name: ESTIMATE };
	estimate.parameters = { operation: 'estimateCost', prompt: '={{ $json.prompt }}', duration: 3 };
	Object.assign(estimate.parameters, settings, {
		options: { cameraMovement: settings.options.cameraMovement },
	});
	const execution = await run(estimate);
	expect(execution.error).toBeUndefined();
	const items = execution.jsonOf(ESTIMATE);
	expect(items.map(({ warnings }) => (warnings as string[] | undefined)?.length)).toEqual([
		...[1, undefined, 1, 1, 1, 1],
	]);
	expect(items.map(({ estimatedCost }) => estimatedCost)).toEqual([
		...[0.3024, 0.3024, 0.2016, 0.2016, 0.3024, 0.3024],
	]);
	expect(sandbox.ledger.requests()).toEqual([]);
	report(JSON.stringify(items[0]));
});

test('Generate Video has each kind once, and makes every row', async () => {
	const execution = await run(generate(credential, settings));
	expect(hintsOf(execution)).toEqual(HINTS);
	expect(sandbox.ledger.charges()).toHaveLength(ROWS.length);
	report(`${ROWS.length} rows, ${hintsOf(execution).length} hints`);
	for (const hint of hintsOf(execution)) report(hint);
});

describeOnN8n2('asleep', () => {
	test('the same hints are there while the sheet sleeps; n8n drops those of a node that it resumes', async () => {
		const id = await host.run(await importRows(sleepingGenerate(credential, settings)));
		const asleep = await host.waitForStatus(id, ['waiting', 'error', 'success']);
		expect(hintsOf(asleep)).toEqual(expect.arrayContaining(HINTS));
		const ended = await host.waitForEnd(id);
		expect(hintsOf(ended)).toEqual([]);
		expect(ended.jsonOf(GENERATE).map(({ status }) => status)).toEqual(ROWS.map(() => 'completed'));
		expect(sandbox.ledger.charges()).toHaveLength(ROWS.length);
	});
});
