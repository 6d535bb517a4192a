import { OWN_REASONS, ownershipStep } from '../../server/agents/lifecycle.ts';
import { recordAgentChange } from './agent-changes.ts';
import { moveAgent } from './agents.ts';
import type { Database, Statements } from './database.ts';

/** Agents that are looked up at once. */
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
 * number of instances may do it at once, and it may be killed at any point. An agent that cannot be moved keeps no other
 * from being moved.
 *
 * @param signal ends it between two agents
 * @throws what went wrong with some, after all others were done
 */
export async function sweepAgents(database: Database, signal?: AbortSignal): Promise<Swept> {
  const swept: Swept = { expired: 0, overdue: 0, passedOn: 0, unowned: 0 };
  const failures: unknown[] = [];
  const round = { database, signal, failures };
  await each<Found>(round, PAST_EXPIRY, async (statements, agent) => {
    if (await moved(statements, agent, 'expire', OWN_REASONS.dateReached.en)) swept.expired += 1;
  });
  await each<Found>(round, PAST_REVIEW, async (statements, agent) => {
    if (await moved(statements, agent, 'suspend', OWN_REASONS.reviewOverdue.en)) swept.overdue += 1;
  });
  await each<Owned>(round, OWNER_GONE, (statements, agent) => settle(statements, agent, swept));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} agents could not be moved`);
  return swept;
}

interface Found {
  organization: string;
  id: string;
}

interface Round {
  database: Database;
  signal: AbortSignal | undefined;
  failures: unknown[];
}

/** Whom something is to be done about: a page of them in their order, and one of them, held, if it still is. */
interface Due {
  page: string;
  hold: string;
}

async function each<Row extends Found>(
  { database, signal, failures }: Round,
  { page, hold }: Due,
  work: (statements: Statements, agent: Row) => Promise<void>,
): Promise<void> {
  let last = { at: '-infinity', id: '' };
  for (;;) {
    const agents = await database.rows<Found & { at: string }>(page, [last.at, last.id, BATCH]);
    for (const { organization, id } of agents) {
      if (signal?.aborted) return;
      try {
        await database.transaction(async (statements) => {
          const agent = await statements.first<Row>(hold, [organization, id]);
          if (agent) await work(statements, agent);
        });
      } catch (error) {
        failures.push(error);
      }
    }
    last = agents.at(-1) ?? last;
    if (agents.length < BATCH) return;
  }
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

interface Owned extends Found {
  owner: string;
  deputy: string;
  ownerActive: boolean;
  deputyActive: boolean;
  deputyAccepted: boolean;
  unownedSince: Date | null;
  graceDays: number;
  status: string;
}

async function settle(statements: Statements, agent: Owned, swept: Swept): Promise<void> {
  const { organization, id, owner, deputy } = agent;
  switch (ownershipStep(agent, new Date(), agent.graceDays)) {
    case 'pass_to_deputy':
      await statements.run(SWAP, [organization, id]);
      await recordAgentChange(statements, {
        organization,
        agent: id,
        change: 'owner',
        by: HOUSE,
        role: 'job',
        reason: OWN_REASONS.ownerInactive.en,
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
      if (await moved(statements, agent, 'suspend', OWN_REASONS.nobodyAnswers.en)) swept.unowned += 1;
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

/** Agents that a date of theirs has reached. */
const reached = (date: string, statuses: string): Due => {
  const where = `status in (${statuses}) and ${date} <= clock_timestamp()`;
  return {
    page: `
      select organization, id, ${date}::text as at from agents
      where ${where} and (${date}, id) > ($1::timestamptz, $2) order by ${date}, id limit $3`,
    hold: `
      select organization, id from agents
      where organization = $1 and id = $2 and ${where} for no key update skip locked`,
  };
};

const PAST_EXPIRY = reached('expires_at', `'pending', 'active', 'suspended'`);
const PAST_REVIEW = reached('review_at', `'active'`);

const OWNER_GONE: Due = {
  page: `
    select a.organization, a.id, '-infinity' as at from agents a
    join people o on o.organization = a.organization and o.id = a.owner
    where a.status in ('pending', 'active', 'suspended') and (o.status <> 'active' or a.unowned_since is not null)
      and ('-infinity'::timestamptz, a.id) > ($1::timestamptz, $2)
    order by a.id limit $3`,
  hold: `
    select a.organization, a.id, a.owner, a.deputy, a.status, o.status = 'active' as "ownerActive", d.status = 'active' as "deputyActive",
           a.deputy_accepted_at is not null as "deputyAccepted", a.unowned_since as "unownedSince", g.unowned_grace_days as "graceDays"
    from agents a
    join organizations g on g.id = a.organization
    join people o on o.organization = a.organization and o.id = a.owner
    join people d on d.organization = a.organization and d.id = a.deputy
    where a.organization = $1 and a.id = $2 and a.status in ('pending', 'active', 'suspended')
    for no key update of a skip locked`,
};

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
