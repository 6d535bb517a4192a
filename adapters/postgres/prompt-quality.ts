import { actorOf } from '../../server/admin/admin.ts';
import type { PromptAdministration } from '../../server/admin/prompts.ts';
import type { PromptQuality } from '../../server/approvals/quality.ts';
import { acted } from './admin.ts';
import type { Database } from './database.ts';
import { promptLimits } from './prompts.ts';

/** How people answer what they are asked, and how much they may be asked. */
export const postgresPromptAdministration = (database: Database): PromptAdministration => ({
  quality: (organization, days) =>
    database.within(organization, (statements) => statements.rows<PromptQuality>(QUALITY, [organization, days])),
  limits: (organization) => database.within(organization, (statements) => promptLimits(statements, organization)),
  setLimits: (act, limits) =>
    database.within(act.organization, async (statements) => {
      await statements.run(SET_LIMITS, [act.organization, JSON.stringify(limits), actorOf(act.caller)]);
      await acted(statements, act, 'prompts.limited', { limits });
    }),
});

const SET_LIMITS = `
  insert into prompt_limits (organization, limits, changed_by) values ($1, $2, $3)
  on conflict (organization) do update
  set limits = excluded.limits, changed_by = excluded.changed_by, changed_at = clock_timestamp()`;

// A request of several actions is one question for each of them.
const QUALITY = `
  with asked as (
    select distinct a.id, x ->> 'action' as action, a.impact, a.status, a.deny_reason, a.expires_at,
           extract(epoch from a.decided_at - a.shown_at) as seconds
    from approvals a cross join jsonb_array_elements(a.actions) as x
    where a.organization = $1 and not a.silent and a.asked_at > clock_timestamp() - make_interval(days => $2::int)
  ), reasons as (
    select action, jsonb_object_agg(deny_reason, count) as deny_reasons from (
      select action, deny_reason, count(*)::int as count from asked
      where status = 'denied' and deny_reason is not null group by action, deny_reason) as counted
    group by action)
  select action,
         (array['low', 'medium', 'high', 'critical'])[max(array_position(array['low', 'medium', 'high', 'critical'], impact))] as impact,
         count(*)::int as prompts,
         (count(*) filter (where status = 'approved'))::int as approved,
         (count(*) filter (where status = 'denied'))::int as denied,
         (count(*) filter (where status = 'pending' and expires_at <= clock_timestamp()))::int as expired,
         percentile_cont(0.5) within group (order by seconds) filter (where seconds is not null) as median_seconds,
         coalesce((select deny_reasons from reasons r where r.action = asked.action), '{}') as deny_reasons
  from asked group by action order by count(*) desc, action`;
