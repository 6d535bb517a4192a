import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

import { send } from './send.ts';
import type { TestServer } from './server.ts';

export const CALENDAR = 'https://calendar.acme.example';
export const READ = 'calendar.events.read';
export const INVITE = 'calendar.invitations.send';
export const CIBA = 'urn:openid:params:grant-type:ciba';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const REDIRECT = 'http://127.0.0.1:9/callback';

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server sent; tests say what it should be
export type Json = any;
export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}

type Issuer = Pick<TestServer, 'issuer'>;

/** A client with its key: an agent, an application or a resource server, at any instance of the deployment. */
export interface TestClient {
  clientId: string;
  registration: Json;
  jwk: JWK;
  jkt: string;
  /** A client assertion as the standards ask for it; `claims` and `header` bend it. */
  assertion(claims?: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** A DPoP proof for a URL. */
  proof(
    url: string,
    options?: { method?: string; jti?: string; key?: JWK; accessToken?: string; iat?: number; nonce?: string },
  ): Promise<string>;
  /** A form post that authenticates by assertion, with a proof unless `dpop` is false. */
  post(path: string, form: Record<string, string | string[] | undefined>, options?: PostOptions): Promise<Answer>;
  token(form: Record<string, string | string[] | undefined>, options?: PostOptions): Promise<Answer>;
}

export interface PostOptions {
  dpop?: boolean | string;
  key?: JWK;
  headers?: Record<string, string>;
  /** Sent to another instance of the same issuer. */
  base?: string;
  /** The client goes away, whatever the answer would be. */
  signal?: AbortSignal;
}

/** The members that most agents of the tests register. */
export const agentMetadata = (jwk: JWK, more: Json = {}): Json => ({
  client_name: 'Meeting Helper',
  agent_purpose: 'Finds free hours for meetings',
  grant_types: ['authorization_code', 'refresh_token', CIBA, EXCHANGE],
  redirect_uris: [REDIRECT],
  application_type: 'native',
  jwks: { keys: [jwk] },
  authorization_details_types: [READ, INVITE],
  ...more,
});

/** Registers a fresh agent with the demonstration's initial access token. */
export async function registerAgent(server: TestServer, more: Json = {}): Promise<TestClient> {
  const { jwk, publicJwk } = await newKey();
  const response = await fetch(`${server.issuer}/reg`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.demo.initialAccessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(agentMetadata(publicJwk, more)),
  });
  const registration = (await response.json()) as Json;
  if (response.status !== 201) throw new Error(`registration: ${response.status} ${JSON.stringify(registration)}`);
  return clientWith(server, registration.client_id, jwk, registration);
}

/** The demonstration's resource server or application. */
export const demoClient = (server: TestServer, which: 'resourceServer' | 'application'): Promise<TestClient> =>
  clientWith(server, server.demo[which].client_id, server.demo[which].jwk, {});

export async function newKey(): Promise<{ jwk: JWK; publicJwk: JWK }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _, ...publicJwk } = jwk;
  return { jwk: { ...jwk, kid, alg: 'ES256' }, publicJwk: { ...publicJwk, kid, alg: 'ES256', use: 'sig' } };
}

export async function clientWith(
  { issuer }: Issuer,
  clientId: string,
  jwk: JWK,
  registration: Json = {},
): Promise<TestClient> {
  const sign = async (payload: JWTPayload, header: Record<string, unknown>, key: JWK = jwk) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(await importJWK(key, 'ES256'));
  const now = () => Math.floor(Date.now() / 1000);

  const client: TestClient = {
    clientId,
    registration,
    jwk,
    jkt: await calculateJwkThumbprint(jwk),
    assertion: (claims = {}, header = {}) =>
      sign(
        { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat: now(), exp: now() + 60, ...claims },
        { kid: jwk.kid, typ: 'client-authentication+jwt', ...header },
      ),
    async proof(url, { method = 'POST', jti = randomUUID(), key = jwk, accessToken, iat = now(), nonce } = {}) {
      const { kty, crv, x, y } = key;
      const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url');
      return sign(
        { htm: method, htu: url, jti, iat, ...(ath && { ath }), ...(nonce !== undefined && { nonce }) },
        { typ: 'dpop+jwt', jwk: { kty, crv, x, y } },
        key,
      );
    },
    async post(path, form, { dpop = true, key, headers = {}, base = issuer, signal } = {}) {
      const body = new URLSearchParams();
      const all = {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'client_assertion' in form ? form.client_assertion : await client.assertion(),
        ...form,
      };
      for (const [name, value] of Object.entries(all)) {
        for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) body.append(name, one);
      }
      const proof =
        typeof dpop === 'string' ? dpop : dpop ? await client.proof(`${issuer}${path}`, key ? { key } : {}) : undefined;
      return answerOf(
        await send(
          `${issuer}${path}`,
          { method: 'POST', headers: { ...(proof && { DPoP: proof }), ...headers }, body, ...(signal && { signal }) },
          base,
        ),
      );
    },
    token: (form, options) => client.post('/token', form, options),
  };
  return client;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: Json = text;
  try {
    body = JSON.parse(text);
  } catch {
    // not JSON: the text
  }
  return { status: response.status, body, headers: response.headers };
}

/** PKCE (RFC 7636), S256. */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export const readDetails = (more: Json = {}): Json => ({
  type: READ,
  locations: [CALENDAR],
  from: '2026-11-24',
  to: '2026-11-28',
  ...more,
});
export const inviteDetails = (more: Json = {}): Json => ({
  type: INVITE,
  locations: [CALENDAR],
  title: 'Q1 review',
  start: '2026-11-26T10:00:00Z',
  guests: ['ben@acme.example', 'olga@acme.example'],
  ...more,
});

export const claimsOf = (token: string): Json => decodeJwt(token);

/** Pushes an authorization request (RFC 9126). */
export function push(
  agent: TestClient,
  form: Record<string, string | string[] | undefined>,
  options?: PostOptions,
): Promise<Answer> {
  return agent.post(
    '/request',
    {
      client_id: agent.clientId,
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge_method: 'S256',
      ...form,
    },
    options,
  );
}
