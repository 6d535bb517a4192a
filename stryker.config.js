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
  plugins: ['./test/mutants/runner.ts'],
  testRunner: 'pure-tests',
  // Every mutant is tried by every test until one fails.
  coverageAnalysis: 'off',
  concurrency: 1,
  // Modules that were loaded are never forgotten.
  maxTestRunnerReuse: 100,
  timeoutMS: 30_000,
  // It would rewrite this file with an API that the compiler has no more; nothing here needs it.
  tsconfigFile: 'none',
  tempDirName: '.data/mutants',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.data/mutants.json' },
  thresholds: { high: 98, low: 95, break: 95 },
};
