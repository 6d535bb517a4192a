import { expect, test } from '@jest/globals';

import { tryChains } from './compared.ts';

/** Fewer where each of many mutants is tried. */
const CHAINS = Number(process.env.CHAINS ?? 100_000);

test('random chains, honest or not: what is given is what the rules say, and no more than the person approved', () => {
  const seen = tryChains(CHAINS);
  // It says something only if there is much of each, and chains really grow.
  if (CHAINS < 100_000) return;
  expect(seen.allowed).toBeGreaterThan(CHAINS);
  expect(seen.refused).toBeGreaterThan(CHAINS);
  expect(seen.further).toBeGreaterThan(CHAINS / 100);
  expect(seen.deepest).toBe(4);
  expect(seen.longest).toBe(6);
}, 600_000);
