import { describe, expect, test } from '@jest/globals';

import { COMPARATORS } from '../../server/catalogue/comparator.ts';
import { RULE_BOOK } from '../../server/delegation/exchange.ts';
import { ASKED } from './oracle.ts';
import { rowsOf } from './page.ts';

describe('docs/rules-of-delegation.md says what the code asks', () => {
  const waysOf = ({ ways }: { ways?: readonly string[] }) => (ways ?? []).join(', ');

  test('every rule, in the order asked', () => {
    expect(rowsOf(/^R(?!3[2-6])\d+$/).map((row) => row.slice(0, 3))).toEqual(
      RULE_BOOK.rules.map((rule) => [rule.id, rule.says, waysOf(rule)]),
    );
  });

  test('and the oracle asks them in that order', () => {
    expect(ASKED).toEqual(RULE_BOOK.rules.map(({ id }) => id));
  });

  test('every link', () => {
    expect(rowsOf(/^R3[2-6]$/).map((row) => row.slice(0, 2))).toEqual(
      RULE_BOOK.links.map(({ id, says }) => [id, says]),
    );
  });

  test('every limit of time', () => {
    expect(rowsOf(/^L\d+$/).map((row) => row.slice(0, 3))).toEqual(
      RULE_BOOK.limits.map((limit) => [limit.id, limit.says, waysOf(limit)]),
    );
  });

  test('every comparator', () => {
    const named = rowsOf(/^[a-z-]+$/).map(([name]) => name);
    expect(named).toEqual(expect.arrayContaining([...COMPARATORS]));
  });
});
