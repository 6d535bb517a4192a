import { randomInt } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Context, Next } from 'koa';

import { stateOf } from './request-state.ts';
import { json } from './respond.ts';

/** So few requests under way are no crowd, however slow the machine is. */
const CROWD = 500;
/** Milliseconds that everything waits for its turn, on average: past that, nobody is served well. */
const BEHIND_MS = 500;
/** Share of the heap that may be in use: past that, another poll that is held is one too many. */
const FULL = 0.8;
/** Milliseconds that a poll stands in line before it begins; the next in line is not better off by its waiting longer. */
const PATIENCE_MS = 10_000;
/** Seconds until the client comes again, at least and at most. */
const AGAIN = [2, 10] as const;

export interface PollPace {
  /** Polls that begin at the same time: authenticated, looked up, and then held. */
  atOnce: number;
  /** Does everything here wait for its turn? */
  isBehind(): boolean;
  /** Is there no room for one more? */
  isFull(): boolean;
}

/**
 * Whoever waits anyway waits a little longer. Polls that may be held (`Prefer: wait`) begin a few at a time, in their
 * order, so that ten thousand of them which come in one second keep nobody else from a statement or a processor. Once
 * it is held a poll is in no line, and what it ends with is not either.
 *
 * When this instance falls behind, or has no room, they are sent back before they cost a signature or a statement (CIBA
 * Core's long poll: 503 with `Retry-After`), so that decisions, tokens and stops go on. A poll that is sent back lost
 * nothing.
 */
export function pacePolls({ atOnce, isBehind, isFull }: PollPace) {
  const line: (() => void)[] = [];
  let underWay = 0;
  let beginning = 0;
  const next = () => {
    const first = line.shift();
    if (first) first();
    else beginning -= 1;
  };
  const place = (): Promise<void> | undefined => {
    if (beginning >= atOnce) return new Promise((resolve) => line.push(resolve));
    beginning += 1;
    return undefined;
  };

  async function begin(ctx: Context, serve: Next): Promise<void> {
    if (isFull() || (underWay > CROWD && isBehind())) return sendBack(ctx);
    const came = Date.now();
    await place();
    let begins = true;
    const begun = () => {
      if (begins) next();
      begins = false;
    };
    stateOf(ctx.req).begun = begun;
    try {
      if (Date.now() - came > PATIENCE_MS) return sendBack(ctx);
      if (!ctx.req.socket.destroyed) await serve();
    } finally {
      begun();
    }
  }

  return async (ctx: Context, serve: Next) => {
    underWay += 1;
    try {
      await (isHeldPoll(ctx) ? begin(ctx, serve) : serve());
    } finally {
      underWay -= 1;
    }
  };
}

declare module './request-state.ts' {
  interface RequestState {
    /** Called when this poll waits for a person, and the next may begin. */
    begun?: () => void;
  }
}

const isHeldPoll = (ctx: Context): boolean => ctx.path === '/token' && /\bwait\s*=/i.test(ctx.get('Prefer'));

function sendBack(ctx: Context): void {
  ctx.set('Retry-After', String(randomInt(AGAIN[0], AGAIN[1] + 1)));
  json(ctx, { error: 'temporarily_unavailable', error_description: 'too many polls at once: come again later' }, 503);
}

/** Does everything in this process wait for its turn, and is its heap full? Looked at twice a second. */
export function watchLoad(): Pick<PollPace, 'isBehind' | 'isFull'> {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let [behind, full] = [false, false];
  setInterval(() => {
    behind = delay.mean / 1e6 > BEHIND_MS;
    delay.reset();
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    full = used > limit * FULL;
  }, 500).unref();
  return { isBehind: () => behind, isFull: () => full };
}
