import type { Catalogue } from '../catalogue/catalogue.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { RequestedAction } from './request.ts';

/**
 * Is everything that is requested within what was granted? Undefined when it is, otherwise the refusal to answer with.
 * Each requested action has to lie within one granted action: two halves never make a whole, or {read, contacts} and
 * {write, photos} would make {write, contacts} (RFC 9396 §2.2). Uses that are left, and liveness, are asked elsewhere.
 */
export function covers(
  catalogue: Catalogue,
  granted: readonly Asked[],
  requested: readonly Asked[],
): Refusal | undefined {
  for (const asked of requested) {
    const reasons = granted
      .filter(({ action, resource }) => action === asked.action && resource === asked.resource)
      // What was granted as a scope is used as a scope: its token carries no details that could be narrowed.
      .filter(({ viaScope }) => (viaScope === undefined) === (asked.viaScope === undefined))
      .map((given) => outside(catalogue, given, asked));
    if (reasons.includes(undefined)) continue;
    if (asked.viaScope !== undefined) return { reason: 'scope_wider', scope: asked.viaScope };
    return { reason: 'details_wider', type: asked.action, detail: reasons[0] ?? 'was not approved' };
  }
  return undefined;
}

type Asked = Pick<RequestedAction, 'action' | 'version' | 'resource' | 'parameters' | 'viaScope'>;

function outside(catalogue: Catalogue, given: Asked, asked: Asked): string | undefined {
  // Another version may show and compare its parameters otherwise than the person was told.
  if (given.version !== asked.version) return `version ${asked.version} was not approved`;
  const action = catalogue.version(asked.action, asked.version);
  if (action === undefined) return `version ${asked.version} is unknown`;
  return narrowerParameters(action, asked.parameters, given.parameters);
}
