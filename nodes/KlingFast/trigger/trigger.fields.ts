import type { INodeProperties, IWebhookFunctions } from 'n8n-workflow';
import { outputFieldOption } from '../outputField';
import { fieldsByPath, Params } from '../params';

export const triggerProperties: INodeProperties[] = [
	{
		displayName:
			'Open "Webhook URLs" above and copy the production URL into "Callback URL" of Generate Video (mode Submit Only). The test URL is for building only.',
		name: 'howToConnect',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Trigger On',
		name: 'triggerOn',
		type: 'multiOptions',
		required: true,
		options: [
			{ name: 'Video Completed', value: 'completed', description: 'The clip is ready' },
			{
				name: 'Video Failed',
				value: 'failed',
				description: 'The clip could not be made, or was cancelled. Failed clips are not charged.',
			},
		],
		default: ['completed'],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Download Video',
				name: 'downloadVideo',
				type: 'boolean',
				default: false,
				description:
					'Whether to download the video before the workflow starts. When disabled, only its URL is passed on.',
			},
			{
				displayName: 'Only Accept Signed Callbacks',
				name: 'requireSignedCallback',
				type: 'boolean',
				default: true,
				description:
					'Whether to accept only clips that Generate Video submitted with this credential. Turn off for clips that were submitted elsewhere; they too are looked up at APIMart before the workflow starts.',
			},
			{ ...outputFieldOption, displayOptions: { show: { downloadVideo: [true] } } },
		],
	},
];

const triggerFields = fieldsByPath(triggerProperties);

export function triggerParams(context: IWebhookFunctions): Params {
	return new Params(triggerFields, (path, fallback) => context.getNodeParameter(path, fallback));
}
