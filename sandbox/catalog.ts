import type { RequestHandler } from 'express';
import type { Context } from './context';
import { documentedError, RefusalError } from './errors';
import { route } from './route';

/** `GET /v1/balance` and its three other names. */
export function balanceRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'balance',
		work: ({ account }) => ({ status: 200, body: context.keys.report(account) }),
	});
}

/** `GET /v1/models`: the one model. An account without money gets 402 even here. */
export function modelsRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'models',
		work: ({ account }) => {
			if (account.scenario === 'no-balance') throw new RefusalError(documentedError(402));
			return { status: 200, body: { data: [MODEL], object: 'list', success: true } };
		},
	});
}

/** `GET /v1/models/{model}/schema`: what the machine schema says of this operation. */
export function schemaRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'models',
		work: ({ request }) => {
			if (request.params.model !== MODEL.id) throw new RefusalError(documentedError(404));
			return { status: 200, body: { data: SCHEMA, success: true } };
		},
	});
}

/** `GET /v1/usage`, without its filters: what was billed, as one sum per key. */
export function usageRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'usage',
		work: ({ account }) => {
			const charges = context.ledger.charges().filter(({ key }) => key === account.masked);
			const amountUsd = charges.reduce((sum, { usd }) => sum + usd, 0);
			const total = {
				amount_usd: amountUsd,
				completion_tokens: 0,
				credits: amountUsd * 10,
				prompt_tokens: 0,
				requests: charges.length,
			};
			return { status: 200, body: { data: { items: [total], total }, success: true } };
		},
	});
}

const MODEL = {
	id: 'kling-v3',
	object: 'model',
	created: 1626777600,
	owned_by: 'custom',
	supported_endpoint_types: ['video-generation'],
	category: 'video',
	capability_tags: ['text-to-video', 'image-to-video'],
};

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
	input_schema: {
		type: 'object',
		additionalProperties: true,
		required: ['model'],
		properties: {
			model: { type: 'string' },
			prompt: { type: 'string' },
			negative_prompt: { type: 'string' },
			mode: { type: 'string', enum: ['std', 'pro', '4k'] },
			duration: { type: 'integer', minimum: 3, maximum: 15 },
			aspect_ratio: { type: 'string', enum: ['16:9', '9:16', '1:1'] },
			image_urls: { type: 'array', items: { type: 'string' }, maxItems: 2 },
			audio: { type: 'boolean' },
			multi_shot: { type: 'boolean' },
			shot_type: { type: 'string', enum: ['customize', 'intelligence'] },
			multi_prompt: { type: 'array', maxItems: 6 },
			element_list: { type: 'array', maxItems: 3 },
			webhook: { type: 'string', format: 'uri' },
		},
	},
};
