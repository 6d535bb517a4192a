import { cursorOf, type Page, type PageAsked, placeInTime } from '../../server/admin/listing.ts';
import type { Statements } from './database.ts';

/** A list that is read by keyset: what its rows are, and by which of their columns it is ordered and searched. */
export interface PagedStatement {
  /** Without an order or a limit. */
  select: string;
  parameters: readonly unknown[];
  /** An expression over the columns that is never null, and its type. */
  by: readonly [expression: string, type: 'text' | 'timestamptz'];
  /** What tells rows apart that are alike in that; a text. */
  id: string;
  descending?: boolean;
  /** Texts in which words are looked for. */
  words: readonly string[];
  /** Filters by name: the condition, for the place of its value. */
  filters?: Readonly<Record<string, (place: string) => string>>;
}

/** One page, however long the list is. */
export async function pageIn<Row extends object>(
  statements: Statements,
  { select, parameters, by: [by, type], id, descending = false, words, filters = {} }: PagedStatement,
  asked: PageAsked,
): Promise<Page<Row>> {
  const given = Object.entries(asked.filters);
  const after = type === 'timestamptz' ? placeInTime(asked.after) : asked.after;
  const place = (n: number) => `$${parameters.length + n}`;
  const direction = descending ? 'desc' : 'asc';
  const conditions = [
    `not exists (select from unnest(${place(1)}::text[]) w where not (concat_ws(' ', ${words.join(', ')}) ilike w))`,
    `(${place(2)}::text is null or (${by}, ${id}) ${descending ? '<' : '>'} (${place(2)}::${type}, ${place(3)}))`,
    ...given.map(([name], index) => (filters[name] as (place: string) => string)(place(5 + index))),
  ];
  const found = await statements.rows<Row & { sort_key: string; sort_id: string }>(
    `select *, (${by})::text as sort_key, ${id} as sort_id from (${select}) listed
     where ${conditions.join(' and ')} order by ${by} ${direction}, ${id} ${direction} limit ${place(4)}`,
    [
      ...parameters,
      asked.words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`),
      after?.[0] ?? null,
      after?.[1] ?? '',
      asked.limit + 1,
      ...given.map(([, value]) => value),
    ],
  );
  const last = found[asked.limit - 1];
  return {
    rows: found.slice(0, asked.limit).map(({ sort_key: _, sort_id: __, ...row }) => row as unknown as Row),
    next: found.length > asked.limit && last ? cursorOf(last.sort_key, last.sort_id) : undefined,
  };
}
