import type { Knex } from 'knex';

/** The language of a person's pages and messages, and of an organization's people who chose none. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table organizations add column language text not null default 'en' check (language ~ '^[a-z]{2,3}$');
    alter table people add column language text check (language ~ '^[a-z]{2,3}$');
  `);
}
