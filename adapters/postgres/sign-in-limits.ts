import { RateLimiterRes } from 'rate-limiter-flexible';
import type { SignInLimits } from '../../server/people/sign-in.ts';
import type { Database } from './database.ts';
import { limiterOn } from './limiter.ts';

/** Ten wrong passwords per account and a hundred per address in 15 minutes, counted over all instances. */
export function postgresSignInLimits(database: Database): SignInLimits {
  const byAccount = limiterOn(database, 'sign-in account', 10);
  const byAddress = limiterOn(database, 'sign-in address', 100);
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
