import { type Act, actorOf, type StillLive, type StopOrder } from '../../server/admin/admin.ts';
import type { Hearing, StandingStop, StopEffect, StopStore, StopTarget } from '../../server/admin/standing-stops.ts';
import { record } from './admin.ts';
import type { Database, Statements } from './database.ts';
import { GONE_SECONDS } from './instances.ts';
import { answerWaiting } from './liveness.ts';
import { pageIn } from './paging.ts';

/** Stops that stand until they are resumed, under row-level security. */
export const postgresStops = (database: Database): StopStore => ({
  nameOf: (organization, { kind, subject }) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ name: string | null }>(NAME, [organization, kind, ...endsOf(subject)]);
      return row?.name ?? undefined;
    }),

  effect: (organization, target) =>
    database.within(organization, async (statements) => {
      await statements.run(ONE_PROCESSOR);
      const row = await statements.first<StopEffect>(EFFECT, about(organization, target));
      return row as StopEffect;
    }),

  stop: (act, { id, kind, subject, security, reason }) =>
    database.within(act.organization, async (statements) => {
      const by = actorOf(act.caller);
      const stop = [act.organization, id, kind, subject, security, reason, by];
      const row = await statements.first<{ stopped_at: Date }>(ADD_STOP, stop);
      await statements.run(kind === 'owner' ? HOLD_OWNED : HOLD, [act.organization, kind, subject, id, by, reason]);
      // With what the owner hands to builders, a stopped owner would have a new agent in a minute.
      if (kind === 'owner') await statements.run(END_TOKENS_OF_OWNER, [act.organization, subject]);
      await answerWaiting(statements, act.organization, act.organization);
      await recordStop(statements, act, 'authority.stopped', { kind, subject, reason }, { stop: id, security });
      return row?.stopped_at ?? new Date();
    }),

  stillLive: (organization, target) =>
    database.within(organization, async (statements) => {
      await statements.run(ONE_PROCESSOR);
      return statements.rows<StillLive>(STILL_LIVE, about(organization, target));
    }),

  hearings: (organization, id) =>
    database.within(organization, (statements) => statements.rows<Hearing>(HEARINGS, [organization, id])),

  list: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<StandingStop>(
        statements,
        {
          select: STOPS,
          parameters: [organization],
          by: ['stopped_at', 'timestamptz'],
          id: 'id',
          descending: true,
          words: ['name', 'reason', 'subject'],
          filters: {
            standing: (value) => `(resumed_at is null)::text = ${value}`,
            kind: (value) => `kind = ${value}`,
          },
        },
        asked,
      ),
    ),

  find: (organization, id) =>
    database.within(organization, (statements) =>
      statements.first<StandingStop>(`${STOPS} and s.id = $2`, [organization, id]),
    ),

  askToResume: (act, id) =>
    database.within(act.organization, async (statements) => {
      const row = await statements.first<StopTarget>(ASK, [act.organization, id, actorOf(act.caller)]);
      if (!row) return false;
      const { kind, subject } = row;
      await record(statements, act, 'admin.acted', 'resume_asked', { stop: id, kind, subject }, namesIn(row));
      return true;
    }),

  resume: (act, id, reason) =>
    database.within(act.organization, async (statements) => {
      const row = await statements.first<StopTarget>(RESUME, [act.organization, id, actorOf(act.caller)]);
      if (!row) return false;
      // What began before this instant stays over: grants do not come back.
      await statements.run(LET_GO, [act.organization, id]);
      await recordStop(statements, act, 'authority.resumed', { ...row, reason }, { stop: id });
      return true;
    }),
});

/** Counting a million tokens must not keep those from being refused that are being stopped. */
const ONE_PROCESSOR = 'set local max_parallel_workers_per_gather = 0';

const endsOf = (subject: string): [string, string] => {
  const [first = '', second = ''] = subject.split('|');
  return [first, second];
};
const about = (organization: string, { kind, subject }: StopTarget) => [organization, kind, ...endsOf(subject)];

const recordStop = (
  statements: Statements,
  act: Act,
  type: 'authority.stopped' | 'authority.resumed',
  order: StopTarget & { reason: string },
  more: object,
) =>
  record(statements, act, type, order.kind, { subject: order.subject, reason: order.reason, ...more }, namesIn(order));

/** The columns that say what a stop is about. */
export function namesIn({ kind, subject }: Pick<StopOrder, 'subject'> & { kind: StopOrder['kind'] | 'owner' }): {
  [column: string]: string | undefined;
} {
  const [agent, person] = subject.split('|');
  switch (kind) {
    case 'pair':
      return { agent, person };
    case 'token':
      return { jti: subject };
    case 'client':
      return { application: subject };
    case 'owner':
      return { person: subject };
    case 'agent':
    case 'person':
    case 'task':
    case 'resource':
      return { [kind]: subject };
    default:
      return {};
  }
}

const ADD_STOP = `
  insert into stops (organization, id, kind, subject, security, reason, stopped_by) values ($1, $2, $3, $4, $5, $6, $7)
  returning stopped_at`;

const HELD = `
  on conflict (organization, key) do update
  set at = excluded.at, by = excluded.by, reason = excluded.reason, held_by = stop_epochs.held_by || excluded.held_by`;

const HOLD = `
  insert into stop_epochs (organization, key, at, by, reason, held_by)
  values ($1, $2::text || ':' || $3, clock_timestamp(), $5, $6, array[$4::text]) ${HELD}`;

// Each agent by itself: that it passes to somebody else meanwhile lets it go no earlier.
const HOLD_OWNED = `
  insert into stop_epochs (organization, key, at, by, reason, held_by)
  select $1, 'agent:' || a.id, clock_timestamp(), $5, $6, array[$4::text]
  from agents a where $2::text = 'owner' and a.organization = $1 and a.owner = $3 and a.status <> 'retired'
  order by a.id ${HELD}`;

const END_TOKENS_OF_OWNER = `
  update initial_access_tokens set expires_at = clock_timestamp()
  where organization = $1 and owner = $2 and (expires_at is null or expires_at > clock_timestamp())`;

// Whoever began to serve later met the stop where it stands: in the database.
const HEARINGS = `
  select i.id as instance, h.at as heard_at,
         h.at is null and i.seen_at < clock_timestamp() - interval '${GONE_SECONDS} seconds' as gone
  from stops s
  join instances i on i.started_at <= s.stopped_at and i.seen_at > s.stopped_at - interval '${GONE_SECONDS} seconds'
  left join stops_heard h on h.organization = s.organization and h.stop = s.id and h.instance = i.id
  where s.organization = $1 and s.id = $2
  union
  select h.instance, h.at, false from stops_heard h where h.organization = $1 and h.stop = $2
  order by heard_at nulls last, instance`;

const ASK = `
  update stops set resume_asked_by = $3, resume_asked_at = clock_timestamp()
  where organization = $1 and id = $2 and resumed_at is null
  returning kind, subject`;

const RESUME = `
  update stops set resumed_by = $3, resumed_at = clock_timestamp()
  where organization = $1 and id = $2 and resumed_at is null
  returning kind, subject`;

// In the order in which a stop takes them.
const LET_GO = `
  with held as (
    select key from stop_epochs where organization = $1 and $2 = any(held_by) order by key for no key update)
  update stop_epochs s set held_by = array_remove(s.held_by, $2), at = clock_timestamp()
  from held where s.organization = $1 and s.key = held.key`;

const NAME = `
  select case $2::text
    when 'agent' then (select name from agents where organization = $1 and id = $3)
    when 'pair' then (select a.name || ' / ' || p.name from agents a, people p
                      where a.organization = $1 and a.id = $3 and p.organization = $1 and p.id = $4)
    when 'owner' then (select name from people where organization = $1 and id = $3)
    when 'resource' then (select name from resources where resource = $3)
    when 'organization' then (select name from organizations where id = $1 and id = $3)
  end as name`;

const who = (column: string) => `
  case when s.${column} is not null then json_build_object(
    'id', s.${column},
    'name', coalesce((select p.name from people p where p.organization = s.organization and p.id = s.${column}),
                     (select c.metadata ->> 'client_name' from clients c where c.client_id = s.${column}))) end as ${column}`;

const STOPS = `
  select s.id, s.kind, s.subject, s.security, s.reason, s.stopped_at, s.resume_asked_at, s.resumed_at,
         ${who('stopped_by')}, ${who('resume_asked_by')}, ${who('resumed_by')},
         coalesce(case s.kind
           when 'agent' then (select a.name from agents a where a.organization = s.organization and a.id = s.subject)
           when 'pair' then (select a.name || ' / ' || p.name from agents a, people p
                             where a.organization = s.organization and a.id = split_part(s.subject, '|', 1)
                               and p.organization = s.organization and p.id = split_part(s.subject, '|', 2))
           when 'owner' then (select p.name from people p where p.organization = s.organization and p.id = s.subject)
           when 'resource' then (select r.name from resources r where r.resource = s.subject)
           else (select g.name from organizations g where g.id = s.organization)
         end, s.subject) as name
  from stops s where s.organization = $1`;

/** Which agents a stop is about: $1 organization, $2 kind, $3 and $4 its subject. */
const OWNED = 'array(select o.id from agents o where o.organization = $1 and o.owner = $3)';

const TASKS = `
  select t.person from tasks t
  where t.organization = $1 and t.agent is not null and t.expires_at > clock_timestamp()
    and case $2::text when 'organization' then true
                      when 'resource' then exists (select from task_actions x where x.organization = t.organization and x.task = t.id and x.resource = $3)
                      when 'owner' then t.agent = any(${OWNED})
                      else t.agent = $3 and ($2 = 'agent' or t.person = $4) end
    and not exists (select from stop_epochs e where e.organization = t.organization and e.at >= t.approved_at
                    and e.key in ('organization:' || t.organization, 'agent:' || t.agent, 'pair:' || t.agent || '|' || t.person,
                                  'client:' || t.client_id, 'person:' || t.person, 'task:' || t.id))`;

// Read by time alone, and only as far back as a token can live.
const LIVE_TOKENS = `
  from issued_tokens t
  where t.organization = $1 and t.issued_at > clock_timestamp() - interval '1 hour' and t.expires_at > clock_timestamp()
    and case $2::text when 'organization' then true when 'resource' then t.resource = $3
                      when 'owner' then t.agents && ${OWNED}
                      else $3 = any(t.agents) and ($2 = 'agent' or t.person = $4) end`;

const EFFECT = `
  with concerned as materialized (${TASKS})
  select (select count(*)::int from agents a
          where a.organization = $1 and a.status = 'active'
            and case $2::text when 'organization' then true when 'owner' then a.owner = $3
                              when 'resource' then exists (
                                select from tasks t join task_actions x on x.organization = t.organization and x.task = t.id
                                where t.organization = $1 and t.agent = a.id and t.expires_at > clock_timestamp() and x.resource = $3)
                              else a.id = $3 end) as agents,
         (select count(distinct e.child)::int from agent_edges e
          where e.organization = $1
            and case $2::text when 'agent' then e.parent = $3 when 'pair' then e.parent = $3
                              when 'owner' then e.parent = any(${OWNED}) else false end) as sub_agents,
         (select count(distinct person)::int from concerned) as people,
         (select count(*)::int from concerned) as tasks,
         (select count(*)::int from approvals p
          where p.organization = $1 and p.status = 'pending' and p.expires_at > clock_timestamp()
            and case $2::text when 'organization' then true
                              when 'resource' then exists (select from jsonb_array_elements(p.actions) x where x ->> 'resource' = $3)
                              when 'owner' then p.agent = any(${OWNED})
                              else p.agent = $3 and ($2 = 'agent' or p.person = $4) end) as waiting,
         (select count(*)::int ${LIVE_TOKENS}) as tokens`;

// What is limited, high or critical is never accepted without asking back, and this server refuses at once itself:
// what is left are JWTs that a resource may take at their word until they expire.
const STILL_LIVE = `
  select live.resource, r.name, live.live_until, live.count
  from (select t.resource, max(t.expires_at) as live_until, count(*)::int as count
        ${LIVE_TOKENS}
          and t.kind in ('leaf', 'own', 'assertion')
          and (t.actions = '[]' or exists (
            select from jsonb_array_elements(t.actions) a where a ->> 'max_uses' is null and a ->> 'impact' in ('low', 'medium')))
        group by t.resource) live
  join resources r on r.resource = live.resource and r.token_format = 'jwt'
  order by live.resource`;
