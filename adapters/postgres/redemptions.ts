import { stopKeys } from '../../server/agents/liveness.ts';
import { prepareEvent } from '../../server/evidence/evidence.ts';
import type { BatchOutcome, NewRedemption, RedemptionStore, Reservation } from '../../server/redemptions/redemption.ts';
import { STANDING_UNUSED_DAYS } from '../../server/tasks/standing.ts';
import { type Database, isUniqueViolation } from './database.ts';
import { EVENT_PARAMETERS, eventParameters, insertEvent, postgresEvidence } from './evidence.ts';

export const postgresRedemptions = (database: Database): RedemptionStore => ({
  async reserve(redemption) {
    // The same key may arrive twice at once: then the other one drew, and its answer is ours too.
    try {
      const drawn = await draw(database, redemption);
      return drawn.ok || drawn.reason === 'not_alive' ? drawn : ((await existing(database, redemption)) ?? drawn);
    } catch (error) {
      const now = isUniqueViolation(error) ? await existing(database, redemption) : undefined;
      if (now) return now;
      throw error;
    }
  },

  async statedFacts(organization, task, position) {
    const row = await database.first<{ facts: Record<string, unknown> }>(STATED, [organization, task, position]);
    return row?.facts;
  },

  close: (id, resourceServer, { status, reference, affected }) =>
    database.transaction(async (statements) => {
      const evidence = postgresEvidence(statements);
      const row = await statements.first<RedemptionRow>(FOR_CLOSING, [id, resourceServer.clientId]);
      const about = {
        organization: row?.organization ?? resourceServer.organization,
        person: row?.person ?? undefined,
        agent: row?.agent ?? undefined,
        application: resourceServer.clientId,
        resource: row?.resource,
        task: row?.task,
        jti: row?.jti,
        txn: row?.txn,
      };
      const content = {
        redemption: id.slice(0, 100),
        action: row?.action,
        reference,
        affected,
        tool: row?.tool ?? undefined,
      };
      const refused = async <Reason extends string>(reason: Reason): Promise<Reason> => {
        await evidence.record({
          ...about,
          type: 'redemption.refused',
          decision: 'refused',
          reason: `outcome_${reason}`,
          content: { ...content, claimed: status },
        });
        return reason;
      };
      if (!row) return refused('unknown');
      if (row.status !== 'reserved') {
        const same =
          row.status === status && row.reference === (reference ?? null) && row.affected === (affected ?? null);
        return same ? 'repeated' : refused('conflict');
      }
      // A use that is given back late could already have happened: it stays drawn.
      if (status === 'released' && row.late) return refused('expired');
      await statements.run(CLOSE, [row.organization, id, status, reference ?? null, affected ?? null]);
      if (status === 'released') await statements.run(GIVE_BACK, [row.organization, row.task, row.position, id]);
      await evidence.record({ ...about, type: 'redemption.closed', decision: 'reported', outcome: status, content });
      return 'closed';
    }),

  report: (entries, resourceServer) =>
    database.transaction(async (statements) => {
      // In one order: two batches with the same entries wait for each other and do not lock each other out.
      const keyOf = ({ jti, requestId }: BatchOutcome) => `${jti} ${requestId}`;
      for (const entry of entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
        const { jti, action, decision, status, reference, tool, requestId, at } = entry;
        const token = await statements.first<TokenFacts>(TOKEN_OF_REPORT, [jti, at, resourceServer]);
        // A token of another resource server's audience is none of the caller's business: nothing is said about it.
        if (!token) continue;
        const event = prepareEvent({
          organization: token.organization,
          type: 'outcome.reported',
          decision: 'reported',
          reason: decision,
          outcome: status,
          person: token.person ?? undefined,
          agent: token.agent ?? undefined,
          application: resourceServer,
          resource: token.resource,
          task: token.task ?? undefined,
          jti,
          txn: token.txn,
          content: { action, reference, tool, request_id: requestId, at: at.toISOString() },
        });
        await statements.run(REPORT, [
          ...eventParameters(event),
          requestId,
          action,
          status ?? null,
          reference ?? null,
          tool ?? null,
          at,
        ]);
      }
    }),
});

interface RedemptionRow {
  organization: string;
  id: string;
  task: string;
  position: number;
  jti: string;
  resource: string;
  action: string;
  txn: string;
  person: string | null;
  agent: string | null;
  answer_hash: string;
  tool: string | null;
  status: string;
  reference: string | null;
  affected: number | null;
  remaining: number | null;
  expires_at: Date;
  /** By the database's clock. */
  late?: boolean;
}

interface TokenFacts {
  organization: string;
  person: string | null;
  agent: string | null;
  resource: string;
  task: string | null;
  txn: string;
}

async function existing(
  database: Database,
  { resourceServer, idempotencyKey }: NewRedemption,
): Promise<Reservation | undefined> {
  const row = await database.first<RedemptionRow>(
    'select * from redemptions where resource_server = $1 and idempotency_key = $2',
    [resourceServer, idempotencyKey],
  );
  return (
    row && {
      ok: true,
      id: row.id,
      remaining: row.remaining,
      expiresAt: row.expires_at,
      answerHash: row.answer_hash,
      released: row.status === 'released',
    }
  );
}

async function draw(database: Database, redemption: NewRedemption): Promise<Reservation> {
  const { token } = redemption;
  const event = prepareEvent({
    organization: token.organization,
    type: 'redemption.reserved',
    decision: 'allowed',
    person: token.person ?? undefined,
    agent: token.agent ?? undefined,
    application: redemption.resourceServer,
    resource: token.resource,
    task: token.task ?? undefined,
    jti: token.jti,
    txn: token.txn,
    content: {
      redemption: redemption.id,
      action: redemption.action,
      parameters: redemption.parameters,
      tool: redemption.tool,
      request_id: redemption.requestId,
    },
  });
  const row = await database.first<{
    dead: string | null;
    another_day: boolean | null;
    id: string | null;
    remaining: number | null;
    expires_at: Date;
    answer_hash: string;
    released: boolean;
  }>(DRAW, [
    ...eventParameters(event),
    token.organization,
    token.task,
    redemption.position,
    stopKeys({
      organization: token.organization,
      agents: token.agents,
      client: token.clientId,
      person: token.person ?? undefined,
      task: token.task ?? undefined,
      lineage: token.lineage,
      jti: token.jti,
      resource: token.resource,
      since: token.since,
    }),
    token.agents,
    token.person,
    token.since,
    redemption.id,
    token.jti,
    redemption.resourceServer,
    token.resource,
    redemption.action,
    JSON.stringify(redemption.parameters),
    redemption.answerHash,
    redemption.idempotencyKey,
    redemption.tool ?? null,
    redemption.requestId ?? null,
    token.txn,
    token.agent,
  ]);
  if (row?.id == null) {
    if (row?.dead !== null) return { ok: false, reason: 'not_alive' };
    return { ok: false, reason: row.another_day ? 'used_up_today' : 'used_up' };
  }
  return {
    ok: true,
    id: row.id,
    remaining: row.remaining,
    expiresAt: row.expires_at,
    answerHash: row.answer_hash,
    released: row.released,
  };
}

const p = (offset: number, type: string) => `$${EVENT_PARAMETERS + 1 + offset}::${type}`;

/** The day of a daily limit begins with its first use. */
const NEW_DAY = `coalesce(day_began <= clock_timestamp() - interval '1 day', true)`;

/** What this use spends, as the resource is about to execute it. */
const AMOUNT = `coalesce((${p(12, 'jsonb')} -> budget_parameter ->> 'value')::numeric, 0)`;

// One statement: what the same key reserved before; else alive, a use left and drawn, reserved, and the evidence, all or
// nothing.
const DRAW = `
  with gate as (select why_not_alive(${p(0, 'text')}, ${p(3, 'text[]')}, ${p(4, 'text[]')}, ${p(5, 'text')}, ${p(1, 'text')}, ${p(6, 'timestamptz')}) as dead),
  before as (
    select id, remaining, expires_at, answer_hash, status = 'released' as released
    from redemptions where resource_server = ${p(9, 'text')} and idempotency_key = ${p(14, 'text')}),
  drawn as (
    update task_actions set uses = uses + 1, budget_left = budget_left - ${AMOUNT},
      day_uses = case when ${NEW_DAY} then 1 else day_uses + 1 end,
      day_began = case when ${NEW_DAY} then clock_timestamp() else day_began end
    where organization = ${p(0, 'text')} and task = ${p(1, 'text')} and position = ${p(2, 'int')}
      and (max_uses is null or uses < max_uses) and (budget_left is null or budget_left >= ${AMOUNT})
      and (daily_max is null or ${NEW_DAY} or day_uses < daily_max) and (select dead from gate) is null and not exists (select from before)
    returning max_uses - uses as remaining),
  -- What repeats ends by itself where nobody uses it: each use is a sign of life.
  kept as (
    update tasks t set expires_at = least(t.standing_until, clock_timestamp() + make_interval(days => ${STANDING_UNUSED_DAYS}))
    from drawn where t.organization = ${p(0, 'text')} and t.id = ${p(1, 'text')} and t.standing_until is not null),
  reserved as (
    insert into redemptions (organization, id, task, position, jti, resource_server, resource, action, parameters, answer_hash,
                             idempotency_key, tool, request_id, txn, agent, person, status, remaining, expires_at)
    select ${p(0, 'text')}, ${p(7, 'text')}, ${p(1, 'text')}, ${p(2, 'int')}, ${p(8, 'text')}, ${p(9, 'text')}, ${p(10, 'text')},
           ${p(11, 'text')}, ${p(12, 'jsonb')}, ${p(13, 'text')}, ${p(14, 'text')}, ${p(15, 'text')}, ${p(16, 'text')}, ${p(17, 'text')},
           ${p(18, 'text')}, ${p(5, 'text')}, 'reserved', remaining, clock_timestamp() + interval '10 minutes'
    from drawn returning id, remaining, expires_at, answer_hash),
  ${insertEvent(1, 'from reserved')}
  select gate.dead, answer.*,
         (select daily_max is not null and (max_uses is null or uses < max_uses)
            and (budget_left is null or budget_left >= ${AMOUNT})
          from task_actions
          where organization = ${p(0, 'text')} and task = ${p(1, 'text')} and position = ${p(2, 'int')}) as another_day
  from gate
  left join (select *, false as released from reserved union all select * from before) as answer on true`;

// Of two questions about one action the one with the parameters that were granted; where the person narrowed them, the one
// in the same place. Narrowing keeps what was stated.
const STATED = `
  select asked -> 'facts' as facts
  from task_actions a
  join tasks t on t.organization = a.organization and t.id = a.task
  join approvals p on p.organization = t.organization and p.id = t.approval,
    jsonb_array_elements(p.actions) with ordinality as q (asked, place)
  where a.organization = $1 and a.task = $2 and a.position = $3
    and asked ->> 'action' = a.action and jsonb_typeof(asked -> 'facts') = 'object'
  order by asked -> 'parameters' = a.parameters desc, place = a.position + 1 desc limit 1`;

const FOR_CLOSING = `
  select *, expires_at < clock_timestamp() as late from redemptions
  where id = $1 and resource_server = $2 for no key update`;

const CLOSE = `
  update redemptions set status = $3, reference = $4, affected = $5, closed_at = clock_timestamp() where organization = $1 and id = $2`;

// Of the day's share only what was drawn in this day: a use of yesterday makes none of today free.
const GIVE_BACK = `
  update task_actions a set uses = uses - 1,
    day_uses = case when r.reserved_at >= a.day_began then greatest(day_uses - 1, 0) else day_uses end,
    budget_left = budget_left + coalesce((r.parameters -> budget_parameter ->> 'value')::numeric, 0)
  from redemptions r
  where a.organization = $1 and a.task = $2 and a.position = $3 and r.organization = $1 and r.id = $4`;

const TOKEN_OF_REPORT = `
  select t.organization, t.person, t.agent, t.resource, t.task, t.txn
  from issued_tokens t join resources r on r.resource = t.resource and r.resource_server = $3
  where t.jti = $1 and t.issued_at between $2::timestamptz - interval '1 hour' and $2::timestamptz + interval '1 minute'`;

// One statement: a report that was taken before leaves no second event.
const REPORT = `
  with inserted as (
    insert into outcomes (organization, jti, request_id, resource_server, action, decision, status, reference, tool, at)
    values ($1, $12, ${p(0, 'text')}, $7, ${p(1, 'text')}, $5, ${p(2, 'text')}, ${p(3, 'text')}, ${p(4, 'text')}, ${p(5, 'timestamptz')})
    on conflict do nothing returning 1),
  ${insertEvent(1, 'from inserted')}
  select`;
