import type { Database } from './database.ts';

/** Rows per statement: small, so that no request waits behind a clean-up. */
const BATCH = 500;

/**
 * Removes what has expired, in small batches that skip locked rows; several instances may do it at once, and it may
 * be killed at any point. Answers how many rows went.
 */
export async function cleanUp(database: Database): Promise<number> {
  let removed = 0;
  for (const statement of EXPIRED) {
    for (;;) {
      const changed = await database.run(statement, [BATCH]);
      removed += changed;
      if (changed < BATCH) break;
    }
  }
  await addPartitions(database);
  return removed;
}

const EXPIRED = [
  // An expired artefact is kept an hour, so that its owner is told "expired" and not "unknown".
  `delete from engine_artefacts where (id_hash, model) in (
     select id_hash, model from engine_artefacts where expires_at < now() - interval '1 hour' order by expires_at limit $1 for update skip locked)`,
  `delete from replays where key in (
     select key from replays where expires_at < now() - interval '1 minute' order by expires_at limit $1 for update skip locked)`,
  `delete from sessions where id_hash in (
     select id_hash from sessions where expires_at < now() order by expires_at limit $1 for update skip locked)`,
  `delete from signals where id in (
     select id from signals where at < now() - interval '1 minute' order by at limit $1 for update skip locked)`,
  `delete from rate_limits where key in (
     select key from rate_limits where expire < extract(epoch from now()) * 1000 limit $1 for update skip locked)`,
];

/** Days ahead that have a partition of their own; the default partition holds whatever has none. */
const DAYS_AHEAD = 3;

/** One partition of issued tokens per day, so that old days are dropped whole. */
async function addPartitions(database: Database): Promise<void> {
  for (let ahead = 1; ahead <= DAYS_AHEAD; ahead++) {
    const day = new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    const next = new Date(Date.now() + (ahead + 1) * 86_400_000).toISOString().slice(0, 10);
    await database.transaction(async (statements) => {
      await statements.run(`select pg_advisory_xact_lock(hashtext('countersign partitions'))`);
      const name = `issued_tokens_${day.replaceAll('-', '')}`;
      const there = await statements.first('select from pg_class where relname = $1', [name]);
      if (there) return;
      await statements.run(
        `create table ${name} partition of issued_tokens for values from ('${day} 00:00:00+00') to ('${next} 00:00:00+00')`,
      );
    });
  }
}

/** Days of issued tokens that are kept: a token lives minutes, its lineage matters as long as its task (a day at most). */
const DAYS_KEPT = 7;

/** Drops whole days; run once a day. */
export async function dropOldPartitions(database: Database): Promise<string[]> {
  const oldest = new Date(Date.now() - DAYS_KEPT * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
  const rows = await database.rows<{ relname: string }>(
    `select relname from pg_class where relkind = 'r' and relname ~ '^issued_tokens_[0-9]{8}$' and relname < $1`,
    [`issued_tokens_${oldest}`],
  );
  for (const { relname } of rows) await database.run(`drop table if exists ${relname}`);
  return rows.map(({ relname }) => relname);
}
