import { readClipRequest } from '../../../sandbox/validation';
import { clip, errorOf, sandboxForEach } from './client';

const started = sandboxForEach({ concurrency: 0 });

const long = (length: number) => 'é'.repeat(length);
const IMAGE = 'https://a.example/ann.png';
const ann = (fields: object = {}) => ({
	...{ name: 'ann', description: 'an old sailor', element_input_urls: [IMAGE, IMAGE] },
	...fields,
});
const elements = (...list: unknown[]) => ({ prompt: 'A boat, @ann steers', element_list: list });
const images = (...urls: string[]) => elements(ann({ element_input_urls: urls }));
const customized = (...multi_prompt: object[]) => ({
	...{ multi_shot: true, shot_type: 'customize', multi_prompt, duration: 7 },
});
const shot = (fields: object) => customized({ index: 1, prompt: 'a', duration: 7, ...fields });
const shots = (...durations: number[]) =>
	customized(...durations.map((duration, at) => ({ index: at + 1, prompt: 'a shot', duration })));

const SCHEMES = 'Only http/https URLs or asset:// private asset URLs are supported.';
const URLS = 'element_list[0].element_input_urls';

/** Nothing is made or charged. */
async function refuses(body: unknown, error: object) {
	const { client, sandbox } = started;
	const headers = { 'Content-Type': 'application/json' };
	const answer = await client.post('/v1/videos/generations', body, headers);
	expect(answer.status).toBe(400);
	expect(errorOf(answer)).toEqual({ type: 'invalid_request_error', ...error });
	expect(sandbox.ledger.accepted()).toEqual([]);
	expect(sandbox.ledger.allCharges()).toEqual([]);
}

test.each<[string, unknown]>([
	['Invalid JSON in the request body', '{"model":'],
	['Invalid JSON in the request body', ''],
	['Invalid JSON in the request body', '5'],
	['model is required', { model: undefined }],
	['model kling-v2 not found, allowed here: kling-v3', { model: 'kling-v2' }],
	['prompt is required', { prompt: undefined }],
	['prompt is required', { prompt: '  ' }],
	['prompt must be a string', { prompt: 5 }],
	['prompt exceeds 2500 characters', { prompt: long(2501) }],
	['negative_prompt exceeds 2500 characters', { negative_prompt: long(2501) }],
	['invalid mode: 5, allowed: std, pro, 4k', { mode: 5 }],
	['duration must be a plain integer (e.g. 6), do not add quotes, got "5"', { duration: '5' }],
	['duration must be a plain integer (e.g. 6), do not add quotes, got 5.5', { duration: 5.5 }],
	['duration must be a plain integer (e.g. 6), do not add quotes, got null', { duration: null }],
	['invalid duration: 2, must be between 3 and 15 seconds', { duration: 2 }],
	['invalid duration: 16, must be between 3 and 15 seconds', { duration: 16 }],
	['invalid aspect_ratio: 4:3, allowed: 16:9, 9:16, 1:1', { aspect_ratio: '4:3' }],
	['audio must be a boolean', { audio: 'true' }],
	['image_urls must be an array', { image_urls: IMAGE }],
	['image_urls must be an array of strings', { image_urls: [{ url: IMAGE }] }],
	['image_urls supports at most 2 images, got 3', { image_urls: [IMAGE, IMAGE, IMAGE] }],
	[`Invalid format for first_frame_image. ${SCHEMES}`, { image_urls: ['data:image/png;base64,A'] }],
	[
		'shot_type is required when multi_shot is true, allowed: customize, intelligence',
		{ multi_shot: true },
	],
	['multi_prompt must contain 1 to 6 shots', customized()],
	['multi_prompt supports at most 6 shots, got 7', shots(1, 1, 1, 1, 1, 1, 1)],
	['sum of multi_prompt durations (4) must equal duration (7)', shots(2, 2)],
	['multi_prompt[0].duration must be an integer of at least 1', shots(0, 7)],
	['multi_prompt[0].index must be 1', shot({ index: 2 })],
	['multi_prompt[0].prompt is required', shot({ prompt: '' })],
	['multi_prompt[0].prompt exceeds 512 characters', shot({ prompt: long(513) })],
	['element_list must be an array', { element_list: ann() }],
	['element_list supports at most 3 subjects, got 4', elements(ann(), ann(), ann(), ann())],
	['element_list has two subjects named ann', elements(ann(), ann())],
	['element_list[0] must be an object', elements('ann')],
	[`${URLS} must be an array`, elements(ann({ element_input_urls: IMAGE }))],
	[`${URLS} supports at most 4 images, got 5`, images(IMAGE, IMAGE, IMAGE, IMAGE, IMAGE)],
	[`Invalid format for element_input_urls. ${SCHEMES}`, images(IMAGE, 'data:image/png;base64,A')],
])('refused with 400: %s', async (message, fields) => {
	const body = typeof fields === 'string' ? fields : clip({ ...(fields as object) });
	await refuses(body, { code: 400, message });
});

test.each<[string, object]>([
	['name is required', { name: undefined }],
	['name is required', { name: ' ' }],
	['description is required', { description: '' }],
	['element_input_urls: at least 1 reference image required', { element_input_urls: [IMAGE] }],
])('refused as an element that Kling cannot make: %s', async (sentence, fields) => {
	const body = clip(elements(ann(), ann({ name: 'bob', ...fields })));
	const message = `element_list[1].${sentence}`;
	await refuses(body, { code: 'kling_element_create_failed', message, param: '' });
});

test.each<[string, object]>([
	['the shortest clip', { duration: 3 }],
	['the longest clip', { duration: 15 }],
	['a prompt of 2,500 code points', { prompt: '𝒳'.repeat(2500) }],
	['six shots and no prompt', { ...shots(1, 1, 1, 1, 1, 2), prompt: undefined }],
	['an element with four images', images(IMAGE, IMAGE, IMAGE, IMAGE)],
	['keys that it does not know', { start_image_url: 5, sound: 'on', callback_url: 'x' }],
	['a webhook that is no address', { webhook: 'nonsense' }],
])('accepted: %s', async (_what, fields) => {
	const { status, data } = await started.client.submit({ ...fields });
	const task_id = expect.stringMatching(/^task_[0-9A-HJKMNP-TV-Z]{26}$/) as string;
	expect(status).toBe(200);
	expect(data).toEqual({ code: 200, data: [{ status: 'submitted', task_id }] });
});

test.each([
	['named in the prompt', { prompt: 'Then @ann, at last, waves' }, ['ann']],
	['named at its end', { prompt: 'Here comes @ann' }, ['ann']],
	['named in a shot', shot({ prompt: '@ann' }), ['ann']],
	['only the start of another word', { prompt: 'Here comes @annabel' }, []],
	['without its @', { prompt: 'Here comes ann' }, []],
])('an element counts where it is named as @name: %s', (_what, fields, used) => {
	expect(readClipRequest(clip({ ...fields, element_list: [ann()] })).elements).toEqual(used);
});
