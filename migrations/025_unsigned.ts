import type { Knex } from 'knex';

/** What nobody signed is cleaned away, and found for it. */
export async function up(db: Knex): Promise<void> {
  await db.raw('create index decisions_unsigned on decisions (expires_at) where signed_at is null');
}
