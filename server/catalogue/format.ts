import { LEXICON, languageOf } from './language.ts';
import type { Filter } from './template.ts';

/** How a parameter is shown. It also fixes what its schema may look like (`schema.ts`). */
export type Format = (typeof FORMATS)[number];
export const FORMATS = ['text', 'id', 'email', 'money', 'count', 'date', 'instant', 'flag', 'list', 'changes'] as const;

/** For whom something is shown. */
export interface Reader {
  readonly organizationName: string;
  readonly organizationDomains: readonly string[];
  readonly personName: string;
  readonly personEmail: string;
  /** BCP 47. */
  readonly locale: string;
  /** IANA name. */
  readonly timeZone: string;
}

export interface Money {
  readonly currency: string;
  readonly value: string;
}

/** Characters of one value that stand in a sentence; the rest of a longer one stands further down the page. */
export const SHOWN_CHARACTERS = 60;

/** A value as a person reads it; a counted one has its noun beside it. */
export interface Shown {
  readonly text: string;
  readonly noun?: string;
}

/** One value in full. Undefined when filters leave nothing of it. */
export function showValue(
  format: Format,
  value: unknown,
  filters: readonly Filter[],
  reader: Pick<Reader, 'locale' | 'timeZone' | 'organizationDomains'>,
): Shown | undefined {
  const locale = localeOf(reader.locale);
  let current = value;
  let full = false;
  for (const filter of filters) {
    switch (filter.name) {
      case 'full':
        full = true;
        break;
      case 'inside':
      case 'outside': {
        const outside = filter.name === 'outside';
        current = strings(current).filter((address) => isOutside(address, reader.organizationDomains) === outside);
        if (strings(current).length === 0) return undefined;
        break;
      }
      case 'names':
        current = Object.keys(current as object).toSorted();
        break;
      case 'count':
        return showCount(sizeOf(current), filter.one, filter.other, locale);
    }
  }
  return { text: spell(format, current, full, locale, reader.timeZone) };
}

/** Two dates as one stretch of time: "24–28 Nov". The year is shown when asked for, and whenever it is not the same. */
export function showDates(from: string, to: string, full: boolean, locale: string): string {
  const format = dateFormat(localeOf(locale), {
    day: 'numeric',
    month: 'short',
    ...((full || from.slice(0, 4) !== to.slice(0, 4)) && { year: 'numeric' }),
    timeZone: 'UTC',
  });
  if (from === to) return plain(format.format(new Date(from)));
  // "24 – 28 Nov" reads as one thing without the spaces; "30 Nov – 2 Dec" does not.
  return plain(format.formatRange(new Date(from), new Date(to))).replace(/(?<=(?:^|\D)\d{1,2}) – (?=\d)/, '–');
}

/** Is this address outside of these domains? Only the domain itself is inside: who runs a subdomain is not known here. */
export function isOutside(address: string, domains: readonly string[]): boolean {
  const host = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return !domains.some((domain) => host === domain.toLowerCase());
}

/** The first {@link SHOWN_CHARACTERS} characters, with a word about the rest. Never cuts a character in two. */
export function shorten(text: string, locale: string): string {
  if ([...text].length <= SHOWN_CHARACTERS) return text;
  let shown = '';
  let characters = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    characters += [...segment].length;
    if (characters > SHOWN_CHARACTERS) break;
    shown += segment;
  }
  return `${shown}… (${LEXICON[languageOf(locale)].fullTextBelow})`;
}

function spell(format: Format, value: unknown, full: boolean, locale: string, timeZone: string): string {
  if (Array.isArray(value)) return new Intl.ListFormat(locale).format(strings(value));
  switch (format) {
    case 'money':
      return showMoney(value as Money, locale);
    case 'count':
      return showNumber(value as number, locale);
    case 'date':
      return showDates(value as string, value as string, full, locale);
    case 'instant':
      return showInstant(value as string, full, locale, timeZone);
    case 'flag':
      return LEXICON[languageOf(locale)].flag[value === true ? 'yes' : 'no'];
    case 'changes':
      // Sorted, because the order is the agent's; texts quoted, because null and "emptied" are not the same change.
      return Object.entries(value as object)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, changed]) => `${name}: ${showChange(changed, locale)}`)
        .join('; ');
    default:
      return String(value);
  }
}

const showChange = (value: unknown, locale: string): string => {
  const words = LEXICON[languageOf(locale)];
  if (value === null) return words.emptied;
  return typeof value === 'string' ? words.quote(value) : String(value);
};

/** Does a value that was checked against no schema look like an amount? */
export const isMoney = (value: unknown): value is Money => {
  const { currency, value: amount, ...rest } = Object(value) as Partial<Money>;
  return (
    /^[A-Z]{3}$/.test(String(currency)) && /^\d{1,12}(\.\d{1,2})?$/.test(String(amount)) && !Object.keys(rest).length
  );
};

/** "EUR 5,000.00". */
export function showMoney({ currency, value }: Money, locale: string): string {
  const format = numberFormat(localeOf(locale), {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  // A decimal in a string is formatted exactly; through a number, 999999999999.99 would already be at the edge.
  return plain(format.format(value as Intl.StringNumericLiteral));
}

function showInstant(value: string, full: boolean, locale: string, timeZone: string): string {
  const at = new Date(value);
  // Every digit that was asked for is shown: 10:00 must not stand for 10:00:59.
  const milliseconds = at.getTime() % 60_000;
  const text = dateFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(full && { year: 'numeric', timeZoneName: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    ...(milliseconds !== 0 && { second: '2-digit' }),
    ...(milliseconds % 1000 !== 0 && { fractionalSecondDigits: 3 }),
    hourCycle: 'h23',
    timeZone,
  }).format(at);
  return plain(text);
}

function showCount(count: number, one: string, other: string, locale: string): Shown {
  const noun = new Intl.PluralRules(locale).select(count) === 'one' ? one : other;
  return { text: showNumber(count, locale), noun };
}

const showNumber = (value: number, locale: string): string => plain(numberFormat(locale).format(value));

const sizeOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  return Array.isArray(value) ? value.length : Object.keys(value as object).length;
};

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);

// Making one of these costs a hundred times its use, and an inbox shows many rows. Bounded, because a browser names
// the language.
const formatters = new Map<string, unknown>();
const kept = <T>(kind: string, options: object, make: () => T): T => {
  const key = `${kind} ${JSON.stringify(options)}`;
  const known = formatters.get(key) as T | undefined;
  if (known !== undefined) return known;
  if (formatters.size >= 200) formatters.clear();
  const made = make();
  formatters.set(key, made);
  return made;
};
const dateFormat = (locale: string, options: Intl.DateTimeFormatOptions) =>
  kept('date', { locale, ...options }, () => new Intl.DateTimeFormat(locale, options));
const numberFormat = (locale: string, options: Intl.NumberFormatOptions = {}) =>
  kept('number', { locale, ...options }, () => new Intl.NumberFormat(locale, options));

// Intl puts narrow and unbreakable spaces into numbers and ranges; a person who types a value types a plain one.
const plain = (text: string): string => text.replace(/[\u00a0\u2009\u202f]/g, ' ');

// The catalogue's sentences are written for "24 Nov", not for "Nov 24".
const localeOf = (locale: string): string => (locale === 'en' ? 'en-GB' : locale);
