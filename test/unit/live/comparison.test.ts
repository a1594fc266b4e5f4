import { differencesOf } from '../../live/comparison';
import type { Exchange } from '../../live/recorder';

function recordingOf(...answers: Array<Partial<Exchange>>) {
	const usual = { step: 'task', at: '', request: '', httpStatus: 200, headers: {}, body: {} };
	const exchanges = answers.map((answer) => ({ ...usual, ...answer }));
	const about = { provider: '', recordedOn: '', callbacks: false, summary: [] };
	return { format: 2 as const, ...about, exchanges };
}

it('tells what one of them alone says, and no values', () => {
	const theirs = recordingOf(
		{ httpStatus: 202, body: { status: 'in_progress', list: [1], url: 'a' } },
		{ headers: { 'cf-ray': '', date: '' }, body: { progress: 1, cost: 0.3 } },
		{ body: { progress: 100 } },
	);
	const ours = recordingOf(
		{ body: { status: 'processing', list: ['1', '2'] } },
		{ body: { progress: 7, cost: 1 } },
		{ step: 'file', body: null },
	);
	expect(differencesOf(theirs, ours)).toEqual([
		...['+ file: HTTP 200', '+ file: body: null', '- header cf-ray', '- task: HTTP 202'],
		...['- task: body.list[]: number', '+ task: body.list[]: string'],
		...['- task: body.status is "in_progress"', '+ task: body.status is "processing"'],
		'- task: body.url: string',
	]);
});
