import type { Knex } from 'knex';

/** A client that waits to be told is told once. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- When the last word of the ping or push was spoken, whether it arrived or not: the message of the request's own end
    -- has nothing to add then.
    alter table approvals add column told_at timestamptz;
    -- What a stop has to look through: those alone who wait to be told.
    create index approvals_to_tell on approvals (organization, asked_at)
      where status = 'pending' and delivery_mode is not null and told_at is null;
  `);
}
