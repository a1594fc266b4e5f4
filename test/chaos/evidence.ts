import { parse, stringify } from 'flatted';
import type { IBinaryData, IRunExecutionData } from 'n8n-workflow';
import { Execution, type StoredExecution } from '../../host/executions';
import type { N8nRest } from '../../host/rest';
import { SHEET_KEY } from '../../nodes/KlingFast/actions/video/sheetWorkflows';

/** One execution as n8n saved it, read for what was delivered and for what must not be in it. */
export interface SavedRun {
	id: string;
	status: string;
	/** Everything that was saved, but n8n's own resume token and the callback addresses inside a remembered submit. */
	text: string;
	resumeToken?: string;
	clips: Array<{ taskId: string; file: IBinaryData }>;
}

export async function savedRun(host: N8nRest, id: string): Promise<SavedRun> {
	const stored = await host.call<StoredExecution>('GET', `/rest/executions/${id}`);
	const { data: text, ...facts } = stored;
	const data = (text ? parse(text) : {}) as Partial<IRunExecutionData>;
	const { resumeToken, ...rest } = data;
	const execution = new Execution(facts, data);
	const clips = clipsOf(execution);
	removeCallbackFields(data);
	return {
		id,
		status: execution.status,
		text: `${JSON.stringify(facts)}\n${stringify(rest)}`,
		...(typeof resumeToken === 'string' && { resumeToken }),
		clips,
	};
}

function clipsOf(execution: Execution): SavedRun['clips'] {
	const runs = Object.values(execution.data.resultData?.runData ?? {}).flat();
	const items = runs.flatMap(({ data }) => (data?.main ?? []).flatMap((output) => output ?? []));
	return items.flatMap(({ json, binary }) => {
		const [file] = Object.values(binary ?? {});
		const isThere = json.status === 'completed' && json.error === undefined;
		return isThere && file ? [{ taskId: String(json.taskId), file }] : [];
	});
}

/**
 * The node remembers the exact bytes of a submit whose answer is not known yet, because only these may be sent again. Its two
 * callback fields point to this n8n, with the signature that n8n saves beside it anyway.
 */
function removeCallbackFields(data: Partial<IRunExecutionData>): void {
	for (const context of Object.values(data.executionData?.contextData ?? {})) {
		removeIn(context);
	}
}

function removeIn(value: unknown): void {
	if (typeof value !== 'object' || value === null) return;
	const entry = value as Record<string, unknown>;
	if (typeof entry[SHEET_KEY] === 'string') {
		const sheet: unknown = JSON.parse(entry[SHEET_KEY]);
		removeIn(sheet);
		entry[SHEET_KEY] = JSON.stringify(sheet);
	}
	if (typeof entry.body === 'string' && typeof entry.idempotencyKey === 'string') {
		const { webhook, callback_url, ...body } = JSON.parse(entry.body) as Record<string, unknown>;
		if (webhook !== undefined && callback_url !== undefined) entry.body = JSON.stringify(body);
	}
	for (const child of Object.values(entry)) removeIn(child);
}

const INCOMING = /^(Received (waiting-)?webhook "|Error in handling webhook request )/;

type Level = 'info' | 'debug';

interface LogLine {
	level: string;
	message: string;
}

/**
 * n8n's log, which was written as JSON at debug level. `info`: what its default settings would have shown, which is the
 * messages of level info and above, without what was logged beside them. `debug`: everything but the lines in which n8n itself
 * writes down the address of a callback that it receives, or that hung up on it, which no node can prevent.
 */
export function logText(log: string, level: Level): string {
	const texts = log.split('\n');
	if (level === 'debug') {
		return texts.filter((text) => !INCOMING.test(parsedLine(text).message)).join('\n');
	}
	const lines = texts.map(parsedLine);
	return lines
		.filter((line) => line.level !== 'debug')
		.map(({ message }) => message)
		.join('\n');
}

function parsedLine(text: string): LogLine {
	try {
		const line = JSON.parse(text) as Partial<LogLine>;
		return { level: line.level ?? 'info', message: line.message ?? '' };
	} catch {
		return { level: 'info', message: text };
	}
}
