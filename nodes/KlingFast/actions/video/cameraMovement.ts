import type { INodeProperties } from 'n8n-workflow';
import type { Choice } from '../../values';

/** A way to move the camera: how it is called, and the words that ask for it at the end of a prompt. */
interface CameraMovement extends Choice {
	words: string;
}

/** The API has no field for the camera; the model follows plain words. Sorted by name, as the editor shows them. */
export const CAMERA_MOVEMENTS: readonly CameraMovement[] = [
	{ name: 'Crane Down', value: 'craneDown', words: 'Camera: smooth crane shot moving down.' },
	{ name: 'Crane Up', value: 'craneUp', words: 'Camera: smooth crane shot moving up.' },
	{ name: 'Dolly In', value: 'dollyIn', words: 'Camera: slow dolly in towards the subject.' },
	{ name: 'Dolly Out', value: 'dollyOut', words: 'Camera: slow dolly out from the subject.' },
	{ name: 'Handheld', value: 'handheld', words: 'Camera: handheld with natural movement.' },
	{ name: 'None', value: '', words: '' },
	{ name: 'Orbit', value: 'orbit', words: 'Camera: slow orbit around the subject.' },
	{ name: 'Pan Left', value: 'panLeft', words: 'Camera: slow pan to the left.' },
	{ name: 'Pan Right', value: 'panRight', words: 'Camera: slow pan to the right.' },
	{ name: 'Static', value: 'static', words: 'Camera: locked off, no movement.' },
	{ name: 'Tilt Down', value: 'tiltDown', words: 'Camera: slow tilt down.' },
	{ name: 'Tilt Up', value: 'tiltUp', words: 'Camera: slow tilt up.' },
	{ name: 'Track', value: 'track', words: 'Camera: tracking shot that follows the subject.' },
	{ name: 'Zoom In', value: 'zoomIn', words: 'Camera: slow zoom in.' },
	{ name: 'Zoom Out', value: 'zoomOut', words: 'Camera: slow zoom out.' },
];

export const cameraMovementOption: INodeProperties = {
	displayName: 'Camera Movement',
	name: 'cameraMovement',
	type: 'options',
	options: CAMERA_MOVEMENTS.map(({ name, value }) => ({ name, value })),
	default: '',
	description: 'Added to the end of the prompt (of each shot) in words, and counted with it',
};
