import { googleError, refuseOtherHost } from './google';
import type { FakeAnswer, FakeRequest, FakeService } from './service';

export type Cell = string | number | boolean;

const VALUES = /^\/v4\/spreadsheets\/([^/]+)\/values\/(.+)$/;
const BATCH_UPDATE = /^\/v4\/spreadsheets\/([^/]+)\/values:batchUpdate$/;
const SPREADSHEET = /^\/v4\/spreadsheets\/([^/]+)$/;
const CELL = /^(.+)!([A-Z]+)(\d+)$/;

interface BatchUpdate {
	valueInputOption: 'RAW' | 'USER_ENTERED';
	data: Array<{ range: string; values: Array<Array<Cell | null>> }>;
}

/** Google Sheets as far as reading rows and updating cells goes. One tab a spreadsheet; its first row has the column names. */
export class FakeSheets implements FakeService {
	readonly hosts = ['sheets.googleapis.com'];
	private readonly tabs = new Map<string, { title: string; cells: Cell[][] }>();

	/** @returns the address that a person copies from the browser */
	add(id: string, title: string, columns: string[], rows: Array<Record<string, Cell>>): string {
		const cells = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
		this.tabs.set(id, { title, cells });
		return `https://docs.google.com/spreadsheets/d/${id}/edit`;
	}

	/** The row with this number, as Google counts: 1 is the row of column names. */
	row(id: string, rowNumber: number): Record<string, Cell> {
		const [columns = [], ...rows] = this.tabs.get(id)?.cells ?? [];
		const row = rows[rowNumber - 2] ?? [];
		return Object.fromEntries(columns.map((column, index) => [String(column), row[index] ?? '']));
	}

	/** Of all spreadsheets, without the rows of column names. */
	countRows(): number {
		return [...this.tabs.values()].reduce((sum, { cells }) => sum + cells.length - 1, 0);
	}

	/** Types into a cell, as a person would. */
	type(id: string, rowNumber: number, column: string, value: Cell): void {
		const cells = this.tabs.get(id)?.cells ?? [];
		cells[rowNumber - 1][cells[0].indexOf(column)] = value;
	}

	answer(request: FakeRequest): FakeAnswer | undefined {
		const { method, path } = request;
		const [, id] = BATCH_UPDATE.exec(path) ?? VALUES.exec(path) ?? SPREADSHEET.exec(path) ?? [];
		if (id === undefined) return undefined;
		const refusal = refuseOtherHost(request);
		if (refusal) return refusal;
		const tab = this.tabs.get(id);
		if (!tab) return googleError(404, 'NOT_FOUND', 'Requested entity was not found.');
		if (method === 'POST' && BATCH_UPDATE.test(path)) return update(tab, request);
		if (method !== 'GET') return undefined;
		if (SPREADSHEET.test(path)) {
			const properties = { sheetId: 0, title: tab.title, index: 0, sheetType: 'GRID' };
			return { status: 200, body: { sheets: [{ properties }] } };
		}
		return read(tab, request);
	}
}

function read(tab: { title: string; cells: Cell[][] }, { path, query }: FakeRequest): FakeAnswer {
	const range = VALUES.exec(path)?.[2];
	if (range !== `'${tab.title}'`) {
		return googleError(400, 'INVALID_ARGUMENT', `Unable to parse range: ${range}`);
	}
	const isFormatted = query.get('valueRenderOption') === 'FORMATTED_VALUE';
	const shown = tab.cells.map((row) =>
		withoutBlankEnd(row, (cell) => cell === '').map((cell) =>
			isFormatted ? formatted(cell) : cell,
		),
	);
	const values = withoutBlankEnd(shown, (row) => row.length === 0);
	return { status: 200, body: { range: tab.title, majorDimension: 'ROWS', values } };
}

function update(tab: { title: string; cells: Cell[][] }, { body }: FakeRequest): FakeAnswer {
	const { data, valueInputOption } = JSON.parse(body.toString()) as BatchUpdate;
	for (const { range, values } of data) {
		const [, title, letters, rowNumber] = CELL.exec(range) ?? [];
		if (title !== tab.title || values.length !== 1 || values[0].length !== 1) {
			return googleError(400, 'INVALID_ARGUMENT', `Unable to parse range: ${range}`);
		}
		const [[value]] = values;
		if (value === null) continue;
		const row = (tab.cells[Number(rowNumber) - 1] ??= []);
		row[columnIndex(letters)] = valueInputOption === 'RAW' ? value : asTyped(value);
	}
	return { status: 200, body: { totalUpdatedCells: data.length } };
}

/** Google leaves out blank cells and rows at the end. */
function withoutBlankEnd<T>(values: T[], isBlank: (value: T) => boolean): T[] {
	const end = values.findLastIndex((value) => value !== undefined && !isBlank(value));
	return Array.from(values.slice(0, end + 1));
}

function formatted(cell: Cell): string {
	return typeof cell === 'boolean' ? String(cell).toUpperCase() : String(cell);
}

/** What Google makes of a text that is typed: an apostrophe in front means text and vanishes, numbers become numbers. */
function asTyped(value: Cell): Cell {
	if (typeof value !== 'string') return value;
	if (value.startsWith("'")) return value.slice(1);
	if (value.startsWith('=')) return '#ERROR!';
	if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
	return value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value;
}

function columnIndex(letters: string): number {
	return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}
