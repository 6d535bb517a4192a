import { expect, test } from '@jest/globals';

import { tryChains } from './compared.ts';

test('two million random chains: none gives more than the person approved', () => {
  expect(tryChains(2_000_000).allowed).toBeGreaterThan(2_000_000);
}, 1_800_000);
