// What the pure tests use of `@jest/globals`, where no Jest runs: `runner.ts` collects and runs them.
export { expect } from 'expect';

type Work = (...row: unknown[]) => unknown;

declare global {
  var collectTest: (name: string, work: () => unknown) => void;
}

export const describe = (_: string, work: () => void): void => work();

export const test = (name: string, work: () => unknown): void => globalThis.collectTest(name, work);

test.each =
  (rows: readonly unknown[]) =>
  (name: string, work: Work): void => {
    for (const [index, row] of rows.entries()) {
      test(`${name} (${index + 1})`, () => (Array.isArray(row) ? work(...row) : work(row)));
    }
  };
