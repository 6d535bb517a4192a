import type { Catalogue } from '../catalogue/catalogue.ts';
import { coversAction } from '../catalogue/narrowing.ts';
import { allow, type Outcome, type Refusal, refuse } from '../oauth/refusal.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { TaskAction } from '../tasks/task.ts';

/** The most that may be given: a task, or the token that was presented. */
export interface Ceiling {
  scopes: readonly string[];
  actions: readonly TaskAction[];
}

/** What a token request asks of it. Absent members ask for everything there is at the audience. */
export interface Want {
  audience: string;
  scopes?: readonly string[] | undefined;
  actions?: readonly RequestedAction[] | undefined;
}

/** A part of the ceiling for one audience: never wider, in any dimension. */
export interface Slice {
  audience: string;
  scopes: readonly string[];
  actions: readonly TaskAction[];
}

/** What is asked, taken at its word: the rules say whether it may be given. */
export interface Cut extends Slice {
  /** What the ceiling holds at this audience. */
  there: Ceiling;
  /** Asked for anything in particular. */
  asked: boolean;
  /** For each action that was asked beyond everything there: why. */
  beyond: readonly { type: string; detail: string }[];
}

/** One rule about a cut. */
export interface CutRule {
  readonly id: string;
  readonly says: string;
  readonly broken: (cut: Cut) => Refusal | undefined;
}

/** Nothing is cut that is not there, and nothing wider than it is there. Numbered as in `docs/rules-of-delegation.md`. */
export const CUT_RULES: readonly CutRule[] = [
  {
    id: 'R27',
    says: 'The authority holds something at the audience.',
    broken: ({ audience, there }) =>
      there.actions.length === 0 ? { reason: 'resource_unknown', resource: audience } : undefined,
  },
  {
    id: 'R28',
    says: 'A scope is given only where it was granted as a scope at that audience (TX-08).',
    broken: ({ scopes, there }) => {
      const wider = scopes.find((scope) => !there.scopes.includes(scope));
      return wider === undefined ? undefined : { reason: 'scope_wider', scope: wider };
    },
  },
  {
    id: 'R29',
    says: 'An action is given only within one granted action, by the comparators it was approved under (TX-09).',
    broken: ({ beyond: [first] }) => first && { reason: 'details_wider', ...first },
  },
  {
    id: 'R30',
    says: 'Who asks for nothing gets nothing.',
    broken: ({ asked, actions }) => (asked && actions.length === 0 ? { reason: 'scope_wider', scope: '' } : undefined),
  },
];

/**
 * Cuts the slice for one audience, or says why it would be wider. Pure. The issuer as audience means the root:
 * every resource of the ceiling, good only at the token endpoint.
 */
export function sliceOf(ceiling: Ceiling, want: Want, catalogue: Catalogue, issuer: string): Outcome<Slice> {
  const cut = cutOf(ceiling, want, catalogue, issuer);
  for (const { broken } of CUT_RULES) {
    const refusal = broken(cut);
    if (refusal) return refuse(refusal);
  }
  return allow(sliceIn(cut));
}

export const sliceIn = ({ audience, scopes, actions }: Slice): Slice => ({ audience, scopes, actions });

/** What is asked of the ceiling, at its word; what lies within an action of the ceiling takes that action's terms. */
export function cutOf(ceiling: Ceiling, want: Want, catalogue: Catalogue, issuer: string): Cut {
  const isRoot = want.audience === issuer;
  const actions = ceiling.actions.filter(({ resource }) => isRoot || resource === want.audience);
  // By the actions that were granted: what a scope means in the newest catalogue is nothing that anybody approved.
  const scopes = ceiling.scopes.filter((scope) => actions.some(({ viaScope }) => viaScope === scope));
  const there = { scopes, actions };
  const asked = want.scopes !== undefined || want.actions !== undefined;
  if (!asked) return { audience: want.audience, ...there, there, asked, beyond: [] };

  const wanted = [...new Set(want.scopes)];
  const matched = (want.actions ?? []).map((requested) => match(requested, actions, catalogue));
  return {
    audience: want.audience,
    scopes: wanted,
    actions: [
      ...actions.filter(({ viaScope }) => wanted.some((scope) => scope === viaScope)),
      ...matched.map(({ given }) => given),
    ],
    there,
    asked,
    beyond: matched.flatMap(({ given, detail }) => (detail === undefined ? [] : [{ type: given.action, detail }])),
  };
}

/** The requested action with the use limit, impact and version of the granted one it lies within; or why in none. */
function match(
  requested: RequestedAction,
  granted: readonly TaskAction[],
  catalogue: Catalogue,
): { given: TaskAction; detail: string | undefined } {
  let detail = 'not among the actions of the task';
  let terms: Pick<TaskAction, 'access' | 'impact' | 'max_uses'> | undefined;
  for (const candidate of granted) {
    if (candidate.action !== requested.action || candidate.resource !== requested.resource) continue;
    // An action granted as a scope stays one: its parameters were never shown as limits.
    if ((candidate.viaScope === undefined) !== (requested.viaScope === undefined)) continue;
    // The rules it was approved under, not the newest.
    const action = catalogue.version(candidate.action, candidate.version);
    if (!action) continue;
    const reason = coversAction(action, candidate.parameters, requested.parameters);
    if (reason === undefined) return { given: { ...candidate, parameters: requested.parameters }, detail: undefined };
    detail = reason;
    terms = candidate;
  }
  const { action, version, resource, parameters } = requested;
  const { access, impact, max_uses } = terms ?? { access: 'write', impact: 'critical', max_uses: null };
  return { given: { action, version, resource, parameters, access, impact, max_uses }, detail };
}
