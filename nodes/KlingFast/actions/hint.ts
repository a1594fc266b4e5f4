import type { IExecuteFunctions } from 'n8n-workflow';

/** Says something about the run beside its output in the editor. */
export function hint(
	context: IExecuteFunctions,
	message: string,
	type: 'info' | 'warning' = 'warning',
): void {
	context.addExecutionHints({ message, type, location: 'outputPane' });
}
