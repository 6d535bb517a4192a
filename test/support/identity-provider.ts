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
  /** Registers a client of it, as whoever runs it would. */
  register(metadata: Json): void;
  /** Who comes with a browser from now on, and what it says of them. */
  becomes(subject: string, said?: Said): void;
  /** The browser at an authorization request of a client, as far as the address outside to which it is sent back. */
  visit(url: string): Promise<string>;
  /** The browser signs out there, which the provider tells its clients. */
  signOut(): Promise<void>;
  /** A JWT with its signature: claims and header as the test bends them. */
  sign(claims?: JWTPayload & Json, header?: Json, key?: JWK): Promise<string>;
  close(): Promise<void>;
}

/** What it says of whoever comes; `at`: when they signed in, epoch seconds. */
export interface Said {
  acr?: string;
  amr?: string[];
  at?: number;
  email?: string;
  verified?: boolean;
  name?: string;
  /** Of whatever shape. */
  groups?: unknown;
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
  let said: Said = {};
  const jar = new Map<string, string>();
  const registered = new Map<string, AdapterPayload>();

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
    adapter: (model: string) =>
      model === 'Client' ? ({ find: async (id: string) => registered.get(id) } as unknown as Adapter) : inMemory(model),
    ttl: { Grant: 600, IdToken: 600, Interaction: 600, Session: 600, AccessToken: 600, AuthorizationCode: 60 },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    acrValues: ['urn:example:mfa', 'phr'],
    cookies: { keys: ['of the identity provider'] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
    },
    // It tells clients on this machine.
    fetch: (url, options) => fetch(url, { ...(options as RequestInit), dispatcher: undefined } as RequestInit),
    findAccount: async (_ctx, id) => ({
      accountId: id,
      // Anna's address, whoever signs in: it decides nothing.
      claims: async () => ({
        sub: id,
        email: said.email ?? 'person@acme.example',
        email_verified: said.verified ?? true,
        name: said.name,
        groups: said.groups,
      }),
    }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
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
      return provider.interactionFinished(request, response, {
        login: {
          accountId: whoever,
          ...(said.acr && { acr: said.acr }),
          ...(said.amr && { amr: said.amr }),
          ...(said.at && { ts: said.at }),
        },
        consent: {},
      });
    }
    return engine(request, response);
  };

  return {
    issuer,
    host: `localhost:${port}`,
    jwksUri: `${issuer}/jwks`,
    shelf,
    keys: { rsa, ec },
    register: (metadata) => void registered.set(String(metadata.client_id), metadata as AdapterPayload),
    becomes(subject, about = {}) {
      [whoever, said] = [subject, about];
      jar.clear();
    },
    visit: (url) => follow(issuer, url, jar).then(({ left }) => left),
    async signOut() {
      const form = await follow(issuer, `${issuer}/session/end`, jar);
      const xsrf = /name="xsrf" value="([^"]*)"/.exec(form.html)?.[1] ?? '';
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const body = new URLSearchParams({ xsrf, logout: 'yes' });
      await fetch(`${issuer}/session/end/confirm`, { method: 'POST', redirect: 'manual', headers: { cookie }, body });
      jar.clear();
    },
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
function inMemory(_model: string): Adapter {
  const all = new Map<string, AdapterPayload>();
  const byUid = async (uid: string) => [...all.values()].find((payload) => payload.uid === uid);
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

/** What a browser brings back from an authorization request: the code. */
async function codeAt(issuer: string, parameters: Record<string, string>): Promise<string> {
  const { left } = await follow(issuer, `${issuer}/auth?${new URLSearchParams(parameters)}`, new Map());
  return new URL(left).searchParams.get('code') ?? '';
}

/** Follows redirects within the issuer, with its cookies, until a page or an address outside. */
async function follow(issuer: string, url: string, jar: Map<string, string>): Promise<{ left: string; html: string }> {
  let at = url;
  for (let hops = 0; hops < 8; hops++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const one of response.headers.getSetCookie()) {
      const [name = '', ...value] = (one.split(';')[0] ?? '').split('=');
      if (/expires=Thu, 01 Jan 1970/i.test(one)) jar.delete(name);
      else jar.set(name, value.join('='));
    }
    const location = response.headers.get('location');
    if (location === null) return { left: at, html: await response.text() };
    at = new URL(location, at).href;
    if (!at.startsWith(`${issuer}/`)) return { left: at, html: '' };
  }
  throw new Error(`too many redirects at ${at}`);
}
