/** What n8n keeps of a stopped run is its custom data: at most ten values of 512 characters. */
const VALUES = 5;
const IDS_PER_VALUE = 15;
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
		while (ids.length > VALUES * IDS_PER_VALUE) {
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
		try {
			for (let index = 0; index * IDS_PER_VALUE < ids.length; index++) {
				const part = ids.slice(index * IDS_PER_VALUE, (index + 1) * IDS_PER_VALUE);
				this.customData?.set(`${KEY_PREFIX}${index + 1}`, part.join(','));
			}
		} catch {
			return;
		}
	}
}
