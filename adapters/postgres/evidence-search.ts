import type { EvidenceSearch, FoundEvent } from '../../server/admin/evidence.ts';
import { cursorOf, type Listing, type Page, placeInTime } from '../../server/admin/listing.ts';
import type { Statements } from './database.ts';
import { EVENT_COLUMNS, EVENT_NAMES, type EventRow, readable } from './evidence-rows.ts';

/**
 * A page of the evidence, latest first. Names are looked up first, so that the events are found by the ids they hold: of
 * a million, by an index. The last row of a page is where the next begins, to the microsecond.
 */
export async function searchEvidence(
  statements: Statements,
  organization: string,
  { listing, timeZone, limit, before }: EvidenceSearch,
): Promise<Page<FoundEvent>> {
  const after = placeInTime(listing.after);
  const { conditions, values } = await conditionsOf(statements, organization, listing, timeZone);
  if (before !== undefined)
    conditions.push(
      `(e.at, e.id) < (select b.at, b.id from evidence b where b.organization = $1 and b.id = $${values.push(before) + FIRST})`,
    );
  const found = await statements.rows<EventRow & { sentence: string | null; sort_key: string }>(
    statement(conditions, listing.descending),
    [organization, after?.[0] ?? null, after?.[1] ?? '', limit + 1, ...values],
  );
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const events = await readable(
    statements,
    organization,
    rows.map(({ sentence: _, sort_key: __, ...row }) => row),
  );
  return {
    rows: events.map((event, index) => ({ ...event, sentence: rows[index]?.sentence ?? null })),
    next: found.length > limit && last ? cursorOf(last.sort_key, last.id) : undefined,
  };
}

/** Several values of one filter: any of them. Several filters and words: all of them. */
async function conditionsOf(
  statements: Statements,
  organization: string,
  { filters, words }: Listing,
  timeZone: string,
): Promise<{ conditions: string[]; values: unknown[] }> {
  const conditions: string[] = [];
  const values: unknown[] = [];
  const value = (given: unknown): string => `$${values.push(given) + FIRST}`;
  const asked = new Map<string, string[]>();
  for (const { name, value } of filters) asked.set(name, [...(asked.get(name) ?? []), value]);
  const ids = async (sql: string, wanted: readonly string[]) =>
    (await statements.rows<{ id: string }>(sql, [organization, wanted])).map(({ id }) => id);

  for (const [name, wanted] of asked) {
    const lower = wanted.map((one) => one.toLowerCase());
    switch (name) {
      case 'agent':
        conditions.push(`e.agent = any(${value(await ids(AGENTS, lower))}::text[])`);
        break;
      case 'person':
        conditions.push(`e.person = any(${value(await ids(PEOPLE, lower))}::text[])`);
        break;
      case 'system':
        conditions.push(`e.resource = any(${value(await ids(SYSTEMS, lower))}::text[])`);
        break;
      case 'level':
        conditions.push(`(exists (select from tasks t where t.organization = $1 and t.id = e.task and t.impact = any(${value(wanted)}))
          or exists (select from approvals q where q.organization = $1 and q.id = e.approval and q.impact = any($${values.length + FIRST})))`);
        break;
      case 'after':
      case 'before':
        for (const moment of wanted)
          conditions.push(`e.at ${name === 'after' ? '>=' : '<'} ${momentOf(moment, value, timeZone)}`);
        break;
      default:
        conditions.push(`e.${COLUMNS[name as keyof typeof COLUMNS]} = any(${value(wanted)}::text[])`);
    }
  }
  for (const word of words) {
    const like = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
    const named = value((await statements.rows<{ id: string }>(NAMED_LIKE, [organization, like])).map(({ id }) => id));
    const told = value(like);
    conditions.push(`(e.agent = any(${named}::text[]) or e.person = any(${named}::text[]) or e.resource = any(${named}::text[])
      or e.task in (select t.id from tasks t where t.organization = $1 and t.sentence ilike ${told})
      or e.approval in (select q.id from approvals q where q.organization = $1 and q.sentence ilike ${told}))`);
  }
  return { conditions, values };
}

/** Parameters that stand before those of the conditions. */
const FIRST = 4;

const COLUMNS = { type: 'type', decision: 'decision', reason: 'reason', task: 'task', approval: 'approval' } as const;

/** A date begins when it begins for the reader. */
const momentOf = (moment: string, value: (given: unknown) => string, timeZone: string): string =>
  moment.includes('T')
    ? `${value(moment)}::timestamptz`
    : `(${value(moment)}::date::timestamp at time zone ${value(timeZone)}::text)`;

const AGENTS = `select id from agents where organization = $1 and (id = any($2) or lower(name) = any($2))`;
const PEOPLE = `select id from people where organization = $1 and (id = any($2) or lower(email) = any($2) or lower(name) = any($2))`;
const SYSTEMS = `
  select resource as id from resources
  where (organization is null or organization = $1) and (lower(resource) = any($2) or lower(name) = any($2))`;
const NAMED_LIKE = `
  select id from agents where organization = $1 and name ilike $2
  union all select id from people where organization = $1 and (name ilike $2 or email ilike $2)
  union all select resource from resources where (organization is null or organization = $1) and (name ilike $2 or resource ilike $2)`;

// Which ones, and only then what they say: the content of an event is the dearest part of it.
function statement(conditions: readonly string[], descending: boolean): string {
  const direction = descending ? 'desc' : 'asc';
  return `
  with e as materialized (
    select e.* from evidence e
    where e.organization = $1
      and ($2::text is null or (e.at, e.id) ${descending ? '<' : '>'} ($2::timestamptz, $3))
      ${conditions.map((one) => `and ${one}`).join('\n      ')}
    order by e.at ${direction}, e.id ${direction} limit $4)
  select ${EVENT_COLUMNS}, e.at::text as sort_key,
         coalesce((select t.sentence from tasks t where t.organization = e.organization and t.id = e.task),
                  (select q.sentence from approvals q where q.organization = e.organization and q.id = e.approval)) as sentence
  from e ${EVENT_NAMES}
  order by e.at ${direction}, e.id ${direction}`;
}
