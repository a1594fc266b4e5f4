/* eslint-disable @n8n/community-nodes/node-usable-as-tool, @n8n/community-nodes/icon-validation, @n8n/community-nodes/require-node-description-fields, @n8n/community-nodes/no-http-request-with-manual-auth */
/**
 * What a node for a video provider usually does, n8n's own among them: row after row it submits, sleeps 10 s, asks, and so on
 * until the clip is there, then loads the whole file into memory. A contender of the benchmark, not a part of the package.
 */
import {
	NodeConnectionTypes,
	sleep,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

interface TaskAnswer {
	data: { status: string; result?: { videos: Array<{ url: string[] }> } };
}

export class SequentialVideo implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Sequential Video',
		name: 'sequentialVideo',
		group: ['transform'],
		version: 1,
		description: 'Makes one clip after the other',
		defaults: { name: 'Sequential Video' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'klingFastApi', required: true }],
		properties: [
			{ displayName: 'Prompt', name: 'prompt', type: 'string', default: '' },
			{ displayName: 'Interval (Seconds)', name: 'intervalSeconds', type: 'number', default: 10 },
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('klingFastApi');
		const ask = async (options: Partial<IHttpRequestOptions> & { url: string }) =>
			(await this.helpers.httpRequestWithAuthentication.call(this, 'klingFastApi', {
				...options,
				baseURL: `${baseUrl}/v1`,
				json: true,
			})) as unknown;
		const made: INodeExecutionData[] = [];
		for (let index = 0; index < this.getInputData().length; index++) {
			const prompt = this.getNodeParameter('prompt', index) as string;
			const intervalSeconds = this.getNodeParameter('intervalSeconds', index) as number;
			const body = { model: 'kling-v3', prompt, duration: 3, audio: true };
			const submitted = (await ask({ method: 'POST', url: '/videos/generations', body })) as {
				data: Array<{ task_id: string }>;
			};
			const taskId = submitted.data[0].task_id;
			let url: string | undefined;
			while (url === undefined) {
				await sleep(intervalSeconds * 1000);
				const { data } = (await ask({ url: `/tasks/${taskId}` })) as TaskAnswer;
				url = data.status === 'completed' ? data.result?.videos[0].url[0] : undefined;
			}
			const file = (await this.helpers.httpRequest({ url, encoding: 'arraybuffer' })) as Buffer;
			const data = await this.helpers.prepareBinaryData(file, `${taskId}.mp4`, 'video/mp4');
			made.push({ json: { taskId }, binary: { data }, pairedItem: { item: index } });
		}
		return [made];
	}
}
