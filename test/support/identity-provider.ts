import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';

import { type Json, pkce } from './agent.ts';

/** A company's own identity provider: plain oidc-provider with keys of its own, which knows nothing of Countersign. */
export interface IdentityProvider {
  issuer: string;
  /** `host:port`, for the setting that allows outbound requests to it. */
  host: string;
  jwksUri: string;
  /** Another address of keys, which the test fills; how often it was asked. */
  shelf: { uri: string; keys: JWK[]; asked: number; down: boolean };
  /** Its RSA and its elliptic key, private. */
  keys: { rsa: JWK; ec: JWK };
  /** Whoever comes with a browser signs in as this subject, and a client of it gets an ID token (code flow, PKCE). */
  idToken(subject: string, client?: string): Promise<string>;
  /** A JWT with its signature: claims and header as the test bends them. */
  sign(claims?: JWTPayload & Json, header?: Json, key?: JWK): Promise<string>;
  close(): Promise<void>;
}

export const CLIENT_THERE = 'chat-assistant';
const REDIRECT = 'http://localhost/callback';

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const [rsa, ec] = [await newJwk('RS256', 'rsa-1'), await newJwk('ES256', 'ec-1')];
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => {};
  const http = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve));
  const { port } = http.address() as AddressInfo;
  const issuer = `http://localhost:${port}`;
  const shelf = { uri: `${issuer}/shelf`, keys: [] as JWK[], asked: 0, down: false };
  let whoever = '';

  const client = (client_id: string, more: object) => ({
    client_id,
    token_endpoint_auth_method: 'none' as const,
    application_type: 'native' as const,
    redirect_uris: [REDIRECT],
    ...more,
  });
  const provider = new Provider(issuer, {
    jwks: { keys: [rsa, ec] } as never,
    clients: [
      client(CLIENT_THERE, { id_token_signed_response_alg: 'RS256' }),
      client('another-app', { id_token_signed_response_alg: 'ES256' }),
    ],
    adapter: (model: string) => inMemory(model),
    ttl: { Grant: 600, IdToken: 600, Interaction: 600, Session: 600, AccessToken: 600, AuthorizationCode: 60 },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['of the identity provider'] },
    features: { devInteractions: { enabled: false } },
    findAccount: async (_ctx, id) => ({
      accountId: id,
      // Anna's address, whoever signs in: it decides nothing.
      claims: async () => ({ sub: id, email: 'person@acme.example', email_verified: true }),
    }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  const engine = provider.callback();
  answer = (request, response) => {
    if (request.url === '/shelf') {
      shelf.asked += 1;
      response.writeHead(shelf.down ? 503 : 200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ keys: shelf.keys.map(publicPart) }));
    }
    if (request.url?.startsWith('/interaction/')) {
      return provider.interactionFinished(request, response, { login: { accountId: whoever }, consent: {} });
    }
    return engine(request, response);
  };

  return {
    issuer,
    host: `localhost:${port}`,
    jwksUri: `${issuer}/jwks`,
    shelf,
    keys: { rsa, ec },
    async idToken(subject, clientId = CLIENT_THERE) {
      whoever = subject;
      const { verifier, challenge } = pkce();
      const code = await codeAt(issuer, {
        client_id: clientId,
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'openid email',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      });
      const token = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: clientId,
          code,
          code_verifier: verifier,
          redirect_uri: REDIRECT,
        }),
      });
      return ((await token.json()) as { id_token: string }).id_token;
    },
    async sign(claims = {}, header = {}, key = ec) {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer, iat: now, exp: now + 120, jti: randomUUID(), ...claims };
      const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const alg = key.alg ?? 'ES256';
      const entries = Object.entries({ alg, kid: key.kid, typ: 'JWT', ...header });
      const protectedHeader = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
      return new SignJWT(kept).setProtectedHeader(protectedHeader as never).sign(await importJWK(key, alg));
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** As much of a store as one run of a test needs. */
function inMemory(model: string): Adapter {
  const all = new Map<string, AdapterPayload>();
  const byUid = async (uid: string) => [...all.values()].find((payload) => payload.uid === uid);
  if (model === 'Client') return { find: async () => undefined } as unknown as Adapter;
  return {
    upsert: async (id, payload) => void all.set(id, payload),
    find: async (id) => all.get(id),
    findByUid: byUid,
    findByUserCode: async () => undefined,
    consume: async (id) => void Object.assign(all.get(id) ?? {}, { consumed: 1 }),
    destroy: async (id) => void all.delete(id),
    revokeByGrantId: async () => {},
  };
}

export async function newJwk(alg: string, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
}

export const publicPart = ({ kty, crv, x, y, n, e, kid, alg, use }: JWK): JWK =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid, alg, use })) as JWK;

/** Follows redirects within the issuer, with its cookies, until the client's own address. */
async function codeAt(issuer: string, parameters: Record<string, string>): Promise<string> {
  const jar = new Map<string, string>();
  let at = `${issuer}/auth?${new URLSearchParams(parameters)}`;
  for (let hops = 0; hops < 8; hops++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const one of response.headers.getSetCookie()) {
      const [name = '', ...value] = (one.split(';')[0] ?? '').split('=');
      jar.set(name, value.join('='));
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${at}: ${response.status} ${await response.text()}`);
    at = new URL(location, at).href;
    if (at.startsWith(REDIRECT)) return new URL(at).searchParams.get('code') ?? '';
  }
  throw new Error(`too many redirects at ${at}`);
}
