/** At least this share of the numbers is not greater; with 0.5 the median. */
export function quantile(numbers: number[], share: number): number {
	const sorted = [...numbers].sort((left, right) => left - right);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function sumOf(numbers: number[]): number {
	return numbers.reduce((sum, number) => sum + number, 0);
}
