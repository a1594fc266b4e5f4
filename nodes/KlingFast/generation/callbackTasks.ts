/*
 * Which callback address a task was submitted with, as far as this process has submitted it: APIMart's status answer does not say.
 */
import { CALLBACK_URL } from '../apimart/clipRequest';

const MAX_TASKS = 10_000;
/** Of an address: the seal of its token stands there. */
const KEPT_CHARACTERS = 40;

const ends = new Map<string, string>();

/** A request with this body has brought this task about. */
export function noteCallbackTask(taskId: string, body: string): void {
	const address: unknown = (JSON.parse(body) as Record<string, unknown>)[CALLBACK_URL];
	if (typeof address !== 'string') return;
	ends.set(taskId, endOf(address));
	const [oldest] = ends.keys();
	if (ends.size > MAX_TASKS) ends.delete(oldest);
}

/** Whether the task is known to have been submitted with another address than one that ends so. */
export function wasSubmittedWithOther(taskId: string, addressEnd: string): boolean {
	const known = ends.get(taskId);
	return known !== undefined && known !== endOf(addressEnd);
}

function endOf(address: string): string {
	return address.slice(-KEPT_CHARACTERS);
}
