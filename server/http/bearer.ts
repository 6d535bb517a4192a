import type { Context } from 'koa';

import { type Binding, isCertificate } from '../oauth/binding.ts';
import { sha256url } from '../oauth/canonical.ts';
import { isProof, PROOF_ALGORITHMS } from '../oauth/proof.ts';
import type { CertificateReader } from './client-certificate.ts';
import type { ProofReader } from './sent-proof.ts';

/** How a token's key is proven at an endpoint of ours that takes access tokens (RFC 9449 §7, RFC 8705 §3). */
export interface BindingProofs {
  proof: ProofReader;
  certificate: CertificateReader;
  firstUse(thumbprint: string, jti: string, expiresAt: Date): Promise<boolean>;
}

/** Why a token is not taken, in the words of RFC 6750 §3.1 and RFC 9449 §7.1. */
export type TokenRefusal = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';

/** The access token a request carries, by the Authorization header alone (OA-40, OA-41). */
export function presentedToken(ctx: Context): { scheme: 'bearer' | 'dpop'; value: string } | undefined {
  const match = /^(Bearer|DPoP) ([A-Za-z0-9\-._~+/]+=*)$/i.exec(ctx.get('Authorization'));
  if (!match?.[1] || !match[2]) return undefined;
  return { scheme: match[1].toLowerCase() as 'bearer' | 'dpop', value: match[2] };
}

/** Is the key that the token is bound to proven? Undefined when it is. An unbound token comes as Bearer, whatever else. */
export async function unprovenBinding(
  ctx: Context,
  { scheme, value }: { scheme: 'bearer' | 'dpop'; value: string },
  boundTo: Binding | null,
  { proof: read, certificate, firstUse }: BindingProofs,
): Promise<TokenRefusal | undefined> {
  if (boundTo === null) return scheme === 'bearer' ? undefined : 'invalid_token';
  if (isCertificate(boundTo)) {
    return scheme === 'bearer' && certificate(ctx.req)?.binding === boundTo ? undefined : 'invalid_token';
  }
  if (scheme !== 'dpop') return 'invalid_token'; // a stolen bound token, used without its key (DP-05)
  const proof = read(ctx);
  if (!isProof(proof)) return proof?.error ?? 'invalid_dpop_proof';
  if (proof.ath !== sha256url(value)) return 'invalid_dpop_proof';
  if (proof.thumbprint !== boundTo) return 'invalid_token';
  const isFirst = await firstUse(proof.thumbprint, proof.jti, new Date(proof.lastsUntil * 1000));
  return isFirst ? undefined : 'invalid_dpop_proof';
}

/** RFC 6750 §3, RFC 9449 §7.1: what the client has to bring, in the scheme that it tried. */
export function challenge(ctx: Context, refusal: TokenRefusal): void {
  const isDpop = /^DPoP /i.test(ctx.get('Authorization'));
  const algorithms = `, algs="${PROOF_ALGORITHMS.join(' ')}"`;
  ctx.set('WWW-Authenticate', `${isDpop ? 'DPoP' : 'Bearer'} error="${refusal}"${isDpop ? algorithms : ''}`);
}
