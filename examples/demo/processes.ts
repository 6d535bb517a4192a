import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = path.join(import.meta.dirname, '../..');
/** Whoever is started here ends with us, however we end. */
const ENDS_WITH_US = [
  '--import',
  path.join(ROOT, 'server/setup/end-with-npm.js'),
  '--disable-warning=ExperimentalWarning',
];

export interface DemoFile {
  issuer: string;
  password: string;
  initialAccessToken: string;
}

/** A server to tell the story with, and where its DATA_DIR is. */
export interface Countersign {
  demo: DemoFile;
  dataDir: string;
  /** True when it was started for the story. */
  own: boolean;
}

/** What went wrong outside of the story; the message says what to do. */
export class Trouble extends Error {}

export interface Stage {
  /** The server at ISSUER if there is one, else one of our own. */
  countersign(): Promise<Countersign>;
  /** Starts an API of the examples; answers its address. */
  api(name: 'calendar' | 'payments', dataDir: string): Promise<string>;
  agent(name: string): AgentProcess;
  /** Runs `countersign …`; answers what it printed. */
  cli(dataDir: string, issuer: string, ...args: string[]): Promise<string>;
  /** What the processes complained about, for when the story goes wrong. */
  complaints(): string;
  /** Nothing that was started here is left, nor any file. */
  clear(): Promise<void>;
}

/** An agent that runs elsewhere: tool calls go in, answers come out (examples/agent/main.ts). */
export interface AgentProcess {
  /** @param says called with what the agent has to show meanwhile */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the agent said; the story says what it should be
  use(tool: string, given: object, says?: (message: any) => void): Promise<any>;
}

/** An error answer of an agent's tool: the OAuth error it was given. */
export class ToolError extends Error {
  readonly error: string;
  constructor({ error, error_description }: { error: string; error_description?: string }) {
    super(`${error}: ${error_description ?? ''}`);
    this.error = error;
  }
}

export function setStage(): Stage {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-demo-'));
  fs.chmodSync(scratch, 0o711); // the embedded database of a root user is another user, and has to pass through
  const started: ChildProcess[] = [];
  const complaints: (() => string)[] = [];

  const start = (
    file: string,
    args: string[],
    settings: Record<string, string> = {},
    stdin: 'pipe' | 'ignore' = 'ignore',
  ) => {
    const child = spawn(process.execPath, [...ENDS_WITH_US, path.join(ROOT, file), ...args], {
      cwd: ROOT,
      env: { ...ordinaryEnvironment(), ...settings },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    const words = wordsOf(child);
    started.push(child);
    complaints.push(() => (words() === '' ? '' : `\n${file}:\n${words()}`));
    return { child, words };
  };

  return {
    async countersign() {
      const dataDir = path.resolve(process.env.DATA_DIR ?? '.data');
      const there = await findServer(process.env.ISSUER ?? 'http://localhost:3000', dataDir);
      if (there) return { demo: there, dataDir, own: false };

      const ours = path.join(scratch, 'data');
      const port = await freePort();
      const settings = { PORT: String(port), MANAGEMENT_PORT: '0', DATA_DIR: ours, COUNTERSIGN_LOG_LEVEL: 'error' };
      const { child, words } = start('dist/server/main.js', [], settings);
      child.stdout?.resume();
      for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
        const demo = await findServer(`http://localhost:${port}`, ours).catch(() => undefined);
        if (demo) return { demo, dataDir: ours, own: true };
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Trouble(`The server did not start:\n${words()}`);
      }
    },

    async api(name, dataDir) {
      const { child, words } = start(`examples/${name}-api/main.ts`, [], { DATA_DIR: dataDir, PORT: '0' });
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        const address = /ready at (\S+)/.exec(line)?.[1];
        if (address) return address;
      }
      throw new Trouble(`The ${name} API did not start:\n${words()}`);
    },

    agent(name) {
      const { child, words } = start('examples/agent/main.ts', [path.join(scratch, `${name}.json`)], {}, 'pipe');
      return talkTo(child, words);
    },

    async cli(dataDir, issuer, ...args) {
      const { child, words } = start('dist/server/cli/main.js', args, { DATA_DIR: dataDir, ISSUER: issuer });
      let output = '';
      child.stdout?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Trouble(`countersign ${args.join(' ')} ended with ${code}:\n${words()}`);
      return output;
    },

    complaints: () => complaints.map((words) => words()).join(''),

    async clear() {
      await Promise.all(started.toReversed().map(end));
      fs.rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The demonstration behind this address; undefined when nothing of ours answers there. */
async function findServer(issuer: string, dataDir: string): Promise<DemoFile | undefined> {
  const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`, {
    signal: AbortSignal.timeout(2000),
  })
    .then((response) => response.json() as Promise<{ issuer?: string; redemption_endpoint?: string }>)
    .catch(() => undefined);
  if (metadata?.issuer !== issuer || metadata.redemption_endpoint === undefined) return undefined;
  const file = path.join(dataDir, 'demo.json');
  try {
    const demo = JSON.parse(fs.readFileSync(file, 'utf8')) as DemoFile;
    if (demo.issuer === issuer) return demo;
  } catch {
    // said below
  }
  throw new Trouble(
    `A server answers at ${issuer}, but ${file} is not there or belongs to another one. Set DATA_DIR to the data directory of that server, or ISSUER to the address of another.`,
  );
}

function talkTo(child: ChildProcess, words: () => string): AgentProcess {
  const waiting = new Map<number, { says: (message: unknown) => void; done: (line: Line) => void }>();
  let last = 0;
  let ended = false;
  createInterface({ input: child.stdout as NodeJS.ReadableStream })
    .on('line', (text) => {
      const line = JSON.parse(text) as Line;
      const asked = waiting.get(line.id);
      if (line.says) return asked?.says(line.says);
      waiting.delete(line.id);
      asked?.done(line);
    })
    .on('close', () => {
      ended = true;
      for (const [id, { done }] of waiting) done({ id, error: { error: 'ended', error_description: words() } });
    });
  return {
    use: (tool, given, says = () => {}) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const done = ({ result, error }: Line) => (error ? reject(new ToolError(error)) : resolve(result));
        if (ended) return done({ id, error: { error: 'ended', error_description: words() } });
        waiting.set(id, { says, done });
        child.stdin?.write(`${JSON.stringify({ id, tool, arguments: given })}\n`);
      }),
  };
}

interface Line {
  id: number;
  says?: object;
  result?: object;
  error?: { error: string; error_description?: string };
}

/** Asked first, for as long as a server needs to stop with its database. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(impatience);
}

/** The last that a process said about itself. */
function wordsOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (more) => {
    text = `${text}${more}`.slice(-4000);
  });
  return () => text.trim();
}

/** Without the settings of a server: what we start has its own. */
const ordinaryEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(COUNTERSIGN_|DATABASE_URL|DEMO|TEST_|NODE_ENV$|PORT$|MANAGEMENT_PORT$|ISSUER$|DATA_DIR$)/.test(name),
    ),
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
