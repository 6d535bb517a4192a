import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { decideExchange, type Exchanged, RULE_BOOK, type RuleBook } from '../../server/delegation/exchange.ts';
import { judge } from './oracle.ts';
import { rowsOf } from './page.ts';
import { type Dimension, exceeded } from './promises.ts';
import { type Attempt, chain, walk } from './random-chains.ts';

describe('every rule holds something up: without it, somebody gets more than the person approved', () => {
  const without = (id: string): RuleBook => ({
    rules: RULE_BOOK.rules.filter((rule) => rule.id !== id),
    links: RULE_BOOK.links.filter((link) => link.id !== id),
    limits: RULE_BOOK.limits.filter((limit) => limit.id !== id),
  });
  const books = new Map(
    [...RULE_BOOK.rules, ...RULE_BOOK.links, ...RULE_BOOK.limits].map(({ id }) => [id, without(id)] as const),
  );

  /** For each rule, how often which promise was broken once it was taken away. */
  const exceededWithout = new Map<string, Map<Dimension, number>>([...books.keys()].map((id) => [id, new Map()]));

  function takeAway(id: string, { request, facts, path }: Attempt): void {
    const outcome = decideExchange(request, facts, books.get(id));
    if (!outcome.ok) return;
    const found = exceededWithout.get(id);
    for (const dimension of exceeded({ request, facts, path, given: outcome.value })) {
      found?.set(dimension, (found.get(dimension) ?? 0) + 1);
    }
  }

  beforeAll(() => {
    fc.assert(
      fc.property(chain, (bytes) =>
        walk(bytes, (attempt): Exchanged | undefined => {
          const { broken, unknown } = judge(attempt.request, attempt.facts);
          if (unknown !== undefined) return undefined;
          const [only, ...more] = broken;
          if (only === undefined) {
            for (const { id } of RULE_BOOK.limits) takeAway(id, attempt);
            const outcome = decideExchange(attempt.request, attempt.facts);
            return outcome.ok ? outcome.value : undefined;
          }
          if (more.length === 0) {
            takeAway(only, attempt);
            if (only === 'R29') for (const { id } of RULE_BOOK.links) takeAway(id, attempt);
          }
          return undefined;
        }),
      ),
      { numRuns: 10_000, seed: 8693 },
    );
  }, 600_000);

  test.each(rowsOf(/^[RL]\d+$/).map((row) => [row[0] as string, row.at(-1) as Dimension] as const))(
    'without %s, %s is exceeded',
    (id, dimension) => {
      expect(exceededWithout.get(id)?.get(dimension) ?? 0).toBeGreaterThan(0);
    },
  );
});
