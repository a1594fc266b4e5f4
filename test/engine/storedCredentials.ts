import {
	ICredentialsHelper,
	type ICredentialDataDecryptedObject,
	type ICredentials,
	type ICredentialType,
	type IHttpRequestOptions,
	type INodeProperties,
	type IRequestOptionsSimplified,
	type IWorkflowExecuteAdditionalData,
	type INodeCredentialsDetails,
} from 'n8n-workflow';

/** n8n's credential store for one run: one set of data, put on requests by the real credential class. */
export class StoredCredentials extends ICredentialsHelper {
	constructor(
		private readonly type: ICredentialType,
		private readonly data: ICredentialDataDecryptedObject,
	) {
		super();
	}

	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		_nodeCredentials: INodeCredentialsDetails,
		type: string,
	): Promise<ICredentialDataDecryptedObject> {
		this.assertKnown(type);
		return { ...this.data };
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		type: string,
		options: IHttpRequestOptions | IRequestOptionsSimplified,
	): Promise<IHttpRequestOptions> {
		this.assertKnown(type);
		const { authenticate } = this.type;
		if (typeof authenticate !== 'function') throw new Error('Expected an authenticate function');
		return await authenticate(credentials, options as IHttpRequestOptions);
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	getCredentialsProperties(): INodeProperties[] {
		return this.type.properties;
	}

	async getCredentials(): Promise<ICredentials> {
		throw new Error('Not part of the test engine');
	}

	async updateCredentials(): Promise<void> {
		throw new Error('Not part of the test engine');
	}

	async updateCredentialsOauthTokenData(): Promise<void> {
		throw new Error('Not part of the test engine');
	}

	private assertKnown(type: string): void {
		if (type !== this.type.name) throw new Error(`Unknown credential type ${type}`);
	}
}
