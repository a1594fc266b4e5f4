import { line, node } from '../e2e/callbackWorkflows';
import { sharedHost } from '../e2e/sharedHost';
import { CLIP_NODE, saveClipWorkflow } from './clipWorkflow';
import { Editor } from './editor';

const LABEL = 'Start a Workflow for Each Clip';

let editor: Editor;

beforeAll(async () => {
	const host = await sharedHost();
	const credential = await host.addKlingCredential({ apiKey: 'sk-any', baseUrl: host.baseUrl });
	// The list shows only those that others may start.
	const trigger = node('When called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
		inputSource: 'passthrough',
	});
	await host.importWorkflow(line('Save one clip', [trigger]));
	const options = { eachClipWorkflow: '' };
	const workflowId = await saveClipWorkflow(host, credential, { options });
	editor = await Editor.open(host.baseUrl, { height: 1500 });
	await editor.openWorkflow(workflowId);
	await editor.openNode(CLIP_NODE);
});
afterAll(async () => await editor?.close());

test('the workflow for each clip is chosen from the list of workflows', async () => {
	const { page } = editor;
	expect(await editor.shownLabels()).toContain(LABEL);
	await page.getByPlaceholder('Choose...').click();
	await page.getByText('Save one clip').first().click();
	const inputs = await page.locator('input').all();
	const values = await Promise.all(inputs.map(async (input) => await input.inputValue()));
	expect(values).toContainEqual(expect.stringContaining('Save one clip'));
});
