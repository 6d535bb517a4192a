import type { Knex } from 'knex';

/** An attester that a client registered, and a secret that an administrator allowed it, are as good as a key. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    do $$ declare before text := pg_get_functiondef('agent_lacks(text, text)'::regprocedure); begin
      execute replace(before, $a$c.metadata -> 'workload_identity' is not null$a$,
                      $a$c.metadata -> 'workload_identity' is not null or c.metadata -> 'client_attester' is not null
               or c.metadata ->> 'token_endpoint_auth_method' in ('client_secret_basic', 'client_secret_post')$a$);
    end $$;
  `);
}
