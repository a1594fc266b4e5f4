/**
 * Which addresses may be used at all.
 *
 * Loopback and private are judged by what is written (a literal IP or a name), never by DNS: a node cannot look names
 * up, and a lookup could answer differently the next time. An address in there is accepted only where the base URL
 * itself is in there, which is the sandbox on a laptop.
 */
import { InvalidField, shown } from '../invalidField';

export const BASE_URL_LABEL = 'Base URL';

/**
 * The credential's base URL as the client uses it: no trailing `/`, no trailing `/v1`, lower-case host.
 *
 * @throws InvalidField where it is no web address, carries a user name, password, query or fragment, or is `http`
 * on a public host (the key would travel unencrypted)
 */
export function normalizeBaseUrl(text: string): string {
	const typed = text.trim();
	const url = parseWebUrl(typed);
	if (!url) {
		throw new InvalidField(
			BASE_URL_LABEL,
			shown(typed),
			'a web address such as https://api.apimart.ai',
		);
	}
	if (hasUserInfo(url)) {
		throw new InvalidField(
			BASE_URL_LABEL,
			'an address with a user name or password in it',
			'one without',
		);
	}
	if (url.search || url.hash || /[?#]/.test(typed)) {
		throw new InvalidField(BASE_URL_LABEL, shown(typed), 'an address without ? and #');
	}
	if (url.protocol === 'http:' && !isLoopbackOrPrivate(url.hostname)) {
		throw new InvalidField(
			BASE_URL_LABEL,
			shown(typed),
			'https, or http on this computer or in a private network',
		);
	}
	return `${url.origin}${url.pathname.replace(/(?<!\/)(\/+v1)?\/*$/, '')}`;
}

/**
 * Whether an image, file or callback address goes together with the base URL: a public one always does, a loopback
 * or private one only with a base URL of that kind. False for anything that is not `http` or `https`.
 */
export function mayUseAddress(address: string, baseUrl: string): boolean {
	const url = parseWebUrl(address);
	if (!url) return false;
	if (!isLoopbackOrPrivate(url.hostname)) return true;
	const base = parseWebUrl(baseUrl);
	return base !== undefined && isLoopbackOrPrivate(base.hostname);
}

/**
 * Whether a host is this computer or in a private network, judged by its literal IP (in any spelling that a URL
 * parser accepts) or by its name: `localhost`, a name without a dot, `.local`, `.internal`.
 *
 * @param hostname as in `URL.hostname`, IPv6 with or without brackets
 */
export function isLoopbackOrPrivate(hostname: string): boolean {
	const host = canonicalHost(hostname);
	if (host.startsWith('[')) return isPrivateIpv6(ipv6Groups(host.slice(1, -1)));
	const ipv4 = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host);
	if (ipv4) return isPrivateIpv4(Number(ipv4[1]), Number(ipv4[2]));
	return !host.includes('.') || PRIVATE_NAME.test(host);
}

/** What servers take of an address at most (8,000 octets: RFC 9110, section 4.1, names it as the least that they should). */
const ADDRESS_CHARACTERS = 8_000;

/** Parsed when it is `http` or `https`, free of blanks (which parsers drop silently) and not endless, otherwise undefined. */
export function parseWebUrl(text: string): URL | undefined {
	if (text.length > ADDRESS_CHARACTERS) return undefined;
	if (/[\s\p{Cc}]/u.test(text) || !/^https?:\/\/[^/]/i.test(text)) return undefined;
	return parseUrl(text);
}

/**
 * A URL, or undefined where it is none. Not by `URL.canParse`: once optimized, that of Node 20 says no to addresses with letters
 * such as an umlaut.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
	try {
		return new URL(text, base);
	} catch {
		return undefined;
	}
}

/** Whether a user name or password stands in front of the host. */
export function hasUserInfo(url: URL): boolean {
	return url.username !== '' || url.password !== '';
}

const PRIVATE_NAME = /\.(localhost|local|internal)$/;

/** Lower case, odd IPv4 forms (`0x7f.1`, `2130706433`) as four numbers, IPv6 shortened and in brackets, no final dot. */
function canonicalHost(hostname: string): string {
	const bare = hostname.trim();
	const bracketed = bare.includes(':') && !bare.startsWith('[') ? `[${bare}]` : bare;
	const address = `http://${bracketed.replace(/(?<!\.)\.+$/, '')}/`;
	return parseUrl(address)?.hostname.replace(/(?<!\.)\.+$/, '') ?? '';
}

/** RFC 1122 (0/8, 127/8), RFC 1918, RFC 3927 (169.254/16), RFC 6598 (100.64/10). */
function isPrivateIpv4(first: number, second: number): boolean {
	if (first === 0 || first === 10 || first === 127) return true;
	if (first === 169) return second === 254;
	if (first === 172) return second >= 16 && second <= 31;
	if (first === 192) return second === 168;
	return first === 100 && second >= 64 && second <= 127;
}

/** `::`, `::1`, fc00::/7, fe80::/10, and an IPv4 address inside `::/96`, `::ffff:0:0/96` or `64:ff9b::/96`. */
function isPrivateIpv6(groups: number[]): boolean {
	const [first] = groups;
	if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80) return true;
	const prefix = groups
		.slice(0, 6)
		.map((group) => group.toString(16))
		.join(':');
	const carriesIpv4 = ['0:0:0:0:0:0', '0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'].includes(prefix);
	return carriesIpv4 && isPrivateIpv4(groups[6] >> 8, groups[6] & 0xff);
}

/** The eight groups of an address as `URL` writes it: hexadecimal, at most one `::`. */
function ipv6Groups(address: string): number[] {
	const [left, right] = address.split('::');
	const head = left ? left.split(':') : [];
	const tail = right ? right.split(':') : [];
	const zeros: string[] = Array(8 - head.length - tail.length).fill('0');
	return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}
