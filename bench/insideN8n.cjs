/**
 * Loaded into n8n before n8n itself (`node --require`), by the benchmark only. It changes nothing of what n8n or a node
 * does. It lets our node's clock run as fast as the sandbox's, through the same door that the tests use, and it counts: how
 * much memory and processor time the process takes, and from when to when an execution occupies it.
 */
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const Module = require('node:module');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const SAMPLE_EVERY_MS = 20;
const speed = Number(process.env.BENCH_SPEED);
const startMs = Date.now();

/** Stretches of time in which an execution was in the hands of the process: it ends or falls asleep at `untilMs`. */
const stretches = [];
let peakBytes = 0;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const load = Module._load;
Module._load = function (request, ...more) {
	const loaded = load.call(this, request, ...more);
	if (loaded?.useClock) scaleOnce(loaded);
	if (request === 'n8n-core') watchOnce(loaded.WorkflowExecute.prototype);
	return loaded;
};

const seen = new WeakSet();

function scaleOnce(clock) {
	if (seen.has(clock)) return;
	seen.add(clock);
	const { realClock } = clock;
	clock.useClock({
		...realClock,
		nowMs: () => startMs + (Date.now() - startMs) * speed,
		sleep: async (ms, signal) => await realClock.sleep(ms / speed, signal),
	});
}

function watchOnce(engine) {
	if (seen.has(engine)) return;
	seen.add(engine);
	const run = engine.processRunExecutionData;
	engine.processRunExecutionData = function (...args) {
		const stretch = { executionId: this.additionalData.executionId, fromMs: Date.now() };
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

function sample() {
	peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}

/** n8n starts further Node processes, which inherit the option that loads this file. */
if (/[\\/]n8n$/.test(process.argv[1] ?? '')) {
	setInterval(sample, SAMPLE_EVERY_MS).unref();
	const server = createServer((request, response) => {
		if (request.url === '/reset') {
			collectGarbage();
			collectGarbage();
			peakBytes = 0;
		}
		sample();
		const { user, system } = process.cpuUsage();
		const reading = {
			rssBytes: process.memoryUsage.rss(),
			peakBytes,
			cpuSeconds: (user + system) / 1e6,
			stretches,
		};
		response.setHeader('Content-Type', 'application/json').end(JSON.stringify(reading));
	});
	server.listen(0, '127.0.0.1', () => {
		writeFileSync(process.env.BENCH_METER_FILE, String(server.address().port));
	});
	server.unref();
}
