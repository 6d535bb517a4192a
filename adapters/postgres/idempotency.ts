import type { Answered, IdempotencyStore } from '../../server/admin/idempotency.ts';
import type { Sealing } from '../../server/keys/seal.ts';
import type { Database } from './database.ts';

const PURPOSE = 'idempotent answer';

/** Answers to requests that may be sent twice, for a day, sealed. */
export const postgresIdempotency = (database: Database, sealing: Sealing): IdempotencyStore => ({
  async claim(caller, keyHash, fingerprint) {
    if ((await database.run(CLAIM, [caller, keyHash, fingerprint])) === 1) return 'claimed';
    const row = await database.first<{ fingerprint: Buffer; sealed: string | null }>(FIND, [caller, keyHash]);
    if (!row) return this.claim(caller, keyHash, fingerprint); // it was released in between
    const answer = row.sealed === null ? undefined : (JSON.parse(sealing.open(PURPOSE, row.sealed)) as Answered);
    return { fingerprint: row.fingerprint, answer };
  },
  async keep(caller, keyHash, answer) {
    await database.run('update idempotent_requests set status = $3, sealed = $4 where caller = $1 and key_hash = $2', [
      caller,
      keyHash,
      answer.status,
      sealing.seal(PURPOSE, JSON.stringify(answer)),
    ]);
  },
  async release(caller, keyHash) {
    await database.run('delete from idempotent_requests where caller = $1 and key_hash = $2 and status is null', [
      caller,
      keyHash,
    ]);
  },
});

// A key of yesterday is free again, and so is one whose server died in the middle of the work.
const CLAIM = `
  insert into idempotent_requests as r (caller, key_hash, fingerprint) values ($1, $2, $3)
  on conflict (caller, key_hash) do update
  set fingerprint = excluded.fingerprint, status = null, sealed = null, at = clock_timestamp()
  where r.at < clock_timestamp() - interval '1 day' or (r.status is null and r.at < clock_timestamp() - interval '1 minute')`;

const FIND = 'select fingerprint, sealed from idempotent_requests where caller = $1 and key_hash = $2';
