import { readClipRequest } from '../../../sandbox/validation';
import { CLIP, errorOf, startWithClient, type Started } from './client';

let started: Started;
beforeAll(async () => {
	started = await startWithClient({ concurrency: 0, balanceUsd: 10_000 });
});
afterAll(async () => await started.stop());

const shots = (...durations: number[]) =>
	durations.map((duration, position) => ({ index: position + 1, prompt: 'a shot', duration }));
const IMAGE = 'https://a.example/ann.png';
const ANN = { name: 'ann', description: 'an old sailor', element_input_urls: [IMAGE, IMAGE] };
const elements = (...list: unknown[]) => ({ prompt: 'A boat, @ann steers', element_list: list });
const customized = (fields: object) => ({ multi_shot: true, shot_type: 'customize', ...fields });

describe('what the sandbox refuses with 400', () => {
	test.each<[string, Record<string, unknown>, RegExp]>([
		['no model', { model: undefined }, /model is required/],
		['another model', { model: 'kling-v2' }, /kling-v2 not found/],
		['no prompt', { prompt: undefined }, /prompt is required/],
		['a blank prompt', { prompt: '  ' }, /prompt is required/],
		['a prompt that is no text', { prompt: 5 }, /prompt must be a string/],
		['a prompt over 2,500 code points', { prompt: 'é'.repeat(2501) }, /prompt exceeds 2500/],
		['a long negative prompt', { negative_prompt: 'x'.repeat(2501) }, /negative_prompt exceeds/],
		['a mode that is no word', { mode: 5 }, /invalid mode: 5, allowed: std, pro, 4k/],
		['a duration as text', { duration: '5' }, /plain integer .* got "5"/],
		['a broken duration', { duration: 5.5 }, /plain integer/],
		['no duration at all', { duration: null }, /plain integer/],
		['a duration below 3', { duration: 2 }, /between 3 and 15/],
		['a duration above 15', { duration: 16 }, /between 3 and 15/],
		['an unknown ratio', { aspect_ratio: '4:3' }, /invalid aspect_ratio: 4:3/],
		['audio as text', { audio: 'true' }, /audio must be a boolean/],
		['one image as text', { image_urls: 'https://a.example/1.png' }, /must be an array/],
		['images as objects', { image_urls: [{ url: 'https://a.example/1.png' }] }, /array of strings/],
		['three images', { image_urls: ['https://a', 'https://b', 'https://c'] }, /at most 2 images/],
		['several shots of no type', { multi_shot: true }, /shot_type is required/],
		['no shots', customized({}), /1 to 6 shots/],
		[
			'seven shots',
			customized({ multi_prompt: shots(1, 1, 1, 1, 1, 1, 1), duration: 7 }),
			/at most 6 shots, got 7/,
		],
		[
			'a wrong sum',
			customized({ multi_prompt: shots(2, 2) }),
			/durations \(4\) must equal duration \(5\)/,
		],
		['a shot of no length', customized({ multi_prompt: shots(0, 5) }), /\[0\].duration/],
		[
			'a gap in the numbers',
			customized({ multi_prompt: [{ index: 2, prompt: 'a', duration: 5 }] }),
			/\[0\].index must be 1/,
		],
		[
			'a shot without prompt',
			customized({ multi_prompt: [{ index: 1, prompt: '', duration: 5 }] }),
			/\[0\].prompt is required/,
		],
		[
			'a long shot prompt',
			customized({ multi_prompt: [{ index: 1, prompt: 'x'.repeat(513), duration: 5 }] }),
			/exceeds 512/,
		],
		['elements that are no list', { element_list: ANN }, /element_list must be an array/],
		['four elements', elements(ANN, ANN, ANN, ANN), /at most 3 subjects, got 4/],
		['two elements of the same name', elements(ANN, ANN), /two subjects named ann/],
		['an element that is a text', elements('ann'), /element_list\[0\] must be an object/],
		[
			'an element whose images are one text',
			elements({ ...ANN, element_input_urls: IMAGE }),
			/element_input_urls must be an array/,
		],
		[
			'an element with five images',
			elements({ ...ANN, element_input_urls: Array(5).fill(IMAGE) }),
			/element_list\[0\].element_input_urls supports at most 4 images, got 5/,
		],
		[
			'an element with an image in the request itself',
			elements({ ...ANN, element_input_urls: [IMAGE, 'data:image/png;base64,AAAA'] }),
			/^Invalid format for element_input_urls. Only http\/https URLs or asset:/,
		],
	])('%s', async (_what, fields, message) => {
		const answer = await started.client.submit(fields);
		expect(answer.status).toBe(400);
		expect(errorOf(answer)).toEqual({
			code: 400,
			message: expect.stringMatching(message) as string,
			type: 'invalid_request_error',
		});
	});

	test.each([
		['no name', { name: undefined }, 'element_list[1].name is required'],
		['a blank name', { name: ' ' }, 'element_list[1].name is required'],
		['an empty description', { description: '' }, 'element_list[1].description is required'],
		[
			'a single image',
			{ element_input_urls: [IMAGE] },
			'element_list[1].element_input_urls: at least 1 reference image required',
		],
	])('an element that Kling cannot make, with its code: %s', async (_what, fields, message) => {
		const answer = await started.client.submit(elements(ANN, { ...ANN, name: 'bob', ...fields }));
		expect(answer.status).toBe(400);
		expect(errorOf(answer)).toEqual({
			code: 'kling_element_create_failed',
			message,
			param: '',
			type: 'invalid_request_error',
		});
	});

	test('an image in the request itself, with the sentence of the live service', async () => {
		const answer = await started.client.submit({ image_urls: ['data:image/png;base64,AAAA'] });
		expect(answer.status).toBe(400);
		expect(errorOf(answer).message).toBe(
			'Invalid format for first_frame_image. Only http/https URLs or asset:// private asset URLs are supported.',
		);
	});

	test.each(['{"model":', '', '5'])('a body that is no JSON object: %j', async (body) => {
		const answer = await started.client.post('/v1/videos/generations', body, {
			'Content-Type': 'application/json',
		});
		expect(answer.status).toBe(400);
		expect(errorOf(answer).message).toMatch(/Invalid JSON/);
	});

	test('nothing of it is made or charged', () => {
		const { ledger } = started.sandbox;
		expect(ledger.submits().length).toBeGreaterThan(20);
		expect(ledger.accepted()).toEqual([]);
		expect(ledger.allCharges()).toEqual([]);
	});
});

describe('what the sandbox accepts', () => {
	test.each<[string, Record<string, unknown>]>([
		['the shortest clip', { duration: 3 }],
		['the longest clip', { duration: 15 }],
		['no duration: 5 seconds', { duration: undefined }],
		['a prompt of 2,500 code points', { prompt: '𝒳'.repeat(2500) }],
		['every quality', { mode: '4k' }],
		['a word for the mode that there is not', { mode: 'fast' }],
		['first and last image', { image_urls: ['https://a.example/1.png', 'http://b.example/2.png'] }],
		[
			'six shots',
			customized({ multi_prompt: shots(1, 1, 1, 1, 1, 2), duration: 7, prompt: undefined }),
		],
		['shots split by Kling', { multi_shot: true, shot_type: 'intelligence' }],
		['an element with the same image twice', elements(ANN)],
		[
			'three elements, one with four images',
			elements(
				ANN,
				{ ...ANN, name: 'bob', element_input_urls: Array(4).fill(IMAGE) },
				{
					...ANN,
					name: 'zoë',
				},
			),
		],
		['an element that no prompt names', { element_list: [ANN] }],
		['keys that it does not know', { start_image_url: 5, sound: 'on', callback_url: 'x' }],
		['a webhook that is no address', { webhook: 'nonsense' }],
	])('%s', async (_what, fields) => {
		const { status, data } = await started.client.submit(fields);
		expect({ status, data }).toEqual({
			status: 200,
			data: {
				code: 200,
				data: [
					{
						status: 'submitted',
						task_id: expect.stringMatching(/^task_[0-9A-HJKMNP-TV-Z]{26}$/) as string,
					},
				],
			},
		});
	});
});

test.each([
	['named in the prompt', { prompt: 'Then @ann, at last, waves' }, ['ann']],
	['named at its end', { prompt: 'Here comes @ann' }, ['ann']],
	[
		'named in a shot',
		customized({ multi_prompt: [{ index: 1, prompt: '@ann', duration: 5 }] }),
		['ann'],
	],
	['only the start of another word', { prompt: 'Here comes @annabel' }, []],
	['without its @', { prompt: 'Here comes ann' }, []],
])('an element counts where it is named as @name: %s', (_what, fields, used) => {
	expect(readClipRequest({ ...CLIP, ...fields, element_list: [ANN] }).elements).toEqual(used);
});
