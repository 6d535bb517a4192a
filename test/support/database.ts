import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';

import type { Database, Statements } from '../../adapters/postgres/database.ts';
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

/**
 * Begins each act once those before it wait, for the rows that `hold` takes or for one another, and then lets go of them:
 * what happens in the same instant happens in this order every time. Answers what became of each.
 */
export async function inThisOrder<T>(
  database: Database,
  hold: (statements: Statements) => Promise<unknown>,
  acts: readonly (() => Promise<T>)[],
): Promise<T[]> {
  const answers: Promise<T>[] = [];
  await database.transaction(async (statements) => {
    await hold(statements);
    for (const act of acts) {
      answers.push(act());
      // Asked beside the transaction, which sees what it saw first.
      while ((await database.rows(WAITING)).length < answers.length) await sleep(10);
    }
  });
  return Promise.all(answers);
}

const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
