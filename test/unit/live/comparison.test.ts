import { differencesOf } from '../../live/comparison';
import type { Recording } from '../../live/recorder';

type Answer = Partial<Recording['exchanges'][number]>;

function recordingOf(...answers: Answer[]): Recording {
	const usual = {
		step: 'task',
		at: 'a moment',
		request: '',
		httpStatus: 200,
		headers: {},
		body: {},
	};
	const exchanges = answers.map((answer) => ({ ...usual, ...answer }));
	return { format: 2, provider: '', recordedOn: '', callbacks: false, summary: [], exchanges };
}

it.each<[string, Answer, Answer, string[]]>([
	['HTTP statuses', { httpStatus: 202 }, {}, ['+ task: HTTP 200', '- task: HTTP 202']],
	['types', { body: [1] }, { body: ['1'] }, ['- task: body[]: number', '+ task: body[]: string']],
	['keys', { body: { url: 'a' } }, { body: {} }, ['- task: body.url: string']],
	[
		'status words',
		{ body: { status: 'in_progress' } },
		{ body: { status: 'processing' } },
		['- task: body.status is "in_progress"', '+ task: body.status is "processing"'],
	],
	['headers of a proxy', { headers: { 'cf-ray': '', date: '' } }, {}, ['- header cf-ray']],
	[
		'steps',
		{},
		{ step: 'file' },
		['+ file: HTTP 200', '+ file: body: object', '- task: HTTP 200', '- task: body: object'],
	],
	['no values', { body: { cost: 0.3, url: ['a'] } }, { body: { cost: 1, url: ['b', 'c'] } }, []],
])('compares %s', (_, theirs, ours, differences) => {
	expect(differencesOf(recordingOf(theirs), recordingOf(ours))).toEqual(differences);
});

it('takes all answers of a step together, in any number', () => {
	const [waiting, done] = [{ body: { progress: 1 } }, { body: { progress: 100, url: 'a' } }];
	expect(differencesOf(recordingOf(waiting, waiting, done), recordingOf(waiting, done))).toEqual(
		[],
	);
});
