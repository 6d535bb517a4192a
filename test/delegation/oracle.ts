import { isDeepStrictEqual } from 'node:util';
import type { Impact } from '../../server/catalogue/action.ts';
import type { Comparator } from '../../server/catalogue/comparator.ts';
import type { Act } from '../../server/delegation/chain.ts';
import type { Exchanged, ExchangeFacts, ExchangeRequest } from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { DECLARED, type Declared, declared, ISSUER, newest } from './small-world.ts';

// Written from `docs/rules-of-delegation.md` alone. It shares types with the server, and no code: where the two
// disagree, one of them has read the page wrong.

export type Way = 'continue' | 'hand_off' | 'appoint' | 'take_up' | 'go_further';

/** In the order in which they are asked. */
export const ASKED = [
  ...['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8'],
  ...['R9', 'R10', 'R11', 'R12', 'R14'],
  ...['R15', 'R16', 'R17', 'R13', 'R18', 'R19', 'R20', 'R21', 'R22', 'R23'],
  ...['R24', 'R25', 'R26', 'R27', 'R28', 'R30', 'R29', 'R31', 'R37'],
] as const;
export type RuleId = (typeof ASKED)[number];

export interface Verdict {
  way: Way;
  /** Undefined: the request was understood. */
  unknown?: string;
  /** Every rule that is broken, in the order asked. Empty: it may be given. */
  broken: RuleId[];
  given: Exchanged;
}

/** What the page says of a request. */
export function judge(request: ExchangeRequest, facts: ExchangeFacts): Verdict {
  const way = wayTaken(request, facts);
  const further = way === 'go_further';
  const unknown = further ? request.scopes?.find((scope) => !meansNothing(scope) && !actionOfScope(scope)) : undefined;
  const audience = audienceTaken(way, request, facts);
  const taken = further ? askedFurther(request, facts) : askedOf(request, facts, audience ?? ISSUER);
  const given = gift(way, audience, taken, facts);
  const breaks = CHECKS[way]({ request, facts, audience, taken, given });
  return {
    way,
    ...(unknown !== undefined && { unknown }),
    broken: ASKED.filter((id) => breaks[id as keyof typeof breaks] === true),
    given,
  };
}

// -- five ways -----------------------------------------------------------------------------------------------------

function wayTaken({ requestedActor }: ExchangeRequest, { subject, client, actor }: ExchangeFacts): Way {
  if (subject.kind === 'handoff') return 'take_up';
  const isOthers = subject.clientId !== client.clientId;
  if (client.kind === 'resource_server' && isOthers) return 'go_further';
  if (requestedActor !== undefined) return 'hand_off';
  const proves = actor?.agent;
  return proves !== undefined && proves !== client.agent?.id ? 'appoint' : 'continue';
}

function audienceTaken(way: Way, { audience }: ExchangeRequest, { subject }: ExchangeFacts): string | undefined {
  if (audience !== undefined) return audience;
  if (way === 'go_further') return undefined;
  const isRoot = subject.resource === ISSUER;
  if (!isRoot) return subject.resource;
  const places = [...new Set(subject.actions.map((action) => action.resource))];
  if (way === 'take_up') return places.length === 1 ? places[0] : ISSUER;
  return way === 'hand_off' ? ISSUER : undefined;
}

/** What is asked, and what of it no held or presented action allows. */
interface Taken {
  held: readonly TaskAction[];
  heldScopes: readonly string[];
  actions: TaskAction[];
  scopes: string[];
  beyond: RequestedAction[];
  asksSomething: boolean;
  isFurther: boolean;
}

function askedOf({ scopes, actions }: ExchangeRequest, { subject }: ExchangeFacts, audience: string): Taken {
  const held = subject.actions.filter((action) => audience === ISSUER || action.resource === audience);
  const heldScopes = subject.scopes.filter((scope) => held.some((action) => action.viaScope === scope));
  const asksSomething = scopes !== undefined || actions !== undefined;
  if (!asksSomething) {
    return {
      held,
      heldScopes,
      actions: [...held],
      scopes: [...heldScopes],
      beyond: [],
      asksSomething,
      isFurther: false,
    };
  }
  const names = [...new Set(scopes ?? [])];
  const granted: TaskAction[] = held.filter((action) => names.some((name) => name === action.viaScope));
  const beyond: RequestedAction[] = [];
  for (const wanted of actions ?? []) {
    const terms = held.find((one) => liesWithin(wanted, one));
    if (terms) granted.push({ ...terms, parameters: wanted.parameters });
    else beyond.push(wanted);
  }
  return { held, heldScopes, actions: granted, scopes: names, beyond, asksSomething, isFurther: false };
}

function askedFurther({ scopes, actions }: ExchangeRequest, { subject }: ExchangeFacts): Taken {
  const byScope = [...new Set(scopes ?? [])].flatMap((name): RequestedAction[] => {
    const action = actionOfScope(name);
    if (!action) return [];
    const { key, version, resource } = action;
    return [{ action: key, version, resource, parameters: {}, viaScope: name }];
  });
  const taken: TaskAction[] = [];
  const beyond: RequestedAction[] = [];
  for (const wanted of [...byScope, ...(actions ?? [])]) {
    const source = subject.actions.find((one) => leadsTo(one, wanted).length === 0);
    if (!source) {
      beyond.push(wanted);
      continue;
    }
    const { action, version, resource, parameters, viaScope } = wanted;
    taken.push({
      action,
      version,
      resource,
      parameters,
      ...(viaScope !== undefined && { viaScope }),
      access: declared(action, version)?.access ?? 'write',
      impact: source.impact,
      max_uses: source.max_uses,
    });
  }
  const names = byScope.flatMap(({ viaScope }) => viaScope ?? []);
  return {
    held: subject.actions,
    heldScopes: [],
    actions: taken,
    scopes: names,
    beyond,
    asksSomething: true,
    isFurther: true,
  };
}

function gift(
  way: Way,
  audience: string | undefined,
  { actions, scopes }: Taken,
  { subject, client, child, boundTo, grantId, now, actor, fanOut }: ExchangeFacts,
): Exchanged {
  const isRoot = audience === ISSUER;
  const newcomer =
    way === 'take_up'
      ? { agent: client.agent?.id ?? '', client: client.clientId, key: boundTo }
      : way === 'appoint'
        ? { agent: child?.agent ?? '', client: child?.client ?? '', key: child?.key }
        : undefined;
  const before: Act | undefined = subject.act ?? undefined;
  const act: Act | undefined = newcomer
    ? {
        iss: ISSUER,
        sub: newcomer.agent,
        sub_profile: 'ai_agent',
        client_id: newcomer.client,
        ...(before && { act: before }),
      }
    : before;
  const depth = subject.depth + (newcomer ? 1 : 0);
  const key = newcomer ? newcomer.key : way === 'hand_off' ? child?.key : boundTo;
  const agent = newcomer ? newcomer.agent : (subject.agent ?? undefined);
  const travels = way === 'hand_off' || way === 'appoint' || way === 'take_up';
  const ends = [subject.expiresAt.getTime(), now.getTime() + 5 * 60_000];
  if (way === 'hand_off') ends.push(now.getTime() + 60_000);
  if (actor) ends.push(actor.expiresAt.getTime());
  const branches = subject.task !== null && (way === 'take_up' || way === 'appoint' || way === 'go_further');
  const branch = subject.lineage.filter((stop) => stop.startsWith('grant:')).map((stop) => stop.slice(6));
  return {
    kind: way === 'hand_off' ? 'handoff' : isRoot && way !== 'go_further' ? 'root' : 'leaf',
    slice: { audience: way === 'hand_off' ? ISSUER : (audience ?? ''), scopes, actions },
    act,
    agent,
    depth,
    boundTo: key,
    derived: branches
      ? {
          id: grantId,
          parent: branch[branch.length - 1] ?? null,
          path: [...branch, grantId],
          agent: way === 'go_further' ? null : (agent ?? null),
          clientId: client.clientId,
          depth: Math.max(depth, 1),
          boundTo: key ?? null,
          expiresAt: subject.expiresAt,
          // R21: where it is written, those that come at the same time are counted.
          ...(child !== undefined && { beside: fanOut - 1 }),
        }
      : undefined,
    mayAct: way === 'hand_off' && child ? { agent: child.agent } : undefined,
    edge: travels && child ? { parent: subject.agent ?? '', child: child.agent } : undefined,
    expiresAt: new Date(Math.min(...ends)),
    spends: way === 'take_up',
  };
}

// -- the rules, way by way -----------------------------------------------------------------------------------------

interface Case {
  request: ExchangeRequest;
  facts: ExchangeFacts;
  audience: string | undefined;
  taken: Taken;
  given: Exchanged;
}
type Breaks = Partial<Record<RuleId, boolean>>;

const CHECKS: Record<Way, (one: Case) => Breaks> = {
  continue: (one) => ({ ...always(one), ...ofHolder(one), ...cutFrom(one), ...continued(one) }),
  hand_off: (one) => ({
    ...always(one),
    ...ofHolder(one),
    ...cutFrom(one),
    ...along(one),
    ...handedOn(one),
    ...handedOff(one),
  }),
  appoint: (one) => ({
    ...always(one),
    ...ofHolder(one),
    ...cutFrom(one),
    ...along(one),
    ...handedOn(one),
    ...asDeepAsChildMay(one),
  }),
  take_up: (one) => ({ ...always(one), ...cutFrom(one), ...along(one), ...takenUp(one), ...asDeepAsChildMay(one) }),
  go_further: (one) => ({ ...always(one), ...wentFurther(one) }),
};

/** R14, R22, R23, R24, R29, R37: on every way. */
function always({ facts, audience, taken, given }: Case): Breaks {
  const exchangesBefore = facts.subject.lineage.filter((stop) => stop.startsWith('token:')).length;
  const impacts = [
    ...taken.actions.map(({ impact }) => impact),
    ...taken.beyond.map((wanted) => impactBeyond(wanted, taken)),
  ];
  return {
    R14: given.boundTo === undefined && impacts.some((impact) => impact === 'high' || impact === 'critical'),
    R22: facts.pace.count > facts.pace.limit,
    R23: exchangesBefore + 1 > 32,
    R24: audience === undefined,
    R29: taken.beyond.length > 0,
    R37: [...taken.actions, ...taken.beyond].some(({ action, version }) => signedInTooWeakly(action, version, facts)),
  };
}

const ofHolder = ({ facts: { subject, client } }: Case): Breaks => ({ R2: subject.clientId !== client.clientId });

/** R25, R27, R28, R30. */
function cutFrom({ facts, audience, taken }: Case): Breaks {
  const nothingThere = taken.held.length === 0;
  return {
    R25: facts.subject.kind === 'handoff' ? false : leavesItsPlace(facts.subject, audience),
    R27: nothingThere,
    R28: taken.scopes.some((scope) => !taken.heldScopes.includes(scope)),
    R30: taken.asksSomething && taken.actions.length + taken.beyond.length === 0,
  };
}

function leavesItsPlace(subject: IssuedToken, audience: string | undefined): boolean {
  const isLeaf = subject.resource !== ISSUER;
  return isLeaf ? audience !== subject.resource : audience === ISSUER;
}

function continued({ facts: { subject, boundTo, actor } }: Case): Breaks {
  return {
    R1: subject.person === null && subject.act === null,
    R5: subject.act === null,
    R7: actor !== undefined && actor.agent !== subject.agent,
    R9: subject.boundTo !== null && boundTo !== subject.boundTo,
  };
}

const handedOff = ({ facts: { subject, actor }, audience }: Case): Breaks => ({
  R7: actor !== undefined && actor.agent !== subject.agent,
  // What is handed on of a root may be for this server; of a leaf it stays where the leaf is.
  R25: subject.resource !== ISSUER && audience !== subject.resource,
});

/** Along an edge: R1, R16, R19 (but for the child's own limit), R20, R21. */
function along({ facts, taken }: Case): Breaks {
  const { subject, child, fanOut } = facts;
  const now = child?.edge;
  const edges = [now, edgeSeen(facts)].filter((edge) => edge !== undefined);
  const wanted = [...taken.actions, ...taken.beyond];
  return {
    R1: subject.person === null && now?.carriesOwn !== true,
    R16: now === undefined,
    R19: edges.some(({ maxDepth }) => subject.depth + 1 > maxDepth),
    R20: wanted.some(({ action }) => edges.some(({ actions }) => !actions.includes(action))),
    R21: child !== undefined && child.siblings >= fanOut,
  };
}

const asDeepAsChildMay = (one: Case): Breaks => ({
  R19: along(one).R19 === true || one.facts.subject.depth + 1 > (one.facts.child?.chainLimit ?? 0),
});

/** By an agent to a child: R6, R10, R13, R15, R17, R18. */
function handedOn({ facts, given }: Case): Breaks {
  const { subject, client, child, boundTo } = facts;
  const whoActs = subject.act === null ? subject.subject : subject.act.sub;
  const everyone = [subject.subject, ...chainOf(subject.act)];
  return {
    R6: client.agent === null || client.agent.id !== whoActs,
    R10: subject.boundTo !== null && boundTo !== subject.boundTo,
    R13: given.boundTo === undefined,
    R15: edgeSeen(facts) === undefined,
    R17: child === undefined || !child.active,
    R18: child !== undefined && everyone.includes(child.agent),
  };
}

function takenUp({ request, facts }: Case): Breaks {
  const { subject, client, actor, boundTo, registeredKeys } = facts;
  const self = client.agent?.id;
  const keys = [boundTo, ...registeredKeys];
  return {
    R3: self === undefined || self !== subject.mayAct,
    R7: actor !== undefined && actor.agent !== (self ?? ''),
    R8: request.requestedActor !== undefined,
    R11: subject.boundTo === null || !keys.includes(subject.boundTo),
    R12: subject.boundTo !== null && boundTo === undefined,
  };
}

function wentFurther({ request, facts, audience, taken }: Case): Breaks {
  const { subject, actor, boundTo, ownsAudience } = facts;
  const wanted = [...taken.actions, ...taken.beyond];
  return {
    R1: subject.person === null,
    R4: subject.kind !== 'leaf' || !ownsAudience,
    R5: subject.act === null,
    R7: actor !== undefined,
    R8: request.requestedActor !== undefined,
    R12: subject.boundTo !== null && boundTo === undefined,
    R26: audience === subject.resource || wanted.some(({ resource }) => resource !== audience),
    R31: wanted.length === 0,
  };
}

function edgeSeen({ subject, approvedEdges, child }: ExchangeFacts) {
  if (subject.person === null) return child?.edge;
  return approvedEdges.find((edge) => edge.parent === subject.agent && edge.child === child?.agent);
}

const chainOf = (act: Act | null | undefined): string[] => (act ? [act.sub, ...chainOf(act.act)] : []);

const STRENGTH = ['pwd', 'fed', 'phr'];

export function signedInTooWeakly(action: string, version: number, { subject, now }: ExchangeFacts): boolean {
  const asks = declared(action, version);
  const { acr, auth_time: at } = subject.authentication;
  if (asks?.acr !== undefined && STRENGTH.indexOf(acr ?? '') < STRENGTH.indexOf(asks.acr)) return true;
  return asks?.maxAge !== undefined && now.getTime() > ((at ?? 0) + asks.maxAge) * 1000;
}

// -- within, and leads to ------------------------------------------------------------------------------------------

const meansNothing = (scope: string) => scope === 'openid' || scope === 'offline_access';
const actionOfScope = (scope: string): Declared | undefined => {
  const found = DECLARED.find((one) => one.scope === scope);
  return found && newest(found.key);
};

/** Does what is wanted lie within this one held action? */
export function liesWithin(
  wanted: Pick<RequestedAction, 'action' | 'resource' | 'parameters' | 'viaScope'>,
  held: TaskAction,
): boolean {
  if (wanted.action !== held.action || wanted.resource !== held.resource) return false;
  if ((wanted.viaScope === undefined) !== (held.viaScope === undefined)) return false;
  const rules = declared(held.action, held.version);
  return rules !== undefined && fits(rules, wanted.parameters) && isNarrower(rules, wanted.parameters, held.parameters);
}

/** Which of R32 to R36 keep this presented action from leading to that one; none: it leads there. */
export function leadsTo(source: TaskAction, wanted: RequestedAction): string[] {
  const [from, to] = [declared(source.action, source.version), declared(wanted.action, wanted.version)];
  if (!from || !to) return ['R32'];
  const shared = Object.keys(source.parameters).filter((name) => Object.hasOwn(to.parameters, name));
  const bounds = Object.fromEntries(shared.map((name) => [name, source.parameters[name]]));
  const breaks: Record<string, boolean> = {
    R32: !from.downstream?.includes(wanted.action),
    R33: source.access === 'read' && to.access === 'write',
    R34: to.unchecked === 'refuse' || weight(impactWith(to, wanted.parameters)) > weight(source.impact),
    R35: shared.some((name) => !isDeepStrictEqual(meaning(from, name), meaning(to, name))),
    R36: !isNarrower(to, wanted.parameters, bounds),
  };
  return Object.keys(breaks).filter((id) => breaks[id]);
}

const meaning = ({ parameters }: Declared, name: string) => parameters[name]?.slice(0, 2);
const weight = (impact: Impact) => ['low', 'medium', 'high', 'critical'].indexOf(impact);

function impactWith(
  { impact, highAbove, highOutside, unchecked }: Declared,
  values: Readonly<Record<string, unknown>>,
): Impact {
  const weighs = [impact];
  const pieces = values.pieces as number | undefined;
  if (highAbove !== undefined && (pieces === undefined || pieces > highAbove)) weighs.push('high');
  if (highOutside !== undefined && values[highOutside] !== undefined) weighs.push('high');
  if (unchecked !== undefined && unchecked !== 'refuse') weighs.push(unchecked);
  return weighs.toSorted((a, b) => weight(b) - weight(a))[0] ?? 'critical';
}

/** What lies within nothing is proposed with the terms of the last held one of the same action, or as critical. */
function impactBeyond(wanted: RequestedAction, { held, isFurther }: Taken): Impact {
  const alike = (isFurther ? [] : held).filter(
    (one) =>
      one.action === wanted.action &&
      one.resource === wanted.resource &&
      (one.viaScope === undefined) === (wanted.viaScope === undefined),
  );
  return alike.at(-1)?.impact ?? 'critical';
}

const fits = ({ parameters }: Declared, values: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(values).every((name) => Object.hasOwn(parameters, name)) &&
  Object.entries(parameters).every(([name, [, , required]]) => required === undefined || Object.hasOwn(values, name));

type Values = Readonly<Record<string, unknown>>;

/** The table "Narrower" of the page. */
export function isNarrower({ parameters }: Declared, inner: Values, outer: Values): boolean {
  if (Object.keys(inner).some((name) => !Object.hasOwn(parameters, name))) return false;
  return Object.entries(parameters).every(([name, [, comparator]]) => {
    const [has, bounded] = [Object.hasOwn(inner, name), Object.hasOwn(outer, name)];
    const isNoLimit = comparator === 'equal' || comparator === 'set-equal';
    if (!bounded) return !has || !isNoLimit;
    return has && COMPARE[comparator](inner[name], outer[name]);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: each comparator knows what it compares
const COMPARE: Record<Comparator, (inner: any, outer: any) => boolean> = {
  equal: isDeepStrictEqual,
  limit: isDeepStrictEqual,
  'set-equal': (inner, outer) => isDeepStrictEqual([...inner].sort(), [...outer].sort()),
  'set-subset': (inner, outer) => inner.every((member: unknown) => outer.includes(member)),
  'money-max': (inner, outer) => inner.currency === outer.currency && Number(inner.value) <= Number(outer.value),
  'count-max': (inner, outer) => inner <= outer,
  'date-from': (inner, outer) => Date.parse(inner) >= Date.parse(outer),
  'date-to': (inner, outer) => Date.parse(inner) <= Date.parse(outer),
  'object-subset': (inner, outer) =>
    Object.keys(inner).every((name) => Object.hasOwn(outer, name) && inner[name] === outer[name]),
};
