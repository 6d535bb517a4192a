import type { Knex } from 'knex';

/** What a task may spend in all, beside how often it may be used. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table task_actions
      -- The parameter whose amount is drawn from it; the currency is the approved parameter's own.
      add column budget_parameter text,
      -- The last line against a race that spends too much.
      add column budget_left      numeric(14, 2) check (budget_left >= 0),
      add check ((budget_parameter is null) = (budget_left is null));
  `);
}
