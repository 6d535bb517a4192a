import type { Knex } from 'knex';

/** The latest decision about the same actions of the same agent for the same person, found without reading the others. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create index approvals_alike on approvals
      (organization, person, agent, jsonb_path_query_array(actions, '$[*].action'), decided_at)
      where decision is not null and status <> 'pending'
  `);
}
