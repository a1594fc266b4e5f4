import type { Keys } from './balance';
import type { Callbacks } from './callbacks';
import type { Clock } from './clock';
import type { Faults } from './faults';
import type { Idempotency } from './idempotency';
import type { Ledger } from './ledger';
import type { Settings } from './options';
import type { Random } from './random';
import type { Tasks } from './tasks';
import type { UploadStore } from './uploadStore';

/** Everything that a route may need. */
export interface Context {
	settings: Settings;
	clock: Clock;
	random: Random;
	ledger: Ledger;
	faults: Faults;
	keys: Keys;
	idempotency: Idempotency;
	tasks: Tasks;
	callbacks: Callbacks;
	uploads: UploadStore;
	/** Aborted when the sandbox stops: ends the slow answers. */
	stopping: AbortSignal;
	/** Known once the servers listen. */
	urls: { api: string; files: string; mirror: string };
}
