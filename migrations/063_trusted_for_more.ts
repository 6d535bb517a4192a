import type { Knex } from 'knex';

/** Other issuers are trusted for more than who a person is: what software is, and which workload runs. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table trusted_issuers drop constraint if exists trusted_issuers_profiles_check;
    alter table trusted_issuers add constraint trusted_issuers_profiles_check check (
      cardinality(profiles) > 0
      and profiles <@ array['identity', 'jwt-bearer', 'id-jag', 'software-statement', 'workload', 'attestation']);
  `);
}
