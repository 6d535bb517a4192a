import type { AskForExchange } from '../server/approvals/ask.ts';
import type { Catalogue } from '../server/catalogue/catalogue.ts';
import { actingThrough } from '../server/delegation/chain.ts';
import type { ExchangeRequest } from '../server/delegation/exchange.ts';
import { tooWeak } from '../server/delegation/rules/authentication.ts';
import { sliceOf } from '../server/delegation/slice.ts';
import type { Binding } from '../server/oauth/binding.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { covers } from '../server/tasks/coverage.ts';
import { parseScopes, type RequestedAction } from '../server/tasks/request.ts';
import type { Authentication, Task, TaskStore } from '../server/tasks/task.ts';
import type { Caller } from './grant.ts';
import type { Authorization } from './issue.ts';
import { authenticationOf } from './task-token.ts';

export interface CoverDependencies {
  issuer: string;
  catalogue: () => Catalogue;
  tasks: TaskStore;
  ask: AskForExchange;
}

/**
 * A statement of who the person is, that carries no task: an application's token, an ID token, the assertion of a
 * trusted issuer. It was verified before; here it counts for nothing but the person.
 */
export interface Claim {
  organization: string;
  person: string;
  /** The key that has to be proven for it to count; null for a statement that is not bound. */
  boundTo: Binding | null;
  /** When the statement's authority began. */
  since: Date;
  /** Nothing that comes of it lives longer (TX-10). */
  expiresAt: Date;
  /** How and when the person signed in, as the statement says. */
  authentication: Authentication;
  /** Stop keys of what it hangs on itself. */
  lineage: readonly string[];
  /** The `jti` of the token of ours behind it, where there is one. */
  parent?: string | undefined;
  /** The actions that may be got by it at all, where there is such a limit. */
  only?: readonly string[] | undefined;
}

/**
 * A claim says for whom, not what: it is exchanged only for what a live task of that person and agent covers, or what
 * the organization's policy allows without asking. Otherwise the person is asked, and the agent is told where.
 */
export async function coveredByTask(
  request: ExchangeRequest,
  claim: Claim,
  caller: Caller,
  dependencies: CoverDependencies,
): Promise<Outcome<Authorization>> {
  const found = await findCover(request, claim, caller, dependencies);
  if (!found.ok) return found;
  const { requested, task } = found.value;
  const uncovered = { claim, client: caller.client, request, boundTo: caller.boundTo };
  if (task) {
    const barred = await dependencies.ask.barred(uncovered);
    return barred ? refuse(barred) : givenUnder(task, requested, request, claim, caller, dependencies);
  }
  const asked = await dependencies.ask.ask(uncovered);
  return asked.ok ? givenUnder(asked.value, requested, request, claim, caller, dependencies) : asked;
}

/** What a task that covers the request gives for this claim, if how the person signed in suffices. Changes nothing. */
export function givenUnder(
  task: Task,
  requested: readonly RequestedAction[],
  request: ExchangeRequest,
  claim: Claim,
  caller: Caller,
  { issuer, catalogue }: Pick<CoverDependencies, 'issuer' | 'catalogue'>,
): Outcome<Authorization> {
  const seen = catalogue().seenBy(claim.organization);
  const resources = [...new Set(requested.map(({ resource }) => resource))];
  const audience = request.audience ?? (resources.length === 1 ? resources[0] : undefined) ?? issuer;
  const slice = sliceOf(task, { audience, scopes: request.scopes, actions: request.actions }, seen, issuer);
  if (!slice.ok) return slice;
  const authentication = authenticationOf(task);
  const weak = tooWeak(slice.value.actions, authentication, seen, new Date());
  if (weak) return refuse(weak);
  const agent = task.agent ?? '';
  return allow({
    organization: task.organization,
    kind: audience === issuer ? 'root' : 'leaf',
    subject: task.person,
    person: task.person,
    agent,
    slice: slice.value,
    // It begins when both are there.
    task: {
      id: task.id,
      hash: task.decisionHash,
      expiresAt: task.expiresAt,
      approvedAt: new Date(Math.max(task.approvedAt.getTime(), claim.since.getTime())),
    },
    lineage: claim.lineage,
    parent: claim.parent,
    act: actingThrough({ issuer, agent, client: caller.client.clientId }, undefined),
    depth: 1,
    boundTo: caller.boundTo,
    notAfter: Math.floor(claim.expiresAt.getTime() / 1000),
    authentication,
  });
}

/** What is asked, and the live task of this person, agent and client that covers it, if there is one. Changes nothing. */
export async function findCover(
  request: ExchangeRequest,
  claim: Claim,
  { client, boundTo }: Caller,
  { catalogue, tasks }: CoverDependencies,
): Promise<Outcome<{ requested: readonly RequestedAction[]; task: Task | undefined }>> {
  const { agent, clientId } = client;
  if (agent === null) return refuse({ reason: 'subject_token_invalid', detail: 'no agent' });
  if (claim.boundTo !== null && claim.boundTo !== boundTo) return refuse({ reason: 'key_mismatch' });
  if (request.requestedActor !== undefined) return refuse({ reason: 'handoff_not_allowed', detail: 'carries no task' });
  const seen = catalogue().seenBy(claim.organization);
  const byScope = parseScopes(request.scopes ?? [], seen);
  if (!byScope.ok) return byScope;
  const requested: RequestedAction[] = [...byScope.value, ...(request.actions ?? [])];
  if (requested.length === 0) return refuse({ reason: 'nothing_asked' });
  const beyond = requested.find(({ action }) => claim.only !== undefined && !claim.only.includes(action));
  if (beyond?.viaScope !== undefined) return refuse({ reason: 'scope_wider', scope: beyond.viaScope });
  if (beyond) return refuse({ reason: 'type_not_allowed', type: beyond.action });

  const live = await tasks.live(claim.organization, claim.person, agent.id);
  const covering = live.filter(
    (candidate) =>
      candidate.clientId === clientId &&
      (candidate.boundTo === null || candidate.boundTo === boundTo) &&
      covers(seen, candidate.actions, requested) === undefined,
  );
  // After a step-up there are two: the one that was approved with the better sign-in serves.
  const strong = covering.find((task) => !tooWeak(task.actions, authenticationOf(task), seen, new Date()));
  return allow({ requested, task: strong ?? covering[0] });
}
