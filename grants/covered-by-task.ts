import type { AskForExchange } from '../server/approvals/ask.ts';
import type { Catalogue } from '../server/catalogue/catalogue.ts';
import { actingThrough } from '../server/delegation/chain.ts';
import type { ExchangeRequest } from '../server/delegation/exchange.ts';
import { sliceOf } from '../server/delegation/slice.ts';
import type { Binding } from '../server/oauth/binding.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { covers } from '../server/tasks/coverage.ts';
import { parseScopes, type RequestedAction } from '../server/tasks/request.ts';
import type { TaskStore } from '../server/tasks/task.ts';
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
  /** Stop keys of what it hangs on itself. */
  lineage: readonly string[];
  /** The `jti` of the token of ours behind it, where there is one. */
  parent?: string | undefined;
}

/**
 * A claim says for whom, not what: it is exchanged only for what a live task of that person and agent covers.
 * Otherwise the person is asked, and the agent is told where.
 */
export async function coveredByTask(
  request: ExchangeRequest,
  claim: Claim,
  caller: Caller,
  { issuer, catalogue, tasks, ask }: CoverDependencies,
): Promise<Outcome<Authorization>> {
  const { agent, clientId } = caller.client;
  if (agent === null) return refuse({ reason: 'subject_token_invalid', detail: 'no agent' });
  if (claim.boundTo !== null && claim.boundTo !== caller.boundTo) return refuse({ reason: 'key_mismatch' });
  if (request.requestedActor !== undefined) return refuse({ reason: 'handoff_not_allowed', detail: 'carries no task' });
  const seen = catalogue().seenBy(claim.organization);
  const byScope = parseScopes(request.scopes ?? [], seen);
  if (!byScope.ok) return byScope;
  const requested: RequestedAction[] = [...byScope.value, ...(request.actions ?? [])];
  if (requested.length === 0) return refuse({ reason: 'nothing_asked' });

  const live = await tasks.live(claim.organization, claim.person, agent.id);
  const task = live.find(
    (candidate) =>
      candidate.clientId === clientId &&
      (candidate.boundTo === null || candidate.boundTo === caller.boundTo) &&
      covers(seen, candidate.actions, requested) === undefined,
  );
  if (!task) return ask({ person: claim.person, client: caller.client, request, boundTo: caller.boundTo });

  const resources = [...new Set(requested.map(({ resource }) => resource))];
  const audience = request.audience ?? (resources.length === 1 ? resources[0] : undefined) ?? issuer;
  const slice = sliceOf(task, { audience, scopes: request.scopes, actions: request.actions }, seen, issuer);
  if (!slice.ok) return slice;
  return allow({
    organization: task.organization,
    kind: audience === issuer ? 'root' : 'leaf',
    subject: task.person,
    person: task.person,
    agent: agent.id,
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
    act: actingThrough({ issuer, agent: agent.id, client: clientId }, undefined),
    depth: 1,
    boundTo: caller.boundTo,
    notAfter: Math.floor(claim.expiresAt.getTime() / 1000),
    authentication: authenticationOf(task),
  });
}
