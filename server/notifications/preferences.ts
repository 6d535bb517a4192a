import type { Impact } from '../catalogue/action.ts';
import type { ChannelName } from './notice.ts';

/** How a person wants to hear that something waits. */
export interface Preferences {
  /** In the order they are tried. */
  channels: readonly ChannelName[];
  fallbackMinutes: number;
  /** `summary` adds the headline of the task. */
  detail: 'minimal' | 'summary';
  /** Minutes of the person's day; over midnight where `to` is before `from`. */
  quiet: { from: number; to: number } | null;
  /** High and critical impact may ring at night. */
  highBreaksQuiet: boolean;
  /** Hears that somebody waits for this person; decides nothing. */
  deputy: string | null;
  deputyMinutes: number;
  /** By e-mail, what was allowed. */
  receipts: boolean;
}

/** What holds until a person says otherwise. */
export const USUAL: Preferences = {
  channels: ['push', 'email'],
  fallbackMinutes: 5,
  detail: 'minimal',
  quiet: null,
  highBreaksQuiet: true,
  deputy: null,
  deputyMinutes: 30,
  receipts: false,
};

/** When the quiet hours that hold now are over; undefined: it is not quiet. */
export function quietUntil({ quiet }: Preferences, now: Date, timeZone: string): Date | undefined {
  if (!quiet || quiet.from === quiet.to) return undefined;
  const minute = minuteOfDay(now, timeZone);
  const { from, to } = quiet;
  const isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!isQuiet) return undefined;
  // Within an hour where the clock is turned in between: nobody is called too early, at most a little late.
  const minutes = (to - minute + 1440) % 1440 || 1440;
  return new Date(Math.floor(now.getTime() / 60_000) * 60_000 + minutes * 60_000);
}

export const breaksQuiet = ({ highBreaksQuiet }: Preferences, impact: Impact): boolean =>
  highBreaksQuiet && (impact === 'high' || impact === 'critical');

function minuteOfDay(now: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const [hour = 0, minute = 0] = parts.format(now).split(':').map(Number);
  return hour * 60 + minute;
}
