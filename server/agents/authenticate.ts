import type { KeyObject, X509Certificate } from 'node:crypto';
import { createRemoteJWKSet, customFetch, decodeJwt, type JWK, jwtVerify } from 'jose';
import type { Context } from 'koa';

import type { CertificateReader, ClientCertificate } from '../http/client-certificate.ts';
import { stateOf } from '../http/request-state.ts';
import { json } from '../http/respond.ts';
import { isSignedBy, type Jws, parseJws, verificationKey } from '../oauth/jws.ts';
import { authenticates, isRegisteredCertificate } from './certificate.ts';
import { type ClientRecord, type ClientStore, isActive } from './clients.ts';
import { isDocumentUrl, outwardId } from './document.ts';
import { asVouchedFor, isVouchedFor } from './handover.ts';

export interface ClientAuthentication {
  issuer: string;
  clients: ClientStore;
  /** The client that a metadata document describes, for the organization that this request is about. */
  documentClient(url: string, form: ReadonlyMap<string, string>, ctx: Context): Promise<ClientRecord | undefined>;
  /** True once for each assertion. */
  firstUse(issuer: string, jti: string, expiresAt: Date): Promise<boolean>;
  fetch: typeof globalThis.fetch;
  /** Of `tls_client_auth`. */
  authorities: readonly X509Certificate[];
  certificate: CertificateReader;
}

export interface Credentials {
  form: ReadonlyMap<string, string>;
  /** The `Authorization` header, empty where there was none. */
  authorization: string;
  /** Did an attestation come along? What is left of one here was not accepted (handover.ts). */
  attested: boolean;
  /** What the client proved below HTTP, if anything. */
  certificate: ClientCertificate | undefined;
  /** May a public client, which proves nothing, call this endpoint by its `client_id`? */
  publicClients: boolean;
  find(clientId: string): Promise<ClientRecord | undefined>;
}

export type Authenticated =
  | { ok: true; client: ClientRecord }
  | { ok: false; error: 'invalid_request' | 'invalid_client'; description: string; refused?: ClientRecord };

export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const;

/**
 * `private_key_jwt` (RFC 7523, and its update: the issuer alone as audience) and certificates (RFC 8705 §2) at the
 * endpoints of our own, by the same rules as the engine's, OA-22, PK-01…05 and MT-01.
 */
export async function authenticateClient(
  { form, authorization, attested, certificate, publicClients, find }: Credentials,
  { issuer, firstUse, fetch, authorities }: Pick<ClientAuthentication, 'issuer' | 'firstUse' | 'fetch' | 'authorities'>,
): Promise<Authenticated> {
  const assertion = form.get('client_assertion');
  const mechanisms = [authorization, attested, assertion, form.get('client_secret')].filter(Boolean);
  if (mechanisms.length > 1) return malformed('client authentication must only be provided using one mechanism');
  if (!assertion) {
    const clientId = form.get('client_id');
    if (mechanisms.length === 1) return FAILED; // a secret, or an attestation, of nobody who has one
    if (!clientId) return malformed('no client authentication mechanism provided');
    const client = await find(clientId);
    if (!client) return FAILED;
    const isPublic = publicClients && client.metadata.token_endpoint_auth_method === 'none';
    const proven = certificate && (await authenticatesBy(certificate, client, authorities, fetch));
    if (!isPublic && proven !== true) return FAILED;
    return isActive(client, Date.now()) ? { ok: true, client } : { ...FAILED, refused: client };
  }

  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    return malformed(`client_assertion_type must have value ${ASSERTION_TYPE}`);
  }
  const jws = parseJws(assertion);
  if (!jws) return isJwt(assertion) ? FAILED : malformed('invalid client_assertion format');
  const subject = typeof jws.payload.sub === 'string' ? jws.payload.sub : '';
  if (subject === '') return FAILED; // another kind of JWT, which names nobody
  if ((form.get('client_id') || subject) !== subject) return malformed('client_id mismatch');
  const client = await find(subject);
  if (!client) return FAILED;
  // What we verified ourselves arrives here as an assertion of the house (handover.ts).
  const metadata = isVouchedFor(client.metadata) ? asVouchedFor(client.metadata) : client.metadata;
  if (metadata.token_endpoint_auth_method !== 'private_key_jwt') return FAILED;
  const verified = await signedBy({ clientId: client.clientId, metadata }, assertion, fetch, jws);
  if (!verified) return FAILED;
  const { payload, header } = verified;
  if (assertionProblem(payload, header, issuer, Date.now() / 1000) !== undefined) return FAILED;
  const expires = new Date((Number(payload.exp) + CLOCK_TOLERANCE_SECONDS) * 1000);
  if (!(await firstUse(subject, String(payload.jti), expires))) return FAILED;
  return isActive(client, Date.now()) ? { ok: true, client } : { ...FAILED, refused: client };
}

/** The client of a request to an endpoint of our own; undefined where it is none, and that is answered (RFC 6749 §5.2). */
export async function authenticateCaller(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  authentication: ClientAuthentication,
  { publicClients }: Pick<Credentials, 'publicClients'>,
): Promise<ClientRecord | undefined> {
  const authorization = ctx.get('Authorization');
  const certificate = authentication.certificate(ctx.req);
  const attested = ['OAuth-Client-Attestation', 'OAuth-Client-Attestation-PoP'].some((name) => ctx.get(name) !== '');
  // Never by the id that we keep a document's client under: its address is all that anybody can say.
  const find = (id: string) =>
    isDocumentUrl(id) ? authentication.documentClient(id, form, ctx) : authentication.clients.find(id);
  const credentials = { form, authorization, attested, certificate, publicClients, find };
  const caller = await authenticateClient(credentials, authentication);
  const state = stateOf(ctx.req);
  if (!caller.ok) {
    if (caller.refused) state.refusedClient = caller.refused;
    // Answered with the scheme that was tried.
    if (authorization && caller.error === 'invalid_client') {
      ctx.set('WWW-Authenticate', `Basic realm="${authentication.issuer}", error="invalid_client"`);
    }
    const { error, description } = caller;
    json(ctx, { error, error_description: description }, error === 'invalid_client' ? 401 : 400);
    return undefined;
  }
  state.client = caller.client;
  state.authenticated = caller.client.metadata.token_endpoint_auth_method !== 'none';
  return caller.client;
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

/** Without a signature, say: it names somebody, and proves nothing. */
function isJwt(text: string): boolean {
  try {
    decodeJwt(text);
    return true;
  } catch {
    return false;
  }
}

/** As {@link authenticates}, and for certificates that stand at an address. */
async function authenticatesBy(
  certificate: ClientCertificate,
  client: ClientRecord,
  authorities: readonly X509Certificate[],
  fetch: typeof globalThis.fetch,
): Promise<boolean> {
  const { token_endpoint_auth_method: method, jwks_uri: uri } = client.metadata;
  if (method !== 'self_signed_tls_client_auth' || typeof uri !== 'string') {
    return authenticates(certificate, client, authorities);
  }
  const keys = remoteKeys(uri, fetch);
  if (isRegisteredCertificate(certificate, keys.jwks())) return true;
  // A new one, perhaps: asked again, but not for every stranger.
  if (keys.coolingDown) return false;
  await keys.reload().catch(() => {});
  return isRegisteredCertificate(certificate, keys.jwks());
}

/** Keys by their content, so that a changed registration is seen at once. */
const imported = new Map<string, KeyObject | undefined>();
const remote = new Map<string, ReturnType<typeof createRemoteJWKSet>>();
const KEYS_REMEMBERED = 2000;

/** The content of a JWT that one of the client's registered keys signed in its name, and that has begun and not ended. */
export async function signedBy(
  { clientId, metadata }: Pick<ClientRecord, 'clientId' | 'metadata'>,
  assertion: string,
  fetch: typeof globalThis.fetch,
  jws: Jws | undefined = parseJws(assertion),
): Promise<Pick<Jws, 'header' | 'payload'> | undefined> {
  const { jwks, jwks_uri, token_endpoint_auth_signing_alg: only } = metadata as ClientKeys;
  const algorithms = only === undefined ? [...ASSERTION_ALGORITHMS] : [only];
  if (!jwks && jwks_uri !== undefined) {
    const options = { algorithms, issuer: outwardId(clientId), clockTolerance: CLOCK_TOLERANCE_SECONDS };
    // Keys that cannot be had prove nothing, and whoever named their address has to see to it.
    const verified = await jwtVerify(assertion, remoteKeys(jwks_uri, fetch), options).catch(() => undefined);
    return verified && { header: { ...verified.protectedHeader }, payload: verified.payload };
  }
  if (!jws || !algorithms.includes(String(jws.header.alg))) return undefined;
  const { kid, alg } = jws.header;
  const signed = (jwks?.keys ?? []).some((jwk) => {
    if (kid !== undefined && jwk.kid !== undefined && jwk.kid !== kid) return false;
    const key = keyOf(jwk, alg);
    return key !== undefined && isSignedBy(jws, key);
  });
  const { iss, exp, nbf } = jws.payload;
  const now = Date.now() / 1000;
  const ended = typeof exp !== 'number' || exp <= now - CLOCK_TOLERANCE_SECONDS;
  const begun = nbf === undefined || (typeof nbf === 'number' && nbf <= now + CLOCK_TOLERANCE_SECONDS);
  return signed && iss === outwardId(clientId) && begun && !ended ? jws : undefined;
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

function keyOf(jwk: JWK, alg: unknown): KeyObject | undefined {
  const content = `${alg} ${JSON.stringify(jwk)}`;
  if (!imported.has(content)) {
    if (imported.size >= KEYS_REMEMBERED) imported.clear();
    imported.set(content, verificationKey(jwk, alg));
  }
  return imported.get(content);
}
