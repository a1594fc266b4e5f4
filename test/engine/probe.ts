import {
	NodeApiError,
	NodeConnectionTypes,
	WAIT_INDEFINITELY,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

export const probeType = 'test.probe';

const webhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		path: 'callback',
		responseMode: 'onReceived',
		responseData: '',
		restartWebhook: true,
	},
];

// Inside `execute()` n8n puts its context in the place of `this`, so the node is told things through these.
let onExecute = () => {};
let onHang = () => {};

/** Does on demand, told by the first item's `do`, what the Kling Fast nodes do with the engine. */
export class Probe implements INodeType {
	executions = 0;

	constructor() {
		onExecute = () => {
			this.executions++;
		};
	}

	/** Settles when the action `hang` hangs. */
	hanging = new Promise<void>((resolve) => {
		onHang = resolve;
	});

	description: INodeTypeDescription = {
		displayName: 'Probe',
		name: 'probe',
		group: ['transform'],
		version: 1,
		description: 'Uses the engine',
		defaults: { name: 'Probe' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingFastApi', required: true }],
		webhooks,
		properties: [
			{
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: 'unset',
				displayOptions: { hide: { '@tool': [true] } },
			},
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		onExecute();
		const items = this.getInputData();
		const action = items[0].json.do as ProbeAction;
		return [await actions[action].call(this, items)];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const body = this.getBodyData();
		if (body.throw) throw new Error('thrown in webhook()');
		const counted = this.getWorkflowStaticData('node');
		counted.calls = Number(counted.calls ?? 0) + 1;
		const remembered = this.evaluateExpression("{{ $node['Probe'].context }}");
		const seen = { body, remembered, query: this.getQueryData(), params: this.getParamsData() };
		if (body.resume) {
			return { webhookResponse: seen, workflowData: [[{ json: { resumedWith: body.resume } }]] };
		}
		return { webhookResponse: seen };
	}
}

export type ProbeAction = keyof typeof actions;

const actions = {
	async texts(this: IExecuteFunctions, items: INodeExecutionData[]) {
		return items.map((_, item) => ({
			json: { text: this.getNodeParameter('text', item, 'hidden') as string },
			pairedItem: { item },
		}));
	},
	async request(this: IExecuteFunctions, items: INodeExecutionData[]) {
		const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('klingFastApi');
		const options = { url: `${baseUrl}/echo`, json: true };
		const json = await this.helpers.httpRequestWithAuthentication.call(
			this,
			'klingFastApi',
			options,
		);
		return items.map((_, item) => ({ json, pairedItem: { item } }));
	},
	async elsewhere(this: IExecuteFunctions) {
		const url = 'http://127.0.0.2:9/echo';
		return [await this.helpers.httpRequestWithAuthentication.call(this, 'klingFastApi', { url })];
	},
	async binary(this: IExecuteFunctions, items: INodeExecutionData[]) {
		const bytes = await this.helpers.getBinaryDataBuffer(0, 'image');
		const copy = await this.helpers.prepareBinaryData(Buffer.concat([bytes, bytes]), 'twice.png');
		return items.map((_, item) => ({ json: {}, binary: { copy }, pairedItem: { item } }));
	},
	async hang(this: IExecuteFunctions) {
		this.customData.set('task', 'task_1');
		onHang();
		const signal = this.getExecutionCancelSignal();
		return await new Promise<INodeExecutionData[]>((_, reject) => {
			signal?.addEventListener('abort', () => reject(new Error('stopped')));
		});
	},
	async refuse(this: IExecuteFunctions): Promise<INodeExecutionData[]> {
		throw new NodeApiError(
			this.getNode(),
			{ message: 'raw' },
			{
				message: 'No balance [Item 0]',
				description: 'Top it up',
				httpCode: '402',
				itemIndex: 0,
			},
		);
	},
	async refuseOnce(this: IExecuteFunctions, items: INodeExecutionData[]) {
		const context = this.getContext('node');
		context.tries = Number(context.tries ?? 0) + 1;
		if (context.tries === 1) throw new NodeApiError(this.getNode(), { message: 'first try' });
		return items;
	},
	async oneBadRow(this: IExecuteFunctions, items: INodeExecutionData[]) {
		return items.map(({ json }, item) => ({
			json: json.bad ? { error: `bad, see ${item}` } : { fine: true },
			pairedItem: { item },
		}));
	},
	async sleep(this: IExecuteFunctions, items: INodeExecutionData[]) {
		this.getContext('node').tasks = ['task_1'];
		this.logger.info('going to sleep', { url: this.evaluateExpression('{{ 1 + 1 }}', 0) });
		const stamped = items.map(({ json }) => ({ json: { ...json, status: 'timedOut' } }));
		items.splice(0, items.length, ...stamped);
		await this.putExecutionToWait(WAIT_INDEFINITELY);
		return [{ json: { url: this.evaluateExpression('{{ $execution.resumeUrl }}', 0) as string } }];
	},
	async remember(this: IExecuteFunctions) {
		const context = this.getContext('node');
		context.runs = [...((context.runs as string[]) ?? []), this.getExecutionId()];
		this.addExecutionHints({ message: 'a hint', location: 'outputPane' });
		return [{ json: { runIndex: this.evaluateExpression('{{ $runIndex }}', 0) as number } }];
	},
};
