/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions */
import { execFile, spawn, type ExecFileException } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_LINES_IN_ERROR = 25;

/**
 * Runs a program to its end and gives its standard output.
 *
 * @throws Error with the command and its last lines when the program ends with another code than 0
 */
export async function run(
	program: string,
	args: string[],
	options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
	const running = promisify(execFile)(program, args, { ...options, maxBuffer: Infinity });
	running.child.stdin?.end();
	try {
		return (await running).stdout;
	} catch (error) {
		const { stdout = '', stderr = '', signal, code } = error as ExecFileException;
		const lines = `${stdout}${stderr}`.trim().split('\n').slice(-OUTPUT_LINES_IN_ERROR);
		const command = [program, ...args].join(' ');
		const failed = new Error(
			`"${command}" ended with ${signal ?? `code ${code}`}:\n${lines.join('\n')}`,
		);
		throw failed;
	}
}

/** Runs a program with its output on our terminal (without colours, if it is none), and gives its exit code. */
export async function runVisibly(program: string, args: string[], cwd: string): Promise<number> {
	return await new Promise((resolve, reject) => {
		const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };
		const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
		child.on('error', reject);
		child.on('close', (code) => resolve(code ?? 1));
	});
}

/** npm as program and arguments: the very npm that started us where there is one, so that no second one is needed. */
export function npmCommand(args: string[]): [program: string, args: string[]] {
	const npm = process.env.npm_execpath;
	if (npm?.endsWith('npm-cli.js')) return [process.execPath, [npm, ...args]];
	return ['npm', args];
}

/**
 * The environment without what `npm run` adds to it for the folder it was called in: an npm in another folder must not
 * take that folder for its own. Settings such as a registry stay.
 */
export function environmentOutsideNpm(): NodeJS.ProcessEnv {
	const addedByNpm = /^npm_(package_|lifecycle_|command$|config_(local_)?prefix$|config_nodedir$)/i;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !addedByNpm.test(name)));
}
