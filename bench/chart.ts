import { CONTENDERS_IN_ORDER } from './contenders';
import { SHEET_ROWS } from './plan';
import { singleRunOf, type Results } from './tables';

const WIDTH = 760;
const LABEL_WIDTH = 270;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 26;
const ROW_HEIGHT = 42;
const TOP = 64;
const FONT = 'font-family="Helvetica, Arial, sans-serif"';

/** A bar for each contender: how long the sheet took. SVG with a background of its own, for light and dark pages. */
export function chartOf(results: Results): string {
	const bars = CONTENDERS_IN_ORDER.flatMap(({ name, label }) => {
		const figures = singleRunOf(results.figures, name, SHEET_ROWS);
		if (!figures) return [];
		const minutes = figures.makespanSeconds / 60;
		// The same for all: it comes of the clips alone.
		const bestMinutes = minutes / figures.overBest;
		return [{ label, minutes, bestMinutes, isOurs: isOurs(name) }];
	});
	const longest = Math.max(...bars.map(({ minutes }) => minutes));
	const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest;
	const bottom = TOP + bars.length * ROW_HEIGHT;
	const height = bottom + 28;
	const [{ bestMinutes: best }] = bars;
	const bestX = LABEL_WIDTH + Math.round(best * scale);
	const rows = bars.map(({ label, minutes, isOurs: ours }, index) => {
		const y = TOP + index * ROW_HEIGHT;
		const width = Math.round(minutes * scale);
		const middle = y + BAR_HEIGHT / 2 + 5;
		return [
			`<text x="${LABEL_WIDTH - 12}" y="${middle}" text-anchor="end" ${FONT} font-size="14" fill="#1e293b">${label}</text>`,
			`<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3" fill="${ours ? '#ea4b71' : '#94a3b8'}"/>`,
			`<text x="${LABEL_WIDTH + width + 8}" y="${middle}" ${FONT} font-size="14" fill="#1e293b">${minutes.toFixed(1)} min</text>`,
		].join('\n');
	});
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Minutes until a sheet of ${SHEET_ROWS} rows is done">`,
		`<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff" stroke="#cbd5e1"/>`,
		`<text x="24" y="36" ${FONT} font-size="17" font-weight="bold" fill="#0f172a">A sheet of ${SHEET_ROWS} rows: minutes until every clip is there</text>`,
		...rows,
		`<path d="M${bestX} ${TOP - 8}V${bottom + 4}" stroke="#0f172a" stroke-dasharray="4 3"/>`,
		`<text x="${bestX + 8}" y="${bottom + 8}" ${FONT} font-size="13" fill="#475569">the least that these clips need, five at a time: ${best.toFixed(1)} min</text>`,
		'</svg>',
		'',
	].join('\n');
}

function isOurs(name: string): boolean {
	return name === 'polling' || name === 'callback';
}
