import type { Catalogue } from '../catalogue/catalogue.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { covers } from '../tasks/coverage.ts';
import { parseDetails, parseScopes, type RequestedAction } from '../tasks/request.ts';
import type { ExchangeRequest } from './exchange.ts';

/** What a token request asks for by an assertion; each member optional. */
export interface AskedByAssertion {
  resource: string | undefined;
  scopes: readonly string[] | undefined;
  actions: readonly RequestedAction[] | undefined;
}

/** The most that an identity assertion lets its client have, as it says itself (JAG-24). */
export interface AssertionLimits {
  /** Undefined: it names none. */
  resources: readonly string[] | undefined;
  scopes: readonly string[] | undefined;
  actions: readonly RequestedAction[] | undefined;
}

const RESOURCES_LIMIT = 10;

/**
 * `resource`, `scope` and `authorization_details` of an assertion, understood by our catalogue. What is not known here
 * is passed over, which leaves less; that it was said at all is never forgotten.
 */
export function limitsOf(
  { resource, scope, authorization_details: details }: Readonly<Record<string, unknown>>,
  catalogue: Catalogue,
): Outcome<AssertionLimits> {
  const invalid = (detail: string) => refuse({ reason: 'assertion_invalid', detail });
  const resources = resource === undefined ? undefined : ([resource].flat() as unknown[]);
  if (resources && (resources.length === 0 || resources.length > RESOURCES_LIMIT)) return invalid('resource');
  if (resources?.some((one) => typeof one !== 'string')) return invalid('resource is a text, or several');
  if (resources?.every((one) => !catalogue.resources.has(one as string)))
    return invalid('for no resource of this server');
  if (scope !== undefined && typeof scope !== 'string') return invalid('scope is a text');
  if (details !== undefined && !Array.isArray(details)) return invalid('authorization_details is an array');
  const actions = (details as unknown[] | undefined)?.flatMap((detail) => {
    const parsed = parseDetails([detail], catalogue, undefined);
    return parsed.ok ? parsed.value : [];
  });
  return allow({
    resources: resources as string[] | undefined,
    scopes: scope?.split(' ').filter((one) => catalogue.byScope(one) !== undefined),
    actions,
  });
}

/**
 * What is asked, where it lies within the assertion; what the assertion holds for the resource, where nothing is
 * asked. Pure. One resource comes of it, because scopes of two resources that share a server must not mix.
 */
export function withinAssertion(
  asked: AskedByAssertion,
  limits: AssertionLimits,
  catalogue: Catalogue,
): Outcome<ExchangeRequest> {
  const elsewhere = (resource: string) => refuse({ reason: 'resource_unknown', resource });
  if (asked.resource !== undefined && limits.resources?.includes(asked.resource) === false)
    return elsewhere(asked.resource);
  const [only, ...more] = limits.resources ?? [];
  const chosen = asked.resource ?? (more.length === 0 ? only : undefined);
  const isLimited = limits.scopes !== undefined || limits.actions !== undefined;
  const asksNothing = asked.scopes === undefined && asked.actions === undefined;

  const here = ({ resource }: { resource: string }) =>
    chosen === undefined ? limits.resources?.includes(resource) !== false : resource === chosen;
  const scopes = asksNothing
    ? limits.scopes?.filter((scope) => here({ resource: catalogue.byScope(scope)?.resource ?? '' }))
    : asked.scopes;
  const actions = asksNothing ? limits.actions?.filter(here) : asked.actions;

  const beyond = scopes?.find((scope) => isLimited && !limits.scopes?.includes(scope));
  if (beyond !== undefined) return refuse({ reason: 'scope_wider', scope: beyond });
  const wider = isLimited ? covers(catalogue, limits.actions ?? [], actions ?? []) : undefined;
  if (wider) return refuse(wider);

  const byScope = parseScopes(scopes ?? [], catalogue);
  if (!byScope.ok) return byScope;
  const places = new Set([...byScope.value, ...(actions ?? [])].map(({ resource }) => resource));
  if (places.size === 0) return refuse({ reason: 'nothing_asked' });
  const [place = ''] = places;
  if (chosen === undefined && places.size > 1) return refuse({ reason: 'resource_ambiguous' });
  const audience = chosen ?? place;
  if (limits.resources?.includes(audience) === false) return elsewhere(audience);
  const stray = [...places].find((one) => one !== audience);
  if (stray !== undefined) return elsewhere(stray);
  return allow({
    audience,
    scopes: scopes?.length ? scopes : undefined,
    actions: actions?.length ? actions : undefined,
    requestedActor: undefined,
  });
}
