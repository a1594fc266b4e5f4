import type { RequestHandler } from 'express';
import type { Context } from './context';
import { documentedError, ok, RefusalError } from './errors';
import { route } from './route';

/** `GET /v1/balance` and its three other names. */
export function balanceRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'balance',
		work: ({ account }) => ok(context.keys.report(account)),
	});
}

/** `GET /v1/models`: the one model. An account without money gets 402 even here. */
export function modelsRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'models',
		work: ({ account }) => {
			if (account.scenario === 'no-balance') throw new RefusalError(documentedError(402));
			return ok({ data: [MODEL], object: 'list', success: true });
		},
	});
}

/** `GET /v1/models/{model}/schema`: of the machine schema, what it says of this operation as a whole. */
export function schemaRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'models',
		work: ({ request }) => {
			if (request.params.model !== MODEL.id) throw new RefusalError(documentedError(404));
			return ok({ data: SCHEMA, success: true });
		},
	});
}

const MODEL = { id: 'kling-v3', object: 'model', created: 1626777600, owned_by: 'custom' };

const SCHEMA = {
	model: 'kling-v3',
	operation: 'video_generation',
	endpoint: '/v1/videos/generations',
	schema_version: '2026-07-30',
	idempotency: {
		header: 'Idempotency-Key',
		replay_header: 'Idempotency-Replayed',
		required: false,
		retention_seconds: 86_400,
		scope: 'api_key_endpoint',
	},
	input_schema: { type: 'object', additionalProperties: true, required: ['model'] },
};
