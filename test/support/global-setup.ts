import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createDatabase, DATABASE_ROLE, otherDatabase } from '../../adapters/postgres/create-database.ts';
import { type EmbeddedServer, startEmbedded } from '../../adapters/postgres/embedded.ts';
import { migrate } from '../../migrations/index.ts';
import { findBrowser, findShell } from '../../server/setup/browser.js';

declare global {
  var embeddedServer: EmbeddedServer | undefined;
}

/**
 * One server for the whole run and one migrated database in it; every test file gets a copy (database.ts).
 * TEST_DATABASE_URL, a superuser's, runs the tests on that server instead.
 */
export default async function globalSetup(): Promise<void> {
  let admin = process.env.TEST_DATABASE_URL;
  if (!admin) {
    globalThis.embeddedServer = await startEmbedded({
      dataDir: fs.mkdtempSync(path.join(scratchRoot(), 'countersign-test-')),
      durable: false,
      ephemeral: true,
      settings: { max_connections: '300', shared_buffers: '64MB', autovacuum: 'off', max_wal_size: '4GB' },
    });
    admin = globalThis.embeddedServer.url('postgres');
  }
  const template = `countersign_template_${process.pid}`;
  await createDatabase(admin, template);
  await migrate(otherDatabase(admin, template, DATABASE_ROLE));
  // The workers start later and inherit these.
  process.env.TEST_ADMIN_URL = admin;
  process.env.TEST_TEMPLATE = template;
  // Hundreds of processes of ours are started: each but the first finds its code compiled.
  process.env.NODE_COMPILE_CACHE ??= path.join(os.tmpdir(), 'countersign-compiled');
  process.env.TEST_BROWSER = (await findBrowser(process.cwd())) ?? '';
  process.env.TEST_BROWSER_SHELL = findShell() ?? '';
}

/** Memory where there is plenty of it (a container often has 64 MB), else the temporary directory. */
function scratchRoot(): string {
  try {
    const { bavail, bsize } = fs.statfsSync('/dev/shm');
    fs.accessSync('/dev/shm', fs.constants.W_OK);
    if (bavail * bsize > 2 ** 30) return '/dev/shm';
  } catch {
    // not on this platform
  }
  return os.tmpdir();
}
