import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  // `npm run test:long` names these files itself.
  testPathIgnorePatterns: process.env.LONG_TESTS ? [] : ['\\.long\\.test\\.tsx?$'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // .ts has no transformer: Jest strips the types itself. JSX needs one.
  transform: {
    '\\.tsx$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Two also where there is one core: in the parent process nothing frees what earlier files left, and a server whose
  // heap is nearly full sends polls back, as it should.
  maxWorkers: Math.max(2, availableParallelism()),
  workerIdleMemoryLimit: '1500MB',
  testSequencer: '<rootDir>/test/support/slow-first.js',
  testTimeout: 60_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['{server,adapters,grants,views,migrations}/**/*.{ts,tsx}', '!server/main.ts'],
};
