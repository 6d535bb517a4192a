import type { PublicJwk } from '../server/oauth/jws.ts';
import { type IssuerKeys, IssuerUnreachable } from '../server/people/trusted-issuer.ts';

/** Milliseconds. */
const FRESH = 600_000;
/** Keys that were had may still be used while their address does not answer. */
const USABLE = 3_600_000;
/** A key that nobody knows is looked for, but not by every request that names one. */
const AGAIN = 30_000;
const AGAIN_AFTER_FAILURE = 5_000;
const REMEMBERED = 1000;
const KEYS = 100;

interface Known {
  keys: readonly PublicJwk[];
  fetchedAt: number;
  triedAt: number;
  problem: string | undefined;
  running: Promise<void> | undefined;
}

/**
 * Public keys of other issuers (RFC 7517 §5), by their `jwks_uri` through the one way out. Fetched when they are first
 * needed, again after ten minutes, and at most every 30 seconds for a key that is not among them, so that a rotation
 * is noticed and nobody can make this server hammer another.
 *
 * @param now milliseconds
 */
export function issuerKeys(fetch: typeof globalThis.fetch, now: () => number = Date.now): IssuerKeys {
  const known = new Map<string, Known>();

  async function refresh(uri: string, entry: Known): Promise<void> {
    entry.triedAt = now();
    try {
      entry.keys = await keysAt(uri, fetch);
      entry.fetchedAt = now();
      entry.problem = undefined;
    } catch (cause) {
      // Whatever goes wrong there is theirs to mend, and must not become a fault of ours.
      entry.problem = cause instanceof Error ? cause.message : String(cause);
    }
  }

  return {
    async remote(uri, missing) {
      let entry = known.get(uri);
      if (!entry) {
        if (known.size >= REMEMBERED) known.clear();
        entry = { keys: [], fetchedAt: -Infinity, triedAt: -Infinity, problem: undefined, running: undefined };
        known.set(uri, entry);
      }
      const pause = entry.problem === undefined ? AGAIN : AGAIN_AFTER_FAILURE;
      const due = missing !== undefined || now() - entry.fetchedAt > FRESH;
      if (entry.running === undefined && due && now() - entry.triedAt > pause) {
        const current = entry;
        entry.running = refresh(uri, entry).finally(() => {
          current.running = undefined;
        });
      }
      if (due) await entry.running;
      if (now() - entry.fetchedAt > USABLE) throw new IssuerUnreachable(entry.problem ?? 'never fetched');
      return entry.keys;
    },
  };
}

async function keysAt(uri: string, fetch: typeof globalThis.fetch): Promise<PublicJwk[]> {
  const response = await fetch(uri, { headers: { accept: 'application/jwk-set+json, application/json' } });
  if (response.status !== 200) throw new Error(`it answers ${response.status}`);
  const { keys } = (await response.json()) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('it is no set of keys');
  return keys.filter((key): key is PublicJwk => typeof key === 'object' && key !== null).slice(0, KEYS);
}
