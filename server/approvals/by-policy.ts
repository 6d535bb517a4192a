import type { Catalogue } from '../catalogue/catalogue.ts';
import { LONGEST } from '../catalogue/duration.ts';
import { instant } from '../oauth/canonical.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { type Decision, decisionHash } from '../tasks/decision.ts';
import type { Policy } from '../tasks/policies.ts';
import { budgetOf } from '../tasks/spending.ts';
import { type Task, type TaskAction, type TaskStore, UNKNOWN_SIGN_IN } from '../tasks/task.ts';
import type { NewApproval } from './approval.ts';
import type { Question } from './ask.ts';
import { describeApproval } from './decide.ts';
import type { PersonApprovals } from './store.ts';

export interface PolicyDependencies {
  catalogue: () => Catalogue;
  tasks: TaskStore;
  decisions: Pick<PersonApprovals, 'approve'>;
}

/**
 * Decides an opened question by a policy: the same decision, the same task and the same evidence as a person's, with
 * the policy as approver. The person finds the task among their agents, and stops it there.
 */
export async function decideByPolicy(
  policy: Policy,
  approval: NewApproval,
  { person, authentication = {} }: Pick<Question, 'person' | 'authentication'>,
  { catalogue, tasks, decisions }: PolicyDependencies,
): Promise<Outcome<Task>> {
  const described = describeApproval(approval, catalogue(), person);
  if (!described) return refuse({ reason: 'person_unknown' });
  // A policy lets nothing live longer than a person could.
  const longest = described.map(({ action, description: { impact } }) =>
    Math.min(LONGEST[impact], action.durations.maxSeconds),
  );
  const seconds = Math.min(policy.seconds, ...longest);
  const expiresAt = new Date(Date.now() + seconds * 1000);
  const actions: TaskAction[] = described.map(({ requested, action, description }) => ({
    action: requested.action,
    version: requested.version,
    resource: requested.resource,
    parameters: requested.parameters,
    ...(requested.viaScope !== undefined && { viaScope: requested.viaScope }),
    access: description.access,
    impact: description.impact,
    max_uses: null,
    budget: budgetOf(action, requested.parameters, null),
  }));
  const decision: Decision = {
    request_hash: approval.requestHash,
    granted: actions.map(({ viaScope: _, position: __, budget: ___, ...granted }) => granted),
    duration: `PT${seconds}S`,
    expires_at: instant(expiresAt),
    verdict: 'approve',
    approver: policy.id,
    nonce: newSecret(),
  };
  const hash = decisionHash(decision);
  const id = newId('tsk');
  const { acr, amr, auth_time: at } = { ...UNKNOWN_SIGN_IN, ...authentication };
  const done = await decisions.approve(
    opened(approval),
    {
      organization: approval.organization,
      id,
      person: person.id,
      agent: approval.agent,
      clientId: approval.clientId,
      approval: approval.id,
      scopes: actions.flatMap(({ viaScope }) => (viaScope === undefined ? [] : [viaScope])),
      oidcScopes: [],
      resources: [...new Set(actions.map(({ resource }) => resource))],
      edges: approval.edges,
      requestHash: approval.requestHash,
      decisionHash: hash,
      sentence: described.map(({ description }) => description.headlineText).join('; '),
      impact: approval.impact,
      boundTo: approval.boundTo,
      acr,
      amr,
      authTime: new Date(at * 1000),
      expiresAt,
      actions,
    },
    { json: decision, hash },
    {
      organization: approval.organization,
      type: 'task.approved',
      decision: 'allowed',
      reason: 'policy',
      person: person.id,
      agent: approval.agent,
      application: approval.clientId,
      resource: approval.actions[0]?.resource,
      task: id,
      approval: approval.id,
      content: {
        decision,
        decision_hash: hash,
        request_hash: approval.requestHash,
        policy: policy.id,
        name: policy.name,
      },
    },
  );
  const task = done ? await tasks.find(id) : undefined;
  return task ? allow(task) : refuse({ reason: 'task_ended' });
}

const opened = (approval: NewApproval) => ({
  ...approval,
  status: 'pending' as const,
  stopped: false,
  askedAt: new Date(),
  shownAt: null,
  decidedAt: null,
  denyReason: null,
  decision: null,
  task: null,
  hasNumber: false,
  numberTries: 0,
  deliveryMode: approval.delivery?.mode ?? null,
  valueTries: 0,
});
