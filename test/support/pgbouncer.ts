import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe } from '@jest/globals';
import pg from 'pg';

import { freePort } from './server.ts';
import { adminUrl } from './template.ts';

const INSTALL_COMMAND = 'apt-get install -y pgbouncer';
const program = [
  '/usr/sbin/pgbouncer',
  '/usr/bin/pgbouncer',
  '/usr/local/bin/pgbouncer',
  '/opt/homebrew/bin/pgbouncer',
].find((candidate) => fs.existsSync(candidate));

/** A describe whose tests need PgBouncer. Without it they are reported as skipped, with the command that installs it. */
export function describePooler(name: string, tests: () => void): void {
  if (program) describe(name, tests);
  else describe.skip(`${name} (no PgBouncer: ${INSTALL_COMMAND})`, tests);
}

export interface Pooler {
  /** Settings of a server that reaches this database through the pooler. */
  settings(databaseUrl: string): Record<string, string>;
  stop(): Promise<void>;
}

/** PgBouncer in transaction mode before the tests' PostgreSQL, with fewer connections than callers. */
export async function startPooler(): Promise<Pooler> {
  if (!program) throw new Error(`PgBouncer was not found: ${INSTALL_COMMAND}`);
  const server = new URL(adminUrl());
  const socketDir = server.searchParams.get('host');
  const who = serverUser(socketDir);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-pgbouncer-'));
  const port = await freePort();
  const target = socketDir
    ? `host=${socketDir} port=5432`
    : `host=${server.hostname} port=${server.port || 5432} password=${decodeURIComponent(server.password)}`;
  fs.writeFileSync(
    path.join(dir, 'pgbouncer.ini'),
    `[databases]
* = ${target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${dir}/users
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
`,
  );
  fs.writeFileSync(path.join(dir, 'users'), '"countersign" ""\n', { mode: 0o644 });
  fs.chmodSync(dir, 0o755);

  // PgBouncer refuses to run as root, and the directory of the embedded server's socket is closed to anybody else.
  const child = spawn(program, ['-q', path.join(dir, 'pgbouncer.ini')], { ...who, stdio: ['ignore', 'pipe', 'pipe'] });
  await whenAnswering(child, port);
  return {
    settings(databaseUrl) {
      const url = new URL(databaseUrl);
      url.searchParams.delete('host');
      url.host = `127.0.0.1:${port}`;
      return { DATABASE_URL: url.href, COUNTERSIGN_DATABASE_POOLER: 'transaction' };
    },
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

function serverUser(socketDir: string | null): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  if (socketDir) {
    const { uid, gid } = fs.statSync(socketDir);
    if (uid !== 0) return { uid, gid };
  }
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

async function whenAnswering(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk));
  for (const deadline = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}: ${said}`);
    const client = new pg.Client({ connectionString: `postgresql://countersign@127.0.0.1:${port}/postgres` });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`PgBouncer does not answer: ${said}`, { cause });
    }
  }
}
