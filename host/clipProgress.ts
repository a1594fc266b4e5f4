/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import type { Ledger } from '../sandbox';
import { startStep } from './progress';

const LOOK_EVERY_MS = 500;

/**
 * Shows how far the clips are, by the sandbox's ledger. Without one (the real provider) only that time passes, as n8n tells nothing
 * of a running execution.
 */
export function showClipProgress(ledger?: Ledger): { end: () => void } {
	const step = startStep('Making the clips');
	const look = () => step.detail(ledger ? inWords(ledger) : '');
	const timer = setInterval(look, LOOK_EVERY_MS);
	return {
		end() {
			clearInterval(timer);
			step.done(ledger && inWords(ledger));
		},
	};
}

function inWords(ledger: Ledger): string {
	const charges = ledger.allCharges();
	const count = (state: string) => charges.filter((charge) => charge.state === state).length;
	return `${count('settled')} of ${charges.length} ready, ${count('reserved')} being made`;
}
