import type {
	IAuthenticate,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { normalizeBaseUrl, parseUrl } from '../nodes/KlingFast/apimart/address';

/**
 * What must stay true here: the API key travels to the host of the base URL and to no other. A request to another host
 * is refused, and a redirect is not followed (n8n would send the Authorization header along).
 */
export class KlingFastApi implements ICredentialType {
	name = 'klingFastApi';

	displayName = 'Kling Fast API';

	icon: Icon = {
		light: 'file:../icons/kling-fast.svg',
		dark: 'file:../icons/kling-fast.dark.svg',
	};

	documentationUrl = 'https://github.com/kling-fast/n8n-nodes-kling-fast#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. sk-...',
			description: 'Your APIMart API key, from the API keys page of the APIMart console',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.apimart.ai',
			placeholder: 'e.g. https://api.apimart.ai',
			description:
				'The address of the API. Change it only for a mirror or a sandbox. The API key is sent to this address and to no other.',
		},
		{
			displayName: 'Callback Signing Secret',
			name: 'callbackSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. a long random text, or nothing',
			description:
				'Signs the callback addresses that are given to the provider. Leave empty to derive it from the API key. Set one if callbacks have to stay valid when the API key is replaced.',
		},
	];

	authenticate: IAuthenticate = async (credentials, request) => {
		const base = new URL(normalizeBaseUrl(String(credentials.baseUrl ?? '')));
		const target = targetOf(request);
		if (target?.origin !== base.origin) {
			throw new Error(
				`The API key is sent only to the 'Base URL' of its credential (${base.host}), not to ${target?.host || 'an incomplete address'}`,
			);
		}
		const headers = {
			...request.headers,
			Authorization: `Bearer ${String(credentials.apiKey).trim()}`,
		};
		// What was checked is what is sent: one address, whole. n8n's older request options switch redirects off under two more names.
		return {
			...request,
			url: target.href,
			uri: undefined,
			baseURL: undefined,
			headers,
			disableFollowRedirect: true,
			followRedirect: false,
			followAllRedirects: false,
		};
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: "={{ $credentials.baseUrl.trim().replace(/(?<!\\/)(\\/+v1)?\\/*$/, '') }}",
			url: '/v1/balance',
			method: 'GET',
		},
		// n8n reads the status rules when the request failed and the body rules when it went well; its type allows only one
		// sort at a time, hence the assertion.
		rules: [...statusRules, ...bodyRules] as ICredentialTestRequest['rules'],
	};
}

/** Where n8n's HTTP client would send it: `url` or, in the older request options, `uri`, joined to the base as axios does. */
function targetOf(request: IHttpRequestOptions & { uri?: unknown }): URL | undefined {
	const { url, uri, baseURL } = request;
	const address = String(url ?? uri ?? '');
	const isWhole = !baseURL || /^([a-z][a-z\d+.-]*:)?\/\//i.test(address);
	if (address === '' || isWhole) return parseUrl(address);
	return parseUrl(`${baseURL.replace(/\/?\/$/, '')}/${address.replace(/^\/+/, '')}`);
}

const wrongKey =
	'APIMart did not accept this API key. Copy it again from the API keys page of the APIMart console.';
const wrongAddress =
	"The answer did not come from the APIMart API. Check the 'Base URL': it should be https://api.apimart.ai, or the address of a mirror.";
const movedAddress =
	"The 'Base URL' forwards to another address, and the API key is not sent after it. Enter the address that it forwards to.";
const emptyAccount =
	'The API key is right, but the account has no balance left. Top it up at APIMart, then test again.';

/** A rule fires when the answer's status is the one given. */
const statusRules = Object.entries({
	301: movedAddress,
	302: movedAddress,
	307: movedAddress,
	308: movedAddress,
	401: wrongKey,
	402: emptyAccount,
	403: wrongKey,
	404: wrongAddress,
}).map(([status, message]) => ({
	type: 'responseCode' as const,
	properties: { value: Number(status), message },
}));

/**
 * A rule fires when the answer's `success` is the value given. A wrong key can be answered with status 200, and a wrong
 * address often is a web page with status 200: without `success: true` nothing is proven.
 */
const bodyRules = [
	{ value: false, message: wrongKey },
	{ value: undefined, message: wrongAddress },
].map(({ value, message }) => ({
	type: 'responseSuccessBody' as const,
	properties: { key: 'success', value, message },
}));
