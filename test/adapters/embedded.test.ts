import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, DATABASE_ROLE, otherDatabase } from '../../adapters/postgres/create-database.ts';
import { startEmbedded } from '../../adapters/postgres/embedded.ts';
import { adminUrl, createTestDatabase, useDatabase } from '../support/database.ts';
import { familyOf, killAll, mentioning, remaining } from '../support/processes.ts';

const database = useDatabase();
const isRoot = process.getuid?.() === 0;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-embedded-'));
fs.chmodSync(scratch, 0o1777); // as root the server is another user, and removes its own ephemeral directory
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

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
  const seen = await query(
    database.url,
    `select to_regclass('left_behind') as found, to_regclass('migrations') is null as empty`,
  );
  expect(seen).toEqual([{ found: null, empty: false }]);
  await other.drop();
});

test('two processes may create the same database at once', async () => {
  const name = 'made_by_two';
  await Promise.all([createDatabase(adminUrl(), name), createDatabase(adminUrl(), name)]);
  const owner = await query(
    otherDatabase(adminUrl(), name, DATABASE_ROLE),
    'select datdba::regrole::text as owner from pg_database where datname = current_database()',
  );
  expect(owner).toEqual([{ owner: DATABASE_ROLE }]);
  await query(adminUrl(), `drop database ${name}`);
});

test('two first starts at once end with one server, which listens on no network', async () => {
  const dataDir = path.join(scratch, 'two');
  const [one, two] = await Promise.all([startEmbedded({ dataDir }), startEmbedded({ dataDir })]);
  expect(one.home).toBe(two.home);
  expect([one.joined, two.joined].filter((joined) => !joined)).toHaveLength(1);
  expect(await query(two.url('postgres'), `select current_setting('listen_addresses') as addresses`)).toEqual([
    { addresses: '' },
  ]);
  await Promise.all([one.stop(), two.stop()]);
});

test('what was committed is there after kill -9 of the server and of the process that had started it', async () => {
  const dataDir = path.join(scratch, 'killed');
  const { child, url } = await startElsewhere(dataDir);
  await query(url, 'create table kept (n int)');
  const family = familyOf(child.pid ?? 0);
  const writing = writeUntilCut(url);
  await sleep(300);
  killAll(family);
  const acknowledged = await writing;
  expect(acknowledged).toBeGreaterThan(0);
  expect(await remaining(family)).toEqual([]);

  const again = await startEmbedded({ dataDir });
  const [row] = await query(again.url('postgres'), 'select count(*)::int as n from kept');
  expect((row as { n: number }).n).toBeGreaterThanOrEqual(acknowledged);
  await again.stop();
});

test('no server stays behind when its process is killed while it starts', async () => {
  const dataDir = path.join(scratch, 'early');
  await (await startEmbedded({ dataDir })).stop();
  for (let round = 0; round < 3; round++) {
    const child = elsewhere(dataDir, {}, "process.kill(process.pid, 'SIGKILL')");
    await once(child, 'exit');
    expect(await remaining(mentioning(`${dataDir}/`))).toEqual([]);
  }
});

test('an ephemeral server leaves neither process nor directory when its process is killed', async () => {
  const dataDir = fs.mkdtempSync(path.join(scratch, 'ephemeral-'));
  const { child } = await startElsewhere(dataDir, { ephemeral: true, durable: false });
  const family = familyOf(child.pid ?? 0);
  child.kill('SIGKILL');
  expect(await remaining(family)).toEqual([]);
  expect(fs.existsSync(dataDir)).toBe(false);
});

if (isRoot) {
  test('root keeps the files where the server can reach them, and the data directory leads there', async () => {
    const closed = path.join(scratch, 'closed');
    fs.mkdirSync(closed, { mode: 0o700 });
    const dataDir = path.join(closed, 'data');
    const server = await startEmbedded({ dataDir });
    expect(server.home).toMatch(/^\/var\/lib\/countersign\/postgres-/);
    expect(fs.realpathSync(path.join(dataDir, 'postgres'))).toBe(server.home);
    await server.stop();

    // Removing the data directory is how somebody starts from nothing.
    fs.rmSync(dataDir, { recursive: true });
    const anew = await startEmbedded({ dataDir });
    expect(anew.home).not.toBe(server.home);
    await anew.stop();
    for (const { home } of [server, anew]) fs.rmSync(home, { recursive: true });
  });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Inserts one row after the other; answers how many were acknowledged before the connection broke. */
async function writeUntilCut(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  for (let acknowledged = 0; ; acknowledged++) {
    try {
      await client.query('insert into kept values ($1)', [acknowledged]);
    } catch {
      return acknowledged;
    }
  }
}

async function startElsewhere(dataDir: string, options = {}): Promise<{ child: ChildProcess; url: string }> {
  const child = elsewhere(dataDir, options);
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, url: String(line).trim() };
}

/** A process of its own that starts the server, does what it is told to meanwhile, prints the URL and then waits. */
function elsewhere(dataDir: string, options = {}, meanwhile = ''): ChildProcess {
  const module = new URL('../../adapters/postgres/embedded.ts', import.meta.url).href;
  const script = `
    const { startEmbedded } = await import('${module}');
    const server = startEmbedded(JSON.parse(process.env.OPTIONS));
    ${meanwhile};
    console.log((await server).url('postgres'));
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, OPTIONS: JSON.stringify({ dataDir, ...options }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
