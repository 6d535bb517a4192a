import { inEnglish } from '../../views/words/saying.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { beyondLimits, type Limits, needsSecondPerson } from '../agents/limits.ts';
import type { Impact } from '../catalogue/action.ts';
import { worse } from '../catalogue/action.ts';
import { type Catalogue, isRedeemedAt } from '../catalogue/catalogue.ts';
import { allow, type Outcome, type Refusal, refuse } from '../oauth/refusal.ts';
import { parseDetails, parseScopes, type RequestedAction, weightOf } from './request.ts';

/** What an agent asks, in the browser or from behind: parsed, resolved to actions, and weighed. */
export interface AgentRequest {
  actions: readonly RequestedAction[];
  /** Scopes that name actions. */
  scopes: readonly string[];
  /** `openid` and `offline_access`, as far as asked. */
  oidcScopes: readonly string[];
  /** As asked; the issuer alone when no resource was (RFC 8707). */
  resources: readonly string[];
  impact: Impact;
}

declare module '../http/request-state.ts' {
  interface RequestState {
    /** What an authorization or backchannel request asks, parsed once. */
    asked?: AgentRequest;
  }
}

const OIDC_SCOPES = ['openid', 'offline_access'];

/**
 * Resolves scopes and authorization details to actions of the catalogue; what does not resolve is refused. Pure.
 *
 * @param asked.details the raw parameter, or the value inside a signed request object
 */
export function parseAgentRequest(
  asked: {
    scope: string | undefined;
    details: unknown;
    resources: readonly string[];
    allowedTypes: readonly string[] | undefined;
  },
  {
    catalogue,
    issuer,
    organization,
    organizationDomains,
    limits = {},
  }: {
    catalogue: Catalogue;
    issuer: string;
    organization: string;
    organizationDomains: readonly string[];
    /** Of the agent that asks: nobody is asked for what it would not get. */
    limits?: Limits | undefined;
  },
): Outcome<AgentRequest> {
  const scopes = asked.scope?.split(' ').filter(Boolean) ?? [];
  const byScope = parseScopes(scopes, catalogue);
  if (!byScope.ok) return byScope;
  const byDetails: Outcome<RequestedAction[]> =
    asked.details === undefined ? allow([]) : parseDetails(asked.details as string, catalogue, asked.allowedTypes);
  if (!byDetails.ok) return byDetails;

  const actions = [...byScope.value, ...byDetails.value];
  // An agent acts; it does not sign in as the person.
  if (actions.length === 0) return refuse({ reason: 'nothing_asked' });

  for (const requested of actions) {
    const action = catalogue.actions.get(requested.action);
    const owner = catalogue.resources.get(requested.resource)?.organization;
    // Another organization's resource does not exist here.
    if (!action || (owner !== null && owner !== organization)) {
      return requested.viaScope === undefined
        ? refuse({ reason: 'type_unknown', type: requested.action })
        : refuse({ reason: 'scope_unknown', scope: requested.viaScope });
    }
    if (!asked.resources.includes(issuer) && !asked.resources.includes(requested.resource)) {
      return refuse({ reason: 'resource_unknown', resource: requested.resource });
    }
  }
  const impact = weigh(actions, { catalogue, organizationDomains, limits });
  if (!impact.ok) return impact;
  return allow({
    actions,
    scopes: scopes.filter((scope) => !OIDC_SCOPES.includes(scope)),
    oidcScopes: scopes.filter((scope) => OIDC_SCOPES.includes(scope)),
    resources: asked.resources,
    impact: impact.value,
  });
}

/** The impact of a whole request, as far as it is known by now. Pure. */
export function weigh(
  actions: readonly RequestedAction[],
  {
    catalogue,
    organizationDomains,
    limits = {},
  }: { catalogue: Catalogue; organizationDomains: readonly string[]; limits?: Limits | undefined },
): Outcome<Impact> {
  let impact: Impact = 'low';
  for (const requested of actions) {
    const { action: key, version, resource, viaScope } = requested;
    const action = catalogue.version(key, version);
    if (!action) return refuse({ reason: 'type_unknown', type: key });
    const its = weightOf(action, requested, organizationDomains);
    const beyond = beyondLimits(limits, { action: key, resource, scope: viaScope, impact: its });
    if (beyond !== undefined) return refuse({ reason: 'beyond_limits', detail: inEnglish(beyond) });
    impact = worse(impact, its);
  }
  return allow(impact);
}

/**
 * High and critical impact are given only where the token is worth nothing to anybody else and counts once: to a client
 * that has a key of its own and is registered for bound tokens, for a resource that redeems. Undefined where it may be
 * asked. Pure.
 */
export function whyNotAsked(
  { actions, impact }: Pick<AgentRequest, 'actions' | 'impact'>,
  { metadata }: Pick<ClientRecord, 'metadata'>,
  { catalogue, organizationDomains }: { catalogue: Catalogue; organizationDomains: readonly string[] },
): Refusal | undefined {
  if (!isProven(impact)) return undefined;
  const proven = actions.filter((requested) => {
    const action = catalogue.version(requested.action, requested.version);
    return action !== undefined && isProven(weightOf(action, requested, organizationDomains));
  });
  const [first] = proven;
  const isBound =
    metadata.dpop_bound_access_tokens === true || metadata.tls_client_certificate_bound_access_tokens === true;
  if (first && (WITHOUT_KEY.includes(String(metadata.token_endpoint_auth_method)) || !isBound)) {
    return { reason: 'impact_needs_key', impact, type: first.action };
  }
  const unredeemed = proven.find(({ resource }) => !isRedeemedAt(catalogue.resources.get(resource)));
  return unredeemed && { reason: 'impact_needs_redemption', impact, type: unredeemed.action };
}

/** Whoever has the secret is the client: that is not enough for what weighs much. */
const WITHOUT_KEY = ['none', 'client_secret_basic', 'client_secret_post'];

/** Is it clear from the beginning that two people have to approve? */
export const needsTwo = (impact: Impact, agent: ClientRecord['agent']): boolean =>
  impact === 'critical' || (agent !== null && needsSecondPerson(agent.limits, impact));

/** What a person has to prove that they approve. */
export const isProven = (impact: Impact): boolean => impact === 'high' || impact === 'critical';
