import { expect, test } from '@jest/globals';
import { IMPACTS } from '../../server/catalogue/action.ts';
import { durationChoices, durationSeconds, LONGEST, lastingFact } from '../../server/catalogue/duration.ts';
import { actionOf, catalogue } from './demonstration.ts';

const at = (now: string, timeZone = 'Europe/Berlin') => ({ now: new Date(now), timeZone });
const read = actionOf('calendar.events.read');
const send = actionOf('calendar.invitations.send');
const values = (choices: { value: string; seconds: number }[]) => choices.map(({ value, seconds }) => [value, seconds]);

test('where an API counts no use, the shortest time is offered and "once" is not', () => {
  const choices = durationChoices(read, 'low', { ...at('2026-11-24T13:02:00Z'), counted: false });
  expect(choices[0]).toEqual({ value: 'PT10M', label: '10 min', seconds: 600, maxUses: null });
  expect(choices.every(({ maxUses }) => maxUses === null)).toBe(true);
  expect(choices.map(({ value }) => value)).not.toContain('once');
});

test('the only choice is said by the sixth fact, truly', () => {
  const [once] = durationChoices(read, 'high', at('2026-11-24T13:02:00Z'));
  const [shortest] = durationChoices(read, 'low', { ...at('2026-11-24T13:02:00Z'), counted: false });
  if (!once || !shortest) throw new Error('no choice');
  expect(lastingFact(once, 'en')).toBe('Once, within 10 minutes');
  expect(lastingFact(once, 'de')).toBe('Einmal, innerhalb von 10 Minuten');
  expect(lastingFact(shortest, 'en')).toBe('As often as it likes, for 10 minutes');
  // Of several who approve, the last one's approval is when it begins.
  expect(lastingFact(once, 'en', 2)).toBe('Once, within 10 minutes after both approvals');
  expect(lastingFact(once, 'de', 2)).toBe('Einmal, innerhalb von 10 Minuten nach beiden Freigaben');
  expect(lastingFact(once, 'de', 3)).toBe('Einmal, innerhalb von 10 Minuten nach allen Freigaben');
});

test('reading may last an hour, the rest of the day or a day; once stands first (U2-5)', () => {
  expect(durationChoices(read, 'low', at('2026-11-24T13:02:00Z'))).toEqual([
    { value: 'once', label: 'Once, 10 min', seconds: 600, maxUses: 1 },
    { value: 'PT1H', label: '1 hour', seconds: 3_600, maxUses: null },
    { value: 'today', label: 'Today', seconds: 35_880, maxUses: null },
    { value: 'P1D', label: '1 day', seconds: 86_400, maxUses: null },
  ]);
});

test('medium impact lasts an hour at most', () => {
  expect(values(durationChoices(send, 'medium', at('2026-11-24T13:02:00Z')))).toEqual([
    ['once', 600],
    ['PT1H', 3_600],
  ]);
});

test.each(['high', 'critical'] as const)('%s impact is once, whatever the action allows', (impact) => {
  expect(values(durationChoices(read, impact, at('2026-11-24T13:02:00Z')))).toEqual([['once', 600]]);
});

test('today ends with the day of the person, not of the server', () => {
  const today = (timeZone: string) =>
    durationChoices(read, 'low', at('2026-11-24T20:30:00Z', timeZone)).find(({ value }) => value === 'today')?.seconds;

  expect(today('UTC')).toBe(3.5 * 3_600);
  expect(today('Europe/Berlin')).toBe(2.5 * 3_600);
  expect(today('Asia/Tokyo')).toBe(18.5 * 3_600);
});

test.each([
  ['the night the clocks go back', '2026-10-24T23:30:00Z', 'Europe/Berlin', 23.5 * 3_600],
  ['the night the clocks go forward', '2026-03-28T23:30:00Z', 'Europe/Berlin', 22.5 * 3_600],
  ['a zone whose midnight is skipped', '2026-04-23T18:00:00Z', 'Africa/Cairo', 4 * 3_600],
])('today is right in %s', (_, now, timeZone, seconds) => {
  const today = durationChoices(read, 'low', at(now, timeZone)).find(({ value }) => value === 'today');

  expect(today?.seconds).toBe(seconds);
});

test('today is not offered when it would be over before once is', () => {
  expect(values(durationChoices(read, 'low', at('2026-11-24T22:55:00Z')))).toEqual([
    ['once', 600],
    ['PT1H', 3_600],
    ['P1D', 86_400],
  ]);
});

test('no choice of any action is longer than its impact or the action allows (U2-5)', () => {
  for (const action of catalogue.actions.values()) {
    for (const impact of IMPACTS) {
      const choices = durationChoices(action, impact, at('2026-11-24T00:00:00Z'));
      expect(choices[0]?.value).toBe('once');
      expect(Math.max(...choices.map(({ seconds }) => seconds))).toBeLessThanOrEqual(
        Math.min(LONGEST[impact], action.durations.maxSeconds),
      );
    }
  }
});

test.each([
  ['PT10M', 600],
  ['PT1H', 3_600],
  ['P1D', 86_400],
  ['P1DT1H1M1S', 90_061],
  ['P', undefined],
  ['PT', undefined],
  ['P1DT', undefined],
  ['P1M', undefined],
  ['P1Y', undefined],
  ['PT1.5H', undefined],
  ['-PT1H', undefined],
  ['30d', undefined],
  ['once', undefined],
  ['PT99999999999H', undefined],
])('duration %s', (duration, seconds) => {
  expect(durationSeconds(duration)).toBe(seconds);
});
