import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { npmStart, ownEnvironment } from './support/npm-start.ts';
import { freePort, whenServing } from './support/ports.ts';
import { familyOf, killAll, remaining } from './support/processes.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-commands-'));
fs.chmodSync(scratch, 0o711); // as root the database server is another user, and has to pass through
const started: ChildProcess[] = [];

beforeAll(() => {
  const { status } = spawnSync('node', ['server/setup/prepare.js', 'build'], { stdio: 'inherit' });
  expect(status).toBe(0);
}, 120_000);

afterAll(() => {
  for (const { pid } of started) killAll(familyOf(pid ?? 0));
  fs.rmSync(scratch, { recursive: true, force: true });
});

describe('npm start says what to do, once, and exits with 2', () => {
  test('when the port is taken', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, output } = await startFails({ PORT: String(port) });
    other.close();
    expect({ code, output }).toEqual({ code: 2, output: oneMessage(`port ${port} is taken`) });
    expect(output).toContain('set PORT');
  });

  test('when the management port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, output } = await startFails({ MANAGEMENT_PORT: String(port) });
    other.close();
    expect({ code, output }).toEqual({ code: 2, output: oneMessage('MANAGEMENT_PORT') });
  });

  test.each([
    ['below a file', () => path.join(import.meta.filename, 'data')],
    ['below /proc', () => '/proc/countersign/data'],
    ...(process.getuid?.() === 0 ? [] : [['a directory without write permission', closedDirectory] as const]),
  ])('when the data directory cannot be written: %s', async (_case, dataDir) => {
    const { code, output } = await startFails({ DATA_DIR: dataDir() });
    expect({ code, output }).toEqual({ code: 2, output: oneMessage('DATA_DIR') });
  });

  test.each([
    ['nobody answers there', 'postgresql://u:hunter2@127.0.0.1:1/d'],
    ['there is no such host', 'postgresql://u:hunter2@nowhere.invalid/d'],
    ['it is no PostgreSQL URL', 'http://u:hunter2@127.0.0.1/d'],
  ])('when DATABASE_URL is wrong: %s', async (_case, DATABASE_URL) => {
    const { code, output } = await startFails({ DATABASE_URL });
    expect({ code, output }).toEqual({ code: 2, output: oneMessage('DATABASE_URL') });
    expect(output).not.toContain('hunter2');
  });

  test('when settings are unknown or wrong, all in one message', async () => {
    const { code, output } = await startFails({ ISUER: 'http://localhost', COUNTERSIGN_COLOR: 'red', DEMO: 'yes' });
    expect({ code, output }).toEqual({
      code: 2,
      output: `Configuration:
  ISUER: did you mean ISSUER?
  COUNTERSIGN_COLOR is no setting; docs/configuration.md lists them all
  DEMO must be 0 or 1
`,
    });
  });
});

test('npm start serves in less than 10 s, and keeps its data and leaves no process however it ends', async () => {
  const dataDir = path.join(scratch, 'data');
  const first = await startServes(dataDir);

  // The README's commands for an API of one's own, by what was built: other tests run the sources.
  const readme = fs.readFileSync('README.md', 'utf8');
  const commands = [...readme.matchAll(/^npm run cli -- (.+)$/gmu)].map(([, line = '']) => line);
  expect(commands).toHaveLength(2);
  for (const line of commands) {
    const words = line.replaceAll('.data/', `${dataDir}/`).match(/[^\s"]+|"[^"]*"/gu) ?? [];
    const args = ['dist/server/cli/main.js', ...words.map((word) => word.replaceAll('"', ''))];
    const settings = { DATA_DIR: dataDir, ISSUER: `http://localhost:${first.port}` };
    const { status, stderr } = spawnSync('node', args, { env: { ...ownEnvironment(), ...settings }, encoding: 'utf8' });
    expect([line, status, stderr]).toEqual([line, 0, expect.anything()]);
  }

  // Ctrl-C reaches the whole foreground process group.
  expect(await endedBy(first, () => process.kill(-(first.child.pid ?? 0), 'SIGINT'))).toEqual([]);
  const second = await startServes(dataDir);
  expect(second.keys).toEqual(first.keys);

  const server = familyOf(second.child.pid ?? 0).find(({ command }) => command.includes('dist/server/main.js'));
  expect(await endedBy(second, () => process.kill(server?.pid ?? 0, 'SIGKILL'))).toEqual([]);
  const third = await startServes(dataDir);
  expect(third.keys).toEqual(first.keys);

  expect(await endedBy(third, () => process.kill(third.child.pid ?? 0, 'SIGKILL'))).toEqual([]);
  const fourth = await startServes(dataDir);
  expect(fourth.keys).toEqual(first.keys);
  expect(await endedBy(fourth, () => process.kill(fourth.child.pid ?? 0, 'SIGTERM'))).toEqual([]);

  // The quickest: the others share the machine with other tests.
  expect(Math.min(...[first, second, third, fourth].map(({ milliseconds }) => milliseconds))).toBeLessThan(10_000);
}, 180_000);

test('a command that starts while another builds or installs waits for it', async () => {
  fs.rmSync('dist/.built-from', { force: true });
  const both = await Promise.all([prepare(), prepare()]);
  expect(both).toEqual([0, 0]);
  expect(fs.existsSync('dist/.built-from')).toBe(true);
  expect(fs.existsSync('.setup-lock')).toBe(false);
}, 60_000);

/** One line that names the setting, below a heading at most: no stack, no warning of a library. */
const oneMessage = (text: string) =>
  expect.stringMatching(new RegExp(`^(Configuration:\\n +)?[^\\n]*${text}[^\\n]*\\n$`));

interface Served {
  readonly child: ChildProcess;
  readonly port: number;
  readonly keys: string;
  /** From the command to the first answer. */
  readonly milliseconds: number;
}

async function startCommand(settings: Record<string, string>): Promise<ChildProcess> {
  const child = await npmStart({ DATA_DIR: path.join(scratch, 'unused'), ...settings });
  started.push(child);
  return child;
}

async function startServes(dataDir: string): Promise<Served> {
  const port = await freePort();
  const began = Date.now();
  const child = await startCommand({ PORT: String(port), DATA_DIR: dataDir });
  child.stdout?.resume();
  child.stderr?.pipe(process.stderr);
  const keys = await whenServing(`http://localhost:${port}/jwks`, 60);
  return { child, port, keys, milliseconds: Date.now() - began };
}

async function startFails(settings: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = await startCommand(settings);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  return { code, output: Buffer.concat(chunks).toString() };
}

/** What is left of the command's processes afterwards: the server of the database is one of them. */
async function endedBy({ child }: Served, end: () => void): Promise<string[]> {
  const family = familyOf(child.pid ?? 0);
  expect(family.map(({ command }) => command).join('\n')).toContain('postgres');
  end();
  return (await remaining(family)).map(({ command }) => command);
}

function closedDirectory(): string {
  const closed = path.join(scratch, 'closed');
  fs.mkdirSync(closed, { mode: 0o500 });
  return path.join(closed, 'data');
}

async function prepare(): Promise<number | null> {
  const child = spawn('node', ['server/setup/prepare.js', 'build'], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code;
}
