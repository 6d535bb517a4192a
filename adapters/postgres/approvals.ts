import type { Approval } from '../../server/approvals/approval.ts';
import type { ApprovalStore, Poll, Polled, SameQuestion } from '../../server/approvals/store.ts';
import { NOTIFY } from '../../server/notifications/notify.ts';
import { APPROVAL, type ApprovalRow, toApproval } from './approval-row.ts';
import type { Database, Statements } from './database.ts';
import { tellOthers } from './deciders.ts';
import { tellClient } from './deliveries.ts';
import { writeEvent } from './evidence.ts';
import { enqueue } from './outbox.ts';
import { groupHistory, heldHistory, promptHistory } from './prompts.ts';
import { sendSignal } from './signals.ts';
import { STOPPED } from './stopped.ts';
import { together } from './together.ts';

/**
 * Approvals on the protocol path: the agent asks and collects.
 *
 * @param delay milliseconds between the look and the collection; tests use it to widen the race
 */
export const postgresApprovals = (database: Database, delay = 0): ApprovalStore => ({
  open: (approval, event, refusal) =>
    database.transaction(async (statements) => {
      if (refusal) {
        const { history, limits } = await heldHistory(statements, approval);
        // The same browser may load its page twice at once: what is open already is not asked again.
        const group = approval.deciders?.group?.id;
        const theirs = group === undefined ? undefined : await groupHistory(statements, approval, group);
        const refused = refusal(history, limits) ?? (theirs && refusal(theirs.history, theirs.limits));
        if (refused && !(await statements.first('select from approvals where id = $1', [approval.id]))) return refused;
      }
      const opened = await statements.run(OPEN, [
        approval.organization,
        approval.id,
        approval.kind,
        approval.clientId,
        approval.agent,
        approval.person,
        JSON.stringify(approval.actions),
        approval.scopes,
        approval.resources,
        JSON.stringify(approval.request),
        approval.requestHash,
        approval.askedHash,
        approval.bindingMessage,
        JSON.stringify(approval.oidc),
        approval.boundTo,
        JSON.stringify(approval.edges),
        approval.impact,
        approval.coveredBy === undefined ? 'pending' : 'approved',
        approval.expiresAt,
        approval.coveredBy ?? null,
        approval.displayCodeHash ?? null,
        approval.authReqIdHash ?? null,
        approval.delivery?.mode ?? null,
        approval.delivery?.sealed ?? null,
        refusal === undefined,
        approval.quorum,
        approval.deciders && JSON.stringify(approval.deciders),
        approval.othersSince,
        approval.asker && JSON.stringify(approval.asker),
      ]);
      if (opened === 0) return undefined;
      await writeEvent(statements, event);
      if (approval.kind !== 'browser' && approval.coveredBy === undefined && refusal !== undefined) {
        await sendSignal(statements, 'inbox', approval.person);
        // Who does not decide is not called; they find it in their inbox.
        if (approval.othersSince === null) await enqueue(statements, NOTIFY, { approval: approval.id }, approval);
      }
      if (approval.coveredBy === undefined) await tellOthers(statements, approval, new Date());
      if (approval.delivery) {
        // At the end in any case, when nobody has decided; and if nobody has to, as soon as the client had its answer.
        const at = approval.coveredBy === undefined ? approval.expiresAt : new Date(Date.now() + 1000);
        await tellClient(statements, { ...approval, deliveryMode: approval.delivery.mode }, at);
      }
      return undefined;
    }),

  promptHistory: (pair) => promptHistory(database, pair),

  async find(id) {
    const row = await database.first<ApprovalRow>(`${APPROVAL} where a.id = $1`, [id]);
    return row && toApproval(row);
  },

  async findOpen(organization, clientId, person, askedHash) {
    const row = await database.first<ApprovalRow>(FIND_OPEN, [organization, clientId, person, askedHash]);
    return row && toApproval(row);
  },

  findAsked: (question) => findAsked(database, question),

  async poll(authReqIdHash, clientId, holdSeconds) {
    return found(await database.first<PollRow>(POLL, [authReqIdHash, clientId, holdSeconds]));
  },

  look: together((hashes) => findHeld(database, LOOK, hashes)),

  released: together((hashes) => findHeld(database, RELEASED, hashes)),

  async collect(authReqIdHash) {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    return (await database.run(COLLECT, [authReqIdHash])) === 1;
  },

  async collectPushed(organization, id) {
    await database.run(
      `update approvals set collected_at = clock_timestamp() where organization = $1 and id = $2 and collected_at is null`,
      [organization, id],
    );
  },
});

export async function findAsked(statements: Statements, question: SameQuestion): Promise<Approval | undefined> {
  const { organization, clientId, person, askedHash, boundTo, oidc } = question;
  const { nonce: _, ...same } = oidc;
  const row = await statements.first<ApprovalRow>(FIND_ASKED, [
    organization,
    clientId,
    person,
    askedHash,
    boundTo,
    JSON.stringify(same),
  ]);
  return row && toApproval(row);
}

/** What held polls find, in the order of their `auth_req_id`s' hashes. */
async function findHeld(database: Database, sql: string, authReqIdHashes: readonly Buffer[]): Promise<Poll[]> {
  const rows = await database.rows<PollRow & { auth_req_id_hash: Buffer }>(sql, [authReqIdHashes]);
  const byHash = new Map(rows.map((row) => [row.auth_req_id_hash.toString('hex'), row]));
  return authReqIdHashes.map((hash) => found(byHash.get(hash.toString('hex'))));
}

/** A stop ends what waits; the person's answer, when there was one, comes first. */
function found(row: PollRow | undefined): Poll {
  if (!row) return { state: 'unknown' };
  if (row.too_fast) return { state: 'slow_down' };
  const approval = toPolled(row);
  if (approval.status === 'denied' || (approval.status === 'pending' && row.stopped)) {
    return { state: 'denied', approval };
  }
  if (approval.status === 'approved') return { state: 'approved', approval };
  return row.ends_in <= 0 ? { state: 'expired', approval } : { state: 'pending', approval, endsIn: row.ends_in };
}

type PollRow = Pick<
  ApprovalRow,
  | 'organization'
  | 'id'
  | 'agent'
  | 'person'
  | 'client_id'
  | 'actions'
  | 'asked_at'
  | 'status'
  | 'deny_reason'
  | 'task'
  | 'bound_to'
  | 'resources'
  | 'oidc'
  | 'stopped'
> & { too_fast: boolean; ends_in: number; instead: Polled['instead'] };

const toPolled = (row: PollRow): Polled => ({
  organization: row.organization,
  id: row.id,
  agent: row.agent,
  person: row.person,
  clientId: row.client_id,
  actions: row.actions,
  askedAt: row.asked_at,
  status: row.status,
  denyReason: row.deny_reason,
  task: row.task,
  boundTo: row.bound_to,
  resources: row.resources,
  oidc: row.oidc,
  instead: row.instead,
});

const ENDS_IN = `extract(epoch from a.expires_at - clock_timestamp())::float8 * 1000 as ends_in`;

const OPEN = `
  insert into approvals (organization, id, kind, client_id, agent, person, actions, scopes, resources, request, request_hash, asked_hash,
                         binding_message, oidc, bound_to, edges, impact, status, expires_at, task, display_code_hash, auth_req_id_hash,
                         delivery_mode, delivery, silent, quorum, deciders, others_since, asker)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
  on conflict (organization, id) do nothing`;

const FIND_OPEN = `
  ${APPROVAL}
  where organization = $1 and client_id = $2 and person = $3 and asked_hash = $4
    and status = 'pending' and expires_at > clock_timestamp() and not ${STOPPED}
  order by asked_at desc limit 1`;

// A nonce is new each time; what else the answer depends on is the same.
const FIND_ASKED = `
  ${APPROVAL}
  where organization = $1 and client_id = $2 and person = $3 and asked_hash = $4 and kind = 'browser'
    and bound_to is not distinct from $5 and oidc - 'nonce' = $6::jsonb
    and others_since is not null and status = 'pending' and expires_at > clock_timestamp() and not ${STOPPED}
  order by asked_at limit 1`;

// Not waited for where a commit that waits follows in the same request, and flushes this too.
const UNWAITED = `(select set_config('synchronous_commit', 'off', true)) as unwaited`;

const POLLED = `a.organization, a.id, a.agent, a.person, a.client_id, a.actions, a.asked_at, a.status, a.deny_reason, a.task,
  a.bound_to, a.resources, a.oidc, a.decision -> 'instead' as instead, ${ENDS_IN}, ${STOPPED} as stopped`;

const LOOK = `
  select a.auth_req_id_hash, false as too_fast, ${POLLED}
  from approvals a where auth_req_id_hash = any($1::bytea[])`;

// In one order, so that two instances which end the same holds wait for each other and do not lock each other out.
const RELEASED = `
  with over as (
    select organization, id from approvals, ${UNWAITED} where auth_req_id_hash = any($1::bytea[]) order by id for no key update of approvals)
  update approvals a set held_until = null, polled_at = null
  from over where a.organization = over.organization and a.id = over.id
  returning a.auth_req_id_hash, false as too_fast, ${POLLED}`;

// Interval counts from start to start; a poll during a held one overlaps it. Both lengthen the interval for good (CB-45).
// Once the person decided there is nothing to wait for: the first poll collects, any other hears that it is too late.
// A poll that collects commits once, with its token; any other commits here, and its client's assertion with it.
const POLL = `
  with before as (
    select id, organization, clock_timestamp() as now,
           case status when 'approved' then set_config('synchronous_commit', 'off', true) end as unwaited,
           status = 'pending' and
             (held_until > clock_timestamp() or polled_at + make_interval(secs => poll_interval) > clock_timestamp()) as too_fast
    from approvals where auth_req_id_hash = $1 and client_id = $2 for no key update)
  update approvals a
  set polled_at = case when before.too_fast then a.polled_at else before.now end,
      poll_interval = a.poll_interval + case when before.too_fast then 5 else 0 end,
      held_until = case when before.too_fast then a.held_until
                        when $3::int > 0 then before.now + make_interval(secs => $3::int + 2) end
  from before where a.organization = before.organization and a.id = before.id
  returning coalesce(before.too_fast, false) as too_fast, ${POLLED}`;

const COLLECT = `
  update approvals set collected_at = clock_timestamp() from ${UNWAITED}
  where auth_req_id_hash = $1 and collected_at is null and status in ('approved', 'denied')`;
