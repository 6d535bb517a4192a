import type { Catalogue } from '../catalogue/catalogue.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import { instant } from '../oauth/canonical.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import type { Person } from '../people/person.ts';
import { type Decision, decisionHash } from '../tasks/decision.ts';
import { STANDING_UNUSED_DAYS, type StandingTerms, standingTerms } from '../tasks/standing.ts';
import type { Task } from '../tasks/task.ts';
import type { Approval } from './approval.ts';
import { describeApproval } from './decide.ts';
import { isTheirsAlone } from './deciders.ts';

/** What a person just allowed, and how often they did so lately. */
export interface Repeated {
  approval: Approval;
  /** The task that came of it, still alive. */
  task: Task;
  /** Approvals of exactly the same within a week, this one among them. */
  approvals: number;
  /** Something that repeats already covers it. */
  standing: boolean;
}

export interface StandingTask {
  task: Omit<Task, 'approvedAt'>;
  until: Date;
  terms: StandingTerms;
  event: EvidenceEvent;
}

/** How far this may repeat; undefined where it is not offered. Weighed anew: the catalogue may have changed. */
export function repeatTerms(
  { approval, task, approvals, standing }: Repeated,
  catalogue: Catalogue,
  person: Person,
): StandingTerms | undefined {
  // Some of it was denied, or made narrower: that is not what was asked, and what is asked next would not be covered.
  if (standing || task.actions.length !== approval.actions.length) return undefined;
  // What others decide as well is not lengthened by the person, whatever its impact.
  if (!isTheirsAlone(approval)) return undefined;
  const described = describeApproval(approval, catalogue, person);
  // Another version is asked next time, and nobody has read it yet.
  const isNewest = described?.every(({ action }) => catalogue.actions.get(action.key)?.version === action.version);
  if (!described || !isNewest) return undefined;
  const actions = described.map(({ action, description: { impact } }) => ({ action, impact }));
  return standingTerms(actions, approvals);
}

/** The same task again, as a person decides it on the receipt: the same request, longer, and counted. Pure. */
export function repeat(
  { approval, task }: Repeated,
  terms: StandingTerms,
  { person, session, now }: { person: Person; session: { acr: string }; now: Date },
): StandingTask {
  const until = new Date(now.getTime() + terms.days * DAY);
  const actions = task.actions.map(({ position: _, ...action }) => ({ ...action, max_uses: terms.uses }));
  const decision: Decision = {
    request_hash: approval.requestHash,
    granted: actions.map(({ viaScope: _, ...granted }) => granted),
    duration: `P${terms.days}D`,
    expires_at: instant(until),
    verdict: 'approve',
    approver: person.id,
    nonce: newSecret(),
  };
  const hash = decisionHash(decision);
  const id = newId('tsk');
  const { approvedAt: _, ...same } = task;
  return {
    until,
    terms,
    task: {
      ...same,
      id,
      decisionHash: hash,
      actions,
      expiresAt: new Date(Math.min(until.getTime(), now.getTime() + STANDING_UNUSED_DAYS * DAY)),
    },
    event: {
      organization: task.organization,
      type: 'task.approved',
      decision: 'allowed',
      reason: 'standing',
      person: person.id,
      agent: task.agent ?? undefined,
      application: task.clientId,
      resource: actions[0]?.resource,
      task: id,
      approval: approval.id,
      content: {
        decision,
        decision_hash: hash,
        request_hash: approval.requestHash,
        acr: session.acr,
        terms,
        repeats: task.id,
      },
    },
  };
}

const DAY = 86_400_000;
