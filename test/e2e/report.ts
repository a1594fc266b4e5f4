/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** A measured number, for whoever reads the test's output; what has to hold is asserted beside it. */
export function report(line: string): void {
	process.stdout.write(`      ${line}\n`);
}
