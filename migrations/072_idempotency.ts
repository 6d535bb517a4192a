import type { Knex } from 'knex';

/** What was answered to a request that may be sent twice. Sealed: an answer may hold a link or a token. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table idempotent_requests (
      caller      text not null,
      key_hash    bytea not null check (length(key_hash) = 32),
      -- Of method, path and body: the same key for something else is a mistake.
      fingerprint bytea not null check (length(fingerprint) = 32),
      status      int,
      sealed      text,
      at          timestamptz not null default clock_timestamp(),
      primary key (caller, key_hash),
      check ((status is null) = (sealed is null))
    );
    create index idempotent_requests_at on idempotent_requests (at);
  `);
}
