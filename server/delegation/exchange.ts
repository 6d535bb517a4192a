import type { AgentEdge } from '../agents/agent.ts';
import type { ClientRecord } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import type { RequestedAction } from '../tasks/request.ts';
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
  catalogue: Catalogue;
  /** The subject token's issuance row; alive. */
  subject: IssuedToken;
  client: ClientRecord;
  /** Key of this request's DPoP proof. */
  jkt: string | undefined;
  /** Thumbprints of the client's registered keys: it proved one of them to authenticate. */
  registeredKeys: readonly string[];
  /** Does this client's resource own the subject token's audience? */
  ownsAudience: boolean;
  /** The id that a derived grant would get. */
  grantId: string;
  /** The task's edges, as the person saw them. */
  approvedEdges: readonly ApprovedEdge[];
  /** For a hand-off: the child as it is now, if the edge to it exists now. */
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
  jkt: string | undefined;
  derived: DerivedGrant | undefined;
  mayAct: { agent: string } | undefined;
  seconds: number | undefined;
  /** The subject token is spent by this exchange. */
  spends: boolean;
}

/** A hand-off waits for its child this long. */
const HANDOFF_SECONDS = 60;

/**
 * May this client have this for that token? Pure: same facts in, same answer out. Four ways lead on, by how the
 * client stands to the token, and there is no fifth: a stolen token is worth nothing to any other client (TX-04).
 */
export function decideExchange(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, client } = facts;
  if (subject.person === null) return refuse({ reason: 'subject_token_invalid', detail: 'no person stands behind it' });
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
  const { subject, issuer, catalogue, jkt } = facts;
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
    jkt: subject.jkt ?? jkt,
    derived: undefined,
    mayAct: undefined,
    seconds: undefined,
    spends: false,
  });
}

/** A part of the holder's authority for one named child, along an edge the person saw and that still exists. */
function toHandoff(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, issuer, catalogue, child, approvedEdges } = facts;
  const refused = (detail: string) => refuse({ reason: 'handoff_not_allowed', detail });
  if (subject.act === null) return refused('no agent acts');
  if (!provesKey(facts)) return refuse({ reason: 'key_mismatch' });
  const seen = approvedEdges.find((edge) => edge.child === request.requestedActor);
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
    jkt: child.key,
    derived: undefined,
    mayAct: { agent: child.agent },
    seconds: HANDOFF_SECONDS,
    spends: false,
  });
}

/** The child that a hand-off names exchanges it as itself, once; it never held its parent's own token. */
function toChild(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, client, issuer, catalogue, jkt } = facts;
  const { agent } = client;
  if (agent === null || agent.id !== subject.mayAct) {
    return refuse({ reason: 'subject_token_invalid', detail: 'handed to another agent' });
  }
  if (request.requestedActor !== undefined)
    return refuse({ reason: 'handoff_not_allowed', detail: 'exchange it first' });
  const bound = subject.jkt ?? '';
  if (!facts.registeredKeys.includes(bound) && jkt !== bound) return refuse({ reason: 'key_mismatch' });
  if (jkt === undefined) return refuse({ reason: 'key_mismatch' }); // bound never becomes bearer
  const depth = subject.depth + 1;
  if (depth > agent.chainLimit) return refuse({ reason: 'chain_too_deep', depth, limit: agent.chainLimit });
  const [only, ...more] = new Set(subject.actions.map(({ resource }) => resource));
  const audience = request.audience ?? (more.length === 0 ? only : undefined) ?? issuer;
  const slice = sliceOf(ceilingOf(subject), { ...request, audience }, catalogue, issuer);
  if (!slice.ok) return slice;
  return allow({
    kind: audience === issuer ? 'root' : 'leaf',
    slice: slice.value,
    act: actingThrough({ issuer, agent: agent.id, client: client.clientId }, subject.act ?? undefined),
    agent: agent.id,
    depth,
    jkt,
    derived: derivedFrom(facts, depth),
    mayAct: undefined,
    seconds: undefined,
    spends: true,
  });
}

/**
 * Leaf → another resource, only by the resource server that is its audience, only for downstream actions that a
 * presented action declares, and never beyond the presented token's own issuance row: every limit that both actions
 * know must reappear.
 */
function downstream(request: ExchangeRequest, facts: ExchangeFacts): Outcome<Exchanged> {
  const { subject, catalogue, jkt } = facts;
  if (request.requestedActor !== undefined) return refuse({ reason: 'handoff_not_allowed', detail: 'not an agent' });
  if (subject.jkt !== null && jkt === undefined) return refuse({ reason: 'key_mismatch' });
  if (request.audience === undefined) return refuse({ reason: 'resource_ambiguous' });
  const audience = request.audience;
  const asked = [
    ...(request.actions ?? []),
    ...(request.scopes ?? []).flatMap((scope) => {
      const action = catalogue.byScope(scope);
      return action
        ? [{ action: action.key, version: action.version, resource: action.resource, parameters: {}, viaScope: scope }]
        : [];
    }),
  ];
  if (asked.length === 0 || asked.length !== (request.actions?.length ?? 0) + (request.scopes?.length ?? 0)) {
    return refuse({ reason: 'nothing_asked' });
  }
  const actions: TaskAction[] = [];
  for (const wanted of asked) {
    if (wanted.resource !== audience) return refuse({ reason: 'resource_unknown', resource: audience });
    const action = catalogue.version(wanted.action, wanted.version);
    const source = subject.actions.find(
      (presented) =>
        catalogue.version(presented.action, presented.version)?.downstream.includes(wanted.action) ?? false,
    );
    if (!action || !source)
      return refuse({ reason: 'details_wider', type: wanted.action, detail: 'not declared downstream' });
    const shared = Object.fromEntries(
      Object.entries(source.parameters).filter(([name]) => action.parameters.has(name)),
    );
    const reason = narrowerParameters(action, wanted.parameters, shared);
    if (reason !== undefined) return refuse({ reason: 'details_wider', type: wanted.action, detail: reason });
    // What is limited is redeemed where the person saw it, not further down.
    if (action.access === 'write' && source.access === 'read') {
      return refuse({ reason: 'details_wider', type: wanted.action, detail: 'reading does not lead to a change' });
    }
    actions.push({ ...wanted, access: action.access, impact: source.impact, max_uses: source.max_uses });
  }
  const depth = subject.depth;
  return allow({
    kind: 'leaf',
    slice: { audience, scopes: request.scopes ?? [], actions },
    act: subject.act ?? undefined,
    agent: subject.agent ?? undefined,
    depth,
    jkt,
    derived: derivedFrom(facts, depth),
    mayAct: undefined,
    seconds: undefined,
    spends: false,
  });
}

/** A bound token is worth something only together with its key (TX-05); an unbound one can only gain a key. */
const provesKey = ({ subject, jkt }: ExchangeFacts): boolean => subject.jkt === null || subject.jkt === jkt;

const ceilingOf = ({ scopes, actions }: IssuedToken): Ceiling => ({ scopes, actions });

function derivedFrom({ subject, client, jkt, grantId: id }: ExchangeFacts, depth: number): DerivedGrant {
  const before = subject.lineage.filter((key) => key.startsWith('grant:')).map((key) => key.slice('grant:'.length));
  return {
    id,
    parent: before.at(-1) ?? null,
    path: [...before, id],
    agent: client.agent?.id ?? null,
    clientId: client.clientId,
    depth: Math.max(depth, 1),
    jkt: jkt ?? null,
    expiresAt: subject.expiresAt,
  };
}
