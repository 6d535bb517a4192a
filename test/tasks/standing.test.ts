import { expect, test } from '@jest/globals';

import { STANDING_AFTER, standingTerms } from '../../server/tasks/standing.ts';

const exact = { standing: 'exact' } as const;
const low = { action: exact, impact: 'low' } as const;
const medium = { action: exact, impact: 'medium' } as const;

test.each([
  ['low', [low], 3, { days: 30, uses: 100, daily: 20 }],
  ['medium', [medium], 3, { days: 7, uses: 20, daily: 5 }],
  ['both: the tighter of each', [low, medium], 3, { days: 7, uses: 20, daily: 5 }],
  ['the second time', [low], STANDING_AFTER - 1, undefined],
  ['high is always asked', [{ action: exact, impact: 'high' } as const], 9, undefined],
  ['critical is always asked', [{ action: exact, impact: 'critical' } as const], 9, undefined],
  ['one of two is high', [low, { action: exact, impact: 'high' } as const], 9, undefined],
  ['its catalogue does not offer it', [{ action: { standing: 'never' }, impact: 'low' } as const], 9, undefined],
  ['one of two is not offered', [low, { action: { standing: 'never' }, impact: 'low' } as const], 9, undefined],
  ['nothing', [], 9, undefined],
] as const)('U6-4: what may repeat: %s', (_, actions, approvals, terms) => {
  expect(standingTerms(actions, approvals)).toEqual(terms);
});
