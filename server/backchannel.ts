import type { IncomingMessage } from 'node:http';
import { type Adapter, errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { CallerChecks } from '../grants/grant.ts';
import type { ClientRecord } from './agents/clients.ts';
import { type KeyProofs, provenKey } from './agents/proven-key.ts';
import { type AskDependencies, askPerson, newDisplayCode } from './approvals/ask.ts';
import {
  backchannelSeconds,
  bindingMessageProblem,
  type LoginHint,
  missesContext,
  parseLoginHint,
  parseRequestContext,
  subjectIdentifier,
  type UserCodes,
} from './approvals/backchannel.ts';
import { refused } from './http/refused.ts';
import { stateOf } from './http/request-state.ts';
import type { Sealing } from './keys/seal.ts';
import type { Outcome } from './oauth/refusal.ts';
import type { PeopleStore, Person } from './people/person.ts';
import type { Presented, Statement } from './people/trusted-jwt.ts';
import { needsTwo } from './tasks/ask.ts';

export interface BackchannelDependencies {
  issuer: string;
  people: PeopleStore;
  ask: AskDependencies;
  keyProofs: KeyProofs;
  sealing: Sealing;
  /** The person whom a trusted issuer calls so, in this organization. */
  personAt(organization: string, issuer: string, subject: string): Promise<string | undefined>;
  trustedJwt(value: string, client: ClientRecord, presented: Presented): Promise<Outcome<Statement>>;
  userCodes: UserCodes;
  tooFast: CallerChecks['tooFast'];
}

/** Seconds, start to start. */
const POLL_INTERVAL_SECONDS = 5;

/** The engine's `features.ciba`: how a request from behind (CIBA Core §7.1) is understood, and put to the person. */
export const backchannel = (dependencies: BackchannelDependencies) => ({
  enabled: true,
  deliveryModes: ['poll', 'ping'] as ('poll' | 'ping')[],
  processLoginHint: async (ctx: KoaContextWithOIDC, hint: string | undefined) =>
    (await personByHint(clientOf(ctx), parseLoginHint(hint ?? ''), dependencies))?.id,
  processLoginHintToken: async (ctx: KoaContextWithOIDC, token: string | undefined) =>
    personByToken(ctx, token ?? '', dependencies),
  verifyUserCode: async (ctx: KoaContextWithOIDC, account: { accountId: string }, code: string | undefined) =>
    checkUserCode(ctx, account.accountId, code, dependencies),
  validateRequestContext: async (_ctx: KoaContextWithOIDC, context: unknown) => {
    if (context === undefined) return;
    const parsed = parseRequestContext(context);
    if (!parsed.ok) throw new errors.InvalidRequest(`request_context ${parsed.problem}`);
  },
  validateBindingMessage: async (_ctx: KoaContextWithOIDC, message: string | undefined) => {
    const problem = message === undefined ? undefined : bindingMessageProblem(message);
    if (problem !== undefined) throw new errors.InvalidBindingMessage(problem);
  },
  triggerAuthenticationDevice: async (ctx: KoaContextWithOIDC, request: AuthenticationRequest) =>
    askFromBehind(ctx, request, dependencies),
});

/** Seconds the engine says that the request lives. */
export const requestSeconds = (ctx: { req: IncomingMessage }, params: { requested_expiry?: unknown }): number =>
  backchannelSeconds(
    clientOf(ctx),
    params.requested_expiry === undefined ? undefined : Number(params.requested_expiry),
    needsTwo(stateOf(ctx.req).asked?.impact ?? 'low', clientOf(ctx).agent),
  );

/**
 * What the engine would keep of a request: its parameters with the notification token in clear. The approval is the
 * record, and nobody reads this one.
 */
export const keptAsApproval: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};

interface AuthenticationRequest {
  jti?: string | undefined;
  accountId?: string | undefined;
  nonce?: string | undefined;
}

function clientOf(ctx: { req: IncomingMessage }): ClientRecord {
  const { client } = stateOf(ctx.req);
  if (!client) throw new Error('the engine authenticated a client that we did not find');
  return client;
}

/** Within the client's own organization: nobody else exists for it. */
async function personByHint(
  { organization }: ClientRecord,
  hint: LoginHint | undefined,
  { issuer, people, personAt }: BackchannelDependencies,
): Promise<Person | undefined> {
  if (!hint) return undefined;
  const id = async () => {
    if ('email' in hint) return (await people.findByEmail(organization, hint.email))?.id;
    if (!('issuer' in hint) || hint.issuer === issuer) return hint.subject;
    return personAt(organization, hint.issuer, hint.subject);
  };
  const person = await people.find((await id()) ?? '');
  return person?.organization === organization && person.status === 'active' ? person : undefined;
}

/** CIBA Core §7.1, `login_hint_token`: who is meant, as an issuer says that this organization trusts. */
async function personByToken(
  ctx: KoaContextWithOIDC,
  token: string,
  dependencies: BackchannelDependencies,
): Promise<string | undefined> {
  const client = clientOf(ctx);
  const statement = await dependencies.trustedJwt(token, client, 'login-hint');
  if (statement.ok) {
    const { claims, person } = statement.value;
    // A subject identifier (RFC 9493 §4.1) beside `sub` has to be the same person: two readers must not see two people.
    const also = claims.sub_id === undefined ? undefined : subjectIdentifier(claims.sub_id);
    if (claims.sub_id !== undefined && (await personByHint(client, also, dependencies))?.id !== person) {
      throw new errors.InvalidRequest('login_hint_token names two people');
    }
    return person;
  }
  stateOf(ctx.req).refusal = statement.refusal;
  const { refusal } = statement;
  if (refusal.reason === 'subject_token_invalid' && refusal.detail === 'expired') {
    throw new errors.ExpiredLoginHintToken('login_hint_token has expired');
  }
  if (refusal.reason === 'subject_token_invalid' && refusal.detail === 'of nobody who is known here') return undefined;
  throw new errors.InvalidRequest('login_hint_token is invalid');
}

async function checkUserCode(
  ctx: KoaContextWithOIDC,
  person: string,
  code: string | undefined,
  { userCodes }: BackchannelDependencies,
): Promise<void> {
  const client = clientOf(ctx);
  if (client.metadata.backchannel_user_code_parameter !== true) {
    if (code !== undefined)
      throw new errors.InvalidRequest('user_code needs backchannel_user_code_parameter in the registration');
    return;
  }
  const found = await userCodes.check(client, person, code);
  if (typeof found === 'object') refused(ctx, { reason: 'too_many_questions', reach: 'pair', retryAfter: found.wait });
  if (found === 'missing') throw new errors.MissingUserCode('this person asks for their user_code');
  if (found === 'wrong') throw new errors.InvalidUserCode('user_code is wrong');
}

/** CIBA Core §7: the question to the person. The acknowledgement also says how to poll and which number to show. */
async function askFromBehind(
  ctx: KoaContextWithOIDC,
  request: AuthenticationRequest,
  { ask, people, keyProofs, sealing, tooFast }: BackchannelDependencies,
): Promise<void> {
  const { client, asked } = stateOf(ctx.req);
  const person = await people.find(request.accountId ?? '');
  if (!client?.agent || !asked || !person || request.jti === undefined) {
    throw new errors.UnauthorizedClient('only agents ask from behind');
  }
  stateOf(ctx.req).about = { person: person.id };
  const hasty = await tooFast(client);
  if (hasty) refused(ctx, hasty);
  const params = (ctx.oidc.params ?? {}) as Record<string, unknown>;
  if (missesContext(client, { bindingMessage: params.binding_message, details: params.authorization_details })) {
    throw new errors.InvalidRequest('profile fapi_ciba: send authorization_details or a binding_message');
  }
  const mode = client.metadata.backchannel_token_delivery_mode;
  // A token that is pushed lies at an address; what weighs much is fetched by whoever proves its key.
  if (mode === 'push' && asked.impact !== 'low' && asked.impact !== 'medium') {
    refused(ctx, { reason: 'push_not_allowed', impact: asked.impact });
  }
  const boundTo = await provenKey(ctx, client, keyProofs);
  // Nobody comes to the token endpoint who could prove a key there (CB-72).
  if (mode === 'push' && boundTo === undefined && isBound(client)) {
    throw new errors.InvalidDpopProof('this client is registered for bound tokens: a DPoP proof is required');
  }
  const displayCode = client.agent.mode === 'unattended' ? undefined : newDisplayCode();
  const body = ctx.body as { expires_in: number };
  const opened = await askPerson(
    {
      kind: 'backchannel',
      client,
      person,
      asked,
      seconds: body.expires_in,
      ...(params.requested_expiry !== undefined && { requested: Number(params.requested_expiry) }),
      boundTo,
      confidential: true,
      nonce: request.nonce,
      acrValues: params.acr_values as string | undefined,
      bindingMessage: params.binding_message as string | undefined,
      requestContext: contextIn(params.request_context),
      authReqId: request.jti,
      displayCode,
      ...((mode === 'ping' || mode === 'push') && {
        delivery: {
          mode,
          sealed: sealing.seal(
            'backchannel delivery',
            JSON.stringify({ authReqId: request.jti, token: params.client_notification_token }),
          ),
        },
      }),
    },
    ask,
  );
  if (!opened.ok) return refused(ctx, opened.refusal);
  const { expiresAt, displayCodeHash } = opened.value;
  ctx.body = {
    ...body,
    // Where others decide it waits longer than the engine knew.
    expires_in: Math.ceil((expiresAt.getTime() - Date.now()) / 1000),
    ...(mode !== 'push' && { interval: POLL_INTERVAL_SECONDS }),
    ...(displayCodeHash !== undefined && { display_code: displayCode }),
  };
}

function contextIn(value: unknown): object | undefined {
  const parsed = value === undefined ? undefined : parseRequestContext(value);
  return parsed?.ok ? parsed.value : undefined;
}

const isBound = ({ metadata }: ClientRecord): boolean =>
  metadata.dpop_bound_access_tokens === true || metadata.tls_client_certificate_bound_access_tokens === true;
