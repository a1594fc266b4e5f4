/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals */
/** What each template did in its tests, for the table at the end of the suite. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Table from 'cli-table3';

export interface Account {
	templates: string[];
	runs: number;
	/** Rows of sheets, without the row of column names. */
	rows: number;
	photos: number;
	/** Clips that were paid for. */
	clips: number;
	costUsd: number;
	filesInDrive: number;
	filesInS3: number;
	slackMessages: number;
}

/** Jest's set-up and its test files share no objects, but a folder. */
const fileIn = (folder: string) => join(folder, 'accounts.jsonl');

export async function addAccount(folder: string, account: Account): Promise<void> {
	await appendFile(fileIn(folder), `${JSON.stringify(account)}\n`);
}

/** Prints the table; nothing where no file came to its end. */
export async function showAccounts(folder: string): Promise<void> {
	const text = await readFile(fileIn(folder), 'utf8').catch(() => '');
	const accounts = text.split('\n').filter(Boolean);
	if (accounts.length === 0) return;
	const head = ['Template', 'Runs', 'Given', 'Clips', 'USD', 'In Drive', 'In S3', 'In Slack'];
	const table = new Table({ head, style: { head: [], border: [], compact: true } });
	for (const line of accounts) {
		const account = JSON.parse(line) as Account;
		table.push([
			account.templates.join(', '),
			account.runs,
			given(account),
			account.clips,
			account.costUsd.toFixed(2),
			...[account.filesInDrive, account.filesInS3, account.slackMessages].map(orNothing),
		]);
	}
	process.stdout.write(`\n${table.toString()}\n`);
}

function given({ rows, photos }: Account): string {
	if (photos > 0) return `${photos} photos`;
	return rows > 0 ? `${rows} rows` : '';
}

const orNothing = (count: number) => (count === 0 ? '' : count);
