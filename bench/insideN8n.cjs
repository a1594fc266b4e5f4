/**
 * Loaded into n8n before n8n itself (`node --require`), by the benchmark only. It lets time run as fast as in the sandbox: our node's
 * clock, through the same door that the tests use, and n8n's own timers for executions that wait (how long they wait, and how often n8n
 * looks at them). It changes nothing else of what n8n or a node does. And it counts: how much memory and processor time the process
 * takes, from when to when an execution occupies it, and how many bytes are saved of it.
 */
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const Module = require('node:module');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const SAMPLE_EVERY_MS = 50;
const LONGEST_WAIT_MS = 24 * 3_600_000;
const speed = Number(process.env.BENCH_SPEED);
const startMs = Date.now();

/** Stretches of time in which an execution was in the hands of the process: at `untilMs` it ends or is put to wait. */
let stretches = [];
/** Each time that n8n saved the data of an execution. */
let saves = [];
let peakBytes = 0;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const load = Module._load;
Module._load = function (...args) {
	const loaded = load.apply(this, args);
	for (const [name, change] of Object.entries(CHANGES)) {
		const found = typeof loaded === 'object' && loaded?.[name];
		if (!found || seen.has(found)) continue;
		seen.add(found);
		change(loaded);
	}
	return loaded;
};

const seen = new WeakSet();

/** What is changed in a module that gives something of this name. */
const CHANGES = {
	useClock: scaleOurClock,
	BaseExecuteContext: scaleWaits,
	WaitTracker: scaleLooks,
	WorkflowExecute: countStretches,
	DbStore: countSaves,
};

function scaleOurClock(clock) {
	const { realClock } = clock;
	clock.useClock({
		...realClock,
		nowMs: () => startMs + (Date.now() - startMs) * speed,
		sleep: async (ms, signal) => await realClock.sleep(ms / speed, signal),
	});
}

function scaleWaits({ BaseExecuteContext: { prototype } }) {
	const { putExecutionToWait } = prototype;
	prototype.putExecutionToWait = async function (waitTill) {
		const waitMs = waitTill.getTime() - Date.now();
		// Else it is no time but a mark: n8n lets it wait for ever, or for another execution.
		const isTime = waitMs < LONGEST_WAIT_MS;
		const scaled = isTime ? new Date(Date.now() + waitMs / speed) : waitTill;
		await putExecutionToWait.call(this, scaled);
	};
}

function scaleLooks({ WaitTracker: { prototype } }) {
	const { startTracking } = prototype;
	prototype.startTracking = function () {
		const { setInterval } = globalThis;
		globalThis.setInterval = (work, ms) => setInterval(work, ms / speed);
		try {
			startTracking.call(this);
		} finally {
			globalThis.setInterval = setInterval;
		}
	};
}

function countStretches({ WorkflowExecute: { prototype } }) {
	const run = prototype.processRunExecutionData;
	prototype.processRunExecutionData = function (...args) {
		const stretch = {
			executionId: this.additionalData.executionId,
			parentId: this.runExecutionData.parentExecution?.executionId,
			name: args[0].name,
			fromMs: Date.now(),
		};
		stretches.push(stretch);
		const running = run.apply(this, args);
		const end = (status) => Object.assign(stretch, { untilMs: Date.now(), status });
		running.then(
			(result) => end(result.waitTill ? 'waiting' : (result.status ?? 'ended')),
			() => end('error'),
		);
		return running;
	};
}

function countSaves({ DbStore: { prototype } }) {
	for (const method of ['write', 'overwrite']) {
		const save = prototype[method];
		prototype[method] = async function (ref, bundle, ...more) {
			saves.push({ executionId: ref.executionId, bytes: bundle.data.length });
			return await save.call(this, ref, bundle, ...more);
		};
	}
}

function sample() {
	peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}

/** n8n starts further Node processes, which inherit the option that loads this file. */
if (/[\\/]n8n$/.test(process.argv[1] ?? '')) {
	setInterval(sample, SAMPLE_EVERY_MS).unref();
	const answers = {
		'/reset': () => {
			stretches = [];
			saves = [];
			collectGarbage();
			collectGarbage();
			peakBytes = 0;
			return reading();
		},
		'/': reading,
		// Asked for often: what it gives must stay small.
		'/latest': () => Object.fromEntries(stretches.map((each) => [each.executionId, each.status])),
	};
	const server = createServer(({ url }, response) => {
		response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answers[url]()));
	});
	server.listen(0, '127.0.0.1', () => {
		writeFileSync(process.env.BENCH_METER_FILE, String(server.address().port));
	});
	server.unref();
}

function reading() {
	sample();
	const { user, system } = process.cpuUsage();
	const rssBytes = process.memoryUsage.rss();
	return { rssBytes, peakBytes, cpuSeconds: (user + system) / 1e6, stretches, saves };
}
