import { PACKAGE_NAME } from './package';
import { N8nRest, type CredentialRef } from './rest';
import { fillTemplate, readTemplate } from './workflow';

export const CREDENTIAL_TYPE = 'klingFastApi';
export const NODE_TYPE = `${PACKAGE_NAME}.klingFast`;

/** n8n's REST API, and what our own credential and templates need of it. */
export class KlingRest extends N8nRest {
	/** Makes a Kling Fast credential, e.g. for the sandbox. */
	async addKlingCredential(credential: {
		apiKey: string;
		baseUrl: string;
		callbackSecret?: string;
	}): Promise<CredentialRef> {
		const { apiKey, baseUrl, callbackSecret = '' } = credential;
		const data = { apiKey, baseUrl, callbackSecret };
		return await this.createCredential(CREDENTIAL_TYPE, 'Kling Fast', data);
	}

	/**
	 * Imports `workflows/<name>.json`, filled in.
	 *
	 * @param settings for the template's Settings node, by name
	 * @returns the workflow's id
	 */
	async importTemplate(
		name: string,
		settings: Record<string, string | number | boolean>,
		credential: CredentialRef,
	): Promise<string> {
		const nodeTypes = [NODE_TYPE, `${NODE_TYPE}Trigger`];
		const filled = fillTemplate(await readTemplate(name), settings, [{ ...credential, nodeTypes }]);
		return await this.importWorkflow(filled);
	}
}
