/** What n8n keeps of a stopped run is its custom data: at most ten values of 512 characters, fifteen ids of 31 each. */
const VALUES = 5;
const MAX_IDS_PER_VALUE = 15;
/** From 256 characters on n8n logs an error at each write (n8n-core 2.41), so values are filled so far first. */
const QUIET_IDS_PER_VALUE = 8;
const KEY_PREFIX = 'klingTasks';

export interface CustomData {
	set(key: string, value: string): void;
	getAll(): Record<string, string>;
}

/**
 * Writes every task id, as soon as it is known, into the custom data of the execution. When there are more than fit, those
 * that have ended make room first. Never throws: a full record must not cost a clip.
 */
export class TaskJournal {
	private readonly ended = new Set<string>();

	constructor(private readonly customData: CustomData | undefined) {}

	add(taskId: string): void {
		const ids = this.read();
		if (ids.includes(taskId)) return;
		ids.push(taskId);
		while (ids.length > VALUES * MAX_IDS_PER_VALUE) {
			const oldestEnded = ids.findIndex((id) => this.ended.has(id));
			ids.splice(Math.max(0, oldestEnded), 1);
		}
		this.write(ids);
	}

	end(taskId: string): void {
		this.ended.add(taskId);
	}

	private read(): string[] {
		const values = this.customData?.getAll() ?? {};
		return Array.from({ length: VALUES }, (_, index) => values[`${KEY_PREFIX}${index + 1}`] ?? '')
			.flatMap((value) => value.split(','))
			.filter((id) => id !== '');
	}

	private write(ids: string[]): void {
		const idsPerValue = Math.max(QUIET_IDS_PER_VALUE, Math.ceil(ids.length / VALUES));
		const before = this.customData?.getAll() ?? {};
		try {
			for (let index = 0; index * idsPerValue < ids.length; index++) {
				const key = `${KEY_PREFIX}${index + 1}`;
				const value = ids.slice(index * idsPerValue, (index + 1) * idsPerValue).join(',');
				if (before[key] !== value) this.customData?.set(key, value);
			}
		} catch {
			return;
		}
	}
}
