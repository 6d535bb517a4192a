import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { compared } from './compared.ts';
import { chain, walk } from './random-chains.ts';

/** Fewer where each of many mutants is tried. */
const CHAINS = Number(process.env.CHAINS ?? 100_000);

test('random chains, honest or not: what is given is what the rules say, and no more than the person approved', () => {
  const seen = { allowed: 0, refused: 0, further: 0, deepest: 0, longest: 0 };
  fc.assert(
    fc.property(chain, (bytes) =>
      walk(bytes, (attempt) => {
        const given = compared(attempt);
        if (!given) {
          seen.refused += 1;
          return undefined;
        }
        seen.allowed += 1;
        if (given.derived?.agent === null) seen.further += 1;
        seen.deepest = Math.max(seen.deepest, given.depth);
        seen.longest = Math.max(seen.longest, attempt.path.length);
        return given;
      }),
    ),
    { numRuns: CHAINS },
  );
  // It says something only if there is much of each, and chains really grow.
  if (CHAINS < 100_000) return;
  expect(seen.allowed).toBeGreaterThan(CHAINS);
  expect(seen.refused).toBeGreaterThan(CHAINS);
  expect(seen.further).toBeGreaterThan(CHAINS / 100);
  expect(seen.deepest).toBe(4);
  expect(seen.longest).toBe(6);
}, 120_000);
