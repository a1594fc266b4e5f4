import { isObject } from '../../nodes/KlingFast/apimart/answer';
import type { Exchange, Finding, Recording } from './recording';

type Seen = Omit<Recording, 'findings'>;

/** Another clip of the same account may be billed meanwhile, a price may differ a little: a second clip of ours does more. */
const MORE_THAN_ONE_CLIP = 1.5;
const DAY_SECONDS = 86_400;

/** What a recording says to the questions that only a key can answer, in the order of the run. */
export function findingsOf(seen: Seen): Finding[] {
	const findings: Finding[] = [];
	const add = (question: string, answer: string | undefined, isBad = false) => {
		findings.push({ question, answer: answer ?? 'not seen', ...(isBad && { isBad }) });
	};
	const step = (name: string) => seen.exchanges.find((exchange) => exchange.step === name);

	add('Submit: the answer', envelopeOf(step('submit')));
	add('Submit with the other version header', envelopeOf(step('repeat, other envelope')));
	for (const [question, name] of [
		['Same Idempotency-Key and bytes, at once', 'repeat'],
		['Same Idempotency-Key, other bytes', 'repeat, other body'],
		['Same Idempotency-Key and bytes, after the end', 'repeat, at the end'],
	]) {
		add(question, repetitionOf(step('submit'), step(name)), boughtAnother(seen, name));
	}
	add('Status words', [...new Set(seen.reads.map(({ status }) => status))].join(' -> '));
	add('Progress', progressOf(seen));
	const ended = taskOf(step('task, ended'));
	const running = taskOf(step('task, running'));
	add('Time', timeOf(running, ended));
	add('Cost on the task', costOf(ended, seen.estimateUsd));
	add('Balance', balanceOf(seen));
	const clips = clipsPaid(seen, ended);
	add('Clips paid for', clips?.toFixed(2), (clips ?? 0) > MORE_THAN_ONE_CLIP);
	add('Where the video stands', videoPlaceOf(ended));
	add("Link's life", linkLifeOf(ended));
	add('File', fileOf(seen), seen.file !== undefined && seen.file.mp4 !== 'whole');
	add('Unknown task id', refusalOf(step('unknown task')));
	add('Wrong key and a bad length', refusalOf(step('wrong key')));
	if (seen.callbacks) add('Callback', callbackOf(seen.callbacks));
	return findings;
}

function envelopeOf(exchange: Exchange | undefined): string | undefined {
	if (exchange?.httpStatus === undefined) return undefined;
	const { httpStatus, body, headers } = exchange;
	if (httpStatus >= 300) return refusalOf(exchange);
	const data = isObject(body) ? body.data : undefined;
	const form = Array.isArray(data) ? 'array' : typeof data;
	const version = headers['x-apimart-response-version'];
	const replayed = headers['idempotency-replayed'];
	return [
		`HTTP ${httpStatus}, data is an ${form}`,
		...(version === undefined ? [] : [`version ${version}`]),
		...(replayed === undefined ? [] : [`Idempotency-Replayed: ${replayed}`]),
	].join(', ');
}

function repetitionOf(submit: Exchange | undefined, repeat: Exchange | undefined) {
	if (!submit || repeat?.httpStatus === undefined) return undefined;
	if (repeat.httpStatus >= 300) return refusalOf(repeat);
	const isSame = idOf(repeat) === idOf(submit);
	const header = repeat.headers['idempotency-replayed'] ?? 'absent';
	return `${isSame ? 'the same task' : 'ANOTHER TASK: bought twice'}, Idempotency-Replayed: ${header}`;
}

function boughtAnother({ exchanges }: Seen, name: string): boolean {
	const [submit, repeat] = ['submit', name].map((one) =>
		exchanges.find(({ step }) => step === one),
	);
	return (
		repeat?.httpStatus !== undefined && repeat.httpStatus < 300 && idOf(repeat) !== idOf(submit)
	);
}

/** The placeholder of the task that was bought. */
function idOf(exchange: Exchange | undefined): string | undefined {
	return exchange?.readAs.split(',')[0];
}

function refusalOf(exchange: Exchange | undefined): string | undefined {
	if (exchange?.httpStatus === undefined) return exchange && 'no answer';
	const { httpStatus, body, readAs } = exchange;
	const error = isObject(body) && isObject(body.error) ? body.error : {};
	const words = [error.type, error.code].filter((word) => word !== undefined && word !== '');
	const said = typeof error.message === 'string' ? `"${error.message}"` : 'no message';
	return `HTTP ${httpStatus}, ${[...words, said].join(', ')} (read as ${readAs})`;
}

function progressOf({ reads, watchedSeconds }: Seen): string | undefined {
	const steps = reads.filter(({ progress }) => progress !== undefined);
	if (steps.length === 0) return undefined;
	const pauses = steps.map(({ progress, seconds }, index) => ({
		progress,
		seconds: (steps[index + 1]?.seconds ?? watchedSeconds) - seconds,
	}));
	const longest = pauses.reduce((left, right) => (right.seconds > left.seconds ? right : left));
	const values = [...new Set(steps.map(({ progress }) => progress))];
	return `${values.join(', ')}; stood still longest at ${longest.progress} %, for ${longest.seconds.toFixed(1)} s`;
}

function timeOf(running: Task, ended: Task): string | undefined {
	if (!ended && !running) return undefined;
	const shown = (name: string, node: Task) => `${name} ${String(node?.[name] ?? 'absent')}`;
	return [shown('estimated_time', running ?? ended), shown('actual_time', ended)].join(', ');
}

function costOf(ended: Task, estimateUsd: number): string | undefined {
	if (!ended) return undefined;
	const costs = ['cost', 'credits_cost'].map(
		(name) => `${name} ${String(ended[name] ?? 'absent')}`,
	);
	return `${costs.join(', ')}; the price table says ${estimateUsd}`;
}

function balanceOf(seen: Seen): string | undefined {
	const changes = ['after the submit', 'at the end'].flatMap((when) => {
		const change = moneyOf(seen, when);
		if (!change) return [];
		return [`${when}: left ${signed(change.remain_balance)}, used ${signed(change.used_balance)}`];
	});
	return changes.length > 0 ? changes.join('; ') : undefined;
}

/** By what left the account, whatever ids were given out. */
function clipsPaid(seen: Seen, ended: Task): number | undefined {
	const change = moneyOf(seen, 'at the end');
	if (!change) return undefined;
	const spentUsd = Math.max(-Number(change.remain_balance) || 0, Number(change.used_balance) || 0);
	return spentUsd / (Number(ended?.cost) || seen.estimateUsd);
}

/** The account's money as it differs from that before the submit. */
function moneyOf({ exchanges }: Seen, when: string): Record<string, unknown> | undefined {
	const found = exchanges.find(({ step }) => step === `balance, ${when}`);
	const body = found && isObject(found.body) ? found.body : undefined;
	return body && isObject(body.data) ? body.data : body;
}

function signed(change: unknown): string {
	const number = Number(change);
	if (change === undefined || Number.isNaN(number)) return 'unknown';
	return number > 0 ? `+${number}` : String(number);
}

function videoPlaceOf(ended: Task): string | undefined {
	return ended && (placesOfLinks(ended, 'data').join(', ') || 'no address in the answer');
}

/** Paths such as `data.result.videos[0].url[0]`. */
function placesOfLinks(value: unknown, place: string): string[] {
	if (typeof value === 'string') return /^https?:\/\//i.test(value) ? [place] : [];
	if (Array.isArray(value)) {
		return value.flatMap((one, index) => placesOfLinks(one, `${place}[${index}]`));
	}
	if (!isObject(value)) return [];
	return Object.entries(value).flatMap(([name, one]) => placesOfLinks(one, `${place}.${name}`));
}

function linkLifeOf(ended: Task): string | undefined {
	const result = ended && isObject(ended.result) ? ended.result : undefined;
	const video: unknown = Array.isArray(result?.videos) ? result.videos[0] : undefined;
	if (!isObject(video)) return undefined;
	const seconds = Number(video.expires_at) - Number(ended?.completed);
	if (Number.isNaN(seconds)) return 'no expires_at';
	return `${seconds} s after completion${seconds === DAY_SECONDS ? ' (a day)' : ''}`;
}

function fileOf({ file }: Seen): string | undefined {
	if (!file) return undefined;
	const { httpStatus, headers, bytes, mp4, host, linkParameters } = file;
	const query = linkParameters.length > 0 ? linkParameters.join(', ') : 'none';
	return `HTTP ${httpStatus} without a key from ${host}, ${headers['content-type'] ?? 'no type'}, ${bytes} bytes, as an MP4: ${mp4}; parameters in the link: ${query}`;
}

function callbackOf({ hasQuery, seen }: NonNullable<Recording['callbacks']>): string {
	if (seen.length === 0) return 'none came';
	const shown = seen.map(({ method, path, readAs }) => `${method} ${path || '(bare)'} (${readAs})`);
	return `${shown.join(', ')}${hasQuery ? '; the address had a query' : ''}`;
}

type Task = Record<string, unknown> | undefined;

function taskOf(exchange: Exchange | undefined): Task {
	const body = exchange && isObject(exchange.body) ? exchange.body : undefined;
	if (!body) return undefined;
	const data: unknown = Array.isArray(body.data) ? body.data[0] : body.data;
	return isObject(data) ? data : body;
}
