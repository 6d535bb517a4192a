import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

export interface EcJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

/** A client of the measured servers. It signs with Node's own crypto, long before the measured window. */
export interface BenchClient {
  id: string;
  /** Registered for bound tokens: it proves its key with each request for one. */
  bound: boolean;
  /** The public key, as registered. */
  jwk: EcJwk & { kid: string; alg: 'ES256'; use: 'sig' };
  assertion(audience: string): string;
  /** DPoP (RFC 9449); for a resource, with the access token that it goes with. */
  proof(url: string, method?: string, accessToken?: string): string;
}

export interface BenchKey {
  jwk: BenchClient['jwk'];
  key: KeyObject;
}

export function newKey(): BenchKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, jwk: withKid(publicKey.export({ format: 'jwk' }) as EcJwk) };
}

/** From a private JWK, such as those of `demo.json`. */
export function keyFrom(jwk: object): BenchKey {
  const { x, y } = jwk as EcJwk;
  return {
    key: createPrivateKey({ key: jwk as never, format: 'jwk' }),
    jwk: withKid({ kty: 'EC', crv: 'P-256', x, y }),
  };
}

export function clientWith(id: string, { key, jwk }: BenchKey, bound = false): BenchClient {
  const { kty, crv, x, y } = jwk;
  return {
    id,
    bound,
    jwk,
    assertion(audience) {
      const now = Math.floor(Date.now() / 1000);
      return jws(
        key,
        { kid: jwk.kid, typ: 'client-authentication+jwt' },
        { iss: id, sub: id, aud: audience, jti: randomUUID(), iat: now, exp: now + 300 },
      );
    },
    proof: (url, method = 'POST', accessToken = undefined) =>
      jws(
        key,
        { typ: 'dpop+jwt', jwk: { kty, crv, x, y } },
        {
          htm: method,
          htu: url,
          jti: randomUUID(),
          iat: Math.floor(Date.now() / 1000),
          ...(accessToken && { ath: createHash('sha256').update(accessToken).digest('base64url') }),
        },
      ),
  };
}

export const CIBA = 'urn:openid:params:grant-type:ciba';
/** `private_key_jwt`, RFC 7523. */
export const authentication = (client: BenchClient, { issuer }: { issuer: string }) => ({
  client_id: client.id,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: client.assertion(issuer),
});

export const REDIRECT = 'http://127.0.0.1:9/callback';
/** PKCE (RFC 7636): every code of the benchmark has the same. */
export const VERIFIER = 'v'.repeat(43);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** A compact JWS (RFC 7515), ES256. */
export function jws(key: KeyObject, header: object, payload: object): string {
  const input = `${encode({ alg: 'ES256', ...header })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const withKid = ({ kty, crv, x, y }: EcJwk): BenchClient['jwk'] => ({
  kty,
  crv,
  x,
  y,
  alg: 'ES256',
  use: 'sig',
  // RFC 7638: the members in this order, and nothing else.
  kid: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url'),
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
