import type { AgentEdge } from '../agents/agent.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { IMPACTS } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { impactOf } from '../catalogue/describe.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { parseScopes, type RequestedAction } from '../tasks/request.ts';
import type { ApprovedEdge, TaskAction } from '../tasks/task.ts';
import { type Act, actingThrough, actorsOf } from './chain.ts';
import { type Ceiling, type Slice, sliceOf } from './slice.ts';
import type { DerivedGrant, IssuedToken, TokenKind } from './token.ts';

/** RFC 8693 §2.1, understood. */
export interface ExchangeRequest {
  audience: string | undefined;
  scopes: readonly string[] | undefined;
  actions: readonly RequestedAction[] | undefined;
  /** The child to hand a part to. */
  requestedActor: string | undefined;
}

/** Everything the decision rests on, gathered beforehand. */
export interface ExchangeFacts {
  issuer: string;
  /** As the subject's organization sees it. */
  catalogue: Catalogue;
  /** The subject token's issuance row; alive. */
  subject: IssuedToken;
  client: ClientRecord;
  /** Key of this request's DPoP proof. */
  boundTo: string | undefined;
  /** Thumbprints of the client's registered keys: it proved one of them to authenticate. */
  registeredKeys: readonly string[];
  /** Does this client's resource own the subject token's audience? */
  ownsAudience: boolean;
  /** The id that a derived grant would get. */
  grantId: string;
  /** The task's edges, as the person saw them. */
  approvedEdges: readonly ApprovedEdge[];
  /** The child of a hand-off, asked for or presented, as it is now, and the edge to it if that exists now. */
  child:
    | { agent: string; client: string; key: string | undefined; active: boolean; edge: AgentEdge | undefined }
    | undefined;
}

/** What the exchange may give. */
export interface Exchanged {
  kind: TokenKind;
  slice: Slice;
  act: Act | undefined;
  agent: string | undefined;
  depth: number;
  boundTo: string | undefined;
  derived: DerivedGrant | undefined;
  mayAct: { agent: string } | undefined;
  seconds: number | undefined;
  /** The subject token is spent by this exchange. */
  spends: boolean;
}

/** A hand-off waits for its child this long. */
const HANDOFF_SECONDS = 60;

/** Exchanges between a task and a token. Far more than any chain needs; without it a loop of exchanges grows for ever. */
const LONGEST_LINEAGE = 32;

/**
 * May this client have this for that token? Pure: same facts in, same answer out. Four ways lead on, by how the
 * client stands to the token, and there is no fifth: a stolen token is worth nothing to any other client (TX-04).
 */
export function decideExchange(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, client } = facts;
  if (subject.person === null) return refuse({ reason: 'subject_token_invalid', detail: 'no person stands behind it' });
  const exchanges = subject.lineage.filter((key) => key.startsWith('token:')).length + 1;
  if (exchanges > LONGEST_LINEAGE)
    return refuse({ reason: 'chain_too_deep', depth: exchanges, limit: LONGEST_LINEAGE });
  if (subject.kind === 'handoff') return toChild(request, facts);
  if (subject.clientId === client.clientId) {
    return request.requestedActor === undefined ? toLeaf(request, facts) : toHandoff(request, facts);
  }
  if (client.kind === 'resource_server' && subject.kind === 'leaf' && facts.ownsAudience)
    return downstream(request, facts);
  return refuse({ reason: 'subject_token_invalid', detail: 'issued to another client' });
}

/** Root → leaf, or leaf → narrower leaf of the same resource, by the client that holds it. */
function toLeaf(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, issuer, catalogue, boundTo } = facts;
  if (subject.act === null)
    return refuse({ reason: 'actor_not_allowed', detail: 'no agent acts: impersonation does not exist' });
  if (!provesKey(facts)) return refuse({ reason: 'key_mismatch' });
  const audience = request.audience ?? (subject.kind === 'leaf' ? subject.resource : undefined);
  if (audience === undefined) return refuse({ reason: 'resource_ambiguous' });
  // A leaf never becomes a root, nor a leaf of another resource: only its own resource may go further.
  if (audience === issuer || (subject.kind === 'leaf' && audience !== subject.resource)) {
    return refuse({ reason: 'resource_unknown', resource: audience });
  }
  const slice = sliceOf(ceilingOf(subject), { ...request, audience }, catalogue, issuer);
  if (!slice.ok) return slice;
  return allow({
    kind: 'leaf',
    slice: slice.value,
    act: subject.act,
    agent: subject.agent ?? undefined,
    depth: subject.depth,
    boundTo: subject.boundTo ?? boundTo,
    derived: undefined,
    mayAct: undefined,
    seconds: undefined,
    spends: false,
  });
}

/** A part of the holder's authority for one named child, along an edge the person saw and that still exists. */
function toHandoff(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, client, issuer, catalogue, child, approvedEdges } = facts;
  const refused = (detail: string) => refuse({ reason: 'handoff_not_allowed', detail });
  // A resource server that acts further down holds a token of the chain, and is no part of it.
  if (subject.act === null || client.agent?.id !== subject.act.sub) return refused('not the acting agent');
  if (!provesKey(facts)) return refuse({ reason: 'key_mismatch' });
  const seen = approvedEdges.find(({ parent, child }) => parent === subject.agent && child === request.requestedActor);
  if (!seen) return refused('the person did not see this agent when they approved');
  if (!child?.edge) return refused('no edge leads to this agent');
  if (!child.active) return refused('the agent is not active');
  if (actorsOf(subject.act).includes(child.agent)) return refused('the agent is in the chain already');
  const depth = subject.depth + 1;
  const limit = Math.min(seen.maxDepth, child.edge.maxDepth);
  if (depth > limit) return refuse({ reason: 'chain_too_deep', depth, limit });
  if (child.key === undefined) return refused('the agent has no key to bind it to');

  const audience = request.audience ?? (subject.kind === 'leaf' ? subject.resource : issuer);
  if (subject.kind === 'leaf' && audience !== subject.resource)
    return refuse({ reason: 'resource_unknown', resource: audience });
  const slice = sliceOf(ceilingOf(subject), { ...request, audience }, catalogue, issuer);
  if (!slice.ok) return slice;
  const { edge } = child;
  const beyond = slice.value.actions.find(
    ({ action }) => !edge.actions.includes(action) || !seen.actions.includes(action),
  );
  if (beyond) return refused(`the edge does not carry ${beyond.action}`);
  return allow({
    kind: 'handoff',
    slice: { ...slice.value, audience: issuer },
    act: subject.act,
    agent: subject.agent ?? undefined,
    depth: subject.depth,
    boundTo: child.key,
    derived: undefined,
    mayAct: { agent: child.agent },
    seconds: HANDOFF_SECONDS,
    spends: false,
  });
}

/** The child that a hand-off names exchanges it as itself, once; it never held its parent's own token. */
function toChild(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, client, issuer, catalogue, boundTo, child } = facts;
  const { agent } = client;
  if (agent === null || agent.id !== subject.mayAct) {
    return refuse({ reason: 'subject_token_invalid', detail: 'handed to another agent' });
  }
  const edge = child?.edge;
  if (!edge) return refuse({ reason: 'handoff_not_allowed', detail: 'the edge was taken away' });
  if (request.requestedActor !== undefined)
    return refuse({ reason: 'handoff_not_allowed', detail: 'exchange it first' });
  const bound = subject.boundTo ?? '';
  if (!facts.registeredKeys.includes(bound) && boundTo !== bound) return refuse({ reason: 'key_mismatch' });
  if (boundTo === undefined) return refuse({ reason: 'key_mismatch' }); // bound never becomes bearer
  const depth = subject.depth + 1;
  if (depth > agent.chainLimit) return refuse({ reason: 'chain_too_deep', depth, limit: agent.chainLimit });
  const [only, ...more] = new Set(subject.actions.map(({ resource }) => resource));
  const audience = request.audience ?? (more.length === 0 ? only : undefined) ?? issuer;
  const slice = sliceOf(ceilingOf(subject), { ...request, audience }, catalogue, issuer);
  if (!slice.ok) return slice;
  const beyond = slice.value.actions.find(({ action }) => !edge.actions.includes(action));
  if (beyond) return refuse({ reason: 'handoff_not_allowed', detail: `the edge does not carry ${beyond.action}` });
  return allow({
    kind: audience === issuer ? 'root' : 'leaf',
    slice: slice.value,
    act: actingThrough({ issuer, agent: agent.id, client: client.clientId }, subject.act ?? undefined),
    agent: agent.id,
    depth,
    boundTo,
    derived: derivedFrom(facts, depth),
    mayAct: undefined,
    seconds: undefined,
    spends: true,
  });
}

/**
 * Leaf → another resource, only by the resource server that is its audience, only for downstream actions that a
 * presented action declares, and never beyond the presented token's own issuance row.
 */
function downstream(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, catalogue, boundTo } = facts;
  if (request.requestedActor !== undefined) return refuse({ reason: 'handoff_not_allowed', detail: 'not an agent' });
  if (subject.boundTo !== null && boundTo === undefined) return refuse({ reason: 'key_mismatch' });
  const { audience } = request;
  if (audience === undefined) return refuse({ reason: 'resource_ambiguous' });
  if (audience === subject.resource) return refuse({ reason: 'resource_unknown', resource: audience });
  const byScope = parseScopes(request.scopes ?? [], catalogue);
  if (!byScope.ok) return byScope;
  const asked = [...byScope.value, ...(request.actions ?? [])];
  if (asked.length === 0) return refuse({ reason: 'nothing_asked' });
  const actions: TaskAction[] = [];
  for (const wanted of asked) {
    if (wanted.resource !== audience) return refuse({ reason: 'resource_unknown', resource: audience });
    const further = furtherAction(wanted, subject.actions, catalogue);
    if (!further.ok) return further;
    actions.push(further.value);
  }
  const { depth } = subject;
  return allow({
    kind: 'leaf',
    slice: { audience, scopes: byScope.value.flatMap(({ viaScope }) => viaScope ?? []), actions },
    act: subject.act ?? undefined,
    agent: subject.agent ?? undefined,
    depth,
    boundTo,
    derived: derivedFrom(facts, depth),
    mayAct: undefined,
    seconds: undefined,
    spends: false,
  });
}

/** The wanted action as far as one of the presented actions leads to it, or why none does. */
function furtherAction(
  wanted: RequestedAction,
  presented: readonly TaskAction[],
  catalogue: Catalogue,
): Outcome<TaskAction> {
  let detail = 'not declared downstream';
  for (const source of presented) {
    const reason = beyondSource(wanted, source, catalogue);
    if (reason === undefined) {
      const { action, version, resource, parameters, viaScope } = wanted;
      const access = catalogue.version(action, version)?.access ?? 'read';
      const { impact, max_uses } = source;
      // Without a position: the use is drawn where the person saw it, not again further down.
      return allow({ action, version, resource, parameters, ...(viaScope && { viaScope }), access, impact, max_uses });
    }
    // The reason of the action that does declare it helps; the others only do not.
    if (reason !== 'not declared downstream') detail = reason;
  }
  return refuse({ reason: 'details_wider', type: wanted.action, detail });
}

/** Why this presented action does not lead to that much, or undefined when it does. */
function beyondSource(wanted: RequestedAction, source: TaskAction, catalogue: Catalogue): string | undefined {
  const action = catalogue.version(wanted.action, wanted.version);
  // As it was declared in the version that the person approved, not in a later one.
  const rules = catalogue.version(source.action, source.version);
  if (!action || !rules?.downstream.includes(wanted.action)) return 'not declared downstream';
  if (action.access === 'write' && source.access === 'read') return 'reading does not lead to a change';
  // Nobody's addresses count as inside here: the action may lie with another owner, whose rules these are.
  const impact = impactOf(action, wanted.parameters, { organizationDomains: [] });
  if (IMPACTS.indexOf(impact) > IMPACTS.indexOf(source.impact)) return 'its impact is above what was approved';

  const limits: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(source.parameters)) {
    const [there, here] = [action.parameters.get(name), rules.parameters.get(name)];
    if (!there) continue;
    // "from" as a first day in one action and as an address in the other: neither bounds the other.
    if (there.comparator !== here?.comparator || there.format !== here.format)
      return `${name} has another meaning there`;
    limits[name] = value;
  }
  // A limit that both actions know has to reappear, or leaving it out would lift it.
  return narrowerParameters(action, wanted.parameters, limits);
}

/** A bound token is worth something only together with its key (TX-05); an unbound one can only gain a key. */
const provesKey = ({ subject, boundTo }: ExchangeFacts): boolean =>
  subject.boundTo === null || subject.boundTo === boundTo;

const ceilingOf = ({ scopes, actions }: IssuedToken): Ceiling => ({ scopes, actions });

function derivedFrom({ subject, client, boundTo, grantId: id }: ExchangeFacts, depth: number): DerivedGrant {
  const before = subject.lineage.filter((key) => key.startsWith('grant:')).map((key) => key.slice('grant:'.length));
  return {
    id,
    parent: before.at(-1) ?? null,
    path: [...before, id],
    agent: client.agent?.id ?? null,
    clientId: client.clientId,
    depth: Math.max(depth, 1),
    boundTo: boundTo ?? null,
    expiresAt: subject.expiresAt,
  };
}
