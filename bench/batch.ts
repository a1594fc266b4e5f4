/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * A batch in a real n8n in real time: `npx tsx bench/batch.ts [rows] [cap] [seconds]`. Prints how near the makespan comes to what
 * the cap allows, and how many status requests that took. Default: 12 rows, cap 5, clips of 60 s: three minutes.
 */
import { ensureTarball, startHost } from '../host/host';
import { installN8n } from '../host/install';
import { startSandbox } from '../sandbox';
import {
	GENERATE,
	generate,
	line,
	manualTrigger,
	numberedRows,
	rowNodes,
} from '../test/e2e/callbackWorkflows';

async function main(): Promise<void> {
	const [rows = 12, cap = 5, clipSeconds = 60] = process.argv.slice(2).map(Number);
	await installN8n();
	const sandbox = await startSandbox({ generationSeconds: clipSeconds, concurrency: 0 });
	const host = await startHost({ tarball: await ensureTarball() });
	try {
		const credential = await host.addKlingCredential(sandbox);
		const clip = generate(credential, { options: { concurrency: cap } });
		const nodes = [manualTrigger(), ...rowNodes(numberedRows(rows)), clip];
		const workflowId = await host.importWorkflow(line('Bench', nodes));
		const execution = await host.runToEnd(workflowId, rows * clipSeconds + 120);
		const limitSeconds = Math.ceil(rows / cap) * clipSeconds;
		const { ledger } = sandbox;
		const made = execution.jsonOf(GENERATE).filter(({ status }) => status === 'completed').length;
		const seconds = execution.durationSeconds ?? NaN;
		process.stdout.write(
			[
				`${made} of ${rows} clips of ${clipSeconds} s, at most ${ledger.maxInFlight()} in flight (cap ${cap})`,
				`makespan ${seconds.toFixed(1)} s = ${(seconds / limitSeconds).toFixed(3)} x the limit of ${limitSeconds} s`,
				`${ledger.polls().length} status requests = ${(ledger.polls().length / rows).toFixed(1)} a clip`,
				'',
			].join('\n'),
		);
	} finally {
		await host.remove();
		await sandbox.stop();
	}
}

void main();
