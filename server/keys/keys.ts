import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

import { sha256url } from '../oauth/canonical.ts';
import type { Sealing } from './seal.ts';

/** The keys of one issuer: one signs, all verify. ES256 throughout. */
export interface KeyRing {
  /** What `oidc-provider` signs ID tokens with, the signing key first. */
  readonly privateJwks: { keys: JWK[] };
  /** A compact JWS (RFC 7515) by the signing key. */
  sign(header: { typ: string }, payload: object): string;
  /** The payload, if one of our keys signed this and its `typ` is the one asked for. Time is the caller's to check. */
  verify(token: string, typ: string): Record<string, unknown> | undefined;
}

export interface KeyStore {
  /** Newest first. */
  load(): Promise<{ kid: string; sealed: string }[]>;
  /** Adds the first key unless another instance was faster. */
  addFirst(kid: string, sealed: string): Promise<void>;
}

/**
 * Loads the ring, making the first key where there is none.
 *
 * @throws when a key cannot be opened: the sealing key is not the one it was sealed with
 */
export async function loadKeys(store: KeyStore, sealing: Sealing): Promise<KeyRing> {
  let stored = await store.load();
  if (stored.length === 0) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    await store.addFirst(kid, sealing.seal('signing key', JSON.stringify({ ...jwk, kid, alg: 'ES256', use: 'sig' })));
    stored = await store.load();
  }
  return keyRing(stored.map(({ sealed }) => JSON.parse(sealing.open('signing key', sealed)) as JWK));
}

/** @param keys private ES256 keys, the signing one first */
export function keyRing(keys: readonly JWK[]): KeyRing {
  const [first] = keys;
  if (!first) throw new Error('A key ring needs a key');
  const signingKey = createPrivateKey({ key: first as never, format: 'jwk' });
  const byKid = new Map<string | undefined, KeyObject>(
    keys.map((jwk) => [jwk.kid, createPublicKey({ key: publicPart(jwk) as never, format: 'jwk' })]),
  );
  const verified = rememberedOf(TOKENS_REMEMBERED);
  return {
    privateJwks: { keys: [...keys] },
    sign(header, payload) {
      const input = `${encode({ alg: 'ES256', ...header, kid: first.kid })}.${encode(payload)}`;
      const signature = sign('sha256', Buffer.from(input), { key: signingKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
    verify(token, typ) {
      // The same bytes by the same key: what was genuine a second ago still is. Whether it is alive is asked anew each time.
      const name = sha256url(`${typ} ${token}`);
      const before = verified.get(name);
      if (before) return before;
      const parts = token.split('.');
      const [head, body, signature] = parts;
      if (parts.length !== 3 || !head || !body || !signature) return undefined;
      const header = decode(head);
      // The algorithm is ours, never the token's; `typ` keeps an ID token from passing as an access token (RFC 8725 §3.11).
      if (header?.alg !== 'ES256' || String(header.typ).toLowerCase() !== typ || 'crit' in header) return undefined;
      const key = byKid.get(header.kid as string | undefined);
      if (!key) return undefined;
      // The last character holds spare bits: without this, one token has sixteen spellings.
      const bytes = Buffer.from(signature, 'base64url');
      if (bytes.toString('base64url') !== signature) return undefined;
      const genuine = verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes);
      const payload = genuine ? decode(body) : undefined;
      if (payload) verified.set(name, Object.freeze(payload));
      return payload;
    },
  };
}

/** A server's own token comes with each of its calls, a root with each of its exchanges: for five minutes. */
const TOKENS_REMEMBERED = 4096;

/** What was used lately: at most twice as many as is said, in two generations, the older of which is forgotten whole. */
function rememberedOf(limit: number) {
  let [young, old] = [new Map<string, Record<string, unknown>>(), new Map<string, Record<string, unknown>>()];
  const set = (name: string, payload: Record<string, unknown>) => {
    if (young.size >= limit) [young, old] = [new Map(), young];
    young.set(name, payload);
  };
  return {
    set,
    get(name: string): Record<string, unknown> | undefined {
      const payload = young.get(name) ?? old.get(name);
      if (payload && !young.has(name)) set(name, payload);
      return payload;
    },
  };
}

const publicPart = ({ kty, crv, x, y }: JWK) => ({ kty, crv, x, y });
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
