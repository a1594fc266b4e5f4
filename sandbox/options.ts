import type { Clock } from './clock';

export interface SandboxOptions {
	/** Port of the API; 0 = a free one (default). */
	port?: number;
	/** Port of the file host; 0 = a free one (default). */
	filePort?: number;
	/** Default `127.0.0.1`. */
	host?: string;
	/** The key that is always known, default `sk-sandbox`. `<apiKey>-no-balance` and `<apiKey>-forbidden` are known too. */
	apiKey?: string;
	/** 1 = real time, 60 = a generation of 60 s takes 1 s. Scales generation and callback delays, nothing else. */
	speed?: number;
	/** What `estimated_time` counts: `clock` (default), for clients that wait by it; `provider`, for those whose clock is scaled too. */
	estimates?: 'clock' | 'provider';
	/** How long the pretended provider works, before scaling. Default 45-90 s, drawn from the seed. */
	generationSeconds?: number | { min: number; max: number };
	seed?: number;
	/** Unfinished tasks per key before a submit is answered 429; 0 = no limit. Default 5. */
	concurrency?: number;
	/** `tiny` (default): a small valid MP4 that ffmpeg is not needed for. `real`: rendered as asked for. */
	clips?: 'real' | 'tiny';
	/** Where rendered clips are kept: `KLING_FAST_CACHE`, else the user's cache. */
	cacheFolder?: string;
	/** Default 100. */
	balanceUsd?: number;
	/** `docs` (default): `webhook` + `/callback`; `article`: `callback_url` as it stands; `both`: two deliveries. */
	webhookContract?: WebhookContract;
	/** Drops callbacks to private addresses and odd ports without a word, as APIMart does. Default false. */
	strictCallbacks?: boolean;
	/** Where `/callback` goes if the base has a query: before it (`path`, default) or at the very end (`end`). */
	callbackQueryJoin?: 'path' | 'end';
	/** How long a receiver may take to answer, in real seconds. Default 10. */
	callbackTimeoutSeconds?: number;
	/** Answer of a submit: default `byHeader` (versioned if `X-APIMart-Response-Version` is sent). */
	envelope?: 'legacy' | 'versioned' | 'byHeader';
	/** `requests`: one line per request. Default `silent`. */
	logLevel?: 'silent' | 'requests';
	/** Where those lines go. */
	log?: (line: string) => void;
	/** For tests that drive time by hand; `speed` is then of no effect. */
	clock?: Clock;
}

export type WebhookContract = 'docs' | 'article' | 'both';

export type Settings = Required<Omit<SandboxOptions, 'clock' | 'cacheFolder'>> &
	Pick<SandboxOptions, 'cacheFolder'>;

export function withDefaults(options: SandboxOptions): Settings {
	const given = Object.fromEntries(
		Object.entries(options).filter(([name, value]) => value !== undefined && name !== 'clock'),
	) as Partial<Settings>;
	return {
		port: 0,
		filePort: 0,
		host: '127.0.0.1',
		apiKey: 'sk-sandbox',
		speed: 1,
		estimates: 'clock',
		// The waiting time that the article gives for a clip of 5 seconds.
		generationSeconds: { min: 45, max: 90 },
		seed: 1,
		concurrency: 5,
		clips: 'tiny',
		balanceUsd: 100,
		webhookContract: 'docs',
		strictCallbacks: false,
		callbackQueryJoin: 'path',
		callbackTimeoutSeconds: 10,
		envelope: 'byHeader',
		logLevel: 'silent',
		log: () => {},
		...given,
	};
}
