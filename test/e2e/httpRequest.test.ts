/* eslint-disable @n8n/community-nodes/no-restricted-imports */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CREDENTIAL_TYPE } from '../../host/klingRest';
import type { CredentialRef } from '../../host/rest';
import { line, manualTrigger, node } from './callbackWorkflows';
import { sharedHost } from './sharedHost';

const HTTP_REQUEST = 'n8n-nodes-base.httpRequest';
const API_KEY = 'sk-stays-home';

/** Two servers of different origins: the Base URL of the credential, and another host's. */
const seen: Record<'home' | 'otherHost', IncomingMessage[]> = { home: [], otherHost: [] };
const servers: Server[] = [];
let host: Awaited<ReturnType<typeof sharedHost>>;
let credential: CredentialRef;
let homeUrl: string;
let otherHostUrl: string;

async function listen(who: keyof typeof seen): Promise<string> {
	const server = createServer((request, response) => {
		seen[who].push(request);
		if (request.url === '/moved') response.writeHead(302, { location: `${otherHostUrl}/after` });
		else response.writeHead(200, { 'content-type': 'application/json' });
		response.end('{"success":true}');
	});
	servers.push(server.listen(0, '127.0.0.1'));
	await once(server, 'listening');
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
	host = await sharedHost();
	otherHostUrl = await listen('otherHost');
	homeUrl = await listen('home');
	const fields = { apiKey: API_KEY, baseUrl: homeUrl, callbackSecret: '' };
	credential = await host.createCredential(CREDENTIAL_TYPE, 'Key that stays home', fields);
});
afterAll(() => servers.forEach((server) => server.close()));
beforeEach(() => (seen.home = seen.otherHost = []));

/** Runs n8n's own HTTP Request node with this credential chosen in it; gives its error, if it has one. */
async function request(typeVersion: number, url: string): Promise<string | undefined> {
	const parameters = {
		url,
		authentication: 'predefinedCredentialType',
		nodeCredentialType: CREDENTIAL_TYPE,
		options: {},
	};
	const { type, id, name } = credential;
	const http = node('HTTP', HTTP_REQUEST, typeVersion, parameters, {
		credentials: { [type]: { id, name } },
	});
	const workflow = line(`HTTP Request ${typeVersion}`, [manualTrigger(), http]);
	return (await host.runToEnd(await host.importWorkflow(workflow))).error;
}

test('the API key never leaves by n8n’s own HTTP Request node, whatever its version', async () => {
	const types = (await host.nodeTypes()).filter(({ name }) => name === HTTP_REQUEST);
	const versions = types.flatMap(({ version }) => version).sort((a, b) => a - b);
	expect(versions.length).toBeGreaterThan(5);
	const found: Record<string, unknown> = {};
	for (const version of versions) {
		seen.home = [];
		seen.otherHost = [];
		const errors = [
			await request(version, `${homeUrl}/v1/balance`),
			await request(version, `${otherHostUrl}/v1/balance`),
			await request(version, `${homeUrl}/moved`),
		];
		const keysElsewhere = seen.otherHost.filter(({ headers }) => headers.authorization);
		found[version] = {
			home: seen.home.map(({ headers }) => headers.authorization),
			keysElsewhere: keysElsewhere.length,
			refusal: errors[1],
			first: errors[0],
		};
	}
	const expected = {
		home: [`Bearer ${API_KEY}`, `Bearer ${API_KEY}`],
		keysElsewhere: 0,
		refusal: expect.stringContaining("sent only to the 'Base URL' of its credential"),
		first: undefined,
	};
	// Version 1 has no such credentials and sends nothing of them.
	const withCredentials = versions.filter((version) => version >= 2);
	expect(found).toMatchObject(
		Object.fromEntries(withCredentials.map((version) => [version, expected])),
	);
	expect(found[1]).toMatchObject({ home: [undefined, undefined], keysElsewhere: 0 });
});
