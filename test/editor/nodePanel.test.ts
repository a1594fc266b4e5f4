import type { KlingRest } from '../../host/klingRest';
import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from '../e2e/sharedHost';
import { Editor } from './editor';
import { takePicture } from './pictures';

let sandbox: Sandbox;
let editor: Editor;

beforeAll(async () => {
	sandbox = await startSandbox();
	const host = await sharedHost();
	await forgetCredentials(host);
	editor = await Editor.open(host.baseUrl);
	await editor.newWorkflow();
});
afterAll(async () => {
	await editor?.close();
	await sandbox.stop();
});

test('the node panel finds the nodes, and says what they are for', async () => {
	for (const words of ['text to video', 'apimart', 'kling']) {
		const panel = await editor.searchNodes(words);
		await panel.getByText('Kling Fast', { exact: true }).waitFor();
	}
	const panel = editor.byId('node-creator');
	expect(await panel.innerText()).toContain(
		'Generate videos with Kling 3.0 Fast, or start a workflow when one is ready',
	);
});

test('it offers each operation and both events', async () => {
	const panel = editor.byId('node-creator');
	await panel.getByText('Kling Fast', { exact: true }).click();
	await panel.getByText('Generate video', { exact: true }).waitFor();
	await panel.getByText(/^Triggers \(2\)/).click();
	await panel.getByText(/^(on )?video completed$/i).waitFor();
	const text = await panel.innerText();
	for (const action of [
		'Get account balance',
		'Upload image',
		'Estimate video cost',
		'Generate video',
		'Get video',
		'Video completed',
		'Video failed',
	]) {
		expect(text.toLowerCase()).toContain(action.toLowerCase());
	}
	await panel.getByText(/^Triggers \(2\)/).click();
	await takePicture(editor.page, 'node-panel', { x: 1054, y: 65, width: 386, height: 720 });
});

test('an operation is a node, and opens with its fields', async () => {
	await editor.byId('node-creator').getByText('Generate video', { exact: true }).click();
	await editor.byId('node-parameters').waitFor();
	expect(await editor.shownLabels()).toContain('Prompt');
});

test("a wrong API key is refused by the credential's test, with words that help", async () => {
	await editor.page.getByText('Connect to Kling Fast').click();
	await editor.credentialField('apiKey').fill('sk-nobody-knows-this-one');
	await editor.credentialField('baseUrl').fill(sandbox.baseUrl);
	await editor.byId('credential-save-button').click();
	await editor.page.getByText('More details').click();
	const refusal = editor.page.getByText('APIMart did not accept this API key');
	await refusal.first().waitFor();
	await takePicture(editor.page, 'credential-refused', { x: 204, y: 70, width: 1032, height: 680 });
});

test('the right one is accepted, and the node uses it', async () => {
	await editor.credentialField('apiKey').fill(sandbox.apiKey);
	await editor.byId('credential-save-button').click();
	await editor.byId('credential-save-button').waitFor({ state: 'detached' });
	const chosen = editor.byId('node-credentials-select').locator('input');
	expect(await chosen.inputValue()).toContain('Kling Fast account');
	expect(sandbox.ledger.violations()).toEqual([]);
});

/** As for a person who has just installed the package: n8n picks a credential by itself where there is one. */
async function forgetCredentials(host: KlingRest): Promise<void> {
	const known = await host.call<Array<{ id: string }>>('GET', '/rest/credentials');
	for (const { id } of known) await host.call('DELETE', `/rest/credentials/${id}`);
}
