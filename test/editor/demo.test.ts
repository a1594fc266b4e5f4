/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from '../../host/package';
import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from '../e2e/sharedHost';
import { Editor } from './editor';
import { takePicture } from './pictures';

/** The middle of the window, where n8n fits the workflow in. */
const CANVAS = { x: 130, y: 180, width: 1230, height: 510 };
/** Nine rows, one of which asks for more than a clip can have. */
const GOOD_ROWS = '8 items';
const SUCCESS = '[data-test-id="canvas-node-status-success"]';

let sandbox: Sandbox;
let host: Awaited<ReturnType<typeof sharedHost>>;
let workflowId: string;

beforeAll(async () => {
	sandbox = await startSandbox({ clips: 'tiny', speed: 60 });
	host = await sharedHost();
	const folder = await mkdtemp(join(host.folder, 'demo-'));
	const rowsFile = join(folder, 'rows.csv');
	await copyFile(join(repositoryFolder, 'workflows', 'rows.csv'), rowsFile);
	const credential = await host.addKlingCredential(sandbox);
	workflowId = await host.importTemplate(
		'local-rows-to-files',
		{ rowsFile, outputFolder: folder },
		credential,
	);
});
afterAll(async () => await sandbox.stop());

test.each(['light', 'dark'] as const)('the demo runs on the canvas (%s)', async (theme) => {
	const editor = await Editor.open(host.baseUrl, { theme });
	try {
		await editor.openWorkflow(workflowId);
		await editor.byId('execute-workflow-button').click();
		await editor.page.getByText('Workflow executed successfully').first().waitFor();
		const finished = editor.node('Generate video').locator(SUCCESS);
		await finished.waitFor();
		expect(await editor.byId('canvas-node-status-error').count()).toBe(0);
		// n8n draws the lines of the last nodes a moment later: the one into Save clip, and the one that could lead on.
		await editor.page.getByText(GOOD_ROWS).nth(1).waitFor();
		await editor.byId('zoom-to-fit').click();
		await editor.page.mouse.move(0, 0);
		await takePicture(editor.page, theme === 'light' ? 'demo' : 'demo-dark', CANVAS);
	} finally {
		await editor.close();
	}
});
