import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { familyOf, remaining } from './support/processes.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-demo-test-'));
beforeAll(() => {
  fs.chmodSync(scratch, 0o711);
  const { status } = spawnSync('node', ['server/setup/prepare.js', 'build'], { stdio: 'inherit' });
  expect(status).toBe(0);
}, 120_000);
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Nobody answers at that address, so it starts a server of its own. */
const play = (...more: string[]) =>
  spawn('node', ['--disable-warning=ExperimentalWarning', 'examples/demo.ts', '--json', ...more], {
    env: { ...process.env, ISSUER: 'http://localhost:1', TMPDIR: scratch },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const steps = async (child: ReturnType<typeof play>) => {
  const told: { step: number; title: string; ok: boolean }[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
    told.push(JSON.parse(line));
  return told;
};

test.each([[[]], [['--forms']]])(
  'the demonstration does what it says, and leaves nothing behind: %j',
  async (more) => {
    const child = play(...more);
    const told = await steps(child);
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(code).toBe(0);
    expect(told.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(told.filter(({ ok }) => !ok)).toEqual([]);
    expect(fs.readdirSync(scratch)).toEqual([]);
  },
  60_000,
);

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  '%s in the middle of it leaves no process behind',
  async (signal) => {
    const child = play('--forms');
    await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
    const family = familyOf(child.pid ?? 0);
    expect(family.map(({ command }) => command).join('\n')).toContain('postgres');
    child.kill(signal);
    expect(await remaining(family, 15)).toEqual([]);
    if (signal !== 'SIGKILL') expect(fs.readdirSync(scratch)).toEqual([]);
  },
  60_000,
);
