/*
 * What must stay true:
 * - n8n keeps routes by their text, one row for all workflows: two triggers whose routes read the same exclude each other, and the
 *   second workflow cannot be published. So the text names the node's own webhook id.
 * - A signed callback arrives at `<trigger's URL without /callback>/<token>/callback`. Its last segment is a parameter too, because
 *   n8n's test URLs find a route with parameters only if one stands behind a slash.
 */

const TOKEN = 'token';

/** The route of the signed path, to be declared with `isFullPath`. */
export const SIGNED_ROUTE = `={{ ":${TOKEN}-" + $webhookId + "/:end-" + $webhookId }}`;

/** The token in the parameters of a request, or undefined. */
export function tokenOf(params: object): unknown {
	return Object.entries(params).find(([name]) => name.startsWith(TOKEN))?.[1];
}
