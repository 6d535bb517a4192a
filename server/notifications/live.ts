import { PassThrough } from 'node:stream';
import type Router from '@koa/router';

import { sessionOf } from '../people/pages.ts';

/** Seconds between signs of life, so that a proxy does not take the connection for dead. */
const BEAT_SECONDS = 25;
/** Seconds until the browser has to come again, and to be signed in again. */
const LONGEST_SECONDS = 300;
/** Streams of one person on this instance: a page opened a hundred times is not held a hundred times. */
const STREAMS = 10;

/**
 * `/inbox/events`: says "something changed" to the open inboxes of a person, and never what. An idle stream asks the
 * database nothing.
 */
export function liveInbox(
  router: Router,
  changed: (person: string, milliseconds: number, ended: AbortSignal) => Promise<boolean>,
): void {
  const open = new Map<string, number>();

  router.get('/inbox/events', async (ctx) => {
    const session = sessionOf(ctx);
    if (!session) {
      ctx.status = 204; // tells an EventSource not to come again
      return;
    }
    const { id } = session.person;
    if ((open.get(id) ?? 0) >= STREAMS) {
      ctx.status = 204;
      return;
    }
    open.set(id, (open.get(id) ?? 0) + 1);
    const gone = new AbortController();
    const stream = new PassThrough();
    ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no', 'X-Content-Type-Options': 'nosniff' });
    ctx.type = 'text/event-stream';
    ctx.body = stream;
    ctx.res.once('close', () => gone.abort());
    stream.write('retry: 2000\n\n');
    void (async () => {
      const end = performance.now() + LONGEST_SECONDS * 1000;
      try {
        while (!gone.signal.aborted && performance.now() < end) {
          const something = await changed(id, BEAT_SECONDS * 1000, gone.signal);
          stream.write(something ? 'event: inbox\ndata: changed\n\n' : ': still here\n\n');
        }
      } finally {
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
        stream.end();
      }
    })();
  });
}
