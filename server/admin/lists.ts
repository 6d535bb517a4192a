import { type AdminOutcome, done, malformed, type Organization } from './admin.ts';
import { type AdminDependencies, type Call, organizationsOf } from './call.ts';
import { type Input, input, reference, type Schema } from './input.ts';
import { type Page, type PageAsked, parseCursor, partsOf } from './listing.ts';

/** The query of a list: words that its rows hold, filters of its own, and which page. */
export type ListQuery = { organization?: string; q?: string; limit?: string; after?: string } & {
  [filter: string]: string | undefined;
};

/** Rows of one page, where nothing is said. */
const LIMIT = 200;

export const listQuery = (filters: Readonly<Record<string, Schema>> = {}): Input<ListQuery> =>
  input<ListQuery>({
    organization: reference,
    q: { type: 'string', maxLength: 500, description: 'Words, each of which a row has to hold.' },
    limit: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$' },
    after: { type: 'string', maxLength: 1000, description: 'Where the page before ended: its `next`.' },
    ...filters,
  });

/** The query as it was meant. */
export function readList(
  call: Pick<Call, 'query'>,
  query: Input<ListQuery>,
): AdminOutcome<{ organization: string | undefined; asked: PageAsked }> {
  const read = query(call.query);
  if (!read.ok) return read;
  const { organization, q = '', limit = String(LIMIT), after, ...given } = read.value;
  const from = after === undefined ? undefined : parseCursor(after);
  if (after !== undefined && !from) return malformed('after is no place in this list: start at the first page');
  const words = partsOf(q).map(({ text }) => text.replaceAll('"', ''));
  const filters = Object.fromEntries(
    Object.entries(given).filter((filter): filter is [string, string] => filter[1] !== undefined),
  );
  return done({ organization, asked: { words, filters, after: from, limit: Number(limit) } });
}

/**
 * A page of the organization that is named, or the caller's. Where the operator names none: the first page of each, and
 * whoever wants more names one.
 */
export async function listed<Row extends object>(
  call: Call,
  query: Input<ListQuery>,
  dependencies: AdminDependencies,
  page: (organization: Organization, asked: PageAsked) => Promise<Page<Row>>,
): Promise<AdminOutcome<{ rows: (Row & { organization: string })[]; next: string | null }>> {
  const read = readList(call, query);
  if (!read.ok) return read;
  const places = await organizationsOf(call, read.value.organization, dependencies);
  if (!places.ok) return places;
  const pages = await Promise.all(
    places.value.map(async (place) => {
      const { rows, next } = await page(place, read.value.asked);
      return { rows: rows.map((row) => ({ ...row, organization: place.slug })), next };
    }),
  );
  const [only, ...others] = pages;
  return done({ rows: pages.flatMap(({ rows }) => rows), next: others.length === 0 ? (only?.next ?? null) : null });
}
