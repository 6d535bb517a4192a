import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { npmStart, ownEnvironment } from './support/npm-start.ts';
import { freePort, whenServing } from './support/ports.ts';
import { familyOf, killAll } from './support/processes.ts';

/**
 * Documents whose commands are run, and what they print on the way. Every block of a document that is marked `sh` goes,
 * word for word and from top to bottom, to one shell that ends at the first failure. It stands in the checkout, beside
 * `npm start`, with `ISSUER` and `DATA_DIR` of that server, and with `CALENDAR_PORT`, where nobody listens.
 */
const DOCUMENTS: readonly (readonly [document: string, ...prints: string[]])[] = [
  ['docs/call-an-api-for-a-person.md', '200 {"events":', '403 {', '"allowed": false', '401 {'],
  ['docs/hand-work-to-a-sub-agent.md', '200 {"events":', '"rule": "R20"', '401 {', 'Calendar Scout'],
  ['docs/ask-from-behind.md', 'Asked person@acme.example', 'Approved. The calendar answered 201'],
  ['docs/command-line.md', 'Room Finder', 'blueprint Readers', 'agt_'],
  ['docs/register-an-agent.md', '"agent_status":"active"', 'Room Scout', 'calendar.events.read'],
  ['docs/review-agents.md', 'Travel Helper', 'narrow', 'retire', 'Readers of calendars', 'all of Sales'],
  ['docs/own-an-agent.md', 'initial access token', 'Expense Helper', 'confirm'],
  ['docs/let-clients-in.md', 'claude.ai', 'deny', '_countersign-challenge.rooms.acme.example', 'nothing yet'],
  ['docs/say-who-approves.md', 'Asked of one of Privacy', 'Ben Okafor'],
  ['docs/stop-agents.md', 'Web Researcher', 'takes one', 'stopped'],
  ['docs/bring-your-own-identity-provider.md', 'Anna decides at', '"sub_profile": "ai_agent"'],
];

let scratch: string;
let server: ChildProcess;
let issuer: string;

beforeAll(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-documents-'));
  fs.chmodSync(scratch, 0o711); // as root the database server is another user, and has to pass through
  expect(spawnSync('node', ['server/setup/prepare.js', 'build'], { stdio: 'inherit' }).status).toBe(0);
  const port = await freePort();
  issuer = `http://localhost:${port}`;
  server = await npmStart({ PORT: String(port), DATA_DIR: path.join(scratch, 'data') });
  server.stdout?.resume();
  server.stderr?.pipe(process.stderr);
  await whenServing(`${issuer}/jwks`, 60);
}, 180_000);

afterAll(() => {
  killAll(familyOf(server.pid ?? 0));
  fs.rmSync(scratch, { recursive: true, force: true });
});

test.each(DOCUMENTS)(
  '%s: its commands do what it says',
  async (document, ...prints) => {
    const script = path.join(scratch, `${path.basename(document)}.sh`);
    fs.writeFileSync(script, commandsOf(document));
    const { code, printed, transcript } = await run(script);
    if (code !== 0) throw new Error(`ended with ${code}:\n${transcript}`);
    for (const text of prints) expect(printed).toContain(text);
  },
  180_000,
);

/** What a reader would copy into a shell. */
function commandsOf(document: string): string {
  const blocks = [...fs.readFileSync(document, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.join('\n');
}

/** The transcript holds the commands too, so that a failure shows where. */
async function run(script: string): Promise<{ code: number | null; printed: string; transcript: string }> {
  const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-v', script], {
    env: {
      ...ownEnvironment(),
      HOME: scratch, // where nobody has signed in
      ISSUER: issuer,
      DATA_DIR: path.join(scratch, 'data'),
      CALENDAR_PORT: String(await freePort()),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [printed, transcript] = ['', ''];
  shell.stdout.on('data', (chunk: Buffer) => {
    printed += chunk;
    transcript += chunk;
  });
  shell.stderr.on('data', (chunk: Buffer) => {
    transcript += chunk;
  });
  const closed = once(shell, 'close');
  const [code] = await once(shell, 'exit');
  endGroup(shell.pid ?? 0); // what the document left in the background
  await closed;
  return { code, printed, transcript };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
