import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { createDatabase, DATABASE_ROLE, otherDatabase } from '../../adapters/postgres/create-database.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../migrations/index.ts';
import { adminUrl } from '../support/database.ts';
import { describePooler, type Pooler, startPooler } from '../support/pgbouncer.ts';
import { dropDatabase, newName } from '../support/template.ts';

describePooler('through a pooler in transaction mode', () => {
  const name = newName();
  let pooler: Pooler;
  let url: string;
  let database: Database;
  beforeAll(async () => {
    pooler = await startPooler();
    await createDatabase(adminUrl(), name);
    url = pooler.settings(otherDatabase(adminUrl(), name, DATABASE_ROLE)).DATABASE_URL ?? '';
    database = new Database({ url, poolSize: 20, prepared: false });
  });
  afterAll(async () => {
    await database?.close();
    await pooler?.stop();
    await dropDatabase(name);
  });

  test('a new database is brought to the schema, once by however many instances', async () => {
    const applied = await Promise.all([migrate(url), migrate(url)].map((promise) => promise.catch(() => [])));
    expect(applied.flat()).toEqual([...new Set(applied.flat())]); // none of them twice
    expect(await migrate(url)).toEqual([]);
    expect(await database.first('select id from organizations')).toEqual({ id: 'org_deployment' });
  });

  test('the role and the organization of a transaction end with it, whoever gets the connection next', async () => {
    const inside = (organization: string) => database.within(organization, (statements) => statements.first<Who>(WHO));
    const outside = () => database.first<Who>(WHO);
    const failed = (organization: string) =>
      database.within(organization, (statements) => statements.run('select no_such_column')).catch(() => undefined);
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const organization = `org_${n}`;
        if (n % 3 === 0) expect(await inside(organization)).toEqual({ role: 'countersign_pages', organization });
        else if (n % 3 === 1) await failed(organization);
        else expect(await outside()).toEqual({ role: DATABASE_ROLE, organization: null });
      }),
    );
    expect(await outside()).toEqual({ role: DATABASE_ROLE, organization: null });
  });

  test('one statement after another needs no connection of its own', async () => {
    const rows = await Promise.all(
      Array.from({ length: 100 }, (_, n) => database.first<{ n: number }>('select $1::int as n', [n])),
    );
    expect(rows.map((row) => row?.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });
});

interface Who {
  role: string;
  organization: string | null;
}
const WHO = 'select current_user::text as role, current_organization() as organization';
