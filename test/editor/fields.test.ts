import { sharedHost } from '../e2e/sharedHost';
import { CLIP_NODE, PROMPT, saveClipWorkflow } from './clipWorkflow';
import { Editor } from './editor';
import { takePicture } from './pictures';

let editor: Editor;

beforeAll(async () => {
	const host = await sharedHost();
	const credential = await host.addKlingCredential({ apiKey: 'sk-any', baseUrl: host.baseUrl });
	const workflowId = await saveClipWorkflow(host, credential);
	// High enough to show every field without scrolling.
	editor = await Editor.open(host.baseUrl, { height: 1500 });
	await editor.openWorkflow(workflowId);
	await editor.openNode(CLIP_NODE);
});
afterAll(async () => await editor?.close());

const FIRST = ['Resource', 'Operation', 'Mode', 'Start From', 'Shots'];
const WAITING = ['How to Wait', 'Metadata', 'Download Video', 'Options'];
const ALWAYS = ['Aspect Ratio', 'Quality', 'Generate Audio'];

test('a fresh node shows its short form, in an order that reads well', async () => {
	expect(await editor.shownLabels()).toEqual([
		...FIRST,
		'Prompt',
		'Duration (Seconds)',
		...ALWAYS,
		...WAITING,
	]);
	await editor.page.mouse.move(0, 0);
	await takePicture(editor.page, 'fields', await editor.nodeColumn());
});

test.each([
	['One Shot', ['Prompt', 'Duration (Seconds)']],
	['Several, Split by Kling', ['Prompt', 'Duration (Seconds)']],
	['Several, Written by You', ['Shot List']],
	['Several, From JSON', ['Shot List (JSON)']],
])('Shots: %s shows %p', async (choice, fields) => {
	await editor.choose('shots', choice);
	expect(await editor.shownLabels()).toEqual([...FIRST, ...fields, ...ALWAYS, ...WAITING]);
});

test.each([
	['URL', ['Start Image URL', 'End Image URL']],
	['Binary File', ['Start Image Input Data Field Name', 'End Image Input Data Field Name']],
])('an image from %s needs %p', async (choice, fields) => {
	await editor.choose('source', 'Image and Text');
	await editor.choose('imageInput', choice);
	expect(await editor.shownLabels()).toEqual([
		...FIRST,
		'Shot List (JSON)',
		'Image Input',
		...fields,
		...ALWAYS,
		...WAITING,
	]);
});

test('a written script has a row for each shot', async () => {
	await editor.choose('source', 'Text Only');
	await editor.choose('shots', 'Several, Written by You');
	await editor.page.getByRole('button', { name: 'Add Shot' }).click();
	expect(await editor.shownLabels()).toEqual([
		...FIRST,
		'Shot List',
		'Prompt',
		'Duration (Seconds)',
		...ALWAYS,
		...WAITING,
	]);
	await editor.type('shotList.shot[0].prompt', 'A wave rolls in at dawn, seen from above');
	await editor.page.mouse.move(0, 0);
	await takePicture(editor.page, 'fields-shots', await editor.nodeColumn(820));
	await editor.choose('shots', 'One Shot');
});

test('who only submits is asked whom to call, not how to wait', async () => {
	await editor.choose('mode', 'Submit Only');
	expect((await editor.shownLabels()).slice(-3)).toEqual(['Callback URL', 'Metadata', 'Options']);
	const placeholder = editor.field('callbackUrl').locator('input');
	expect(await placeholder.evaluate(isCutOff)).toBe(false);
	await editor.type('prompt', PROMPT);
	await takePicture(editor.page, 'fields-submit-only', await editor.nodeColumn());
	await editor.choose('mode', 'Submit and Wait');
});

test('both ways to wait fit into their dropdown', async () => {
	await editor.choose('waitBy', "Sleep in n8n's Database");
	expect(await editor.field('waitBy').locator('input').evaluate(isCutOff)).toBe(false);
	expect((await editor.shownLabels()).slice(-WAITING.length)).toEqual(WAITING);
	await editor.choose('waitBy', 'Check Until Finished');
});

test.each([
	['Get Video', ['Task ID', 'Wait Until Finished', 'Metadata', 'Download Video', 'Options']],
	[
		'Estimate Cost',
		[
			...['Start From', 'Shots', 'Prompt', 'Duration (Seconds)', 'Aspect Ratio', 'Quality'],
			...['Generate Audio', 'Options'],
		],
	],
])('%s shows %p', async (operation, fields) => {
	await editor.choose('operation', operation);
	expect(await editor.shownLabels()).toEqual(['Resource', 'Operation', ...fields]);
});

/** Whether a text does not fit into its input; runs in the browser. */
function isCutOff(element: { scrollWidth: number; clientWidth: number }): boolean {
	return element.scrollWidth > element.clientWidth;
}
