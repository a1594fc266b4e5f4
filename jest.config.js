/** @type {import('jest').Config} */
const common = {
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }],
	},
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/output'],
};

/** Four suites, from the quickest to the most real; each can be run alone with --selectProjects. */
module.exports = {
	projects: ['unit', 'package', 'engine', 'e2e'].map((name) => ({
		...common,
		displayName: name,
		testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
		...(name === 'e2e' && {
			globalSetup: '<rootDir>/test/e2e/setup.ts',
			globalTeardown: '<rootDir>/test/e2e/teardown.ts',
		}),
	})),
	testTimeout: 60_000,
};
