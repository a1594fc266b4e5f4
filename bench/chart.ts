import { SHEET_ROWS } from './rows';
import { ACCENT, drawing, line, PLAIN, round, text, title } from './svg';
import { isOurs, labelOf, realTimeSheets, type Results } from './tables';

const WIDTH = 760;
const LABEL_WIDTH = 280;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 26;
const ROW_HEIGHT = 42;
const TOP = 64;

/** A bar for each contender: how long the sheet took in real time. */
export function chartOf(results: Results): string {
	const sheets = realTimeSheets(results);
	const longest = Math.max(...sheets.map(({ makespanSeconds }) => makespanSeconds));
	const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest;
	const bars = sheets.flatMap((sheet, index) => {
		const y = TOP + index * ROW_HEIGHT;
		const width = round(sheet.makespanSeconds * scale);
		const middle = y + BAR_HEIGHT / 2 + 5;
		const minutes = `${(sheet.makespanSeconds / 60).toFixed(1)} min`;
		const color = isOurs(sheet) ? ACCENT : '#94a3b8';
		return [
			text([LABEL_WIDTH - 12, middle], labelOf(sheet), { anchor: 'end', size: 14 }),
			`<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3" fill="${color}"/>`,
			text([LABEL_WIDTH + width + 8, middle], minutes, { size: 14 }),
		];
	});
	// The same for all: it comes of the clips alone.
	const [{ makespanSeconds, overBest }] = sheets;
	const bestSeconds = makespanSeconds / overBest;
	const x = LABEL_WIDTH + bestSeconds * scale;
	const bottom = TOP + sheets.length * ROW_HEIGHT;
	const least = `the least that these clips need, five at a time: ${(bestSeconds / 60).toFixed(1)} min`;
	const about = `Minutes until a sheet of ${SHEET_ROWS} rows is done`;
	return drawing(WIDTH, bottom + 28, about, [
		title(`A sheet of ${SHEET_ROWS} rows: minutes until every clip is there`),
		...bars,
		line([x, TOP - 8], [x, bottom + 4], '#0f172a', '4 3'),
		text([x + 8, bottom + 8], least, { color: PLAIN }),
	]);
}
