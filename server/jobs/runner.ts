import { randomUUID } from 'node:crypto';

import { type Delivery, type End, type Handler, type Job, type JobStore, type Message, pauseAfter } from './jobs.ts';

export interface Runner {
  /** Something was put into the outbox: look at once. */
  wake(): void;
  /** Takes nothing more; what is being done is told to end, and is waited for. */
  close(): Promise<void>;
}

/** As many messages at a time; a dead endpoint holds one of them for seconds. */
const AT_ONCE = 16;
/** As many of one organization, so that one customer's dead endpoints do not hold up another's messages. */
const AT_ONCE_PER_ORGANIZATION = 4;
const LEASE_SECONDS = 30;
/** An attempt ends before its lease does. */
const ATTEMPT_MS = 20_000;
const JOB_LEASE_SECONDS = 60;
const LOOK_MS = 1000;
const ATTEMPTS = 8;

/**
 * Does what the outbox holds and the periodic jobs, on every instance. Nothing here decides whether a thing happens
 * once: the database does, by leases, and a worker that was killed or cut off loses its lease and ends nothing.
 */
export function startRunner<Statements>({
  store,
  handlers,
  jobs,
  mayWork = () => true,
  failed,
}: {
  store: JobStore<Statements>;
  handlers: Readonly<Record<string, Handler<Statements>>>;
  jobs: readonly Job[];
  /** False: everything is left to other instances, or for later. */
  mayWork?: () => boolean;
  /** A fault: of a handler, of a job, of the database. */
  failed(error: unknown, what: string): void;
}): Runner {
  const kinds = Object.keys(handlers);
  const names = jobs.map(({ name }) => name);
  const ending = new AbortController();
  const working = new Set<Promise<void>>();
  const inHand = new Map<string, number>();
  let inHandInAll = 0;
  let looking = false;
  let lookAgain = false;

  async function look(): Promise<void> {
    if (ending.signal.aborted || !mayWork()) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    try {
      do {
        lookAgain = false;
        await takeMessages();
      } while (lookAgain && !ending.signal.aborted);
    } catch (error) {
      if (!ending.signal.aborted) failed(error, 'outbox');
    } finally {
      looking = false;
    }
  }

  async function takeMessages(): Promise<void> {
    const limit = AT_ONCE - inHandInAll;
    if (limit <= 0 || kinds.length === 0) return;
    const busy = [...inHand]
      .filter(([, count]) => count >= AT_ONCE_PER_ORGANIZATION)
      .map(([organization]) => organization);
    const lease = randomUUID();
    // No more of one organization than it may hold: the rest of a burst stays for others to take.
    const messages = await store.claim({
      kinds,
      busy,
      limit: Math.min(limit, AT_ONCE_PER_ORGANIZATION),
      lease,
      seconds: LEASE_SECONDS,
    });
    for (const message of messages) {
      begin(message.organization, 1);
      track(
        attempt(message, lease).finally(() => {
          begin(message.organization, -1);
          track(look());
        }),
      );
    }
    if (messages.length > 0) lookAgain = true;
  }

  function begin(organization: string, by: 1 | -1): void {
    const count = (inHand.get(organization) ?? 0) + by;
    if (count === 0) inHand.delete(organization);
    else inHand.set(organization, count);
    inHandInAll += by;
  }

  async function attempt(message: Message, lease: string): Promise<void> {
    const handler = handlers[message.kind];
    if (!handler) return;
    const most = handler.attempts ?? ATTEMPTS;
    try {
      // It was begun as often as it may be, and whoever began it last did not live to say so.
      const delivery = message.attempt > most ? { retry: 'abandoned' } : await deliver(handler, message);
      const pause = 'retry' in delivery ? (delivery.afterSeconds ?? pauseAfter(message.attempt, Math.random())) : 0;
      if ('retry' in delivery && message.attempt < most)
        return await store.retry(message, lease, pause, delivery.retry);
      const end =
        'retry' in delivery ? (handler.exhausted?.(message, delivery.retry) ?? { giveUp: delivery.retry }) : delivery;
      await store.finish(message, lease, ended(end, message));
    } catch (error) {
      failed(error, message.kind); // the database is away: the lease ends by itself
    }
  }

  async function deliver(handler: Handler<Statements>, message: Message): Promise<Delivery<Statements>> {
    try {
      return await handler.deliver(message, AbortSignal.any([ending.signal, AbortSignal.timeout(ATTEMPT_MS)]));
    } catch (error) {
      // Told to end, it did not fail: another instance takes it up at once.
      if (ending.signal.aborted) return { retry: 'the server stopped', afterSeconds: 0 };
      failed(error, message.kind);
      return { retry: error instanceof Error ? error.message : String(error) };
    }
  }

  async function lookForJobs(): Promise<void> {
    if (!mayWork()) return;
    const lease = randomUUID();
    for (const name of await store.claimJobs(names, lease, JOB_LEASE_SECONDS)) {
      const job = jobs.find((each) => each.name === name);
      if (job) track(run(job, lease));
    }
  }

  async function run({ name, every, run: work }: Job, lease: string): Promise<void> {
    const lost = new AbortController();
    const renewal = setInterval(() => {
      store.renewJob(name, lease, JOB_LEASE_SECONDS).then(
        (ours) => ours || lost.abort(),
        () => {}, // the next renewal is in time
      );
    }, JOB_LEASE_SECONDS * 300);
    let error: unknown;
    try {
      await work(AbortSignal.any([ending.signal, lost.signal]));
    } catch (cause) {
      error = cause;
      if (!ending.signal.aborted) failed(cause, name);
    } finally {
      clearInterval(renewal);
    }
    await store
      .finishJob(name, lease, every, error === undefined ? undefined : String(error))
      .catch((cause) => failed(cause, name));
  }

  function track(work: Promise<void>): void {
    working.add(work);
    void work.finally(() => working.delete(work));
  }

  let round: Promise<unknown> = Promise.resolve();
  const everySecond = () => {
    round = Promise.all([
      look(),
      lookForJobs().catch((error) => {
        if (!ending.signal.aborted) failed(error, 'jobs');
      }),
    ]);
  };
  const timer = setInterval(everySecond, LOOK_MS);
  timer.unref();
  everySecond();

  return {
    // Waited for at the end like all else: it may just be taking something into its hands.
    wake: () => track(look()),
    async close() {
      ending.abort();
      clearInterval(timer);
      await round;
      while (working.size > 0) await Promise.allSettled(working);
    },
  };
}

/** Every dead letter is evidence, whatever kind it was. */
function ended<Statements>(delivery: End<Statements>, message: Message) {
  if ('done' in delivery) return { state: 'done' as const, event: delivery.event, effect: delivery.effect };
  const { giveUp, event, effect } = delivery;
  return {
    state: 'dead' as const,
    error: giveUp,
    event: event ?? {
      organization: message.organization,
      type: 'delivery.failed' as const,
      decision: 'reported' as const,
      reason: message.kind,
      content: { message: message.id, attempts: message.attempt, error: giveUp },
    },
    effect,
  };
}
