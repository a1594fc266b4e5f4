import fc from 'fast-check';
import { TaskJournal } from '../../../nodes/KlingFast/generation/taskLog';

/** The execution's custom data as n8n keeps it: ten values, each cut after 512 characters. */
function customData(before: Record<string, string> = {}) {
	const values: Record<string, string> = { ...before };
	return {
		values,
		getAll: () => ({ ...values }),
		set: (key: string, value: string) => {
			if (!(key in values) && Object.keys(values).length >= 10) return;
			values[key] = value.slice(0, 512);
		},
		ids: () =>
			Object.entries(values)
				.filter(([key]) => key.startsWith('klingTasks'))
				.flatMap(([, value]) => value.split(','))
				.filter((id) => id !== ''),
	};
}

/** An id as the provider gives it: 31 characters. */
function taskId(number: number): string {
	return `task_${String(number).padStart(26, '0')}`;
}

describe('the task ids in the custom data of the execution', () => {
	/** The ids that are kept of so many, of which these have ended. */
	function kept(count: number, ended: number[] = []) {
		const data = customData();
		const journal = new TaskJournal(data);
		for (let number = 0; number < count; number++) {
			if (number === 80) ended.map(taskId).forEach((id) => journal.end(id));
			journal.add(taskId(number));
		}
		expect(Object.keys(data.values).length).toBeLessThanOrEqual(5);
		return data.ids();
	}
	const from = (first: number, end: number) =>
		Array.from({ length: end - first }, (_, index) => taskId(first + index));

	it.each<[string, string[], string[]]>([
		['all, up to 80 of them', kept(80), from(0, 80)],
		['the open ones where ended ones make room', kept(81, [40]), [...from(0, 40), ...from(41, 81)]],
		['the newest where nothing has ended', kept(82), from(2, 82)],
	])('are %s', (_, ids, expected) => {
		expect(ids).toEqual(expected);
	});

	it('of a long sheet, five at a time, are written without a word of n8n about their length', () => {
		const data = customData();
		const journal = new TaskJournal(data);
		for (let number = 0; number < 100; number++) {
			journal.add(taskId(number));
			if (number >= 5) journal.end(taskId(number - 5));
			// Above this n8n-core 2.41 logs an error, though it cuts at 512 only.
			for (const value of Object.values(data.values)) expect(value.length).toBeLessThanOrEqual(255);
		}
		expect(data.ids()).toEqual(expect.arrayContaining([95, 96, 97, 98, 99].map(taskId)));
	});

	it('of open tasks have room beside seven values of others, and the log says when they have none', () => {
		const others = (count: number) =>
			Object.fromEntries(Array.from({ length: count }, (_, index) => [`own ${index}`, 'x']));
		const warned: string[] = [];
		const logger = { warn: (line: string) => warned.push(line) };
		const ids = Array.from({ length: 30 }, (_, number) => taskId(number));
		const seven = customData(others(7));
		const journal = new TaskJournal(seven, logger);
		for (const id of ids) {
			journal.add(id);
			if (id < taskId(25)) journal.end(id);
		}
		expect(seven.ids()).toEqual(expect.arrayContaining(ids.slice(25)));
		expect(warned).toEqual([]);
		const full = new TaskJournal(customData(others(10)), logger);
		for (const id of ids) full.add(id);
		expect(warned).toEqual([expect.stringContaining('no room for all open task IDs')]);
	});

	it('are never cut, however long they are, and are there once', () => {
		const id = fc.stringMatching(/^[a-z0-9_-]{1,120}$/);
		fc.assert(
			fc.property(fc.uniqueArray(id, { maxLength: 60 }), fc.nat(), (ids, seed) => {
				const data = customData();
				const journal = new TaskJournal(data);
				for (const [index, one] of ids.entries()) {
					journal.add(one);
					journal.add(one);
					expect(data.ids()).toContain(one);
					if ((seed + index) % 3 === 0) journal.end(one);
				}
				expect(new Set(data.ids()).size).toBe(data.ids().length);
				for (const kept of data.ids()) expect(ids).toContain(kept);
			}),
		);
	});

	it('are there once each also where room for one makes more room than it needs', () => {
		const data = customData();
		const journal = new TaskJournal(data);
		const ids = [200, 400, 300, 500, 501, 502].map((length) => 'x'.repeat(length));
		journal.end(ids[1]);
		for (const id of ids) journal.add(id);
		expect(data.ids()).toEqual(ids.filter((id) => id !== ids[1]));
	});

	it('cost no clip where they cannot be written', () => {
		const broken = {
			getAll: () => ({}),
			set: () => {
				throw new Error('no custom data');
			},
		};
		expect(() => new TaskJournal(broken).add(taskId(1))).not.toThrow();
		expect(() => new TaskJournal(undefined).add(taskId(1))).not.toThrow();
	});
});
