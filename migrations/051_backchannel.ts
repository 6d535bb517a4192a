import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** CIBA beyond the poll: whom to tell that a decision was made, and what an organization and its people say about it. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table approvals
      add column delivery_mode text check (delivery_mode in ('ping', 'push')),
      -- Sealed: the auth_req_id and the client's notification token, both bearer values.
      add column delivery      text,
      -- Sealed: the answer that a push client was sent, so that every attempt sends the same.
      add column pushed        text,
      add check ((delivery_mode is null) = (delivery is null));
    create table backchannel_settings (
      organization       text primary key references organizations,
      -- May the agent hear why a person said no, in coarse words?
      tells_reason       boolean not null default false,
      -- Hosts that clients may be notified at though nothing else of theirs is there.
      notification_hosts text[] not null default '{}' check (cardinality(notification_hosts) <= 100)
    );
    ${customerTable('backchannel_settings', 'select, insert, update')}
    -- A secret that a person gave to those whose requests they want to receive (CIBA Core §7.1, user_code).
    create table user_codes (
      organization text not null,
      person       text not null,
      code_hash    bytea not null check (length(code_hash) = 32),
      set_at       timestamptz not null default clock_timestamp(),
      primary key (organization, person),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('user_codes', 'select, insert, update, delete')}
  `);
}
