export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogLine {
	level: LogLevel;
	message: string;
	metadata?: object;
}

/** Stands in for n8n's logger: what `this.logger` and `LoggerProxy` are given is kept, in order, instead of printed. */
export class CapturedLog {
	readonly lines: LogLine[] = [];

	error = this.keep('error');

	warn = this.keep('warn');

	info = this.keep('info');

	debug = this.keep('debug');

	scoped(): this {
		return this;
	}

	/** Everything at once, e.g. to look for a secret that must not be there. */
	text(): string {
		return this.lines
			.map(
				({ level, message, metadata }) => `${level} ${message} ${JSON.stringify(metadata ?? {})}`,
			)
			.join('\n');
	}

	private keep(level: LogLevel) {
		return (message: string, metadata?: object): void => {
			this.lines.push({ level, message, metadata });
		};
	}
}
