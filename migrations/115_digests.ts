import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** What was not announced is summed up, and a browser that comes back is known again. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The push service said that the address is no longer there. Kept for a while, without being used: the browser says at
    -- the next sign-in which address took its place. One that the person removed is gone altogether.
    alter table push_subscriptions add column gone_at timestamptz;
    -- One mail about all that waits without having been announced, and when the last one was sent.
    create table notification_digests (
      organization text not null,
      person       text not null,
      -- Requests from then on; null: none is to be sent.
      since        timestamptz,
      sent_at      timestamptz,
      primary key (organization, person),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('notification_digests', 'select')}
  `);
}
