import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** The secrets of the few clients that an administrator allowed one, and who was told what ends soon. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table client_secrets (
      organization text not null references organizations,
      id           text not null,
      client_id    text not null references clients on delete cascade,
      -- HMAC-SHA-256 under a key that is not in the database.
      secret_hash  bytea not null check (length(secret_hash) = 32),
      reason       text not null check (reason <> ''),
      made_by      text not null,
      made_at      timestamptz not null default clock_timestamp(),
      expires_at   timestamptz not null,
      primary key (organization, id)
    );
    create index client_secrets_client on client_secrets (client_id);
    ${customerTable('client_secrets', 'select, insert, update, delete')}
    -- Once for each thing, end and threshold.
    create table expiry_notices (
      organization text not null references organizations,
      kind         text not null check (kind in ('credentials', 'registration_token')),
      subject      text not null,
      ends_at      timestamptz not null,
      days         int not null,
      at           timestamptz not null default clock_timestamp(),
      primary key (organization, kind, subject, ends_at, days)
    );
    ${customerTable('expiry_notices', 'select')}
    create index clients_keys_end on clients (keys_end_at) where keys_end_at is not null;
  `);
}
