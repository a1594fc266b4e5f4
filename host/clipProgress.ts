/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import { Presets, SingleBar } from 'cli-progress';
import type { Ledger } from '../sandbox';
import { startStep } from './progress';

const LOOK_EVERY_MS = 500;

interface Counts {
	asked: number;
	open: number;
	ready: number;
	downloaded: number;
}

/**
 * Shows how far the clips are: by the sandbox's ledger as a bar on a terminal and as a line per change elsewhere.
 * Without a ledger (the real provider) only that time passes, as n8n tells nothing of a running execution.
 */
export function showClipProgress(ledger?: Ledger): { end: () => void } {
	if (ledger === undefined) {
		const step = startStep('Making the clips');
		return { end: () => step.done() };
	}
	return process.stdout.isTTY ? showBar(ledger) : showLines(ledger);
}

function showBar(ledger: Ledger): { end: () => void } {
	const format = 'Clips |{bar}| {value} of {total} ready, {open} being made, {duration_formatted}';
	const bar = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
	const look = () => {
		const { asked, ready, open } = countsOf(ledger);
		if (asked === 0) return;
		if (!bar.isActive) bar.start(asked, 0, { open });
		bar.setTotal(asked);
		bar.update(ready, { open });
	};
	const timer = setInterval(look, LOOK_EVERY_MS);
	return {
		end() {
			clearInterval(timer);
			look();
			bar.stop();
		},
	};
}

function showLines(ledger: Ledger): { end: () => void } {
	const startedAt = Date.now();
	let latest = '';
	const look = () => {
		const { asked, open, ready, downloaded } = countsOf(ledger);
		const line = `${asked} clips asked for, ${open} being made, ${ready} ready, ${downloaded} downloaded`;
		if (line === latest) return;
		latest = line;
		const seconds = Math.round((Date.now() - startedAt) / 1000);
		process.stdout.write(`${String(seconds).padStart(4)} s: ${line}\n`);
	};
	const timer = setInterval(look, LOOK_EVERY_MS);
	return {
		end() {
			clearInterval(timer);
			look();
		},
	};
}

function countsOf(ledger: Ledger): Counts {
	const charges = ledger.allCharges();
	return {
		asked: charges.length,
		open: charges.filter(({ state }) => state === 'reserved').length,
		ready: charges.filter(({ state }) => state === 'settled').length,
		downloaded: ledger.downloads().filter(({ ended }) => ended).length,
	};
}
