/**
 * The origin and path that every request to the provider starts with: spaces, trailing slashes and a trailing `/v1` are
 * taken off, so that what people copy from the provider's pages works.
 *
 * @returns e.g. `https://api.apimart.ai`, or `https://mirror.example.com/kling`
 * @throws Error with a sentence for the user when it is no web address, or would send the API key unencrypted over a
 * public network
 */
export function normalizeBaseUrl(typed: unknown): string {
	const text = typeof typed === 'string' ? typed.trim() : '';
	const url = parseWebAddress(text);
	if (!url) {
		throw new Error(
			"The 'Base URL' of the Kling Fast API credential is not a web address. Use https://api.apimart.ai, or the address of a mirror",
		);
	}
	if (url.protocol === 'http:' && !isLoopbackOrPrivate(url.hostname)) {
		throw new Error(
			"The 'Base URL' of the Kling Fast API credential must start with https://. Plain http would show the API key to everyone on the way; it is accepted only for addresses on this machine or in a private network",
		);
	}
	const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/i, '').replace(/\/+$/, '');
	return url.origin + path;
}

/**
 * Whether a host can be reached only from this machine or its own network. Judged by what is written, never by asking
 * DNS, so that the answer cannot change between the check and the request.
 *
 * @param hostname as `URL.hostname` gives it: lower case, numeric IPv4 forms already in dotted form, IPv6 in brackets
 */
export function isLoopbackOrPrivate(hostname: string): boolean {
	const host = hostname.toLowerCase().replace(/\.$/, '');
	if (host.startsWith('[')) return isPrivateIpv6(host.slice(1, -1));
	if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateIpv4(host.split('.').map(Number));
	return !host.includes('.') || /\.(localhost|local|internal)$/.test(host);
}

function parseWebAddress(text: string): URL | undefined {
	if (!URL.canParse(text)) return undefined;
	const url = new URL(text);
	const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
	return isWeb && url.username === '' && url.password === '' ? url : undefined;
}

/** Loopback, RFC 1918, link-local, carrier-grade NAT (RFC 6598) and "this network". */
function isPrivateIpv4([first, second]: number[]): boolean {
	return (
		first === 0 ||
		first === 10 ||
		first === 127 ||
		(first === 100 && second >= 64 && second <= 127) ||
		(first === 169 && second === 254) ||
		(first === 172 && second >= 16 && second <= 31) ||
		(first === 192 && second === 168)
	);
}

/** Loopback, unspecified, unique local (fc00::/7), link-local (fe80::/10), and IPv4 written inside IPv6. */
function isPrivateIpv6(address: string): boolean {
	if (address === '::1' || address === '::') return true;
	if (/^f[cd][0-9a-f]{2}:/.test(address) || /^fe[89ab][0-9a-f]:/.test(address)) return true;
	const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
	if (!mapped) return false;
	const [high, low] = [parseInt(mapped[1], 16), parseInt(mapped[2], 16)];
	return isPrivateIpv4([high >> 8, high & 255, low >> 8, low & 255]);
}
