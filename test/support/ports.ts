import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the URL answers 200, and answers its body. */
export async function whenServing(url: string, seconds = 20): Promise<string> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      const response = await fetch(url);
      if (response.ok) return await response.text();
      if (Date.now() > deadline) throw new Error(`status ${response.status}`);
    } catch (cause) {
      if (Date.now() > deadline) throw new Error(`${url} did not answer within ${seconds} s`, { cause });
    }
    await sleep(50);
  }
}
