import type { KeyObject } from 'node:crypto';

import { sha256url } from './canonical.ts';
import { isSignedBy, type PublicJwk, parseJws, verificationKey } from './jws.ts';
import type { Nonces } from './nonce.ts';

/** What a DPoP proof proves: possession of a key, now, for one request. */
export interface Proof {
  /** RFC 7638 thumbprint of the key. */
  thumbprint: string;
  jti: string;
  /** Epoch seconds until which this proof would be taken: as long it has to be remembered. */
  lastsUntil: number;
  /** The access token it came with, hashed, where there was one. */
  ath: string | undefined;
}

/** What is wrong with a proof, in the words of RFC 9449 §5 and §8. */
export interface ProofRefusal {
  error: 'invalid_dpop_proof' | 'use_dpop_nonce';
  description: string;
}

export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'EdDSA', 'Ed25519'];

export const isProof = (read: Proof | ProofRefusal | undefined): read is Proof => read !== undefined && 'jti' in read;

/**
 * RFC 9449 §4.3, but for replay, which only the database can tell, and `ath`, which only an endpoint that takes access
 * tokens can compare.
 *
 * @param value the `DPoP` header
 * @param request method and URL as the client knows it, without query
 * @param now epoch seconds
 */
export function readProof(
  value: string,
  request: { method: string; url: string },
  nonces: Nonces,
  now: number,
): Proof | ProofRefusal {
  const proof = checkProof(value, request, now);
  if (typeof proof === 'string') return { error: 'invalid_dpop_proof', description: proof };
  // Beside the time and not instead of it: a client that dates its proofs ahead gains nothing by a nonce (DP-08).
  const { nonce } = proof;
  if (nonce === undefined && !nonces.required) return proof;
  if (nonce !== undefined && nonces.accepts(nonce, now)) return proof;
  const description = nonce === undefined ? 'a nonce is required in the DPoP proof' : 'the nonce is not current';
  return { error: 'use_dpop_nonce', description };
}

/** Answers what is wrong as a text. */
function checkProof(
  value: string,
  request: { method: string; url: string },
  now: number,
): (Proof & { nonce: string | undefined }) | string {
  const jws = parseJws(value);
  if (!jws) return INVALID;
  const { alg, typ, jwk } = jws.header;
  if (typeof typ !== 'string' || !/^(application\/)?dpop\+jwt$/i.test(typ)) return INVALID;
  if (!PROOF_ALGORITHMS.includes(String(alg)) || !isPublic(jwk)) return INVALID;
  const key = keyIn(jwk, alg);
  if (!key || !isSignedBy(jws, key)) return INVALID;

  const { iat, jti, htm, htu, ath, nonce, exp, nbf } = jws.payload;
  if (typeof iat !== 'number' || iat <= 0) return 'DPoP proof must have a iat number property';
  if (typeof jti !== 'string' || jti === '') return 'DPoP proof must have a jti string property';
  if (nonce !== undefined && typeof nonce !== 'string') return 'DPoP proof nonce must be a string';
  if (iat < now - WINDOW_SECONDS || iat > now + AHEAD_SECONDS) return 'DPoP proof iat is not recent enough';
  // Neither belongs to a proof; whoever sends one is taken at their word.
  if (exp !== undefined && !(typeof exp === 'number' && exp > now)) return INVALID;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now)) return INVALID;
  if (htm !== request.method) return 'DPoP proof htm mismatch';
  if (withoutQuery(htu) !== new URL(request.url).href) return 'DPoP proof htu mismatch';
  return {
    thumbprint: thumbprintOf(jwk),
    jti,
    lastsUntil: iat + WINDOW_SECONDS,
    ath: typeof ath === 'string' ? ath : undefined,
    nonce,
  };
}

const INVALID = 'invalid DPoP key binding';

/** Clocks differ, and a proof is made for the moment. */
const WINDOW_SECONDS = 300;
const AHEAD_SECONDS = 60;

type ProofJwk = PublicJwk & { kty: string; crv: string; x: string; y?: string };

/** A private key in the header would be published by every proof: nobody may get used to that (RFC 9449 §4.3, 7). */
function isPublic(jwk: unknown): jwk is ProofJwk {
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { x, y } = jwk as PublicJwk;
  return !('d' in jwk || 'k' in jwk) && typeof x === 'string' && (y === undefined || typeof y === 'string');
}

/** A client proves the same key again and again: importing it costs half as much as a verification. */
const imported = new Map<string, KeyObject | undefined>();
const KEYS_REMEMBERED = 2000;

function keyIn(jwk: ProofJwk, alg: unknown): KeyObject | undefined {
  const content = `${alg} ${JSON.stringify(jwk)}`;
  if (!imported.has(content)) {
    if (imported.size >= KEYS_REMEMBERED) imported.clear();
    imported.set(content, verificationKey(jwk, alg));
  }
  return imported.get(content);
}

/** RFC 7638 §3.2: the required members alone, in order of their names. */
const thumbprintOf = ({ crv, kty, x, y }: ProofJwk): string =>
  sha256url(JSON.stringify(kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }));

function withoutQuery(htu: unknown): string | undefined {
  const url = typeof htu === 'string' ? URL.parse(htu) : null;
  if (!url) return undefined;
  url.search = '';
  url.hash = '';
  return url.href;
}
