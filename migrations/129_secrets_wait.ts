import type { Knex } from 'knex';

/** A client secret waits for the owner of its agent, as a builder's change of a registration does. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table client_secrets
      -- The change of the registration that has to be approved first; null: it counts.
      add column waits_for      text,
      -- For which the former ones count on once this one counts.
      add column overlap_seconds int not null default 0 check (overlap_seconds >= 0);
    grant insert on registration_changes to countersign_pages;
  `);
}
