import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { Session } from 'node:inspector';

/**
 * Loaded into each server that is measured (`node --import`), so that the product needs no code for it: answers over
 * the process's own channel how much CPU it has used, how large its heap is and how long it took to answer, profiles itself
 * when asked, and ends with whoever measures.
 */

export interface Usage {
  /** Milliseconds of CPU, user and system, of every thread of the process. */
  cpu: number;
  /** Bytes; after a full collection when the heap was asked for. */
  heap: number;
  /** MB that the whole process holds. */
  rss: number;
}

type Ask = { id: number; ask: 'usage' | 'heap' | 'profile' | 'profiled' | 'watch' | 'watched' };

const session = new Session();

/** From the head of each request to the last byte of its answer, as Node tells it, while somebody watches. */
let answered: { path: string; ms: number }[] | undefined;
const began = new WeakMap<IncomingMessage, number>();
subscribe('http.server.request.start', (message) => {
  if (answered) began.set((message as { request: IncomingMessage }).request, performance.now());
});
subscribe('http.server.response.finish', (message) => {
  const { request } = message as { request: IncomingMessage };
  const at = began.get(request);
  if (at !== undefined) answered?.push({ path: request.url ?? '', ms: performance.now() - at });
});

process.on('message', (message: Ask) => {
  if (message.ask === 'profile') {
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 200 });
    session.post('Profiler.start', () => process.send?.({ id: message.id }));
  }
  if (message.ask === 'profiled') {
    session.post('Profiler.stop', (_error, { profile }) => {
      session.disconnect();
      process.send?.({ id: message.id, profile });
    });
  }
  if (message.ask === 'watch') {
    answered = [];
    process.send?.({ id: message.id });
  }
  if (message.ask === 'watched') {
    process.send?.({ id: message.id, answered });
    answered = undefined;
  }
  if (message.ask !== 'usage' && message.ask !== 'heap') return;
  if (message.ask === 'heap') {
    // Twice: what finalizers of the first collection let go of is collected by the second.
    globalThis.gc?.();
    globalThis.gc?.();
  }
  const { user, system } = process.cpuUsage();
  const { heapUsed: heap, rss } = process.memoryUsage();
  const usage: Usage = { cpu: (user + system) / 1000, heap, rss: rss / 1024 / 1024 };
  process.send?.({ id: message.id, ...usage });
});

process.on('disconnect', () => {
  setTimeout(() => process.exit(1), 5000).unref();
  process.kill(process.pid, 'SIGTERM');
});
