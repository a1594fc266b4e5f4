/*
 * What is worth a second look before a clip is paid for. A warning never refuses a row, so it has to be rare and right: it needs
 * evidence in the row itself. A text that cannot be judged (another language, too few words, no text) gives none.
 */
import { pixelsOf, type ImageSize } from '../../apimart/images';
import { grouped } from '../../invalidField';
import { estimateCostUsd, roundUsd } from '../../apimart/models';
import { isWrittenInShots, type ClipRequest } from '../../apimart/clipRequest';

/** A checked row, as far as it can be judged. */
export interface JudgedClip extends Pick<
	ClipRequest,
	| 'shotsKind'
	| 'prompt'
	| 'shots'
	| 'durationSeconds'
	| 'quality'
	| 'audio'
	| 'aspectRatio'
	| 'cameraMovement'
> {
	/** Of the start image, where it is a file. */
	startSize?: ImageSize;
}

interface Warning {
	applies(clip: JudgedClip): boolean;
	/** Said of one clip or of several; details are those of the first. */
	sentence(clips: JudgedClip[]): string;
}

export function warningsOf(clip: JudgedClip): string[] {
	const found = WARNINGS.filter((warning) => warning.applies(clip));
	return found.map((warning) => warning.sentence([clip]));
}

/** What there is to say about all rows of a run: at most one sentence of each kind, which names its rows as n8n counts them. */
export function warningsOfRun(rows: Array<JudgedClip & { itemIndex: number }>): string[] {
	return WARNINGS.flatMap((warning) => {
		const found = rows.filter((row) => warning.applies(row));
		return found.length === 0 ? [] : [`${itemsIn(found)}: ${warning.sentence(found)}`];
	});
}

/**
 * Sound is half as much again in the price list (see models.ts), and on by default. The model then adds sound of its own choice, which is
 * money for nothing where the video is shown silent or gets its own music. Not in 4K, where sound is included.
 */
const paidSoundUnasked: Warning = {
	applies: (clip) => {
		const text = textOf(clip);
		const saves = costUsd([clip], true) > costUsd([clip], false);
		return clip.audio && saves && isEnglish(text) && !SOUND.test(text) && !quotesIn(text).length;
	},
	sentence: (clips) =>
		`The prompt asks for no sound or speech, so Kling chooses the sound. If it is not needed, switch 'Generate Audio' off: ${costUsd(clips, false)} USD instead of ${costUsd(clips, true)}.`,
};

/** Without sound nobody is heard: the model takes the words for something to be shown, if for anything. */
const speechUnheard: Warning = {
	applies: (clip) => !clip.audio && hasSpokenQuote(textOf(clip)),
	sentence: (clips) => {
		const [silentUsd, soundUsd] = [costUsd(clips, false), costUsd(clips, true)];
		const price =
			silentUsd === soundUsd
				? 'costs the same here'
				: `costs ${soundUsd} USD instead of ${silentUsd}`;
		return `The prompt has spoken words in quotes, but 'Generate Audio' is off, so they will not be heard. With it the clip ${price}.`;
	},
};

/** The shape of the start image can win over Aspect Ratio (APIMart's kling-v3 page, 2026-08). */
const otherShape: Warning = {
	applies: ({ aspectRatio, startSize }) => {
		const [wide, high] = aspectRatio.split(':').map(Number);
		const { width, height } = startSize ?? { width: wide, height: high };
		return Math.abs(Math.log((width * high) / (height * wide))) > SHAPE_TOLERANCE;
	},
	sentence: ([{ aspectRatio, startSize }, ...others]) => {
		const pixels = startSize ? pixelsOf(startSize) : '';
		return `The start image has another shape than 'Aspect Ratio' (${pixels} for ${aspectRatio}${inFirst(others)}). The clip may take the shape of its image.`;
	},
};

/** How far sides may be off, so that 1920 x 1088 is 16:9. */
const SHAPE_TOLERANCE = 0.05;

/**
 * No page says how much fits into a second. The provider's own limits for shots are 1 second for one, and 6 of them in at most
 * 15 seconds, 2.5 for each (APIMart's kling-v3 page, 2026-08). Half a second more than the shortest is asked for here, and two steps
 * are never too many.
 */
const tooManySteps: Warning = {
	applies: (clip) => {
		const steps = stepsOf(clip);
		return steps > 2 && clip.durationSeconds < steps * SECONDS_PER_STEP;
	},
	sentence: ([clip, ...others]) =>
		`The prompt asks for ${stepsOf(clip)} steps in ${clip.durationSeconds} seconds${inFirst(others)}, less than ${SECONDS_PER_STEP} seconds for each, so some may be hurried or left out. Give the clip more seconds or fewer steps.`,
};

const SECONDS_PER_STEP = 1.5;

/** The API has no field for the camera: the words of Camera Movement are added to the prompt, which then asks for both. */
const otherCamera: Warning = {
	applies: (clip) => contradictionIn(clip) !== undefined,
	sentence: ([clip, ...others]) =>
		`'Camera Movement' adds "${clip.cameraMovement}" to a prompt that asks for "${contradictionIn(clip)}"${inFirst(others)}. Kling gets both; keep one of them.`,
};

const WARNINGS = [paidSoundUnasked, speechUnheard, otherShape, tooManySteps, otherCamera];

/*
 * Words are looked for by their evidence: those of sound are many on purpose, because each one that is known keeps a warning away;
 * those of speech, of steps and of the camera are few, because each of them gives one.
 */

/** What is heard, said or played, and scenes that are known by their sound. */
const SOUND = wordsOf(
	'sounds? audio asmr music\\w* songs? soundtrack jingle sing(?:s|ing|ers?)? sung voice\\w* vocal\\w* narrat\\w+ dialogue',
	'monologue speech speak\\w* talk\\w* conversation chat(?:s|ting)? says? said saying tell(?:s|ing)? ask(?:s|ing)? repl(?:y|ies)',
	'answer\\w* explain\\w* announc\\w+ greet\\w* aloud lectur\\w+ interview\\w* podcast\\w* presenters? spokes\\w+ whisper\\w*',
	'shout\\w* yell\\w* scream\\w* cr(?:y|ies|ying) laugh\\w* giggl\\w* cheer(?:s|ing)? applau\\w+ clap\\w* sigh\\w* whistl\\w*',
	'hum(?:s|ming|med)? nois\\w+ loud\\w* quiet\\w* silen\\w+ mute\\w* hear[sd]? listen\\w* echo\\w* rumbl\\w+ roar\\w* thunder\\w*',
	'bark\\w* meow\\w* purr\\w* chirp\\w* birdsong howl\\w* buzz\\w* click\\w* clink\\w* clatter\\w* crackl\\w+ crunch\\w* sizzl\\w+',
	'hiss\\w* splash\\w* drip\\w* patter(?:s|ing)? rustl\\w+ creak\\w* squeak\\w* knock\\w* bang\\w* explo\\w+ fireworks? bells beep\\w*',
	'alarms? sirens? honk\\w* engines? revs revving drum\\w* guitar\\w* piano violin\\w* orchestra concert dj rap(?:s|pers?|ping)?',
	'beats heartbeat rhythm\\w* melod\\w+ tick(?:s|ing) gunshots? rain(?:s|y|ing)? storm\\w* waves? waterfalls? campfire fireplace',
);

/** Everyday words, without those that other languages borrow for a prompt, such as "close-up". Two of them are taken for English. */
const ENGLISH = wordsOf(
	'the of and with into from through while onto against behind around towards? above beneath between beside across near over under',
	'on at to by its his her their slowly gently softly wet dry fresh old young white black red blue green',
	'yellow wooden morning evening night sunrise sunset woman man girl boy child people hands? dog',
	'bottle glass cup shoes? marble stone fall(?:s|ing)? turn(?:s|ing)? ris(?:es|ing) walk(?:s|ing)? run(?:s|ning)? pour(?:s|ed|ing)?',
	'float(?:s|ing)? spin(?:s|ning)? drift(?:s|ing)? snow sky sea forest street kitchen table background reflections? steam clean',
);

/** Little words of German, French, Spanish, Italian, Portuguese and Dutch that English does not have. */
const OTHER_LANGUAGES = wordsOf(
	'der das und ein eine einer einem auf mit ist im vor le la les des du un une dans sur avec au aux et el los las del una por con',
	'il lo gli nel della che sul os uma em na da het een op bij och ett med est y e',
);

const QUOTED =
	/"[^"]+"|\u201c[^\u201c\u201d]+\u201d|\u201e[^\u201c-\u201e]+[\u201c\u201d]|\u00ab[^\u00ab\u00bb]+\u00bb|\u300c[^\u300c\u300d]+\u300d|(?<![\p{L}\d])'[^']+'(?![\p{L}\d])/gu;

/** Of the five languages that the model speaks, and of some of its neighbours. */
const SPEECH =
	/\b(?:says?|said|saying|asks?|asking|repl(?:y|ies|ying)|answers?|announces?|exclaims?|tells?|speak(?:s|ing)?|talk(?:s|ing)?|whispers?|whispering|shouts?|shouting|yells?|sings?|singing|voice(?:[- ]?over)?|narrator|dialogue|dice|dicen|diciendo|pregunta|susurra|grita|exclama|responde|sagt|fragt|ruft|antwortet|dit|demande|murmure|diz|pergunta|chiede)\b|[\u8bf4\u8aaa\u8a00\ub9d0]/iu;

/** What carries words that are read and not heard. */
const LETTERING =
	/\b(?:signs?|labels?|labell?ed|text|titles?|captions?|subtitles?|logos?|banners?|screens?|posters?|billboards?|letter(?:s|ing)?|written|prints?|printed|engraved|neon|stickers?|packag(?:e|ing)|tags?|t-shirt|reads|reading|(?:that|which) says?|(?<!(?:,|man|girl|boy|he|host|person|child|chef|presenter|voice) )saying|schild|aufschrift|letrero|cartel|etiqueta|panneau|affiche)\b/iu;

const STEP_WORDS =
	/\b(?:then|after that|afterwards|followed by|next(?=,)|finally|cut to|(?:shot|scene) \d+)\b|\u2192|->/giu;
const STEP_SENTENCES =
	/(?<=[.!?;]\s+)(?:he|she|they|it) (?!is\b|are\b|has\b|have\b|wears?\b|looks? like\b|feels?\b|seems?\b)\w+/giu;

/** How a prompt names what the camera does. Where an everyday word can mean it, it has to stand beside the camera. */
const MOVEMENTS: Readonly<Record<string, RegExp>> = {
	in: ofCamera(
		'(?:zoom|dolly|push)(?:e?s|ing)?[- ]in(?:to)?',
		'(?:zoom(?:s|ing)?|doll(?:y|ies))[- ]in(?:to)?|push-in',
	),
	out: ofCamera(
		'(?:zoom|dolly|pull)(?:e?s|ing)?[- ](?:out|back|away)',
		'(?:zoom(?:s|ing)?|doll(?:y|ies))[- ]out',
	),
	left: ofCamera('pan(?:s|ning)? (?:to the )?left', '(?:slow|smooth|quick) pan (?:to the )?left'),
	right: ofCamera(
		'pan(?:s|ning)? (?:to the )?right',
		'(?:slow|smooth|quick) pan (?:to the )?right',
	),
	up: ofCamera('(?:tilt|crane)(?:s|ing)? up', '(?:slow|smooth) tilt up|crane shot moving up'),
	down: ofCamera(
		'(?:tilt|crane)(?:s|ing)? down',
		'(?:slow|smooth) tilt down|crane shot moving down',
	),
	around: ofCamera(
		'(?:orbit|circle)(?:s|ing)?',
		'(?:slow|smooth) orbit|orbit(?:ing)? (?:shot|around the subject)',
	),
	along: ofCamera('(?:track|follow)(?:s|ing)?', 'tracking shot'),
	shaky: ofCamera('handheld', 'handheld (?:shot|camera|footage)'),
	still: ofCamera(
		'(?:(?:stay|remain|hold|is)(?:s|ing)? )?(?:still|static|fixed|locked)',
		'(?:static|still|fixed|locked[- ]off) (?:camera|shot)|locked[- ]off|(?:no|without) camera movement',
	),
};

const OPPOSITES: Readonly<Record<string, string[]>> = {
	in: ['out', 'still'],
	out: ['in', 'still'],
	left: ['right', 'still'],
	right: ['left', 'still'],
	up: ['down', 'still'],
	down: ['up', 'still'],
	around: ['still'],
	along: ['still'],
	shaky: ['still'],
	still: Object.keys(MOVEMENTS).filter((name) => name !== 'still'),
};

/** What the prompt asks of the camera against the option; nothing where it asks for the option's movement as well. */
function contradictionIn(clip: JudgedClip): string | undefined {
	const text = textOf(clip);
	const chosen = Object.keys(MOVEMENTS).filter((name) =>
		MOVEMENTS[name].test(clip.cameraMovement ?? ''),
	);
	if (/vertigo|dolly zoom/i.test(text) || chosen.some((name) => MOVEMENTS[name].test(text))) return;
	const others = chosen.flatMap((name) => OPPOSITES[name]);
	return others.map((name) => MOVEMENTS[name].exec(text)?.[0]).find(Boolean);
}

function stepsOf(clip: JudgedClip): number {
	return textsOf(clip).reduce((sum, text) => sum + stepsIn(text), 0);
}

/** One, and one more for each word or sentence that begins another one. */
function stepsIn(text: string): number {
	const shown = text.replace(QUOTED, '');
	const words = shown.match(STEP_WORDS) ?? [];
	const numbered = words.filter((word) => /\d/.test(word)).length;
	const further = words.length - Math.min(numbered, 1);
	return 1 + further + (shown.match(STEP_SENTENCES)?.length ?? 0);
}

function hasSpokenQuote(text: string): boolean {
	return quotesIn(text).some(({ before, after }) => {
		const isSpoken = SPEECH.test(before) || SPEECH.test(after.slice(0, 30));
		return isSpoken && !LETTERING.test(before) && !LETTERING.test(after);
	});
}

/** What stands around each quotation, in the same sentence. */
function quotesIn(text: string): Array<{ before: string; after: string }> {
	const sentences = (part: string) => part.split(/[.!?\n]/);
	return [...text.matchAll(QUOTED)].map(({ index, 0: quote }) => ({
		before: sentences(text.slice(0, index)).at(-1) ?? '',
		after: sentences(text.slice(index + quote.length))[0],
	}));
}

function isEnglish(text: string): boolean {
	const hasOtherLetters = /\p{L}/u.test(text.replace(/[a-z]/gi, ''));
	if (hasOtherLetters || OTHER_LANGUAGES.test(text)) return false;
	const found = text.toLowerCase().match(new RegExp(ENGLISH, 'gi'));
	return new Set(found).size > 1;
}

function textOf(clip: JudgedClip): string {
	return textsOf(clip).join('\n');
}

function textsOf({ shotsKind, prompt, shots }: JudgedClip): string[] {
	return isWrittenInShots(shotsKind) ? shots.map((shot) => shot.prompt) : [prompt];
}

function costUsd(clips: JudgedClip[], audio: boolean): number {
	return roundUsd(clips.reduce((sum, clip) => sum + estimateCostUsd({ ...clip, audio }), 0));
}

function itemsIn(rows: Array<{ itemIndex: number }>): string {
	const indexes = rows.map(({ itemIndex }) => String(itemIndex));
	if (indexes.length === 1) return `Item ${indexes[0]}`;
	const named = indexes.slice(0, indexes.length > ITEMS_NAMED ? ITEMS_NAMED : -1);
	const last = indexes.length - named.length;
	return `Items ${named.join(', ')} and ${last === 1 ? indexes.at(-1) : `${grouped(last)} more`}`;
}

const ITEMS_NAMED = 10;

function inFirst(others: JudgedClip[]): string {
	return others.length === 0 ? '' : ' in the first of them';
}

function wordsOf(...lines: string[]): RegExp {
	return new RegExp(`\\b(?:${lines.join(' ').split(' ').join('|')})\\b`, 'i');
}

/** `verb` with the camera before it in the same part of the sentence, or `phrase` by itself; neither after a no. */
function ofCamera(verb: string, phrase: string): RegExp {
	const withCamera = `(?<=\\bcamera:? (?:\\w+ly |is |slow |smooth )*)${verb}`;
	return new RegExp(
		`(?<!\\b(?:no|not|without|never) (?:\\w+ )?)\\b(?:${withCamera}|${phrase})\\b`,
		'i',
	);
}
