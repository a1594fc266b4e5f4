/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateCACertificate, getLocal } from 'mockttp';
import { ensureTarball, startHost } from '../../host/host';
import { shareHost } from '../e2e/sharedHost';
import { showAccounts } from './accounts';
import { shareFakesPort } from './sharedFakes';

const undoing: Array<() => Promise<void>> = [];

/** One n8n for all templates. What it sends to the outside goes to the stand-ins, which each test file starts anew. */
export default async function setUp(): Promise<void> {
	const folder = await realpath(await mkdtemp(join(tmpdir(), 'kling-fast-templates-')));
	undoing.push(async () => await rm(folder, { recursive: true, force: true }));
	undoing.push(async () => await showAccounts(folder));

	if (!process.env.KLING_FAST_TARBALL) {
		const tarball = await ensureTarball();
		process.env.KLING_FAST_TARBALL = tarball;
		undoing.push(async () => await rm(dirname(tarball), { recursive: true, force: true }));
	}

	const fakesPort = await freePort();
	const { proxyUrl, certificate } = await startProxy(fakesPort);
	const certificatePath = join(folder, 'authority.pem');
	await writeFile(certificatePath, certificate);
	const host = await startHost({
		env: {
			HTTPS_PROXY: proxyUrl,
			HTTP_PROXY: proxyUrl,
			NO_PROXY: '127.0.0.1,localhost,::1',
			NODE_EXTRA_CA_CERTS: certificatePath,
			N8N_RESTRICT_FILE_ACCESS_TO: folder,
		},
	});
	undoing.push(async () => await host.remove());
	shareHost({ baseUrl: host.baseUrl, version: host.version, folder });
	shareFakesPort(fakesPort);
}

export async function tearDown(): Promise<void> {
	for (const undo of undoing.splice(0).reverse()) await undo();
}

/** Opens the TLS connections to whatever host n8n asks for, and hands the requests on with their host header. */
async function startProxy(fakesPort: number): Promise<{ proxyUrl: string; certificate: string }> {
	const https = await generateCACertificate({ subject: { commonName: 'Stand-ins' } });
	const proxy = getLocal({ https, recordTraffic: false });
	await proxy.start();
	undoing.push(async () => await proxy.stop());
	const replaceHost = { targetHost: `127.0.0.1:${fakesPort}`, updateHostHeader: false };
	await proxy
		.forAnyRequest()
		.always()
		.thenPassThrough({ transformRequest: { setProtocol: 'http', replaceHost } });
	return { proxyUrl: `http://127.0.0.1:${proxy.port}`, certificate: https.cert };
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	await once(server.close(), 'close');
	return port;
}
