import { type FormatOptions, table } from './format.ts';

export type Format = 'table' | 'json';

/** Data goes to stdout and nothing else does, so that it can be piped. */
export function print(data: unknown, format: Format, readable: (options: FormatOptions) => string): void {
  process.stdout.write(format === 'json' ? `${JSON.stringify(data, undefined, 2)}\n` : readable(terminal()));
}

/** What is going on, for whoever watches. */
export const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** A list with names; an empty one says so beside the data, not in it. */
export function printRows<Row>(
  rows: readonly Row[],
  format: Format,
  columns: Readonly<Record<string, (row: Row) => unknown>>,
  nothing: string,
): void {
  if (rows.length === 0) say(nothing);
  print(rows, format, (options) => {
    if (rows.length === 0) return '';
    const cells = rows.map((row) => Object.values(columns).map((cell) => text(cell(row))));
    return `${table(Object.keys(columns), cells, options).join('\n')}\n`;
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
