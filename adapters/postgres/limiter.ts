import { type RateLimiterAbstract, RateLimiterPostgres } from 'rate-limiter-flexible';

import type { Database } from './database.ts';

/** So many points per key within 15 minutes, counted over all instances. */
export const limiterOn = (database: Database, keyPrefix: string, points: number): RateLimiterAbstract =>
  new RateLimiterPostgres({
    storeClient: {
      query: (text: string | { text: string; values: unknown[] }, values?: unknown[]) =>
        queryOf(database, text, values),
    },
    storeType: 'client',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points,
    duration: 15 * 60,
  });

async function queryOf(database: Database, query: string | { text: string; values: unknown[] }, values?: unknown[]) {
  const [text, parameters] = typeof query === 'string' ? [query, values ?? []] : [query.text, query.values];
  const rows = await database.rows(text, parameters);
  return { rows, rowCount: rows.length };
}
