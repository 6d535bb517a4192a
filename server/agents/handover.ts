import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Context, Next } from 'koa';

import { formBody, giveBack } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { json } from '../http/respond.ts';
import { keyRing } from '../keys/keys.ts';
import type { ClientRecord } from './clients.ts';

/** What a client can say for itself that the engine does not verify. */
export type Verdict =
  | { ok: true; client: ClientRecord }
  | { ok: false; status: 400 | 401; error: string; description: string };

/** One such way to authenticate: undefined where the request does not take it. */
export type Verifier = (ctx: Context, form: URLSearchParams) => Promise<Verdict | undefined>;

/** Which check failed is nothing for somebody who tries credentials of others. */
export const UNPROVEN: Verdict = {
  ok: false,
  status: 401,
  error: 'invalid_client',
  description: 'client authentication failed',
};

/**
 * Where clients authenticate: what we verify ourselves is verified here, once, and handed on as an assertion of the
 * house's own for this one request. The engine and our own endpoints then authenticate the client as any other, by the
 * rules they always have. A request that tries two ways goes on as it came, and is refused there for it.
 */
export function handOver(issuer: string, verifiers: readonly Verifier[]) {
  return async (ctx: Context, next: Next) => {
    const body = await formBody(ctx.req);
    if (body === undefined) return next();
    const form = MENTIONED.some((name) => body.includes(name)) || CARRIED.some((name) => ctx.get(name) !== '');
    const fields = form ? new URLSearchParams(body.toString('utf8')) : undefined;
    const verdict = fields && mechanisms(ctx, fields) === 1 ? await firstVerdict(ctx, fields, verifiers) : undefined;
    if (!fields || !verdict) {
      giveBack(ctx.req, body);
      return next();
    }
    if (!verdict.ok) {
      const { status, error, description } = verdict;
      // Answered with the scheme that was tried (RFC 6749 §5.2).
      if (status === 401 && ctx.get('Authorization') !== '') {
        ctx.set('WWW-Authenticate', `Basic realm="${issuer}", error="invalid_client"`);
      }
      return json(ctx, { error, error_description: description }, status);
    }
    for (const name of CARRIED) delete ctx.req.headers[name];
    fields.delete('client_secret');
    fields.set('client_assertion_type', JWT_BEARER);
    fields.set('client_assertion', houseAssertion(verdict.client.clientId, issuer));
    giveBack(ctx.req, Buffer.from(fields.toString()));
    return next();
  };
}

const MENTIONED = ['client_assertion', 'client_secret'];
/** Headers that authenticate a client. */
const CARRIED = ['authorization', 'oauth-client-attestation', 'oauth-client-attestation-pop'];
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** OA-22: one way to authenticate in one request. */
const mechanisms = (ctx: Context, form: URLSearchParams): number =>
  [
    ctx.get('Authorization'),
    ctx.get('OAuth-Client-Attestation') || ctx.get('OAuth-Client-Attestation-PoP'),
    form.get('client_assertion'),
    form.get('client_secret'),
  ].filter(Boolean).length;

async function firstVerdict(
  ctx: Context,
  form: URLSearchParams,
  verifiers: readonly Verifier[],
): Promise<Verdict | undefined> {
  for (const verify of verifiers) {
    const verdict = await verify(ctx, form);
    if (verdict) return verdict;
  }
  return undefined;
}

/** The one value of a field; undefined where there is none, or several. */
export function only(form: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = form.getAll(name);
  return more.length === 0 ? value : undefined;
}

/** Methods of authentication that are verified here and that the engine does not know. */
const VERIFIED_HERE = ['attest_jwt_client_auth', 'client_secret_basic', 'client_secret_post'];

type Metadata = ClientRecord['metadata'];

/** Do we verify what this client authenticates with, and vouch for it by a key of the house? */
export const isVouchedFor = ({ workload_identity, token_endpoint_auth_method: method }: Metadata): boolean =>
  workload_identity !== undefined || VERIFIED_HERE.includes(method as string);

/** As the engine and our own endpoints authenticate it: by an assertion, whatever it is that we verified. */
export const asVouchedFor = (metadata: Metadata): Metadata => ({
  ...metadata,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: HOUSE_KEYS,
});

declare module '../http/request-state.ts' {
  interface RequestState {
    /** How the client that is being registered authenticates, where the engine is told of the house's key; else false. */
    verifiedHere?: { method: string; jwks: unknown } | false;
  }
}

/** Tells the engine so of a client that is being registered, or whose registration is replaced. */
export function vouchInRegistration(ctx: Pick<Context, 'req'>, metadata: Metadata): void {
  const { token_endpoint_auth_method: method, jwks } = metadata;
  stateOf(ctx.req).verifiedHere = isVouchedFor(metadata) && { method: String(method), jwks };
  if (isVouchedFor(metadata)) Object.assign(metadata, asVouchedFor(metadata));
}

/** A registration that we vouch for goes through the engine as one with the house's key; the answer says what it is. */
export function tellHowItIsVouchedFor(ctx: Context): void {
  const body = ctx.body as Metadata | undefined;
  if (body?.client_id === undefined) return;
  const { verifiedHere, client } = stateOf(ctx.req);
  const registered = client && isVouchedFor(client.metadata) ? client.metadata : undefined;
  const its = verifiedHere ?? (registered && { method: registered.token_endpoint_auth_method, jwks: registered.jwks });
  if (!its) return;
  // The key of the house stands in no answer.
  if (its.jwks === undefined) delete body.jwks;
  else body.jwks = its.jwks;
  body.token_endpoint_auth_method = its.method;
}

/** Made when this process starts; nobody else ever sees its private half. */
const houseKey = {
  ...(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as object),
  kid: 'house',
  alg: 'ES256',
  use: 'sig',
};
const house = keyRing([houseKey as never]);
const { d: _, ...publicHalf } = houseKey as Record<string, unknown>;
export const HOUSE_KEYS = { keys: [publicHalf] };

function houseAssertion(clientId: string, issuer: string): string {
  const iat = Math.floor(Date.now() / 1000);
  return house.sign(
    { typ: 'client-authentication+jwt' },
    { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat, exp: iat + 30 },
  );
}
