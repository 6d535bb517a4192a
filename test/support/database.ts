import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';

import { copyTemplate, dropDatabase, newName, urlOf } from './template.ts';

export { adminUrl } from './template.ts';

/** Gives the calling test file a database of its own, copied from the migrated template; there from beforeAll on. */
export function useDatabase(): { readonly url: string } {
  const name = newName();
  beforeAll(() => copyTemplate(name));
  afterAll(() => dropDatabase(name));
  return { url: urlOf(name) };
}

/** The same for one test: the caller drops it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = newName();
  await copyTemplate(name);
  return { url: urlOf(name), drop: () => dropDatabase(name) };
}

/**
 * Turns the clock of a database by as much, for those who reach it at the URL that this answers: nothing else of it is
 * changed, and nobody else sees it.
 *
 * @param by an interval of Postgres
 */
export async function turnedClock(url: string, by: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      create schema if not exists turned;
      create table if not exists turned.by as select interval '0' as by;
      create or replace function turned.clock_timestamp() returns timestamptz language sql volatile as
        'select pg_catalog.clock_timestamp() + by from turned.by';
      grant usage on schema turned to public;
      grant select on turned.by to public`);
    await client.query('update turned.by set by = $1', [by]);
  } finally {
    await client.end();
  }
  const turned = new URL(url);
  turned.searchParams.set('options', '-c search_path=turned,pg_catalog,public');
  return turned.href.replaceAll('+', '%20');
}
