import { withContent, type Pages } from '../pages';
import { plotOf } from './plot';
import { tablesOf, type Study } from './study';

/** The pages that show the figures of this study. */
export function pagesOf(study: Study): Pages {
	return {
		'docs/polling.md': (page) => withContent(page, tablesOf(study)),
		'docs/images/polling.svg': () => plotOf(study),
	};
}
