import type { Approval } from '../../server/approvals/approval.ts';
import type { Part } from '../../server/approvals/deciders.ts';
import { ESCALATE, type EscalationStore } from '../../server/approvals/escalate.ts';
import { NOTIFY } from '../../server/notifications/notify.ts';
import { type ApprovalRow, toApproval } from './approval-row.ts';
import type { Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { enqueue } from './outbox.ts';
import { sendSignal } from './signals.ts';

/** As what this person may decide an approval now, beside whom it is for; undefined: not at all. */
export async function decidesAs(
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
export const askedOthers = (
  statements: Statements,
  { organization, id, deciders, quorum }: Pick<Approval, 'organization' | 'id' | 'deciders' | 'quorum'>,
): Promise<{ id: string }[]> =>
  deciders === null && quorum === 1
    ? Promise.resolve([])
    : statements.rows<{ id: string }>(MAY_DECIDE, [organization, id]);

/** Pages that show one of these, of its person and of whoever may decide it, look again. */
export async function turnPages(
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
export async function tellOthers(
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
