import type { Knex } from 'knex';

/** Tasks that repeat without asking. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- The last moment of a standing approval. Until then each use moves \`expires_at\`, so that one nobody uses ends.
    alter table tasks add column standing_until timestamptz check (standing_until >= expires_at);
    -- One approval is repeated once, however often the form is sent.
    create unique index tasks_standing on tasks (organization, approval) where standing_until is not null;
    alter table task_actions
      add column daily_max int check (daily_max > 0),
      add column day_uses  int not null default 0 check (day_uses >= 0),
      add column day_began timestamptz,
      add check (daily_max is null or day_uses <= daily_max);
    create index approvals_same on approvals (organization, person, asked_hash, decided_at) where status = 'approved';
  `);
}
