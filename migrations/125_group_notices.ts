import type { Knex } from 'knex';

/** Whoever belongs to a group of deciders may have its requests wait in the inbox without being called. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Since when this member is not called for what the group is asked; null: they are. Ends with the membership.
    alter table group_members add column muted_at timestamptz;
    grant update (muted_at) on group_members to countersign_pages;
  `);
}
