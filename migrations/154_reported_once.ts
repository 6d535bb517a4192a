import type { Knex } from 'knex';

/**
 * When its person said that they did not start it: one alarm, however often they say so, and also of what was allowed. The
 * security team looks for the agents that this was said of lately.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table approvals add column reported_at timestamptz;
    update approvals set reported_at = decided_at where deny_reason = 'not_me';
    create index approvals_reported on approvals (organization, reported_at) where reported_at is not null
  `);
}
