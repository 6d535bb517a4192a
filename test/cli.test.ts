import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { CALENDAR, newKey, READ, readDetails, registerAgent, type TestClient } from './support/agent.ts';
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

describe('other issuers', () => {
  const acme = ['--organization', 'acme'];
  const issuer = 'https://login.acme.example';
  const json = async (...args: string[]) => JSON.parse((await run(...args, ...acme, '-o', 'json')).stdout);

  test('issuers add, list, show and remove; each says what it did', async () => {
    const file = join(home, 'keys.json');
    const { publicJwk } = await newKey();
    writeFileSync(file, JSON.stringify({ keys: [publicJwk] }));
    const id = agent.registration.agent_id;
    const add = ['issuers', 'add', issuer, '--name', 'Acme sign-in', '--jwks', file, ...acme];
    const options = ['--profiles', 'identity,id-jag', '--audience', `there=${id}`, '--agents', id, '--acr', 'mfa=phr'];
    const added = await run(...add, ...options, '--actions', READ, '--longest', '600', '--tenant', 't1');
    expect([added.code, added.stdout]).toEqual([0, expect.stringContaining('identity, id-jag')]);
    expect((await run(...add)).code).toBe(6);
    expect(await json('issuers', 'list')).toMatchObject([
      {
        issuer,
        organization: 'acme',
        tenant: 't1',
        profiles: ['identity', 'id-jag'],
        audiences: [{ audience: 'there', agent: id }],
        agents: [id],
        actions: [READ],
        longest_seconds: 600,
        acr: { mfa: 'phr' },
      },
    ]);
    expect((await run('issuers', 'show', issuer, ...acme)).stdout).toContain('600 seconds');
    expect((await run('issuers', 'show', 'https://unknown.example', ...acme)).code).toBe(3);
    const { code, stderr } = await run('issuers', 'remove', issuer, '--reason', 'over', ...acme);
    expect([code, stderr]).toEqual([0, expect.stringContaining('is trusted no longer')]);
    expect((await run('issuers', 'remove', issuer, '--reason', 'over', ...acme)).code).toBe(3);
    expect(await json('issuers', 'list')).toEqual([]);
  });

  test.each([
    [['--jwks', '/nowhere.json'], 2],
    [['--jwks-uri', 'https://10.0.0.1/jwks'], 1],
    [[], 2],
  ])('issuers add with %j ends with %i', async (options, code) => {
    const result = await run('issuers', 'add', issuer, '--name', 'X', ...options, ...acme);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(/jwk/i)]);
  });

  test('people link, links and unlink', async () => {
    const link = ['--at', issuer, '--subject', 'a1'];
    expect((await run('people', 'link', 'owner@acme.example', ...link, ...acme)).code).toBe(0);
    expect((await run('people', 'link', 'person@acme.example', ...link, ...acme)).code).toBe(6);
    expect(await json('people', 'links', '--person', 'owner@acme.example')).toMatchObject([{ issuer, subject: 'a1' }]);
    expect((await run('people', 'unlink', ...link, '--reason', 'left', ...acme)).code).toBe(0);
    expect(await json('people', 'links')).toEqual([]);
  });

  test('elsewhere add, list and remove', async () => {
    const id = agent.registration.agent_id;
    const there = ['--authorization-server', 'https://as.example'];
    const add = ['elsewhere', 'add', id, ...there, '--client-id', 'us', '--tell', 'email', '--aud-tenant', 't2'];
    expect((await run(...add, ...acme)).code).toBe(0);
    expect(await json('elsewhere', 'list')).toMatchObject([
      { authorization_server: 'https://as.example', client_id: 'us', tells: ['email'], aud_tenant: 't2' },
    ]);
    expect((await run('elsewhere', 'remove', id, ...there, ...acme)).code).toBe(0);
    expect((await run('elsewhere', 'remove', id, ...there, ...acme)).code).toBe(3);
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
