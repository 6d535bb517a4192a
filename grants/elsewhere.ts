import type { Catalogue } from '../server/catalogue/catalogue.ts';
import type { Act } from '../server/delegation/chain.ts';
import type { Slice } from '../server/delegation/slice.ts';
import { type Binding, confirmationOf } from '../server/oauth/binding.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { toDetail } from '../server/tasks/request.ts';
import type { Caller } from './grant.ts';
import type { Authorization } from './issue.ts';

/** Draft of identity assertions (ID-JAG), §3.1. */
export const ID_JAG_TYP = 'oauth-id-jag+jwt';

/** How an agent, and its person, are known at another authorization server; only what that server is to be told. */
export interface Elsewhere {
  authorizationServer: string;
  clientId: string;
  audTenant: string | null;
  audSub: string | null;
  email: string | null;
}

export interface ElsewhereDependencies {
  catalogue: () => Catalogue;
  elsewhere(
    organization: string,
    authorizationServer: string,
    agent: string,
    person: string,
  ): Promise<Elsewhere | undefined>;
}

/**
 * A part of a task for a resource that takes the tokens of another authorization server: what is given is no access
 * token but an identity assertion for that server (JAG-01…07). It is the same part of the same task by the same rules,
 * for an agent that an administrator made known there; and nothing that has to be redeemed here, because there nobody
 * would ask. For every other resource, what may be given stays as it is.
 *
 * @param authorizationServer the one that an assertion was asked for
 */
export async function carriedElsewhere<Decided extends Placed>(
  authorization: Decided,
  authorizationServer: string | undefined,
  { client }: Caller,
  { catalogue, elsewhere }: ElsewhereDependencies,
): Promise<Outcome<Decided & Pick<Authorization, 'elsewhere'>>> {
  const { slice, organization, agent, person } = authorization;
  const place = catalogue().resources.get(slice.audience)?.authorizationServer ?? undefined;
  if (authorizationServer === undefined) {
    return place === undefined ? allow(authorization) : elsewhereOnly(slice.audience, place);
  }
  const unknown = (detail: string) => refuse({ reason: 'not_known_elsewhere', authorizationServer, detail });
  if (place !== authorizationServer || authorization.kind !== 'leaf') return unknown('no resource of it was asked for');
  if (person === undefined || agent === undefined || agent !== client.agent?.id) {
    return unknown('no agent acts here for a person by itself');
  }
  const bounded = slice.actions.find(
    ({ max_uses, impact }) => max_uses !== null || impact === 'high' || impact === 'critical',
  );
  if (bounded) return refuse({ reason: 'needs_redemption', type: bounded.action });
  const known = await elsewhere(organization, authorizationServer, agent, person);
  if (!known) return unknown('the agent has no name there');
  return allow({ ...authorization, kind: 'assertion', elsewhere: known });
}

export type Placed = Pick<Authorization, 'slice' | 'organization' | 'agent' | 'person' | 'kind'>;

export const elsewhereOnly = (resource: string, authorizationServer: string): Outcome<never> =>
  refuse({ reason: 'resource_elsewhere', resource, authorizationServer });

/**
 * The claims of an identity assertion (JAG-05). Details as they were asked and approved, without the terms of this
 * server; who acts stays visible; of the person nothing but what the administrator configured.
 */
export function idJagClaims({
  issuer,
  authorization: { subject, organization, slice, act, boundTo, authentication },
  elsewhere,
  iat,
  exp,
  jti,
  txn,
}: {
  issuer: string;
  authorization: {
    subject: string;
    organization: string;
    slice: Slice;
    act?: Act | undefined;
    boundTo?: Binding | undefined;
    authentication: object;
  };
  elsewhere: Elsewhere;
  iat: number;
  exp: number;
  jti: string;
  txn: string;
}): Record<string, unknown> {
  const { authorizationServer, clientId, audTenant, audSub, email } = elsewhere;
  const details = carriedDetails(slice);
  return {
    iss: issuer,
    sub: subject,
    // One issuer speaks for several organizations: a person's name means something within theirs alone.
    tenant: organization,
    aud: authorizationServer,
    ...(audTenant !== null && { aud_tenant: audTenant }),
    ...(audSub !== null && { aud_sub: audSub }),
    ...(email !== null && { email }),
    client_id: clientId,
    jti,
    iat,
    exp,
    resource: slice.audience,
    ...(slice.scopes.length > 0 && { scope: slice.scopes.join(' ') }),
    ...(details && { authorization_details: details }),
    ...authentication,
    ...(act && { act }),
    ...(boundTo && { cnf: confirmationOf(boundTo) }),
    txn,
  };
}

/** What the other server is asked for; it gives terms of its own. */
export function carriedDetails({ actions }: Pick<Slice, 'actions'>): Record<string, unknown>[] | undefined {
  const details = actions.filter(({ viaScope }) => viaScope === undefined).map((action) => toDetail(action));
  return details.length > 0 ? details : undefined;
}
