import { constants, createPublicKey, type JsonWebKeyInput, type KeyObject, verify } from 'node:crypto';

/** A compact JWS (RFC 7515 §7.1) with a JSON object in it, taken apart. Nothing in it holds before {@link isSignedBy}. */
export interface Jws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly input: string;
  readonly signature: Buffer;
}

/** The members of a public JWK (RFC 7517) that matter here. */
export interface PublicJwk {
  kty?: unknown;
  crv?: unknown;
  x?: unknown;
  y?: unknown;
  alg?: unknown;
  use?: unknown;
  key_ops?: unknown;
}

export function parseJws(value: string): Jws | undefined {
  const [, head, body, signature] = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(value) ?? [];
  if (head === undefined || body === undefined || signature === undefined) return undefined;
  const header = objectIn(head);
  const payload = objectIn(body);
  if (!header || !payload) return undefined;
  // An extension that must be understood is not understood here (RFC 7515 §4.1.11).
  if ('crit' in header) return undefined;
  return { header, payload, input: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

/** A key for this algorithm and no other (RFC 8725 §3.1); undefined where the JWK is none, or not for verifying. */
export function verificationKey(jwk: PublicJwk, alg: unknown): KeyObject | undefined {
  const kind = kindOf(alg);
  if (kind === undefined || jwk.kty !== kind.kty || jwk.crv !== kind.crv) return undefined;
  if (jwk.alg !== undefined && jwk.alg !== alg) return undefined;
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput);
    const long = kind.kty !== 'RSA' || (key.asymmetricKeyDetails?.modulusLength ?? 0) >= SMALLEST_RSA;
    return long ? key : undefined;
  } catch {
    return undefined; // not a point of the curve, not base64url
  }
}

/** Did this key, made for the algorithm that the header names, sign it? */
export function isSignedBy({ header, input, signature }: Jws, key: KeyObject): boolean {
  const kind = kindOf(header.alg);
  if (kind === undefined) return false;
  try {
    return verify(kind.digest, Buffer.from(input), { key, ...kind.options }, signature);
  } catch {
    return false; // a signature of a length that the algorithm does not have
  }
}

const SMALLEST_RSA = 2048; // RFC 7518 §3.5

const ED25519 = { kty: 'OKP', crv: 'Ed25519', digest: null, options: {} };
const KINDS: Readonly<
  Record<string, { kty: string; crv: string | undefined; digest: string | null; options: object }>
> = {
  ES256: { kty: 'EC', crv: 'P-256', digest: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES384: { kty: 'EC', crv: 'P-384', digest: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: ED25519,
  Ed25519: ED25519,
  PS256: {
    kty: 'RSA',
    crv: undefined,
    digest: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  // For statements of other issuers, most of which sign with nothing else; each caller says what it accepts.
  RS256: { kty: 'RSA', crv: undefined, digest: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
};

const kindOf = (alg: unknown) => (typeof alg === 'string' && Object.hasOwn(KINDS, alg) ? KINDS[alg] : undefined);

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
