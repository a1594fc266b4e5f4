import { submitBody, type SubmitParameters } from '../../../nodes/KlingFast/apimart/submitBody';

const PLAIN: SubmitParameters = {
	prompt: 'A cup of coffee',
	quality: 'std',
	durationSeconds: 5,
	aspectRatio: '16:9',
	audio: true,
	imageUrls: [],
	shots: [],
	splitIntoShots: false,
	watermark: false,
	moderate: false,
};

function sent(changes: Partial<SubmitParameters>): unknown {
	return JSON.parse(submitBody({ ...PLAIN, ...changes }));
}

const PLAIN_FIELDS = {
	model: 'kling-v3',
	prompt: 'A cup of coffee',
	mode: 'std',
	duration: 5,
	aspect_ratio: '16:9',
	audio: true,
};

describe('the body of a submit', () => {
	it('has only what was asked for, and the duration as a number', () => {
		expect(sent({})).toEqual(PLAIN_FIELDS);
		expect(submitBody(PLAIN)).toContain('"duration":5,');
	});

	it('always says whether there is sound, because the provider would leave it out', () => {
		expect(sent({ audio: false })).toEqual({ ...PLAIN_FIELDS, audio: false });
	});

	it('gives images as a list of addresses, first frame first', () => {
		const imageUrls = ['https://a.b/1.png', 'https://a.b/2.png'];
		expect(sent({ imageUrls })).toEqual({ ...PLAIN_FIELDS, image_urls: imageUrls });
	});

	it('numbers written shots from 1 and leaves out an empty prompt', () => {
		const shots = [
			{ prompt: 'one', durationSeconds: 2 },
			{ prompt: 'two', durationSeconds: 3 },
		];
		expect(sent({ prompt: '', shots })).toEqual({
			...PLAIN_FIELDS,
			prompt: undefined,
			multi_shot: true,
			shot_type: 'customize',
			multi_prompt: [
				{ index: 1, prompt: 'one', duration: 2 },
				{ index: 2, prompt: 'two', duration: 3 },
			],
		});
	});

	it('lets the provider split the prompt', () => {
		const split = { multi_shot: true, shot_type: 'intelligence' };
		expect(sent({ splitIntoShots: true })).toEqual({ ...PLAIN_FIELDS, ...split });
	});

	it('sends the rarer wishes only where they are wished for', () => {
		expect(sent({ negativePrompt: 'blur', watermark: true, moderate: true })).toEqual({
			...PLAIN_FIELDS,
			negative_prompt: 'blur',
			watermark: true,
			nsfw_check: true,
		});
		expect(sent({ negativePrompt: '' })).toEqual(PLAIN_FIELDS);
	});

	it('gives the same bytes for the same clip', () => {
		const reordered = Object.fromEntries(Object.entries(PLAIN).reverse()) as typeof PLAIN;
		expect(submitBody(reordered)).toBe(submitBody(PLAIN));
	});
});
