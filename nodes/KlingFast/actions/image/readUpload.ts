import type { ReadField } from '../reader';
import { readText } from '../values';

/** The input's binary field that holds the image, `data` when empty. */
export function readInputField(read: ReadField): string {
	return readText(read('inputField', ''), 'Input Data Field Name', { default: 'data' });
}
