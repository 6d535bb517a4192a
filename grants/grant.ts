import type { Context } from 'koa';
import { errors, type Provider, type TokenEndpointGrantContext, type UnknownObject } from 'oidc-provider';

import type { ClientRecord } from '../server/agents/clients.ts';
import { type FirstPresentation, type KeyProofs, requiredKey } from '../server/agents/proven-key.ts';
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

/** The request that a grant answers; those that need an artefact of the engine see more of it. */
export type RequestContext = Pick<Context, 'req'>;

/** One grant type. It says what it reads and what it allows; everything every grant shares is below. */
export interface Grant<Request, Ctx extends RequestContext = TokenEndpointGrantContext> {
  readonly type: string;
  readonly parameters: readonly string[];
  readonly repeatable?: readonly string[];
  /** @throws errors.OIDCProviderError when the form cannot be understood */
  parse(parameters: UnknownObject, ctx: Ctx): Request;
  authorize(request: Request, caller: Caller, ctx: Ctx): Promise<Outcome<Authorization>>;
  /** The dry run, where the grant has one: asked by `explain=true`, it says why or why not, and issues nothing. */
  explain?(request: Request, caller: Caller, ctx: Ctx): Promise<Outcome<object>>;
}

/** What is asked of every caller, whatever it wants. */
export interface CallerChecks {
  keyProofs: KeyProofs;
  /** True for a client assertion's first presentation; a proof that came along is used up with it. */
  firstPresentation: FirstPresentation;
  /** Counts one request of this client's agent; a refusal where it makes more than its limits let it. */
  tooFast(client: ClientRecord): Promise<Refusal | undefined>;
}

/** Everything that a grant reads of a form. */
export const parametersOf = ({ parameters, explain }: Pick<Grant<never>, 'parameters' | 'explain'>): string[] => [
  ...parameters,
  ...(explain ? ['explain'] : []),
];

/**
 * The phases every grant goes through once it is known who calls, in order, so that no grant can forget one.
 *
 * @throws errors.OIDCProviderError for a refusal, whose full reason the request's state keeps
 */
export async function answerTo<Request, Ctx extends RequestContext>(
  grant: Grant<Request, Ctx>,
  parameters: UnknownObject,
  caller: Caller,
  ctx: Ctx,
  mint: Mint,
  { tooFast }: Pick<CallerChecks, 'tooFast'>,
): Promise<object> {
  const refused = (refusal: Refusal): never => {
    stateOf(ctx.req).refusal = refusal;
    throw toWire(refusal);
  };
  const hasty = await tooFast(caller.client);
  if (hasty) return refused(hasty);
  checkParameters(parameters);
  const request = grant.parse(parameters, ctx);
  if (grant.explain && isDryRun(parameters)) {
    const explained = await grant.explain(request, caller, ctx);
    return explained.ok ? explained.value : refused(explained.refusal);
  }
  const decided = await grant.authorize(request, caller, ctx);
  const issued = decided.ok ? await issue(caller, decided.value, grant.type, mint) : decided;
  return issued.ok ? issued.value : refused(issued.refusal);
}

/** A grant that finds what it needs in the engine, which authenticates its client (`own-path.ts` has the others). */
export function register<Request>(provider: Provider, grant: Grant<Request>, mint: Mint, checks: CallerChecks): void {
  const handle = async (ctx: TokenEndpointGrantContext) => {
    const caller = await identify(ctx, checks.keyProofs);
    ctx.body = await answerTo(grant, sentParameters(ctx), caller, ctx, mint, checks);
  };
  provider.registerGrantType(grant.type, handle as Parameters<Provider['registerGrantType']>[1], parametersOf(grant), [
    ...(grant.repeatable ?? []),
  ]);
}

/** A grant of our own path is known to the engine by its name alone: for metadata and registration. */
export function announce(provider: Provider, { type }: Pick<Grant<never>, 'type'>): void {
  provider.registerGrantType(type, () => {
    throw new errors.InvalidRequest('grant_type cannot be read');
  });
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
