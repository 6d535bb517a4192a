import type { ComponentChildren } from 'preact';

import { LANGUAGES, type Language, type PageLanguage } from './language.ts';
import { inPseudo } from './pseudo.ts';
import type { Message, Said, SlotArguments } from './words.ts';

/** One language as it is spoken: our sentences, and numbers, lists and times as its readers write them. */
export interface Speaker {
  /** For `<html lang>`. */
  readonly language: PageLanguage;
  readonly direction: 'ltr' | 'rtl';
  /** In which the catalogue's texts are asked for. */
  readonly catalogue: Language;
  /** A sentence as text. Slots are not escaped here: they go where text goes. */
  say<M extends Message>(message: M, ...slots: SlotArguments<M, string | number>): Said;
  /** A sentence with markup in its slots. */
  markup<M extends Message>(message: M, ...slots: SlotArguments<M, ComponentChildren>): ComponentChildren[];
  number(value: number): Said;
  /** A decimal amount with its cents, exactly. */
  amount(value: string): Said;
  /** "a, b and c", in stretches, so that each may be set apart. */
  list(items: readonly string[]): { text: string; item: number | undefined }[];
  /** "a, b or c". */
  either(items: readonly string[]): Said;
  /** A clock time, with weekday and date where it is another day in this zone (IANA name), and the year where it is another. */
  clock(at: Date, timeZone: string, now?: Date): Said;
  /** A clock time to the second, for what is counted in seconds. */
  toSecond(at: Date, timeZone: string): Said;
  /** A calendar date in this zone. */
  date(at: Date, timeZone: string): Said;
  /** "UTC+2": how far this zone is from UTC at that time. */
  zone(at: Date, timeZone: string): Said;
  /** Seconds in the largest unit that says them in one number: "10 minutes". */
  duration(seconds: number): Said;
}

/** The same speaker every time: making its formatters costs a hundred times their use. */
export function speakerOf(language: PageLanguage): Speaker {
  let speaker = speakers.get(language);
  if (!speaker) {
    speaker = newSpeaker(language);
    speakers.set(language, speaker);
  }
  return speaker;
}

const speakers = new Map<PageLanguage, Speaker>();

function newSpeaker(language: PageLanguage): Speaker {
  const spoken = LANGUAGES.find((one) => one === language);
  const base = spoken ?? 'en';
  const locale = LOCALES[base];
  // What a formatter says in a pseudo-language is marked as well: its words too are not hard-coded.
  const written = (text: string) => (spoken === undefined ? inPseudo(text, language) : text.replace(THIN, ' ')) as Said;
  const numbers = new Intl.NumberFormat(locale);
  const amounts = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const plurals = new Intl.PluralRules(locale);
  const lists = new Intl.ListFormat(locale);
  const choices = new Intl.ListFormat(locale, { type: 'disjunction' });
  const dates = formatters((options) => new Intl.DateTimeFormat(locale, options));
  const units = formatters((options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options));

  const sentence = (message: Message, slots: Readonly<Record<string, unknown>>): string => {
    const said = message[base];
    const text = typeof said === 'string' ? said : (said[plurals.select(Number(slots.count))] ?? said.other);
    return spoken === undefined ? inPseudo(text, language) : text;
  };
  const day = (at: Date, timeZone: string) => dates({ dateStyle: 'short', timeZone }).format(at);
  const year = (at: Date, timeZone: string) => dates({ year: 'numeric', timeZone }).format(at);
  const number = (value: number) => numbers.format(value).replace(THIN, ' ');

  return {
    language,
    direction: language === 'ar-XB' ? 'rtl' : 'ltr',
    catalogue: base,
    say(message, ...[slots = {}]) {
      const values: Readonly<Record<string, unknown>> = slots;
      return sentence(message, values).replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = values[name];
        return typeof value === 'number' ? number(value) : String(value);
      }) as Said;
    },
    markup(message, ...[slots = {}]) {
      const values = slots as Readonly<Record<string, ComponentChildren>>;
      return sentence(message, values)
        .split(/\{(\w+)\}/)
        .map((piece, index) => {
          if (index % 2 === 0) return piece;
          const value = values[piece];
          return typeof value === 'number' ? number(value) : value;
        });
    },
    number: (value) => number(value) as Said,
    amount: (value) => amounts.format(value as Intl.StringNumericLiteral).replace(THIN, ' ') as Said,
    list(items) {
      let next = 0;
      return lists
        .formatToParts(items)
        .map(({ type, value }) =>
          type === 'element' ? { text: value, item: next++ } : { text: written(value), item: undefined },
        );
    },
    either: (items) =>
      choices
        .formatToParts(items)
        .map(({ type, value }) => (type === 'element' ? value : written(value)))
        .join('') as Said,
    clock(at, timeZone, now = new Date()) {
      const time = dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(at);
      if (day(at, timeZone) === day(now, timeZone)) return time as Said;
      const isOtherYear = year(at, timeZone) !== year(now, timeZone);
      const date = dates({
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        ...(isOtherYear && { year: 'numeric' }),
        timeZone,
      }).format(at);
      return `${written(date)} ${time}` as Said;
    },
    toSecond: (at, timeZone) =>
      dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone }).format(at) as Said,
    date: (at, timeZone) => written(dates({ day: 'numeric', month: 'short', year: 'numeric', timeZone }).format(at)),
    zone: (at, timeZone) =>
      dates({ timeZone, timeZoneName: 'shortOffset' })
        .formatToParts(at)
        .find(({ type }) => type === 'timeZoneName')
        ?.value.replace('GMT', 'UTC') as Said,
    duration(seconds) {
      const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second'];
      return written(units({ style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size));
    },
  };
}

/** Days before months in English too: the catalogue's sentences are written for "24 Nov". */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' };

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

// Intl puts narrow and unbreakable spaces into numbers and dates; a person who copies one copies a plain one.
const THIN = /[\u00a0\u2009\u202f]/g;

/** Each formatter once per set of options. Time zones are people's own, so there are as many as the world has. */
function formatters<Options extends object, Formatter>(make: (options: Options) => Formatter) {
  const made = new Map<string, Formatter>();
  return (options: Options): Formatter => {
    const key = JSON.stringify(options);
    let formatter = made.get(key);
    if (formatter === undefined) {
      formatter = make(options);
      made.set(key, formatter);
    }
    return formatter;
  };
}
