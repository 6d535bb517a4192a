import type { ReachFacts, ReachReader } from '../../server/admin/explain.ts';
import type { Database } from './database.ts';
import { TASK_ALIVE } from './liveness.ts';
import { newestPolicies } from './policies.ts';

/** What decides what an agent could reach, under row-level security. */
export const postgresReach = (database: Database): ReachReader => ({
  facts: (organization, agent) =>
    database.within(organization, async (statements) => {
      const of = [organization, agent];
      const row = await statements.first<ReachFacts['agent']>(AGENT, of);
      if (!row) return undefined;
      const people = await statements.first<{ people: number; pausedBy: number }>(PEOPLE, of);
      return {
        agent: row,
        people: people?.people ?? 0,
        pausedBy: people?.pausedBy ?? 0,
        policies: (await newestPolicies(statements, organization)).document.rules,
        tasks: await statements.rows<ReachFacts['tasks'][number]>(TASKS, of),
        from: await statements.rows<ReachFacts['from'][number]>(FROM, of),
        usedAt: Object.fromEntries(
          (
            await statements.rows<{ action: string; used_at: Date }>(
              'select action, max(used_at) as used_at from agent_use_now where organization = $1 and agent = $2 group by action',
              of,
            )
          ).map(({ action, used_at }) => [action, used_at]),
        ),
      };
    }),
});

const AGENT = `
  select a.id, a.name, a.status, agent_lacks(a.organization, a.id) as lacks, a.expires_at as "expiresAt", a.own_actions as "ownActions",
         named.types, coalesce(named.confidential, false) as confidential, b.name as blueprint, a.effective_limits as limits, a.use_case as "useCase"
  from agents a
  left join blueprints b on b.organization = a.organization and b.id = a.blueprint
  cross join lateral (
    select bool_or(c.metadata ->> 'token_endpoint_auth_method' not in ('none', 'client_secret_basic', 'client_secret_post')) as confidential,
           case when bool_or(c.metadata -> 'authorization_details_types' is null) then null
                else (select coalesce(array_agg(distinct t), '{}') from clients c2, jsonb_array_elements_text(c2.metadata -> 'authorization_details_types') t
                      where c2.organization = a.organization and c2.agent = a.id) end as types
    from clients c where c.organization = a.organization and c.agent = a.id) named
  where a.organization = $1 and a.id = $2`;

const PEOPLE = `
  select (select count(*)::int from people where organization = $1 and status = 'active') as people,
         (select count(*)::int from pauses p join people x on x.organization = p.organization and x.id = p.person and x.status = 'active'
          where p.organization = $1 and p.agent = $2) as "pausedBy"`;

const TASKS = `
  select t.id, p.name as person, t.expires_at as until,
         (select coalesce(array_agg(distinct x.action), '{}') from task_actions x where x.organization = t.organization and x.task = t.id) as actions
  from tasks t join people p on p.organization = t.organization and p.id = t.person
  where t.organization = $1 and t.agent = $2 and t.expires_at > clock_timestamp()
    and ${TASK_ALIVE}
  order by t.expires_at limit 200`;

const FROM = `
  select p.name as agent, e.actions
  from agent_edges e join agents p on p.organization = e.organization and p.id = e.parent
  where e.organization = $1 and e.child = $2 and p.status = 'active'
    and (not p.effective_limits ? 'delegates' or p.effective_limits -> 'delegates' ? $2) order by p.name`;
