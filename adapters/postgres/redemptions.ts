import { stopKeys } from '../../server/agents/liveness.ts';
import { prepareEvent } from '../../server/evidence/evidence.ts';
import type { NewRedemption, RedemptionStore, Reservation } from '../../server/redemptions/redemption.ts';
import { type Database, isUniqueViolation } from './database.ts';
import { EVENT_PARAMETERS, eventParameters, insertEvent } from './evidence.ts';

export const postgresRedemptions = (database: Database): RedemptionStore => ({
  async reserve(redemption) {
    const before = await existing(database, redemption);
    if (before) return before;
    try {
      return await draw(database, redemption);
    } catch (error) {
      // The same key arrived twice at once: the other one drew, and its answer is ours too.
      const now = isUniqueViolation(error) ? await existing(database, redemption) : undefined;
      if (now) return now;
      throw error;
    }
  },

  async refuse(token, { reason, resourceServer, action, parameters }) {
    const event = prepareEvent({
      organization: token?.organization ?? resourceServer.organization,
      type: 'redemption.refused',
      decision: 'refused',
      reason,
      person: token?.person ?? undefined,
      agent: token?.agent ?? undefined,
      application: resourceServer.clientId,
      resource: token?.resource,
      task: token?.task ?? undefined,
      jti: token?.jti,
      txn: token?.txn,
      content: { action, parameters },
    });
    await database.run(`with ${insertEvent(1)} select`, eventParameters(event));
  },

  close: (id, resourceServer, { status, reference, affected }) =>
    database.transaction(async (statements) => {
      const row = await statements.first<RedemptionRow>(
        'select * from redemptions where id = $1 and resource_server = $2 for no key update',
        [id, resourceServer],
      );
      if (!row) return 'unknown';
      if (row.status !== 'reserved') return row.status === status ? 'repeated' : 'conflict';
      // A use that is given back late could already have happened: it stays drawn.
      if (status === 'released' && row.expires_at.getTime() < Date.now()) return 'expired';
      await statements.run(CLOSE, [row.organization, id, status, reference ?? null, affected ?? null]);
      if (status === 'released') await statements.run(GIVE_BACK, [row.organization, row.task, row.position]);
      const token = await statements.first<{ person: string; agent: string | null }>(
        'select person, agent from tasks where organization = $1 and id = $2',
        [row.organization, row.task],
      );
      const event = prepareEvent({
        organization: row.organization,
        type: 'redemption.closed',
        decision: 'reported',
        outcome: status,
        person: token?.person,
        agent: token?.agent ?? undefined,
        application: resourceServer,
        resource: row.resource,
        task: row.task,
        jti: row.jti,
        content: { redemption: id, action: row.action, reference, affected, tool: row.tool ?? undefined },
      });
      await statements.run(`with ${insertEvent(1)} select`, eventParameters(event));
      return 'closed';
    }),

  report: (entries, resourceServer) =>
    database.transaction(async (statements) => {
      for (const entry of entries) {
        const event = prepareEvent({
          organization: '',
          type: 'outcome.reported',
          decision: 'reported',
          reason: entry.decision,
          outcome: entry.status,
          application: resourceServer,
          jti: entry.jti,
          content: {
            action: entry.action,
            reference: entry.reference,
            tool: entry.tool,
            request_id: entry.requestId,
            at: entry.at.toISOString(),
          },
        });
        const found = await statements.first<TokenFacts>(TOKEN_OF_REPORT, [entry.jti, entry.at, resourceServer]);
        // A token of another resource server's audience is none of the caller's business: nothing is said about it.
        if (!found) continue;
        const inserted = await statements.run(INSERT_OUTCOME, [
          found.organization,
          entry.jti,
          entry.requestId,
          resourceServer,
          entry.action,
          entry.decision,
          entry.status ?? null,
          entry.reference ?? null,
          entry.tool ?? null,
          entry.at,
        ]);
        if (inserted === 0) continue;
        const complete = prepareEvent({ ...event, ...withoutNulls(found) });
        await statements.run(`with ${insertEvent(1)} select`, eventParameters(complete));
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
  answer_hash: string;
  tool: string | null;
  status: string;
  remaining: number | null;
  expires_at: Date;
}

interface TokenFacts {
  organization: string;
  person: string | null;
  agent: string | null;
  resource: string;
  task: string | null;
  txn: string;
}

const withoutNulls = (facts: TokenFacts) => ({
  organization: facts.organization,
  person: facts.person ?? undefined,
  agent: facts.agent ?? undefined,
  resource: facts.resource,
  task: facts.task ?? undefined,
  txn: facts.txn,
});

async function existing(
  database: Database,
  { resourceServer, idempotencyKey }: NewRedemption,
): Promise<Reservation | undefined> {
  const row = await database.first<RedemptionRow>(
    'select * from redemptions where resource_server = $1 and idempotency_key = $2',
    [resourceServer, idempotencyKey],
  );
  return (
    row && { ok: true, id: row.id, remaining: row.remaining, expiresAt: row.expires_at, answerHash: row.answer_hash }
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
    id: string | null;
    remaining: number | null;
    expires_at: Date;
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
  ]);
  if (!row || row.dead !== null) return { ok: false, reason: 'not_alive' };
  if (row.id === null) return { ok: false, reason: 'used_up' };
  return {
    ok: true,
    id: row.id,
    remaining: row.remaining,
    expiresAt: row.expires_at,
    answerHash: redemption.answerHash,
  };
}

const p = (offset: number, type: string) => `$${EVENT_PARAMETERS + 1 + offset}::${type}`;

// One statement: alive, a use left and drawn, reserved, and the evidence, all or nothing.
const DRAW = `
  with gate as (select why_not_alive(${p(0, 'text')}, ${p(3, 'text[]')}, ${p(4, 'text[]')}, ${p(5, 'text')}, ${p(1, 'text')}, ${p(6, 'timestamptz')}) as dead),
  drawn as (
    update task_actions set uses = uses + 1
    where organization = ${p(0, 'text')} and task = ${p(1, 'text')} and position = ${p(2, 'int')}
      and (max_uses is null or uses < max_uses) and (select dead from gate) is null
    returning max_uses - uses as remaining),
  reserved as (
    insert into redemptions (organization, id, task, position, jti, resource_server, resource, action, parameters, answer_hash,
                             idempotency_key, tool, request_id, status, remaining, expires_at)
    select ${p(0, 'text')}, ${p(7, 'text')}, ${p(1, 'text')}, ${p(2, 'int')}, ${p(8, 'text')}, ${p(9, 'text')}, ${p(10, 'text')},
           ${p(11, 'text')}, ${p(12, 'jsonb')}, ${p(13, 'text')}, ${p(14, 'text')}, ${p(15, 'text')}, ${p(16, 'text')}, 'reserved',
           remaining, clock_timestamp() + interval '10 minutes'
    from drawn returning id, remaining, expires_at),
  ${insertEvent(1, 'from reserved')}
  select gate.dead, reserved.id, reserved.remaining, reserved.expires_at from gate left join reserved on true`;

const CLOSE = `
  update redemptions set status = $3, reference = $4, affected = $5, closed_at = clock_timestamp() where organization = $1 and id = $2`;

const GIVE_BACK = 'update task_actions set uses = uses - 1 where organization = $1 and task = $2 and position = $3';

const TOKEN_OF_REPORT = `
  select t.organization, t.person, t.agent, t.resource, t.task, t.txn
  from issued_tokens t join resources r on r.resource = t.resource and r.resource_server = $3
  where t.jti = $1 and t.issued_at between $2::timestamptz - interval '1 hour' and $2::timestamptz + interval '1 minute'`;

const INSERT_OUTCOME = `
  insert into outcomes (organization, jti, request_id, resource_server, action, decision, status, reference, tool, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`;
