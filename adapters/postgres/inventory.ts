import {
  type AgentCounts,
  type AgentFlag,
  FLAG_NAMES,
  type Inventory,
  type InventoryRow,
} from '../../server/admin/inventory.ts';
import { cursorOf, type Listing } from '../../server/admin/listing.ts';
import type { Database } from './database.ts';

/** The inventory, under row-level security. */
export const postgresInventory = (database: Database): Inventory => ({
  list: (organization, { listing, reach, only, limit }) =>
    database.within(organization, async (statements) => {
      const values = (name: string) => {
        const found = listing.filters.flatMap((filter) => (filter.name === name ? [filter.value] : []));
        return found.length === 0 ? null : found;
      };
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
        listing.after?.[0] ?? null,
        listing.after?.[1] ?? '',
        limit + 1,
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

const LAST_USED = `
  (select e.at from evidence e where e.organization = a.organization and e.agent = a.id and e.type = 'token.issued'
   order by e.at desc limit 1)`;

const ACTIONS = `
  (select array_agg(distinct type order by type)
   from clients c, jsonb_array_elements_text(c.metadata -> 'authorization_details_types') type
   where c.organization = a.organization and c.agent = a.id)`;

/** What each flag means, of agent `a`, its owner `o` and when it was last used. */
const flags = (lastUsed: string): Readonly<Record<AgentFlag, string>> => ({
  ownerless: `a.status <> 'retired' and o.status <> 'active'`,
  stale: `a.status = 'active' and ${lastUsed} < clock_timestamp() - interval '30 days'`,
  'never-used': `a.status in ('pending', 'active', 'suspended') and ${lastUsed} is null`,
  expiring: `a.status in ('active', 'suspended') and a.expires_at < clock_timestamp() + interval '14 days'`,
  reported: `exists (select from approvals p where p.organization = a.organization and p.agent = a.id
               and p.asked_at > clock_timestamp() - interval '30 days' and p.deny_reason = 'not_me')`,
  muted: `exists (select from pauses p where p.organization = a.organization and p.agent = a.id)`,
  parentless: `a.mode = 'sub_agent' and a.status <> 'retired'
               and not exists (select from agent_edges g where g.organization = a.organization and g.child = a.id)`,
});

/** What the list can be sorted by: an expression that is never null, and its type. */
const SORTS: Readonly<Record<string, { by: string; type: string }>> = {
  name: { by: 'lower(a.name)', type: 'text' },
  owner: { by: 'lower(o.name)', type: 'text' },
  status: { by: 'a.status', type: 'text' },
  last_used: { by: `coalesce(${LAST_USED}, '-infinity')`, type: 'timestamptz' },
  registered: { by: 'a.created_at', type: 'timestamptz' },
};

const FROM = `
  from agents a
  join people o on o.organization = a.organization and o.id = a.owner
  join people d on d.organization = a.organization and d.id = a.deputy
  where a.organization = $1 and ($2::text is null or a.owner = $2 or a.deputy = $2)`;

const person = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'email', ${alias}.email)`;

/** One text per order and direction. */
function listStatement({ sort, descending }: Pick<Listing, 'sort' | 'descending'>): string {
  const { by, type } = SORTS[sort] ?? (SORTS.name as { by: string; type: string });
  const direction = descending ? 'desc' : 'asc';
  return `
  with page as (
    select a.id, a.name, a.purpose, a.mode, a.status, ${person('o')} as owner, ${person('d')} as deputy,
           ${ACTIONS} as actions, ${LAST_USED} as last_used, a.created_at as registered_at, a.expires_at,
           array_remove(array[${FLAG_NAMES.map((name) => `case when ${flags(LAST_USED)[name]} then '${name}' end`).join(',\n             ')}], null) as flags,
           (${by})::text as sort_key
    ${FROM}
      and ($3::text[] is null or a.status = any($3)) and ($4::text[] is null or a.mode = any($4))
      and ($5::text[] is null or lower(o.email) = any($5) or o.id = any($5) or lower(o.name) = any($5))
      ${FLAG_NAMES.map((name) => `and (not '${name}' = any($6::text[]) or ${flags(LAST_USED)[name]})`).join('\n      ')}
      and not exists (select from unnest($7::text[]) w
                      where not (a.name ilike w or a.id ilike w or coalesce(a.purpose, '') ilike w or o.name ilike w or o.email ilike w))
      and ($8::text[] is null or ${ACTIONS} is null or ${ACTIONS} && $8)
      and ($9::text[] is null or case when ${ACTIONS} is null then $11::boolean else ${ACTIONS} && $9 and not ${ACTIONS} && $10 end)
      and ($12::text is null or (${by}, a.id) ${descending ? '<' : '>'} ($12::${type}, $13))
    order by ${by} ${direction}, a.id ${direction} limit $14)
  select page.*,
         (select count(distinct p.person)::int from approvals p where p.organization = $1 and p.agent = page.id
          and p.asked_at > clock_timestamp() - interval '90 days') as people,
         week.asked, week.decided, week.allowed
  from page, lateral (
    select count(*)::int as asked, count(*) filter (where p.status <> 'pending')::int as decided,
           count(*) filter (where p.status = 'approved')::int as allowed
    from approvals p where p.organization = $1 and p.agent = page.id and p.asked_at > clock_timestamp() - interval '7 days') week
  order by page.sort_key::${type} ${direction}, page.id ${direction}`;
}

const COUNTS = `
  select count(*)::int as "all",
         ${['pending', 'active', 'suspended', 'retired', 'expired'].map((status) => `count(*) filter (where status = '${status}')::int as ${status}`).join(', ')},
         ${FLAG_NAMES.map((name) => `count(*) filter (where "${name}")::int as "${name}"`).join(', ')}
  from (
    select a.status, ${FLAG_NAMES.map((name) => `${flags('used.at')[name]} as "${name}"`).join(', ')}
    from agents a
    join people o on o.organization = a.organization and o.id = a.owner
    left join lateral (select ${LAST_USED} as at) used on true
    where a.organization = $1 and ($2::text is null or a.owner = $2 or a.deputy = $2)) flagged`;
