import type { IDataObject } from 'n8n-workflow';

export interface Shot {
	prompt: string;
	durationSeconds: number;
}

export type AspectRatio = '16:9' | '9:16' | '1:1';
export type Quality = 'std' | 'pro' | '4k';
export type ShotsKind = 'single' | 'custom' | 'json' | 'auto';

/** Where a frame comes from: an address that the provider fetches, or an item's binary that is uploaded first. */
export type FrameSource = { url: string } | { binaryField: string };

/** What a person asks for in one row, read and checked, in the product's own words (not the provider's). */
export interface ClipRequest {
	shotsKind: ShotsKind;
	/** As typed and trimmed; empty for `custom` and `json`, whose texts stand in `shots`. */
	prompt: string;
	/** 1 to 6 for `custom` and `json`, otherwise empty. */
	shots: Shot[];
	/** Whole seconds, 3 to 15; for `custom` and `json` the sum of the shots. */
	durationSeconds: number;
	aspectRatio: AspectRatio;
	quality: Quality;
	audio: boolean;
	startFrame?: FrameSource;
	endFrame?: FrameSource;
	negativePrompt?: string;
	/** Words that are appended to the prompt (the API has no field for it). */
	cameraMovement?: string;
	moderate: boolean;
	watermark: boolean;
	metadata: IDataObject;
}
