import type { Knex } from 'knex';

/** A workload that a trusted issuer names is as good as a key. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    do $$ declare before text := pg_get_functiondef('agent_lacks(text, text)'::regprocedure); begin
      execute replace(before, $a$c.metadata -> 'jwks_uri' is not null$a$,
                      $a$c.metadata -> 'jwks_uri' is not null or c.metadata -> 'workload_identity' is not null$a$);
    end $$;
  `);
}
