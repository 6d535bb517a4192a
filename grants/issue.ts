import { createHash } from 'node:crypto';
import { outwardId } from '../server/agents/document.ts';

import type { TokenFormat } from '../server/catalogue/catalogue.ts';
import { type Act, actorsOf } from '../server/delegation/chain.ts';
import type { Slice } from '../server/delegation/slice.ts';
import { newOpaqueToken } from '../server/delegation/subject.ts';
import type { DerivedGrant, TokenKind, TokenStore } from '../server/delegation/token.ts';
import { saidOf, wireDetails } from '../server/delegation/wire.ts';
import type { Clock } from '../server/http/clock.ts';
import type { KeyRing } from '../server/keys/keys.ts';
import { tokenTypeOf } from '../server/oauth/binding.ts';
import { newSecret } from '../server/oauth/ids.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { isProven } from '../server/tasks/ask.ts';
import { ACCESS_TOKEN_SECONDS } from '../server/tasks/task.ts';
import { carriedDetails, type Elsewhere, elsewhereOnly, ID_JAG_TYP, idJagClaims } from './elsewhere.ts';
import type { Caller } from './grant.ts';

/** What a grant has decided to give: the only input to minting. */
export interface Authorization {
  organization: string;
  kind: TokenKind;
  /** The `sub` claim: the person, or the client's own identity for a token of its own. */
  subject: string;
  person?: string | undefined;
  agent?: string | undefined;
  /** Everyone who has to be alive; who acts and whoever acted before, where nothing is said. */
  agents?: readonly string[] | undefined;
  slice: Slice;
  task?: { id: string; hash: string; expiresAt: Date; approvedAt: Date } | undefined;
  lineage: readonly string[];
  /** When the authority began, where no task says it. */
  since?: Date | undefined;
  parent?: string | undefined;
  derived?: DerivedGrant | undefined;
  act?: Act | undefined;
  depth: number;
  /** The key the token is bound to; undefined is a bearer token, only where the client registered for one. */
  boundTo?: string | undefined;
  mayAct?: { agent: string } | undefined;
  /** Given is an identity assertion for another authorization server, and no access token. */
  elsewhere?: Elsewhere | undefined;
  /** Epoch seconds the token may not outlive, beside the task and the five minutes. */
  notAfter?: number | undefined;
  /** Seconds it lives at most; five minutes unless less. */
  seconds?: number | undefined;
  authentication: { acr?: string; amr?: readonly string[]; auth_time?: number };
  issuedTokenType?: string | undefined;
  /** `authReqId`: of the request that a pushed ID token answers (CIBA Core §10.3.1). */
  idToken?: { nonce: string | undefined; authReqId?: string } | undefined;
  /** Called after the access token is recorded; answers the refresh token to give, if any. */
  refreshToken?: (() => Promise<string | undefined>) | undefined;
  /** Scopes of OpenID Connect to name in the answer beside those of the token. */
  oidcScopes?: readonly string[] | undefined;
}

export interface Mint {
  /** What tokens for this audience look like. */
  formatOf(audience: string): TokenFormat;
  /** The issuer whose tokens this resource takes, where that is another server. */
  authorizationServerOf(resource: string): string | undefined;
  issuer: string;
  keys: KeyRing;
  tokens: TokenStore;
  /** Nothing is dated by one that is wrong. */
  clock: Pick<Clock, 'agrees' | 'mustAgree'>;
}

/**
 * The single mint: every access token of this server passes through here. The gate (is everything alive, and is the
 * decision committed?) comes before the signature, so no token exists without evidence. RFC 9068, RFC 8693 §2.2.1.
 */
export async function issue(
  caller: Caller,
  authorization: Authorization,
  grantType: string,
  mint: Mint,
): Promise<Outcome<Record<string, unknown>>> {
  const { issuer, keys, tokens } = mint;
  const { slice, task, act, boundTo } = authorization;
  mint.clock.mustAgree();
  const iat = Math.floor(Date.now() / 1000);
  const exp = Math.min(
    iat + Math.min(authorization.seconds ?? ACCESS_TOKEN_SECONDS, caller.client.agent?.limits.token_seconds ?? LONGEST),
    task ? Math.floor(task.expiresAt.getTime() / 1000) : Number.POSITIVE_INFINITY,
    authorization.notAfter ?? Number.POSITIVE_INFINITY,
  );
  if (exp <= iat) return refuse({ reason: 'task_ended' });
  // Here, where every token is made: no grant can forget it.
  const { elsewhere } = authorization;
  const place = mint.authorizationServerOf(slice.audience);
  if (place !== elsewhere?.authorizationServer) return elsewhereOnly(slice.audience, place ?? issuer);
  // What can hurt is worth nothing without its holder's key, whatever the client was registered for.
  if (boundTo === undefined && slice.actions.some(({ impact }) => isProven(impact))) {
    return refuse({ reason: 'key_mismatch' });
  }
  const opaque = mint.formatOf(slice.audience) === 'opaque' && !elsewhere ? newOpaqueToken(iat) : undefined;
  const jti = opaque?.jti ?? newSecret().slice(0, 27);
  const txn = newSecret().slice(0, 27);

  const dead = await tokens.issue(
    {
      organization: authorization.organization,
      jti,
      kind: authorization.kind,
      clientId: caller.client.clientId,
      agent: authorization.agent ?? null,
      agents: authorization.agents ?? (act ? actorsOf(act) : authorization.agent ? [authorization.agent] : []),
      person: authorization.person ?? null,
      subject: authorization.subject,
      task: task?.id ?? null,
      lineage: authorization.lineage,
      parent: authorization.parent ?? null,
      resource: slice.audience,
      scopes: slice.scopes,
      actions: slice.actions,
      act: act ?? null,
      boundTo: boundTo ?? null,
      mayAct: authorization.mayAct?.agent ?? null,
      depth: authorization.depth,
      txn,
      authentication: authorization.authentication,
      since: task?.approvedAt ?? authorization.since,
      issuedAt: new Date(iat * 1000),
      expiresAt: new Date(exp * 1000),
      derived: authorization.derived,
    },
    {
      organization: authorization.organization,
      type: 'token.issued',
      decision: 'allowed',
      reason: grantType.split(':').at(-1),
      person: authorization.person,
      agent: authorization.agent,
      application: caller.client.clientId,
      resource: slice.audience,
      task: task?.id,
      jti,
      txn,
      content: {
        kind: authorization.kind,
        scopes: slice.scopes,
        actions: slice.actions.map(({ action, parameters }) => ({ action, parameters })),
        acting: act && actorsOf(act),
        bound_to: boundTo,
        handed_to: authorization.mayAct?.agent,
        authorization_server: elsewhere?.authorizationServer,
        asserted_by: authorization.lineage.find((key) => key.startsWith('issuer:'))?.slice('issuer:'.length),
        parent: authorization.parent,
        expires_at: exp,
      },
    },
  );
  if (dead === 'key_mismatch') return refuse({ reason: 'key_mismatch' });
  if (dead === 'too_many_holders') {
    return refuse({ reason: 'too_many_hand_offs', limit: (authorization.derived?.beside ?? 0) + 1 });
  }
  if (dead === 'beyond_limits') {
    return refuse({ reason: 'beyond_limits', detail: 'an administrator limits what this agent may do' });
  }
  if (dead === 'agent_not_active') return refuse({ reason: 'agent_not_active', status: 'not active' });
  if (dead !== undefined) return refuse({ reason: 'task_ended' });

  const details = elsewhere
    ? carriedDetails(slice)
    : wireDetails(slice.actions, task?.expiresAt ?? new Date(exp * 1000));
  const scope = slice.scopes.join(' ');
  const claims = () => ({
    iss: issuer,
    sub: authorization.subject,
    aud: slice.audience,
    exp,
    iat,
    jti,
    client_id: outwardId(caller.client.clientId),
    ...(scope && { scope }),
    ...(details && { authorization_details: details }),
    ...authorization.authentication,
    ...saidOf({
      issuer,
      organization: authorization.organization,
      person: authorization.person,
      agent: authorization.agent,
      client: caller.client.kind,
      act,
      mayAct: authorization.mayAct?.agent,
      boundTo,
      task,
      txn,
    }),
  });
  const accessToken = elsewhere
    ? keys.sign({ typ: ID_JAG_TYP }, idJagClaims({ issuer, authorization, elsewhere, iat, exp, jti, txn }))
    : (opaque?.value ?? keys.sign({ typ: 'at+jwt' }, claims()));

  const refreshToken = await authorization.refreshToken?.();
  const answeredScope = [...(authorization.oidcScopes ?? []), ...slice.scopes].join(' ');
  return allow({
    access_token: accessToken,
    ...(authorization.issuedTokenType && { issued_token_type: authorization.issuedTokenType }),
    token_type: elsewhere ? 'N_A' : tokenTypeOf(boundTo),
    expires_in: exp - iat,
    ...(answeredScope && { scope: answeredScope }),
    ...(details && { authorization_details: details }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(authorization.idToken && {
      id_token: idToken(mint, outwardId(caller.client.clientId), authorization, { accessToken, refreshToken }, iat),
    }),
    ...(task && { task_id: task.id }),
  });
}

/** OpenID Connect Core §3.1.3.3, bound to its access token by `at_hash`. */
function idToken(
  { issuer, keys }: Mint,
  clientId: string,
  { subject, idToken, authentication }: Authorization,
  { accessToken, refreshToken }: { accessToken: string; refreshToken: string | undefined },
  iat: number,
): string {
  return keys.sign(
    { typ: 'JWT' },
    {
      iss: issuer,
      sub: subject,
      aud: clientId,
      exp: iat + ID_TOKEN_SECONDS,
      iat,
      ...authentication,
      ...(idToken?.nonce !== undefined && { nonce: idToken.nonce }),
      at_hash: halfHash(accessToken),
      ...(idToken?.authReqId !== undefined && {
        'urn:openid:params:jwt:claim:auth_req_id': idToken.authReqId,
        ...(refreshToken !== undefined && { 'urn:openid:params:jwt:claim:rt_hash': halfHash(refreshToken) }),
      }),
    },
  );
}

/** OpenID Connect Core §3.1.3.6. */
const halfHash = (value: string): string =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

const LONGEST = Number.POSITIVE_INFINITY;
const ID_TOKEN_SECONDS = 300;
