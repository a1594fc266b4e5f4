import { ExecuteContext, RoutingNode } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	type INodeCredentialTestResult,
	type INodeType,
	NodeApiError,
} from 'n8n-workflow';
import { KlingFastApi } from '../../credentials/KlingFastApi.credentials';
import type { Engine, RunOptions } from './harness';
import { described } from './nodeDescription';

/**
 * The "Test" button of the credential. The request runs in n8n-core; the reading of the rules is written after
 * n8n 2.41's credentials tester, which is no part of n8n-core: status rules where the request failed with an answer, body
 * rules (strict equality) where it went well.
 */
export async function testCredential(
	engine: Engine,
	credentials: { apiKey: string; baseUrl: string },
): Promise<INodeCredentialTestResult> {
	const { test } = new KlingFastApi();
	const rules = test.rules ?? [];
	let body: unknown;
	try {
		body = await send(engine, credentials);
	} catch (error) {
		const status = statusBehind(error);
		const rule = rules.find((candidate) => {
			return candidate.type === 'responseCode' && candidate.properties.value === status;
		});
		return { status: 'Error', message: rule?.properties.message ?? (error as Error).message };
	}
	for (const rule of rules) {
		if (rule.type !== 'responseSuccessBody') continue;
		if (Object(body)[rule.properties.key] === rule.properties.value) {
			return { status: 'Error', message: rule.properties.message };
		}
	}
	return { status: 'OK', message: 'Connection successful!' };
}

async function send(engine: Engine, credentials: NonNullable<RunOptions['credentials']>) {
	const options: RunOptions = { credentials, nodeType: credentialTestType, nodeName: 'Temp-Node' };
	const { workflow, node } = engine.workflow(options);
	const context = new ExecuteContext(
		workflow,
		node,
		engine.additionalData(options),
		'internal',
		createEmptyRunExecutionData(),
		0,
		[],
		{ main: [[{ json: {} }]] },
		{ node, data: {}, source: null },
		[],
	);
	const decrypted = { id: '', name: '', type: 'klingFastApi', data: credentials };
	const type = credentialTestNodes[credentialTestType];
	const output = await new RoutingNode(context, type, decrypted).runNode();
	return output?.[0][0].json;
}

/** n8n hangs the credential's request on a property of a node that does nothing else. */
class CredentialRequest implements INodeType {
	description = described('Temp', {
		usableAsTool: true,
		credentials: [{ name: 'klingFastApi', required: true }],
		properties: [
			{
				...{ displayName: 'Temp', name: 'temp', type: 'string', default: '' },
				routing: { request: new KlingFastApi().test.request },
			},
		],
	});
}

const credentialTestType = 'test.credential';

/** For `createEngine`. */
export const credentialTestNodes = { [credentialTestType]: new CredentialRequest() };

function statusBehind(error: unknown): number | undefined {
	if (!(error instanceof NodeApiError)) return undefined;
	const { cause } = error;
	return cause && 'response' in cause
		? (cause.response as { status?: number } | undefined)?.status
		: undefined;
}
