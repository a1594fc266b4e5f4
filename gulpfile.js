const { rm } = require('node:fs/promises');
const { dest, parallel, src } = require('gulp');

// Without `encoding: false` gulp 5 reads every file as UTF-8 text, which ruins PNGs.
const asBytes = { encoding: false };

function icons() {
	return src('icons/**/*.{svg,png}', asBytes).pipe(dest('dist/icons'));
}

// The files are written the way tsc prints JSON modules, so that n8n's own build tool gives the same bytes.
function codex() {
	return src('nodes/**/*.node.json', asBytes).pipe(dest('dist/nodes'));
}

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

exports.clean = clean;
exports['build:icons'] = icons;
exports['build:codex'] = codex;
exports.default = parallel(icons, codex);
