import type { Catalogue } from '../catalogue/catalogue.ts';
import { instant } from '../oauth/canonical.ts';
import type { Accountable } from '../people/passkey.ts';
import type { Person, Session } from '../people/person.ts';
import { type Decision, decisionHash } from '../tasks/decision.ts';
import { type Approval, isOver } from './approval.ts';
import { type DescribedAction, describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import type { Approved, SignedDecision } from './store.ts';

/** Whoever approves for others. */
export const APPROVER = 'approver';

/**
 * May this person be the second of two? Never who asked, nor who answers for the agent: whoever gains by a task does not
 * also check it.
 */
export const maySecond = (
  { organization, id, roles }: Pick<Person, 'organization' | 'id' | 'roles'>,
  approval: Pick<Approval, 'organization' | 'person'>,
  { owner, deputy }: Accountable,
): boolean =>
  organization === approval.organization && roles.includes(APPROVER) && ![approval.person, owner, deputy].includes(id);

/** The first decision of an approval that this person may be the second for, or has been. */
export async function asSecond(
  { person }: Session,
  approval: Approval,
  { approvals, accountable }: Pick<ApprovalPages, 'approvals' | 'accountable'>,
): Promise<SignedDecision | undefined> {
  const agent = await accountable(approval.organization, approval.agent);
  if (!agent || !maySecond(person, approval, agent)) return undefined;
  const [first, second] = await approvals.signed(approval.organization, approval.id);
  if (!first || first.decided.quorum < 2) return undefined;
  // Decided without them, it is none of theirs any more.
  return isOver(approval) && second?.person !== person.id ? undefined : first;
}

/** The same as the first decision in everything that is granted; only who says it, when, and what it confirms is new. */
export function secondDecision(
  first: SignedDecision,
  { person, now, taskId, nonce }: { person: Person; now: Date; taskId: string; nonce: string },
): Approved {
  const { decided } = first;
  const seconds = (decided.task.expiresAt.getTime() - Date.parse(decided.madeAt)) / 1000;
  const expiresAt = new Date(now.getTime() + seconds * 1000);
  const decision: Decision = {
    ...decided.decision,
    approver: person.id,
    nonce,
    expires_at: instant(expiresAt),
    confirms: decided.hash,
  };
  const hash = decisionHash(decision);
  const task = { ...decided.task, id: taskId, expiresAt, decisionHash: hash, authTime: first.signedAt };
  return { ...decided, decision, hash, madeAt: now.toISOString(), task };
}

/** What was granted, as its reader reads it: after narrowing, with what the resource stated when it was asked. */
export function describeGranted(
  approval: Approval,
  { task }: Approved,
  { person, locale, catalogue }: { person: Person; locale: string; catalogue: Catalogue },
): DescribedAction[] | undefined {
  const asked = [...approval.actions];
  const actions = task.actions.map(({ action, version, resource, parameters, viaScope }) => {
    const index = asked.findIndex((one) => one.action === action && one.resource === resource);
    const [original] = index < 0 ? [] : asked.splice(index, 1);
    return {
      action,
      version,
      resource,
      parameters,
      ...(viaScope !== undefined && { viaScope }),
      ...(original?.facts !== undefined && { facts: original.facts }),
    };
  });
  return describeApproval({ actions }, catalogue, person, locale);
}
