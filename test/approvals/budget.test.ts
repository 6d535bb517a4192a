import { describe, expect, test } from '@jest/globals';

import {
  isFast,
  mayPush,
  mutedUntil,
  PROMPT_LIMITS,
  type PromptHistory,
  promptRefusal,
  REACHES,
} from '../../server/approvals/budget.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const HOUR = 60;
const DAY = 24 * HOUR;
const nobody = Object.fromEntries(
  REACHES.map((reach) => [reach, { count: 0, nextEnd: null }]),
) as PromptHistory['open'];
const quiet: PromptHistory = { denied: [], expired: [], open: nobody, hourly: nobody };
const denied = (...minutes: number[]) => minutes.map((before) => ({ at: ago(before), actions: ['a.b'] }));
/** The first of them said what to ask instead. */
const suggesting = ([first, ...others]: ReturnType<typeof denied>) => [
  ...(first ? [{ ...first, suggested: true }] : []),
  ...others,
];
const refusal = (history: Partial<PromptHistory>, actions = ['a.b'], limits = PROMPT_LIMITS) =>
  promptRefusal(actions, { ...quiet, ...history }, limits, NOW);

test('nothing before: it may ask', () => {
  expect(refusal({})).toBeUndefined();
});

describe('U5-4: after a denial the same is not asked again for a quarter of an hour', () => {
  test.each([
    ['just now', denied(0), ['a.b'], 900],
    ['14 minutes ago', denied(14), ['a.b'], 60],
    ['a quarter of an hour ago', denied(15), ['a.b'], undefined],
    ['another action', denied(1), ['a.c'], undefined],
    ['the same among others', denied(1), ['a.c', 'a.b'], 840],
    ['two denials: the later counts', denied(14, 2), ['a.b'], 780],
  ])('%s', (_, before, actions, retryAfter) => {
    expect(refusal({ denied: before }, actions)).toEqual(
      retryAfter === undefined ? undefined : { reason: 'recently_denied', retryAfter },
    );
  });

  test('an organization that wants none has none', () => {
    expect(refusal({ denied: denied(0) }, ['a.b'], { ...PROMPT_LIMITS, cool_off_minutes: 0 })).toBeUndefined();
  });
});

describe('three denials, or four questions without an answer, within a day mute for seven days', () => {
  const until = (history: Partial<PromptHistory>) => mutedUntil({ ...quiet, ...history }, PROMPT_LIMITS, NOW);
  const expired = (...minutes: number[]) => minutes.map(ago);
  test.each([
    ['two denials', { denied: denied(1, 2) }, undefined],
    [
      'three in an hour, once with a word of what to ask instead',
      { denied: suggesting(denied(10, 30, 60)) },
      undefined,
    ],
    [
      'three in an hour, and one such',
      { denied: [...denied(10, 30, 60), ...suggesting(denied(5))] },
      ago(10 - 7 * DAY),
    ],
    ['three in an hour', { denied: denied(10, 30, 60) }, ago(10 - 7 * DAY)],
    ['three in exactly a day', { denied: denied(0, 60, DAY) }, ago(-7 * DAY)],
    ['three in more than a day', { denied: denied(0, 60, DAY + 1) }, undefined],
    ['three in a day, six days ago', { denied: denied(6 * DAY, 6 * DAY + 1, 6 * DAY + 2) }, ago(-DAY)],
    ['three in a day, a week ago', { denied: denied(7 * DAY, 7 * DAY + 1, 7 * DAY + 2) }, undefined],
    [
      'the last of several runs counts',
      { denied: denied(5, 10, 15, 3 * DAY, 3 * DAY + 1, 3 * DAY + 2) },
      ago(5 - 7 * DAY),
    ],
    ['three without an answer', { expired: expired(1, 2, 3) }, undefined],
    ['four without an answer', { expired: expired(1, 2, 3, 4) }, ago(1 - 7 * DAY)],
    ['two and two of each', { denied: denied(1, 2), expired: expired(1, 2) }, undefined],
  ])('%s', (_, history, expected) => {
    expect(until(history)).toEqual(expected);
  });

  test('a muted agent asks for nothing, and hears for how long', () => {
    expect(refusal({ denied: denied(20, 30, 60) }, ['x.y'])).toEqual({
      reason: 'agent_muted',
      retryAfter: (7 * DAY - 20) * 60,
    });
  });
});

describe('as many questions may wait, and as many may be asked within an hour', () => {
  const of = (reach: string, count: number) => ({ ...nobody, [reach]: { count, nextEnd: ago(-2) } }) as typeof nobody;
  test.each(REACHES)('of one %s', (reach) => {
    const tooMany = { reason: 'too_many_questions', reach, retryAfter: 120 };
    expect(refusal({ open: of(reach, PROMPT_LIMITS.open[reach] - 1) })).toBeUndefined();
    expect(refusal({ open: of(reach, PROMPT_LIMITS.open[reach]) })).toEqual(tooMany);
    expect(refusal({ hourly: of(reach, PROMPT_LIMITS.hourly[reach] - 1) })).toBeUndefined();
    expect(refusal({ hourly: of(reach, PROMPT_LIMITS.hourly[reach]) })).toEqual(tooMany);
  });

  test('whatever the clocks say, an agent is never told to come back at once', () => {
    const ended = { ...nobody, pair: { count: 5, nextEnd: ago(1) } };
    expect(refusal({ open: ended })).toMatchObject({ retryAfter: 1 });
  });
});

test.each([
  ['low', 10, false],
  ['medium', 999, true],
  ['medium', 1000, false],
  ['high', 10, true],
] as const)('a yes to %s impact after %d ms is fast: %s', (impact, milliseconds, fast) => {
  expect(isFast(impact, NOW, new Date(NOW.getTime() + milliseconds))).toBe(fast);
  expect(isFast(impact, null, NOW)).toBe(false);
});

test.each([
  ['the first', [0, 0, 0], { push: true }],
  ['the third in ten minutes', [0, 2, 2], { push: true }],
  ['one of this agent rings already', [1, 1, 1], { push: false, because: 'open_push' }],
  ['U3-10: the fourth in ten minutes', [0, 3, 3], { push: false, because: 'ten_minutes' }],
  ['the twentieth in a day', [0, 0, 19], { push: true }],
  ['the twenty-first in a day', [0, 0, 20], { push: false, because: 'day' }],
] as const)('push: %s', (_, [openOfAgent, lastTenMinutes, lastDay], expected) => {
  expect(mayPush({ openOfAgent, lastTenMinutes, lastDay }, PROMPT_LIMITS.pushes)).toEqual(expected);
});
