import type { Act } from '../../server/delegation/chain.ts';
import type { Exchanged, ExchangeFacts, ExchangeRequest } from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { leadsTo, liesWithin, signedInTooWeakly } from './oracle.ts';
import { ISSUER } from './small-world.ts';

// "What follows from them" of `docs/rules-of-delegation.md`: what anybody may rely on, whatever was asked and by
// whatever rules it was decided. Each looks at what is given beside all that it came of, and at no rule.

export type Dimension = (typeof DIMENSIONS)[number];
export const DIMENSIONS = [
  ...([
    'person',
    'holder',
    'actor',
    'loop',
    'edge',
    'depth',
    'number',
    'audience',
    'scope',
    'details',
    'uses',
    'key',
  ] as const),
  ...(['authentication', 'lifetime', 'something'] as const),
];

export interface Gift {
  request: ExchangeRequest;
  facts: ExchangeFacts;
  /** The presented token and everything it came of, the root first. */
  path: readonly IssuedToken[];
  given: Exchanged;
}

/** The dimensions in which this is more than it may be; empty where every promise is kept. */
export const exceeded = (gift: Gift): Dimension[] => DIMENSIONS.filter((dimension) => EXCEEDS[dimension](gift));

const actors = (act: Act | null | undefined): string[] => (act ? [act.sub, ...actors(act.act)] : []);

/** Did it go to another resource, by the server of the one before? */
const wentFurther = ({ facts: { subject, client } }: Gift): boolean =>
  client.kind === 'resource_server' && subject.kind !== 'handoff' && subject.clientId !== client.clientId;

/** The agent that comes into the chain, or will when it takes up what is handed to it. */
const newcomer = ({ facts, given }: Gift): string | undefined =>
  given.mayAct?.agent ?? (actors(given.act).length > actors(facts.subject.act).length ? given.act?.sub : undefined);

/** The ancestors at the same resources: what came further is held to what it was led to by, and no longer to what is before. */
function ancestors({ path }: Gift): readonly IssuedToken[] {
  const crossing = path.findLastIndex(({ resource, kind }, index) => {
    const before = path[index - 1];
    return kind === 'leaf' && before?.kind === 'leaf' && before.resource !== resource;
  });
  return path.slice(Math.max(crossing, 0));
}

const isWithin = (action: TaskAction, { actions }: IssuedToken): boolean => sources(action, actions).length > 0;
const sources = (action: TaskAction, actions: readonly TaskAction[]): TaskAction[] =>
  actions.filter((one) => liesWithin(action, one));

const EXCEEDS: Record<Dimension, (gift: Gift) => boolean> = {
  person: (gift) => {
    const { subject, child } = gift.facts;
    if (subject.person !== null) return false;
    if (newcomer(gift) !== undefined) return child?.edge?.carriesOwn !== true;
    return subject.act === null || wentFurther(gift);
  },

  holder: ({ facts: { subject, client, ownsAudience } }) => {
    if (subject.kind === 'handoff') return client.agent === null || client.agent.id !== subject.mayAct;
    return subject.clientId !== client.clientId && !(subject.kind === 'leaf' && ownsAudience);
  },

  actor: (gift) => {
    const { request, facts, given } = gift;
    const { subject, client, actor, approvedEdges, child } = facts;
    const [before, after] = [actors(subject.act), actors(given.act)];
    const comes = newcomer(gift);
    if (given.kind !== 'handoff' && after.length === 0) return true;
    const grown = given.kind !== 'handoff' && comes !== undefined ? [comes, ...before] : before;
    if (after.join() !== grown.join()) return true;
    // Who proves to be somebody else than whoever acts here has no part in it.
    const proven = [after[0], subject.agent, ...(comes === undefined ? [] : [comes])];
    if (actor && (wentFurther(gift) || !proven.includes(actor.agent))) return true;
    if (request.requestedActor !== undefined && given.mayAct?.agent !== request.requestedActor) return true;
    if (comes === undefined) return false;
    if (!child?.edge || (subject.kind !== 'handoff' && !child.active)) return true;
    if (actor && given.kind === 'handoff' && actor.agent !== subject.agent) return true;
    const isSeen = approvedEdges.some((edge) => edge.parent === subject.agent && edge.child === comes);
    const handsOn = subject.kind !== 'handoff';
    if (handsOn && client.agent?.id !== (before[0] ?? subject.subject)) return true;
    return handsOn && subject.person !== null && !isSeen;
  },

  loop: (gift) => {
    const comes = newcomer(gift);
    const { subject } = gift.facts.subject;
    return comes !== undefined && [subject, ...actors(gift.facts.subject.act)].includes(comes);
  },

  edge: (gift) => {
    const { subject, approvedEdges, child } = gift.facts;
    const comes = newcomer(gift);
    if (comes === undefined) return false;
    const seen = approvedEdges.find((edge) => edge.parent === subject.agent && edge.child === comes);
    const carriers = [child?.edge, subject.person === null ? undefined : seen];
    return gift.given.slice.actions.some(({ action }) =>
      carriers.some((edge) => edge !== undefined && !edge.actions.includes(action)),
    );
  },

  depth: (gift) => {
    const { subject, approvedEdges, child } = gift.facts;
    const comes = newcomer(gift);
    if (comes === undefined) return gift.given.depth !== subject.depth;
    const seen = approvedEdges.find((edge) => edge.parent === subject.agent && edge.child === comes);
    const isHandOff = gift.given.kind === 'handoff';
    const depth = subject.depth + 1;
    if (!isHandOff && (gift.given.depth !== depth || depth > (child?.chainLimit ?? 0))) return true;
    if (depth > (child?.edge?.maxDepth ?? depth)) return true;
    return subject.person !== null && depth > (seen?.maxDepth ?? depth);
  },

  number: (gift) => {
    const { subject, pace, child, fanOut } = gift.facts;
    const line = subject.lineage.filter((stop) => stop.startsWith('token:')).length;
    const holders = newcomer(gift) === undefined ? 0 : (child?.siblings ?? 0) + 1;
    return pace.count > pace.limit || holders > fanOut || line >= 32;
  },

  audience: (gift) => {
    const { given, facts, request } = gift;
    const { subject } = facts;
    const { audience, actions } = given.slice;
    if (given.kind === 'handoff') {
      // Good at this server alone; what it is for, the leaf it was cut from was for.
      return (
        audience !== ISSUER || (subject.kind === 'leaf' && actions.some((one) => one.resource !== subject.resource))
      );
    }
    if (given.kind === 'root') return audience !== ISSUER || subject.kind !== 'handoff';
    if (audience === ISSUER || actions.some(({ resource }) => resource !== audience)) return true;
    if (request.audience !== undefined && request.audience !== audience) return true;
    return subject.kind === 'leaf' && (audience === subject.resource) === wentFurther(gift);
  },

  scope: (gift) => {
    const { scopes, actions } = gift.given.slice;
    return scopes.some((scope) => {
      const isOfAnAction = actions.some(({ viaScope }) => viaScope === scope);
      const held = wentFurther(gift) || ancestors(gift).every((token) => token.scopes.includes(scope));
      return !isOfAnAction || !held;
    });
  },

  details: (gift) => {
    const { actions } = gift.given.slice;
    const { subject } = gift.facts;
    if (wentFurther(gift)) {
      return actions.some((action) => !subject.actions.some((source) => leadsTo(source, action).length === 0));
    }
    return actions.some((action) => ancestors(gift).some((token) => !isWithin(action, token)));
  },

  uses: (gift) => {
    const { actions } = gift.given.slice;
    const { subject } = gift.facts;
    if (wentFurther(gift)) {
      return actions.some(
        (action) => action.position !== undefined || !subject.actions.some((one) => one.max_uses === action.max_uses),
      );
    }
    return actions.some(
      (action) =>
        !sources(action, subject.actions).some(
          (one) => one.max_uses === action.max_uses && one.position === action.position && one.impact === action.impact,
        ),
    );
  },

  key: (gift) => {
    const { given, facts } = gift;
    const { subject, boundTo, registeredKeys, child } = facts;
    const isHigh = given.slice.actions.some(({ impact }) => impact === 'high' || impact === 'critical');
    if (isHigh && given.boundTo === undefined) return true;
    if (given.kind === 'handoff' && (given.boundTo === undefined || given.boundTo !== child?.key)) return true;
    if (subject.kind === 'handoff') {
      const shown = subject.boundTo !== null && [boundTo, ...registeredKeys].includes(subject.boundTo);
      return !shown || given.boundTo === undefined || given.boundTo !== boundTo;
    }
    // Appointed: bound to the key that signed the actor token.
    if (newcomer(gift) !== undefined && given.kind !== 'handoff' && given.boundTo === undefined) return true;
    if (subject.boundTo === null) return false;
    return wentFurther(gift) ? given.boundTo === undefined : boundTo !== subject.boundTo || given.boundTo === undefined;
  },

  authentication: ({ given, facts }) =>
    given.slice.actions.some(({ action, version }) => signedInTooWeakly(action, version, facts)),

  lifetime: ({ given, facts, path }) => {
    const seconds = given.kind === 'handoff' ? 60 : 300;
    const latest = [
      ...path.map(({ expiresAt }) => expiresAt),
      new Date(facts.now.getTime() + seconds * 1000),
      ...(facts.actor ? [facts.actor.expiresAt] : []),
    ];
    return latest.some((end) => given.expiresAt.getTime() > end.getTime());
  },

  something: ({ given }) => given.slice.actions.length === 0,
};
