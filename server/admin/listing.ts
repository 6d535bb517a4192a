import { LISTING } from '../../views/words/console-list.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { BadRequest } from '../http/form.ts';

/**
 * How a list is asked for: by the console in its address, by the admin API and the command line in a query. One text
 * of words and `name:value` pairs, a column to sort by (`-column` downwards), and where to go on.
 */
export interface Listing {
  /** Pairs as they were written; a value with spaces stands in quotation marks. */
  filters: readonly { name: string; value: string }[];
  /** The rest of the text. */
  words: readonly string[];
  sort: string;
  descending: boolean;
  /** The last row before this page: its sort key and its id. */
  after: readonly [key: string, id: string] | undefined;
}

/** What may be asked of one list. */
export interface ListingRules {
  /** Names of filters, and the values they take where these are few. */
  filters: Readonly<Record<string, readonly string[] | undefined>>;
  sorts: readonly string[];
  /** The order where none is asked for, `-` before it for downwards. */
  order: string;
}

/** One page of a list, and where the next begins. */
export interface Page<Row> {
  rows: readonly Row[];
  next: string | undefined;
}

/** How one page of any other list is asked for. */
export interface PageAsked {
  /** Each of them stands in the row. */
  words: readonly string[];
  /** By name; each list says which there are. */
  filters: Readonly<Record<string, string>>;
  after: readonly [key: string, id: string] | undefined;
  limit: number;
}

/** A page of a list that is short enough to be read whole. `key` tells its rows apart, and orders them. */
export function pageOf<Row>(
  rows: readonly Row[],
  { words, filters, after, limit }: PageAsked,
  rules: {
    key: (row: Row) => string;
    words: (row: Row) => readonly (string | null)[];
    filters?: Readonly<Record<string, (row: Row, value: string) => boolean>>;
  },
): Page<Row> {
  const fits = (row: Row): boolean => {
    const text = rules.words(row).join(' ').toLowerCase();
    const isThere = words.every((word) => text.includes(word.toLowerCase()));
    return isThere && Object.entries(filters).every(([name, value]) => rules.filters?.[name]?.(row, value));
  };
  const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
  const rest = rows
    .filter((row) => fits(row) && (after === undefined || rules.key(row) > after[0]))
    .toSorted((one, other) => order(rules.key(one), rules.key(other)));
  const last = rest[limit - 1];
  return { rows: rest.slice(0, limit), next: rest.length > limit && last ? cursorOf(rules.key(last), '') : undefined };
}

/** Every row of a list that is read page by page. */
export async function everyRow<Row>(page: (asked: PageAsked) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let after: PageAsked['after'];
  do {
    const { rows: more, next } = await page({ words: [], filters: {}, after, limit: 1000 });
    rows.push(...more);
    after = next === undefined ? undefined : parseCursor(next);
  } while (after !== undefined);
  return rows;
}

export type ParsedListing = { ok: true; listing: Listing } | { ok: false; problem: Saying };

const LIMIT = { characters: 500, parts: 20 };

/** Reads `q`, `sort` and `after`; what is unknown is refused with what would be known. */
export function parseListing(
  query: { q?: string | undefined; sort?: string | undefined; after?: string | undefined },
  rules: ListingRules,
): ParsedListing {
  const refuse = (problem: Saying): ParsedListing => ({ ok: false, problem });
  const { q = '', sort = rules.order, after } = query;
  if (q.length > LIMIT.characters) return refuse(saying(LISTING.tooLong, { limit: LIMIT.characters }));
  const parts = partsOf(q);
  if (parts.length > LIMIT.parts) return refuse(saying(LISTING.tooMany, { limit: LIMIT.parts }));
  const filters: { name: string; value: string }[] = [];
  const words: string[] = [];
  for (const { name, value } of parts) {
    if (name === undefined) {
      words.push(value);
      continue;
    }
    if (!Object.hasOwn(rules.filters, name))
      return refuse(saying(LISTING.noSuchFilter, { name, names: Object.keys(rules.filters).join(', ') }));
    const values = rules.filters[name];
    if (values && !values.includes(value)) return refuse(saying(LISTING.oneOf, { name, values: values.join(', ') }));
    if (value === '') return refuse(saying(LISTING.noValue, { name }));
    filters.push({ name, value });
  }
  const descending = sort.startsWith('-');
  const column = descending ? sort.slice(1) : sort;
  if (!rules.sorts.includes(column)) return refuse(saying(LISTING.noSuchOrder, { names: rules.sorts.join(', ') }));
  const from = after === undefined ? undefined : parseCursor(after);
  if (after !== undefined && !from) return refuse(saying(LISTING.noSuchPlace));
  return { ok: true, listing: { filters, words, sort: column, descending, after: from } };
}

/** What an address says about a list; a parameter without a value, or sent twice, says nothing. */
export function queryOf(query: Readonly<Record<string, unknown>>) {
  const one = (name: string) => {
    const value = query[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { q: one('q'), sort: one('sort'), after: one('after') };
}

/** `name:value`, `name:"a value"`, `"some words"` and words, as they stand. */
export function partsOf(q: string): { name: string | undefined; value: string; text: string }[] {
  return [...q.matchAll(/(?:([a-z_]+):)?(?:"([^"]*)"|(\S+))/g)].map(([text, name, quoted, bare]) => ({
    name,
    value: quoted ?? bare ?? '',
    text,
  }));
}

/** Where a page ended, opaque to whoever carries it. */
export const cursorOf = (key: string, id: string): string =>
  Buffer.from(JSON.stringify([key, id])).toString('base64url');

/** Undefined: it is none. */
export function parseCursor(text: string): readonly [string, string] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string')
      ? (value as [string, string])
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where a page of a list in the order of time ended. Whoever carries a place may have written it: what is no instant is
 * refused here, and no fault of the database. @throws BadRequest
 */
export function placeInTime(after: PageAsked['after']): PageAsked['after'] {
  if (after !== undefined && !/^-?infinity$/.test(after[0]) && !isInstant(after[0]))
    throw new BadRequest(saying(LISTING.noSuchPlace));
  return after;
}

/** An instant of this century, as RFC 3339 or as the database writes it. */
export function isInstant(text: string): boolean {
  const [, day, time, zone] =
    /^(20\d{2}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-](?:0\d|1[0-4])(?::[0-5]\d)?)$/.exec(text) ??
    [];
  return isDay(day) && !Number.isNaN(Date.parse(`${day}T${time}${zone?.length === 3 ? `${zone}:00` : zone}`));
}

/** A calendar date of this century; 30 February is none, though JavaScript takes it for a day of March. */
export function isDay(text: string | undefined): boolean {
  if (text === undefined || !/^20\d{2}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Addresses of the same list with something else about it; `undefined` takes a part away. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const search = new URLSearchParams(
    Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  ).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** Each part of the filter with the address of the same list without it. */
export const chipsOf = (path: string, { q = '', sort }: { q?: string | undefined; sort?: string | undefined }) =>
  partsOf(q).map(({ text }, index, parts) => ({
    label: text,
    without: addressOf(path, { q: parts.flatMap((part, at) => (at === index ? [] : [part.text])).join(' '), sort }),
  }));

/** Where a click on a column's head leads: up first, down if it is up already. */
export function sortOf(
  path: string,
  { q }: { q?: string | undefined },
  column: string,
  current: Pick<Listing, 'sort' | 'descending'> | undefined,
) {
  const here = current?.sort === column;
  const up = here && !current.descending;
  return {
    href: addressOf(path, { q, sort: up ? `-${column}` : column }),
    ...(here && { direction: up ? ('ascending' as const) : ('descending' as const) }),
  };
}

/** A cell of a file that a spreadsheet opens: never a formula, whoever wrote the name in it. */
export function csvOf(rows: readonly (readonly unknown[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: unknown): string {
  const text =
    value instanceof Date ? value.toISOString() : Array.isArray(value) ? value.join(' ') : String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One word of a shell, whatever it holds. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
