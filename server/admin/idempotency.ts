import { createHash } from 'node:crypto';

import { type AdminOutcome, conflict, done, malformed, unacceptable } from './admin.ts';

/** What was answered before, by whoever asked and the key that they chose. */
export interface IdempotencyStore {
  /** Claims the key, or finds who claimed it: an answer, or nothing yet. */
  claim(
    caller: string,
    keyHash: Buffer,
    fingerprint: Buffer,
  ): Promise<'claimed' | { fingerprint: Buffer; answer: Answered | undefined }>;
  keep(caller: string, keyHash: Buffer, answer: Answered): Promise<void>;
  /** After a fault nothing is known, so the same request may be sent again. */
  release(caller: string, keyHash: Buffer): Promise<void>;
}

export interface Answered {
  status: number;
  body: object;
}

/**
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a POST whose answer was lost is sent again
 * with the same key, is done once, and is answered as the first time, for a day.
 *
 * @param key as it was sent; undefined or empty: the request has none
 */
export async function once(
  { caller, key, request }: { caller: string; key: string | undefined; request: string },
  store: IdempotencyStore,
  work: () => Promise<Answered>,
): Promise<AdminOutcome<Answered>> {
  if (key === undefined || key === '') return done(await work());
  if (key.length > 200 || !/^[\x21-\x7e ]+$/.test(key))
    return malformed('Idempotency-Key has 1 to 200 visible characters');
  const [keyHash, fingerprint] = [sha256(key), sha256(request)];
  const claim = await store.claim(caller, keyHash, fingerprint);
  if (claim !== 'claimed') {
    if (!claim.fingerprint.equals(fingerprint))
      return unacceptable('idempotency_key_reused', 'this Idempotency-Key was sent with another request');
    return claim.answer
      ? done(claim.answer)
      : conflict('in_progress', 'the same request is being answered: ask again in a moment');
  }
  try {
    const answer = await work();
    await store.keep(caller, keyHash, answer);
    return done(answer);
  } catch (error) {
    await store.release(caller, keyHash);
    throw error;
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
