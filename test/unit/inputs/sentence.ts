import { InvalidField } from '../../../nodes/KlingFast/invalidField';

/** `'Field' (place) is what stands there, but must be what would do`: on one line, and short enough to be read. */
const SENTENCE = /^'([^']+)'(?: \([^()]+\))? is .+, but must be .+[^.]$/su;
const LONGEST_SENTENCE = 400;

/**
 * The label of the field that a refusal names.
 *
 * @throws the error itself where it is not one of ours, and an Error where it is not one sentence
 */
export function refusedField(error: unknown): string {
	if (!(error instanceof InvalidField)) throw error;
	return fieldOfSentence(error.message);
}

/** @throws Error where it is not one sentence that names a field */
export function fieldOfSentence(sentence: string): string {
	const [, label] = SENTENCE.exec(sentence) ?? [];
	if (label === undefined || /[\r\n\0]/.test(sentence) || sentence.length > LONGEST_SENTENCE) {
		throw new Error(`This is not one sentence about a field: ${JSON.stringify(sentence)}`);
	}
	return label;
}
