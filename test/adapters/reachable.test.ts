import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { otherDatabase } from '../../adapters/postgres/create-database.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { assertReachable } from '../../adapters/postgres/reachable.ts';
import { adminUrl, turnedClock, useDatabase } from '../support/database.ts';

const database = useDatabase();

test('a database that answers is reachable', async () => {
  await expect(assertReachable(database.url)).resolves.toBeUndefined();
});

test.each([
  ['no server', 'postgresql://u:hunter2@127.0.0.1:1/d', 'no server answers there'],
  ['no host', 'postgresql://u:hunter2@nowhere.invalid/d', 'the host cannot be found'],
  ['no socket', 'postgresql://u:hunter2@localhost/d?host=/nowhere', 'no server answers there'],
])('%s: the reason and what to do, without the password', async (_case, url, reason) => {
  const message = await assertReachable(url).catch((error: Error) => `${error.name}: ${error.message}`);
  expect(message).toContain(`Unavailable: DATABASE_URL: ${reason}`);
  expect(message).not.toContain('hunter2');
});

test.each([
  ['no such database', () => otherDatabase(adminUrl(), 'missing'), 'there is no such database'],
  ['no such role', () => otherDatabase(adminUrl(), 'postgres', 'missing'), 'the server refuses the login'],
])('%s', async (_case, url, reason) => {
  await expect(assertReachable(url())).rejects.toThrow(`DATABASE_URL: ${reason}`);
});

test.each([
  ['ahead of', '-1 hour'],
  ['behind', '1 hour'],
])(
  'issue 5.10: an instance that starts with a clock an hour %s the database’s begins nothing, and says why',
  async (apart, by) => {
    const url = await turnedClock(database.url, by);
    await expect(assertReachable(url)).rejects.toThrow(
      new RegExp(`^DATABASE_URL: the clock of this machine is 3(599|600|601) seconds ${apart} the database's\\. Set`),
    );
    await turnedClock(database.url, '5 seconds');
    await expect(assertReachable(url)).resolves.toBeUndefined();
  },
);

test('something that is no PostgreSQL is given up after some seconds', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  await expect(assertReachable(`postgresql://u@127.0.0.1:${port}/d`)).rejects.toThrow('DATABASE_URL: no connection');
  silent.close();
});

test('a connection that the server ends between two statements of a transaction fails the transaction, and nothing else', async () => {
  const pool = new Database({ url: database.url, poolSize: 2 });
  const lost = pool.transaction(async (statements) => {
    const own = await statements.first<{ pid: number }>('select pg_backend_pid() as pid');
    await pool.run('select pg_terminate_backend($1, 5000)', [own?.pid]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return statements.run('select 1');
  });
  await expect(lost).rejects.toThrow();
  expect(await pool.first('select 1 as one')).toEqual({ one: 1 });
  await pool.close();
});
