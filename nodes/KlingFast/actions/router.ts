import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

export async function router(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return [this.getInputData()];
}
