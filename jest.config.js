/** @type {import('jest').Config} */
const common = {
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }],
	},
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/output'],
};

/** From the quickest to the most real; each can be run alone with --selectProjects. */
const suites = ['unit', 'package', 'engine', 'e2e', 'templates', 'editor', 'queue', 'chaos'];

module.exports = {
	projects: suites.map((name) => ({
		...common,
		displayName: name,
		testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
		...(['e2e', 'templates', 'editor'].includes(name) && {
			globalSetup: `<rootDir>/test/${name}/setup.ts`,
			globalTeardown: `<rootDir>/test/${name}/teardown.ts`,
		}),
	})),
	testTimeout: 60_000,
	// Of tests in one file: only the attacks of chaos run side by side, on one n8n.
	maxConcurrency: 3,
};
