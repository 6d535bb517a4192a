import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { publishCatalogue } from '../adapters/postgres/catalogue.ts';
import { Database } from '../adapters/postgres/database.ts';
import { parseCatalogue } from '../server/catalogue/catalogue.ts';
import { readConfig, StartupError } from '../server/config.ts';
import { fillDemonstration } from '../server/demo.ts';
import { type Running, start } from '../server/start.ts';
import { cli } from './support/cli.ts';
import { createTestDatabase } from './support/database.ts';
import { browserOf } from './support/person.ts';
import { freePort } from './support/server.ts';

let running: Running;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-empty-'));
  const port = await freePort();
  running = await start(
    readConfig({
      PORT: String(port),
      MANAGEMENT_PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      DEMO: '0',
      COUNTERSIGN_LOG_LEVEL: 'error',
    }),
  );
});
afterAll(async () => {
  await running?.close();
  await database?.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const bootstrap = () => cli({ issuer: running.issuer, dataDir }, ['bootstrap'], { DATABASE_URL: database.url });
const first = {
  organization: 'Initech',
  name: 'Peter Gibbons',
  email: 'peter@initech.example',
  password: 'staplers and reports',
};

test('an empty database: one link, one first administrator however many open it, and then no more', async () => {
  const { code, stdout } = await bootstrap();
  const link = /http:\S+\/enrol\/\S+/.exec(stdout)?.[0] ?? '';
  expect([code, link.startsWith(running.issuer)]).toEqual([0, true]);

  const weak = browserOf(running.issuer);
  const refused = await weak.submit(await weak.get(link), { ...first, password: 'short' });
  expect([refused.status, refused.html.includes('name="password"')]).toEqual([400, true]);

  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const browser = browserOf(running.issuer);
      const page = await browser.get(link);
      return page.html.includes('name="organization"') ? browser.submit(page, first) : page;
    }),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const { status } of answers) expect(status).toBeLessThan(500);

  const browser = browserOf(running.issuer);
  const signedIn = await browser.submit(await browser.get('/login'), first);
  expect([signedIn.status, signedIn.html.includes('Peter Gibbons')]).toEqual([200, true]);
  expect(await bootstrap()).toMatchObject({ code: 6 });
});

test('a database with the demonstration of another release says what to do about it', async () => {
  const other = new Database({ url: database.url, poolSize: 1 });
  try {
    const text = readFileSync(join(import.meta.dirname, '../server/catalogue/demonstration.yaml'), 'utf8');
    await publishCatalogue(other, parseCatalogue(text.replace('en: "Allow reading"', 'en: "Allow to read"')));
    const filling = fillDemonstration(other, { issuer: running.issuer, dataDir, password: undefined });
    await expect(filling).rejects.toThrow(StartupError);
    await expect(filling).rejects.toThrow(`delete DATA_DIR (${dataDir})`);
  } finally {
    await other.close();
  }
});
