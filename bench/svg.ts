/** Pieces of the drawings. They have a background of their own, for light and dark pages. */
export const ACCENT = '#ea4b71';
export const INK = '#334155';
export const PLAIN = '#64748b';

export interface TextStyle {
	anchor?: 'start' | 'middle' | 'end';
	size?: number;
	bold?: boolean;
	color?: string;
}

export type Point = [x: number, y: number];

/** @param about for those who cannot see it */
export function drawing(width: number, height: number, about: string, parts: string[]): string {
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img" aria-label="${about}">`,
		`<rect width="${width}" height="${height}" rx="8" fill="#ffffff" stroke="#cbd5e1"/>`,
		...parts,
		'</svg>',
		'',
	].join('\n');
}

export function text([x, y]: Point, words: string, style: TextStyle = {}): string {
	const { anchor = 'start', size = 13, bold = false, color = INK } = style;
	const weight = bold ? ' font-weight="bold"' : '';
	return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}"${weight} fill="${color}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${words}</text>`;
}

export function title(words: string): string {
	return text([24, 34], words, { size: 17, bold: true, color: '#0f172a' });
}

export function line([x1, y1]: Point, [x2, y2]: Point, color: string, dashes = 'none'): string {
	return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}" stroke-dasharray="${dashes}"/>`;
}

export function round(pixels: number): number {
	return Math.round(pixels * 10) / 10;
}
