import type { Knex } from 'knex';

/**
 * Every style sheet that a release drew decision pages with, once, by its hash: a kept screen names it, and looks as it
 * looked. It is a file of the product and no customer's data, so it belongs to no organization; pages never read it.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table style_sheets (
      hash     text primary key check (hash ~ '^[A-Za-z0-9_-]{43}$'),
      css      text not null,
      first_at timestamptz not null default clock_timestamp()
    );
  `);
}
