import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Config, readConfig } from '../../server/config.ts';
import type { DemoFile } from '../../server/demo.ts';
import { start } from '../../server/start.ts';
import { createTestDatabase } from './database.ts';

/** A real server on a real port, on a database of its own, with the demonstration in it. */
export interface TestServer {
  issuer: string;
  demo: DemoFile;
  databaseUrl: string;
  dataDir: string;
  close(): Promise<void>;
}

/** One in this process, whose management endpoints can be read. */
export type MonitoredServer = TestServer & { managementPort: number };

/**
 * @param settings environment variables beside those that the test needs itself
 * @param more configuration that no setting makes
 */
export async function startServer(
  settings: Record<string, string> = {},
  more: Pick<Config, 'pseudoLanguages'> = {},
): Promise<MonitoredServer> {
  const database = settings.DATABASE_URL ? undefined : await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-'));
  const port = await freePort();
  const running = await start({
    ...readConfig({
      PORT: String(port),
      MANAGEMENT_PORT: '0',
      DATABASE_URL: settings.DATABASE_URL ?? database?.url ?? '',
      DATA_DIR: dataDir,
      DEMO: '1',
      COUNTERSIGN_LOG_LEVEL: 'error',
      ...settings,
    }),
    ...more,
  });
  if (!running.demo) throw new Error('the demonstration was not filled in');
  return {
    issuer: running.issuer,
    demo: running.demo,
    databaseUrl: settings.DATABASE_URL ?? database?.url ?? '',
    dataDir,
    managementPort: running.managementPort,
    async close() {
      await running.close();
      await database?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The issuer is part of every token, so the port has to be known before the server starts. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
