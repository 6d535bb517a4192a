import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';

import type { Json } from './agent.ts';

const executable = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (file) => file !== undefined && fs.existsSync(file),
);

/** A describe whose tests need Firefox, the one browser that takes another push service than its vendor's. */
export function describeFirefox(name: string, tests: () => void): void {
  if (executable) describe(name, tests);
  else describe.skip(`${name} (no Firefox: apt-get install -y firefox-esr)`, tests);
}

/** A push service for Firefox: its own protocol on a socket, RFC 8030 for whoever pushes. */
export interface AutoPush {
  host: string;
  socket: string;
  /** As it came over the wire, encrypted. */
  wires: Buffer[];
  close(): Promise<void>;
}

export async function startAutoPush(): Promise<AutoPush> {
  const channels = new Map<string, { channel: string; browser: WebSocket }>();
  const wires: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const found = channels.get(request.url ?? '');
      const data = Buffer.concat(chunks);
      if (found) {
        wires.push(data);
        found.browser.send(
          JSON.stringify({
            messageType: 'notification',
            channelID: found.channel,
            version: randomUUID(),
            data: data.toString('base64url'),
            headers: { encoding: request.headers['content-encoding'] },
          }),
        );
      }
      response.writeHead(found ? 201 : 410).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (browser) => {
    browser.on('message', (text) => {
      const message = JSON.parse(String(text)) as Json;
      const answer = (more: object) =>
        browser.send(JSON.stringify({ messageType: message.messageType, status: 200, ...more }));
      const { channelID } = message;
      if (message.messageType === undefined) browser.send('{}'); // its ping
      if (message.messageType === 'hello') {
        answer({ uaid: message.uaid || randomUUID().replaceAll('-', ''), use_webpush: true, broadcasts: {} });
      }
      if (message.messageType === 'register') {
        const at = `/push/${randomUUID()}`;
        channels.set(at, { channel: channelID, browser });
        answer({ channelID, pushEndpoint: `http://${host}${at}` });
      }
      if (message.messageType === 'unregister') answer({ channelID });
    });
  });
  return {
    host,
    socket: `ws://${host}/`,
    wires,
    close: () =>
      new Promise((resolve) => {
        for (const browser of sockets.clients) browser.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** One tab of a Firefox of its own, driven by WebDriver BiDi. */
export interface Firefox {
  goto(url: string): Promise<void>;
  /** What an expression is in the page, as JSON; a promise is waited for. */
  evaluate(expression: string): Promise<Json>;
  close(): Promise<void>;
}

export async function launchFirefox(pushSocket: string): Promise<Firefox> {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-firefox-'));
  const preferences = {
    'dom.push.serverURL': pushSocket,
    'dom.push.testing.allowInsecureServerURL': true,
    'dom.push.testing.ignorePermission': true,
    'permissions.default.desktop-notification': 1,
    // Without a desktop there is nobody who shows them.
    'alerts.useSystemBackend': false,
    // What automation would set for most tests turns the push service off.
    'remote.prefs.recommended': false,
    'dom.push.connection.enabled': true,
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'app.update.enabled': false,
  };
  fs.writeFileSync(
    path.join(profile, 'user.js'),
    Object.entries(preferences)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const child = spawn(
    executable ?? 'firefox-esr',
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'],
    { env: { ...process.env, HOME: profile, MOZ_HEADLESS: '1' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const session = new WebSocket(`${await addressOf(child)}/session`);
    await once(session, 'open');
    const command = commandsOn(session);
    await command('session.new', { capabilities: {} });
    const { contexts } = await command('browsingContext.getTree', {});
    const { context } = contexts[0];
    return {
      goto: async (url) => {
        await command('browsingContext.navigate', { context, url, wait: 'complete' });
      },
      async evaluate(expression) {
        const { result, exceptionDetails } = await command('script.evaluate', {
          expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
          target: { context },
          awaitPromise: true,
          userActivation: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.text);
        return JSON.parse(result.value);
      },
      async close() {
        session.terminate();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function addressOf({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error('no stderr');
  for await (const line of createInterface({ input: stderr })) {
    const [address] = /ws:\/\/[\w.:]+/.exec(line) ?? [];
    if (/WebDriver BiDi/.test(line) && address) {
      stderr.resume(); // nobody reads on, and it must not wait for that
      return address;
    }
  }
  throw new Error('Firefox ended before it could be driven');
}

function commandsOn(session: WebSocket): (method: string, params: object) => Promise<Json> {
  const waiting = new Map<number, (message: Json) => void>();
  session.on('message', (text) => {
    const message = JSON.parse(String(text)) as Json;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  let last = 0;
  return async (method, params) => {
    const id = ++last;
    const answered = new Promise<Json>((resolve) => waiting.set(id, resolve));
    session.send(JSON.stringify({ id, method, params }));
    const { result, error, message } = await answered;
    if (error) throw new Error(`${method}: ${error} ${message}`);
    return result;
  };
}
