import type { Statements } from './database.ts';

/** What has been counted under one key within its window. */
export interface Counted {
  count: number;
  /** Seconds until the window ends, at least 1. */
  retryAfter: number;
}

/** Counts by key, each in windows that begin with the first count: exactly, over all instances, by the database's clock. */
export interface Limiter {
  /** Counts one more, and answers with it. */
  add(key: string): Promise<Counted>;
  /** Without counting. */
  look(key: string): Promise<Counted>;
  forget(key: string): Promise<void>;
}

/** @param of what is counted, so that one table serves all of them */
export function limiterOn(statements: Statements, of: string, windowSeconds: number): Limiter {
  const keyOf = (key: string) => `${of}:${key}`;
  const counted = (row: Counted | undefined): Counted => row ?? { count: 0, retryAfter: 1 };
  return {
    add: async (key) => counted(await statements.first<Counted>(ADD, [keyOf(key), windowSeconds])),
    look: async (key) => counted(await statements.first<Counted>(LOOK, [keyOf(key)])),
    forget: async (key) => {
      await statements.run('delete from rate_limits where key = $1', [keyOf(key)]);
    },
  };
}

const NOW = `(extract(epoch from clock_timestamp()) * 1000)::bigint`;
const LEFT = `greatest(1, ceil((expire - ${NOW}) / 1000.0))::int as "retryAfter"`;

// Not waited for: what a crash forgets is a few counts of the last moments.
const ADD = `
  with unwaited as (select set_config('synchronous_commit', 'off', true))
  insert into rate_limits as r (key, points, expire)
  select $1, 1, ${NOW} + $2::int * 1000 from unwaited
  on conflict (key) do update
  set points = case when r.expire <= ${NOW} then 1 else r.points + 1 end,
      expire = case when r.expire <= ${NOW} then excluded.expire else r.expire end
  returning points as count, ${LEFT}`;

const LOOK = `select points as count, ${LEFT} from rate_limits where key = $1 and expire > ${NOW}`;
