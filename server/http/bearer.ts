import type { Context } from 'koa';

import { sha256url } from '../oauth/canonical.ts';
import { readProof } from '../oauth/proof.ts';

/** Checks of a DPoP proof at an endpoint of ours that takes access tokens (RFC 9449 §4.3, §7). */
export interface ProofChecks {
  issuer: string;
  firstUse(thumbprint: string, jti: string, expiresAt: Date): Promise<boolean>;
}

/** The access token a request carries, by the Authorization header alone (OA-40, OA-41). */
export function presentedToken(ctx: Context): { scheme: 'bearer' | 'dpop'; value: string } | undefined {
  const match = /^(Bearer|DPoP) ([A-Za-z0-9\-._~+/]+=*)$/i.exec(ctx.get('Authorization'));
  if (!match?.[1] || !match[2]) return undefined;
  return { scheme: match[1].toLowerCase() as 'bearer' | 'dpop', value: match[2] };
}

/** Does the request prove the key that the token is bound to? An unbound token comes as Bearer, a bound one as DPoP. */
export async function provesBinding(
  ctx: Context,
  { scheme, value }: { scheme: 'bearer' | 'dpop'; value: string },
  boundTo: string | null,
  { issuer, firstUse }: ProofChecks,
): Promise<boolean> {
  if (boundTo === null) return scheme === 'bearer';
  if (scheme !== 'dpop') return false; // a stolen bound token, used without its key (DP-05)
  const proof = readProof(ctx.get('DPoP'), { method: ctx.method, url: `${issuer}${ctx.path}` }, Date.now() / 1000);
  if (typeof proof === 'string' || proof.thumbprint !== boundTo || proof.ath !== sha256url(value)) return false;
  return firstUse(proof.thumbprint, proof.jti, new Date(proof.lastsUntil * 1000));
}
