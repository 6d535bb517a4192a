import { createHash, type KeyObject } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  type JWTVerifyResult,
  errors as jose,
  jwtVerify,
} from 'jose';

import { type ClientRecord, type ClientStore, isActive } from './clients.ts';

export interface ClientAuthentication {
  issuer: string;
  clients: ClientStore;
  /** True once for each assertion. */
  firstUse(issuer: string, jti: string, expiresAt: Date): Promise<boolean>;
  fetch: typeof globalThis.fetch;
}

export interface Credentials {
  form: ReadonlyMap<string, string>;
  /** The `Authorization` header, empty where there was none. */
  authorization: string;
  /** May a public client, which proves nothing, call this endpoint by its `client_id`? */
  publicClients: boolean;
}

export type Authenticated =
  | { ok: true; client: ClientRecord }
  | { ok: false; error: 'invalid_request' | 'invalid_client'; description: string; refused?: ClientRecord };

export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const;

/**
 * `private_key_jwt` (RFC 7523, and its update: the issuer alone as audience) at the endpoints of our own, by the same
 * rules as the engine's, OA-22 and PK-01…05.
 */
export async function authenticateClient(
  { form, authorization, publicClients }: Credentials,
  { issuer, clients, firstUse, fetch }: ClientAuthentication,
): Promise<Authenticated> {
  const assertion = form.get('client_assertion');
  const mechanisms = [authorization, assertion, form.get('client_secret')].filter(Boolean);
  if (mechanisms.length > 1) return malformed('client authentication must only be provided using one mechanism');
  if (!assertion) {
    const clientId = form.get('client_id');
    if (mechanisms.length === 1) return FAILED; // there are no secrets here
    if (!clientId) return malformed('no client authentication mechanism provided');
    const client = await clients.find(clientId);
    if (!publicClients || client?.metadata.token_endpoint_auth_method !== 'none') return FAILED;
    return isActive(client, Date.now()) ? { ok: true, client } : { ...FAILED, refused: client };
  }

  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    return malformed(`client_assertion_type must have value ${ASSERTION_TYPE}`);
  }
  const subject = subjectOf(assertion);
  if (subject === undefined) return malformed('invalid client_assertion format');
  if ((form.get('client_id') || subject) !== subject) return malformed('client_id mismatch');
  const client = await clients.find(subject);
  if (client?.metadata.token_endpoint_auth_method !== 'private_key_jwt') return FAILED;
  const verified = await verifyBy(client, assertion, fetch);
  if (!verified) return FAILED;
  const { payload, protectedHeader } = verified;
  if (assertionProblem(payload, protectedHeader, issuer, Date.now() / 1000) !== undefined) return FAILED;
  const expires = new Date((Number(payload.exp) + CLOCK_TOLERANCE_SECONDS) * 1000);
  if (!(await firstUse(subject, String(payload.jti), expires))) return FAILED;
  return isActive(client, Date.now()) ? { ok: true, client } : { ...FAILED, refused: client };
}

/**
 * What is wrong with a client assertion whose signature is right: the issuer alone as audience, a short life, single
 * use, no other kind of JWT in disguise (RFC 7523bis, PK-02…04).
 *
 * @param now epoch seconds
 */
export function assertionProblem(
  { aud, sub, iss, exp, iat, jti }: Readonly<Record<string, unknown>>,
  { typ }: Readonly<Record<string, unknown>>,
  issuer: string,
  now: number,
): string | undefined {
  // An assertion for another server's endpoint, relayed to us, must not pass (audience injection, BCP-20).
  if (aud !== issuer) return 'aud must be the issuer, as a single string';
  if (typeof sub !== 'string' || sub !== iss) return 'iss and sub must be the client';
  if (typeof jti !== 'string' || jti === '') return 'jti is required';
  if (typeof exp !== 'number' || typeof iat !== 'number') return 'exp and iat are required';
  if (iat > now + 60) return 'iat is in the future';
  if (exp > now + LONGEST_LIFE_SECONDS || exp - iat > LONGEST_LIFE_SECONDS) return 'it lives longer than five minutes';
  // An access token, a DPoP proof or a request object that says what it is cannot authenticate anybody.
  const kind = typ === undefined ? undefined : String(typ).toLowerCase();
  return kind === undefined || kind === 'jwt' || kind === 'client-authentication+jwt' ? undefined : 'wrong typ';
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Five minutes, and one for clocks that differ. */
const LONGEST_LIFE_SECONDS = 360;
const CLOCK_TOLERANCE_SECONDS = 15;

const FAILED = { ok: false, error: 'invalid_client', description: 'client authentication failed' } as const;
const malformed = (description: string): Authenticated => ({ ok: false, error: 'invalid_request', description });

function subjectOf(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt(assertion);
    return typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** Imported keys by their content, so that a changed registration is seen at once. */
const imported = new Map<string, KeyObject | CryptoKey | Uint8Array>();
const remote = new Map<string, ReturnType<typeof createRemoteJWKSet>>();
const KEYS_REMEMBERED = 2000;

/** The assertion's content when one of the client's keys signed it. A wrong one is a refusal; a fault stays a fault. */
async function verifyBy(
  { clientId, metadata }: ClientRecord,
  assertion: string,
  fetch: typeof globalThis.fetch,
): Promise<JWTVerifyResult | undefined> {
  const { jwks, jwks_uri, token_endpoint_auth_signing_alg: only } = metadata as ClientKeys;
  const options = {
    algorithms: only === undefined ? [...ASSERTION_ALGORITHMS] : [only],
    issuer: clientId,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  try {
    if (!jwks && jwks_uri !== undefined) {
      // Keys that cannot be had prove nothing, and whoever named their address has to see to it.
      return await jwtVerify(assertion, remoteKeys(jwks_uri, fetch), options).catch(() => undefined);
    }
    const { alg, kid } = decodeProtectedHeader(assertion);
    for (const jwk of jwks?.keys ?? []) {
      if (!isFor(jwk, alg, kid)) continue;
      try {
        return await jwtVerify(assertion, await imports(jwk, String(alg)), options);
      } catch (error) {
        if (!(error instanceof jose.JWSSignatureVerificationFailed)) throw error; // perhaps the next key
      }
    }
  } catch (error) {
    if (!(error instanceof jose.JOSEError || error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  return undefined;
}

interface ClientKeys {
  jwks?: { keys: JWK[] };
  jwks_uri?: string;
  token_endpoint_auth_signing_alg?: string;
}

function remoteKeys(uri: string, fetch: typeof globalThis.fetch) {
  let set = remote.get(uri);
  if (!set) {
    set = createRemoteJWKSet(new URL(uri), { [customFetch]: fetch as never });
    if (remote.size >= KEYS_REMEMBERED) remote.clear();
    remote.set(uri, set);
  }
  return set;
}

async function imports(jwk: JWK, alg: string) {
  const content = createHash('sha256')
    .update(`${alg} ${JSON.stringify(jwk)}`)
    .digest('base64url');
  let key = imported.get(content);
  if (!key) {
    key = await importJWK(jwk, alg);
    if (imported.size >= KEYS_REMEMBERED) imported.clear();
    imported.set(content, key);
  }
  return key;
}

function isFor(jwk: JWK, alg: string | undefined, kid: string | undefined): boolean {
  if (jwk.use === 'enc' || (kid !== undefined && jwk.kid !== undefined && jwk.kid !== kid)) return false;
  if (alg === 'ES256') return jwk.kty === 'EC' && jwk.crv === 'P-256';
  if (alg === 'PS256') return jwk.kty === 'RSA';
  return jwk.kty === 'OKP' && jwk.crv === 'Ed25519';
}
