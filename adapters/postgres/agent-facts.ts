import type { AgentFacts } from '../../server/agents/ownership.ts';
import type { Statements } from './database.ts';

/**
 * What flags and reviews are computed from, of one organization's agents: of one, of those that a person answers for and
 * accepted, or of all.
 *
 * @param only.after the id after which a page begins
 */
export const agentFacts = (
  statements: Statements,
  organization: string,
  only: {
    agent?: string | undefined;
    accountable?: string | undefined;
    after?: string | undefined;
    limit?: number;
  } = {},
): Promise<AgentFacts[]> =>
  statements.rows<AgentFacts>(FACTS, [
    organization,
    only.agent ?? null,
    only.accountable ?? null,
    only.after ?? '',
    only.limit ?? 500,
  ]);

/** The same of these agents, in their order. */
export async function factsOfAgents(
  statements: Statements,
  organization: string,
  agents: readonly string[],
): Promise<AgentFacts[]> {
  if (agents.length === 0) return [];
  const facts = await statements.rows<AgentFacts>(FACTS_OF, [organization, agents]);
  const order = new Map(agents.map((id, index) => [id, index]));
  return facts.toSorted((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0));
}

const person = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'email', ${alias}.email)`;

/** What the clients of agent `a` registered: the types that they name together, and when the last of its keys ends. */
export const NAMED = `
    select case when bool_or(c.metadata -> 'authorization_details_types' is null) then null
                else (select coalesce(array_agg(distinct t), '{}') from clients c2, jsonb_array_elements_text(c2.metadata -> 'authorization_details_types') t
                      where c2.organization = a.organization and c2.agent = a.id) end as types,
           case when bool_or(c.keys_end_at is null) then null else max(c.keys_end_at) end as keys_end_at
    from clients c where c.organization = a.organization and c.agent = a.id`;

/** The actions that an agent may ask for by name: what it registered, as far as its limits let it. Null: any. */
export const ALLOWED = `
  case when a.limits ? 'actions'
    then (select coalesce(array_agg(x order by x), '{}') from jsonb_array_elements_text(a.limits -> 'actions') x
          where named.types is null or x = any(named.types))
    else named.types end`;

const factsOf = (those: string): string => `
  with page as (select * from agents a where a.organization = $1 and ${those}),
  uses as materialized (
    select u.agent, u.action, max(u.used_at) as at from agent_use_now u
    where u.organization = $1 and u.agent = any(array(select id from page)) group by u.agent, u.action),
  used as materialized (select agent, max(at) as last, jsonb_object_agg(action, at) as by_action from uses group by agent)
  select a.id, a.name, a.purpose, a.mode, a.status, a.created_at as "createdAt",
         ${person('o')} as owner, o.status = 'active' as "ownerActive", a.owner_accepted_at is not null as "ownerAccepted",
         ${person('d')} as deputy, d.status = 'active' as "deputyActive", a.deputy_accepted_at is not null as "deputyAccepted",
         a.suspended_by as "suspendedBy", a.limits, a.expires_at as "expiresAt", a.review_at as "reviewAt",
         a.origin <> 'token' and a.origin <> 'admin' as "selfRegistered",
         named.keys_end_at as "keysEndAt", ${ALLOWED} as allowed,
         used.last as "lastUsedAt", coalesce(used.by_action, '{}') as "usedAt",
         (select count(*)::int from approvals p
          where p.organization = a.organization and p.agent = a.id and p.reported_at > clock_timestamp() - interval '90 days') as reports,
         (select count(*)::int from pauses p where p.organization = a.organization and p.agent = a.id) as "mutedBy",
         (select count(*)::int from registration_changes h
          where h.organization = a.organization and h.agent = a.id and h.answer is null) as "waitingChanges",
         a.mode = 'sub_agent' and not exists (
           select from agent_edges g where g.organization = a.organization and g.child = a.id) as parentless
  from page a
  join people o on o.organization = a.organization and o.id = a.owner
  join people d on d.organization = a.organization and d.id = a.deputy
  left join used on used.agent = a.id
  cross join lateral (${NAMED}) named
  order by a.id`;

const FACTS = factsOf(`a.id > $4 and ($2::text is null or a.id = $2)
      and ($3::text is null or (a.owner = $3 and a.owner_accepted_at is not null) or (a.deputy = $3 and a.deputy_accepted_at is not null))
    order by a.id limit $5`);
const FACTS_OF = factsOf('a.id = any($2::text[])');
