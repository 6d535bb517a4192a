import type { Knex } from 'knex';

/**
 * When each agent used what, up to this moment: what a job has added up, and the tokens since. An agent that got its
 * first token a second ago was used.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Pages read no settings; this one value says nothing about anybody.
    create function use_counted_until() returns timestamptz language sql stable security definer set search_path = pg_catalog, public as
      $$ select (value #>> '{}')::timestamptz from settings where key = 'agent use counted until' $$;

    -- Rows of one agent and action are not added up here: whoever reads them takes the latest.
    create view agent_use_now with (security_invoker = true) as
      select organization, agent, action, used_at from agent_use
      union all
      select t.organization, t.agent, x ->> 'action', t.issued_at
      from issued_tokens t cross join lateral jsonb_array_elements(t.actions) x
      -- A token may commit after a count that its second belongs to.
      where t.issued_at >= coalesce(use_counted_until(), clock_timestamp() - interval '8 days') - interval '30 seconds'
        and t.agent is not null and t.kind in ('leaf', 'own', 'assertion');
    grant select on agent_use_now to countersign_pages;
  `);
}
