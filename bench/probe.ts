import { Session } from 'node:inspector';

/**
 * Loaded into each server that is measured (`node --import`), so that the product needs no code for it: answers over
 * the process's own channel how much CPU it has used and how large its heap is, profiles itself when asked, and ends with whoever measures.
 */

export interface Usage {
  /** Milliseconds of CPU, user and system, of every thread of the process. */
  cpu: number;
  /** Bytes; after a full collection when the heap was asked for. */
  heap: number;
  /** MB that the whole process holds. */
  rss: number;
}

type Ask = { id: number; ask: 'usage' | 'heap' | 'profile' | 'profiled' };

const session = new Session();

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
