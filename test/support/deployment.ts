import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { DemoFile } from '../../server/demo.ts';
import { startDemonstrationSystems } from '../../server/demonstration-systems.ts';
import { builtServer } from './built-server.ts';
import { createTestDatabase } from './database.ts';
import { freePort, type TestServer } from './server.ts';

/** Two server processes of one issuer on one database, as behind a load balancer. */
export interface Deployment extends TestServer {
  /** The address of each instance; the first is the issuer's own. Every URL still names the issuer (send.ts). */
  bases: readonly [string, string];
  /** Another instance of the same issuer, with settings of its own; answers its address. It ends with the others. */
  add(settings?: Record<string, string>): Promise<string>;
  /** kill -9 of both instances. */
  kill(): Promise<void>;
  /** Both again, at the same addresses. */
  restart(): Promise<void>;
}

export interface DeploymentOptions {
  /** Of both instances, by the URL of their database. */
  settings?: (databaseUrl: string) => Record<string, string>;
  /** The database they share; a copy of the template when left out. */
  databaseUrl?: string;
}

export async function startDeployment({ settings, databaseUrl }: DeploymentOptions = {}): Promise<Deployment> {
  const main = path.join(await builtServer(), 'server/main.js');
  const database = databaseUrl === undefined ? await createTestDatabase() : undefined;
  const url = databaseUrl ?? database?.url ?? '';
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-'));
  const [first, second] = [await freePort(), await freePort()];
  const issuer = `http://localhost:${first}`;
  // Of both instances: the one that fills the demonstration would have some of its own.
  const systems = await startDemonstrationSystems({ issuer, address: issuer });
  const addresses = [...systems.addresses].map(([resource, address]) => `${resource}=${address}`);
  const common = {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    ISSUER: issuer,
    MANAGEMENT_PORT: '0',
    DATABASE_URL: url,
    DATA_DIR: dataDir,
    COUNTERSIGN_SEALING_KEY: randomBytes(32).toString('base64url'),
    COUNTERSIGN_LOG_LEVEL: 'error',
    COUNTERSIGN_RESOURCE_ADDRESSES: addresses.join(','),
    ...settings?.(url),
  };
  const instances: ChildProcess[] = [];
  const endBoth = (signal: NodeJS.Signals) => Promise.all(instances.splice(0).map((instance) => end(instance, signal)));
  const close = async () => {
    await endBoth('SIGTERM');
    await systems.close();
    await database?.drop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  };
  // One after the other: the first brings the schema and the demonstration, the second finds them.
  const startBoth = async () => {
    instances.push(await startInstance(main, { ...common, PORT: String(first), DEMO: '1' }));
    instances.push(await startInstance(main, { ...common, PORT: String(second), DEMO: '0' }));
  };
  try {
    await startBoth();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    issuer,
    demo: JSON.parse(fs.readFileSync(path.join(dataDir, 'demo.json'), 'utf8')) as DemoFile,
    databaseUrl: url,
    dataDir,
    bases: [issuer, `http://localhost:${second}`],
    add: async (more = {}) => {
      const port = await freePort();
      instances.push(await startInstance(main, { ...common, ...more, PORT: String(port), DEMO: '0' }));
      return `http://localhost:${port}`;
    },
    kill: async () => {
      await endBoth('SIGKILL');
    },
    restart: startBoth,
    close,
  };
}

/** Resolves when it serves. Its faults are shown with the test's. */
function startInstance(main: string, env: Record<string, string>): Promise<ChildProcess> {
  const endWithUs = path.join(import.meta.dirname, '../../server/setup/end-with-npm.js');
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', endWithUs, main], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/ is ready at /.test(said)) resolve(child);
      if (chunk[0] === 0x7b) process.stderr.write(chunk); // its log, as JSON: a fault
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      process.stderr.write(chunk);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
