import type { IExecuteFunctions } from 'n8n-workflow';
import { toError } from '../../apimart/errors';
import { InvalidField, shown } from '../../invalidField';
import { readFieldsOf, type ReadField } from '../reader';
import {
	readBoolean,
	readChoice,
	readNumber,
	readText,
	readWholeNumber,
	type Choice,
} from '../values';
import { readIncludeInputFields } from './readRow';
import { waitByField } from './result.fields';

export type Mode = 'submitAndWait' | 'submitOnly';
export type WaitBy = 'polling' | 'sleep';

/** How a row waits for its clip, and where the clip goes. */
export interface Waiting {
	/** Seconds from the clip's submit. */
	maxWaitSeconds: number;
	/** Absent: the interval follows the clip's progress. */
	pollIntervalSeconds?: number;
	/** Name of the output's binary field. */
	outputField: string;
	includeInputFields: boolean;
}

/**
 * A value that holds for the whole run. An expression can give each row another one: then it is not known which was meant, and a
 * limit that is empty in the first row is not meant to be none.
 *
 * @param label of the only field that `readValue` reads
 * @throws InvalidField where a row's value cannot be used, or is another one than that of item 0
 */
export function readForRun<Value>(
	context: IExecuteFunctions,
	label: string,
	readValue: (read: ReadField) => Value,
): Value {
	let typed: unknown;
	const readAt = (itemIndex: number) => {
		const read = readFieldsOf(context, itemIndex);
		return readValue((name, fallback) => (typed = read(name, fallback)));
	};
	const value = readAt(0);
	const first = shown(typed);
	for (let itemIndex = 1; itemIndex < context.getInputData().length; itemIndex++) {
		let isSame = false;
		try {
			isSame = readAt(itemIndex) === value;
		} catch (error) {
			if (!(error instanceof InvalidField)) throw toError(error);
		}
		if (isSame) continue;
		const both = `${first} for item 0 and ${shown(typed)} for item ${itemIndex}`;
		const allowed = 'one value for all rows, because it holds for the whole run';
		throw new InvalidField(label, both, allowed);
	}
	return value;
}

/** Holds for the run. */
export function readMode(read: ReadField): Mode {
	return readChoice(read('mode', ''), 'Mode', MODE_CHOICES, 'submitAndWait');
}

/** How the run waits; polling where the field is hidden (Submit Only, and as a tool). */
export function readWaitBy(read: ReadField): WaitBy {
	return readChoice(read('waitBy', ''), 'How to Wait', WAIT_BY_CHOICES, 'polling');
}

/**
 * Clips in flight per API key. Holds for the run.
 *
 * @throws InvalidField outside 1 to 100
 */
export function readConcurrency(read: ReadField): number {
	return readWholeNumber(read('options.concurrency', ''), 'Clips at the Same Time', {
		default: 5,
		min: 1,
		max: 100,
	});
}

/**
 * The most that the run may cost in US dollars by its estimate; undefined for no limit. Holds for the run.
 *
 * @throws InvalidField unless above 0
 */
export function readMaxCostUsd(read: ReadField): number | undefined {
	return readNumber(read('options.maxCost', ''), 'Maximum Cost (USD)', {
		default: undefined,
		above: 0,
		unit: 'USD',
	});
}

/**
 * The options of waiting, of one row.
 *
 * @throws InvalidField for a wait outside 1 to 86,400 seconds or an interval outside 0.1 to 300
 */
export function readWaiting(read: ReadField): Waiting {
	const maxWaitSeconds = readNumber(read('options.maxWait', ''), 'Maximum Wait (Seconds)', {
		default: 900,
		min: 1,
		max: 86_400,
		unit: 'seconds',
	});
	const pollIntervalSeconds = readNumber(
		read('options.pollInterval', ''),
		'Poll Interval (Seconds)',
		{ default: undefined, min: 0.1, max: 300, unit: 'seconds' },
	);
	return {
		maxWaitSeconds,
		...(pollIntervalSeconds !== undefined && { pollIntervalSeconds }),
		outputField: readOutputField(read),
		includeInputFields: readIncludeInputFields(read),
	};
}

/** The output's binary field for the clip, `data` when empty. */
export function readOutputField(read: ReadField): string {
	const label = 'Put Output in Field';
	const outputField = readText(read('options.outputField', ''), label, { default: 'data' });
	if (outputField !== '__proto__') return outputField;
	throw new InvalidField(label, '"__proto__"', 'any other name');
}

/**
 * Whether the clip is downloaded. False where the field is hidden: in Submit Only, and when an AI agent uses the node as
 * a tool.
 */
export function readDownloadVideo(read: ReadField): boolean {
	return readBoolean(read('downloadVideo', false), 'Download Video', true);
}

/** Whether Get Video waits for a clip that is still being made. */
export function readWaitUntilFinished(read: ReadField): boolean {
	return readBoolean(read('waitUntilFinished', ''), 'Wait Until Finished', false);
}

const WAIT_BY_CHOICES = waitByField.options as ReadonlyArray<Choice<WaitBy>>;

const MODE_CHOICES: ReadonlyArray<Choice<Mode>> = [
	{ name: 'Submit and Wait', value: 'submitAndWait' },
	{ name: 'Submit Only', value: 'submitOnly' },
];
