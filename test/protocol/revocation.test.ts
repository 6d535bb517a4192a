import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { CALENDAR, demoClient, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf, eventsOf, exchange, introspect, registerAgentAt, revoke } from '../support/delegation.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { codeFor, type Form, postForm, unproven } from './support.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let rs: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  agent = await registerAgent(server);
  rs = await demoClient(server, 'resourceServer');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const tokens = async (client = agent, form: Form = { scope: 'calendar.read', resource: CALENDAR }): Promise<Json> => {
  const { status, body } = await client.token({
    client_id: client.clientId,
    ...unproven(client),
    ...(await codeFor(client, person, form)),
  });
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
};
const active = async (client: TestClient, token: string): Promise<boolean> => (await introspect(client, token)).active;

test('RV-05 K7: an access token ends alone; the task and its other tokens go on', async () => {
  const first = await tokens();
  const second = await tokens();
  const answer = await revoke(agent, first.access_token);
  expect([answer.status, answer.body, answer.headers.get('cache-control')]).toEqual([200, '', 'no-store']);
  expect([await active(rs, first.access_token), await active(rs, second.access_token)]).toEqual([false, true]);
  expect((await agent.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).status).toBe(200);
});

test('RV-04: a refresh token ends its task, with every token of it', async () => {
  const client = await registerAgent(server);
  const { access_token, refresh_token } = await tokens(client);
  expect((await revoke(client, refresh_token)).status).toBe(200);
  expect(await active(rs, access_token)).toBe(false);
  const again = await client.token({ grant_type: 'refresh_token', refresh_token });
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
});

test('RV-07 TX-11: what was cut from a token ends with it', async () => {
  const client = await registerAgent(server);
  const root = await tokens(client, { scope: 'calendar.read' });
  const leaf = await exchange(client, root.access_token, { resource: CALENDAR });
  expect(await active(rs, leaf.body.access_token)).toBe(true);
  await revoke(client, root.access_token);
  expect(await active(rs, leaf.body.access_token)).toBe(false);
});

test('RV-07: and is evidence', async () => {
  const { access_token } = await tokens();
  const events = await eventsOf(database, () => revoke(agent, access_token));
  expect(events).toEqual([expect.objectContaining({ type: 'authority.stopped', reason: 'token' })]);
});

test('RV-01: a public client revokes what it holds, known by its id', async () => {
  const client = await registerAgent(server, {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    jwks: undefined,
  });
  const { access_token, refresh_token } = await tokens(client);
  const answer = await postForm(server, '/token/revocation', { token: access_token, client_id: client.clientId });
  expect(answer.status).toBe(200);
  expect(await active(rs, access_token)).toBe(false);
  await postForm(server, '/token/revocation', { token: refresh_token, client_id: client.clientId });
  const again = await client.token({
    client_id: client.clientId,
    ...unproven(client),
    grant_type: 'refresh_token',
    refresh_token,
  });
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
});

describe('RV-02 RV-03: 200 and nothing happens', () => {
  test.each([
    ['to the token of another client', async () => registerAgent(server)],
    ['to a token of another organization', async () => registerAgentAt(server, database, 'globex')],
    ['to a token at the server of its resource', async () => rs],
    [
      'to a token by somebody with a public client',
      async () =>
        registerAgent(server, {
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code'],
          jwks: undefined,
        }),
    ],
  ] as [string, () => Promise<TestClient>][])('%s', async (_name, by) => {
    const { access_token, refresh_token } = await tokens();
    const client = await by();
    for (const token of [access_token, refresh_token]) {
      const answer = await client.post(
        '/token/revocation',
        { token, client_id: client.clientId, ...unproven(client) },
        { dpop: false },
      );
      expect([answer.status, answer.body]).toEqual([200, '']);
    }
    expect(await active(rs, access_token)).toBe(true);
    expect((await agent.token({ grant_type: 'refresh_token', refresh_token })).status).toBe(200);
  });

  test.each(['unknown', 'a.b.c', 'x'.repeat(5000)])('to a token that never was', async (token) => {
    expect(await revoke(agent, token)).toMatchObject({ status: 200, body: '' });
  });

  test('to a token that is revoked already', async () => {
    const { access_token } = await tokens();
    for (let count = 0; count < 2; count++) expect((await revoke(agent, access_token)).status).toBe(200);
  });

  test.each(['access_token', 'refresh_token', 'nonsense'])(
    'RV-01: a wrong hint (%s) changes nothing',
    async (token_type_hint) => {
      const { access_token } = await tokens();
      await agent.post('/token/revocation', { token: access_token, token_type_hint }, { dpop: false });
      expect(await active(rs, access_token)).toBe(false);
    },
  );
});

describe('the endpoint', () => {
  test.each(['GET', 'PUT', 'DELETE'])('RV-01: %s is 405', async (method) => {
    expect((await fetch(`${server.issuer}/token/revocation`, { method })).status).toBe(405);
  });

  test.each([
    ['no token', {}],
    ['a token twice', { token: ['a', 'b'] }],
  ])('RV-01: %s is invalid_request', async (_name, form) => {
    const answer = await agent.post('/token/revocation', form as Form, { dpop: false });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('RV-01: a client with a key must prove it', async () => {
    const { access_token } = await tokens();
    const answer = await postForm(server, '/token/revocation', { token: access_token, client_id: agent.clientId });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(await active(rs, access_token)).toBe(true);
  });
});
