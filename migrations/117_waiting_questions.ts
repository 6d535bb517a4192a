import type { Knex } from 'knex';

/** A stop can end one question that waits, too. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table stop_epochs drop constraint stop_epochs_key_check, add constraint stop_epochs_key_check
      check (key ~ '^(organization|agent|person|pair|task|approval|grant|token|client|resource|edge|policy|issuer):')`);
}
