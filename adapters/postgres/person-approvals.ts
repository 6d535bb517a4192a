import { timingSafeEqual } from 'node:crypto';
import type { Approval } from '../../server/approvals/approval.ts';
import { isForOthers, type Part } from '../../server/approvals/deciders.ts';
import type { Approved, ConfirmingProvider, PersonApprovals, SignedDecision } from '../../server/approvals/store.ts';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { EvidenceEvent } from '../../server/evidence/evidence.ts';
import { ANSWERED } from '../../server/notifications/notify.ts';
import type { SignedInAgain } from '../../server/people/federation.ts';
import { upstreamIdentifier } from '../../server/people/trusted-issuer.ts';
import type { Task } from '../../server/tasks/task.ts';
import { pausePair } from './agents.ts';
import { APPROVAL, type ApprovalRow, toApproval } from './approval-row.ts';
import { findAsked } from './approvals.ts';
import type { Database, Statements } from './database.ts';
import { decidesAs, tellOthers, turnPages } from './deciders.ts';
import { tellClient } from './deliveries.ts';
import { writeEvent } from './evidence.ts';
import { holdAlive, holdPerson } from './liveness.ts';
import { mailReceipt } from './notifications.ts';
import { enqueue } from './outbox.ts';
import { usePasskey } from './passkeys.ts';
import { sendSignal } from './signals.ts';
import { STOPPED } from './stopped.ts';
import { insertTask } from './tasks.ts';
import { endUnaware, sensitiveReading } from './unaware.ts';

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

  notAnnounced: (organization, person, { agent, because }) =>
    database.within(organization, async (statements) =>
      (await statements.rows<ApprovalRow>(NOT_ANNOUNCED, [organization, person, agent, because])).map(toApproval),
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
        const { hash, person, proof, by } = signature;
        // As whoever changes what a provider gives holds it: before the people.
        if ('signIn' in by) await statements.run(HOLD_PROVIDER, [organization, by.signIn.provider]);
        // Both people at once: two who sign for each other in the same instant would else wait for each other.
        const reading = await sensitiveReading(statements, catalogue(), readBy(signature.task), person);
        if (!(await isAlive(statements, approval, person))) return false;
        // The person decides what is for them to decide; everybody else is held to their part until this is committed.
        let part: 'person' | Part | undefined = 'person';
        const critical = signature.task.impact === 'critical';
        if (person !== approval.person || isForOthers(approval)) {
          await statements.run(HOLD_MEMBERSHIP, [organization, person]);
          part = await decidesAs(statements, organization, person, id, critical);
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
        if (part !== 'person' && !(await decidesAs(statements, organization, person, id, critical))) return false;
        if ('passkey' in by) {
          if (!(await usePasskey(statements, by.passkey))) return false;
        } else {
          // Who decides for another does so with a passkey, whatever a page offered.
          if (part !== 'person') return false;
          // Whoever adds a passkey to this person waits for us, or we for them, and then see it.
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

  report: (approval) =>
    database.within(approval.organization, async (statements) => {
      const { organization, id, person, agent } = approval;
      await holdPerson(statements, organization, person);
      const first = (await statements.run(REPORT, [organization, id, person])) === 1;
      const paused = await statements.first(
        'select from pauses where organization = $1 and agent = $2 and person = $3',
        [organization, agent, person],
      );
      // Said again after the agent was let ask again, it pauses again, and is still no second alarm.
      if (first || !paused) await pausePair(statements, approval);
      if (!first) return;
      await writeEvent(statements, {
        organization,
        type: 'person.alarm',
        decision: 'reported',
        reason: 'not_started',
        person,
        agent,
        approval: id,
      });
    }),
});

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
function isAlive(statements: Statements, approval: Approval, besides?: string): Promise<boolean> {
  const { organization, id, agent, person, clientId: client, askedAt: since, actions } = approval;
  const lineage = [`approval:${id}`, ...actions.map(({ resource }) => `resource:${resource}`)];
  return holdAlive(statements, { organization, agents: [agent], person, client, lineage, since }, besides);
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

const NOT_ANNOUNCED = `
  ${APPROVAL}
  join notifications n on n.organization = a.organization and n.approval = a.id
  where n.organization = $1 and n.person = $2 and n.agent = $3 and n.suppressed = $4
    and n.at > clock_timestamp() - interval '1 day'
  order by a.asked_at desc limit 100`;

/** Along the index `approvals_alike`. */
export const LATEST_LIKE = `
  ${APPROVAL}
  where organization = $1 and person = $2 and agent = $3 and jsonb_path_query_array(actions, '$[*].action') = $4::jsonb
    and decision is not null and status <> 'pending' and id <> $5
  order by decided_at desc limit 1`;

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

const HOLD_PROVIDER = 'select from sign_in_providers where organization = $1 and id = $2 for share';

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

// With the person and the agent, the rows behind the answer: held until the signature is committed.
const HOLD_MEMBERSHIP = `
  select from group_members where organization = $1 and person = $2 order by of_group for share`;

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

const REPORT = `
  update approvals set reported_at = clock_timestamp(),
    deny_reason = case when status = 'denied' then coalesce(deny_reason, 'not_me') else deny_reason end
  where organization = $1 and id = $2 and person = $3 and reported_at is null`;

const DENY = `
  update approvals set status = 'denied', decided_at = clock_timestamp(), decision = $4, decision_hash = $5, deny_reason = $6
  where organization = $1 and id = $2 and request_hash = $3 and status = 'pending' and expires_at > clock_timestamp()`;
