import { createHmac } from 'node:crypto';

/** Nonces for DPoP proofs (RFC 9449 §8): a proof with one was made within the last two minutes, and not before. */
export interface Nonces {
  /** Is a proof without one refused? */
  readonly required: boolean;
  /** @param now epoch seconds */
  current(now: number): string;
  /** @param now epoch seconds */
  accepts(nonce: string, now: number): boolean;
}

const STEP_SECONDS = 60;

/**
 * Computed from the time and stored nowhere, so that every instance gives and takes the same ones. Nobody without the
 * key knows the next: a proof cannot be made in stock for later by somebody who borrows a client's key for a moment.
 *
 * @param key 32 bytes that all instances share
 */
export function noncesWith(key: Buffer, required: boolean): Nonces {
  const known = new Map<number, string>();
  const nonceOf = (step: number): string => {
    let nonce = known.get(step);
    if (nonce === undefined) {
      nonce = createHmac('sha256', key).update(`DPoP nonce ${step}`).digest('base64url');
      if (known.size > 10) known.clear();
      known.set(step, nonce);
    }
    return nonce;
  };
  return {
    required,
    current: (now) => nonceOf(Math.floor(now / STEP_SECONDS)),
    accepts(nonce, now) {
      const step = Math.floor(now / STEP_SECONDS);
      // The next one is known only where another instance, whose clock is ahead, gave it.
      return [step, step - 1, step + 1].some((one) => nonceOf(one) === nonce);
    },
  };
}
