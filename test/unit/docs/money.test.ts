/** Money in the pages against the price table. */
import {
	estimateCostUsd,
	KLING_V3,
	pricePerSecondUsd,
	type Quality,
} from '../../../nodes/KlingFast/apimart/models';
import { choicesOf, generateField } from '../fieldLists';
import { pageOf, sectionOf, tableOf } from './markdown';

const readme = pageOf('README.md');

it('the price table of the README is that of the code', () => {
	const nameOf = (quality: Quality) =>
		choicesOf(generateField('quality')).find(({ value }) => value === quality)?.name;
	const qualities = Object.keys(KLING_V3.usdPerSecond) as Quality[];
	const expected = qualities.map((quality) => {
		const cost = (audio: boolean) => estimateCostUsd({ quality, audio, durationSeconds: 5 });
		return [
			nameOf(quality),
			String(pricePerSecondUsd({ quality, audio: false })),
			String(pricePerSecondUsd({ quality, audio: true })),
			cost(false).toFixed(3),
			cost(true).toFixed(3),
			(100 * cost(true)).toFixed(2),
		];
	});
	expect(tableOf(readme, 'What it costs').rows).toEqual(expected);
});

it('so is the trap, and so is the first clip', () => {
	const { silent, withAudio } = KLING_V3.usdPerSecond.std;
	expect(sectionOf(readme, 'What it costs')).toContain(`the ${silent} that is often quoted`);
	expect(withAudio).toBeCloseTo(1.5 * silent, 10);
	const first = estimateCostUsd({ quality: 'std', audio: true, durationSeconds: 5 });
	expect(sectionOf(readme, 'Your first clip')).toContain(`$${first}`);
});

it('the example of Estimate Cost is what it gives', () => {
	const [example] = pageOf('docs/fields.md').codeBlocks;
	expect(JSON.parse(example.text)).toEqual({
		clips: 1,
		seconds: 5,
		pricePerSecond: pricePerSecondUsd({ quality: 'std', audio: true }),
		estimatedCost: estimateCostUsd({ quality: 'std', audio: true, durationSeconds: 5 }),
	});
});
