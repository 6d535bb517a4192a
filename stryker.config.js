/**
 * How well do the tests of the rules of delegation hold? Each mutant is one small mistake in them; a test has to fail.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: [
    'server/delegation/rules/*.ts',
    'server/delegation/exchange.ts',
    'server/delegation/ways.ts',
    'server/delegation/slice.ts',
    'server/catalogue/narrowing.ts',
    'server/catalogue/comparator.ts',
  ],
  // It rewrites this file with the compiler's old API, which is gone; nothing here needs it.
  tsconfigFile: 'none',
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/support/jest-mutants.config.js', enableFindRelatedTests: false },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  // Rules are data, made when their module is loaded: every mutant is tried by every test.
  coverageAnalysis: 'off',
  concurrency: 1,
  timeoutMS: 20_000,
  tempDirName: '.data/mutants',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.data/mutants.json' },
  thresholds: { high: 98, low: 95, break: 95 },
};
