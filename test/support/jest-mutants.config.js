import config from '../../jest.config.js';

// There are many mutants: fewer chains than usual for each.
process.env.CHAINS ??= '600';

/** The tests of the rules alone, which are pure: no server, the quickest first, and none after the first that fails. */
export default {
  ...config,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/delegation/{answers,chains,page}.test.ts', '<rootDir>/test/tasks/narrowing.test.ts'],
  testSequencer: '<rootDir>/test/support/by-name.js',
  globalSetup: undefined,
  globalTeardown: undefined,
  bail: 1,
  maxWorkers: 1,
};
