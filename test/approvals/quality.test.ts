import { expect, test } from '@jest/globals';

import { type PromptQuality, promptAdvice } from '../../server/approvals/quality.ts';

const rushed: PromptQuality = {
  action: 'a.b',
  impact: 'low',
  prompts: 60,
  approved: 50,
  denied: 0,
  expired: 10,
  median_seconds: 1.4,
  deny_reasons: {},
};

test.each([
  ['fifty, all allowed, at once', {}, 'not_read'],
  ['one in a hundred denied', { approved: 99, denied: 1 }, 'not_read'],
  ['one in fifty denied', { approved: 49, denied: 1 }, undefined],
  ['too few to say', { approved: 49 }, undefined],
  ['three seconds', { median_seconds: 3 }, undefined],
  ['nobody looked', { median_seconds: null }, undefined],
])('people do not read it: %s', (_, more, advice) => {
  expect(promptAdvice({ ...rushed, ...more })).toBe(advice);
});
