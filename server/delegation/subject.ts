import type { Evidence } from '../evidence/evidence.ts';
import type { KeyRing } from '../keys/keys.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import type { PresentedToken, TokenStore } from './token.ts';

export interface TokenReader {
  issuer: string;
  keys: KeyRing;
  tokens: TokenStore;
  evidence: Evidence;
}

/**
 * An access token of ours, checked and alive: signature, `typ` (RFC 9068 §4, so that no ID token or assertion passes),
 * issuer, expiry, and then its issuance row, which is the only source of its chain, ceiling and binding.
 */
export async function readToken(
  value: string,
  { issuer, keys, tokens, evidence }: TokenReader,
): Promise<Outcome<PresentedToken>> {
  const invalid = (detail: string) => refuse({ reason: 'subject_token_invalid', detail });
  const payload = keys.verify(value, 'at+jwt');
  if (!payload) return invalid('not a token that we signed');
  const { iss, exp, iat, jti } = payload as { iss?: unknown; exp?: unknown; iat?: unknown; jti?: unknown };
  if (iss !== issuer || typeof exp !== 'number' || typeof iat !== 'number' || typeof jti !== 'string') {
    return invalid('not an access token of this issuer');
  }
  if (exp * 1000 <= Date.now()) return invalid('expired');
  const found = await tokens.find(jti, new Date(iat * 1000));
  if (!found) {
    await raiseAlarm(payload, evidence);
    return invalid('signed, but never issued');
  }
  if (found.dead !== undefined) return invalid(found.dead);
  return allow(found.token);
}

/** A valid signature without an issuance row means that somebody else signs with our key, or that a row was lost. */
async function raiseAlarm(payload: Record<string, unknown>, evidence: Evidence): Promise<void> {
  const organization = payload.org_id;
  if (typeof organization !== 'string') return;
  await evidence
    .record({
      organization,
      type: 'token.alarm',
      decision: 'refused',
      reason: 'signed_without_issuance',
      jti: String(payload.jti),
      content: { claims: payload },
    })
    .catch(() => {
      // The organization it names does not exist here: nobody to tell but the log.
    });
}
