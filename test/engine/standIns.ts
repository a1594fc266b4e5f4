/** The nodes of n8n that inline child workflows are made of, with no more in them than these workflows use. */
import {
	NodeConnectionTypes,
	WAIT_INDEFINITELY,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeProperties,
	type INodeType,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { described } from './nodeDescription';

export const executeWorkflowTriggerType = 'n8n-nodes-base.executeWorkflowTrigger';

const property = (
	name: string,
	type: INodeProperties['type'],
	defaultValue: INodeProperties['default'],
	more: Partial<INodeProperties> = {},
): INodeProperties => ({ displayName: name, name, type, default: defaultValue, ...more });

class Start implements INodeType {
	description = described('execute Workflow Trigger', {
		group: ['trigger'],
		inputs: [],
		properties: [property('inputSource', 'string', 'workflowInputs')],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
}

/** Gives on what it gets. */
export class PassThrough implements INodeType {
	description = described('no Op', { usableAsTool: true });

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
}

class StickyNote implements INodeType {
	description = described('sticky Note', {
		inputs: [],
		outputs: [],
		properties: ['content', 'height', 'width', 'color'].map((name) => property(name, 'string', '')),
	});
}

class If implements INodeType {
	description = described('if', {
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		properties: [
			property('conditions', 'filter', {}, { typeOptions: { filter: { version: 2 } } }),
			property('options', 'collection', {}, { options: [] }),
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const outputs: INodeExecutionData[][] = [[], []];
		this.getInputData().forEach((item, index) => {
			const passes = this.getNodeParameter('conditions', index, false, { extractValue: true });
			outputs[passes ? 0 : 1].push({ ...item, pairedItem: { item: index } });
		});
		return outputs;
	}
}

const secondsPer: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** "On Webhook Call" with a limit, and "After Time Interval", which n8n sits out in the process where it is short. */
class Wait implements INodeType {
	description = described('wait', {
		webhooks: [
			{
				name: 'default',
				httpMethod: '={{ $parameter["httpMethod"] }}',
				path: '={{ $parameter["options"]["webhookSuffix"] || "" }}',
				responseMode: 'onReceived',
				restartWebhook: true,
			},
		],
		properties: [
			property('resume', 'string', 'timeInterval'),
			property('amount', 'number', 1),
			property('unit', 'string', 'hours'),
			property('httpMethod', 'string', 'GET'),
			property('limitWaitTime', 'boolean', false),
			property('limitType', 'string', 'afterTimeInterval'),
			property('resumeAmount', 'number', 1),
			property('resumeUnit', 'string', 'hours'),
			property('options', 'collection', {}, { options: [property('webhookSuffix', 'string', '')] }),
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const parameter = (name: string) => this.getNodeParameter(name, 0);
		const until = (amount: string, unit: string) =>
			Date.now() + Number(parameter(amount)) * secondsPer[String(parameter(unit))] * 1000;
		if (parameter('resume') === 'timeInterval') {
			const untilMs = until('amount', 'unit');
			if (untilMs > Date.now()) await this.putExecutionToWait(new Date(untilMs));
			return [this.getInputData()];
		}
		if (parameter('resume') !== 'webhook' || parameter('limitType') !== 'afterTimeInterval') {
			throw new Error('The stand-in for Wait waits for a webhook call or for a while');
		}
		await this.putExecutionToWait(
			parameter('limitWaitTime')
				? new Date(until('resumeAmount', 'resumeUnit'))
				: WAIT_INDEFINITELY,
		);
		return [this.getInputData()];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { headers, params, query, body } = this.getRequestObject();
		return {
			workflowData: [[{ json: { headers, params, query, body } as INodeExecutionData['json'] }]],
		};
	}
}

export const standIns: Record<string, INodeType> = {
	[executeWorkflowTriggerType]: new Start(),
	'n8n-nodes-base.noOp': new PassThrough(),
	'n8n-nodes-base.stickyNote': new StickyNote(),
	'n8n-nodes-base.if': new If(),
	'n8n-nodes-base.wait': new Wait(),
};
