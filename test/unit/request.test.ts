import fc from 'fast-check';
import {
	checkClipRequest,
	checkFrameAddresses,
	codePointCount,
	fullPrompt,
	fullShots,
	type ClipRequest,
} from '../../nodes/KlingFast/generation/request';
import { InvalidField } from '../../nodes/KlingFast/invalidField';

function clip(changes: Partial<ClipRequest> = {}): ClipRequest {
	return {
		shotsKind: 'single',
		prompt: 'A red fox',
		shots: [],
		durationSeconds: 5,
		aspectRatio: '16:9',
		quality: 'std',
		audio: true,
		moderate: false,
		watermark: false,
		metadata: {},
		...changes,
	};
}

function inShots(...durations: number[]): ClipRequest {
	const shots = durations.map((durationSeconds, index) => ({
		prompt: `Shot ${index + 1}`,
		durationSeconds,
	}));
	return clip({ shotsKind: 'custom', prompt: '', shots });
}

const check = (request: ClipRequest) => () => checkClipRequest(request);

describe('prompt', () => {
	it('counts characters as people do: an emoji is one', () => {
		expect(codePointCount('🦊a\u0301é')).toBe(4);
		expect(check(clip({ prompt: '🦊'.repeat(2500) }))).not.toThrow();
		expect(check(clip({ prompt: '🦊'.repeat(2501) }))).toThrow(
			"'Prompt' is 2,501 characters long, allowed is up to 2,500",
		);
	});

	it('counts the words of the camera movement with it', () => {
		const cameraMovement = 'Camera: slow zoom in.';
		const longest = 2500 - cameraMovement.length - 1;
		expect(check(clip({ prompt: 'a'.repeat(longest), cameraMovement }))).not.toThrow();
		expect(check(clip({ prompt: 'a'.repeat(longest + 1), cameraMovement }))).toThrow(
			"'Prompt' is 2,501 characters long with the words of 'Camera Movement', allowed is up to 2,500",
		);
	});

	it('is needed for one shot and for shots that are split by the model', () => {
		for (const shotsKind of ['single', 'auto'] as const) {
			expect(check(clip({ shotsKind, prompt: '' }))).toThrow("'Prompt' is empty");
			expect(check(clip({ shotsKind }))).not.toThrow();
		}
	});

	it('carries no NUL', () => {
		expect(check(clip({ prompt: 'a\0b' }))).toThrow(
			"'Prompt' is a text with a NUL character in it",
		);
		expect(check(clip({ negativePrompt: 'a\0b' }))).toThrow(
			"'Negative Prompt' is a text with a NUL",
		);
	});

	it('ends with the camera movement on a line of its own', () => {
		expect(fullPrompt({ prompt: 'A fox', cameraMovement: 'Camera: slow zoom in.' })).toBe(
			'A fox\nCamera: slow zoom in.',
		);
		expect(fullPrompt({ prompt: 'A fox' })).toBe('A fox');
	});

	it('has a negative counterpart of up to 2,500 characters', () => {
		expect(check(clip({ negativePrompt: 'x'.repeat(2500) }))).not.toThrow();
		expect(check(clip({ negativePrompt: 'x'.repeat(2501) }))).toThrow(
			"'Negative Prompt' is 2,501 characters long, allowed is up to 2,500",
		);
	});
});

describe('duration', () => {
	it.each([3, 5, 15])('%d seconds are fine', (durationSeconds) => {
		expect(check(clip({ durationSeconds }))).not.toThrow();
	});

	it.each([2, 16, 5.5, 0, -5, NaN])('%d seconds are not', (durationSeconds) => {
		expect(check(clip({ durationSeconds }))).toThrow(
			`'Duration (Seconds)' is ${durationSeconds}, allowed is a whole number from 3 to 15`,
		);
	});
});

describe('shots', () => {
	it.each([[[3]], [[15]], [[1, 1, 1]], [[2, 2, 2, 3, 3, 3]]])(
		'lengths %p are fine',
		(durations) => {
			expect(check(inShots(...durations))).not.toThrow();
		},
	);

	it('number 1 to 6', () => {
		expect(check(inShots())).toThrow(
			"'Shot List' is empty, allowed is 1 to 6 shots that have a prompt",
		);
		expect(check(inShots(1, 1, 1, 1, 1, 1, 1))).toThrow("'Shot List' is a list of 7 shots");
	});

	it('add up to 3 to 15 seconds, and the sentence names the sum', () => {
		expect(check(inShots(1, 1))).toThrow(
			"'Shot List' is 2 seconds long (the sum of its shots), allowed is 3 to 15 seconds",
		);
		expect(check({ ...inShots(10, 6), shotsKind: 'json' })).toThrow(
			"'Shot List (JSON)' is 16 seconds long",
		);
	});

	it('have a prompt of up to 512 characters and whole seconds each', () => {
		const request = inShots(3, 3);
		request.shots[1].prompt = '🦊'.repeat(512);
		expect(check(request)).not.toThrow();
		request.shots[1].prompt = '🦊'.repeat(513);
		expect(check(request)).toThrow(
			"'Shot List' (shot 2, prompt) is 513 characters long, allowed is up to 512",
		);
		expect(check(inShots(3, 0))).toThrow("'Shot List' (shot 2, duration) is 0, allowed");
		expect(check(inShots(3, 1.5))).toThrow("'Shot List' (shot 2, duration) is 1.5, allowed");
	});

	it('all take the camera movement', () => {
		const cameraMovement = 'Camera: slow zoom in.';
		const request = { ...inShots(3, 4), cameraMovement };
		expect(fullShots(request)).toEqual([
			{ prompt: 'Shot 1\nCamera: slow zoom in.', durationSeconds: 3 },
			{ prompt: 'Shot 2\nCamera: slow zoom in.', durationSeconds: 4 },
		]);
		request.shots[0].prompt = 'a'.repeat(512);
		expect(check(request)).toThrow("with the words of 'Camera Movement', allowed is up to 512");
	});
});

describe('images', () => {
	it.each([
		'http://example.com/a.png',
		'https://example.com/a%20b.png?x=1#y',
		'https://ex\u00e4mple.com/a',
	])('%s is fine', (url) => {
		expect(check(clip({ startFrame: { url }, endFrame: { url } }))).not.toThrow();
	});

	it.each([
		'example.com/a.png',
		'ftp://example.com/a.png',
		'data:image/png;base64,AAAA',
		'https://example.com/a b.png',
		'https://exa\nmple.com/a.png',
		'https://',
		'//example.com/a.png',
	])('%p is refused', (url) => {
		expect(check(clip({ startFrame: { url } }))).toThrow(
			/^'Start Image URL' is .*, allowed is a web/,
		);
		const frames = { startFrame: { binaryField: 'data' }, endFrame: { url } };
		expect(check(clip(frames))).toThrow(/^'End Image URL' is /);
	});

	it('keep passwords and signatures out of the sentence', () => {
		const url = 'https://me:hunter2@example.com/a.png';
		expect(check(clip({ startFrame: { url } }))).toThrow(
			"'Start Image URL' is an address with a user name or password in it, allowed is one without",
		);
		const signed = clip({ startFrame: { url: 'http://10.0.0.1/a.png?signature=abc' } });
		expect(() => checkFrameAddresses(signed, 'https://api.apimart.ai')).toThrow(
			expect.objectContaining({ message: expect.not.stringContaining('abc') }),
		);
	});

	it('do not end a clip without starting it', () => {
		expect(check(clip({ endFrame: { url: 'https://example.com/a.png' } }))).toThrow(
			"'Start Image URL' is empty, allowed is an image whenever there is an end image",
		);
	});

	it('are public where the provider is', () => {
		const request = clip({
			startFrame: { url: 'https://example.com/a.png' },
			endFrame: { url: 'http://localhost:5678/b.png' },
		});
		expect(() => checkFrameAddresses(request, 'https://api.apimart.ai')).toThrow(
			'\'End Image URL\' is "http://localhost:5678/b.png", allowed is an address on the public internet',
		);
		expect(() => checkFrameAddresses(request, 'http://127.0.0.1:4010')).not.toThrow();
	});
});

describe('any request', () => {
	it('is either fine or refused in one sentence that names a field', () => {
		const frame = fc.option(
			fc.oneof(
				fc.record({ url: fc.oneof(fc.webUrl(), fc.string()) }),
				fc.record({ binaryField: fc.string() }),
			),
			{ nil: undefined },
		);
		const shot = fc.record({
			prompt: fc.string({ minLength: 1, maxLength: 600 }),
			durationSeconds: fc.oneof(fc.integer({ min: 0, max: 16 }), fc.double()),
		});
		const changes = fc.record<Partial<ClipRequest>>({
			shotsKind: fc.constantFrom('single', 'custom', 'json', 'auto'),
			prompt: fc.string({ unit: 'binary', maxLength: 2600 }),
			shots: fc.array(shot, { maxLength: 8 }),
			durationSeconds: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double()),
			startFrame: frame,
			endFrame: frame,
		});
		fc.assert(
			fc.property(changes, (change) => {
				const sentence = refusal(clip(change));
				if (sentence === undefined) {
					const request = clip(change);
					const seconds = request.shots.reduce(
						(sum, { durationSeconds }) => sum + durationSeconds,
						0,
					);
					const written = ['custom', 'json'].includes(request.shotsKind);
					expect([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]).toContain(
						written ? seconds : request.durationSeconds,
					);
				} else {
					expect(sentence).toMatch(/^'[A-Z][A-Za-z ()]+'.* is .+, allowed is .+$/);
				}
			}),
		);
	});
});

function refusal(request: ClipRequest): string | undefined {
	try {
		checkClipRequest(request);
		return undefined;
	} catch (error) {
		expect(error).toBeInstanceOf(InvalidField);
		return error instanceof InvalidField ? error.message : '';
	}
}
