import { setTimeout as sleep } from 'node:timers/promises';
import { importJWK, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';

import { ACCESS_TOKEN, EXCHANGE, type Json, newKey, REDIRECT } from '../support/agent.ts';
import type { TestServer } from '../support/server.ts';
import type { Peer, PeerClient } from './peer.ts';

const local = { [oauth.allowInsecureRequests]: true };

/** The low-level library: one function per request and one per answer, OAuth rather than OpenID Connect discovery. */
export const oauth4webapi: Peer = {
  name: 'oauth4webapi',

  async register(server, metadata) {
    const { jwk, publicJwk } = await newKey();
    const registration = await oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        await discover(server),
        { ...metadata, jwks: { keys: [publicJwk] } },
        { initialAccessToken: server.demo.initialAccessToken, ...local },
      ),
    );
    return connect(server, registration.client_id, jwk, registration);
  },

  connect: (server, clientId, jwk) => connect(server, clientId, jwk, {}),
};

async function discover({ issuer }: TestServer): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...local }));
}

async function connect(server: TestServer, clientId: string, jwk: JWK, registration: Json): Promise<PeerClient> {
  const as = await discover(server);
  const client: oauth.Client = { client_id: clientId, id_token_signed_response_alg: 'ES256' };
  const { d: _, ...publicJwk } = jwk;
  const privateKey = (await importJWK(jwk, 'ES256')) as CryptoKey;
  const publicKey = (await importJWK(publicJwk, 'ES256')) as CryptoKey;
  const own = oauth.PrivateKeyJwt({ key: privateKey, kid: String(jwk.kid) });
  const DPoP = oauth.DPoP(client, { privateKey, publicKey });
  const options = { DPoP, ...local };

  /** RFC 9449 §8: a server that wants its nonce in the proof says so once; the library has kept it by then. */
  async function again<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return request();
    }
  }

  return {
    clientId,
    registration,
    metadata: () => as,

    async askInBrowser(form, browse) {
      const verifier = oauth.generateRandomCodeVerifier();
      const state = oauth.generateRandomState();
      const { request_uri } = await again(async () =>
        oauth.processPushedAuthorizationResponse(
          as,
          client,
          await oauth.pushedAuthorizationRequest(
            as,
            client,
            own,
            {
              response_type: 'code',
              redirect_uri: REDIRECT,
              code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
              code_challenge_method: 'S256',
              state,
              ...form,
            },
            options,
          ),
        ),
      );
      const url = new URL(String(as.authorization_endpoint));
      url.search = new URLSearchParams({ client_id: clientId, request_uri }).toString();
      const answer = oauth.validateAuthResponse(as, client, await browse(url), state);
      return again(async () =>
        oauth.processAuthorizationCodeResponse(
          as,
          client,
          await oauth.authorizationCodeGrantRequest(as, client, own, answer, REDIRECT, verifier, options),
        ),
      );
    },

    async askFromBehind(form, decide) {
      const asked = await oauth.processBackchannelAuthenticationResponse(
        as,
        client,
        await oauth.backchannelAuthenticationRequest(as, client, own, form, local),
      );
      const poll = async (): Promise<Json> => {
        const request = () => oauth.backchannelAuthenticationGrantRequest(as, client, own, asked.auth_req_id, options);
        try {
          return await again(async () =>
            oauth.processBackchannelAuthenticationGrantResponse(as, client, await request()),
          );
        } catch (error) {
          if (!(error instanceof oauth.ResponseBodyError) || error.error !== 'authorization_pending') throw error;
          await sleep((asked.interval ?? 5) * 1000);
          return poll();
        }
      };
      const [tokens] = await Promise.all([poll(), decide(asked)]);
      return tokens;
    },

    exchange: (form) =>
      again(async () =>
        oauth.processGenericTokenEndpointResponse(
          as,
          client,
          await oauth.genericTokenEndpointRequest(
            as,
            client,
            own,
            EXCHANGE,
            { subject_token_type: ACCESS_TOKEN, ...form },
            options,
          ),
          // RFC 8693 §2.2.1: what is not an access token has this type.
          { recognizedTokenTypes: { n_a: () => {} } },
        ),
      ),

    refresh: (token) =>
      again(async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, own, token, options),
        ),
      ),

    introspect: async (token) =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, own, token, {
          // Plain JSON: signed answers (RFC 9701) are asked for by their type.
          requestJwtResponse: false,
          ...local,
        }),
      ),

    revoke: async (token) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(as, client, own, token, local)),

    call: (token, method, url) =>
      again(() => oauth.protectedResourceRequest(token, method, url, undefined, undefined, options)),
  };
}
