import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from '../e2e/sharedHost';
import { CLIP_NODE, saveClipWorkflow, saveTriggerWorkflow, TRIGGER_NODE } from './clipWorkflow';
import { Editor } from './editor';
import { takePicture } from './pictures';

/** The node without its empty output. */
const FRAME = { x: 24, y: 24, width: 908, height: 772 };
const WEBHOOK_ID = '4c1f5b8e-2d7a-4f0e-9c36-6b1d0a9e7f42';

let sandbox: Sandbox;
let host: Awaited<ReturnType<typeof sharedHost>>;
let workflowId: string;
let editor: Editor;

beforeAll(async () => {
	sandbox = await startSandbox({ speed: 30 });
	host = await sharedHost();
	const credential = await host.addKlingCredential(sandbox);
	workflowId = await saveTriggerWorkflow(host, credential, WEBHOOK_ID);
	editor = await Editor.open(host.baseUrl);
	await editor.openWorkflow(workflowId);
	await editor.openNode(TRIGGER_NODE);
});
afterAll(async () => {
	await editor?.close();
	await host.deactivate(workflowId);
	await sandbox.stop();
});

test('the panel shows one test URL and one production URL, and says where to paste which', async () => {
	await editor.page.getByText('Webhook URLs', { exact: true }).click();
	const { page } = editor;
	await page.getByText(`${host.baseUrl}/webhook-test/${WEBHOOK_ID}/callback`).waitFor();
	expect(await page.getByText('/webhook-test/').count()).toBe(1);
	await takePicture(page, 'trigger-test-url', FRAME);

	await page.getByRole('radio', { name: 'Production URL' }).click();
	await page.getByText(`${host.baseUrl}/webhook/${WEBHOOK_ID}/callback`).waitFor();
	expect(await page.getByText(':token').count()).toBe(0);
	const notice = page.getByText('copy the production URL into "Callback URL" of Generate Video');
	await notice.waitFor();
	await page.mouse.move(0, 0);
	await takePicture(page, 'trigger', FRAME);
});

test('the help below tells what works when', async () => {
	await editor.page.getByText('When will this node trigger my flow?').click();
	await editor.page.getByText('The test URL only answers while this panel listens').waitFor();
	await takePicture(editor.page, 'trigger-help', FRAME);
});

test('its events are named as a person would', async () => {
	await editor.field('triggerOn').locator('input').first().click();
	await editor.openedList().first().waitFor();
	expect(await editor.openedList().allInnerTexts()).toEqual([
		expect.stringContaining('Video Completed'),
		expect.stringContaining('Video Failed'),
	]);
});

test('a clip that is submitted with the production URL starts the published workflow', async () => {
	await host.activate(workflowId);
	const credential = await host.addKlingCredential(sandbox);
	const clipWorkflowId = await saveClipWorkflow(host, credential, {
		mode: 'submitOnly',
		callbackUrl: `${host.baseUrl}/webhook/${WEBHOOK_ID}/callback`,
		metadata: '{ "row": 7 }',
	});
	await editor.openWorkflow(clipWorkflowId);
	await editor.openNode(CLIP_NODE);
	await editor.executeStep();
	await editor.byId('output-panel').getByText('submitted', { exact: true }).waitFor();

	await expectRunWith({ status: 'completed', metadata: { row: 7 } });
});

/** Waits for the one run that the callback starts. */
async function expectRunWith(clip: object): Promise<void> {
	const [run] = await host.startedRuns(workflowId, 1);
	expect(run.status).toBe('success');
	expect(run.jsonOf(TRIGGER_NODE)).toMatchObject([clip]);
}
