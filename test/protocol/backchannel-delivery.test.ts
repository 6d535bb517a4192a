import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { PING, PUSH } from '../../server/approvals/tell-client.ts';
import {
  type Answer,
  agentMetadata,
  CALENDAR,
  CIBA,
  claimsOf,
  type Json,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, introspect } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { type Receiver, startReceiver, trustTestAuthority } from '../support/receiver.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, decideFor, type Form, poll, registerWith, requestObject } from './support.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
let receiver: Receiver;
beforeAll(async () => {
  trustTestAuthority();
  receiver = await startReceiver();
  server = await startServer({
    COUNTERSIGN_EGRESS_ALLOW: receiver.host,
    COUNTERSIGN_BACKCHANNEL_PUSH: '1',
  });
  database = databaseOf(server);
  await database.run(
    `insert into backchannel_settings (organization, notification_hosts) select id, $1 from organizations where slug = 'acme'`,
    [[receiver.host, 'localhost:1']],
  );
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await receiver?.close();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.replies.length = 0;
});

const notified = (mode: 'ping' | 'push', more: Json = {}) => ({
  backchannel_token_delivery_mode: mode,
  backchannel_client_notification_endpoint: receiver.url,
  ...more,
});
const agent = (mode: 'ping' | 'push', more: Json = {}) => registerAgent(server, notified(mode, more));
const TOKEN = 'a-notification-token-of-128-bits.7f';
const asked = async (client: TestClient, form: Form = {}): Promise<Json> => {
  const { status, body } = await ask(client, { client_notification_token: TOKEN, ...form });
  if (status !== 200) throw new Error(`asking: ${status} ${JSON.stringify(body)}`);
  return body;
};
const approve = (body: Json, duration = 'once') => ({ decision: 'approve', duration, number: body.display_code });
const refused = ({ status, body }: Answer) => [status, body.error];
/** Every message about what this client asked has ended in one way or the other. */
async function ended(client: TestClient): Promise<{ state: string; attempts: number; error: string | null }[]> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    const rows = await database.rows<{ state: string; attempts: number; error: string | null }>(
      `select state, attempts, error from outbox where kind = any($2) and created_at > now() - interval '1 minute' and due_at < now() + interval '1 minute'
         and organization = $1 order by id`,
      [client.registration.organization, [PING, PUSH]],
    );
    if (rows.length > 0 && rows.every(({ state }) => state !== 'waiting')) return rows;
  }
  throw new Error('messages are waiting still');
}
const eventsOf = (client: TestClient) =>
  database.rows<{ type: string; reason: string }>(
    `select type, reason from evidence where application = $1 and type like 'delivery.%' order by at`,
    [client.clientId],
  );
/** Retries are due at once. */
const hurry = async (count: number) => {
  const until = receiver.until(count);
  const timer = setInterval(
    () =>
      void database.run(
        `update outbox set due_at = now() where state = 'waiting' and lease is null and error is not null`,
      ),
    100,
  );
  await until.finally(() => clearInterval(timer));
};

describe('ping', () => {
  test('CB-60 CB-61: after the decision, with the token of the client and the request alone', async () => {
    const client = await agent('ping');
    const body = await asked(client);
    expect(body).toMatchObject({ interval: 5, expires_in: 300 });
    await decideFor(server, client, person, approve(body));
    const [ping] = await receiver.until(1);
    expect([ping?.method, ping?.path, ping?.headers.authorization, ping?.headers['content-type']]).toEqual([
      'POST',
      '/cb',
      `Bearer ${TOKEN}`,
      'application/json',
    ]);
    expect(ping?.body).toBe(JSON.stringify({ auth_req_id: body.auth_req_id }));
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
    await ended(client);
    expect(await eventsOf(client)).toEqual([{ type: 'delivery.sent', reason: PING }]);
  });

  test('CB-60: after a denial too', async () => {
    const client = await agent('ping');
    const body = await asked(client);
    await decideFor(server, client, person, { decision: 'deny' });
    await receiver.until(1);
    expect(refused(await poll(client, body.auth_req_id))).toEqual([400, 'access_denied']);
  });

  test('CB-49: a client that is told may poll before', async () => {
    const client = await agent('ping');
    const body = await asked(client);
    expect(refused(await poll(client, body.auth_req_id))).toEqual([400, 'authorization_pending']);
  });

  test('what a live task covers is told as well, after the answer', async () => {
    const client = await agent('ping');
    const form = { authorization_details: detailsParameter(readDetails()) };
    const first = await asked(client, form);
    await decideFor(server, client, person, approve(first, 'PT1H'));
    await receiver.until(1);
    const again = await asked(client, form);
    await receiver.until(2);
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toEqual({ auth_req_id: again.auth_req_id });
  });

  test('CB-61: 200 is an answer as 204 is, and what stands in it is read by nobody', async () => {
    const client = await agent('ping');
    receiver.replies.push({ status: 200, body: '{"error":"access_denied"}' });
    const body = await asked(client);
    await decideFor(server, client, person, approve(body));
    await receiver.until(1);
    await ended(client);
    expect(await eventsOf(client)).toEqual([{ type: 'delivery.sent', reason: PING }]);
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
  });

  test('CB-62: it goes nowhere else, whoever says so, and is not tried again', async () => {
    const client = await agent('ping');
    receiver.replies.push({ status: 302, headers: { location: 'https://localhost:1/elsewhere' } });
    await decideFor(server, client, person, approve(await asked(client)));
    await receiver.until(1);
    expect((await ended(client)).at(-1)).toMatchObject({ state: 'dead', attempts: 1, error: 'it answered 302' });
    expect(await eventsOf(client)).toEqual([{ type: 'delivery.failed', reason: PING }]);
  });

  test.each([400, 401, 403, 404])('CB-62: %i is not tried again', async (status) => {
    const client = await agent('ping');
    receiver.replies.push({ status });
    await decideFor(server, client, person, approve(await asked(client)));
    await receiver.until(1);
    expect((await ended(client)).at(-1)).toMatchObject({ state: 'dead', attempts: 1 });
  });

  test('CB-62 CB-63: a 503, a hang and a 429 are tried again, three times at most, and the decision stands', async () => {
    const client = await agent('ping');
    receiver.replies.push({ status: 503 }, 'hang', { status: 429, headers: { 'retry-after': '1' } }, { status: 500 });
    const body = await asked(client);
    await decideFor(server, client, person, approve(body));
    await hurry(4);
    expect((await ended(client)).at(-1)).toMatchObject({ state: 'dead', attempts: 4 });
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
  });

  test('CB-63: a ping that came through at the second attempt', async () => {
    const client = await agent('ping');
    receiver.replies.push({ status: 500 });
    await decideFor(server, client, person, approve(await asked(client)));
    await hurry(2);
    expect((await ended(client)).at(-1)).toMatchObject({ state: 'done', attempts: 2 });
  });

  test('design §8.9: an address that became private is not called', async () => {
    const client = await agent('ping');
    await database.run(
      `update clients set metadata = metadata || '{"backchannel_client_notification_endpoint":"https://127.0.0.1:1/cb"}' where client_id = $1`,
      [client.clientId],
    );
    await decideFor(server, client, person, approve(await asked(client)));
    expect((await ended(client)).at(-1)).toMatchObject({
      state: 'dead',
      error: 'outbound request refused: a private address',
    });
  });

  test('design §8.7: no token of the client and no auth_req_id lies in the database in clear', async () => {
    const client = await agent('ping');
    const token = randomUUID();
    const body = await asked(client, { client_notification_token: token });
    for (const table of ['approvals', 'outbox', 'engine_artefacts', 'evidence_contents', 'signals']) {
      const rows = await database.rows<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t`);
      expect(rows.filter(({ row }) => row.includes(token) || row.includes(body.auth_req_id))).toEqual([]);
    }
  });

  test.each([
    ['no token', undefined],
    ['a token that is no bearer token', 'with spaces'],
    ['a token of 1025 characters', 'x'.repeat(1025)],
  ])('§7.1: %s is invalid_request', async (_name, client_notification_token) => {
    const answer = await ask(await agent('ping'), { client_notification_token });
    expect(refused(answer)).toEqual([400, 'invalid_request']);
  });
});

describe('push', () => {
  test('CB-70 CB-72: the tokens, bound to the key of the request, and an ID token that names it', async () => {
    const client = await agent('push');
    const body = await asked(client, {
      authorization_details: detailsParameter(readDetails()),
      nonce: 'n-1',
    });
    expect(body).not.toHaveProperty('interval');
    await decideFor(server, client, person, approve(body, 'PT1H'));
    const [push] = await receiver.until(1);
    expect(push?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const pushed = JSON.parse(push?.body ?? '');
    expect(pushed).toMatchObject({ auth_req_id: body.auth_req_id, token_type: 'DPoP', scope: 'openid' });
    expect(claimsOf(pushed.access_token)).toMatchObject({
      cnf: { jkt: client.jkt },
      act: { sub: client.registration.agent_id },
      authorization_details: [expect.objectContaining({ type: 'calendar.events.read' })],
    });
    const { payload } = await jwtVerify(pushed.id_token, createRemoteJWKSet(new URL(`${server.issuer}/jwks`)), {
      issuer: server.issuer,
      audience: client.clientId,
    });
    const half = (value: string) => createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');
    expect(payload).toMatchObject({
      nonce: 'n-1',
      acr: 'pwd',
      at_hash: half(pushed.access_token),
      'urn:openid:params:jwt:claim:auth_req_id': body.auth_req_id,
      'urn:openid:params:jwt:claim:rt_hash': half(pushed.refresh_token),
    });
    expect((await introspect(client, pushed.access_token)).active).toBe(true);
    const refreshed = await client.token({ grant_type: 'refresh_token', refresh_token: pushed.refresh_token });
    expect(refreshed.status).toBe(200);
  });

  test('CB-47: a push client that comes to the token endpoint is unauthorized_client', async () => {
    const client = await agent('push');
    const body = await asked(client);
    expect(refused(await poll(client, body.auth_req_id))).toEqual([400, 'unauthorized_client']);
  });

  test('CB-71: access_denied', async () => {
    const client = await agent('push');
    const body = await asked(client);
    await decideFor(server, client, person, { decision: 'deny' });
    const [push] = await receiver.until(1);
    expect(JSON.parse(push?.body ?? '')).toEqual({ auth_req_id: body.auth_req_id, error: 'access_denied' });
  });

  test('CB-71: with what the person would rather be asked', async () => {
    const client = await agent('push');
    receiver.replies.push({ status: 500 });
    const body = await asked(client);
    await decideFor(server, client, person, { decision: 'deny' });
    await receiver.until(1);
    // No medium action of the demonstration has a safer one beside it.
    const instead = {
      action: READ,
      version: 1,
      resource: CALENDAR,
      parameters: { from: '2026-11-24', to: '2026-11-24' },
    };
    await database.run(`update approvals set decision = decision || $2 where client_id = $1`, [
      client.clientId,
      JSON.stringify({ instead }),
    ]);
    await hurry(2);
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toEqual({
      auth_req_id: body.auth_req_id,
      error: 'access_denied',
      error_description: `the person denied the request: ask for ${READ} instead`,
      authorization_details: [{ type: READ, locations: [CALENDAR], ...instead.parameters }],
    });
  });

  test('CB-71: expired_token when nobody decided', async () => {
    const client = await agent('push');
    const body = await asked(client, { requested_expiry: '1' });
    const [push] = await receiver.until(1);
    expect(JSON.parse(push?.body ?? '')).toEqual({ auth_req_id: body.auth_req_id, error: 'expired_token' });
  });

  test('every attempt says the same: no second set of tokens', async () => {
    const client = await agent('push');
    receiver.replies.push('hang', { status: 500 });
    await decideFor(server, client, person, approve(await asked(client)));
    await hurry(3);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    const row = await database.first<{ count: number }>(
      'select count(*)::int as count from issued_tokens where client_id = $1',
      [client.clientId],
    );
    expect(row?.count).toBe(1);
  });

  test('CB-72: without a proof there is no key to bind to', async () => {
    const answer = await ask(await agent('push'), { client_notification_token: TOKEN }, { dpop: false });
    expect(refused(answer)).toEqual([400, 'invalid_dpop_proof']);
  });
});

describe('registration', () => {
  const register = async (more: Json) => {
    const { publicJwk } = await newKey();
    return registerWith(server, agentMetadata(publicJwk, more));
  };

  test('CB-01: the metadata tells the truth', async () => {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata).toMatchObject({
      backchannel_authentication_endpoint: `${server.issuer}/backchannel`,
      backchannel_token_delivery_modes_supported: ['poll', 'ping', 'push'],
      backchannel_user_code_parameter_supported: true,
      backchannel_authentication_request_signing_alg_values_supported: expect.not.arrayContaining([
        'HS256',
        'none',
        'RS256',
      ]),
      grant_types_supported: expect.arrayContaining([CIBA]),
    });
  });

  test.each([
    ['CB-02: ping without an endpoint', { backchannel_client_notification_endpoint: undefined }],
    ['CB-02: an endpoint without TLS', { backchannel_client_notification_endpoint: 'http://localhost:1/cb' }],
    ['CB-02: an unknown mode', { backchannel_token_delivery_mode: 'pull' }],
    ['CB-03: pairwise subjects, which are not offered', { subject_type: 'pairwise' }],
    ['CB-02: two modes', { backchannel_token_delivery_mode: ['poll', 'ping'] }],
    [
      'CB-04: a host that nobody vouches for',
      { backchannel_client_notification_endpoint: 'https://victim.example/cb' },
    ],
    ['CB-04: another port', { backchannel_client_notification_endpoint: 'https://localhost:2/cb' }],
    ['CB-04: an endpoint with a user', { backchannel_client_notification_endpoint: 'https://me@localhost:1/cb' }],
    ['an endpoint for a client that polls', { backchannel_token_delivery_mode: 'poll' }],
    [
      'CB-04: the neighbour under a public suffix',
      {
        jwks: undefined,
        jwks_uri: 'https://me.github.io/jwks',
        backchannel_client_notification_endpoint: 'https://you.github.io/cb',
      },
    ],
    ['FAPI-CIBA: push', { profile: 'fapi_ciba', backchannel_token_delivery_mode: 'push' }],
    ['FAPI-CIBA: bearer tokens', { profile: 'fapi_ciba', dpop_bound_access_tokens: false }],
    ['FAPI-CIBA: another algorithm', { profile: 'fapi_ciba', backchannel_authentication_request_signing_alg: 'RS256' }],
    ['an unknown profile', { profile: 'fapi_3' }],
  ])('%s is invalid_client_metadata', async (_name, more) => {
    expect(refused(await register(notified('ping', more)))).toEqual([400, 'invalid_client_metadata']);
  });

  test('CB-04: the domain that serves its keys is its own', async () => {
    const { status } = await register(
      notified('ping', {
        jwks: undefined,
        jwks_uri: 'https://keys.agent.example/jwks',
        backchannel_client_notification_endpoint: 'https://hooks.agent.example/cb',
      }),
    );
    expect(status).toBe(201);
  });

  test('FAPI-CIBA: a client of the profile signs what it asks, for something that can be told apart', async () => {
    const client = await registerAgent(server, { profile: 'fapi_ciba' });
    expect(client.registration).toMatchObject({
      profile: 'fapi_ciba',
      backchannel_authentication_request_signing_alg: 'ES256',
    });
    expect(refused(await ask(client))).toEqual([400, 'invalid_request']);
    const signed = async (claims: Json) =>
      client.post('/backchannel', {
        request: await requestObject(server, client, { scope: 'openid', login_hint: 'person@acme.example', ...claims }),
      });
    const wanted = { authorization_details: [readDetails()] };
    expect((await signed(wanted)).status).toBe(200);
    expect(refused(await signed({ scope: 'openid calendar.read' }))).toEqual([400, 'invalid_request']);
    expect((await signed({ scope: 'openid calendar.read', binding_message: 'K7-QX' })).status).toBe(200);
    expect(refused(await signed({ ...wanted, exp: Math.floor(Date.now() / 1000) + 3700 }))).toEqual([
      400,
      'invalid_request',
    ]);
  });
});

test('push is off unless the operator turned it on, and the metadata says so', async () => {
  const plain = await startServer();
  try {
    const { publicJwk } = await newKey();
    const answer = await registerWith(plain, agentMetadata(publicJwk, notified('push')));
    expect(refused(answer)).toEqual([400, 'invalid_client_metadata']);
    const metadata = (await (await fetch(`${plain.issuer}/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata.backchannel_token_delivery_modes_supported).toEqual(['poll', 'ping']);
  } finally {
    await plain.close();
  }
});
