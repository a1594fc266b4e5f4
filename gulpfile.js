const { dest, parallel, src } = require('gulp');

// Without `encoding: false` gulp 5 reads every file as UTF-8 text, which ruins PNGs.
const untouched = { encoding: false };

function icons() {
	return src('icons/**/*.{svg,png}', untouched).pipe(dest('dist/icons'));
}

function codex() {
	return src('nodes/**/*.node.json', untouched).pipe(dest('dist/nodes'));
}

exports['build:icons'] = icons;
exports['build:codex'] = codex;
exports.default = parallel(icons, codex);
