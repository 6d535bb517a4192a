import type { SignInLimits } from '../../server/people/sign-in.ts';
import type { Database } from './database.ts';
import { limiterOn } from './limiter.ts';

const WINDOW_SECONDS = 15 * 60;
/** Wrong passwords within the window. */
const PER_ACCOUNT = 10;
const PER_ADDRESS = 100;

/** Ten wrong passwords per account and a hundred per address in 15 minutes, counted over all instances. */
export function postgresSignInLimits(database: Database): SignInLimits {
  const byAccount = limiterOn(database, 'sign-in account', WINDOW_SECONDS);
  const byAddress = limiterOn(database, 'sign-in address', WINDOW_SECONDS);
  return {
    async attempt(account, address) {
      const [ofAccount, ofAddress] = await Promise.all([byAccount.add(account), byAddress.add(address)]);
      const waits = [
        ...(ofAccount.count > PER_ACCOUNT ? [ofAccount.retryAfter] : []),
        ...(ofAddress.count > PER_ADDRESS ? [ofAddress.retryAfter] : []),
      ];
      return waits.length > 0 ? Math.max(...waits) : undefined;
    },
    succeeded: (account) => byAccount.forget(account),
  };
}
