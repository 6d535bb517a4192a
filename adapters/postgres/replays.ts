import { createHash } from 'node:crypto';

import type { Database } from './database.ts';

export type ReplayKind = 'client assertion' | 'DPoP proof' | 'actor token' | 'hand-off';

/** Detects a second presentation of anything that may be presented once. */
export interface Replays {
  /**
   * True for the first caller alone, however many instances ask together.
   *
   * @param lasting whether this is all the request writes: then it waits for its own commit
   */
  firstUse(kind: ReplayKind, issuer: string, jti: string, expiresAt: Date, lasting?: 'lasting'): Promise<boolean>;
}

export const postgresReplays = (database: Database): Replays => ({
  async firstUse(kind, issuer, jti, expiresAt, lasting) {
    const key = createHash('sha256')
      .update(JSON.stringify([kind, issuer, jti]))
      .digest();
    return (await database.run(lasting ? INSERT : INSERT_UNWAITED, [key, expiresAt])) === 1;
  },
});

const INSERT = 'insert into replays (key, expires_at) values ($1, $2) on conflict do nothing';

// Not waited for: the token of the same request leaves after its evidence is committed, which flushes this too.
const INSERT_UNWAITED = `
  insert into replays (key, expires_at)
  select $1, $2 from (select set_config('synchronous_commit', 'off', true)) as unwaited
  on conflict do nothing`;
