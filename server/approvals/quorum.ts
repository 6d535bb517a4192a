import type { Catalogue } from '../catalogue/catalogue.ts';
import { instant } from '../oauth/canonical.ts';
import type { Person, Session } from '../people/person.ts';
import { type Decision, decisionHash } from '../tasks/decision.ts';
import type { TaskAction } from '../tasks/task.ts';
import { type Approval, isOver } from './approval.ts';
import { type DescribedAction, describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import type { Approved, SignedDecision } from './store.ts';

/** May this person read an approval that is not theirs: do they decide it, or did they? */
export async function isDecider(
  { person }: Session,
  approval: Approval,
  { approvals }: Pick<ApprovalPages, 'approvals'>,
): Promise<boolean> {
  const { organization, id } = approval;
  const part = await approvals.decidesAs(organization, person.id, id);
  // Decided without them, it is none of theirs any more.
  if (part && !isOver(approval)) return true;
  return (await approvals.signed(organization, id)).some((signed) => signed.person === person.id);
}

/** For whom a page is written: the person that the task is for, in the time zone of whoever reads. */
export async function readerOf(
  approval: Approval,
  { person }: Session,
  { people }: Pick<ApprovalPages, 'people'>,
): Promise<Person> {
  if (approval.person === person.id) return person;
  const subject = await people.find(approval.person);
  return subject ? { ...subject, timeZone: person.timeZone } : person;
}

/** The same as the first decision in everything that is granted; only who says it, when, and what it confirms is new. */
export function furtherDecision(
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
  // The task says how its person proved it, where they are who signed first.
  const proven = first.person === decided.task.person ? { authTime: first.signedAt } : {};
  const task = { ...decided.task, id: taskId, expiresAt, decisionHash: hash, ...proven };
  return { ...decided, decision, hash, madeAt: now.toISOString(), task };
}

type Granted = Pick<TaskAction, 'action' | 'version' | 'resource' | 'parameters' | 'viaScope'>;

/** What was granted, as its reader reads it: after narrowing, with what the resource stated when it was asked. */
export function describeGranted(
  approval: Approval,
  { task }: { task: { actions: readonly Granted[] } },
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
      ...(original?.after !== undefined && { after: original.after }),
    };
  });
  return describeApproval({ actions }, catalogue, person, locale);
}
