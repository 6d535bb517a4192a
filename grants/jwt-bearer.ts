import type { UnknownObject } from 'oidc-provider';

import { type ClientRecord, registeredTypes } from '../server/agents/clients.ts';
import { limitsOf, withinAssertion } from '../server/delegation/assertion.ts';
import { stateOf } from '../server/http/request-state.ts';
import { parseJws } from '../server/oauth/jws.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { parseDetails } from '../server/tasks/request.ts';
import { ACCESS_TOKEN_SECONDS } from '../server/tasks/task.ts';
import { type Claim, type CoverDependencies, coveredByTask } from './covered-by-task.ts';
import type { Grant, RequestContext } from './grant.ts';
import { oneResource, optional, required, scopesIn } from './parameters.ts';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface AssertionRequest {
  assertion: string;
  resource: string | undefined;
  scopes: readonly string[] | undefined;
  details: string | undefined;
}

/** A claim by an assertion, which counts once. */
export type AssertedClaim = Claim & {
  use: { issuer: string; jti: string; expiresAt: Date } | undefined;
  claims: Readonly<Record<string, unknown>>;
};

export interface AssertionDependencies extends CoverDependencies {
  trustedAssertion(
    value: string,
    client: ClientRecord,
    presented: 'jwt-bearer' | 'id-jag',
  ): Promise<Outcome<AssertedClaim>>;
  /** True for its first presentation, at whatever instance. */
  spendAssertion(use: { issuer: string; jti: string; expiresAt: Date }): Promise<boolean>;
}

/**
 * RFC 7523 §2.1: the assertion of a trusted issuer as an authorization grant; by its `typ`, the identity assertion of
 * another authorization server (ID-JAG, and with it MCP's enterprise-managed authorization). It says who the person is
 * and may limit what is got by it. What the person, or the organization's policy, never allowed comes of no assertion.
 * No refresh token (JB-04, JAG-25).
 */
export function jwtBearer(dependencies: AssertionDependencies): Grant<AssertionRequest, RequestContext> {
  const { catalogue, trustedAssertion, spendAssertion } = dependencies;
  return {
    type: JWT_BEARER,
    parameters: ['assertion', 'resource', 'scope', 'authorization_details'],
    repeatable: ['resource'],
    parse: (parameters: UnknownObject) => ({
      assertion: required(parameters, 'assertion'),
      resource: oneResource(parameters, 'resource'),
      scopes: scopesIn(parameters),
      details: optional(parameters, 'authorization_details'),
    }),

    async authorize({ assertion, resource, scopes, details }, caller, ctx) {
      const { client, confidential } = caller;
      // An agent that proves itself, and nobody else: an assertion may have been stolen on its way (JAG-20).
      if (!confidential || client.agent === null) return refuse({ reason: 'grant_not_allowed', grant: 'jwt-bearer' });
      const presented = kindOf(assertion);
      const statement = await trustedAssertion(assertion, client, presented);
      if (!statement.ok) return statement;
      const { use, claims, ...claim } = statement.value;
      stateOf(ctx.req).about = { organization: claim.organization, person: claim.person, resource };

      const seen = catalogue().seenBy(claim.organization);
      const parsed = details === undefined ? undefined : parseDetails(details, seen, registeredTypes(client));
      if (parsed && !parsed.ok) return parsed;
      // What else stands in a plain assertion is between other parties.
      const limits = presented === 'id-jag' ? limitsOf(claims, seen) : limitsOf({}, seen);
      if (!limits.ok) return limits;
      const asked = { resource, scopes: scopes?.length ? scopes : undefined, actions: parsed?.value };
      const request = withinAssertion(asked, limits.value, seen);
      if (!request.ok) return request;
      const { audience = '' } = request.value;
      // MCP's profile wants it said for which server the person's employer spoke (K10).
      if (presented === 'id-jag' && limits.value.resources === undefined && seen.resources.get(audience)?.mcp) {
        return refuse({ reason: 'assertion_invalid', detail: 'names no resource' });
      }

      // A grant, like a code: what comes of it may outlive it by the life of one access token (RFC 7521 §4.1).
      const expiresAt = new Date(Date.now() + ACCESS_TOKEN_SECONDS * 1000);
      const given = await coveredByTask(request.value, { ...claim, expiresAt }, caller, dependencies);
      if (!given.ok) return given;
      // Last of all, so that a refusal spends nothing: the client asks the person and comes back with the same.
      if (use && !(await spendAssertion(use))) return refuse({ reason: 'assertion_used' });
      return allow(given.value);
    },
  };
}

/** By its own word; whether it may be what it says is for the reader of it. */
const kindOf = (assertion: string): 'jwt-bearer' | 'id-jag' =>
  /^(application\/)?oauth-id-jag\+jwt$/i.test(String(parseJws(assertion)?.header.typ)) ? 'id-jag' : 'jwt-bearer';
