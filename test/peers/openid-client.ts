import { importJWK, type JWK } from 'jose';
import * as oauth from 'openid-client';

import { ACCESS_TOKEN, EXCHANGE, type Json, newKey, REDIRECT } from '../support/agent.ts';
import type { TestServer } from '../support/server.ts';
import type { Peer, PeerClient } from './peer.ts';

/** The library that openid-client's own users call: OpenID Connect, with the configuration in one object. */
export const openidClient: Peer = {
  name: 'openid-client',

  async register(server, metadata) {
    const { jwk, publicJwk } = await newKey();
    const registered = await oauth.dynamicClientRegistration(
      new URL(server.issuer),
      { ...metadata, jwks: { keys: [publicJwk] } },
      undefined,
      { initialAccessToken: server.demo.initialAccessToken, execute: [oauth.allowInsecureRequests] },
    );
    const { client_id } = registered.clientMetadata();
    return connect(server, client_id, jwk, registered.clientMetadata());
  },

  connect: (server, clientId, jwk) => connect(server, clientId, jwk, {}),
};

async function connect(server: TestServer, clientId: string, jwk: JWK, registration: Json): Promise<PeerClient> {
  const { d: _, ...publicJwk } = jwk;
  const privateKey = (await importJWK(jwk, 'ES256')) as CryptoKey;
  const publicKey = (await importJWK(publicJwk, 'ES256')) as CryptoKey;
  const configuration = await oauth.discovery(
    new URL(server.issuer),
    clientId,
    { id_token_signed_response_alg: 'ES256' },
    oauth.PrivateKeyJwt({ key: privateKey, kid: String(jwk.kid) }),
    { execute: [oauth.allowInsecureRequests] },
  );
  const DPoP = oauth.getDPoPHandle(configuration, { privateKey, publicKey });

  return {
    clientId,
    registration,
    metadata: () => configuration.serverMetadata(),

    async askInBrowser(form, browse) {
      const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
      const expectedState = oauth.randomState();
      const url = await oauth.buildAuthorizationUrlWithPAR(
        configuration,
        {
          redirect_uri: REDIRECT,
          code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          state: expectedState,
          ...form,
        },
        { DPoP },
      );
      const checks = { pkceCodeVerifier, expectedState };
      return oauth.authorizationCodeGrant(configuration, await browse(url), checks, {}, { DPoP });
    },

    async askFromBehind(form, decide) {
      const asked = await oauth.initiateBackchannelAuthentication(configuration, form);
      const polled = oauth.pollBackchannelAuthenticationGrant(configuration, asked, {}, { DPoP });
      const [tokens] = await Promise.all([polled, decide(asked)]);
      return tokens;
    },

    exchange: (form) =>
      oauth.genericGrantRequest(configuration, EXCHANGE, { subject_token_type: ACCESS_TOKEN, ...form }, { DPoP }),
    refresh: (token) => oauth.refreshTokenGrant(configuration, token, {}, { DPoP }),
    introspect: (token) => oauth.tokenIntrospection(configuration, token),
    revoke: (token) => oauth.tokenRevocation(configuration, token),
    call: (token, method, url) =>
      oauth.fetchProtectedResource(configuration, token, url, method, undefined, undefined, { DPoP }),
  };
}
