import { expect, test } from '@jest/globals';
import pg from 'pg';
import { DATABASE_ROLE } from '../../adapters/postgres/create-database.ts';
import { createTestDatabase, useDatabase } from '../support/database.ts';

const database = useDatabase();

test('a test file owns its database under a role that is no superuser', async () => {
  const [row] = await query(
    database.url,
    'select current_user as role, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user',
  );
  expect(row).toEqual({ role: DATABASE_ROLE, rolsuper: false, rolbypassrls: false, rolcreaterole: true });
});

test('a copy of the template has the schema and nothing of another copy', async () => {
  const other = await createTestDatabase();
  await query(other.url, 'create table left_behind ()');
  expect(
    await query(database.url, `select to_regclass('left_behind') as found, to_regclass('migrations') is null as empty`),
  ).toEqual([{ found: null, empty: false }]);
  await other.drop();
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
