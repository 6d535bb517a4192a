import type { Agent, AgentEdge } from '../../server/agents/agent.ts';
import {
  MOVES,
  type MoveName,
  type MoveRefusal,
  moveProblem,
  type Role,
  type Standing,
} from '../../server/agents/lifecycle.ts';
import { pairOf, stopKeys } from '../../server/agents/liveness.ts';
import type { MyAgents, MyAgentsStore } from '../../server/agents/my-agents.ts';
import { prepareEvent } from '../../server/evidence/evidence.ts';
import type { Database, Statements } from './database.ts';
import { eventParameters, insertEvent, writeEvent } from './evidence.ts';
import { holdPerson, TASK_ALIVE, writeStop } from './liveness.ts';
import { STOPPED } from './stopped.ts';

/** Edges along which this agent may hand on, as they are now. */
export async function edgesOf(statements: Statements, organization: string, agent: string): Promise<AgentEdge[]> {
  return statements.rows<AgentEdge>(EDGES, [organization, agent]);
}

/** These, and all further edges along which its children may hand on. */
export async function edgesBelow(statements: Statements, organization: string, agent: string): Promise<AgentEdge[]> {
  return statements.rows<AgentEdge>(EDGES_BELOW, [organization, agent]);
}

/** What keeps this agent from asking this person for these resources: the person's own pause, or a standing stop. */
export async function askingBarredBy(
  statements: Statements,
  organization: string,
  agent: string,
  person: string,
  resources: readonly string[],
): Promise<'paused' | 'stopped' | undefined> {
  const keys = [
    ...stopKeys({ organization, agents: [agent], person, since: new Date() }),
    ...resources.map((resource) => `resource:${resource}`),
  ];
  const row = await statements.first<{ barred: 'paused' | 'stopped' | null }>(BARRED, [
    organization,
    agent,
    person,
    keys,
  ]);
  return row?.barred ?? undefined;
}

/** One step of an agent's life, and who takes it. */
export interface AgentMove {
  organization: string;
  agent: string;
  move: MoveName;
  role: Role;
  by: string;
  reason?: string | undefined;
}

/**
 * Moves an agent to another status, with who, when, why and evidence, if the rules let it. Leaving `active` ends
 * everything it holds at once.
 *
 * @param statements a transaction: the move, its stop and its evidence belong together
 * @returns what stood against it; undefined where it was done
 */
export async function moveAgent(
  statements: Statements,
  { organization, agent, move, role, by, reason }: AgentMove,
): Promise<MoveRefusal | 'unknown' | undefined> {
  const standing = await statements.first<Standing>(STANDING, [organization, agent]);
  if (!standing) return 'unknown';
  const problem = moveProblem(move, role, standing, new Date());
  if (problem) return problem;
  const { to } = MOVES[move];
  const event = prepareEvent({
    organization,
    ...eventOf(move),
    decision: 'allowed',
    agent,
    content: { move, from: standing.status, to, by, role, reason },
  });
  await sayWho(statements, { by, role, reason, evidence: event.id });
  await statements.run(MOVE, [organization, agent, to, role]);
  await sayWho(statements, undefined);
  if (to !== 'active') await writeStop(statements, { organization, kind: 'agent', subject: agent, by, reason });
  await statements.run(`with ${insertEvent(1)} select`, eventParameters(event));
  return undefined;
}

const eventOf = (move: MoveName) => {
  if (move === 'activate') return { type: 'agent.changed', reason: 'activated' } as const;
  return { type: move === 'resume' ? 'authority.resumed' : 'authority.stopped', reason: 'agent' } as const;
};

/** For the trigger that records a change of status, for the rest of the transaction or until it is said anew. */
const sayWho = (statements: Statements, said: object | undefined) =>
  statements.run(`select set_config('countersign.change', $1, true)`, [said ? JSON.stringify(said) : '']);

export async function findAgent(
  statements: Statements,
  organization: string,
  agent: string,
): Promise<Agent | undefined> {
  return statements.first<Agent>(FIND, [organization, agent]);
}

/** The name of an agent that this person knows: any other looks like one that never was. */
export async function knownAgent(
  statements: Statements,
  { organization, person, agent }: { organization: string; person: string; agent: string },
): Promise<string | undefined> {
  return (await statements.first<{ name: string }>(KNOWN, [organization, person, agent]))?.name;
}

/** Ends what this agent holds for this person, and keeps it from asking. */
export async function pausePair(
  statements: Statements,
  { organization, person, agent }: { organization: string; person: string; agent: string },
): Promise<void> {
  await holdPerson(statements, organization, person);
  await statements.run('insert into pauses (organization, agent, person) values ($1, $2, $3) on conflict do nothing', [
    organization,
    agent,
    person,
  ]);
  await endPair(statements, { organization, person, agent });
}

/** What this agent holds for this person ends, by the person. */
async function endPair(
  statements: Statements,
  { organization, person, agent }: { organization: string; person: string; agent: string },
): Promise<void> {
  await writeStop(statements, { organization, kind: 'pair', subject: pairOf(agent, person), by: person });
  await writeEvent(statements, {
    organization,
    type: 'authority.stopped',
    decision: 'allowed',
    reason: 'person_and_agent',
    person,
    agent,
  });
}

/** One person's agents, under row-level security. */
export const postgresMyAgents = (database: Database): MyAgentsStore => ({
  list: (organization, person) =>
    database.within(organization, async (statements) => {
      const agents = await statements.rows<MyAgents['agents'][number]>(MY_AGENTS, [organization, person]);
      const tasks = await statements.rows<MyAgents['tasks'][number]>(MY_TASKS, [organization, person]);
      const history = await statements.rows<MyAgents['history'][number]>(MY_HISTORY, [organization, person]);
      return { agents, tasks, history };
    }),

  mayHandTo: (organization, agent) =>
    database.within(organization, async (statements) =>
      (await edgesOf(statements, organization, agent)).map(({ childName }) => childName),
    ),

  stopTask: (organization, person, task) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ agent: string | null }>(
        'select agent from tasks where organization = $1 and id = $2 and person = $3',
        [organization, task, person],
      );
      if (!row) return false;
      await writeStop(statements, { organization, kind: 'task', subject: task, by: person });
      await writeEvent(statements, {
        organization,
        type: 'authority.stopped',
        decision: 'allowed',
        reason: 'task',
        person,
        agent: row.agent ?? undefined,
        task,
      });
      return true;
    }),

  known: (organization, person, agent) =>
    database.within(organization, (statements) => knownAgent(statements, { organization, person, agent })),

  pause: (organization, person, agent) =>
    database.within(organization, async (statements) => {
      if (!(await knownAgent(statements, { organization, person, agent }))) return false;
      await pausePair(statements, { organization, person, agent });
      return true;
    }),

  resume: (organization, person, agent) =>
    database.within(organization, async (statements) => {
      const changed = await statements.run(
        'delete from pauses where organization = $1 and agent = $2 and person = $3',
        [organization, agent, person],
      );
      if (changed === 0) return false;
      await writeEvent(statements, {
        organization,
        type: 'authority.resumed',
        decision: 'allowed',
        reason: 'person_and_agent',
        person,
        agent,
      });
      return true;
    }),

  stopAgent: (organization, person, agent) =>
    database.within(organization, async (statements) => {
      if (!(await knownAgent(statements, { organization, person, agent }))) return false;
      await endPair(statements, { organization, person, agent });
      return true;
    }),

  stopAll: (organization, person) =>
    database.within(organization, async (statements) => {
      // Every pair, not the person: their session and their own sign-ins go on.
      const agents = await statements.rows<{ agent: string }>(
        `select agent from tasks where organization = $1 and person = $2 and agent is not null
         union select agent from approvals where organization = $1 and person = $2 and status = 'pending'`,
        [organization, person],
      );
      for (const { agent } of agents) {
        await writeStop(statements, { organization, kind: 'pair', subject: pairOf(agent, person), by: person });
      }
      await writeEvent(statements, {
        organization,
        type: 'authority.stopped',
        decision: 'allowed',
        reason: 'all_agents_of_person',
        person,
        content: { agents: agents.length },
      });
      return agents.length;
    }),
});

const BARRED = `
  select case
    when exists (select from stop_epochs where organization = $1 and key = any($4) and held_by <> '{}') then 'stopped'
    when exists (select from pauses where organization = $1 and agent = $2 and person = $3) then 'paused' end as barred`;
/** Of an edge `e` of the parent `p`: the parent is not limited to others. */
const DELEGATED = `(not p.effective_limits ? 'delegates' or p.effective_limits -> 'delegates' ? e.child)`;

const EDGES = `
  select e.parent, e.child, a.name as "childName", e.actions, e.max_depth as "maxDepth", e.carries_own as "carriesOwn"
  from agent_edges e join agents a on a.organization = e.organization and a.id = e.child
  join agents p on p.organization = e.organization and p.id = e.parent
  where e.organization = $1 and e.parent = $2 and ${DELEGATED} order by a.name`;

const EDGES_BELOW = `
  with recursive below as (
    select $2::text as agent
    union
    select e.child from below b
    join agent_edges e on e.organization = $1 and e.parent = b.agent
    join agents p on p.organization = e.organization and p.id = e.parent
    where ${DELEGATED})
  select e.parent, e.child, a.name as "childName", e.actions, e.max_depth as "maxDepth", e.carries_own as "carriesOwn"
  from below b
  join agent_edges e on e.organization = $1 and e.parent = b.agent
  join agents a on a.organization = e.organization and a.id = e.child
  join agents p on p.organization = e.organization and p.id = e.parent
  where ${DELEGATED}
  order by e.parent <> $2, a.name`;

const STANDING = `
  select status, suspended_by as "suspendedBy", agent_lacks(organization, id) as lacks, expires_at as "expiresAt"
  from agents where organization = $1 and id = $2 for no key update`;

const MOVE = `
  update agents set status = $3, suspended_by = case when $3 = 'suspended' then $4 else suspended_by end
  where organization = $1 and id = $2`;

const FIND = `
  select organization, id, name, purpose, mode, status, owner, deputy, own_actions as "ownActions",
         least(chain_limit, (effective_limits ->> 'chain_depth')::int) as "chainLimit", expires_at as "expiresAt"
  from agents where organization = $1 and id = $2`;

const RECENT_QUESTIONS = `q.organization = a.organization and q.agent = a.id and q.person = $2 and not q.silent
    and q.asked_at > clock_timestamp() - interval '30 days'`;

/** Where an agent describes itself for whom nobody here vouches; null for every other. */
export const DESCRIBED_AT = `
  (select min(c.document_url) from clients c
   where c.organization = a.organization and c.agent = a.id and c.document_url is not null and not c.document_verified)
  as "describedAt"`;

// It asked them, holds a task of theirs or a part of one, they answer for it, or paused it before.
const KNOWN = `
  select a.name from agents a
  where a.organization = $1 and a.id = $3 and (
    (a.owner = $2 and a.owner_accepted_at is not null) or (a.deputy = $2 and a.deputy_accepted_at is not null)
    or exists (select from approvals q where q.organization = $1 and q.person = $2 and q.agent = $3)
    or exists (select from tasks t where t.organization = $1 and t.person = $2 and t.agent = $3)
    or exists (select from tasks t join derived_grants d on d.organization = t.organization and d.task = t.id
               where t.organization = $1 and t.person = $2 and d.agent = $3)
    or exists (select from pauses p where p.organization = $1 and p.person = $2 and p.agent = $3))`;

const MY_AGENTS = `
  select a.id, a.name, a.purpose, a.mode, a.status, o.name as owner, ${DESCRIBED_AT},
         exists (select from pauses p where p.organization = a.organization and p.agent = a.id and p.person = $2) as paused,
         (select count(*)::int from approvals q where ${RECENT_QUESTIONS}) as asked,
         (select count(*)::int from approvals q where ${RECENT_QUESTIONS} and q.status = 'denied') as denied,
         (select max(t.issued_at) from issued_tokens t
          where t.organization = a.organization and t.agent = a.id and t.person = $2) as "lastUsed"
  from agents a join people o on o.organization = a.organization and o.id = a.owner
  where a.organization = $1
    and exists (select from approvals p where p.organization = a.organization and p.agent = a.id and p.person = $2)
  order by "lastUsed" desc nulls last, a.name`;

const MY_TASKS = `
  select t.id, t.agent, t.sentence, t.impact, t.expires_at as "expiresAt", t.standing_until as "standingUntil",
         (select sum(a.uses)::int from task_actions a where a.organization = t.organization and a.task = t.id) as uses,
         (select sum(a.max_uses)::int from task_actions a where a.organization = t.organization and a.task = t.id) as "maxUses"
  from tasks t
  where t.organization = $1 and t.person = $2 and t.agent is not null and t.expires_at > clock_timestamp()
    and ${TASK_ALIVE}
  order by t.expires_at`;

const MY_HISTORY = `
  select a.agent, a.id as approval, coalesce(t.sentence, a.sentence) as sentence,
         case when a.status = 'denied' then 'denied'
              when a.status = 'approved' and a.silent then 'silent'
              when a.status = 'approved' then case a.decision ->> 'duration' when 'once' then 'allowed_once' else 'allowed' end
              when ${STOPPED} then 'stopped' when a.expires_at <= clock_timestamp() then 'expired' else 'waiting' end as kind,
         coalesce((select sum(u.uses)::int from task_actions u where u.organization = t.organization and u.task = t.id), 0) as uses,
         coalesce(a.decided_at, a.asked_at) as at
  from approvals a left join tasks t on t.organization = a.organization and t.id = a.task
  where a.organization = $1 and a.person = $2
  union all
  select agent, null, null, case type when 'authority.stopped' then 'stopped' else 'resumed' end, 0, at
  from evidence
  where organization = $1 and person = $2 and agent is not null and reason = 'person_and_agent'
    and type in ('authority.stopped', 'authority.resumed')
  union all
  -- All of them at once: each that had asked by then.
  select distinct on (e.id, a.agent) a.agent, null, null, 'stopped', 0, e.at
  from evidence e join approvals a on a.organization = e.organization and a.person = e.person and a.asked_at <= e.at
  where e.organization = $1 and e.person = $2 and e.type = 'authority.stopped' and e.reason = 'all_agents_of_person'
  order by at desc limit 200`;
