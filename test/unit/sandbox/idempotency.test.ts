import { Client, clip, prompt, said, sandboxForEach } from './client';

const started = sandboxForEach({ concurrency: 2 });

/** A submit; what is left out is as in all others. */
interface Step {
	key?: string;
	apiKey?: string;
	body?: unknown;
	afterSeconds?: number;
}

const long: Step = { body: clip({ duration: 99 }) };
const lost: Step = { body: clip(prompt('reset-after-accept')) };
const REUSED = '409 idempotency_key_reused';
const MALFORMED = '400 invalid_idempotency_key';

test.each<[Step[], string]>([
	[[{}, {}], 'fine, fine again'],
	[[{}, { body: clip({ duration: 6 }) }], `fine, ${REUSED}`],
	[[{}, { body: JSON.stringify(clip(), null, 1) }], `fine, ${REUSED}`],
	[[{}, { key: 'row-2' }, { key: 'row-3' }, {}], 'fine, fine, 429 rate_limit_error, fine again'],
	[[{}, { apiKey: 'sk-second-key' }], 'fine, fine'],
	[[{}, { afterSeconds: 86_399 }], 'fine, fine again'],
	[[{}, { afterSeconds: 86_400 }], 'fine, fine'],
	[[long, {}], '400 invalid_request_error, fine'],
	[[lost, lost], 'lost, fine again'],
	[[{ key: 'has space' }], MALFORMED],
	[[{ key: 'x'.repeat(192) }], MALFORMED],
])('%j: %s', async (steps, expected) => {
	const { sandbox, clock } = started;
	sandbox.addKey({ key: 'sk-second-key' });
	const answers: string[] = [];
	for (const { key = 'row-1', apiKey, body = clip(), afterSeconds = 0 } of steps) {
		clock.advance(afterSeconds);
		const headers = { 'Idempotency-Key': key, 'Content-Type': 'application/json' };
		const submit = new Client(sandbox, apiKey).post('/v1/videos/generations', body, headers);
		answers.push(await submit.then(said, () => 'lost'));
	}
	expect(answers.join(', ')).toBe(expected);
	const made = answers.filter((answer) => ['fine', 'lost'].includes(answer));
	expect(sandbox.ledger.accepted()).toHaveLength(made.length);
	expect(sandbox.ledger.allCharges()).toHaveLength(made.length);
});

test('still in progress: 409 with Retry-After, and the same answer once it is there', async () => {
	const { client, sandbox } = started;
	const key = { 'Idempotency-Key': 'row-1' };
	const submit = async () => await client.submit(prompt('slow-submit:0.5'), key);
	const first = submit();
	await sandbox.ledger.waitFor((ledger) => ledger.accepted().length);
	expect(said(await submit())).toBe('409 idempotency_in_progress after 1 s');
	const { data } = await first;
	expect((await submit()).data).toEqual(data);
});
