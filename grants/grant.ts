import { errors, type Provider, type TokenEndpointGrantContext, type UnknownObject } from 'oidc-provider';

import type { ClientRecord } from '../server/agents/clients.ts';
import { stateOf } from '../server/http/request-state.ts';
import { sentProof } from '../server/http/sent-proof.ts';
import { checkParameters } from '../server/oauth/parameters.ts';
import type { Proof } from '../server/oauth/proof.ts';
import { type Outcome, toWire } from '../server/oauth/refusal.ts';
import { type Authorization, issue, type Mint } from './issue.ts';

/** Who stands at the token endpoint, authenticated. */
export interface Caller {
  client: ClientRecord;
  organization: string;
  /** RFC 7638 thumbprint of the key behind the DPoP proof of this request, if there was one. */
  boundTo: string | undefined;
  /** False for a public client, which proves nothing about itself. */
  confidential: boolean;
}

/** One grant type. It says what it reads and what it allows; everything every grant shares is below. */
export interface Grant<Request> {
  readonly type: string;
  readonly parameters: readonly string[];
  readonly repeatable?: readonly string[];
  /** @throws errors.OIDCProviderError when the form cannot be understood */
  parse(parameters: UnknownObject, ctx: TokenEndpointGrantContext): Request;
  authorize(request: Request, caller: Caller, ctx: TokenEndpointGrantContext): Promise<Outcome<Authorization>>;
}

/** The phases every grant goes through, in order, so that no grant can forget one. */
export function register<Request>(provider: Provider, grant: Grant<Request>, mint: Mint): void {
  const handle = async (ctx: TokenEndpointGrantContext) => {
    const caller = await identify(provider, ctx);
    const parameters = sentParameters(ctx);
    checkParameters(parameters);
    const request = grant.parse(parameters, ctx);
    const outcome = await grant.authorize(request, caller, ctx);
    const issued = outcome.ok ? await issue(caller, outcome.value, grant.type, mint) : outcome;
    if (!issued.ok) {
      stateOf(ctx.req).refusal = issued.refusal;
      throw toWire(issued.refusal);
    }
    ctx.body = issued.value;
  };
  provider.registerGrantType(
    grant.type,
    handle as Parameters<Provider['registerGrantType']>[1],
    [...grant.parameters],
    [...(grant.repeatable ?? [])],
  );
}

/**
 * Where details come without a resource the engine names its default, this server, as if the client had: a leaf asked
 * with details would become a root. And it takes an empty array of details for none: who asked for nothing would get
 * everything.
 */
function sentParameters(ctx: TokenEndpointGrantContext): UnknownObject {
  const { resource, authorization_details: _, ...others } = ctx.oidc.params as UnknownObject;
  const sent = (ctx.oidc.body ?? {}) as UnknownObject;
  const isSent = (name: string) => sent[name] !== undefined && sent[name] !== '';
  return {
    ...(isSent('resource') && { resource }),
    ...(isSent('authorization_details') && { authorization_details: sent.authorization_details }),
    ...others,
  };
}

/** The key is proven once per proof (RFC 9449 §11.1), and required of a client that registered for it (§5.2). */
async function identify(provider: Provider, ctx: TokenEndpointGrantContext): Promise<Caller> {
  const { client } = stateOf(ctx.req);
  if (!client) throw new Error('The engine authenticated a client that we did not find');
  const proof = sentProof(ctx, ctx.oidc.urlFor('token'));
  if (typeof proof === 'string') throw new errors.InvalidDpopProof(proof);
  if (!proof && ctx.oidc.client.dpopBoundAccessTokens) {
    throw new errors.InvalidDpopProof('this client is registered for bound tokens: a DPoP proof is required');
  }
  // Recorded together with the client's assertion, where there was one.
  const isFirst = proof && (stateOf(ctx.req).proofIsFirst ?? (await firstUse(provider, client.clientId, proof)));
  if (isFirst === false) throw new errors.InvalidDpopProof('DPoP proof was already used');
  return {
    client,
    organization: client.organization,
    boundTo: proof?.thumbprint,
    confidential: ctx.oidc.client.tokenEndpointAuthMethod !== 'none',
  };
}

/** Decided by one insert, as `server/provider.ts` has it. */
function firstUse({ ReplayDetection }: Provider, clientId: string, { jti, lastsUntil }: Proof): Promise<boolean> {
  const { unique } = ReplayDetection as unknown as {
    unique(clientId: string, jti: string, expiresAt: number): Promise<boolean>;
  };
  return unique(clientId, jti, lastsUntil);
}
