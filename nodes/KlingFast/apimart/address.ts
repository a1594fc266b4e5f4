/*
 * Which addresses may be used at all. Loopback and private are judged by what is written (a literal IP or a name), never by DNS: a node
 * cannot look names up, and a lookup could answer differently the next time. An address in there is accepted only where the base URL
 * itself is in there, which is the sandbox on a laptop.
 */
import { InvalidField, shown } from '../invalidField';

/**
 * The credential's base URL as the client uses it: no trailing `/`, no trailing `/v1`, lower-case host.
 *
 * @throws InvalidField where it is no web address, carries a user name, password, query or fragment, or is `http`
 * on a public host (the key would travel unencrypted)
 */
export function normalizeBaseUrl(text: string): string {
	const typed = text.trim();
	const refusal = (allowed: string) => new InvalidField('Base URL', shown(typed), allowed);
	const url = parseWebUrl(typed);
	if (!url) throw refusal('a web address such as https://api.apimart.ai');
	refuseUserInfo(url, 'Base URL');
	if (/[?#]/.test(typed)) throw refusal('an address without ? and #');
	if (url.protocol === 'http:' && !isLoopbackOrPrivate(url.hostname)) {
		throw refusal('https, or http on this computer or in a private network');
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
 * Holds the address of an image to the rule. One in the local network is refused when the provider is on the public internet: it could
 * not fetch it, and nobody may use a row to point it at private hosts.
 *
 * @param label of the field, and `place` inside it
 * @throws InvalidField
 */
export function checkImageAddress(
	address: string,
	baseUrl: string,
	label: string,
	place?: string,
): void {
	const url = parseWebUrl(address);
	if (!url) {
		const allowed = 'a web address that begins with http:// or https:// and has no blanks in it';
		throw new InvalidField(label, shown(address), allowed, place);
	}
	refuseUserInfo(url, label, place);
	if (mayUseAddress(address, baseUrl)) return;
	const allowed = 'an address on the public internet, because the provider fetches the image';
	throw new InvalidField(label, shown(address), allowed, place);
}

/**
 * Whether a host is this computer or in a private network, judged by its literal IP (in any spelling that a URL
 * parser accepts) or by its name: `localhost`, a name without a dot, and the endings of local networks (see PRIVATE_NAME).
 *
 * @param hostname as in `URL.hostname`, IPv6 with or without brackets
 */
export function isLoopbackOrPrivate(hostname: string): boolean {
	const host = canonicalHost(hostname);
	if (host.startsWith('[')) return isPrivateIpv6(ipv6Groups(host.slice(1, -1)));
	if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateIpv4(host.split('.').map(Number));
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

function refuseUserInfo({ username, password }: URL, label: string, place?: string): void {
	if (username === '' && password === '') return;
	const value = 'an address with a user name or password in it';
	throw new InvalidField(label, value, 'one without', place);
}

/** RFC 6761, 6762 and 8375, ICANN's `.internal`, names that ICANN never gives out, and `.svc` inside Kubernetes. */
const PRIVATE_NAME = /\.(localhost|local|internal|lan|home|home\.arpa|corp|svc)$/;

/** Lower case, odd IPv4 forms (`0x7f.1`, `2130706433`) as four numbers, IPv6 shortened and in brackets, no final dot. */
function canonicalHost(hostname: string): string {
	const bare = hostname.trim();
	const bracketed = bare.includes(':') && !bare.startsWith('[') ? `[${bare}]` : bare;
	const address = `http://${bracketed.replace(/(?<!\.)\.+$/, '')}/`;
	return parseUrl(address)?.hostname.replace(/(?<!\.)\.+$/, '') ?? '';
}

/**
 * What IANA's registry of special-purpose addresses does not call globally reachable, and multicast: 0/8, 10/8, 100.64/10, 127/8,
 * 169.254/16, 172.16/12, 192.0.0/24, 192.168/16, 198.18/15, and all from 224/4 on. Without the networks for documentation.
 */
function isPrivateIpv4([first, second, third]: number[]): boolean {
	if (first === 0 || first === 10 || first === 127 || first >= 224) return true;
	if (first === 100) return second >= 64 && second <= 127;
	if (first === 169) return second === 254;
	if (first === 172) return second >= 16 && second <= 31;
	if (first === 192) return second === 168 || (second === 0 && third === 0);
	return first === 198 && (second === 18 || second === 19);
}

/**
 * An IPv4 address that is carried (`::/96`, mapped `::ffff:0:0/96`, translated `::ffff:0:0:0/96`, NAT64 `64:ff9b::/96`, 6to4
 * `2002::/16`) counts as itself; else all is private but 2000::/3, from which IANA gives out public addresses.
 */
function isPrivateIpv6(groups: number[]): boolean {
	const ipv4At = (index: number) =>
		isPrivateIpv4(groups.slice(index, index + 2).flatMap((group) => [group >> 8, group & 0xff]));
	const prefix = groups
		.slice(0, 6)
		.map((group) => group.toString(16))
		.join(':');
	const carriers = ['0:0:0:0:0:0', '0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'];
	if (carriers.includes(prefix)) return ipv4At(6);
	if (groups[0] === 0x2002) return ipv4At(1);
	return (groups[0] & 0xe000) !== 0x2000;
}

/** The eight groups of an address as `URL` writes it: hexadecimal, at most one `::`. */
function ipv6Groups(address: string): number[] {
	const [left, right] = address.split('::');
	const head = left ? left.split(':') : [];
	const tail = right ? right.split(':') : [];
	const zeros: string[] = Array(8 - head.length - tail.length).fill('0');
	return [...head, ...zeros, ...tail].map((group) => parseInt(group, 16));
}
