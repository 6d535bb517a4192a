import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { sealingWith } from '../../server/keys/seal.ts';
import {
  ACCESS_TOKEN,
  CALENDAR,
  CIBA,
  demoClient,
  EXCHANGE,
  inviteDetails,
  type Json,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { authorizationUrl, browserOf, continuationOf, detailsParameter, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Every value of the story that opens something for whoever holds it, by what it is. */
const secrets = new Map<string, string>();
const keep = (what: string, value: string | undefined): string => {
  if (!value || value.length < 8) throw new Error(`the story has no ${what}: ${value}`);
  secrets.set(what, value);
  return value;
};

let server: TestServer;
let database: pg.Client;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  await tellStory();
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

test('no bearer value, password or private key of a whole story stands in any table (invariant 7)', async () => {
  const dump = await dumpOf(database);
  const found = [...secrets].flatMap(([what, value]) =>
    Object.entries(spellings(value)).flatMap(([spelling, text]) =>
      dump.includes(text) ? [`${what}, ${spelling}`] : [],
    ),
  );
  expect(found).toEqual([]);
  expect(secrets.size).toBeGreaterThan(30);
});

test('what is stored in their place is their SHA-256', async () => {
  const dump = await dumpOf(database);
  const stored = ['authorization code', 'refresh token', 'auth_req_id', 'registration access token', 'session cookie'];
  const missing = stored.filter((what) => !dump.includes(sha256(secrets.get(what) ?? '')));
  expect(missing).toEqual([]);
});

test('a display code is under a keyed hash: trying all of them against a copy of the database finds nothing', async () => {
  const { rows } = await database.query('select display_code_hash from approvals where display_code_hash is not null');
  expect(rows).not.toEqual([]);
  const plain = new Set(Array.from({ length: 100 }, (_, code) => sha256(String(code).padStart(2, '0'))));
  expect(rows.filter(({ display_code_hash }) => plain.has(display_code_hash.toString('hex')))).toEqual([]);
  expect(await dumpOf(database)).not.toMatch(/display_?code"?\s*[:=]\s*"?\d\d\b/);
});

/** Some of it ends, and some is left in the middle, so that rows of every state are there to be looked at. */
async function tellStory(): Promise<void> {
  keep('initial access token', server.demo.initialAccessToken);
  keep('password', server.demo.password);
  const agent = await registerAgent(server);
  keep('registration access token', agent.registration.registration_access_token);
  const child = await registerAgent(server, { client_name: 'Room Finder' });
  await database.query('insert into agent_edges (organization, parent, child, actions) values ($1, $2, $3, $4)', [
    agent.registration.organization,
    agent.registration.agent_id,
    child.registration.agent_id,
    [READ],
  ]);
  const jar = new Map<string, string>();
  const person = browserOf(server.issuer, 'person@acme.example', undefined, jar);
  const form = await person.get('/login');
  keep('form token of the sign-in page', /name="csrf"[^>]*value="([^"]*)"/.exec(form.html)?.[1]);
  keepCookies('before sign-in', jar);
  await person.submit(form, { email: person.email, password: server.demo.password });
  keep('session cookie', jar.get('countersign'));
  keepCookies('after sign-in', jar);

  const root = await inBrowser('first', agent, person, jar, { authorization_details: detailsParameter(readDetails()) });
  const rootToken = keep('root token', root.access_token);
  const leaf = await inBrowser('second', agent, person, jar, {
    authorization_details: detailsParameter(readDetails({ calendar: 'rooms' })),
    resource: CALENDAR,
    prompt: 'consent',
  });
  keep('refresh token', leaf.refresh_token);
  const refreshed = await agent.token({ grant_type: 'refresh_token', refresh_token: leaf.refresh_token });
  keep('refreshed access token', refreshed.body.access_token);

  const exchange = { grant_type: EXCHANGE, subject_token: rootToken, subject_token_type: ACCESS_TOKEN };
  keep('exchanged token', (await agent.token({ ...exchange, resource: CALENDAR })).body.access_token);
  const handOff = await agent.token({
    ...exchange,
    requested_actor: child.registration.agent_id,
    authorization_details: detailsParameter(readDetails()),
  });
  keep('hand-off token', handOff.body.access_token);
  const handed = await child.token({ ...exchange, subject_token: handOff.body.access_token, resource: CALENDAR });
  keep("child's token", handed.body.access_token);

  await fromBehind(agent, person);

  // Left open: a request that was pushed, a page that was opened, a code that nobody collected.
  const open = {
    code_challenge: pkce().challenge,
    authorization_details: detailsParameter(readDetails()),
    prompt: 'consent',
  };
  const waiting = await push(agent, open);
  keep('waiting request_uri', waiting.body.request_uri.split(':').at(-1));
  const opened = await push(agent, open);
  keep('opened request_uri', opened.body.request_uri.split(':').at(-1));
  const page = await person.get(authorizationUrl(agent, opened.body.request_uri));
  keep('open interaction', /\/interaction\/([\w-]+)/.exec(page.url)?.[1]);
  keepCookies('at an open page', jar);
  const covered = await push(agent, { ...open, prompt: undefined });
  const back = await person.get(authorizationUrl(agent, covered.body.request_uri));
  keep('code that nobody collected', new URL(back.url).searchParams.get('code') ?? undefined);

  const sealing = sealingWith(
    Buffer.from(readFileSync(join(server.dataDir, 'sealing.key'), 'utf8').trim(), 'base64url'),
  );
  const { rows } = await database.query('select sealed from signing_keys');
  for (const { sealed } of rows) keep('signing key', JSON.parse(sealing.open('signing key', sealed)).d);
  keep("agent's key", agent.jwk.d);
  keep("resource server's key", server.demo.resourceServer.jwk.d);
  keep("application's key", server.demo.application.jwk.d);
}

/** PKCE, a pushed request, the page, the code and the token. */
async function inBrowser(
  which: string,
  agent: TestClient,
  person: TestPerson,
  jar: ReadonlyMap<string, string>,
  asked: Record<string, string>,
): Promise<Json> {
  const { verifier, challenge } = pkce();
  const client_assertion = keep(`${which} client assertion`, await agent.assertion());
  const dpop = keep(`${which} DPoP proof`, await agent.proof(`${server.issuer}/request`));
  const request = await push(agent, { code_challenge: challenge, client_assertion, ...asked }, { dpop });
  keep(`${which} request_uri`, request.body.request_uri.split(':').at(-1));
  const page = await person.get(authorizationUrl(agent, request.body.request_uri));
  keep(`${which} interaction`, /\/interaction\/([\w-]+)/.exec(page.url)?.[1]);
  keepCookies(`at the ${which} page`, jar);
  const result = await person.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
  const back = await person.get(continuationOf(result) ?? '');
  keepCookies(`after the ${which} page`, jar);
  const code = keep('authorization code', new URL(back.url).searchParams.get('code') ?? undefined);
  keep(`${which} PKCE verifier`, verifier);
  const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
  keep(`${which} access token`, answer.body.access_token);
  return answer.body;
}

/** One request that is approved, collected and redeemed, and one that waits. */
async function fromBehind(agent: TestClient, person: TestPerson): Promise<void> {
  const ask = async (title: string) => {
    const details = detailsParameter(inviteDetails({ title }));
    const form = { scope: 'openid', login_hint: person.email, authorization_details: details, resource: CALENDAR };
    return (await agent.post('/backchannel', form)).body;
  };
  const asked = await ask('Q1 review');
  keep('auth_req_id', asked.auth_req_id);
  const inbox = await person.get('/inbox');
  const page = await person.get(/href="(\/r\/apr_[0-9a-f]+)"/.exec(inbox.html)?.[1] ?? '');
  await person.submit(page, { decision: 'approve', duration: 'once', number: asked.display_code, read: '1' });
  const answer = await agent.token({ grant_type: CIBA, auth_req_id: asked.auth_req_id });
  keep('token asked from behind', answer.body.access_token);
  keep('ID token asked from behind', answer.body.id_token);

  const resourceServer = await demoClient(server, 'resourceServer');
  const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  keep("resource server's token", own.body.access_token);
  const { type: action, locations: _, ...parameters } = inviteDetails();
  const redeemed = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token: answer.body.access_token, action, parameters, idempotency_key: 'story 1' }),
  });
  if (redeemed.status !== 201) throw new Error(`redemption: ${redeemed.status} ${await redeemed.text()}`);
  keep('waiting auth_req_id', (await ask('Q2 review')).auth_req_id);
}

function keepCookies(when: string, jar: ReadonlyMap<string, string>): void {
  for (const [name, value] of jar) {
    // The id of a request that was decided here: a word on a page, which opens nothing.
    if (name !== 'countersign-decided') keep(`cookie ${name} ${when}`, value);
  }
}

/** Every row of every table as text, as in a stolen backup. */
async function dumpOf(client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query(
    `select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'm')`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query(`select t::text as line from ${name} t`);
    lines.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return lines.join('\n');
}

/** The ways in which a value could stand in a dump. Half of a token is as good as a find. */
const spellings = (value: string): Record<string, string> => ({
  'as it is': value,
  'its last part': value.includes('.') ? (value.split('.').at(-1) as string) : value,
  'in hexadecimal': Buffer.from(value).toString('hex'),
  'in Base64': Buffer.from(value).toString('base64').replace(/=+$/, ''),
  decoded: Buffer.from(value, 'base64url').toString('hex'),
});

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
