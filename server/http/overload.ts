import { randomInt } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Context, Next } from 'koa';

import { json } from './respond.ts';

/** So few requests under way are no crowd, however slow the machine is. */
const CROWD = 500;
/** Milliseconds that everything waits for its turn, on average: past that, nobody is served well. */
const BEHIND_MS = 500;
/** Seconds until the client comes again, at least and at most. */
const AGAIN = [2, 10] as const;

/**
 * Whoever waits anyway waits a little longer: when this instance falls behind, held polls (`Prefer: wait`) are sent back
 * before they cost a signature or a statement (CIBA Core's long poll: 503 with `Retry-After`), so that decisions, tokens
 * and stops go on. A poll that is sent back lost nothing.
 */
export function shedPolls(isBehind: () => boolean) {
  let underWay = 0;
  return async (ctx: Context, next: Next) => {
    const isPoll = ctx.path === '/token' && /\bwait\s*=/i.test(ctx.get('Prefer'));
    if (isPoll && underWay > CROWD && isBehind()) {
      ctx.set('Retry-After', String(randomInt(AGAIN[0], AGAIN[1] + 1)));
      return json(
        ctx,
        { error: 'temporarily_unavailable', error_description: 'too many polls at once: come again later' },
        503,
      );
    }
    underWay += 1;
    try {
      await next();
    } finally {
      underWay -= 1;
    }
  };
}

/** Does everything in this process wait for its turn? Looked at twice a second. */
export function loopIsBehind(): () => boolean {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let behind = false;
  setInterval(() => {
    behind = delay.mean / 1e6 > BEHIND_MS;
    delay.reset();
  }, 500).unref();
  return () => behind;
}
