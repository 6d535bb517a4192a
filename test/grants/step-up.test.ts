import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { administrator, operator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
  type Json,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  applicationToken,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  organizationOf,
  rootToken,
} from '../support/delegation.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import {
  authorizationUrl,
  browserOf,
  continuationOf,
  detailsParameter,
  signIn,
  type TestPerson,
} from '../support/person.ts';
import { addRule } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ROOMS = 'https://rooms.acme.example';
const BOOK = 'rooms.booking.create';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Seconds that a sign-in is good for booking. */
const MAX_AGE = 120;
/** RFC 9470 §3: what the client has to ask of the person. */
const insufficient = { status: 400, body: { error: 'insufficient_user_authentication', max_age: MAX_AGE } };

let server: TestServer;
let database: Database;
let idp: IdentityProvider;
let person: TestPerson;
let agent: TestClient;

beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = databaseOf(server);
  const rooms = readFileSync(join(import.meta.dirname, '../../examples/rooms.yaml'), 'utf8');
  const careful = rooms.replace(
    '      samples:',
    `      authentication: { acr: pwd, maxAge: ${MAX_AGE} }\n      samples:`,
  );
  expect(await (await operator(server))('POST', '/catalogue', careful)).toMatchObject({ status: 200 });
  agent = await registerAgent(server, {
    grant_types: ['authorization_code', EXCHANGE, JWT_BEARER],
    authorization_details_types: [READ, BOOK],
  });
  const admin = await administrator(server, 'admin@acme.example');
  await admin('POST', '/trusted-issuers', {
    issuer: idp.issuer,
    name: 'Acme sign-in',
    jwks_uri: idp.jwksUri,
    profiles: ['id-jag'],
  });
  await admin('POST', '/upstream-identities', { person: 'person@acme.example', issuer: idp.issuer, subject: 'anna' });
}, 30_000);
beforeEach(async () => {
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await idp?.close();
});

const booking = (room: string) => ({
  type: BOOK,
  locations: [ROOMS],
  room,
  start: '2026-11-26T10:00:00Z',
  minutes: 60,
});
const toBook = (room: string) => ({ resource: ROOMS, authorization_details: detailsParameter(booking(room)) });

/** Five minutes pass since the person signed in. */
async function timePasses(): Promise<void> {
  const earlier = `- interval '5 minutes'`;
  await database.run(`update sessions set authenticated_at = authenticated_at ${earlier}`);
  await database.run(`update tasks set auth_time = auth_time ${earlier}`);
  await database.run(
    `update issued_tokens set authentication = jsonb_set(authentication, '{auth_time}', to_jsonb((authentication ->> 'auth_time')::int - 300))
     where authentication ? 'auth_time'`,
  );
}

/** SU-02: the agent asks the person again, as the refusal says; they sign in once more, and decide. */
async function asksAgain(form: Json, { max_age }: Json): Promise<Answer> {
  const { verifier, challenge } = pkce();
  const pushed = await push(agent, { code_challenge: challenge, scope: 'openid', max_age: String(max_age), ...form });
  // The engine remembers the sign-in of a browser by itself, and five minutes did not pass for it.
  person = browserOf(server.issuer, person.email);
  const login = await person.get(authorizationUrl(agent, pushed.body.request_uri));
  const page = await person.submit(login, { email: person.email, password: server.demo.password });
  const next = continuationOf(await person.submit(page, HOUR)) ?? '';
  const code = new URL((await person.get(next)).url).searchParams.get('code') ?? '';
  return agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
}

describe('SU-06: an action that asks for a late sign-in gets it, however its token is asked for', () => {
  test('by exchange: SU-03 the token says when, and when that was too long ago the answer says what to ask', async () => {
    const root = await rootToken(agent, person, readDetails(), booking('Blue Room'));
    const fresh = accessTokenIn(await exchange(agent, root, { resource: ROOMS }));
    expect(claimsOf(fresh)).toMatchObject({ acr: 'pwd', auth_time: expect.any(Number) });
    await timePasses();
    const events = await eventsOf(database, async () => {
      expect(await exchange(agent, root, { resource: ROOMS })).toMatchObject(insufficient);
    });
    expect(events).toMatchObject([
      { type: 'token.refused', reason: 'authentication_insufficient', person: claimsOf(root).sub },
    ]);
    // What another action asks is not asked of this one.
    expect(await exchange(agent, root, { resource: CALENDAR })).toMatchObject({ status: 200 });
    const dry = await exchange(agent, root, { resource: ROOMS, explain: 'true' });
    expect(dry.body).toMatchObject({ allowed: false, error: insufficient.body.error });
    expect(dry.body.rules.filter(({ holds }: Json) => !holds)).toMatchObject([{ rule: 'R37' }]);

    const again = await asksAgain(toBook('Blue Room'), insufficient.body);
    expect(claimsOf(accessTokenIn(again)).auth_time).toBeGreaterThanOrEqual(claimsOf(fresh).auth_time);
    // An exchange makes nothing fresher: the old token is as old as it was (TX-14).
    expect(await exchange(agent, root, { resource: ROOMS })).toMatchObject(insufficient);
  });

  test('SU-02: whoever decides in an old session signs in first, and then reads the page', async () => {
    const { challenge } = pkce();
    const pushed = await push(agent, { code_challenge: challenge, ...toBook('Yellow Room') });
    await database.run(`update sessions set authenticated_at = authenticated_at - interval '5 minutes'`);
    const login = await person.get(authorizationUrl(agent, pushed.body.request_uri));
    expect([new URL(login.url).pathname, login.html.includes('data-fact')]).toEqual(['/login', false]);
    const page = await person.post(login.url, {
      csrf: /name="csrf" value="([^"]*)"/.exec(login.html)?.[1] ?? '',
      email: person.email,
      password: server.demo.password,
    });
    expect(page.html).toContain('Yellow Room');
    // What was open on the screen when the sign-in grew old decides nothing either.
    await database.run(`update sessions set authenticated_at = authenticated_at - interval '5 minutes'`);
    expect(new URL((await person.submit(page, HOUR)).url).pathname).toBe('/login');
  });

  test('by a statement of who the person is: the task that was approved with the better sign-in serves', async () => {
    const application = await demoClient(server, 'application');
    const first = await applicationToken(application, person);
    const asked = await exchange(agent, first, toBook('Green Room'));
    expect(asked.body).toMatchObject({ error: 'consent_required' });
    await person.submit(await person.get(new URL(asked.body.interaction_uri).pathname), HOUR);
    expect(await exchange(agent, first, toBook('Green Room'))).toMatchObject({ status: 200 });
    await timePasses();
    expect(await exchange(agent, first, toBook('Green Room'))).toMatchObject(insufficient);
    await asksAgain(toBook('Green Room'), insufficient.body);
    expect(await exchange(agent, first, toBook('Green Room'))).toMatchObject({ status: 200 });
  });

  test('JAG-27: by an identity assertion, which is not used up by that answer', async () => {
    await asksAgain(toBook('Red Room'), { max_age: 60 });
    const assertion = () =>
      idp.sign(
        { sub: 'anna', aud: server.issuer, client_id: agent.clientId, resource: ROOMS },
        { typ: 'oauth-id-jag+jwt' },
      );
    const present = async (value: string) =>
      agent.token({ grant_type: JWT_BEARER, assertion: value, ...toBook('Red Room') });
    expect(await present(await assertion())).toMatchObject({ status: 200 });
    await timePasses();
    const same = await assertion();
    expect(await present(same)).toMatchObject(insufficient);
    await asksAgain(toBook('Red Room'), insufficient.body);
    expect(await present(same)).toMatchObject({ status: 200 });
  });

  test('no policy stands in for it: the person is asked', async () => {
    const other = await registerAgent(server, { authorization_details_types: [BOOK] });
    await addRule(
      database,
      await organizationOf(database, 'acme'),
      { name: 'Booking', when: { agents: [other.registration.agent_id], actions: [BOOK] }, verdict: 'allow' },
      'pol_book',
    );
    const token = await applicationToken(await demoClient(server, 'application'), person);
    expect(await exchange(other, token, toBook('White Room'))).toMatchObject({ status: 200 });
    await timePasses();
    expect(await exchange(other, token, toBook('Black Room'))).toMatchObject({
      status: 400,
      body: { error: 'consent_required' },
    });
  });
});
