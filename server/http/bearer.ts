import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors as jose, jwtVerify } from 'jose';
import type { Context } from 'koa';

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
  jkt: string | null,
  { issuer, firstUse }: ProofChecks,
): Promise<boolean> {
  if (jkt === null) return scheme === 'bearer';
  if (scheme !== 'dpop') return false; // a stolen bound token, used without its key (DP-05)
  try {
    const { payload, protectedHeader } = await jwtVerify(ctx.get('DPoP'), EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256', 'EdDSA', 'Ed25519'],
      requiredClaims: ['iat', 'jti', 'htm', 'htu', 'ath'],
    });
    const age = Math.abs(Date.now() / 1000 - (payload.iat ?? 0));
    const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk as never);
    const ath = createHash('sha256').update(value).digest('base64url');
    const htu = URL.parse(String(payload.htu));
    if (htu) {
      htu.search = '';
      htu.hash = '';
    }
    if (
      age > 300 ||
      payload.htm !== ctx.method ||
      htu?.href !== new URL(ctx.path, issuer).href ||
      payload.ath !== ath ||
      thumbprint !== jkt
    ) {
      return false;
    }
    return await firstUse(thumbprint, String(payload.jti), new Date(Date.now() + 600_000));
  } catch (error) {
    if (error instanceof jose.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}
