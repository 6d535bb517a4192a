import type { AgentEdge } from '../agents/agent.ts';
import type { ClientRecord } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Binding } from '../oauth/binding.ts';
import { allow, type Outcome, type Refusal, refuse } from '../oauth/refusal.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { ApprovedEdge } from '../tasks/task.ts';
import type { Act } from './chain.ts';
import { LIMITS, LINKS, type Limit, type Link, RULES, type Rule } from './rules/index.ts';
import { type Slice, sliceIn } from './slice.ts';
import type { DerivedGrant, IssuedToken, TokenKind } from './token.ts';
import { type Proposal, propose, type Way, wayOf } from './ways.ts';

/** RFC 8693 §2.1, understood. */
export interface ExchangeRequest {
  audience: string | undefined;
  scopes: readonly string[] | undefined;
  actions: readonly RequestedAction[] | undefined;
  /** The child to hand a part to. */
  requestedActor: string | undefined;
}

/** Who proved, by an actor token of this request (RFC 8693 §2.1), to be there and to be willing to act. */
export interface Actor {
  agent: string;
  client: string;
  /** The key that signed the actor token. */
  key: Binding | undefined;
  /** Nothing lives longer that comes of it. */
  expiresAt: Date;
}

/** An agent further down: of a hand-off, asked for or presented, or of an actor token. */
export interface Child {
  agent: string;
  client: string;
  /** The key that its token is to be bound to. */
  key: Binding | undefined;
  active: boolean;
  chainLimit: number;
  /** The edge that leads to it, if there is one now. */
  edge: AgentEdge | undefined;
  /** How many others hold a part of this task already, by hand-offs that still live. */
  siblings: number;
}

/** Everything the decision rests on, gathered beforehand. */
export interface ExchangeFacts {
  issuer: string;
  now: Date;
  /** As the subject's organization sees it. */
  catalogue: Catalogue;
  /** The subject token's issuance row; alive. */
  subject: IssuedToken;
  client: ClientRecord;
  actor: Actor | undefined;
  /** The key that this request proves. */
  boundTo: Binding | undefined;
  /** Thumbprints of the client's registered keys: it proved one of them to authenticate. */
  registeredKeys: readonly string[];
  /** Does this client's resource own the subject token's audience? */
  ownsAudience: boolean;
  /** The id that a derived grant would get. */
  grantId: string;
  /** The task's edges, as the person saw them. */
  approvedEdges: readonly ApprovedEdge[];
  child: Child | undefined;
  /** Exchanges under this task within the last minute, and how many there may be. */
  pace: { count: number; limit: number };
  /** How many agents may hold parts of one task at the same time. */
  fanOut: number;
}

/** What the exchange may give. */
export interface Exchanged {
  kind: TokenKind;
  slice: Slice;
  act: Act | undefined;
  agent: string | undefined;
  depth: number;
  boundTo: Binding | undefined;
  derived: DerivedGrant | undefined;
  mayAct: { agent: string } | undefined;
  /** The edge it travelled along: its end is the end of this. */
  edge: { parent: string; child: string } | undefined;
  /** The latest that it may end. */
  expiresAt: Date;
  /** The subject token is spent by this exchange. */
  spends: boolean;
}

/** All that is checked. Tests take rules away, one at a time, to see that each of them holds something. */
export interface RuleBook {
  rules: readonly Rule[];
  links: readonly Link[];
  limits: readonly Limit[];
}

export const RULE_BOOK: RuleBook = { rules: RULES, links: LINKS, limits: LIMITS };

/**
 * May this client have this for that token? Pure: same facts in, same answer out. The request is taken at its word
 * ({@link propose}), and then every rule of `docs/rules-of-delegation.md` is asked, in order.
 */
export function decideExchange(
  request: ExchangeRequest,
  facts: ExchangeFacts,
  book: RuleBook = RULE_BOOK,
): Outcome<Exchanged> {
  const proposal = propose(wayOf(request, facts), request, facts, book.links);
  if (!proposal.ok) return proposal;
  for (const rule of book.rules) {
    const refusal = applies(rule, proposal.value) ? rule.broken(proposal.value, facts, request) : undefined;
    if (refusal) return refuse(refusal);
  }
  return allow(settle(proposal.value, facts, book.limits));
}

/** What the dry run tells of one rule. */
export interface RuleAnswer {
  rule: string;
  says: string;
  refusal: Refusal | undefined;
}

/** The same decision, rule by rule: every rule that speaks of this way, and what it says. */
export function explainExchange(
  request: ExchangeRequest,
  facts: ExchangeFacts,
): { way: Way; rules: readonly RuleAnswer[]; outcome: Outcome<Exchanged> } {
  const way = wayOf(request, facts);
  const proposal = propose(way, request, facts, LINKS);
  const rules = proposal.ok
    ? RULES.filter((rule) => applies(rule, proposal.value)).map((rule) => ({
        rule: rule.id,
        says: rule.says,
        refusal: rule.broken(proposal.value, facts, request),
      }))
    : [];
  return { way, rules, outcome: decideExchange(request, facts) };
}

const applies = ({ ways }: Rule | Limit, { way }: Proposal): boolean => ways === undefined || ways.includes(way);

function settle(proposal: Proposal, facts: ExchangeFacts, limits: readonly Limit[]): Exchanged {
  const ends = limits.filter((limit) => applies(limit, proposal)).map(({ until }) => until(facts).getTime());
  const { kind, cut, act, agent, depth, boundTo, mayAct, edge, spends } = proposal;
  return {
    kind,
    // A hand-off is good at this server alone, whatever it is for.
    slice: kind === 'handoff' ? { ...sliceIn(cut), audience: facts.issuer } : sliceIn(cut),
    act,
    agent,
    depth,
    boundTo,
    derived: proposal.derives && facts.subject.task !== null ? derivedFrom(proposal, facts) : undefined,
    mayAct,
    edge,
    expiresAt: new Date(Math.min(...ends, Number.MAX_SAFE_INTEGER)),
    spends,
  };
}

function derivedFrom(
  { way, agent, depth, boundTo }: Proposal,
  { subject, client, child, fanOut, grantId: id }: ExchangeFacts,
): DerivedGrant {
  const before = subject.lineage.filter((key) => key.startsWith('grant:')).map((key) => key.slice('grant:'.length));
  return {
    id,
    parent: before.at(-1) ?? null,
    path: [...before, id],
    // Who holds it, also where somebody else appointed them: holders are counted (TX-17).
    agent: way === 'go_further' ? null : (agent ?? null),
    clientId: client.clientId,
    depth: Math.max(depth, 1),
    boundTo: boundTo ?? null,
    expiresAt: subject.expiresAt,
    // The rule looked before; those that come together are counted where they are written.
    ...(child !== undefined && { beside: fanOut - 1 }),
  };
}
