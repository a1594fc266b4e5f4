import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { OWNER } from '../../host/host';
import { CHROMIUM_IS_MISSING, findChromium } from './chromium';
import type { Frame } from './pictures';

const MARGIN = 16;
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
/** Wide enough for n8n to show all tabs of the output. */
const VIEWPORT = { width: 1440, height: 820 };

/** n8n's editor in a browser of its own, as a person uses it; each step waits until the page is ready for it. */
export class Editor {
	private constructor(
		private readonly browser: Browser,
		readonly page: Page,
	) {}

	/**
	 * Opens a browser and logs in.
	 *
	 * @throws Error that says how to get a browser where there is none
	 */
	static async open(
		baseURL: string,
		{
			theme = 'light',
			height = VIEWPORT.height,
		}: { theme?: 'light' | 'dark'; height?: number } = {},
	): Promise<Editor> {
		const executablePath = findChromium();
		if (executablePath === undefined) throw new Error(CHROMIUM_IS_MISSING);
		const browser = await chromium.launch({ executablePath, args: ARGS });
		const page = await browser.newPage({
			baseURL,
			viewport: { ...VIEWPORT, height },
			colorScheme: theme,
			reducedMotion: 'reduce',
		});
		page.setDefaultTimeout(20_000);
		await page.goto('/signin');
		await page.locator('input[name=emailOrLdapLoginId]').fill(OWNER.email);
		await page.locator('input[type=password]').fill(OWNER.password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.waitForURL(/workflow|home|projects/);
		return new Editor(browser, page);
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	byId(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`/workflow/${id}`);
		await this.byId('canvas-node').first().waitFor();
	}

	/** A new workflow with a manual trigger. */
	async newWorkflow(): Promise<void> {
		await this.page.goto('/workflow/new');
		await this.byId('canvas-plus-button').click();
		await this.byId('node-creator').getByText('Trigger manually').click();
		await this.node('When clicking ‘Execute workflow’').waitFor();
	}

	/** Opens the node panel and types into its search. */
	async searchNodes(text: string): Promise<Locator> {
		const search = this.byId('node-creator-search-bar');
		if (!(await search.isVisible())) await this.byId('node-creator-plus-button').click();
		await search.fill(text);
		return this.byId('node-creator');
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens a node's panel (fields, input and output). */
	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.byId('node-parameters').waitFor();
	}

	async closeNode(): Promise<void> {
		await this.byId('ndv-close-button').click();
		await this.byId('node-parameters').waitFor({ state: 'detached' });
	}

	/** The labels of the fields that the open node shows, in their order. */
	async shownLabels(): Promise<string[]> {
		const labels = this.byId('node-parameters')
			.locator('[data-test-id="input-label"] label')
			.filter({ visible: true });
		// Behind the label follows the switch between Fixed and Expression, each on a line of its own.
		return (await labels.allInnerTexts()).map((label) => label.trim().split('\n')[0]);
	}

	/** One of the open node's fields, by its name in the workflow. */
	field(name: string): Locator {
		return this.page.locator(`[data-parameter-path="parameters.${name}"]`);
	}

	/** Picks an entry of a dropdown. */
	async choose(field: string, label: string): Promise<void> {
		await this.field(field).locator('input').click();
		await this.openedList()
			.filter({ has: this.page.getByText(label, { exact: true }) })
			.click();
	}

	/** The entries of the dropdown that is open. */
	openedList(): Locator {
		return this.page.locator('li[role="option"]').filter({ visible: true });
	}

	async type(field: string, text: string): Promise<void> {
		await this.field(field).locator('input, textarea').first().fill(text);
		await this.page.keyboard.press('Tab');
	}

	/** A field of the credential that is open. */
	credentialField(name: string): Locator {
		return this.byId(`parameter-input-${name}`).locator('input');
	}

	/**
	 * Where the fields of the open node stand in the window.
	 *
	 * @param height of what is wanted, from the top; by default down to the options
	 */
	async nodeColumn(height?: number): Promise<Frame> {
		const { x, width } = await this.boxOf('node-parameters');
		const y = await this.headerTop();
		if (height !== undefined) return { x, y, width, height };
		const lastButton = await this.boxOf('collection-parameter-add');
		return { x, y, width, height: lastButton.y + lastButton.height + MARGIN - y };
	}

	/** Where the fields and the output of the open node stand in the window. */
	async fieldsAndOutput(height: number): Promise<Frame> {
		const { x } = await this.boxOf('node-parameters');
		const output = await this.boxOf('output-panel');
		const y = await this.headerTop();
		return { x, y, width: output.x + output.width - x, height };
	}

	/** The upper edge of the bar with the tabs. */
	private async headerTop(): Promise<number> {
		return (await this.boxOf('tab-params')).y - MARGIN;
	}

	private async boxOf(testId: string): Promise<Frame> {
		const box = await this.byId(testId).boundingBox();
		if (box === null) throw new Error(`${testId} is not on the page`);
		return box;
	}

	/** Presses Execute step. */
	async executeStep(): Promise<void> {
		await this.byId('node-execute-button').click();
	}
}
