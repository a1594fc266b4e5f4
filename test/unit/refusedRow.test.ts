/** One table of rows of Generate Video that are refused: the sentence of each. */
import {
	type Row,
	ZOOM,
	zoomIn,
	URL,
	requestOf,
	estimate,
	custom,
	json,
	image,
	MUG,
	withMug,
} from './clipRows';

const inJson = (...elementsJson: unknown[]): Row => ({ options: { elementsJson } });
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((name): Row => ({ ...MUG, name }));
const anywhere = (startImageUrl: string): Row => ({ ...image, startImageUrl });
const PUBLIC = 'but must be an address on the public internet';
const WITH_MOVEMENT = " characters long with the words of 'Camera Movement', but must be at most ";

test.each<[row: Row, sentence: string]>([
	[{ prompt: '' }, "'Prompt' is empty, but must be a text of up to 2,500 characters"],
	[{ prompt: '', shots: 'auto' }, "'Prompt' is empty"],
	[{ prompt: '🦊'.repeat(2501) }, "'Prompt' is 2,501 characters long, but must be at most 2,500"],
	[{ prompt: 'a'.repeat(2500 - ZOOM.length), ...zoomIn }, `'Prompt' is 2,501${WITH_MOVEMENT}2,500`],
	[{ duration: 20 }, "'Duration (Seconds)' is 20, but must be a whole number from 3 to 15"],
	[{ aspectRatio: '4:3' }, '\'Aspect Ratio\' is "4:3", but must be 16:9, 9:16 or 1:1'],
	[{ quality: 'ultra' }, '\'Quality\' is "ultra", but must be std, pro or 4k'],
	[{ audio: 'loud' }, '\'Generate Audio\' is "loud", but must be true or false'],
	[{ shots: 'many' }, '\'Shots\' is "many", but must be single, custom, json or auto'],
	[{ source: 'video' }, '\'Start From\' is "video", but must be text or image'],
	[{ ...image, imageInput: 'drive' }, '\'Image Input\' is "drive", but must be url or binary'],
	[{ metadata: 'row 3' }, '\'Metadata\' is "row 3", which is not JSON'],
	[{ options: { cameraMovement: 'spin' } }, '\'Camera Movement\' is "spin", but must be craneDown'],
	[{ options: { moderate: 'perhaps' } }, '\'Check Content First\' is "perhaps"'],
	[{ options: { watermark: 'perhaps' } }, '\'Watermark\' is "perhaps"'],
	[
		{ options: { negativePrompt: 'n'.repeat(2501) } },
		"'Negative Prompt' is 2,501 characters long, but must be at most 2,500",
	],
	[{ options: { negativePrompt: 'a\0b' } }, "'Negative Prompt' is a text with a NUL"],
	[
		{ options: { elements: { element: [{ name: 'cup' }] } } },
		"'Elements' (element 1, description) is empty",
	],
	[image, "'Start Image URL' is empty, but must be the address of an image"],
	[
		{ ...image, endImageUrl: URL },
		"'Start Image URL' is empty, but must be the address of an image whenever 'End Image URL' is",
	],
	...[
		'a.png',
		'ftp://a.b/c',
		'data:image/png;base64,AA',
		'https://',
		'//a.b/c',
		'https://a.b/c d',
	].map((url): [Row, string] => [
		anywhere(url),
		`'Start Image URL' is "${url}", but must be a web address`,
	]),
	[{ ...anywhere(URL), endImageUrl: 'b.png' }, '\'End Image URL\' is "b.png"'],
	[
		anywhere('https://me:hunter2@example.com/a.png'),
		"'Start Image URL' is an address with a user name or password in it, but must be one without",
	],
	[
		anywhere('http://10.0.0.1/a.png?signature=abc'),
		`'Start Image URL' is "http://10.0.0.1/a.png?...", ${PUBLIC}`,
	],
	[
		{ ...anywhere(URL), endImageUrl: 'http://localhost/b.png' },
		`'End Image URL' is "http://localhost/b.png", ${PUBLIC}`,
	],
])('%j is refused: %s', (row, sentence) => {
	expect(() => requestOf({ prompt: 'A fox', ...row })).toThrow(sentence);
});

test.each<[elements: Row, sentence: string]>([
	[withMug({ name: 'my mug' }), ' (element 1, name) is "my mug", but must be a name of'],
	[withMug({ name: '' }), ' (element 1, name) is empty'],
	[
		{ ...withMug(), prompt: 'A mug, @mugs' },
		'is "mug", but must be a name that the prompt mentions as @mug',
	],
	[
		{ ...withMug(), prompt: 'A mug with hello@mug on it' },
		'is "mug", but must be a name that the prompt mentions as @mug',
	],
	[withMug({ description: ' ' }), ' (element 1, description) is empty'],
	[withMug({ imageUrls: [] }), ' (element 1, imageUrls) is empty, but must be 1 to 4'],
	[
		withMug({ imageUrls: Array(5).fill(URL) }),
		'imageUrls) is a list of 5 addresses, but must be 1 to 4 addresses',
	],
	[
		withMug({ imageUrls: [URL, 'http://localhost/'] }),
		'is "http://localhost/", but must be an address on',
	],
	[inJson(MUG, MUG), ' (element 2, name) is "mug" a second time, but must be another name'],
	[inJson(A, B, C, D), ' is a list of 4 elements, but must be one of at most 3'],
	[
		{ options: { elements: { element: [A, B] }, elementsJson: [C, D] } },
		' is a list of 4 elements, but must be one of at most 3 in all',
	],
	[inJson('mug'), ' (element 1) is "mug", but must be {'],
	[{ options: { elementsJson: '{}' } }, ' is an object, but must be a list such as'],
])('elements: %j is refused: %s', (row, sentence) => {
	const refused = expect(() => requestOf({ prompt: '@mug @a @b @c @d', ...row }));
	refused.toThrow("'Elements (JSON)'");
	refused.toThrow(sentence);
});

test.each<[row: Row, sentence: string]>([
	[{ shots: 'custom' }, "'Shot List' is empty, but must be 1 to 6 shots that have a prompt"],
	[custom({ prompt: '', duration: 5 }), "'Shot List' is empty"],
	[custom({ prompt: 'a', duration: 20 }), "'Shot List' (shot 1, duration) is 20, but must be"],
	[
		custom({ prompt: 'a', duration: 2 }),
		"'Shot List' is 2 seconds long (the sum of its shots), but must be 3 to 15 seconds",
	],
	[
		custom({ prompt: '' }, { prompt: '🦊'.repeat(513), duration: 3 }),
		"'Shot List' (shot 2, prompt) is 513 characters long, but must be at most 512",
	],
	[json('[]'), "'Shot List (JSON)' is empty"],
	[json('[{'), '\'Shot List (JSON)\' is "[{", which is not JSON, but must be a list such as'],
	[json({ prompt: 'a' }), "'Shot List (JSON)' is an object, but must be a list such as"],
	[json(['a wave']), '\'Shot List (JSON)\' (shot 1) is "a wave", but must be {"prompt"'],
	[json([{ prompt: 'a' }]), "'Shot List (JSON)' (shot 1, duration) is empty"],
	...['Prompt', 'text', '__proto__x'].map((name): [Row, string] => [
		json([
			{ prompt: 'a', duration: 3 },
			{ [name]: 'b', duration: 3 },
		]),
		`'Shot List (JSON)' (shot 2) is an object without "prompt", but must be {"prompt"`,
	]),
	[json([{ prompt: {}, duration: 3 }]), "'Shot List (JSON)' (shot 1, prompt) is an object"],
	[
		json([10, 6].map((duration) => ({ prompt: 'a', duration }))),
		"'Shot List (JSON)' is 16 seconds",
	],
	[json(Array(7).fill({ prompt: 'a', duration: 1 })), "'Shot List (JSON)' is a list of 7 shots"],
])('neither a clip nor an estimate: %j is refused: %s', (row, sentence) => {
	expect(() => requestOf(row)).toThrow(sentence);
	expect(() => estimate(row)).toThrow(sentence);
});

test('a shot is as long as what is sent, the words of the camera movement included', () => {
	const row = { ...custom({ prompt: 'a'.repeat(500) }), ...zoomIn };
	expect(() => requestOf(row)).toThrow(`'Shot List' (shot 1, prompt) is 522${WITH_MOVEMENT}512`);
});
