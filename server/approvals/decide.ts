import { type Action, type Impact, worse } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Description, describeAction } from '../catalogue/describe.ts';
import { type DurationChoice, durationChoices } from '../catalogue/duration.ts';
import { instant } from '../oauth/canonical.ts';
import type { Person } from '../people/person.ts';
import { isProven } from '../tasks/ask.ts';
import { type Decision, decisionHash, type Suggested } from '../tasks/decision.ts';
import { leastOf, type RequestedAction } from '../tasks/request.ts';
import { budgetOf } from '../tasks/spending.ts';
import type { Task, TaskAction } from '../tasks/task.ts';
import type { Approval } from './approval.ts';
import { isNarrower } from './narrow.ts';

/** What the decision form posted. */
export interface DecisionForm {
  requestHash: string;
  decision: 'approve' | 'deny';
  duration: string;
  /** Positions of actions that the person allowed, when each had its own choice; undefined: all. */
  allowed: ReadonlySet<number> | undefined;
  /** Parameters of the action at this position, as the person narrowed them; null: what they chose is not narrower. */
  narrowed?: ReadonlyMap<number, Record<string, unknown> | null>;
  /** What the person would rather be asked, where they deny. */
  instead?: Suggested | undefined;
}

/** What stands between the form and a task. */
export type DecisionProblem =
  | 'changed'
  | 'expired'
  | 'decided'
  | 'duration'
  | 'nothing_allowed'
  | 'not_narrower'
  | 'not_describable';

export interface Decided {
  decision: Decision;
  hash: string;
  /** Of what is granted; low when denied. */
  impact: Impact;
  /** RFC 3339: what is granted lasts from then on. */
  madeAt: string;
  /** So many people have to approve it. */
  quorum: number;
  /** Undefined when denied. */
  task: Omit<Task, 'approvedAt'> | undefined;
}

/** One action of a request as the person reads it. */
export interface DescribedAction {
  requested: RequestedAction;
  action: Action;
  description: Description;
}

/** As much of a person as a description shows. */
export type DescribedTo = Pick<Person, 'name' | 'email' | 'timeZone' | 'organizationName' | 'organizationDomains'>;

/** Every action of the approval, described by the version it was asked under; undefined if one cannot be. */
export function describeApproval(
  approval: Pick<Approval, 'actions'>,
  catalogue: Catalogue,
  person: DescribedTo,
  locale = 'en',
): DescribedAction[] | undefined {
  const described = approval.actions.flatMap((requested) => {
    const action = catalogue.version(requested.action, requested.version);
    if (!action) return [];
    const description = describeAction(
      action,
      requested.parameters,
      readerOf(person, locale),
      requested.facts,
      leastOf(requested),
    );
    return [{ requested, action, description }];
  });
  return described.length === approval.actions.length && described.length > 0 ? described : undefined;
}

/** The durations that every one of the actions allows, the narrowest first. */
export function choicesFor(
  described: readonly DescribedAction[],
  { now, timeZone, locale }: { now: Date; timeZone: string; locale: string },
): DurationChoice[] {
  // "Once" about two systems, of which one does not count, would be true of the other alone.
  const counted = described.every(({ action }) => action.counted);
  // What was asked of a resource that redeemed, and does not any more.
  if (!counted && described.some(({ description }) => isProven(description.impact))) return [];
  const [first = [], ...others] = described.map(({ action, description }) =>
    durationChoices(action, description.impact, { now, timeZone, locale, counted }),
  );
  return first.filter(({ value }) => others.every((choices) => choices.some((choice) => choice.value === value)));
}

/**
 * From the stored request and the form to a task. Pure: what is granted is computed from what was asked and shown,
 * never from what the form says about it; the form only chooses among what the page offered.
 */
export function decide(
  form: DecisionForm,
  {
    approval,
    catalogue,
    person,
    approver = person.id,
    session,
    locale,
    now,
    taskId,
    nonce,
  }: {
    approval: Approval;
    catalogue: Catalogue;
    /** Whom the task is for. */
    person: Person;
    /** Who decides, where that is somebody else. */
    approver?: string;
    session: { acr: string; amr: readonly string[]; authenticatedAt: Date };
    /** Of the page: its sentence is the task's. */
    locale: string;
    now: Date;
    taskId: string;
    nonce: string;
  },
): { ok: true; value: Decided } | { ok: false; problem: DecisionProblem } {
  const problem = (name: DecisionProblem) => ({ ok: false as const, problem: name });
  if (approval.status !== 'pending') return problem('decided');
  if (approval.expiresAt <= now) return problem('expired');
  // Dynamic linking: a decision is about exactly the request that was shown (D2).
  if (form.requestHash !== approval.requestHash) return problem('changed');

  const common = { request_hash: approval.requestHash, approver, nonce };
  if (form.decision === 'deny') {
    const decision: Decision = {
      ...common,
      verdict: 'deny',
      granted: [],
      duration: form.duration,
      expires_at: instant(now),
      ...(form.instead && { instead: form.instead }),
    };
    return {
      ok: true,
      value: {
        decision,
        hash: decisionHash(decision),
        impact: 'low',
        madeAt: now.toISOString(),
        quorum: 1,
        task: undefined,
      },
    };
  }

  const asked = describeApproval(approval, catalogue, person, locale);
  if (!asked) return problem('not_describable');
  const described = narrow(asked, form, catalogue, person, locale);
  if (!described) return problem('not_narrower');
  const choice = choicesFor(described, { now, timeZone: person.timeZone, locale }).find(
    ({ value }) => value === form.duration,
  );
  if (!choice) return problem('duration');
  const allowed = described.filter((_, index) => isAllowed(form, index));
  if (allowed.length === 0) return problem('nothing_allowed');

  const actions: TaskAction[] = allowed.map(({ requested, action, description }) => ({
    action: requested.action,
    version: requested.version,
    resource: requested.resource,
    parameters: requested.parameters,
    ...(requested.viaScope !== undefined && { viaScope: requested.viaScope }),
    access: description.access,
    impact: description.impact,
    max_uses: choice.maxUses,
    budget: budgetOf(action, requested.parameters, choice.maxUses),
  }));
  // Weighed again: the organization's domains may have changed since it was asked.
  const impact = actions.map((action) => action.impact).reduce(worse, 'low');
  const expiresAt = new Date(now.getTime() + choice.seconds * 1000);
  const decision: Decision = {
    ...common,
    verdict: 'approve',
    granted: actions.map(({ viaScope: _, position: __, budget: ___, ...granted }) => granted),
    duration: form.duration,
    expires_at: instant(expiresAt),
  };
  const hash = decisionHash(decision);
  return {
    ok: true,
    value: {
      decision,
      hash,
      impact,
      madeAt: now.toISOString(),
      quorum: Math.max(approval.quorum, impact === 'critical' ? 2 : 1),
      task: {
        organization: approval.organization,
        id: taskId,
        person: person.id,
        agent: approval.agent,
        clientId: approval.clientId,
        approval: approval.id,
        scopes: actions.flatMap(({ viaScope }) => (viaScope === undefined ? [] : [viaScope])),
        oidcScopes: approval.oidc.scopes,
        resources: [...new Set(actions.map(({ resource }) => resource))],
        edges: approval.edges,
        requestHash: approval.requestHash,
        decisionHash: hash,
        sentence: allowed.map(({ description }) => description.headlineText).join('; '),
        impact,
        boundTo: approval.boundTo,
        acr: session.acr,
        amr: session.amr,
        authTime: session.authenticatedAt,
        expiresAt,
        actions,
      },
    },
  };
}

/** What is about to be granted, described anew: with fewer guests a request may have less impact. */
function narrow(
  asked: DescribedAction[],
  form: DecisionForm,
  catalogue: Catalogue,
  person: Person,
  locale: string,
): DescribedAction[] | undefined {
  const actions: RequestedAction[] = [];
  for (const [index, { action, requested }] of asked.entries()) {
    const parameters = form.narrowed?.get(index);
    const counts = parameters !== undefined && isAllowed(form, index);
    if (counts && (parameters === null || !isNarrower(action, parameters, requested.parameters))) return undefined;
    actions.push(counts && parameters ? { ...requested, parameters } : requested);
  }
  return describeApproval({ actions }, catalogue, person, locale);
}

const isAllowed = ({ allowed }: DecisionForm, index: number): boolean => allowed?.has(index) ?? true;

const readerOf = (person: DescribedTo, locale: string) => ({
  organizationName: person.organizationName,
  organizationDomains: person.organizationDomains,
  personName: person.name,
  personEmail: person.email,
  locale,
  timeZone: person.timeZone,
});
