import type { Knex } from 'knex';

/** How many agents hold parts of one task, counted one after the other. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Other agents than this one that hold a part of the task, in branches that have not ended. Whoever is counted holds the
    -- task until its transaction ends: of many that arrive together, each sees those before it. Volatile, so that the count
    -- sees what was committed while it waited.
    create function holders_beside(org text, of_task text, holder text) returns int language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock(hashtextextended('holders ' || org || ' ' || of_task, 0));
      return (select count(distinct d.agent) from derived_grants d
              where d.organization = org and d.task = of_task and d.agent <> holder and d.expires_at > clock_timestamp());
    end
    $$;
  `);
}
