import { ownershipStep, UNOWNED_GRACE_SECONDS } from '../../server/agents/lifecycle.ts';
import { recordAgentChange } from './agent-changes.ts';
import { moveAgent } from './agents.ts';
import type { Database, Statements } from './database.ts';

/** Agents per round and rule. */
const BATCH = 200;
const HOUSE = 'countersign';

export interface Swept {
  expired: number;
  overdue: number;
  passedOn: number;
  unowned: number;
}

/**
 * What happens to agents by date: they expire; an overdue review suspends; one whose owner is gone passes to its deputy,
 * or is suspended after a grace. Each agent in a transaction of its own that skips what another instance holds, so any
 * number of instances may do it at once, and it may be killed at any point.
 */
export async function sweepAgents(database: Database, graceSeconds = UNOWNED_GRACE_SECONDS): Promise<Swept> {
  return {
    expired: await each(database, PAST_EXPIRY, (statements, agent) =>
      moved(statements, agent, 'expire', 'its date is reached'),
    ),
    overdue: await each(database, PAST_REVIEW, (statements, agent) =>
      moved(statements, agent, 'suspend', 'its review is overdue'),
    ),
    ...(await sweepOwners(database, graceSeconds)),
  };
}

interface Found {
  organization: string;
  id: string;
}

/** One agent after another, each locked while it is worked on. Answers how many of them changed. */
async function each(
  database: Database,
  next: string,
  work: (statements: Statements, agent: Found) => Promise<boolean>,
): Promise<number> {
  let changed = 0;
  for (let round = 0; round < BATCH; round++) {
    const done = await database.transaction(async (statements) => {
      const agent = await statements.first<Found>(next);
      return agent && (await work(statements, agent));
    });
    if (!done) return changed;
    changed += 1;
  }
  return changed;
}

async function moved(
  statements: Statements,
  { organization, id: agent }: Found,
  move: 'expire' | 'suspend',
  reason: string,
): Promise<boolean> {
  const problem = await moveAgent(statements, { organization, agent, move, role: 'job', by: HOUSE, reason });
  return problem === undefined;
}

async function sweepOwners(database: Database, graceSeconds: number): Promise<Pick<Swept, 'passedOn' | 'unowned'>> {
  const swept = { passedOn: 0, unowned: 0 };
  let after = '';
  for (;;) {
    const agents = await database.rows<Found>(OWNER_GONE, [after, BATCH]);
    for (const { organization, id } of agents) {
      await database.transaction(async (statements) => {
        const agent = await statements.first<Owned>(HOLD, [organization, id]);
        if (agent) await settle(statements, agent, graceSeconds, swept);
      });
      after = id;
    }
    if (agents.length < BATCH) return swept;
  }
}

interface Owned extends Found {
  owner: string;
  deputy: string;
  ownerActive: boolean;
  deputyActive: boolean;
  deputyAccepted: boolean;
  unownedSince: Date | null;
  status: string;
}

async function settle(
  statements: Statements,
  agent: Owned,
  graceSeconds: number,
  swept: { passedOn: number; unowned: number },
): Promise<void> {
  const { organization, id, owner, deputy } = agent;
  switch (ownershipStep(agent, new Date(), graceSeconds)) {
    case 'pass_to_deputy':
      await statements.run(SWAP, [organization, id]);
      await recordAgentChange(statements, {
        organization,
        agent: id,
        change: 'owner',
        by: HOUSE,
        role: 'job',
        reason: 'the owner is not active',
        detail: { from: owner, to: deputy },
      });
      swept.passedOn += 1;
      return;
    case 'start_grace':
      await statements.run('update agents set unowned_since = clock_timestamp() where organization = $1 and id = $2', [
        organization,
        id,
      ]);
      return;
    case 'end_grace':
      await statements.run('update agents set unowned_since = null where organization = $1 and id = $2', [
        organization,
        id,
      ]);
      return;
    case 'suspend':
      if (agent.status !== 'active') return;
      if (await moved(statements, agent, 'suspend', 'nobody answers for it')) swept.unowned += 1;
      return;
    default:
  }
}

/**
 * Adds up when each agent used which action last, because issued tokens are dropped after a week. Counting twice changes
 * nothing; only one instance counts at a time.
 *
 * @returns false when another does
 */
export const addUpUse = (database: Database): Promise<boolean> =>
  database.transaction(async (statements) => {
    const mine = await statements.first<{ locked: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('countersign agent use')) as locked`,
    );
    if (!mine?.locked) return false;
    await statements.run(ADD_UP);
    await statements.run(REMEMBER);
    return true;
  });

const PAST_EXPIRY = `
  select organization, id from agents
  where status in ('pending', 'active', 'suspended') and expires_at <= clock_timestamp()
  order by expires_at limit 1 for no key update skip locked`;

const PAST_REVIEW = `
  select organization, id from agents
  where status = 'active' and review_at <= clock_timestamp() order by review_at limit 1 for no key update skip locked`;

const OWNER_GONE = `
  select a.organization, a.id from agents a
  join people o on o.organization = a.organization and o.id = a.owner
  where a.status in ('pending', 'active', 'suspended') and (o.status <> 'active' or a.unowned_since is not null) and a.id > $1
  order by a.id limit $2`;

const HOLD = `
  select a.organization, a.id, a.owner, a.deputy, a.status, o.status = 'active' as "ownerActive", d.status = 'active' as "deputyActive",
         a.deputy_accepted_at is not null as "deputyAccepted", a.unowned_since as "unownedSince"
  from agents a
  join people o on o.organization = a.organization and o.id = a.owner
  join people d on d.organization = a.organization and d.id = a.deputy
  where a.organization = $1 and a.id = $2 and a.status in ('pending', 'active', 'suspended')
  for no key update of a skip locked`;

// Whoever left stays named as the deputy who has to be replaced: an agent without one cannot be resumed.
const SWAP = `
  update agents set owner = deputy, owner_accepted_at = deputy_accepted_at, deputy = owner, deputy_accepted_at = null, unowned_since = null
  where organization = $1 and id = $2`;

/** A token that may have been written after a count that its second belongs to. */
const OVERLAP = `interval '5 minutes'`;

const ADD_UP = `
  insert into agent_use (organization, agent, action, used_at)
  select t.organization, t.agent, x ->> 'action', max(t.issued_at)
  from issued_tokens t cross join lateral jsonb_array_elements(t.actions) x
  where t.issued_at >= coalesce(
          (select (value #>> '{}')::timestamptz from settings where key = 'agent use counted until'), clock_timestamp() - interval '8 days') - ${OVERLAP}
    and t.agent is not null and t.kind in ('leaf', 'own', 'assertion')
  group by 1, 2, 3
  on conflict (organization, agent, action) do update set used_at = excluded.used_at where agent_use.used_at < excluded.used_at`;

const REMEMBER = `
  insert into settings (key, value) values ('agent use counted until', to_jsonb(clock_timestamp()))
  on conflict (key) do update set value = excluded.value`;
