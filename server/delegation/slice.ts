import type { Catalogue } from '../catalogue/catalogue.ts';
import { coversAction } from '../catalogue/narrowing.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
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

/**
 * Cuts the slice for one audience, or says why it would be wider. Pure. The issuer as audience means the root:
 * every resource of the ceiling, good only at the token endpoint.
 */
export function sliceOf(ceiling: Ceiling, want: Want, catalogue: Catalogue, issuer: string): Outcome<Slice> {
  const isRoot = want.audience === issuer;
  const actions = ceiling.actions.filter(({ resource }) => isRoot || resource === want.audience);
  // By the actions that were granted: what a scope means in the newest catalogue is nothing that anybody approved.
  const scopes = ceiling.scopes.filter((scope) => actions.some(({ viaScope }) => viaScope === scope));
  if (actions.length === 0) return refuse({ reason: 'resource_unknown', resource: want.audience });

  const asked = want.scopes !== undefined || want.actions !== undefined;
  if (!asked) return allow({ audience: want.audience, scopes, actions });

  const wider = (want.scopes ?? []).find((scope) => !scopes.includes(scope));
  if (wider !== undefined) return refuse({ reason: 'scope_wider', scope: wider });
  const byScope = actions.filter(({ viaScope }) => viaScope !== undefined && (want.scopes ?? []).includes(viaScope));

  const granted: TaskAction[] = [];
  for (const requested of want.actions ?? []) {
    const narrowed = narrow(requested, actions, catalogue);
    if (!narrowed.ok) return narrowed;
    granted.push(narrowed.value);
  }
  if (byScope.length + granted.length === 0) return refuse({ reason: 'scope_wider', scope: '' });
  return allow({ audience: want.audience, scopes: [...new Set(want.scopes)], actions: [...byScope, ...granted] });
}

/** The requested action with the use limit, impact and version of the granted one it lies within. */
export function narrow(
  requested: RequestedAction,
  granted: readonly TaskAction[],
  catalogue: Catalogue,
): Outcome<TaskAction> {
  let detail = 'not among the actions of the task';
  for (const candidate of granted) {
    if (candidate.action !== requested.action || candidate.resource !== requested.resource) continue;
    // An action granted as a scope stays one: its parameters were never shown as limits.
    if ((candidate.viaScope === undefined) !== (requested.viaScope === undefined)) continue;
    // The rules it was approved under, not the newest.
    const action = catalogue.version(candidate.action, candidate.version);
    if (!action) continue;
    const reason = coversAction(action, candidate.parameters, requested.parameters);
    if (reason === undefined) return allow({ ...candidate, parameters: requested.parameters });
    detail = reason;
  }
  return refuse({ reason: 'details_wider', type: requested.action, detail });
}
