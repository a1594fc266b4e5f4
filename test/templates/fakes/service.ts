export interface FakeRequest {
	method: string;
	path: string;
	query: URLSearchParams;
	headers: Record<string, string | undefined>;
	body: Buffer;
}

export interface FakeAnswer {
	status: number;
	headers?: Record<string, string>;
	/** An object is sent as JSON. */
	body?: Buffer | string | object;
}

/** Answers a request, or gives nothing where it does not know it. */
export interface FakeService {
	readonly hosts: string[];
	answer(request: FakeRequest): FakeAnswer | undefined;
}
