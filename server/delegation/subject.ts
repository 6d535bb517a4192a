import type { Evidence } from '../evidence/evidence.ts';
import type { KeyRing } from '../keys/keys.ts';
import { sha256url } from '../oauth/canonical.ts';
import { newSecret } from '../oauth/ids.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import type { PresentedToken, TokenStore } from './token.ts';

export interface TokenReader {
  issuer: string;
  keys: KeyRing;
  tokens: TokenStore;
  evidence: Evidence;
}

/** What an opaque access token begins with: it can be told, and found by whoever searches for leaked secrets. */
const OPAQUE = 'cs_';

/** A new opaque token. Its `jti` is its hash, so that no store holds what a thief could present. */
export function newOpaqueToken(iat: number): { value: string; jti: string } {
  const value = `${OPAQUE}${iat.toString(36)}_${newSecret()}`;
  return { value, jti: jtiOf(value) };
}

/** Under which name an opaque token was issued: the hash of its one spelling, and the second it was made in. */
export function opaqueName(value: string): { jti: string; issuedAt: Date } | undefined {
  const [, iat] = /^cs_([0-9a-z]{6,8})_[A-Za-z0-9_-]{43}$/.exec(value) ?? [];
  return iat === undefined ? undefined : { jti: jtiOf(value), issuedAt: new Date(Number.parseInt(iat, 36) * 1000) };
}

const jtiOf = (value: string): string => sha256url(value).slice(0, 27);

/**
 * An access token of ours, checked and alive: signature, `typ` (RFC 9068 §4, so that no ID token or assertion passes),
 * issuer, expiry, and then its issuance row, which is the only source of its chain, ceiling and binding. An opaque one
 * has nothing but the row.
 */
export async function readToken(
  value: string,
  { issuer, keys, tokens, evidence }: TokenReader,
): Promise<Outcome<PresentedToken>> {
  const invalid = (detail: string) => refuse({ reason: 'subject_token_invalid', detail });
  const opaque = opaqueName(value);
  if (opaque) {
    const found = await tokens.find(opaque.jti, opaque.issuedAt);
    if (!found) return invalid('not a token that we issued');
    if (found.dead !== undefined) return invalid(found.dead);
    return found.token.expiresAt <= new Date() ? invalid('expired') : allow(found.token);
  }
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
      // The organization it names does not exist here; the log and the count have heard of it.
    });
}
