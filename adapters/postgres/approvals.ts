import { timingSafeEqual } from 'node:crypto';

import type { Approval } from '../../server/approvals/approval.ts';
import { isForOthers, type Part } from '../../server/approvals/deciders.ts';
import { ESCALATE, type EscalationStore } from '../../server/approvals/escalate.ts';
import type {
  ApprovalStore,
  Approved,
  ConfirmingProvider,
  PersonApprovals,
  Poll,
  Polled,
  SameQuestion,
  SignedDecision,
} from '../../server/approvals/store.ts';
import { type DeliveryStore, PING, PUSH, STOPPED as TELL_STOPPED } from '../../server/approvals/tell-client.ts';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import { type EvidenceEvent, prepareEvent } from '../../server/evidence/evidence.ts';
import { ANSWERED, NOTIFY } from '../../server/notifications/notify.ts';
import type { SignedInAgain } from '../../server/people/federation.ts';
import { upstreamIdentifier } from '../../server/people/trusted-issuer.ts';
import type { Task } from '../../server/tasks/task.ts';
import type { Database, Statements } from './database.ts';
import { eventParameters, insertEvent } from './evidence.ts';
import { holdAlive } from './liveness.ts';
import { mailReceipt } from './notifications.ts';
import { enqueue } from './outbox.ts';
import { usePasskey } from './passkeys.ts';
import { groupHistory, heldHistory, promptHistory } from './prompts.ts';
import { sendSignal } from './signals.ts';
import { STOPPED, STOPPED_BY_SECURITY } from './stopped.ts';
import { insertTask } from './tasks.ts';
import { together } from './together.ts';
import { endUnaware, sensitiveReading } from './unaware.ts';

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

/**
 * Approvals as the person sees and decides them, under row-level security.
 *
 * @param waitHours before an account elsewhere may confirm what has high impact, as a new passkey waits
 */
export const postgresPersonApprovals = (
  database: Database,
  catalogue: () => Catalogue,
  waitHours: number,
): PersonApprovals => ({
  find: (organization, id) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<ApprovalRow>(`${APPROVAL} where a.id = $1`, [id]);
      return row && toApproval(row);
    }),

  waiting: (organization, person) =>
    database.within(organization, async (statements) =>
      (await statements.rows<ApprovalRow>(WAITING, [organization, person])).map(toApproval),
    ),

  recent: (organization, person, limit) =>
    database.within(organization, async (statements) =>
      (await statements.rows<ApprovalRow>(RECENT, [organization, person, limit])).map(toApproval),
    ),

  latestLike: ({ organization, id, person, agent, actions }) =>
    database.within(organization, async (statements) => {
      const keys = JSON.stringify(actions.map(({ action }) => action));
      const row = await statements.first<ApprovalRow>(LATEST_LIKE, [organization, person, agent, keys, id]);
      return row && toApproval(row);
    }),

  wrongValue: (organization, id) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ value_tries: number }>(
        `update approvals set value_tries = value_tries + 1 where organization = $1 and id = $2 returning value_tries`,
        [organization, id],
      );
      return row?.value_tries ?? 0;
    }),

  tryNumber: (organization, id, keyedHash, most) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ display_code_hash: Buffer | null; number_tries: number }>(
        'select display_code_hash, number_tries from approvals where organization = $1 and id = $2 for no key update',
        [organization, id],
      );
      const tries = row?.number_tries ?? most;
      const right =
        tries < most &&
        keyedHash !== undefined &&
        row?.display_code_hash != null &&
        timingSafeEqual(row.display_code_hash, keyedHash);
      if (right) return { right, tries };
      await statements.run('update approvals set number_tries = number_tries + 1 where organization = $1 and id = $2', [
        organization,
        id,
      ]);
      return { right, tries: tries + 1 };
    }),

  approve: (approval, task, decision, event) =>
    decided(database, approval, async (statements) => {
      const reading = await sensitiveReading(statements, catalogue(), readBy(task));
      if (!(await isAlive(statements, approval))) return false;
      // Without a signature, this is the person's own alone.
      const changed = await statements.run(`${APPROVE} and quorum = 1 and deciders -> 'group' is null`, [
        approval.organization,
        approval.id,
        approval.requestHash,
        JSON.stringify(decision.json),
        decision.hash,
        task.id,
      ]);
      if (changed === 0) return false;
      await insertTask(statements, task);
      await writeEvent(statements, event);
      if (reading) await endUnaware(statements, reading, catalogue());
      return true;
    }),

  propose: (approval, person, approved, expiresAt) =>
    database.within(
      approval.organization,
      async (statements) =>
        (await statements.run(PROPOSE, [
          approval.organization,
          approval.id,
          person,
          approved.hash,
          JSON.stringify(approved),
          expiresAt,
        ])) === 1,
    ),

  proposed: (organization, id, person) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ decided: StoredDecided; signed_in: SignedInAgain | null }>(PROPOSED, [
        organization,
        id,
        person,
      ]);
      return row && { approved: toApproved(row.decided), signedIn: row.signed_in ?? undefined };
    }),

  confirmingProviders: (organization, person, agent) =>
    database.within(organization, (statements) =>
      statements.rows<ConfirmingProvider>(CONFIRMING, [organization, person, agent, waitHours]),
    ),

  keepSignIn: (organization, { approval, person, hash }, proof) =>
    database.within(
      organization,
      async (statements) =>
        (await statements.run(KEEP_SIGN_IN, [organization, approval, person, hash, JSON.stringify(proof)])) === 1,
    ),

  decidesAs: (organization, person, id) =>
    database.within(organization, (statements) => decidesAs(statements, organization, person, id)),

  others: (organization, id) =>
    database.within(organization, (statements) =>
      statements.rows<{ id: string; name: string }>(WOULD_BE_ASKED, [organization, id]),
    ),

  askOthers: (approval, asker, event) =>
    database.within(approval.organization, async (statements) => {
      const { organization, id, person, requestHash } = approval;
      // Two windows that ask at once are heard one after the other.
      await statements.run(HOLD_ASKING, [`ask ${organization} ${person}`]);
      if (!(await isAlive(statements, approval))) return 'late';
      const other = await findAsked(statements, approval);
      if (other && other.id !== id) {
        await statements.run(END_DOUBLE, [organization, id, person]);
        return { waits: other.id };
      }
      const asked = await statements.run(ASK_OTHERS, [organization, id, requestHash, JSON.stringify(asker)]);
      if (asked === 0) return 'late';
      await writeEvent(statements, event);
      await tellOthers(statements, { ...approval, othersSince: new Date() }, new Date());
      return 'asked';
    }),

  signed: (organization, id) =>
    database.within(organization, async (statements) => {
      const rows = await statements.rows<Omit<SignedDecision, 'decided'> & { decided: StoredDecided }>(SIGNED, [
        organization,
        id,
      ]);
      return rows.map((row) => ({ ...row, decided: toApproved(row.decided) }));
    }),

  async sign(approval, signature) {
    const { organization, id, requestHash } = approval;
    let outcome: 'given' | 'approved' = 'given';
    const done = await database
      .within(organization, async (statements) => {
        const reading = await sensitiveReading(statements, catalogue(), readBy(signature.task));
        if (!(await isAlive(statements, approval))) return false;
        // The person decides what is for them to decide; everybody else is held to their part until this is committed.
        let part: 'person' | Part | undefined = 'person';
        const critical = signature.task.impact === 'critical';
        if (signature.person !== approval.person || isForOthers(approval)) {
          await statements.run(HOLD_DECIDER, [organization, signature.person, approval.agent]);
          await statements.run(HOLD_MEMBERSHIP, [organization, signature.person]);
          part = await decidesAs(statements, organization, signature.person, id, critical);
          if (!part) return false;
        }
        // From here on whoever signs this approval waits for us.
        const open = await statements.first<{ quorum: number }>(LOCK_OPEN, [
          organization,
          id,
          requestHash,
          signature.quorum,
        ]);
        if (!open) return false;
        // Asked again now that nobody else can sign: what was read before may be no more so.
        const before = await statements.rows<{ hash: string; counts: boolean }>(COUNTED, [organization, id, critical]);
        if (before[0]?.hash !== signature.confirms) return false;
        if (part !== 'person' && !(await decidesAs(statements, organization, signature.person, id, critical)))
          return false;
        const { hash, person, proof, by } = signature;
        if ('passkey' in by) {
          if (!(await usePasskey(statements, by.passkey))) return false;
        } else {
          // Who decides for another does so with a passkey, whatever a page offered.
          if (part !== 'person') return false;
          // Whoever adds a passkey to this person waits for us, or we for them, and then see it.
          await statements.run(HOLD_CONFIRMING, [organization, person, approval.agent, by.signIn.provider]);
          const { provider, issuer, subject, claim } = by.signIn;
          const identifier = upstreamIdentifier(issuer, subject, claim);
          const account = [organization, person, approval.agent, waitHours, provider, identifier];
          if (!(await statements.first(STILL_CONFIRMS, account))) return false;
        }
        const signed = await statements.run(SIGN, [organization, id, person, hash, JSON.stringify(proof), part]);
        if (signed !== 1) throw new Late();
        const order = before.filter(({ counts }) => counts).length + 1;
        const ofThem = { order, of: open.quorum, part, ...(approval.deciders && { deciders: approval.deciders }) };
        const numbered = (event: EvidenceEvent) => ({ ...event, content: { ...event.content, ...ofThem } });
        if (order < open.quorum) {
          await writeEvent(statements, numbered(signature.given));
          // Whoever was not asked before is asked now.
          const asked = await statements.run(OTHERS_NOW, [organization, id]);
          if (asked > 0) {
            const { quorum } = open;
            await tellOthers(statements, { ...approval, quorum, othersSince: new Date() }, new Date());
          }
          return true;
        }
        outcome = 'approved';
        await statements.run(APPROVE, [
          organization,
          id,
          requestHash,
          JSON.stringify(signature.json),
          hash,
          signature.task.id,
        ]);
        await insertTask(statements, signature.task);
        await writeEvent(statements, numbered(signature.approved));
        if (reading) await endUnaware(statements, reading, catalogue());
        await tellOfDecision(statements, approval);
        return true;
      })
      .catch((error) => {
        if (error instanceof Late) return false;
        throw error;
      });
    return done ? outcome : 'late';
  },

  deny: (approval, person, reason, decision, event) =>
    decided(database, approval, async (statements) => {
      const { organization, id } = approval;
      if (person !== approval.person && !(await decidesAs(statements, organization, person, id))) return false;
      const changed = await statements.run(DENY, [
        approval.organization,
        approval.id,
        approval.requestHash,
        JSON.stringify(decision.json),
        decision.hash,
        reason ?? null,
      ]);
      if (changed === 0) return false;
      await writeEvent(statements, event);
      return true;
    }),

  giveReason: (organization, id, person, reason) =>
    database.within(
      organization,
      async (statements) =>
        (await statements.run(
          `update approvals set deny_reason = $4
           where organization = $1 and id = $2 and person = $3 and status = 'denied' and deny_reason is null`,
          [organization, id, person, reason],
        )) === 1,
    ),
});

async function decidesAs(
  statements: Statements,
  organization: string,
  person: string,
  id: string,
  critical = false,
): Promise<Part | undefined> {
  const answer = await statements.first<{ part: Part | null }>(DECIDES_AS, [organization, person, id, critical]);
  return answer?.part ?? undefined;
}

/** Who may decide this beside the person, now. */
const askedOthers = (
  statements: Statements,
  { organization, id, deciders, quorum }: Pick<Approval, 'organization' | 'id' | 'deciders' | 'quorum'>,
): Promise<{ id: string }[]> =>
  deciders === null && quorum === 1
    ? Promise.resolve([])
    : statements.rows<{ id: string }>(MAY_DECIDE, [organization, id]);

/** Pages that show one of these, of its person and of whoever may decide it, look again. */
async function turnPages(
  statements: Statements,
  approvals: readonly Pick<Approval, 'organization' | 'id' | 'person' | 'deciders' | 'quorum'>[],
): Promise<void> {
  const people = new Set<string>();
  for (const approval of approvals) {
    people.add(approval.person);
    for (const { id } of await askedOthers(statements, approval)) people.add(id);
  }
  for (const person of people) await sendSignal(statements, 'inbox', person);
}

/** Everybody who may decide this now hears of it. The first of them who does, decides what the others confirm. */
async function tellOthers(
  statements: Statements,
  approval: Pick<Approval, 'organization' | 'id' | 'othersSince' | 'quorum' | 'deciders'>,
  now: Date,
): Promise<void> {
  const { organization, id, othersSince, deciders } = approval;
  if (othersSince !== null) {
    for (const other of await askedOthers(statements, approval)) {
      await sendSignal(statements, 'inbox', other.id);
      await enqueue(statements, NOTIFY, { approval: id, person: other.id }, { organization });
    }
  }
  const begun = othersSince !== null || (deciders?.person === true && deciders.group === undefined);
  if (deciders?.escalate && begun) {
    const at = new Date(now.getTime() + deciders.escalate.seconds * 1000);
    await enqueue(statements, ESCALATE, { approval: id }, { organization, at });
  }
}

/** Those to whom a rule escalates may decide from now on, and hear of it. */
export const postgresEscalations: EscalationStore<Statements> = {
  async escalate(statements, organization, id) {
    const row = await statements.first<ApprovalRow>(ESCALATE_NOW, [organization, id]);
    if (!row) return;
    const { person, agent, clientId: application, deciders } = toApproval({ ...row, stopped: false });
    const asked = await statements.rows<{ id: string }>(ESCALATED_TO, [organization, id]);
    await writeEvent(statements, {
      organization,
      type: 'approval.escalated',
      decision: 'reported',
      reason: 'not_decided',
      person,
      agent,
      application,
      approval: id,
      content: { deciders, asked: asked.map((one) => one.id) },
    });
    for (const one of asked) {
      await sendSignal(statements, 'inbox', one.id);
      await enqueue(statements, NOTIFY, { approval: id, person: one.id }, { organization });
    }
  },
};

/** Undoes what a transaction did until it saw that another one was first. */
class Late extends Error {}

/** What a task lets its agent read. */
const readBy = ({ organization, person, agent, id, actions }: Omit<Task, 'approvedAt'>) => ({
  organization,
  person,
  agent: agent ?? '',
  task: id,
  actions,
});

/** Held until commit: a stop of this agent, person or resource waits for us, or we for it, and then see it. */
function isAlive(statements: Statements, approval: Approval): Promise<boolean> {
  const { organization, id, agent, person, clientId: client, askedAt: since, actions } = approval;
  const lineage = [`approval:${id}`, ...actions.map(({ resource }) => `resource:${resource}`)];
  return holdAlive(statements, { organization, agents: [agent], person, client, lineage, since });
}

async function findAsked(statements: Statements, question: SameQuestion): Promise<Approval | undefined> {
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

/** What JSON makes of a decision: its instants are texts. */
type StoredDecided = Omit<Approved, 'task'> & {
  task: Omit<Approved['task'], 'authTime' | 'expiresAt'> & { authTime: string; expiresAt: string };
};

const toApproved = ({ task, ...decided }: StoredDecided): Approved => ({
  ...decided,
  task: { ...task, authTime: new Date(task.authTime), expiresAt: new Date(task.expiresAt) },
});

const decided = (database: Database, approval: Approval, work: (statements: Statements) => Promise<boolean>) =>
  database.within(approval.organization, async (statements) => {
    const done = await work(statements);
    if (!done) return false;
    await tellOfDecision(statements, approval);
    return true;
  });

async function tellOfDecision(statements: Statements, approval: Approval): Promise<void> {
  // What was seen is part of the decision's evidence by now, and lies nowhere else.
  await statements.run('delete from screens where organization = $1 and approval = $2', [
    approval.organization,
    approval.id,
  ]);
  await mailReceipt(statements, approval.organization, approval.id);
  await sendSignal(statements, 'approval', approval.id);
  await turnPages(statements, [approval]);
  const { organization, id, kind } = approval;
  if (kind !== 'browser') await enqueue(statements, ANSWERED, { approval: id }, { organization });
  await tellClient(statements, approval);
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

/** The ping or push leaves if and only if the decision is committed (CB-63). */
async function tellClient(
  statements: Statements,
  { organization, id, deliveryMode }: Pick<Approval, 'organization' | 'id' | 'deliveryMode'>,
  at?: Date,
): Promise<void> {
  if (deliveryMode === null) return;
  const kind = deliveryMode === 'ping' ? PING : PUSH;
  await enqueue(statements, kind, { approval: id }, { organization, ...(at && { at }) });
}

/** One approval and the name of who asks. */
export async function approvalWithAgent(
  statements: Statements,
  organization: string,
  id: string,
): Promise<{ approval: Approval; agentName: string } | undefined> {
  const row = await statements.first<ApprovalRow & { agent_name: string }>(
    `select found.*, g.name as agent_name from (${APPROVAL} where a.organization = $1 and a.id = $2) as found
     join agents g on g.organization = found.organization and g.id = found.agent`,
    [organization, id],
  );
  return row && { approval: toApproval(row), agentName: row.agent_name };
}

/** What the outbox's messages to clients need to know of an approval. */
export const postgresDeliveries = (database: Database): DeliveryStore<Statements> => ({
  async find(organization, id) {
    const row = await database.first<DeliveryRow>(`${APPROVAL} where a.organization = $1 and a.id = $2`, [
      organization,
      id,
    ]);
    if (!row?.delivery) return undefined;
    return { approval: toApproval(row), sealed: row.delivery, pushed: row.pushed, told: row.told_at !== null };
  },
  async remember(organization, id, sealed) {
    const row = await database.first<{ pushed: string }>(
      'update approvals set pushed = coalesce(pushed, $3) where organization = $1 and id = $2 returning pushed',
      [organization, id, sealed],
    );
    return row?.pushed ?? sealed;
  },
  async noteTold(statements, organization, id) {
    await statements.run(
      'update approvals set told_at = clock_timestamp() where organization = $1 and id = $2 and told_at is null',
      [organization, id],
    );
  },
  async tellStopped(statements, organization) {
    if ((await statements.run(TELL_NOW, [organization, [PING, PUSH]])) > 0)
      await sendSignal(statements, 'outbox', PING);
    await turnPages(statements, (await statements.rows<ApprovalRow>(STOPPED_NOW, [organization])).map(toApproval));
  },
  lookAgain: (statements, organization, at) => enqueue(statements, TELL_STOPPED, { again: true }, { organization, at }),
});

type DeliveryRow = ApprovalRow & { delivery: string | null; pushed: string | null; told_at: Date | null };

const writeEvent = (statements: Statements, event: Parameters<typeof prepareEvent>[0]) =>
  statements.run(`with ${insertEvent(1)} select`, eventParameters(prepareEvent(event)));

export interface ApprovalRow {
  organization: string;
  id: string;
  kind: Approval['kind'];
  client_id: string;
  agent: string;
  person: string;
  actions: Approval['actions'];
  scopes: string[];
  resources: string[];
  request: Approval['request'];
  request_hash: string;
  asked_hash: string;
  binding_message: string | null;
  oidc: Approval['oidc'];
  bound_to: string | null;
  edges: Approval['edges'];
  impact: Approval['impact'];
  status: Approval['status'];
  stopped: boolean;
  /** Where it is asked for. */
  stopped_by_security?: boolean;
  asked_at: Date;
  shown_at: Date | null;
  expires_at: Date;
  decided_at: Date | null;
  deny_reason: string | null;
  decision: Approval['decision'];
  task: string | null;
  display_code_hash: Buffer | null;
  number_tries: number;
  delivery_mode: Approval['deliveryMode'];
  quorum: number;
  value_tries: number;
  deciders: Approval['deciders'];
  others_since: Date | null;
  asker: Approval['asker'];
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
> & { too_fast: boolean; ends_in: number };

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
});

const ENDS_IN = `extract(epoch from a.expires_at - clock_timestamp())::float8 * 1000 as ends_in`;

export const toApproval = (row: ApprovalRow): Approval => ({
  organization: row.organization,
  id: row.id,
  kind: row.kind,
  clientId: row.client_id,
  agent: row.agent,
  person: row.person,
  actions: row.actions,
  scopes: row.scopes,
  resources: row.resources,
  request: row.request,
  requestHash: row.request_hash,
  askedHash: row.asked_hash,
  bindingMessage: row.binding_message,
  oidc: row.oidc,
  boundTo: row.bound_to,
  edges: row.edges,
  impact: row.impact,
  status: row.status,
  stopped: row.stopped,
  stoppedBySecurity: row.stopped_by_security ?? false,
  askedAt: row.asked_at,
  shownAt: row.shown_at,
  expiresAt: row.expires_at,
  decidedAt: row.decided_at,
  denyReason: row.deny_reason,
  decision: row.decision,
  task: row.task,
  hasNumber: row.display_code_hash !== null,
  numberTries: row.number_tries,
  deliveryMode: row.delivery_mode,
  quorum: row.quorum,
  valueTries: row.value_tries,
  deciders: row.deciders,
  othersSince: row.others_since,
  asker: row.asker,
});

const OPEN = `
  insert into approvals (organization, id, kind, client_id, agent, person, actions, scopes, resources, request, request_hash, asked_hash,
                         binding_message, oidc, bound_to, edges, impact, status, expires_at, task, display_code_hash, auth_req_id_hash,
                         delivery_mode, delivery, silent, quorum, deciders, others_since, asker)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
  on conflict (organization, id) do nothing`;

/** An approval with what overtook it, as {@link toApproval} reads it. */
export const APPROVAL = `select a.*, (${STOPPED}
  or not exists (select from agents g where g.organization = a.organization and g.id = a.agent and g.status = 'active')) as stopped, ${STOPPED_BY_SECURITY} as stopped_by_security
  from approvals a`;

/** What was to be said at the end of each question that a stop overtook is due now. */
const TELL_NOW = `
  with ended as materialized (
    select found.id from (${APPROVAL}
      where a.organization = $1 and a.status = 'pending' and a.delivery_mode is not null and a.told_at is null
        and a.expires_at > clock_timestamp()) as found
    where found.stopped)
  update outbox set due_at = clock_timestamp()
  where organization = $1 and state = 'waiting' and kind = any($2) and due_at > clock_timestamp() and lease is null
    and payload ->> 'approval' in (select id from ended)`;

const STOPPED_NOW = `
  select found.* from (${APPROVAL}
    where a.organization = $1 and a.status = 'pending' and a.expires_at > clock_timestamp()) as found
  where found.stopped`;

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

const HOLD_ASKING = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';

// As a stop ends it, which is nobody's silence: it counts against no agent.
const END_DOUBLE = `
  insert into stop_epochs (organization, key, at, by, reason)
  select organization, 'approval:' || id, clock_timestamp(), $3, 'asked in another window' from approvals
  where organization = $1 and id = $2 and status = 'pending' and others_since is null
  on conflict (organization, key) do nothing`;

const WAITING = `
  ${APPROVAL}
  where organization = $1 and status = 'pending' and expires_at > clock_timestamp() and not ${STOPPED}
    and (person = $2
      or ((quorum > 1 or deciders is not null) and decides_as(organization, $2, id, false) is not null
        and not exists (
          select from decisions d
          where d.organization = a.organization and d.approval = a.id and d.person = $2 and d.signed_at is not null)))
  order by array_position(array['critical', 'high', 'medium', 'low'], impact), expires_at`;

const RECENT = `
  ${APPROVAL} where organization = $1 and person = $2 and (status <> 'pending' or expires_at <= clock_timestamp())
  order by asked_at desc limit $3`;

/** Along the index `approvals_alike`. */
export const LATEST_LIKE = `
  ${APPROVAL}
  where organization = $1 and person = $2 and agent = $3 and jsonb_path_query_array(actions, '$[*].action') = $4::jsonb
    and decision is not null and status <> 'pending' and id <> $5
  order by decided_at desc limit 1`;

// Not waited for where a commit that waits follows in the same request, and flushes this too.
const UNWAITED = `(select set_config('synchronous_commit', 'off', true)) as unwaited`;

const POLLED = `a.organization, a.id, a.agent, a.person, a.client_id, a.actions, a.asked_at, a.status, a.deny_reason, a.task,
  a.bound_to, a.resources, a.oidc, ${ENDS_IN}, ${STOPPED} as stopped`;

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

const APPROVE = `
  update approvals set status = 'approved', decided_at = clock_timestamp(), decision = $4, decision_hash = $5, task = $6
  where organization = $1 and id = $2 and request_hash = $3 and status = 'pending' and expires_at > clock_timestamp()`;

const PROPOSE = `
  insert into decisions (organization, approval, person, hash, decided, expires_at) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization, approval, person) do update
    set hash = excluded.hash, decided = excluded.decided, made_at = clock_timestamp(), expires_at = excluded.expires_at,
        signed_in = null -- which was for what was chosen before
  where decisions.signed_at is null`;

const PROPOSED = `
  select decided, signed_in from decisions
  where organization = $1 and approval = $2 and person = $3 and signed_at is null and expires_at > clock_timestamp()`;

const KEEP_SIGN_IN = `
  update decisions set signed_in = $5
  where organization = $1 and approval = $2 and person = $3 and hash = $4 and signed_at is null and expires_at > clock_timestamp()`;

const CONFIRMING = `
  select p.id, p.name, c.since as "from"
  from confirming_sign_ins($1, $2, $3, make_interval(hours => $4)) c
  join sign_in_providers p on p.organization = $1 and p.id = c.provider
  order by c.since, p.name`;

const HOLD_CONFIRMING = `
  select from people p, agents g, sign_in_providers s
  where p.organization = $1 and p.id = $2 and g.organization = $1 and g.id = $3 and s.organization = $1 and s.id = $4
  for share of p, g, s`;

const STILL_CONFIRMS = `
  select from confirming_sign_ins($1, $2, $3, make_interval(hours => $4))
  where provider = $5 and identifier = $6 and since <= clock_timestamp()`;

const SIGNED = `
  select d.person, p.name as "personName", d.signed_at as "signedAt", d.part, d.hash, d.decided
  from decisions d join people p on p.organization = d.organization and p.id = d.person
  where d.organization = $1 and d.approval = $2 and d.signed_at is not null
  order by d.signed_at`;

// Whoever left the group, was disabled or became the owner since they signed does not count any more.
const COUNTED = `
  select d.hash, coalesce(d.part, 'person') = 'person' or decides_as($1, d.person, $2, $3) is not null as counts
  from decisions d where d.organization = $1 and d.approval = $2 and d.signed_at is not null order by d.signed_at`;

const SIGN = `
  update decisions set signed_at = clock_timestamp(), proof = $5, part = $6
  where organization = $1 and approval = $2 and person = $3 and hash = $4 and signed_at is null and expires_at > clock_timestamp()`;

const LOCK_OPEN = `
  update approvals set quorum = greatest(quorum, $4)
  where organization = $1 and id = $2 and request_hash = $3 and status = 'pending' and expires_at > clock_timestamp()
  returning quorum`;

// The rows behind the answer are held until the signature is committed.
const HOLD_DECIDER = `
  select from people p, agents g
  where p.organization = $1 and p.id = $2 and g.organization = $1 and g.id = $3 for share of p, g`;

const HOLD_MEMBERSHIP = `
  select from group_members where organization = $1 and person = $2 for share`;

const DECIDES_AS = 'select decides_as($1, $2, $3, $4) as part';

// As many are asked as belong to two groups, or have the role; whoever signed is asked nothing more.
const MAY_DECIDE = `
  select p.id from people p
  where p.organization = $1 and p.status = 'active'
    and ('approver' = any(p.roles) or p.id = (select g.deputy from approvals a join agents g on g.organization = $1 and g.id = a.agent
                                              where a.organization = $1 and a.id = $2)
      or exists (select from group_members m where m.organization = $1 and m.person = p.id))
    and decides_as($1, p.id, $2, false) is not null
    and not exists (select from decisions d where d.organization = $1 and d.approval = $2 and d.person = p.id and d.signed_at is not null)
  order by p.id limit 100`;

const ESCALATE_NOW = `
  update approvals set escalated_at = clock_timestamp()
  where organization = $1 and id = $2 and status = 'pending' and expires_at > clock_timestamp() and escalated_at is null
    and deciders -> 'escalate' is not null and (others_since is not null or deciders -> 'group' is null)
  returning *`;

const ESCALATED_TO = `
  select p.id from people p
  where p.organization = $1 and p.status = 'active'
    and (p.id = (select g.deputy from approvals a join agents g on g.organization = $1 and g.id = a.agent
                 where a.organization = $1 and a.id = $2)
      or exists (select from group_members m where m.organization = $1 and m.person = p.id))
    and decides_as($1, p.id, $2, false) = 'escalation'
  order by p.id limit 100`;

const WOULD_BE_ASKED = `
  select p.id, p.name
  from approvals a
  join group_members m on m.organization = $1 and m.of_group = a.deciders #>> '{group,id}' and m.counts_from <= a.asked_at
  join people p on p.organization = $1 and p.id = m.person
  where a.organization = $1 and a.id = $2
    and stands_apart($1, p.id, a.person, a.agent,
      case when a.impact = 'critical' then '{}' else array(select jsonb_array_elements_text(a.deciders -> 'may_include')) end)
  order by p.name, p.id`;

const ASK_OTHERS = `
  update approvals set others_since = clock_timestamp(), asker = $4
  where organization = $1 and id = $2 and request_hash = $3 and status = 'pending' and expires_at > clock_timestamp()
    and others_since is null and deciders -> 'group' is not null`;

const OTHERS_NOW = `
  update approvals set others_since = clock_timestamp() where organization = $1 and id = $2 and others_since is null`;

const DENY = `
  update approvals set status = 'denied', decided_at = clock_timestamp(), decision = $4, decision_hash = $5, deny_reason = $6
  where organization = $1 and id = $2 and request_hash = $3 and status = 'pending' and expires_at > clock_timestamp()`;
