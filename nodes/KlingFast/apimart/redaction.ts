/** Removes what must not be shown: keys, bearer tokens, and of links the query (it carries signatures) and the password. */
export function redact(text: string): string {
	return text
		.replace(/\b(bearer\s+)[^\s"',;]+/gi, '$1***')
		.replace(/\bsk-[\w-]{4,}/g, 'sk-***')
		.replace(/(https?:(?:\\?\/){2})[^\s"'<>/?#\\]*@/gi, '$1')
		.replace(/(https?:(?:\\?\/){2}[^\s"<>?#]+)[?#][^\s"<>]*/gi, '$1');
}

/** At most 300 characters of a body, as one line; of HTML only its visible words. */
export function excerpt(text: string, limit = 300): string {
	const isHtml = /<(!doctype|html|head|body|title)\b/i.test(text);
	const words = isHtml
		? text.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
		: text;
	const line = redact(words.replace(/\s+/g, ' ').trim());
	if (line === '') return isHtml ? 'an HTML page without text' : 'an empty answer';
	const shown = line.length > limit ? `${line.slice(0, limit)}…` : line;
	return isHtml ? `an HTML page that says "${shown}"` : shown;
}
