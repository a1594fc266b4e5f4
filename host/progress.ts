/* eslint-disable @n8n/community-nodes/no-restricted-globals */

const TERMINAL_REFRESH_MS = 1_000;
const LOG_LINE_EVERY_MS = 15_000;
const CLEAR_LINE = '\r\u001b[2K';

/** The lines of all steps that are going on: side by side they share the terminal's last line. */
const running = new Set<() => string>();

export interface Step {
	/** What is known right now, e.g. `1,204 packages`. */
	detail(text: string): void;
	done(text?: string): void;
	failed(): void;
}

/**
 * Shows that a step of some seconds or minutes is alive: on a terminal one line that counts the seconds, elsewhere (a
 * CI log) a line every 15 seconds.
 */
export function startStep(title: string): Step {
	const startedAt = Date.now();
	const terminal = process.stdout.isTTY === true;
	let latest = '';

	const line = (state: string) => {
		const parts = [state, latest, formatSeconds((Date.now() - startedAt) / 1000)];
		return `${title}: ${parts.filter((part) => part !== '').join(', ')}`;
	};
	const now = () => line('');
	running.add(now);
	const show = () => {
		const all = [...running].map((each) => each()).join('; ');
		const shown = all.slice(0, (process.stdout.columns || Infinity) - 1);
		process.stdout.write(terminal ? CLEAR_LINE + shown : `${now()}\n`);
	};
	const end = (state: string) => {
		clearInterval(timer);
		running.delete(now);
		process.stdout.write(`${terminal ? CLEAR_LINE : ''}${line(state)}\n`);
	};

	const timer = setInterval(show, terminal ? TERMINAL_REFRESH_MS : LOG_LINE_EVERY_MS);
	timer.unref();
	if (terminal) show();
	else process.stdout.write(`${title}\n`);

	return {
		detail(text) {
			latest = text;
		},
		done(text = 'done') {
			latest = '';
			end(text);
		},
		failed() {
			end('failed');
		},
	};
}

/** Runs `work` as a step that is shown; a throw marks it as failed and is passed on. */
export async function showStep<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
	const step = startStep(title);
	const succeeded = await work(step).then(
		(value) => ({ value }),
		(reason: unknown) => ({ reason }),
	);
	if ('reason' in succeeded) {
		step.failed();
		return await Promise.reject(succeeded.reason);
	}
	step.done();
	return succeeded.value;
}

/** 61 becomes `1 min 01 s`, 59.4 becomes `59 s`. */
export function formatSeconds(seconds: number): string {
	const whole = Math.round(seconds);
	if (whole < 60) return `${whole} s`;
	return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
