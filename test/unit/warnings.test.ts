import { CAMERA_MOVEMENTS } from '../../nodes/KlingFast/actions/video/shots';
import {
	warningsOf,
	warningsOfRun,
	type JudgedClip,
} from '../../nodes/KlingFast/actions/video/warnings';
import { isSlow } from './inputs/hostileValues';

type Settings = Partial<JudgedClip>;

const clip = (prompt: string, settings: Settings = {}): JudgedClip => ({
	shotsKind: 'single',
	prompt,
	shots: [],
	durationSeconds: 5,
	aspectRatio: '16:9',
	quality: 'std',
	audio: false,
	...settings,
});
const camera = (movement: string): Settings => ({
	cameraMovement: CAMERA_MOVEMENTS.find(({ value }) => value === movement)?.words,
});
const inShots = (prompts: string[], durationSeconds: number): Settings => ({
	shotsKind: 'json',
	shots: prompts.map((prompt) => ({ prompt, durationSeconds: 1 })),
	durationSeconds,
});
const sound: Settings = { audio: true };
const short: Settings = { durationSeconds: 3 };

describe('what gives no warning', () => {
	test.each<[string, Settings]>([
		// Without sound, and nobody speaks.
		['A ceramic coffee cup on a walnut table, steam rising, soft morning light', {}],
		['Running shoe on wet asphalt, low angle, neon reflections, rain', {}],
		['A white mug with the label "Good Morning" turns slowly on a marble plate', {}],
		['A neon sign says "OPEN", rain on the window', {}],
		['A T-shirt that says "NO PLAN B" hangs in the wind', {}],
		['A mug saying "World\'s best dad" on a kitchen table', {}],
		['A 27" monitor next to a 32" monitor on a wooden desk', {}],
		["The '90s sofa in the dogs' room, soft light", {}],
		['She reads "War and Peace" by the fire', {}],
		['A woman talks on the phone. A poster behind her shows "SALE"', {}],
		// With sound, which is asked for in words, in quotes, or by what is seen.
		['A barista says in a calm voice: "We open at nine."', sound],
		['Fresh berries splash into milk, extreme slow motion', sound],
		['Ocean waves roll onto the beach at sunrise, seen from above', sound],
		['ASMR of a knife cutting through soap on a wooden board', sound],
		['The engine of the black car starts, headlights in the fog', sound],
		['A teacher explains the water cycle in front of the blackboard', sound],
		['A silent street in the snow at night', sound],
		['Two children laughing on a swing in the garden', sound],
		['A presenter in a white room points at the bottle', sound],
		["A man on the beach, 'good evening everybody'", sound],
		// With sound, in words that cannot be judged.
		['', sound],
		['A cat', sound],
		['Red sneaker, close-up, slow motion, neon', sound],
		['Ein roter Turnschuh auf nassem Asphalt, Neonlicht, close-up, slow motion', sound],
		['Une tasse sur la table, travelling lent, lumi\u00e8re douce', sound],
		['Gato maullando en el tejado, slow motion, golden light', sound],
		['Gato maullando, slow motion, golden light, soft focus, low angle', sound],
		['Una taza de caf\u00e9 sobre la mesa', sound],
		['Seorang wanita menuang kopi di dapur, cahaya pagi', sound],
		['\u4e00\u53ea\u6a58\u732b\u5728\u7a97\u53f0\u4e0a\u4f38\u61d2\u8170', sound],
		['\u732b\u304c\u7a93\u8fba\u3067\u4f38\u3073\u3092\u3059\u308b', sound],
		['\u0427\u0430\u0448\u043a\u0430 \u043d\u0430 \u0441\u0442\u043e\u043b\u0435', sound],
		// With sound, where sound costs the same.
		['The bottle turns on a marble plate with golden light', { audio: true, quality: '4k' }],
		// Enough time, or no steps at all.
		['A cup fills with coffee, then steam rises', short],
		[
			'A key turns in the lock. Soft light. Shallow depth of field. 35 mm. Film grain. Warm.',
			short,
		],
		['A chef chops, then fries, then plates the dish', {}],
		['The sun is low. It is golden. It has a halo. It looks like a painting.', short],
		['Street food market at night: the stall, the cook, the first bite', { shotsKind: 'auto' }],
		['', inShots(['A baker dusts flour over dough', 'The loaf comes out, then steam'], 6)],
		['', inShots(['A wave', 'A beach'], 3)],
		// The camera does what the option says, or the words are about something else.
		['Slow zoom in on the watch', camera('zoomIn')],
		['Slow zoom out from the watch, then a slow zoom in', camera('zoomIn')],
		['Pan across the city', camera('panLeft')],
		['A chef moves the pan to the left of the stove', camera('panRight')],
		['Two planets orbit a star', camera('static')],
		['A handheld vacuum cleaner follows the crumbs', camera('static')],
		['A car zooms past the camera', camera('static')],
		['She pulls back the curtain and pushes in the chair', camera('static')],
		['A vintage camera on a wooden table', camera('orbit')],
		['Still life with a fixed gaze', camera('dollyIn')],
		['The bottle tilts up', camera('tiltDown')],
		['The vertigo effect: the camera zooms out', camera('dollyIn')],
		['No zoom out, please', camera('zoomIn')],
		['The camera pans left', camera('dollyIn')],
		['The camera pans left', {}],
		['Never a static shot', camera('handheld')],
		// Shapes that are near enough.
		['A cup', { startSize: { width: 1920, height: 1088 } }],
		['A cup', { aspectRatio: '1:1', startSize: { width: 600, height: 600 } }],
		['A cup', {}],
	])('%s %j', (prompt, settings) => {
		expect(warningsOf(clip(prompt, settings))).toEqual([]);
	});
});

describe('what gives one', () => {
	const UNASKED = /^The prompt asks for no sound or speech/;
	const UNHEARD = /^The prompt has spoken words in quotes, but 'Generate Audio' is off/;
	test.each<[string, Settings, RegExp]>([
		['A ceramic coffee cup on a walnut table, steam rising, soft morning light', sound, UNASKED],
		['Running shoe on wet asphalt, low angle, neon reflections', sound, UNASKED],
		['A gold ring with a blue stone turns on black velvet', sound, UNASKED],
		['A human hand opens a box of colorful sweets on the table', sound, UNASKED],
		['A watch band of green rubber in the snow', { ...sound, quality: 'pro' }, UNASKED],
		['', { ...sound, ...inShots(['The cup on the table', 'Steam over the cup'], 5) }, UNASKED],
		['A barista says: "We open at nine."', {}, UNHEARD],
		['"We open at nine," the barista says.', {}, UNHEARD],
		['The woman whispers \u201ccome closer\u201d to the camera', {}, UNHEARD],
		['A man smiles, saying "hello there"', {}, UNHEARD],
		["The host says 'welcome back' and waves", {}, UNHEARD],
		['Narrator: "Every morning counts."', {}, UNHEARD],
		['Eine Frau sagt: \u201eGuten Morgen\u201c', {}, UNHEARD],
		['Una mujer dice: \u00abBuenos d\u00edas\u00bb', {}, UNHEARD],
		['\u5979\u8bf4\uff1a\u201c\u65e9\u4e0a\u597d\u201d', {}, UNHEARD],
		['\u5f7c\u5973\u306f\u300c\u304a\u306f\u3088\u3046\u300d\u3068\u8a00\u3046', {}, UNHEARD],
		['', inShots(['A man at a desk', 'He says "we are late" and leaves'], 6), UNHEARD],
		[
			'He opens the box, then takes the ring out, then kneels, then she cries',
			short,
			/^The prompt asks for 4 steps in 3 seconds, less than 1\.5 seconds for each/,
		],
		['Shot 1: a door. Shot 2: a hand. Shot 3: a key.', short, /3 steps in 3 seconds/],
		['A hug. She looks up. He smiles. They walk away.', short, /4 steps in 3 seconds/],
		['Dough -> bread -> toast', { ...short, shotsKind: 'auto' }, /3 steps in 3 seconds/],
		['', inShots(['A door', 'A hand', 'A key'], 3), /3 steps in 3 seconds/],
		[
			'Slow zoom out from the watch',
			camera('zoomIn'),
			/^'Camera Movement' adds "Camera: slow zoom in\." to a prompt that asks for "zoom out"/,
		],
		['The camera pulls back to reveal the sea', camera('dollyIn'), /"pulls back"/],
		['The camera slowly pushes in on her face', camera('zoomOut'), /"pushes in"/],
		['Slow dolly in towards the bottle', camera('static'), /"dolly in"/],
		['A tracking shot of a runner', camera('static'), /"tracking shot"/],
		['The camera follows a car', camera('static'), /"follows"/],
		['The camera circles the statue', camera('static'), /"circles"/],
		['Static camera, a cat on a wall', camera('orbit'), /"Static camera"/],
		['The camera stays still', camera('handheld'), /"stays still"/],
		['No camera movement', camera('zoomIn'), /"No camera movement"/],
		['The camera pans to the right', camera('panLeft'), /"pans to the right"/],
		['A slow pan right over the roofs', camera('panLeft'), /"slow pan right"/],
		['The camera tilts down', camera('tiltUp'), /"tilts down"/],
		['The camera cranes up', camera('craneDown'), /"cranes up"/],
		[
			'A cup',
			{ aspectRatio: '9:16', startSize: { width: 1200, height: 800 } },
			/^The start image has another shape than 'Aspect Ratio' \(1200 x 800 pixels for 9:16\)/,
		],
	])('%s %j', (prompt, settings, sentence) => {
		expect(warningsOf(clip(prompt, settings))).toEqual([expect.stringMatching(sentence)]);
	});
});

const cup = 'A ceramic cup on the table, steam rising';

describe('the figures', () => {
	test.each<[string, Settings, string]>([
		[cup, sound, '0.336 USD instead of 0.504.'],
		[cup, { ...sound, quality: 'pro', durationSeconds: 15 }, '1.344 USD instead of 2.016.'],
		['She says "hi"', {}, 'With it the clip costs 0.504 USD instead of 0.336.'],
		['She says "hi"', { quality: '4k' }, 'With it the clip costs the same here.'],
	])('%s %j: %s', (prompt, settings, figures) => {
		expect(warningsOf(clip(prompt, settings))[0]).toContain(figures);
	});
});

describe('a run', () => {
	const rows = (count: number, settings: (index: number) => Settings) =>
		Array.from({ length: count }, (_, itemIndex) => ({
			...clip(cup, settings(itemIndex)),
			itemIndex,
		}));

	test('of 100 rows has one sentence of each kind, with the sum of its rows', () => {
		const hints = warningsOfRun(rows(100, () => ({ ...sound, ...camera('static') })));
		expect(hints).toEqual([
			expect.stringMatching(
				/^Items 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 90 more: The prompt asks for no sound .* 33\.6 USD instead of 50\.4\.$/,
			),
		]);
	});

	test('names the rows that are meant, and those only', () => {
		const some = (...indexes: number[]) =>
			warningsOfRun(rows(8, (index) => (indexes.includes(index) ? sound : {})));
		expect(some()).toEqual([]);
		expect(some(3)).toEqual([expect.stringMatching(/^Item 3: The prompt .* 0\.336 USD instead/)]);
		expect(some(1, 4)).toEqual([expect.stringMatching(/^Items 1 and 4: .* 0\.672 USD instead/)]);
		expect(some(1, 4, 7)).toEqual([expect.stringMatching(/^Items 1, 4 and 7: /)]);
		expect(warningsOfRun(rows(10, () => sound))).toEqual([
			expect.stringMatching(/^Items 0, 1, .*, 8 and 9: /),
		]);
	});

	test('says of which row the details are', () => {
		const shapes = rows(2, (index) => ({ startSize: { width: 600, height: 600 + index } }));
		expect(warningsOfRun(shapes)).toEqual([
			"Items 0 and 1: The start image has another shape than 'Aspect Ratio' (600 x 600 pixels for 16:9 in the first of them). The clip may take the shape of its image.",
		]);
	});
});

test('each camera movement is known by its own words, and goes with itself', () => {
	for (const { value, words } of CAMERA_MOVEMENTS.filter((movement) => movement.value !== '')) {
		expect(warningsOf(clip(words, camera(value)))).toEqual([]);
		const against = value === 'static' ? 'Slow zoom in' : 'Locked-off shot';
		expect(warningsOf(clip(against, camera(value)))).toHaveLength(1);
	}
});

test.each([
	...['no ', '"', '\u201c', '\u00ab', "' '", 'the camera slowly ', 'camera: is slow ', '- -> '],
	...['He. ', 'say "'],
])('a long prompt of %j is read at once', (text) => {
	const prompt = text.repeat(2500 / text.length);
	const judge = () => {
		warningsOf(clip(prompt, { ...sound, ...camera('zoomIn') }));
		warningsOf(clip(prompt, camera('static')));
	};
	expect(isSlow(judge, 60)).toBe(false);
});
