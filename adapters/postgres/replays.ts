import { createHash } from 'node:crypto';

import type { Database } from './database.ts';

export type ReplayKind =
  | 'client assertion'
  | 'attestation proof'
  | 'DPoP proof'
  | 'actor token'
  | 'hand-off'
  | 'assertion'
  | 'logout token'
  | 'passkey challenge';

/** Detects a second presentation of anything that may be presented once. */
export interface Replays {
  /**
   * True for the first caller alone, however many instances ask together.
   *
   * @param lasting whether this is all the request writes: then it waits for its own commit
   */
  firstUse(kind: ReplayKind, issuer: string, jti: string, expiresAt: Date, lasting?: 'lasting'): Promise<boolean>;
  /** The same for what one request presents together, in one statement. */
  firstUses(uses: readonly Use[]): Promise<boolean[]>;
  /** Which of them were presented before. Leaves them as they are: what uses one up asks {@link firstUses} alone. */
  wereUsed(uses: readonly Use[]): Promise<boolean[]>;
}

export interface Use {
  kind: ReplayKind;
  issuer: string;
  jti: string;
  expiresAt: Date;
}

export const postgresReplays = (database: Database): Replays => ({
  async firstUse(kind, issuer, jti, expiresAt, lasting) {
    const key = keyOf({ kind, issuer, jti });
    return (await database.run(lasting ? INSERT : INSERT_UNWAITED, [key, expiresAt])) === 1;
  },

  async firstUses(uses) {
    const keys = uses.map(keyOf);
    const inserted = await database.rows<{ key: Buffer }>(INSERT_ALL, [keys, uses.map(({ expiresAt }) => expiresAt)]);
    return keys.map((key) => inserted.some((row) => row.key.equals(key)));
  },

  async wereUsed(uses) {
    const keys = uses.map(keyOf);
    const known = await database.rows<{ key: Buffer }>('select key from replays where key = any($1::bytea[])', [keys]);
    return keys.map((key) => known.some((row) => row.key.equals(key)));
  },
});

const keyOf = ({ kind, issuer, jti }: Omit<Use, 'expiresAt'>): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([kind, issuer, jti]))
    .digest();

const INSERT = 'insert into replays (key, expires_at) values ($1, $2) on conflict do nothing';

// Not waited for: the token of the same request leaves after its evidence is committed, which flushes this too.
const INSERT_UNWAITED = `
  insert into replays (key, expires_at)
  select $1, $2 from (select set_config('synchronous_commit', 'off', true)) as unwaited
  on conflict do nothing`;

// In one order: two requests with the same pair wait for each other and do not lock each other out.
const INSERT_ALL = `
  insert into replays (key, expires_at)
  select key, expires_at
  from (select set_config('synchronous_commit', 'off', true)) as unwaited, unnest($1::bytea[], $2::timestamptz[]) as uses(key, expires_at)
  order by key
  on conflict do nothing returning key`;
