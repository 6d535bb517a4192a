import type { Knex } from 'knex';

/** Where an agent runs, as an administrator says it: of one agent, or of all that an initial access token registers. */
export async function up(db: Knex): Promise<void> {
  const environment = `add column environment text check (environment in ('production', 'staging', 'test', 'development'))`;
  await db.raw(`
    alter table agents ${environment};
    alter table initial_access_tokens ${environment};
  `);
}
