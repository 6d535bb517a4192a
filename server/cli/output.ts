import { stringify } from 'yaml';

import { type FormatOptions, table } from './format.ts';

export const FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];
/** For people: words may stand beside it. Everything else is for programs. */
export const isReadable = (format: Format): boolean => format === 'table' || format === 'wide';

/** Data goes to stdout and nothing else does, so that it can be piped. */
export function print(data: unknown, format: Format, readable: (options: FormatOptions) => string): void {
  process.stdout.write(isReadable(format) ? readable(terminal()) : asText(data, format));
}

function asText(data: unknown, format: Format): string {
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  if (format === 'yaml') return stringify(data, { lineWidth: 0 });
  if (format === 'name')
    return rowsOf(data)
      .map((row) => `${nameOf(row)}\n`)
      .join('');
  return rowsOf(data)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

/** A list, or the one list that an answer is about, or the answer itself. */
function rowsOf(data: unknown): unknown[] {
  if (Array.isArray(data)) return data;
  const [list, ...others] = Object.values(data ?? {}).filter(Array.isArray);
  return list && others.length === 0 && !('id' in (data as object)) ? list : [data];
}

/** What names a thing: its id, else the first of the names that things have here. */
function nameOf(row: unknown): string {
  if (typeof row !== 'object' || row === null) return String(row);
  const named = row as Record<string, unknown>;
  const name = ['id', 'client_id', 'slug', 'issuer', 'key', 'action', 'name', 'email', 'resource'].find(
    (one) => typeof named[one] === 'string',
  );
  return name === undefined ? JSON.stringify(row) : String(named[name]);
}

/** What is going on, for whoever watches. */
export const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** A list with names; an empty one says so beside the data, not in it. `wide` shows more of each row. */
export function printRows<Row>(
  rows: readonly Row[],
  format: Format,
  columns: Readonly<Record<string, (row: Row) => unknown>>,
  nothing: string,
  wide: Readonly<Record<string, (row: Row) => unknown>> = {},
): void {
  if (rows.length === 0) say(nothing);
  const shown = format === 'wide' ? { ...columns, ...wide } : columns;
  print(rows, format, (options) => {
    if (rows.length === 0) return '';
    const cells = rows.map((row) => Object.values(shown).map((cell) => text(cell(row))));
    return `${table(Object.keys(shown), cells, options).join('\n')}\n`;
  });
}

/** One object, a line per member. */
export function printOne(data: object, format: Format, members: Readonly<Record<string, unknown>>): void {
  print(data, format, () => {
    const shown = Object.entries(members).filter(([, value]) => value !== undefined);
    const width = Math.max(...shown.map(([name]) => name.length));
    return shown.map(([name, value]) => `${name.padEnd(width)}  ${text(value)}\n`).join('');
  });
}

const text = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(text).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
};

/** An RFC 3339 instant as a clock in the reader's own zone shows it. */
export const moment = (at: string | null | undefined): string =>
  at ? new Date(at).toLocaleString('sv-SE', { timeZone: zone() }) : '-';

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const terminal = (): FormatOptions => ({
  color: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  timeZone: zone(),
});
