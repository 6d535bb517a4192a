import { expect, test } from '@jest/globals';

import { conformance, idsInDocument, idsInTests, isWellFormed } from './conformance.ts';

const ids = idsInTests();

test('every id of a specification that a test names is one of ours', () => {
  expect([...ids.keys()].filter((id) => !isWellFormed(id))).toEqual([]);
  expect(ids.size).toBeGreaterThan(100);
});

test('docs/conformance.md claims nothing that no test holds, and leaves out no id (npm run conformance)', () => {
  const written = idsInDocument();
  const untrue = [...written].flatMap(([id, files]) => [...files].filter((file) => !ids.get(id)?.has(file)));
  expect(untrue).toEqual([]);
  // That one more file names an id is no reason for everybody's next change to touch this page.
  expect([...ids.keys()].filter((id) => !written.has(id))).toEqual([]);
});

test('the page that would be generated reads back as what the tests name', () => {
  expect([...conformance(ids).matchAll(/^\| ([A-Z][\w-]*) \|/gm)].map(([, id]) => id).toSorted()).toEqual(
    [...ids.keys()].toSorted(),
  );
});
