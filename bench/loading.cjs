/**
 * Run in a fresh process: loads the first file, which n8n has loaded long before any node, then the others, and prints how
 * many milliseconds the others took.
 */
const [early, ...files] = process.argv.slice(2);
require(early);
const startMs = performance.now();
for (const file of files) require(file);
process.stdout.write(String(performance.now() - startMs));
