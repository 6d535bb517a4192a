import { createHash, type KeyObject } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
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

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'];

/**
 * `private_key_jwt` (RFC 7523, and its update: the issuer alone as audience) at the endpoints of our own. The same
 * rules as the engine's, PK-01…05. Undefined: the client is not who it says, or not active.
 */
export async function authenticateClient(
  form: ReadonlyMap<string, string>,
  { issuer, clients, firstUse, fetch }: ClientAuthentication,
): Promise<{ client: ClientRecord | undefined; refused?: ClientRecord }> {
  const assertion = form.get('client_assertion');
  if (assertion === undefined || form.get('client_assertion_type') !== ASSERTION_TYPE) return { client: undefined };
  try {
    const { sub } = decodeJwt(assertion);
    if (typeof sub !== 'string' || (form.get('client_id') ?? sub) !== sub) return { client: undefined };
    const client = await clients.find(sub);
    if (client?.metadata.token_endpoint_auth_method !== 'private_key_jwt') return { client: undefined };
    const { payload, protectedHeader } = await jwtVerify(assertion, (header) => keyOf(client, header, fetch), {
      algorithms: ALGORITHMS,
      issuer: sub,
      requiredClaims: ['exp', 'jti', 'aud'],
      clockTolerance: 10,
      maxTokenAge: undefined as never,
    });
    const typ = protectedHeader.typ?.toLowerCase();
    const soon = Math.floor(Date.now() / 1000) + 360;
    if (payload.aud !== issuer || typeof payload.jti !== 'string' || (payload.exp ?? 0) > soon)
      return { client: undefined };
    if (typ !== undefined && typ !== 'jwt' && typ !== 'client-authentication+jwt') return { client: undefined };
    if (!(await firstUse(sub, payload.jti, new Date(((payload.exp ?? 0) + 10) * 1000)))) return { client: undefined };
    return isActive(client, Date.now()) ? { client } : { client: undefined, refused: client };
  } catch (error) {
    // A wrong assertion is a refusal; a database that is away is a fault and stays one.
    if (error instanceof jose.JOSEError || error instanceof SyntaxError || error instanceof TypeError)
      return { client: undefined };
    throw error;
  }
}

/** Imported keys by their content, so that a changed registration is seen at once. */
const imported = new Map<string, KeyObject | CryptoKey | Uint8Array>();
const remote = new Map<string, ReturnType<typeof createRemoteJWKSet>>();
const KEYS_REMEMBERED = 2000;

async function keyOf(client: ClientRecord, header: JWTHeaderParameters, fetch: typeof globalThis.fetch) {
  const { jwks, jwks_uri } = client.metadata as { jwks?: { keys: JWK[] }; jwks_uri?: string };
  if (!jwks && jwks_uri !== undefined) {
    let set = remote.get(jwks_uri);
    if (!set) {
      set = createRemoteJWKSet(new URL(jwks_uri), { [customFetch]: fetch as never });
      remote.set(jwks_uri, set);
    }
    return set(header);
  }
  const candidates = (jwks?.keys ?? []).filter(
    (jwk) =>
      (header.kid === undefined || jwk.kid === undefined || jwk.kid === header.kid) &&
      jwk.use !== 'enc' &&
      fits(jwk, header.alg),
  );
  const [jwk] = candidates;
  if (!jwk) throw new jose.JWKSNoMatchingKey();
  const content = createHash('sha256')
    .update(`${header.alg} ${JSON.stringify(jwk)}`)
    .digest('base64url');
  let key = imported.get(content);
  if (!key) {
    key = await importJWK(jwk, header.alg as string);
    if (imported.size >= KEYS_REMEMBERED) imported.clear();
    imported.set(content, key);
  }
  return key;
}

function fits({ kty, crv }: JWK, alg: string | undefined): boolean {
  if (alg === 'ES256') return kty === 'EC' && crv === 'P-256';
  if (alg === 'PS256') return kty === 'RSA';
  return kty === 'OKP' && crv === 'Ed25519';
}
