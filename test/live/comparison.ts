import { isObject } from '../../nodes/KlingFast/apimart/answer';
import type { CallbackSeen, Exchange, Recording } from './recording';

export interface Difference {
	/** Where it was seen. */
	steps: string[];
	what: string;
	theirs: string;
	ours: string;
}

/** Of the connection or of the moment: they tell nothing about the API. */
const PASSING_HEADERS = new Set([
	'connection',
	'content-encoding',
	'content-length',
	'date',
	'etag',
	'keep-alive',
	'transfer-encoding',
	'vary',
]);
/** Keys whose values are words of the API. */
const WORD_KEYS = new Set(['code', 'object', 'state', 'status', 'type']);

/** Facets such as `body.data.status is a` with all that was seen of them: `string`. */
type Facets = Map<string, Set<string>>;

/**
 * Where the sandbox speaks differently: HTTP statuses, keys, types, words, names of headers, and how the package's code reads
 * the answers. Values such as times, prices and sizes are not compared.
 */
export function compareRecordings(theirs: Recording, ours: Recording): Difference[] {
	const steps = new Set([...theirs.exchanges, ...ours.exchanges].map(({ step }) => step));
	const differences = [...steps].flatMap((step): StepDifference[] => {
		const [left, right] = [theirs, ours].map(({ exchanges }) =>
			exchanges.filter((exchange) => exchange.step === step),
		);
		if (left.length === 0 || right.length === 0) {
			const shown = (found: Exchange[]) => (found.length > 0 ? 'done' : 'not done');
			return [{ step, what: 'step', theirs: shown(left), ours: shown(right) }];
		}
		return compared(step, facetsOf(left), facetsOf(right));
	});
	if (theirs.file && ours.file) {
		const [left, right] = [theirs.file, ours.file].map(({ httpStatus, headers, mp4 }) =>
			facetsOf([{ httpStatus, headers, body: undefined, readAs: mp4 }]),
		);
		differences.push(...compared('file', left, right));
	}
	if (theirs.callbacks && ours.callbacks) {
		const [left, right] = [theirs.callbacks.seen, ours.callbacks.seen].map(facetsOfCallbacks);
		differences.push(...compared('callback', left, right));
	}
	return merged(differences);
}

type StepDifference = Omit<Difference, 'steps'> & { step: string };

/** What differs in the same way everywhere, such as a header of a proxy, is one difference. */
function merged(differences: StepDifference[]): Difference[] {
	const byWhat = new Map<string, Difference>();
	for (const { step, ...rest } of differences) {
		const name = JSON.stringify(rest);
		const known = byWhat.get(name);
		if (known) known.steps.push(step);
		else byWhat.set(name, { steps: [step], ...rest });
	}
	return [...byWhat.values()];
}

function compared(step: string, theirs: Facets, ours: Facets): StepDifference[] {
	const names = [...new Set([...theirs.keys(), ...ours.keys()])];
	const shown = (facets: Facets, name: string) =>
		[...(facets.get(name) ?? [])].sort().join(' | ') || 'absent';
	return names
		.map((what) => ({ step, what, theirs: shown(theirs, what), ours: shown(ours, what) }))
		.filter((facet) => facet.theirs !== facet.ours);
}

function facetsOf(
	exchanges: Array<Pick<Exchange, 'httpStatus' | 'headers' | 'body' | 'readAs'>>,
): Facets {
	const facets: Facets = new Map();
	const add = (name: string, seen: string) => {
		const known = facets.get(name) ?? new Set<string>();
		facets.set(name, known.add(seen));
	};
	for (const { httpStatus, headers, body, readAs } of exchanges) {
		add('HTTP status', String(httpStatus ?? 'no answer'));
		add('read as', readAs);
		for (const name of Object.keys(headers)) {
			if (!PASSING_HEADERS.has(name)) add(`header ${name}`, 'present');
		}
		addShape(body, 'body', add);
	}
	return facets;
}

function facetsOfCallbacks(seen: CallbackSeen[]): Facets {
	const facets = facetsOf(seen.map((one) => ({ ...one, httpStatus: 0 })));
	facets.delete('HTTP status');
	facets.set('deliveries', new Set([String(seen.length)]));
	facets.set('address', new Set(seen.map(({ method, path }) => `${method} ${path}`)));
	return facets;
}

/** Keys, types and words, whatever the number of elements of a list. */
function addShape(value: unknown, place: string, add: (name: string, seen: string) => void): void {
	if (value === undefined) return;
	if (Array.isArray(value)) {
		add(place, 'array');
		for (const one of value) addShape(one, `${place}[]`, add);
		return;
	}
	if (!isObject(value)) {
		add(place, value === null ? 'null' : typeof value);
		return;
	}
	add(place, 'object');
	for (const [name, one] of Object.entries(value)) {
		addShape(one, `${place}.${name}`, add);
		if (WORD_KEYS.has(name) && !isObject(one) && !Array.isArray(one)) {
			add(`word ${place}.${name}`, JSON.stringify(one));
		}
	}
}
