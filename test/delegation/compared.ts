import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import fc from 'fast-check';

import { type Exchanged, explainExchange } from '../../server/delegation/exchange.ts';
import { judge } from './oracle.ts';
import { exceeded } from './promises.ts';
import { type Attempt, chain, walk } from './random-chains.ts';

/**
 * Decides as the server does, and holds it to the page: the same way, the same rules broken in the same order, and the
 * same thing given; and whatever is given keeps every promise.
 */
export function compared({ request, facts, path }: Attempt): Exchanged | undefined {
  const { way, unknown, broken, given } = judge(request, facts);
  const { way: taken, rules, outcome } = explainExchange(request, facts);
  const said = {
    way: taken,
    broken: rules.filter(({ refusal }) => refusal).map(({ rule }) => rule),
    given: outcome.ok ? outcome.value : undefined,
  };
  const expected =
    unknown === undefined
      ? { way, broken, given: broken.length === 0 ? given : undefined }
      : { way, broken: [], given: undefined };
  // A hundred times quicker than the sentence that says what differs.
  if (!isDeepStrictEqual(said, expected)) expect(said).toStrictEqual(expected);
  if (!outcome.ok) return undefined;
  const beyond = exceeded({ request, facts, path, given: outcome.value });
  if (beyond.length > 0) expect({ beyond, said }).toEqual({ beyond: [], said });
  return outcome.value;
}

/** So many random chains, each shrunk to the shortest that differs, should one; answers how much of what there was. */
export function tryChains(chains: number) {
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
    { numRuns: chains },
  );
  return seen;
}
