/*
 * What must stay true:
 * - Whatever comes from outside costs time in proportion to its length: no pattern here starts over inside what it has read.
 * - A text from outside that is shown or logged has gone through `excerpt`: one line, cut, without secrets.
 */

/** What is read of a text, in characters: a web page has its words further back than an error message. */
const READ_CHARACTERS = 50_000;
/** No link that is worth hiding a part of is longer, in characters. */
const LINK_CHARACTERS = 300;

/** Removes what must not be shown: keys, bearer tokens, and of links the query (it carries signatures) and the password. */
export function redact(text: string): string {
	return text
		.replace(/\b(bearer\s+)[^\s"',;]+/gi, '$1***')
		.replace(/\bsk-[\w-]{4,}/g, 'sk-***')
		.replace(/(https?:(?:\\?\/){2})[^\s"'<>/?#\\]*@/gi, '$1')
		.replace(/(https?:(?:\\?\/){2}[^\s"<>?#]+)(?:[?#][^\s"<>]*)?/gi, '$1');
}

/** At most 300 characters of a body, as one line; of HTML only its visible words. */
export function excerpt(text: string, limit = 300): string {
	const read = beginningOf(text);
	const isHtml = /<(!doctype|html|head|body|title)\b/i.test(read);
	const words = isHtml
		? read.replace(/<(script|style)\b[\s\S]*?(?:<\/\1>|$)/gi, ' ').replace(/<[^<>]*(?:>|$)/g, ' ')
		: read;
	const line = redact(words.replace(/[\s\p{Cc}]+/gu, ' ').trim());
	if (line === '') return isHtml ? 'an HTML page without text' : 'an empty answer';
	const shown = line.length > limit ? `${line.slice(0, limit)}…` : line;
	return isHtml ? `an HTML page that says "${shown}"` : shown;
}

/** Not to the middle of a link: without its end the first half could show a password. */
function beginningOf(text: string): string {
	if (text.length <= READ_CHARACTERS) return text;
	const read = text.slice(0, READ_CHARACTERS);
	const link = read.slice(-LINK_CHARACTERS).search(/https?:[^\s"<>]*$/i);
	return link < 0 ? read : read.slice(0, link - LINK_CHARACTERS);
}
