import type { AgentEdge } from '../../server/agents/agent.ts';
import { type ClientRecord, isActive } from '../../server/agents/clients.ts';
import { type ActorReader, type ReadActor, readActor } from '../../server/delegation/actor.ts';
import type { Child, ExchangeFacts, ExchangeRequest } from '../../server/delegation/exchange.ts';
import type { IssuedToken, PresentedToken } from '../../server/delegation/token.ts';
import type { About } from '../../server/http/request-state.ts';
import { newId } from '../../server/oauth/ids.ts';
import { allow, type Outcome, refuse } from '../../server/oauth/refusal.ts';
import type { Claim, CoverDependencies } from '../covered-by-task.ts';
import type { ElsewhereDependencies } from '../elsewhere.ts';
import type { Caller } from '../grant.ts';
import { type ExchangeForm, resolveExchange, targetAt } from './request.ts';
import { readSubject, type SubjectDependencies } from './subjects.ts';

export interface ExchangeDependencies
  extends CoverDependencies,
    SubjectDependencies,
    ActorReader,
    ElsewhereDependencies {
  /** The edge from parent to child as it is now, the child, and how many hold a part of the task already. */
  edge(
    organization: string,
    parent: string,
    child: string,
    task: string | null,
  ): Promise<{ edge: AgentEdge | undefined; client: ClientRecord | undefined; siblings: number }>;
  /** Remembers what counts once; the kind of the first that was presented before. */
  spend(uses: readonly Spent[]): Promise<Spent['kind'] | undefined>;
  /** The same answer, and nothing remembered: for the dry run. */
  spent(uses: readonly Spent[]): Promise<Spent['kind'] | undefined>;
  /** Counts one exchange under this task, or of this agent by its own authority. */
  pace(under: string): Promise<{ count: number; limit: number }>;
  fanOut: number;
}

export interface Spent {
  kind: 'hand-off' | 'actor token';
  issuer: string;
  jti: string;
  expiresAt: Date;
}

/** A hand-off that is taken up. */
export interface HandOff {
  jti: string;
  expiresAt: Date;
}

/** What counts once of what an exchange was asked with. */
export const usesOf = (actor: ReadActor | undefined, handOff: HandOff | undefined, issuer: string): Spent[] => [
  ...(actor ? [{ kind: 'actor token' as const, ...actor.use, expiresAt: actor.expiresAt }] : []),
  ...(handOff ? [{ kind: 'hand-off' as const, issuer, jti: handOff.jti, expiresAt: handOff.expiresAt }] : []),
];

export const usedUp = (kind: Spent['kind']): Outcome<never> =>
  refuse({ reason: kind === 'hand-off' ? 'handoff_used' : 'actor_token_used' });

/** The request, understood, and all that its answer rests on: a token of ours with its facts, or a claim. */
export type Gathered = { request: ExchangeRequest; actor: ReadActor | undefined } & (
  | { token: PresentedToken; facts: ExchangeFacts }
  | { claim: Claim }
);

/** @param tell called as soon as it is known whose decision this is: a refusal's evidence names it */
export async function gather(
  form: ExchangeForm,
  caller: Caller,
  dependencies: ExchangeDependencies,
  tell: (about: About) => void,
): Promise<Outcome<Gathered>> {
  // Anyone may hold a stolen token: a client that proves nothing about itself exchanges nothing.
  if (!caller.confidential) return refuse({ reason: 'grant_not_allowed', grant: 'token-exchange' });
  const subject = await readSubject(form.subject, caller, dependencies);
  if (!subject.ok) return subject;
  tell(aboutSubject(subject.value, form.audience));
  const { token, claim } = subject.value;
  const { organization } = token ?? claim;
  const seen = dependencies.catalogue().seenBy(organization);
  const resolved = resolveExchange(form, caller.client, seen);
  if (!resolved.ok) return resolved;
  const request = targetAt(form, resolved.value, token?.actions ?? [], seen);
  const actor = form.actor && (await readActor(form.actor, caller, dependencies));
  if (actor && !actor.ok) return actor;

  const understood = { request, actor: actor?.value };
  if (!token) {
    // A claim is of a person and says nothing of a chain: nobody but the authenticated agent acts for it.
    if (actor && actor.value.agent !== caller.client.agent?.id) {
      return refuse({ reason: 'actor_not_allowed', detail: 'the actor token is of another agent' });
    }
    return allow({ ...understood, claim });
  }
  const facts = await factsOf(request, token, actor?.value, caller, dependencies);
  return allow({ ...understood, token, facts });
}

/** What the evidence of a refusal can name, once the subject is known. */
function aboutSubject(
  { token, claim }: { token: IssuedToken; claim?: undefined } | { token?: undefined; claim: Claim },
  audience: string | undefined,
): About {
  if (!token) return { organization: claim.organization, person: claim.person, resource: audience };
  return {
    organization: token.organization,
    person: token.person ?? undefined,
    agent: token.agent ?? undefined,
    task: token.task ?? undefined,
    resource: audience ?? token.resource,
    jti: token.jti,
    txn: token.txn,
  };
}

async function factsOf(
  request: ExchangeRequest,
  subject: PresentedToken,
  actor: ReadActor | undefined,
  caller: Caller,
  dependencies: ExchangeDependencies,
): Promise<ExchangeFacts> {
  const { issuer, catalogue, tasks, thumbprints, pace, fanOut } = dependencies;
  const { client } = caller;
  const child = childOf(request, subject, actor, caller);
  const ownsAudience = client.kind === 'resource_server' && subject.resourceServer === client.clientId;
  // A stranger's attempts, which the first rules refuse, do not slow down whose task it is.
  const isParty = subject.clientId === client.clientId || subject.mayAct === client.agent?.id || ownsAudience;
  const [task, found] =
    child === undefined || subject.agent === null
      ? [undefined, undefined]
      : await Promise.all([
          subject.task === null ? undefined : tasks.find(subject.task),
          childFacts(subject, subject.agent, child, actor, dependencies),
        ]);
  return {
    issuer,
    now: new Date(),
    catalogue: catalogue().seenBy(subject.organization),
    subject,
    client,
    actor,
    boundTo: caller.boundTo,
    registeredKeys: subject.kind === 'handoff' ? await thumbprints(client) : [],
    ownsAudience,
    grantId: newId('grt'),
    approvedEdges: task?.edges ?? [],
    child: found,
    pace: isParty ? await pace(subject.task ?? subject.subject) : { count: 0, limit: 0 },
    fanOut,
  };
}

/** Whom a hand-off is for: as it says itself, as is asked, or as an actor token proves. */
function childOf(
  { requestedActor }: ExchangeRequest,
  subject: IssuedToken,
  actor: ReadActor | undefined,
  { client }: Caller,
): string | undefined {
  if (subject.kind === 'handoff') return subject.mayAct ?? undefined;
  return requestedActor ?? (actor?.agent === client.agent?.id ? undefined : actor?.agent);
}

async function childFacts(
  { organization, task }: IssuedToken,
  parent: string,
  id: string,
  actor: ReadActor | undefined,
  { edge, thumbprints, client: find }: ExchangeDependencies,
): Promise<Child | undefined> {
  const found = await edge(organization, parent, id, task);
  // The client that proved to be there, or the agent's first.
  const client = actor?.agent === id ? await find(actor.client) : found.client;
  // An agent of another organization is one that does not exist.
  if (client?.agent == null || client.organization !== organization) return undefined;
  return {
    agent: client.agent.id,
    client: client.clientId,
    key: actor?.agent === id ? actor.key : (await thumbprints(client))[0],
    active: isActive(client, Date.now()),
    chainLimit: client.agent.chainLimit,
    edge: found.edge,
    siblings: found.siblings,
  };
}
