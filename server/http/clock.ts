import type { Context, Next } from 'koa';

import { BadRequest } from './form.ts';

/** Milliseconds by which two clocks may differ and still say the same to whoever reads a token. */
const TOLERANCE_MS = 10_000;

/**
 * The database's clock decides, for all instances, when something began and when it ends. An instance whose own clock says
 * something else would date tokens, believe proofs and end questions wrongly: until the two agree again it does nothing.
 */
export interface Clock {
  agrees(): boolean;
  /** @throws a fault when it does not: nothing is dated, counted or collected by it */
  mustAgree(): void;
  /** What the database's clock said (epoch milliseconds) at some instant of a look that took so many milliseconds. */
  looked(database: number, tookMs: number): void;
}

/** @param changed when it begins to differ, and when it agrees again; seconds that this instance is ahead */
export function watchClock(changed: (agrees: boolean, aheadSeconds: number) => void): Clock {
  // The monotonic clock is not set by anybody: what the other one is set by between two looks is seen at once.
  let turnedFrom = Date.now() - performance.now();
  let agreed = true;
  const agrees = () => agreed && Math.abs(Date.now() - performance.now() - turnedFrom) <= TOLERANCE_MS;
  return {
    agrees,
    mustAgree() {
      if (!agrees()) throw new Error('the clock of this instance is wrong');
    },
    looked(database, tookMs) {
      turnedFrom = Date.now() - performance.now();
      const ahead = secondsAhead(database, tookMs);
      if ((ahead === 0) !== agreed) changed(ahead === 0, ahead);
      agreed = ahead === 0;
    },
  };
}

/** Seconds by which this instance is ahead of what the database said (epoch milliseconds) in a look that has just ended; 0: they agree. */
export function secondsAhead(database: number, tookMs: number): number {
  const after = Date.now();
  const before = after - tookMs;
  // Somewhere between the two: how long the look took is no difference.
  if (database < before - TOLERANCE_MS) return Math.round((before - database) / 1000);
  return database > after + TOLERANCE_MS ? Math.round((after - database) / 1000) : 0;
}

/** Nothing is served by a wrong clock: another instance does, or this one when it is right. */
export function onlyInTime({ agrees }: Pick<Clock, 'agrees'>) {
  return async (ctx: Context, next: Next) => {
    if (agrees()) return next();
    ctx.set('Retry-After', '1');
    throw new BadRequest('the clock of this instance is wrong: try again', 503);
  };
}
