import type { Knex } from 'knex';

/** One request may be told to several people, each by their own ways and within what each can take. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table notifications drop constraint notifications_pkey;
    alter table notifications add primary key (organization, approval, person, channel);
  `);
}
