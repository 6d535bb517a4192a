import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { SignInLimits } from '../../server/people/sign-in.ts';
import type { Database } from './database.ts';

/** Ten wrong passwords per account and a hundred per address in 15 minutes, counted over all instances. */
export function postgresSignInLimits(database: Database): SignInLimits {
  const limiter = (keyPrefix: string, points: number): RateLimiterAbstract =>
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
  const byAccount = limiter('sign-in account', 10);
  const byAddress = limiter('sign-in address', 100);
  return {
    async attempt(account, address) {
      const results = await Promise.allSettled([byAccount.consume(account), byAddress.consume(address)]);
      let wait: number | undefined;
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        if (!(result.reason instanceof RateLimiterRes)) throw result.reason;
        wait = Math.max(wait ?? 0, Math.ceil(result.reason.msBeforeNext / 1000));
      }
      return wait;
    },
    async succeeded(account) {
      await byAccount.delete(account);
    },
  };
}

async function queryOf(database: Database, query: string | { text: string; values: unknown[] }, values?: unknown[]) {
  const [text, parameters] = typeof query === 'string' ? [query, values ?? []] : [query.text, query.values];
  const rows = await database.rows(text, parameters);
  return { rows, rowCount: rows.length };
}
