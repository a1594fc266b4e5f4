/* eslint-disable @n8n/community-nodes/no-restricted-globals, no-console */
/**
 * Runs n8n's package scanner over a folder instead of over a published package, and adds what it keeps to itself: the
 * warnings. A process of its own, since the scanner is an ES module, which jest cannot load.
 *
 * Usage: tsx test/package/scan.ts <folder> <source|tarball>; prints one line of JSON, a `ScanVerdict`.
 */
import { ESLint, type Linter } from 'eslint';

export interface ScanVerdict {
	passed: boolean;
	message?: string;
	details?: string;
	warnings: string[];
}

interface Scanner {
	SOURCE_FILE_PATTERNS: string[];
	buildScanConfig(): Promise<Linter.Config[]>;
	analyzePackage(folder: string, patterns: string[]): Promise<Omit<ScanVerdict, 'warnings'>>;
}

const TARBALL_FILE_PATTERNS = ['**/*.js', 'package.json'];

async function main([folder, leg]: string[]): Promise<void> {
	const location = '@n8n/scan-community-package/scanner/scanner.mjs';
	const scanner = (await import(location)) as Scanner;
	const patterns = leg === 'source' ? scanner.SOURCE_FILE_PATTERNS : TARBALL_FILE_PATTERNS;
	const verdict = await scanner.analyzePackage(folder, patterns);
	const eslint = new ESLint({
		cwd: folder,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: await scanner.buildScanConfig(),
	});
	const results = await eslint.lintFiles(patterns);
	const warnings = results.flatMap(({ filePath, messages }) =>
		messages
			.filter(({ severity }) => severity === 1)
			.map(({ ruleId, line, message }) => `${filePath}:${line} ${ruleId}: ${message}`),
	);
	console.log(JSON.stringify({ ...verdict, warnings }));
}

void main(process.argv.slice(2));
