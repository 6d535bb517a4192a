import { type PublicJwk, verificationKey } from '../oauth/jws.ts';
import { ASSERTION_ALGORITHMS } from './authenticate.ts';
import { certificatesIn } from './certificate.ts';
import type { ClientRecord } from './clients.ts';

/**
 * The keys that still count: without those past their `exp`, the registered member of a JWK (OpenID Federation §2). A
 * key is rotated with overlap by giving the old one an end.
 */
export function livingKeys(metadata: ClientRecord['metadata'], now: number): ClientRecord['metadata'] {
  const keys = keysIn(metadata);
  const living = keys.filter((jwk) => (endOf(jwk)?.getTime() ?? Number.POSITIVE_INFINITY) > now);
  return living.length === keys.length ? metadata : { ...metadata, jwks: { keys: living } };
}

/** When the last of the registered keys ends: by its own `exp`, or with its certificate. Null where one does not end, or they stand elsewhere. */
export function keysEndAt(metadata: ClientRecord['metadata']): Date | null {
  const keys = keysIn(metadata).filter((jwk) => !isForSomethingElse(jwk));
  const ends = keys.map((jwk) => endOf(jwk) ?? certificatesIn({ keys: [jwk] })[0]?.validToDate);
  if (ends.length === 0 || ends.includes(undefined)) return null;
  return new Date(Math.max(...ends.map((end) => (end as Date).getTime())));
}

/** Does one of these keys end at what is no whole number of seconds since 1970? */
export const hasOddEnd = (metadata: ClientRecord['metadata']): boolean =>
  keysIn(metadata).some(({ exp }) => exp !== undefined && !(Number.isInteger(exp) && Number(exp) > 0));

/** Can a client prove itself with this public key? With an algorithm that we take, and of a size that is enough. */
export const canAuthenticate = (jwk: unknown): boolean => {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kty, alg = ALGORITHMS[String(kty)] } = jwk as PublicJwk;
  return ASSERTION_ALGORITHMS.some((one) => one === alg) && verificationKey(jwk as PublicJwk, alg) !== undefined;
};

const ALGORITHMS: Readonly<Record<string, string>> = { EC: 'ES256', OKP: 'EdDSA', RSA: 'PS256' };

/** It says of itself that it verifies nothing: a key for encryption, say, which does no harm here and no good. */
export const isForSomethingElse = ({ use, key_ops: operations }: Jwk): boolean =>
  (use !== undefined && use !== 'sig') || (Array.isArray(operations) && !operations.includes('verify'));

/**
 * The registration with new keys, or the address of them; its own keys so far count on until then. Those that stand at an
 * address stand there only. Pure.
 */
export function rotatedKeys(
  { jwks, jwks_uri, ...metadata }: ClientRecord['metadata'],
  next: { keys: readonly Jwk[] } | { jwksUri: string },
  until: Date,
  now: Date,
): ClientRecord['metadata'] {
  if ('jwksUri' in next) return { ...metadata, jwks_uri: next.jwksUri };
  const kept = until <= now ? [] : keysIn({ jwks });
  const end = Math.floor(until.getTime() / 1000);
  const ending = kept.map((jwk) => ({ ...jwk, exp: Math.min(end, typeof jwk.exp === 'number' ? jwk.exp : end) }));
  return { ...metadata, jwks: { keys: [...next.keys, ...ending] } };
}

/** Does this client prove itself with keys of its own, which can be given others here? */
export const hasOwnKeys = ({ metadata, document }: Pick<ClientRecord, 'metadata' | 'document'>): boolean =>
  document === undefined &&
  metadata.token_endpoint_auth_method === 'private_key_jwt' &&
  (metadata.jwks !== undefined || metadata.jwks_uri !== undefined);

export type Jwk = Readonly<Record<string, unknown>>;

export const keysIn = ({ jwks }: ClientRecord['metadata']): Jwk[] => {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  return Array.isArray(keys) ? keys.filter((jwk) => typeof jwk === 'object' && jwk !== null) : [];
};

export const endOf = ({ exp }: Jwk): Date | undefined => (typeof exp === 'number' ? new Date(exp * 1000) : undefined);
