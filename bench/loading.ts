/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** What nodes add to n8n's start: the time that `require` of their files takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { extract } from 'tar';
import type { N8nInstall } from '../host/install';
import { run } from '../host/run';
import { n8n as manifest } from '../package.json';
import { quantile } from './statistics';

const REPETITIONS = 15;

/** As a measure: nodes that come with n8n, by their place among n8n's packages. */
const NODES_OF_N8N = {
	"n8n's HTTP Request": ['n8n-nodes-base/dist/nodes/HttpRequest/HttpRequest.node.js'],
	"n8n's Google Drive": ['n8n-nodes-base/dist/nodes/Google/Drive/GoogleDrive.node.js'],
	"n8n's Google Gemini": [
		'@n8n/n8n-nodes-langchain/dist/nodes/vendors/GoogleGemini/GoogleGemini.node.js',
	],
};

export type Loading = Awaited<ReturnType<typeof measureLoading>>[number];

/** Loads the packed package's files and some of n8n's own in turns, each time in a fresh process of n8n's Node. */
export async function measureLoading(tarball: string, n8n: N8nInstall) {
	const folder = await mkdtemp(join(tmpdir(), 'kling-fast-loading-'));
	await extract({ file: tarball, cwd: folder, strip: 1 });
	const packages = join(n8n.folder, 'node_modules');
	const env = { ...process.env, NODE_PATH: packages };
	const ours = [...manifest.nodes, ...manifest.credentials];
	const candidates = Object.entries({
		'Both Kling Fast nodes and the credential': ours.map((file) => join(folder, file)),
		...NODES_OF_N8N,
	}).map(([label, files]) => {
		const paths = ['n8n-workflow', ...files].map((file) => resolve(packages, file));
		return { label, args: [join(__dirname, 'loading.cjs'), ...paths], times: [] as number[] };
	});
	for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
		for (const { args, times } of candidates) {
			times.push(Number(await run(n8n.nodePath, args, { env })));
		}
	}
	await rm(folder, { recursive: true });
	/** The median over fresh processes, in real milliseconds. */
	return candidates.map(({ label, times }) => ({ label, milliseconds: quantile(times, 0.5) }));
}
