import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What an authenticator is asked to sign where nothing else is: for one person and one purpose, within ten minutes. */
export interface Challenges {
  /** base64url. @param now epoch milliseconds */
  make(person: string, purpose: string, now: number): string;
  /**
   * Until when it counts, or undefined where it is none of ours, of somebody else, for something else or too old.
   * That it counts once is for whoever takes it to see to.
   */
  accepts(challenge: string, person: string, purpose: string, now: number): Date | undefined;
}

const LIFETIME_MS = 600_000;
const NONCE_BYTES = 16;
const TIME_BYTES = 6;

/** Computed and stored nowhere: looking at a page writes nothing. @param key 32 bytes that all instances share */
export function challengesWith(key: Buffer): Challenges {
  const tagOf = (begin: Buffer, person: string, purpose: string) =>
    createHmac('sha256', key)
      .update(begin)
      .update(JSON.stringify([person, purpose]))
      .digest();
  return {
    make(person, purpose, now) {
      const begin = Buffer.concat([randomBytes(NONCE_BYTES), Buffer.alloc(TIME_BYTES)]);
      begin.writeUIntBE(now + LIFETIME_MS, NONCE_BYTES, TIME_BYTES);
      return Buffer.concat([begin, tagOf(begin, person, purpose)]).toString('base64url');
    },
    accepts(challenge, person, purpose, now) {
      const bytes = Buffer.from(challenge, 'base64url');
      // One spelling, or the same challenge could be remembered as two.
      if (bytes.length !== NONCE_BYTES + TIME_BYTES + 32 || bytes.toString('base64url') !== challenge) return undefined;
      const begin = bytes.subarray(0, NONCE_BYTES + TIME_BYTES);
      if (!timingSafeEqual(bytes.subarray(begin.length), tagOf(begin, person, purpose))) return undefined;
      const expiresAt = begin.readUIntBE(NONCE_BYTES, TIME_BYTES);
      return expiresAt > now ? new Date(expiresAt) : undefined;
    },
  };
}
