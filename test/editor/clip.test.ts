import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from '../e2e/sharedHost';
import { CLIP_NODE, PROMPT, saveClipWorkflow } from './clipWorkflow';
import { Editor } from './editor';
import { takePicture } from './pictures';

let sandbox: Sandbox;
let host: Awaited<ReturnType<typeof sharedHost>>;

beforeAll(async () => {
	sandbox = await startSandbox({ clips: 'real', speed: 30 });
	host = await sharedHost();
});
afterAll(async () => await sandbox.stop());

/** Opens the node of a new workflow in a browser of its own, which is closed at the end. */
async function withClipNode(
	parameters: Parameters<typeof saveClipWorkflow>[2],
	use: (editor: Editor) => Promise<void>,
	{ theme = 'light', apiKey = sandbox.apiKey }: { theme?: 'light' | 'dark'; apiKey?: string } = {},
): Promise<void> {
	const credential = await host.addKlingCredential({ apiKey, baseUrl: sandbox.baseUrl });
	const workflowId = await saveClipWorkflow(host, credential, parameters);
	const editor = await Editor.open(host.baseUrl, { theme });
	try {
		await editor.openWorkflow(workflowId);
		await editor.openNode(CLIP_NODE);
		await use(editor);
	} finally {
		await editor.close();
	}
}

test.each(['light', 'dark'] as const)('a clip plays in the output panel (%s)', async (theme) => {
	await withClipNode(
		{ duration: 3 },
		async (editor) => {
			await editor.executeStep();
			await editor.byId('ndv-view-binary-data').click();
			const video = editor.page.locator('video');
			await video.waitFor();
			const played = await video.evaluate(playForAMoment);
			expect(played).toMatchObject({ width: 1280, height: 720, failed: false });
			expect(Math.round(played.durationSeconds)).toBe(3);
			expect(played.reachedSeconds).toBeGreaterThan(0.5);
			// The player shows its buttons to who points at it.
			await video.hover();
			const name = theme === 'light' ? 'clip-playing' : 'clip-playing-dark';
			await takePicture(editor.page, name, await editor.fieldsAndOutput(690));
		},
		{ theme },
	);
});

test('the result stands beside the fields, with what it cost', async () => {
	await withClipNode({ duration: 3, metadata: '{ "row": 2 }' }, async (editor) => {
		await editor.executeStep();
		const output = editor.byId('output-panel');
		await editor.byId('ndv-view-binary-data').waitFor();
		await output.locator('[data-test-id="radio-button-json"]').click();
		await output.getByText('estimatedCost').waitFor();
		const text = await output.innerText();
		for (const word of ['completed', 'taskId', 'videoUrl', 'metadata', PROMPT]) {
			expect(text).toContain(word);
		}
		await editor.page.mouse.move(0, 0);
		await takePicture(editor.page, 'result', await editor.fieldsAndOutput(690));
	});
	expect(sandbox.ledger.violations()).toEqual([]);
});

test('a duration that no clip can have is refused with what is allowed, before anything is sent', async () => {
	const before = sandbox.ledger.submits().length;
	await withClipNode({ duration: '={{ 20 }}' }, async (editor) => {
		await editor.executeStep();
		const output = editor.byId('output-panel');
		await output.getByText("'Duration (Seconds)' is 20").first().waitFor();
		await editor.page.mouse.move(0, 0);
		await takePicture(editor.page, 'error-duration', await editor.fieldsAndOutput(690));
	});
	expect(sandbox.ledger.submits()).toHaveLength(before);
});

test('a wrong API key is told as such, without showing it', async () => {
	const apiKey = 'sk-nobody-knows-this-one';
	await withClipNode(
		{},
		async (editor) => {
			await editor.executeStep();
			const output = editor.byId('output-panel');
			await output.getByText('APIMart does not accept the API key').first().waitFor();
			expect(await output.innerText()).not.toContain(apiKey);
			await editor.page.mouse.move(0, 0);
			await takePicture(editor.page, 'error-key', await editor.fieldsAndOutput(400));
		},
		{ apiKey },
	);
});

/** What is needed of the browser's HTMLVideoElement; the compiler knows no browser here. */
interface BrowserVideo {
	muted: boolean;
	loop: boolean;
	play(): Promise<void>;
	pause(): void;
	ontimeupdate: () => void;
	videoWidth: number;
	videoHeight: number;
	currentTime: number;
	duration: number;
	error: object | null;
}

/** Plays a video until it has shown a second of itself; runs in the browser. */
async function playForAMoment(video: BrowserVideo) {
	video.muted = true;
	video.loop = false;
	await video.play();
	await new Promise<void>((resolve) => {
		video.ontimeupdate = () => {
			if (video.currentTime >= 1) resolve();
		};
	});
	video.pause();
	const { videoWidth: width, videoHeight: height, currentTime, duration, error } = video;
	return {
		...{ width, height, failed: error !== null },
		reachedSeconds: currentTime,
		durationSeconds: duration,
	};
}
