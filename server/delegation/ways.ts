import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Binding } from '../oauth/binding.ts';
import { allow, type Outcome } from '../oauth/refusal.ts';
import { parseScopes, type RequestedAction } from '../tasks/request.ts';
import type { TaskAction } from '../tasks/task.ts';
import { type Act, actingThrough } from './chain.ts';
import type { ExchangeFacts, ExchangeRequest } from './exchange.ts';
import { type Link, NOT_DECLARED } from './rules/links.ts';
import { type Cut, cutOf } from './slice.ts';
import type { TokenKind } from './token.ts';

/** How a client stands to the token it presents. There is no sixth way: a stolen token is worth nothing to others. */
export type Way =
  /** Root → leaf, or leaf → narrower leaf of the same resource, by the client that holds it. */
  | 'continue'
  /** A part of the holder's authority for one named child, which takes it up by itself. */
  | 'hand_off'
  /** The same in one step: the child proved by an actor token that it is there, and gets a leaf of its own. */
  | 'appoint'
  /** The child that a hand-off names exchanges it as itself, once; it never held its parent's own token. */
  | 'take_up'
  /** Leaf → another resource, by the resource server that is its audience. */
  | 'go_further';

/** What the exchange would give if the request were taken at its word. No rule was asked yet. */
export interface Proposal {
  way: Way;
  kind: TokenKind;
  /** Undefined: nobody can tell which. */
  audience: string | undefined;
  cut: Cut;
  act: Act | undefined;
  agent: string | undefined;
  depth: number;
  boundTo: Binding | undefined;
  mayAct: { agent: string } | undefined;
  edge: { parent: string; child: string } | undefined;
  spends: boolean;
  /** It is the beginning of a branch that can be ended by itself. */
  derives: boolean;
}

export function wayOf(
  { requestedActor }: ExchangeRequest,
  { subject, client, actor }: Pick<ExchangeFacts, 'subject' | 'client' | 'actor'>,
): Way {
  if (subject.kind === 'handoff') return 'take_up';
  if (client.kind === 'resource_server' && subject.clientId !== client.clientId) return 'go_further';
  if (requestedActor !== undefined) return 'hand_off';
  return actor !== undefined && actor.agent !== client.agent?.id ? 'appoint' : 'continue';
}

/** @returns a refusal only where the request cannot be understood */
export function propose(
  way: Way,
  request: ExchangeRequest,
  facts: ExchangeFacts,
  links: readonly Link[],
): Outcome<Proposal> {
  const { subject, client, issuer, catalogue, child } = facts;
  const audience = audienceOf(way, request, facts);
  // Where nobody can tell, everything: what no rule stops would be a token for everywhere.
  const place = audience ?? issuer;
  const cut: Outcome<Cut> =
    way === 'go_further'
      ? further(request, place, subject.actions, catalogue, links)
      : allow(cutOf(subject, { ...request, audience: place }, catalogue, issuer));
  if (!cut.ok) return cut;

  const before = subject.act ?? undefined;
  const same = {
    way,
    audience,
    cut: cut.value,
    act: before,
    agent: subject.agent ?? undefined,
    depth: subject.depth,
    boundTo: facts.boundTo,
    mayAct: undefined,
    edge: undefined,
    spends: false,
    derives: false,
  };
  const edge = child?.edge && { parent: child.edge.parent, child: child.edge.child };
  switch (way) {
    case 'continue':
      return allow({ ...same, kind: 'leaf' });
    case 'go_further':
      return allow({ ...same, kind: 'leaf', derives: true });
    case 'hand_off':
      return allow({ ...same, kind: 'handoff', boundTo: child?.key, mayAct: child && { agent: child.agent }, edge });
    case 'appoint':
    case 'take_up': {
      const own = { agent: client.agent?.id ?? '', client: client.clientId, key: facts.boundTo };
      const acting = way === 'take_up' ? own : { agent: '', client: '', key: undefined, ...child };
      return allow({
        ...same,
        kind: audience === issuer ? 'root' : 'leaf',
        act: actingThrough({ issuer, agent: acting.agent, client: acting.client }, before),
        agent: acting.agent,
        depth: subject.depth + 1,
        boundTo: acting.key,
        edge,
        spends: way === 'take_up',
        derives: true,
      });
    }
  }
}

/** The one audience that is asked, or that nobody needs to ask for. */
function audienceOf(way: Way, { audience }: ExchangeRequest, { subject, issuer }: ExchangeFacts): string | undefined {
  if (audience !== undefined || way === 'go_further') return audience;
  if (subject.resource !== issuer) return subject.resource;
  if (way === 'hand_off') return issuer;
  if (way !== 'take_up') return undefined;
  const [only, ...more] = new Set(subject.actions.map(({ resource }) => resource));
  return (more.length === 0 ? only : undefined) ?? issuer;
}

/** What is asked elsewhere, beside the presented actions that lead to it. */
function further(
  request: ExchangeRequest,
  audience: string,
  presented: readonly TaskAction[],
  catalogue: Catalogue,
  links: readonly Link[],
): Outcome<Cut> {
  const byScope = parseScopes(request.scopes ?? [], catalogue);
  if (!byScope.ok) return byScope;
  const wanted = [...byScope.value, ...(request.actions ?? [])];
  const linked = wanted.map((one) => linkTo(one, presented, catalogue, links));
  const actions = linked.map(({ given }) => given);
  return allow({
    audience,
    scopes: byScope.value.flatMap(({ viaScope }) => viaScope ?? []),
    actions,
    there: { scopes: [], actions },
    asked: true,
    beyond: linked.flatMap(({ given, detail }) => (detail === undefined ? [] : [{ type: given.action, detail }])),
  });
}

/** The wanted action with the impact and uses of a presented one that leads to it; or why none does. */
function linkTo(
  { action, version, resource, parameters, viaScope }: RequestedAction,
  presented: readonly TaskAction[],
  catalogue: Catalogue,
  links: readonly Link[],
): { given: TaskAction; detail: string | undefined } {
  const access = catalogue.version(action, version)?.access ?? 'write';
  // Without a position: the use is drawn where the person saw it, not again further down.
  const given = { action, version, resource, parameters, ...(viaScope && { viaScope }), access };
  let detail: string | undefined;
  for (const source of presented) {
    const { impact, max_uses } = source;
    const missing = missingLink({ ...given, impact, max_uses }, source, catalogue, links);
    if (missing === undefined) return { given: { ...given, impact, max_uses }, detail: undefined };
    // The reason of an action that does declare it helps; the others only do not.
    if (missing !== NOT_DECLARED) detail = missing;
  }
  return { given: { ...given, impact: 'critical', max_uses: null }, detail: detail ?? NOT_DECLARED };
}

function missingLink(
  wanted: TaskAction,
  source: TaskAction,
  catalogue: Catalogue,
  links: readonly Link[],
): string | undefined {
  const action = catalogue.version(wanted.action, wanted.version);
  // As it was declared in the version that the person approved, not in a later one.
  const rules = catalogue.version(source.action, source.version);
  if (!action || !rules) return NOT_DECLARED;
  for (const { missing } of links) {
    const reason = missing({ wanted, action, source, rules });
    if (reason !== undefined) return reason;
  }
  return undefined;
}
