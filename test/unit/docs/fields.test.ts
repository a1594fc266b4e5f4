/** What docs/fields.md says about limits, against the code. */
import { METADATA_MAX_BYTES } from '../../../nodes/KlingFast/actions/video/result.fields';
import { FRAME_LIMITS, IMAGE_LIMITS } from '../../../nodes/KlingFast/apimart/images';
import { KLING_V3 } from '../../../nodes/KlingFast/apimart/models';
import { grouped } from '../../../nodes/KlingFast/invalidField';
import { pageOf, sectionOf, tableOf } from './markdown';

const page = pageOf('docs/fields.md');

it.each([
	['Generate Video', 'Prompt', grouped(KLING_V3.limits.promptCharacters)],
	['Generate Video', 'Shot List', `1 to ${KLING_V3.limits.shots} shots`],
	[
		'Generate Video',
		'Shot List → Prompt',
		`up to ${KLING_V3.limits.shotPromptCharacters} characters`,
	],
	['Generate Video', 'Metadata', `${grouped(METADATA_MAX_BYTES)} bytes`],
	[
		'Options of Generate Video',
		'Negative Prompt',
		grouped(KLING_V3.limits.negativePromptCharacters),
	],
])('%s, %s: the limit is the one that the node holds to, %s', (heading, name, words) => {
	const row = tableOf(page, heading).rows.find(([cell]) => cell === `**${name}**`);
	expect(row?.join(' ')).toContain(words);
});

it('says how large an uploaded image may be, and how long it lives', () => {
	const upload = sectionOf(page, 'Upload Image');
	expect(upload).toContain(`${IMAGE_LIMITS.bytes / 1024 / 1024} MB`);
	expect(upload).toContain(`${IMAGE_LIMITS.lifeHours} hours`);
});

it('says what a file must be like to start or end a clip', () => {
	const { bytes, pixels } = FRAME_LIMITS;
	const section = sectionOf(page, 'Generate Video');
	expect(section).toContain(`up to ${bytes / 1024 / 1024} MB`);
	expect(section).toContain(`${pixels} x ${pixels} pixels`);
});
