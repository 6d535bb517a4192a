import type { Knex } from 'knex';

/** For whom a local password signs in: everyone, or administrators alone when the provider is down (break-glass). */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table organizations add column passwords text not null default 'everyone'
      check (passwords in ('everyone', 'administrators', 'nobody'))
  `);
}
