import { startSandbox, type Sandbox } from '../../sandbox';
import { sharedHost } from './sharedHost';

let host: Awaited<ReturnType<typeof sharedHost>>;
let sandbox: Sandbox;

beforeAll(async () => {
	host = await sharedHost();
	sandbox = await startSandbox();
});
afterAll(async () => await sandbox.stop());

test('n8n knows the node, and the same as a tool for agents, under the name that workflows store', async () => {
	const names = (await host.nodeTypes()).map(({ name }) => name);
	expect(names).toContain('n8n-nodes-kling-fast.klingFast');
	expect(names).toContain('n8n-nodes-kling-fast.klingFastTool');
});

describe("the credential's Test button", () => {
	const test_ = async (apiKey: string) => {
		const data = { apiKey, baseUrl: sandbox.baseUrl };
		return await host.testCredential(await host.addKlingCredential(data), data);
	};

	test('is content with a key that the provider knows', async () => {
		expect(await test_(sandbox.apiKey)).toMatchObject({ status: 'OK' });
	});

	test('is not with another, and the message does not show it', async () => {
		const { status, message } = await test_('sk-nobody-knows-this-one');
		expect(status).toBe('Error');
		expect(message).not.toContain('sk-nobody');
	});
});
