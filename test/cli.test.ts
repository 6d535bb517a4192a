import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { CALENDAR, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { cli } from './support/cli.ts';
import { browserOf, detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let agent: TestClient;
let home: string;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  home = mkdtempSync(join(tmpdir(), 'countersign-login-'));
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await server?.close();
});

const run = (...args: string[]) => cli(server, args);

describe('with the key of this host, without signing in', () => {
  test('evidence list works right after the start', async () => {
    const { code, stdout } = await run('evidence', 'list');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Meeting Helper')]);
  });

  test.each([
    { args: ['agents', 'list'], code: 0, says: /Meeting Helper/ },
    { args: ['people', 'list', '--organization', 'globex'], code: 0, says: /person@globex\.example/ },
    { args: ['organizations', 'list'], code: 0, says: /acme/ },
    { args: ['catalogue', 'list'], code: 0, says: /calendar\.events\.read/ },
    {
      args: ['agents', 'get', 'agt_00000000000000000000000000000000', '--organization', 'acme'],
      code: 3,
      says: /agt_0000/,
    },
    { args: ['agents', 'fly'], code: 2, says: /fly|unknown/ },
    { args: ['bootstrap'], code: 2, says: /DATABASE_URL|database|embedded/i, env: { DATABASE_URL: 'nonsense' } },
  ])('$args.0 $args.1 ends with $code', async ({ args, code, says, env = {} }) => {
    const result = await cli(server, args, env);
    expect([result.code, `${result.stdout}${result.stderr}`]).toEqual([code, expect.stringMatching(says)]);
  });

  test('tokens create makes an initial access token that registers an agent', async () => {
    const made = await run(
      'tokens',
      'create',
      '--organization',
      'acme',
      '--owner',
      'owner@acme.example',
      '--deputy',
      'admin@acme.example',
      '-o',
      'json',
    );
    expect(made.code).toBe(0);
    const { initial_access_token: initialAccessToken } = JSON.parse(made.stdout);
    const registered = await registerAgent({ ...server, demo: { ...server.demo, initialAccessToken } });
    expect(registered.registration.agent_id).toMatch(/^agt_/);
  });

  test('agents suspend ends everything at once, and evidence chain tells the story', async () => {
    const person = await signIn(server);
    const read = await tokenInBrowser(agent, person, {
      authorization_details: detailsParameter(readDetails()),
      resource: CALENDAR,
    });
    const id = agent.registration.agent_id;
    expect((await run('agents', 'suspend', id, '--organization', 'acme', '--reason', 'odd')).code).toBe(0);
    expect(await agent.token({ grant_type: 'refresh_token', refresh_token: read.body.refresh_token })).toMatchObject({
      status: 401,
    });
    const chain = await run('evidence', 'chain', read.body.task_id);
    expect([chain.code, chain.stdout]).toEqual([0, expect.stringContaining('Meeting Helper')]);
    expect((await run('agents', 'resume', id, '--organization', 'acme', '--reason', 'fine')).code).toBe(0);
  });
});

test('an administrator signs the command line in by browser, and sees their own organization alone', async () => {
  const as = { XDG_CONFIG_HOME: home };
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'server/cli/main.ts', 'login', '--no-browser'],
    { env: { PATH: process.env.PATH, HOME: home, ISSUER: server.issuer, DATA_DIR: server.dataDir, ...as } },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      const address = /http:\S+\/auth\S+/.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    });
  });
  const browser = browserOf(server.issuer);
  const back = await browser.submit(await browser.get(url), {
    email: 'admin@acme.example',
    password: server.demo.password,
  });
  expect(back.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
  expect((await fetch(back.url)).status).toBe(200);
  expect(await ended).toBe(0);

  const whoami = await cli(server, ['whoami'], as);
  expect([whoami.code, whoami.stdout]).toEqual([0, expect.stringContaining('admin@acme.example')]);
  expect((await cli(server, ['people', 'list'], as)).stdout).toContain('owner@acme.example');
  expect((await cli(server, ['people', 'list', '--organization', 'globex'], as)).code).toBe(5);
  expect((await cli(server, ['organizations', 'create', 'initech', '--name', 'Initech'], as)).code).toBe(5);
  expect((await cli(server, ['logout'], as)).code).toBe(0);
});
