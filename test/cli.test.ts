import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { ACCESS_TOKEN, CALENDAR, claimsOf, demoClient, EXCHANGE, readDetails, inviteDetails, registerAgent, type TestClient } from './support/agent.ts';
import { cli } from './support/cli.ts';
import { browserOf, detailsParameter, signIn, tokenInBrowser, continuationOf } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());
const run = (...args: string[]) => cli(server, args);

test('login', async () => {
  const person = browserOf(server.issuer);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'server/cli/main.ts', 'login', '--no-browser'], { env: { ...process.env, ISSUER: server.issuer, XDG_CONFIG_HOME: '/tmp/cliw/x', DATA_DIR: server.dataDir } });
  let out = '';
  child.stdout.on('data', (c) => { out += c; });
  let err = '';
  const url: string = await new Promise((resolve) => child.stderr.on('data', (c) => { err += c; const m = /http:\S+auth\S+/.exec(err); if (m) resolve(m[0]); }));
  console.log(url);
  const form = await person.get(url);
  console.log(form.status, form.url, form.html.slice(0, 300));
  const after = await person.submit(form, { email: 'admin@acme.example', password: server.demo.password });
  console.log(after.status, after.url);
  if (after.url.startsWith('http://127')) console.log(await (await fetch(after.url)).text());
  const code = await new Promise((resolve) => child.once('close', resolve));
  console.log(code, out, err);
  const as = { XDG_CONFIG_HOME: '/tmp/cliw/x' };
  console.log(await cli(server, ['whoami'], as));
  console.log(await cli(server, ['people', 'list'], as));
  console.log(await cli(server, ['people', 'list', '--organization', 'globex'], as));
  console.log(await cli(server, ['organizations', 'create', 'initech', '--name', 'Initech'], as));
  console.log(await cli(server, ['people', 'add', 'new@acme.example', '--name', 'Nina New'], as));
  console.log(await cli(server, ['evidence', 'list'], as));
  console.log(await cli(server, ['logout'], as));
});
