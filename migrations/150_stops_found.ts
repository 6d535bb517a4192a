import type { Knex } from 'knex';

/** Stops are few among events, and a person's pages look for those that ended something of theirs. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create index evidence_stops on evidence (organization, at)
      where type in ('authority.stopped', 'authority.resumed')
  `);
}
