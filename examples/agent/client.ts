import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import * as oauth from 'openid-client';

import { CIBA, HOLD_SECONDS } from './ask-for-task.ts';

/** All that an agent keeps: who it is, and its private key. Nobody else knows the key, and no token is kept. */
export interface Identity {
  issuer: string;
  client_id: string;
  /** `agt_…`: the `act.sub` of every token it will hold. */
  agent_id: string;
  jwk: JWK;
}

/** An identity, ready to talk to its authorization server. */
export interface Agent {
  readonly identity: Identity;
  readonly server: oauth.Configuration;
  /** Signs one proof per request (RFC 9449): a token is worth nothing without the key it is bound to. */
  readonly dpop: oauth.DPoPHandle;
}

/** What an agent wants to be allowed: actions of one API, with their parameters (RFC 9396). */
export interface Wish {
  /** Left out: a root token, from which tokens for one resource each are exchanged. */
  resource?: string;
  authorization_details: readonly Record<string, unknown>[];
}

export type Token = oauth.TokenEndpointResponse;

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Makes a key and registers its public half (RFC 7591). The initial access token says who owns the agent. */
export async function register(
  issuer: string,
  initialAccessToken: string,
  metadata: Record<string, unknown>,
): Promise<Identity> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const { client_id, agent_id } = (
    await oauth.dynamicClientRegistration(
      new URL(issuer),
      {
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'], // the port is chosen when a browser is needed (RFC 8252 §7.3)
        grant_types: ['authorization_code', CIBA, EXCHANGE],
        ...metadata,
        jwks: { keys: [publicPart(jwk)] },
      } as Partial<oauth.ClientMetadata>,
      undefined,
      { initialAccessToken, ...transport(issuer) },
    )
  ).clientMetadata();
  return { issuer, client_id, agent_id: String(agent_id), jwk };
}

/** Reads the server's metadata. From here on the agent authenticates with its key (`private_key_jwt`). */
export async function connect(identity: Identity): Promise<Agent> {
  const { issuer, client_id, jwk } = identity;
  const privateKey = (await importJWK(jwk, 'ES256')) as CryptoKey;
  const publicKey = (await importJWK(publicPart(jwk), 'ES256')) as CryptoKey;
  const server = await oauth.discovery(
    new URL(issuer),
    client_id,
    { id_token_signed_response_alg: 'ES256' },
    oauth.PrivateKeyJwt(privateKey),
    transport(issuer),
  );
  // openid-client waits for 30 seconds: an instance that is lost may take its answer with it and never say so.
  server.timeout = HOLD_SECONDS + 10;
  const question = server.serverMetadata().backchannel_authentication_endpoint;
  let nonce: string | undefined;
  server[oauth.customFetch] = async (url, { signal, ...options }) => {
    const headers = held(options);
    // openid-client shows the key where tokens are fetched. Shown with the question, nobody else ever fetches the answer,
    // and who asks again because an answer was lost is known again.
    if (url === question) headers.set('dpop', await proofFor(url, privateKey, publicPart(jwk), nonce));
    const giveUp = givingUp.getStore();
    const signals = [signal, giveUp].filter((one) => one != null);
    const response = await fetch(url, { ...options, headers, signal: AbortSignal.any(signals) } as RequestInit);
    nonce = response.headers.get('dpop-nonce') ?? nonce;
    return response;
  };
  return { identity, server, dpop: oauth.getDPoPHandle(server, { privateKey, publicKey }) };
}

/** Ends the requests made within, which openid-client has no option for. */
export const givingUp = new AsyncLocalStorage<AbortSignal | undefined>();

/** RFC 9449 §4.2: this very request, by whoever holds this key. */
const proofFor = (htu: string, privateKey: CryptoKey, jwk: JWK, nonce: string | undefined): Promise<string> =>
  new SignJWT({ htm: 'POST', htu, jti: randomUUID(), ...(nonce !== undefined && { nonce }) })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey);

/**
 * Asks in the person's browser: the request is pushed (RFC 9126), the browser carries a reference to it, and the
 * answer comes back to a loopback address. `open` is handed the address for the person.
 *
 * @throws oauth.AuthorizationResponseError when the person denies
 */
export async function askInBrowser(agent: Agent, wish: Wish, open: (url: URL) => void): Promise<Token> {
  const loopback = await listenForRedirect();
  try {
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const expectedState = oauth.randomState();
    open(
      await oauth.buildAuthorizationUrlWithPAR(
        agent.server,
        {
          ...parametersOf(wish),
          redirect_uri: loopback.redirectUri,
          code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          state: expectedState,
        },
        { DPoP: agent.dpop },
      ),
    );
    const redirected = await loopback.redirected;
    const checks = { pkceCodeVerifier, expectedState };
    return await oauth.authorizationCodeGrant(agent.server, redirected, checks, {}, { DPoP: agent.dpop });
  } finally {
    loopback.close();
  }
}

/**
 * Exchanges a token for one that can do less (RFC 8693): a part of its actions, or, with `requestedActor`, a hand-off
 * of that part to one other agent.
 */
export function exchange(
  agent: Agent,
  token: string,
  { resource, authorization_details }: Partial<Wish>,
  requestedActor?: string,
): Promise<Token> {
  return oauth.genericGrantRequest(
    agent.server,
    EXCHANGE,
    {
      subject_token: token,
      subject_token_type: ACCESS_TOKEN,
      ...(resource && { resource }),
      ...(authorization_details && { authorization_details: JSON.stringify(authorization_details) }),
      ...(requestedActor && { requested_actor: requestedActor }),
    },
    { DPoP: agent.dpop },
  );
}

/** Calls an API with a token and a proof for exactly this call. What it answers is for the caller to read. */
export async function call(agent: Agent, token: string, method: string, url: URL, body?: object): Promise<Response> {
  const headers = new Headers(body && { 'content-type': 'application/json' });
  const text = body && JSON.stringify(body);
  try {
    return await oauth.fetchProtectedResource(agent.server, token, url, method, text, headers, { DPoP: agent.dpop });
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
    throw error;
  }
}

const parametersOf = ({ resource, authorization_details }: Wish) => ({
  ...(resource !== undefined && { resource }),
  authorization_details: JSON.stringify(authorization_details),
});

export const publicPart = ({ kty, crv, x, y }: JWK): JWK => ({ kty, crv, x, y }) as JWK;

/** Plain http is for a server on this machine only. */
const transport = (issuer: string) =>
  ['localhost', '127.0.0.1'].includes(new URL(issuer).hostname) ? { execute: [oauth.allowInsecureRequests] } : {};

function held({ headers, body }: { headers?: HeadersInit; body?: unknown }): Headers {
  const all = new Headers(headers);
  if (body instanceof URLSearchParams && body.get('grant_type') === CIBA) all.set('prefer', `wait=${HOLD_SECONDS}`);
  return all;
}

/** One redirect to the loopback interface, on a port that nobody else has (RFC 8252 §7.3). */
async function listenForRedirect(): Promise<{ redirectUri: string; redirected: Promise<URL>; close(): void }> {
  let arrived: (url: URL) => void;
  const redirected = new Promise<URL>((resolve) => {
    arrived = resolve;
  });
  const listener = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin);
    response.setHeader('content-type', 'text/plain');
    if (url.pathname !== '/callback') return response.writeHead(404).end('Nothing here.\n');
    response.end('Thank you. The agent goes on; you can close this page.\n');
    arrived(url);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    redirectUri: `${origin}/callback`,
    redirected,
    close() {
      listener.close();
      listener.closeIdleConnections();
    },
  };
}
