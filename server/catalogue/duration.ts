import type { Action, Impact } from './action.ts';
import { LEXICON, languageOf } from './language.ts';

/** One answer to "how long may it do this?". `value` is what the form posts; `maxUses` null means without a limit. */
export interface DurationChoice {
  readonly value: string;
  readonly label: string;
  readonly seconds: number;
  readonly maxUses: number | null;
}

/** Longest grant by impact, in seconds: a day, an hour, and ten minutes for what cannot be taken back. */
export const LONGEST: Readonly<Record<Impact, number>> = { low: 86_400, medium: 3_600, high: 600, critical: 600 };

const ONCE_SECONDS = 600;

/**
 * What a person may choose, the narrowest (preselected) first: once, where each use is counted; where an API only
 * validates tokens, the shortest time, because that is all that is true. Nothing is longer than the impact and the
 * action allow. `today` ends with the person's own day.
 */
export function durationChoices(
  action: Pick<Action, 'durations'>,
  impact: Impact,
  { now, timeZone, locale = 'en', counted = true }: { now: Date; timeZone: string; locale?: string; counted?: boolean },
): DurationChoice[] {
  const words = LEXICON[languageOf(locale)];
  const longest = Math.min(LONGEST[impact], action.durations.maxSeconds);
  const once = Math.min(ONCE_SECONDS, longest);
  const minutes = Math.round(once / 60);
  const choices: DurationChoice[] = counted
    ? [{ value: 'once', label: words.once(minutes), seconds: once, maxUses: 1 }]
    : [
        {
          value: once % 60 === 0 ? `PT${minutes}M` : `PT${once}S`,
          label: words.window(minutes),
          seconds: once,
          maxUses: null,
        },
      ];
  // Above medium nothing lasts: one use, whatever the clock says.
  if (LONGEST[impact] <= ONCE_SECONDS) return choices;

  const more = [
    { value: 'PT1H', label: spell(3_600, locale), seconds: 3_600 },
    { value: 'today', label: words.today, seconds: secondsLeftToday(now, timeZone) },
    {
      value: action.durations.max,
      label: spell(action.durations.maxSeconds, locale),
      seconds: action.durations.maxSeconds,
    },
  ];
  return [
    ...choices,
    ...more
      .filter(({ seconds }) => seconds > once && seconds <= longest)
      .filter(({ seconds }, index, all) => all.findIndex((other) => other.seconds === seconds) === index)
      .toSorted((a, b) => a.seconds - b.seconds)
      .map((choice) => ({ ...choice, maxUses: null })),
  ];
}

/**
 * What the sixth fact says where this is all there is to choose.
 *
 * @param approvals how many people approve it: the time begins with the last of them
 */
export function lastingFact(
  { seconds, maxUses }: Pick<DurationChoice, 'seconds' | 'maxUses'>,
  locale: string,
  approvals = 1,
): string {
  const words = LEXICON[languageOf(locale)];
  const lasting = (maxUses === 1 ? words.onceWithin : words.within)(spell(seconds, locale));
  return approvals < 2 ? lasting : `${lasting}${words.afterApprovals(approvals)}`;
}

/** Seconds of an ISO 8601 duration of days, hours, minutes and seconds; undefined for anything else, months included. */
export function durationSeconds(duration: string): number | undefined {
  const parts = /^P(?=.)(?:(\d{1,3})D)?(?:T(?=.)(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?)?$/.exec(duration);
  if (!parts) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** Whole seconds until the calendar date changes in this zone, found by halving: no zone has a rule that breaks it. */
function secondsLeftToday(now: Date, timeZone: string): number {
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeZone });
  const today = date.format(now);
  let same = Math.floor(now.getTime() / 1000);
  let other = same + 30 * 3_600;
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (date.format(middle * 1000) === today) same = middle;
    else other = middle;
  }
  return other - Math.floor(now.getTime() / 1000);
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** "10 minutes": the largest unit that says it in one number. */
export function spell(seconds: number, locale: string): string {
  const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size);
}
