import type { IDataDeduplicator } from 'n8n-workflow';
import { DataDeduplicationService } from 'n8n-core';

/** Stands in for n8n's table of processed items, of one node each. What is in it outlives executions. */
const processed = new Map<string, Set<string>>();

type Place = Parameters<IDataDeduplicator['clearAllProcessedItems']>[1];

const placeOf = ({ node, workflow }: Place): string => `${workflow.id} ${node?.id}`;

const table: IDataDeduplicator = {
	async checkProcessedAndRecord(items, _, place) {
		const known = processed.get(placeOf(place)) ?? new Set();
		const before = new Set(known);
		for (const item of items) known.add(String(item));
		processed.set(placeOf(place), known);
		return {
			new: items.filter((item) => !before.has(String(item))),
			processed: items.filter((item) => before.has(String(item))),
		};
	},
	async removeProcessed(items, _, place) {
		for (const item of items) processed.get(placeOf(place))?.delete(String(item));
	},
	async clearAllProcessedItems(_, place) {
		processed.delete(placeOf(place));
	},
	async getProcessedDataCount(_, place) {
		return processed.get(placeOf(place))?.size ?? 0;
	},
};

let isReady = false;

export async function provideProcessedItems(): Promise<void> {
	if (!isReady) await DataDeduplicationService.init(table);
	isReady = true;
}

/** How many nodes have something in the table. */
export const placesWithProcessedItems = (): number => processed.size;
