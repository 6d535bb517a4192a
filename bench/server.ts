import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'undici';

import type { Usage } from './probe.ts';

/** One server under measurement: a process of its own, reached over loopback. */
export interface MeasuredServer {
  issuer: string;
  port: number;
  /** Keep-alive connections, as many as requests may be under way. */
  pool: Pool;
  usage(): Promise<Usage>;
  /** After a full collection. */
  heap(): Promise<number>;
  /** Asks the server for something only it can make; what `floor-server.ts` and `bare-server.ts` understand. */
  ask<Answer>(message: Record<string, unknown>): Promise<Answer>;
  /** The last it wrote: why it answered what it did. */
  words(): string;
  stop(): Promise<void>;
}

const READY_MS = 30_000;

/**
 * Starts a file of this build as a server.
 *
 * @param file relative to this directory
 * @param configuration sent as the first message, to servers that wait for one
 * @throws when it is not ready in time; the message holds what it wrote
 */
export async function startMeasured(
  file: string,
  {
    port,
    issuer = `http://localhost:${port}`,
    env = {},
    configuration,
    connections,
  }: {
    port: number;
    /** Another instance's address, where this one is another instance of the same issuer. */
    issuer?: string;
    env?: Record<string, string>;
    configuration?: Record<string, unknown>;
    connections: number;
  },
): Promise<MeasuredServer> {
  const child = fork(join(import.meta.dirname, file), [], {
    execArgv: ['--expose-gc', `--import=${join(import.meta.dirname, 'probe.js')}`],
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000);
    });
  }
  const pool = new Pool(`http://localhost:${port}`, { connections, pipelining: 1 });
  const ask = asking(child);
  if (configuration) await ask({ ask: 'start', port, ...configuration });
  await ready(pool, new URL(issuer).host, child, () => words);
  return {
    issuer,
    port,
    pool,
    ask,
    usage: () => ask<Usage>({ ask: 'usage' }),
    heap: async () => (await ask<Usage>({ ask: 'heap' })).heap,
    words: () => words,
    async stop() {
      await pool.destroy();
      await end(child);
    },
  };
}

/** A process of this build that is no server: it generates load, so that its work is not taken for the server's. */
export function startHelper(file: string): Pick<MeasuredServer, 'ask' | 'stop'> {
  const child = fork(join(import.meta.dirname, file), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return { ask: asking(child), stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}

function asking(child: ChildProcess) {
  let last = 0;
  const waiting = new Map<number, (answer: unknown) => void>();
  const failing = new Map<number, (error: Error) => void>();
  child.on('message', (answer: { id: number }) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
    failing.delete(answer.id);
  });
  child.once('exit', (code, signal) => {
    for (const fail of failing.values()) fail(new Error(`the server ended (${signal ?? code})`));
  });
  return <Answer>(message: Record<string, unknown>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, resolve as (answer: unknown) => void);
      failing.set(last, reject);
      child.send({ id: last, ...message });
    });
}

async function ready(pool: Pool, host: string, child: ChildProcess, words: () => string): Promise<void> {
  for (const deadline = Date.now() + READY_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (child.exitCode !== null) throw new Error(`a server did not start:\n${words()}`);
    const answer = await pool.request({ method: 'GET', path: '/jwks', headers: { host } }).catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return;
    if (Date.now() > deadline) throw new Error(`a server was not ready in time:\n${words()}`);
  }
}

/** A port that is free now: the issuer is part of every token, so it has to be known before the server starts. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
