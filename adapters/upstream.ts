import { importJWK, type JWK } from 'jose';
import * as oauth from 'openid-client';

import type { SignInProvider } from '../server/people/sign-in-provider.ts';
import { type Upstream, UpstreamRefused } from '../server/people/upstream.ts';

/** Milliseconds that a provider's metadata is believed. */
const FRESH = 600_000;
const REMEMBERED = 200;

/**
 * OpenID Connect providers, by openid-client and through the one way out: discovery, authorization code with PKCE,
 * nonce and state, and the checks of OpenID Connect Core §3.1.3.7 on the ID token.
 *
 * @param signingKey our private key, whose public half `jwks_uri` of ours names
 */
export function upstreamProviders(fetch: typeof globalThis.fetch, signingKey: JWK): Upstream {
  const known = new Map<string, { at: number; configuration: Promise<oauth.Configuration> }>();

  async function discover({ issuer, clientId, clientSecret }: SignInProvider): Promise<oauth.Configuration> {
    const authentication =
      clientSecret === undefined
        ? oauth.PrivateKeyJwt({ key: (await importJWK(signingKey, 'ES256')) as CryptoKey, kid: signingKey.kid ?? '' })
        : oauth.ClientSecretBasic(clientSecret);
    const configuration = await oauth.discovery(new URL(issuer), clientId, undefined, authentication, {
      [oauth.customFetch]: fetch as oauth.CustomFetch,
      timeout: 5,
      // The way out decides where plain HTTP may go.
      ...(issuer.startsWith('http:') && { execute: [oauth.allowInsecureRequests] }),
    });
    configuration[oauth.customFetch] = fetch as oauth.CustomFetch;
    return configuration;
  }

  function configurationOf(provider: SignInProvider): Promise<oauth.Configuration> {
    const key = JSON.stringify([provider.id, provider.issuer, provider.clientId, provider.clientSecret]);
    const found = known.get(key);
    if (found && Date.now() - found.at < FRESH) return found.configuration;
    if (known.size >= REMEMBERED) known.clear();
    const configuration = discover(provider);
    known.set(key, { at: Date.now(), configuration });
    configuration.catch(() => known.delete(key)); // a provider that was down is asked again
    return configuration;
  }

  return {
    async begin(provider, { redirectUri, state, nonce, verifier, maxAge, contexts: wanted }) {
      const configuration = await configurationOf(provider).catch(unreachable);
      // Asked for, or some providers say nothing of it.
      const usual = provider.requiredAcr.length > 0 ? provider.requiredAcr : Object.keys(provider.acr);
      const contexts = wanted ?? usual;
      return oauth.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: provider.scopes.join(' '),
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // Asked always: the answer then says when the person signed in there.
        max_age: String(maxAge),
        ...(maxAge === 0 && { prompt: 'login' }),
        ...(contexts.length > 0 && { acr_values: contexts.join(' ') }),
      }).href;
    },

    async finish(provider, answer, { state, nonce, verifier, maxAge }) {
      const configuration = await configurationOf(provider).catch(unreachable);
      try {
        const tokens = await oauth.authorizationCodeGrant(configuration, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
          // Seconds since a sign-in that was asked to be fresh are counted from when it was asked.
          ...(maxAge > 0 && { maxAge }),
        });
        return (tokens.claims() ?? {}) as Record<string, unknown>;
      } catch (cause) {
        return refused(cause);
      }
    },

    async jwksUri(provider) {
      const { jwks_uri } = (await configurationOf(provider).catch(unreachable)).serverMetadata();
      if (jwks_uri === undefined) throw new UpstreamRefused('unreachable', 'it names no keys');
      return jwks_uri;
    },
  };
}

function unreachable(cause: unknown): never {
  throw new UpstreamRefused('unreachable', told(cause));
}

/** What the provider or the check of its answer says; a wrong answer is no fault of ours. */
function refused(cause: unknown): never {
  if (cause instanceof oauth.AuthorizationResponseError) {
    throw new UpstreamRefused(cause.error === 'access_denied' ? 'denied' : 'refused', cause.error);
  }
  throw new UpstreamRefused('refused', told(cause));
}

const told = (cause: unknown): string => {
  const error = cause as { code?: unknown; error?: unknown; message?: unknown };
  return [error.code, error.error, error.message]
    .filter((one) => typeof one === 'string')
    .join(': ')
    .slice(0, 200);
};
