import { errors, type Provider, type TokenEndpointGrantContext, type UnknownObject } from 'oidc-provider';

import type { ClientRecord } from '../server/agents/clients.ts';
import { type KeyProofs, requiredKey } from '../server/agents/proven-key.ts';
import { stateOf } from '../server/http/request-state.ts';
import type { Binding } from '../server/oauth/binding.ts';
import { checkParameters } from '../server/oauth/parameters.ts';
import { type Outcome, type Refusal, toWire } from '../server/oauth/refusal.ts';
import { type Authorization, issue, type Mint } from './issue.ts';

/** Who stands at the token endpoint, authenticated. */
export interface Caller {
  client: ClientRecord;
  organization: string;
  /** The key that this request proves, if it does: by a DPoP proof, or by a client certificate. */
  boundTo: Binding | undefined;
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
  /** The dry run, where the grant has one: asked by `explain=true`, it says why or why not, and issues nothing. */
  explain?(request: Request, caller: Caller, ctx: TokenEndpointGrantContext): Promise<Outcome<object>>;
}

/** What is asked of every caller, whatever it wants. */
export interface CallerChecks {
  keyProofs: KeyProofs;
  /** Counts one request of this client's agent; a refusal where it makes more than its limits let it. */
  tooFast(client: ClientRecord): Promise<Refusal | undefined>;
}

/** The phases every grant goes through, in order, so that no grant can forget one. */
export function register<Request>(
  provider: Provider,
  grant: Grant<Request>,
  mint: Mint,
  { keyProofs, tooFast }: CallerChecks,
): void {
  const handle = async (ctx: TokenEndpointGrantContext) => {
    const caller = await identify(ctx, keyProofs);
    const hasty = await tooFast(caller.client);
    if (hasty) {
      stateOf(ctx.req).refusal = hasty;
      throw toWire(hasty);
    }
    const parameters = sentParameters(ctx);
    checkParameters(parameters);
    const request = grant.parse(parameters, ctx);
    const answer =
      grant.explain && isDryRun(parameters)
        ? await grant.explain(request, caller, ctx)
        : await authorizeAndIssue(request, caller, ctx);
    if (!answer.ok) {
      stateOf(ctx.req).refusal = answer.refusal;
      throw toWire(answer.refusal);
    }
    ctx.body = answer.value;
  };
  const authorizeAndIssue = async (request: Request, caller: Caller, ctx: TokenEndpointGrantContext) => {
    const outcome = await grant.authorize(request, caller, ctx);
    return outcome.ok ? issue(caller, outcome.value, grant.type, mint) : outcome;
  };
  provider.registerGrantType(
    grant.type,
    handle as Parameters<Provider['registerGrantType']>[1],
    [...grant.parameters, ...(grant.explain ? ['explain'] : [])],
    [...(grant.repeatable ?? [])],
  );
}

/** Whoever asks what would be given, in whatever spelling, must not be given it. */
function isDryRun({ explain }: UnknownObject): boolean {
  if (explain !== undefined && explain !== 'true') throw new errors.InvalidRequest('explain must be true, or left out');
  return explain === 'true';
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

/** The engine has authenticated the client; here it proves its key. */
async function identify(ctx: TokenEndpointGrantContext, keyProofs: KeyProofs): Promise<Caller> {
  const state = stateOf(ctx.req);
  const { client } = state;
  if (!client) throw new Error('The engine authenticated a client that we did not find');
  const confidential = ctx.oidc.client.tokenEndpointAuthMethod !== 'none';
  state.authenticated ||= confidential;
  return {
    client,
    organization: client.organization,
    boundTo: await requiredKey(ctx, client, keyProofs),
    confidential,
  };
}
