// What the pure tests use of `@jest/globals`, where no Jest runs: `runner.js` collects and runs them.
export { expect } from 'expect';

export const describe = (_, work) => work();

export const test = (name, work) => globalThis.collectTest(name, work);

test.each = (rows) => (name, work) => {
  for (const [index, row] of rows.entries()) {
    test(`${name} (${index + 1})`, () => (Array.isArray(row) ? work(...row) : work(row)));
  }
};
