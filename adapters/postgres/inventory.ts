import {
  type AgentCounts,
  type AgentLink,
  type AgentPerson,
  COUNTED_FLAGS,
  type Day,
  FLAG_NAMES,
  type Inventory,
  type InventoryRow,
} from '../../server/admin/inventory.ts';
import { cursorOf, type Listing, placeInTime } from '../../server/admin/listing.ts';
import { DORMANT_AFTER, type Flag, SOON, UNUSED_AFTER } from '../../server/agents/flags.ts';
import { ALLOWED, NAMED } from './agent-facts.ts';
import { WAITS } from './approval-list.ts';
import type { Database } from './database.ts';
import { TASK_ALIVE } from './liveness.ts';

/** The inventory, under row-level security. */
export const postgresInventory = (database: Database): Inventory => ({
  list: (organization, { listing, reach, only, limit }) =>
    database.within(organization, async (statements) => {
      const values = (name: string) => {
        const found = listing.filters.flatMap((filter) => (filter.name === name ? [filter.value] : []));
        return found.length === 0 ? null : found;
      };
      const after = SORTS[listing.sort]?.type === 'timestamptz' ? placeInTime(listing.after) : listing.after;
      const found = await statements.rows<InventoryRow & { sort_key: string }>(listStatement(listing), [
        organization,
        only ?? null,
        values('status'),
        values('mode'),
        values('owner')?.map((owner) => owner.toLowerCase()) ?? null,
        values('flag') ?? [],
        listing.words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`),
        reach.systems ?? null,
        reach.levels?.at ?? null,
        reach.levels?.above ?? [],
        reach.levels?.any ?? false,
        after?.[0] ?? null,
        after?.[1] ?? '',
        limit + 1,
        values('is') !== null,
        values('environment'),
      ]);
      const rows = found.slice(0, limit);
      const last = rows.at(-1);
      return {
        rows: rows.map(({ sort_key: _, ...row }) => row),
        next: found.length > limit && last ? cursorOf(last.sort_key, last.id) : undefined,
      };
    }),

  counts: (organization, only) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<AgentCounts>(COUNTS, [organization, only ?? null]);
      return row as AgentCounts;
    }),

  isStopped: (organization, agent) =>
    database.within(organization, async (statements) => {
      const keys = [`organization:${organization}`, `agent:${agent}`];
      return (await statements.first(IS_HELD, [organization, keys])) !== undefined;
    }),

  people: (organization, agent) =>
    database.within(organization, (statements) => statements.rows<AgentPerson>(PEOPLE, [organization, agent])),

  edges: (organization, agent) =>
    database.within(organization, (statements) => statements.rows<AgentLink>(EDGES, [organization, agent])),

  day: (organization) =>
    database.within(organization, async (statements) => (await statements.first<Day>(DAY, [organization])) as Day),
});

/** Whose agents these are, for the guard of the console. */
export async function ownsAgents(database: Database, organization: string, person: string): Promise<boolean> {
  return database.within(organization, async (statements) => {
    const row = await statements.first(
      'select from agents where organization = $1 and (owner = $2 or deputy = $2) limit 1',
      [organization, person],
    );
    return row !== undefined;
  });
}

/** The actions that agent `a` may ask for by name. */
const ALLOWED_ACTIONS = `(select ${ALLOWED} from (${NAMED}) named)`;

// Looked up once for the organization and joined: one by one, ten thousand agents would cost ten thousand look-ups.
const AROUND = `
  used as materialized (
    select agent, max(used_at) as at,
           coalesce(array_agg(distinct action) filter (where used_at > clock_timestamp() - interval '${UNUSED_AFTER} days'), '{}') as lately
    from agent_use_now where organization = $1 group by agent),
  reported as materialized (
    select distinct agent from approvals
    where organization = $1 and reported_at > clock_timestamp() - interval '${UNUSED_AFTER} days'),
  muted as materialized (select distinct agent from pauses where organization = $1),
  held as materialized (
    select substr(key, 7) as agent from stop_epochs where organization = $1 and key like 'agent:%' and held_by <> '{}'
    union
    select id from agents where organization = $1 and status not in ('retired', 'expired')
      and exists (select from stop_epochs where organization = $1 and key = 'organization:' || $1 and held_by <> '{}'))`;

const IS_HELD = `select from stop_epochs where organization = $1 and key = any($2) and held_by <> '{}' limit 1`;

const FROM = `
  from agents a
  join people o on o.organization = a.organization and o.id = a.owner
  join people d on d.organization = a.organization and d.id = a.deputy
  left join used on used.agent = a.id
  left join reported on reported.agent = a.id
  left join muted on muted.agent = a.id
  left join held on held.agent = a.id
  where a.organization = $1 and ($2::text is null or a.owner = $2 or a.deputy = $2)`;

/** What each flag means, as `flagsOf` says it, of agent `a`, its owner `o`, its deputy `d` and what is around them. */
const LIVING: Readonly<Record<Flag, string>> = {
  ownerless: `o.status <> 'active'`,
  no_deputy: `d.status <> 'active'`,
  not_accepted: `(o.status = 'active' and a.owner_accepted_at is null or d.status = 'active' and a.deputy_accepted_at is null)`,
  review_overdue: 'a.review_at <= clock_timestamp()',
  reported: 'reported.agent is not null',
  expiring: `a.expires_at <= clock_timestamp() + interval '${SOON} days'`,
  key_expiring: `(select named.keys_end_at from (${NAMED}) named) <= clock_timestamp() + interval '${SOON} days'`,
  review_due: `a.review_at > clock_timestamp() and a.review_at <= clock_timestamp() + interval '${SOON} days'`,
  waiting_change: 'false',
  muted: 'muted.agent is not null',
  never_used: `a.status = 'active' and used.at is null`,
  dormant: `a.status = 'active' and used.at <= clock_timestamp() - interval '${DORMANT_AFTER} days'`,
  over_privileged: `a.created_at <= clock_timestamp() - interval '${UNUSED_AFTER} days'
                    and not coalesce(${ALLOWED_ACTIONS} <@ coalesce(used.lately, '{}'), true)`,
  self_registered: `a.origin not in ('token', 'admin')`,
  parentless: `a.mode = 'sub_agent' and not exists (select from agent_edges g where g.organization = a.organization and g.child = a.id)`,
};
const flag = (name: Flag): string => `(a.status not in ('retired', 'expired') and (${LIVING[name]}))`;

/** What the list can be sorted by: an expression that is never null, and its type. */
const SORTS: Readonly<Record<string, { by: string; type: string }>> = {
  name: { by: 'lower(a.name)', type: 'text' },
  owner: { by: 'lower(o.name)', type: 'text' },
  status: { by: 'a.status', type: 'text' },
  last_used: { by: `coalesce(used.at, '-infinity')`, type: 'timestamptz' },
  registered: { by: 'a.created_at', type: 'timestamptz' },
};

const person = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'email', ${alias}.email)`;

/** How many events of a kind there were in each of the last 24 hours, oldest first: read once, along the time. */
const hourly = (kind: string): string => `
  array(select coalesce(c.count, 0)
        from generate_series(23, 0, -1) h
        left join (select floor(extract(epoch from now() - e.at) / 3600)::int as hour, count(*)::int as count
                   from evidence e where e.organization = $1 and ${kind} and e.at > now() - interval '24 hours' group by 1) c on c.hour = h
        order by h desc)`;

/** One text per order and direction. What is counted is counted for the rows of the page alone. */
function listStatement({ sort, descending }: Pick<Listing, 'sort' | 'descending'>): string {
  const { by, type } = SORTS[sort] ?? (SORTS.name as { by: string; type: string });
  const direction = descending ? 'desc' : 'asc';
  return `
  with ${AROUND},
  page as materialized (
    select a as agent, a.id, (${by})::text as sort_key, used.at as last_used, used.lately, held.agent is not null as stopped,
           ${person('o')} as owner, ${person('d')} as deputy, o.status as owner_status, d.status as deputy_status,
           reported.agent as reported, muted.agent as muted
    ${FROM}
      and ($3::text[] is null or a.status = any($3)) and ($4::text[] is null or a.mode = any($4))
      and ($5::text[] is null or lower(o.email) = any($5) or o.id = any($5) or lower(o.name) = any($5))
      ${FLAG_NAMES.map((name) => `and (not '${name}' = any($6::text[]) or ${flag(name)})`).join('\n      ')}
      and (cardinality($7::text[]) = 0 or not exists (
        select from unnest($7::text[]) w
        where not (a.name ilike w or a.id ilike w or coalesce(a.purpose, '') ilike w or o.name ilike w or o.email ilike w)))
      and ($8::text[] is null or ${ALLOWED_ACTIONS} is null or ${ALLOWED_ACTIONS} && $8)
      and ($9::text[] is null or coalesce(${ALLOWED_ACTIONS} && $9 and not ${ALLOWED_ACTIONS} && $10, $11::boolean))
      and (not $15::boolean or held.agent is not null)
      and ($16::text[] is null or a.environment = any($16))
      and ($12::text is null or (${by}, a.id) ${descending ? '<' : '>'} ($12::${type}, $13))
    order by ${by} ${direction}, a.id ${direction} limit $14)
  select a.id, a.name, a.purpose, a.mode, a.status, page.owner, page.deputy, ${ALLOWED_ACTIONS} as actions, page.last_used,
         a.created_at as registered_at, a.expires_at, a.environment, page.stopped, page.sort_key,
         array_remove(array[${FLAG_NAMES.map((name) => `case when ${flag(name)} then '${name}' end`).join(',\n           ')}], null) as flags,
         (select count(distinct p.person)::int from approvals p where p.organization = $1 and p.agent = a.id
          and p.asked_at > clock_timestamp() - interval '90 days') as people,
         week.asked, week.decided, week.allowed
  from page
  cross join lateral (select (page.agent).*) a
  cross join lateral (select page.owner_status as status) o
  cross join lateral (select page.deputy_status as status) d
  cross join lateral (select page.last_used as at, page.lately) used
  cross join lateral (select page.reported as agent) reported
  cross join lateral (select page.muted as agent) muted
  cross join lateral (
    select count(*)::int as asked, count(*) filter (where p.status <> 'pending')::int as decided,
           count(*) filter (where p.status = 'approved')::int as allowed
    from approvals p where p.organization = $1 and p.agent = a.id and p.asked_at > clock_timestamp() - interval '7 days') week
  order by page.sort_key::${type} ${direction}, a.id ${direction}`;
}

const COUNTS = `
  with ${AROUND}
  select count(*)::int as "all",
         ${['pending', 'active', 'suspended', 'retired', 'expired'].map((status) => `count(*) filter (where a.status = '${status}')::int as ${status}`).join(', ')},
         ${COUNTED_FLAGS.map((name) => `count(*) filter (where ${flag(name)})::int as "${name}"`).join(',\n         ')},
         count(*) filter (where held.agent is not null)::int as stopped
  ${FROM}`;

const PEOPLE = `
  select p.id, p.name, p.email, asked.count as asked, asked.allowed, asked.denied, asked.last as last_asked,
         (select count(*)::int from tasks t where t.organization = $1 and t.person = p.id and t.agent = $2
            and t.expires_at > clock_timestamp()
            and ${TASK_ALIVE}) as live_tasks,
         exists (select from pauses x where x.organization = $1 and x.agent = $2 and x.person = p.id) as paused
  from (select person, count(*)::int as count, count(*) filter (where status = 'approved')::int as allowed,
               count(*) filter (where status = 'denied')::int as denied, max(asked_at) as last
        from approvals where organization = $1 and agent = $2 group by person) asked
  join people p on p.organization = $1 and p.id = asked.person
  order by asked.count desc, p.email limit 200`;

const EDGES = `
  with recursive below as (
    select e.parent, e.child, e.actions, e.max_depth, 1 as distance from agent_edges e where e.organization = $1 and e.parent = $2
    union
    select e.parent, e.child, e.actions, e.max_depth, b.distance + 1
    from below b join agent_edges e on e.organization = $1 and e.parent = b.child
    where b.distance < 8),
  all_edges as (
    select * from below
    union all
    select e.parent, e.child, e.actions, e.max_depth, -1 from agent_edges e where e.organization = $1 and e.child = $2)
  select json_build_object('id', p.id, 'name', p.name) as parent, json_build_object('id', c.id, 'name', c.name) as child,
         x.actions, x.max_depth, x.distance
  from all_edges x
  join agents p on p.organization = $1 and p.id = x.parent
  join agents c on c.organization = $1 and c.id = x.child
  order by x.distance, p.name, c.name limit 200`;

const DAY = `
  select (select count(*)::int from approvals a where a.organization = $1 and not a.silent and ${WAITS}) as waiting,
         (select count(*)::int from approvals a where a.organization = $1 and not a.silent and ${WAITS} and a.impact = 'critical') as waiting_critical,
         (select count(*)::int from approvals where organization = $1 and status = 'denied' and not silent
            and asked_at > clock_timestamp() - interval '4 days' and decided_at > clock_timestamp() - interval '24 hours') as denied,
         (select count(*)::int from approvals where organization = $1 and deny_reason = 'not_me' and not silent
            and decided_at > clock_timestamp() - interval '24 hours') as not_me,
         ${hourly(`e.type = 'token.issued'`)} as tokens,
         ${hourly(`e.decision = 'refused'`)} as refusals`;
