import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { toError } from '../../apimart/errors';
import type { WaitSettings } from '../../generation/sheetRow';
import { grouped, InvalidField, shown } from '../../invalidField';
import type { Params } from '../../params';
import { isPlainObject, readText } from '../../values';
import { paramsOf } from '../properties';
import { readOutputField } from './result.fields';

/** Where a row's result goes. */
export interface Delivery {
	/** Name of the output's binary field. */
	outputField: string;
	includeInputFields: boolean;
	/** The workflow that is started with the row's result, by its id. */
	eachClipWorkflow?: string;
}

/** What `metadata` may take: it travels through the callback's address, which has to stay short. */
export const METADATA_MAX_BYTES = 1000;

/**
 * A value that holds for the whole run. An expression can give each row another one: then it is not known which was meant, and a
 * limit that is empty in the first row is not meant to be none.
 *
 * @param path of the field that `readValue` reads
 * @throws InvalidField where a row's value cannot be used, or is another one than that of item 0
 */
export function readForRun<Value>(
	context: IExecuteFunctions,
	path: string,
	readValue: (params: Params, path: string) => Value,
): Value {
	const first = paramsOf(context, 0);
	const value = readValue(first, path);
	for (let itemIndex = 1; itemIndex < context.getInputData().length; itemIndex++) {
		const params = paramsOf(context, itemIndex);
		let isSame = false;
		try {
			isSame = readValue(params, path) === value;
		} catch (error) {
			if (!(error instanceof InvalidField)) throw toError(error);
		}
		if (isSame) continue;
		const typed = [first, params].map((row) => shown(row.value(path)));
		const both = `${typed[0]} for item 0 and ${typed[1]} for item ${itemIndex}`;
		const allowed = 'one value for all rows, because it holds for the whole run';
		throw new InvalidField(first.label(path), both, allowed);
	}
	return value;
}

/** Clips in flight per API key. */
export function readConcurrency(context: IExecuteFunctions): number {
	return readForRun(context, 'options.concurrency', (params, path) => params.number(path));
}

/** Whether the run waits asleep; it polls where the field is hidden (Submit Only, and as a tool). */
export function readSleeps(context: IExecuteFunctions): boolean {
	return readForRun(context, 'waitBy', (params, path) => params.choice(path)) === 'sleep';
}

/** How long a row waits, and whether its video is downloaded: not where that field is hidden (in Submit Only, and as a tool). */
export function readWaiting(params: Params): WaitSettings {
	return {
		maxWaitSeconds: params.number('options.maxWait'),
		pollIntervalSeconds: params.optionalNumber('options.pollInterval'),
		download: params.boolean('downloadVideo', false),
	};
}

export function readDelivery(params: Params): Delivery {
	return {
		outputField: readOutputField(params),
		includeInputFields: params.boolean('options.includeInputFields'),
		eachClipWorkflow: readEachClipWorkflow(params),
	};
}

export const PLAIN_DELIVERY: Delivery = { outputField: 'data', includeInputFields: false };

/** Where the fault of a row goes that cannot be read as a whole: beside its own fields, if it asks for them in readable words. */
export function deliveryOfUnread(context: IExecuteFunctions, itemIndex: number): Delivery {
	const delivery = { ...PLAIN_DELIVERY };
	const params = paramsOf(context, itemIndex);
	try {
		delivery.eachClipWorkflow = readEachClipWorkflow(params);
		delivery.includeInputFields = params.boolean('options.includeInputFields');
	} catch {
		// What is wrong with the row is known already.
	}
	return delivery;
}

/** Nothing where none is chosen. */
function readEachClipWorkflow(params: Params): string | undefined {
	const chosen = params.value('options.eachClipWorkflow');
	// What n8n's selector holds: how the workflow was chosen, its id, and its name at that time.
	const id = isPlainObject(chosen) ? chosen.value : chosen;
	return readText(id, params.label('options.eachClipWorkflow'), { default: '' }) || undefined;
}

/**
 * The row's own data, carried to the output.
 *
 * @throws InvalidField unless it is an object of at most 1,000 UTF-8 bytes as compact JSON
 */
export function readMetadata(params: Params): IDataObject {
	const metadata = params.object('metadata');
	const bytes = Buffer.byteLength(JSON.stringify(metadata), 'utf8');
	if (bytes <= METADATA_MAX_BYTES) return metadata;
	const value = `${grouped(bytes)} bytes of JSON`;
	throw new InvalidField(params.label('metadata'), value, `up to ${grouped(METADATA_MAX_BYTES)}`);
}
