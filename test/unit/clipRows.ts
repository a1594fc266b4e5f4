/** Rows of Generate Video for tests, and what they ask APIMart for. */
import { readClipRequest, readEstimate } from '../../nodes/KlingFast/actions/video/clip';
import { clipBody, type ClipRequest } from '../../nodes/KlingFast/apimart/clipRequest';
import { rowParams } from './rowReader';

export type Row = Record<string, unknown>;

const BASE_URL = 'https://api.apimart.ai';
export const ZOOM = 'Camera: slow zoom in.';
export const zoomIn = { options: { cameraMovement: 'zoomIn' } };
export const URL = 'https://example.com/a.png';

export const requestOf = (row: Row, baseUrl = BASE_URL) => readClipRequest(rowParams(row), baseUrl);
export const estimate = (row: Row) =>
	readEstimate(rowParams({ operation: 'estimateCost', ...row }));
export const bodyOf = (row: Row, baseUrl?: string): Row => {
	const request = requestOf({ prompt: 'A fox', ...row }, baseUrl);
	return JSON.parse(clipBody(request, addressesOf(request))) as Row;
};
const addressesOf = ({ startFrame, endFrame }: ClipRequest) =>
	[startFrame, endFrame].flatMap((frame) =>
		frame ? ['url' in frame ? frame.url : `uploaded ${frame.binaryField}`] : [],
	);

export const custom = (...shot: unknown[]) => ({ shots: 'custom', shotList: { shot } });
export const json = (shotListJson: unknown) => ({ shots: 'json', shotListJson });
export const image = { source: 'image' };
export const file = { ...image, imageInput: 'binary' };
export const MUG = { name: 'mug', description: 'A blue mug', imageUrls: [URL] };
export const withMug = (changes: Row = {}) => ({
	prompt: 'A fox drinks from @mug.',
	options: { elementsJson: [{ ...MUG, ...changes }] },
});
