/** @type {import('jest').Config} */
const common = {
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }],
	},
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/output'],
};

/** The suites, from the quickest to the most real; each can be run alone with --selectProjects. */
module.exports = {
	projects: ['unit', 'package', 'engine', 'e2e', 'templates', 'editor', 'queue'].map((name) => ({
		...common,
		displayName: name,
		testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
		...(['e2e', 'templates', 'editor'].includes(name) && {
			globalSetup: `<rootDir>/test/${name}/setup.ts`,
			globalTeardown: `<rootDir>/test/${name}/teardown.ts`,
		}),
	})),
	testTimeout: 60_000,
};
