/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/**
 * `APIMART_API_KEY=... npm run test:live`: buys one short clip from the real service, once the cost is confirmed, and writes
 * down what nobody without a key can know. See docs/live-test.md.
 */
import { createInterface } from 'node:readline/promises';
import { live } from './live';

const isTerminal = process.stdin.isTTY && process.stdout.isTTY;

void live(process.argv.slice(2), {
	environment: process.env,
	write: (text) => process.stdout.write(text),
	...(isTerminal && { ask }),
}).then(
	(exitCode) => process.exit(exitCode),
	(error: unknown) => {
		process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	},
);

async function ask(question: string): Promise<string> {
	const terminal = createInterface({ input: process.stdin, output: process.stdout });
	return await terminal.question(question).finally(() => terminal.close());
}
