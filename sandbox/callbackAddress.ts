import type { Settings, WebhookContract } from './options';
import type { ClipRequest } from './validation';

export interface CallbackTarget {
	url: string;
	contract: 'docs' | 'article';
}

/** Where a task's end is pushed to. An address that is none is left out, as the real service does. */
export function callbackTargets(
	{ webhook, callbackUrl }: Pick<ClipRequest, 'webhook' | 'callbackUrl'>,
	contract: WebhookContract,
	queryJoin: Settings['callbackQueryJoin'],
): CallbackTarget[] {
	const targets: CallbackTarget[] = [];
	if (contract !== 'article' && webhook && isWebAddress(webhook)) {
		targets.push({ url: joinCallback(webhook, queryJoin), contract: 'docs' });
	}
	if (contract !== 'docs' && callbackUrl && isWebAddress(callbackUrl)) {
		targets.push({ url: callbackUrl, contract: 'article' });
	}
	return targets;
}

/**
 * `webhook` is a base: `/callback` is put behind it (webhook page, 2026-08). Nobody has seen what the
 * service does with a query, so both ways can be had.
 */
export function joinCallback(base: string, queryJoin: Settings['callbackQueryJoin']) {
	if (queryJoin === 'end') return `${base.replace(/\/+$/, '')}/callback`;
	const [address, ...query] = base.split('?');
	return [`${address.replace(/\/+$/, '')}/callback`, ...query].join('?');
}

/** Why the real service would drop this address without a word, or undefined. Judged without DNS. */
export function refusalReason(url: string): string | undefined {
	const { hostname, port, protocol } = new URL(url);
	if (!/^https?:$/.test(protocol)) return 'not http or https';
	if (port !== '' && port !== '80' && port !== '443') return `port ${port} is not 80 or 443`;
	if (/(^|\.)(apimart\.ai|getapib\.org)$/i.test(hostname)) return 'an address of the provider';
	return isPrivateHost(hostname) ? 'a private address' : undefined;
}

function isPrivateHost(hostname: string) {
	const name = hostname.toLowerCase();
	if (/^(localhost|.*\.localhost|.*\.local|.*\.internal)$/.test(name) || !/[.:]/.test(name))
		return true;
	const ipv4 = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(name);
	if (ipv4) {
		const [first, second] = [Number(ipv4[1]), Number(ipv4[2])];
		return (
			[0, 10, 127].includes(first) ||
			(first === 169 && second === 254) ||
			(first === 172 && second >= 16 && second <= 31) ||
			(first === 192 && second === 168) ||
			(first === 100 && second >= 64 && second <= 127)
		);
	}
	return /^\[(::1?|f[cd].*|fe[89ab].*|::ffff:.*)\]$/.test(name);
}

function isWebAddress(text: string) {
	// Not by URL.canParse: once optimized, that of Node 20 refuses letters such as an umlaut.
	try {
		return /^https?:\/\//i.test(text) && new URL(text).host !== '';
	} catch {
		return false;
	}
}
