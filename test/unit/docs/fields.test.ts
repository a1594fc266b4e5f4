/** What docs/fields.md says about limits, against the code. */
import { METADATA_MAX_BYTES } from '../../../nodes/KlingFast/actions/video/result.fields';
import { FRAME_LIMITS, IMAGE_LIMITS } from '../../../nodes/KlingFast/apimart/images';
import { KLING_V3 } from '../../../nodes/KlingFast/apimart/models';
import { grouped } from '../../../nodes/KlingFast/invalidField';
import { pageOf, sectionOf, tableOf } from './markdown';

const page = pageOf('docs/fields.md');
const { limits } = KLING_V3;

it.each([
	['Generate Video', 'Prompt', grouped(limits.promptCharacters)],
	['Generate Video', 'Shot List', `1 to ${limits.shots} shots`],
	['Generate Video', 'Shot List → Prompt', `up to ${limits.shotPromptCharacters} characters`],
	['Generate Video', 'Metadata', `${grouped(METADATA_MAX_BYTES)} bytes`],
	['Options of Generate Video', 'Negative Prompt', grouped(limits.negativePromptCharacters)],
])('%s, %s: the limit is the one that the node holds to, %s', (heading, name, words) => {
	const row = tableOf(page, heading).rows.find(([cell]) => cell === `**${name}**`);
	expect(row?.join(' ')).toContain(words);
});

const { bytes, pixels } = FRAME_LIMITS;

it.each([
	['Upload Image', `${IMAGE_LIMITS.bytes / 1024 / 1024} MB`],
	['Upload Image', `${IMAGE_LIMITS.lifeHours} hours`],
	['Generate Video', `up to ${bytes / 1024 / 1024} MB`],
	['Generate Video', `${pixels} x ${pixels} pixels`],
])('%s says what an image may be like: %s', (heading, words) => {
	expect(sectionOf(page, heading)).toContain(words);
});
