import pg from 'pg';

import type { Database, Statements } from './database.ts';

export type Topic = 'approval' | 'stop' | 'catalogue' | 'outbox' | 'inbox';

/** Tells every instance that something changed; sent when the surrounding transaction commits. */
export async function sendSignal(statements: Statements, topic: Topic, value: string): Promise<void> {
  await statements.run(SEND, [topic, value]);
}

export interface Until {
  /** As `performance.now()` says: no clock that somebody sets. */
  since: number;
  milliseconds: number;
  ended?: AbortSignal;
}

/** Hears what other instances (and this one) signal. */
export interface Signals {
  /**
   * Resolves at the first signal on the topic with this value since that instant (when the caller looked and found
   * nothing), or after `milliseconds`. True if signalled.
   */
  next(topic: Topic, value: string, until: Until): Promise<boolean>;
  /** The same for whichever of several comes first. */
  nextOf(awaited: readonly (readonly [topic: Topic, value: string])[], until: Until): Promise<boolean>;
  on(topic: Topic, listener: (value: string) => void): void;
  /** Whether the database answered within the last two seconds. */
  isInTouch(): boolean;
  close(): Promise<void>;
}

/** What an operator finds the direct connection by, in `pg_stat_activity`. */
export const LISTENER = 'countersign listener';

const POLL_MS = 250;
const OUT_OF_TOUCH_MS = 2000;

/**
 * LISTEN on a direct connection gets a signal through within milliseconds; one poll per instance stands behind it,
 * for deployments whose only way to the database is a pooler that does not carry notifications.
 *
 * @param directUrl a connection without a pooler in between; undefined where there is none
 * @param looked told the database's time (epoch milliseconds) at each poll, and how many milliseconds that took
 */
export async function openSignals(
  database: Database,
  directUrl: string | undefined,
  looked: (database: number, tookMs: number) => void = () => {},
): Promise<Signals> {
  const listeners = new Map<Topic, ((value: string) => void)[]>();
  const waiters = new Waiters();
  const heard = new Map<string, number>();
  const latest = new Map<string, number>();
  let closed = false;
  let connection: pg.Client | undefined;

  const hear = (id: string, topic: string, value: string) => {
    if (heard.has(id)) return;
    heard.set(id, performance.now());
    latest.set(`${topic}:${value}`, performance.now());
    for (const listener of listeners.get(topic as Topic) ?? []) listener(value);
    waiters.wake(`${topic}:${value}`);
  };

  const listen = async () => {
    const client = new pg.Client({
      connectionString: directUrl,
      application_name: LISTENER,
      keepAlive: true,
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    client.on('end', () => {
      if (connection === client) connection = undefined;
      if (!closed) setTimeout(() => void listen().catch(() => {}), 1000).unref();
    });
    client.on('notification', ({ payload = '' }) => {
      const [id = '', topic = '', value = ''] = payload.split(' ');
      hear(id, topic, value);
    });
    await client.connect();
    await client.query('listen countersign');
    connection = client;
  };
  if (directUrl !== undefined) await listen().catch(() => {}); // the poll below is enough to be right; this only makes it fast

  // Looks are counted, not seconds: a process that stood still for a while has missed none of them.
  let unanswered = 0;
  let polling = false;
  let polledAt = performance.now();
  const poll = setInterval(async () => {
    unanswered += 1;
    if (polling) return;
    polling = true;
    try {
      const began = performance.now();
      // Whatever was signalled while the database could not be asked is heard now.
      // By the connection of its own where there is one: a crowd before the pool is no silence.
      const window = [WINDOW_SECONDS + (began - polledAt) / 1000];
      const rows = connection
        ? (await connection.query<SignalRow>(RECENT, window)).rows
        : await database.rows<SignalRow>(RECENT, window);
      const ended = performance.now();
      polledAt = began;
      unanswered = 0;
      for (const { id, topic, value, now } of rows) {
        if (id === null) looked(now, ended - began);
        else hear(id, topic, value);
      }
      for (const [id, at] of heard) if (at < performance.now() - 60_000) heard.delete(id);
      for (const [event, at] of latest) if (at < performance.now() - 60_000) latest.delete(event);
    } catch {
      // The database is away: requests report it; the next poll tries again.
    } finally {
      polling = false;
    }
  }, POLL_MS);
  poll.unref();

  const nextOf: Signals['nextOf'] = (awaited, { since, milliseconds, ended }) =>
    new Promise((resolve) => {
      const events = awaited.map(([topic, value]) => `${topic}:${value}`);
      // It came between the look and this call: nobody says it again.
      if (events.some((event) => (latest.get(event) ?? 0) >= since)) return resolve(true);
      if (ended?.aborted) return resolve(false);
      const onEnd = () => waiter.end(false);
      const timer = setTimeout(onEnd, milliseconds);
      const waiter: Waiter = {
        events,
        end(signalled) {
          clearTimeout(timer);
          waiters.remove(waiter);
          ended?.removeEventListener('abort', onEnd);
          resolve(signalled);
        },
      };
      waiters.add(waiter);
      ended?.addEventListener('abort', onEnd);
    });

  return {
    next: (topic, value, until) => nextOf([[topic, value]], until),
    nextOf,
    on: (topic, listener) => {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
    },
    isInTouch: () => unanswered * POLL_MS < OUT_OF_TOUCH_MS,
    async close() {
      closed = true;
      clearInterval(poll);
      await connection?.end().catch(() => {});
    },
  };
}

interface Waiter {
  events: readonly string[];
  end(signalled: boolean): void;
}

/** Who waits for which event. Ten thousand may wait for a stop of one organization, and come and go one by one: sets. */
class Waiters {
  readonly #byEvent = new Map<string, Set<Waiter>>();

  add(waiter: Waiter): void {
    for (const event of waiter.events) {
      const others = this.#byEvent.get(event);
      if (others) others.add(waiter);
      else this.#byEvent.set(event, new Set([waiter]));
    }
  }

  remove(waiter: Waiter): void {
    for (const event of waiter.events) {
      const others = this.#byEvent.get(event);
      others?.delete(waiter);
      if (others?.size === 0) this.#byEvent.delete(event);
    }
  }

  wake(event: string): void {
    for (const waiter of [...(this.#byEvent.get(event) ?? [])]) waiter.end(true);
  }
}

const SEND = `
  with signal as (insert into signals (topic, value) values ($1, $2) returning id)
  select pg_notify('countersign', id || ' ' || $1 || ' ' || $2) from signal`;

type SignalRow =
  | { id: string; topic: string; value: string; now: null }
  /** What the database's clock says. */
  | { id: null; topic: null; value: null; now: number };

const WINDOW_SECONDS = 5;
// A window rather than "after the last id": ids are drawn before their transactions commit, in any order.
const RECENT = `
  select id::text, topic, value, null::float8 as now from signals where at > clock_timestamp() - make_interval(secs => $1)
  union all
  select null, null, null, extract(epoch from clock_timestamp())::float8 * 1000`;
