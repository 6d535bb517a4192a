import type { Knex } from 'knex';

/** Roles for somebody who is there already: more of them waits for another administrator. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table people
      add column roles_asked text[] check (roles_asked <@ array['admin', 'security', 'auditor', 'approver']),
      add column roles_asked_by text,
      add column roles_asked_at timestamptz,
      add check ((roles_asked is null) = (roles_asked_by is null) and (roles_asked is null) = (roles_asked_at is null));
  `);
}
