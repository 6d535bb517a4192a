import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { whyNoSecret } from '../../server/agents/client-secret.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  EXCHANGE,
  type Json,
  pkce,
  READ,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { refundDetails } from '../support/ceremony.ts';
import { databaseOf } from '../support/delegation.ts';
import { detailsParameter, signIn } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ASSERTION_TYPE, manage, metadataWith, registerWith, replaceable } from './support.ts';

let server: TestServer;
let database: Database;
let admin: Api;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const OWN = { grant_type: 'client_credentials', scope: 'calendar.read', resource: CALENDAR };

async function newAgent(more: Json = {}): Promise<TestClient> {
  const agent = await registerAgent(server, {
    grant_types: ['authorization_code', 'client_credentials', CIBA, EXCHANGE],
    ...more,
  });
  await admin('POST', `/agents/${agent.registration.agent_id}/own-actions`, { actions: [READ] });
  return agent;
}

const allow = (agent: TestClient, more: Json = {}): Promise<Answer> =>
  admin('POST', `/agents/${agent.registration.agent_id}/client-secret`, { reason: 'a vendor without keys', ...more });

/** Allowed, and agreed to by whoever owns the agent. */
async function allowed(agent: TestClient, more: Json = {}): Promise<Answer> {
  const answer = await allow(agent, more);
  expect((await answered(answer.body, 'approve')).status).toBe(200);
  return answer;
}

const answered = async ({ pending_change: { id } }: Json, answer: string) => {
  const owner = await signIn(server, 'owner@acme.example');
  return owner.submit(await owner.get(`/owned/changes/${id}`), { answer });
};

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

/** By its secret, in the header or in the form. */
const by = (agent: TestClient, secret: string, path: string, form: Json, posted = false): Promise<Answer> =>
  agent.post(
    path,
    {
      client_assertion: undefined,
      client_assertion_type: undefined,
      ...(posted && { client_id: agent.clientId, client_secret: secret }),
      ...form,
    },
    posted ? {} : { headers: { authorization: basic(agent.clientId, secret) } },
  );
const own = (agent: TestClient, secret: string, form: Json = {}, posted = false) =>
  by(agent, secret, '/token', { ...OWN, ...form }, posted);

describe('a secret that an administrator allowed one client', () => {
  test('is made by us, shown once, stored as a hash under a key that is not in the database, and evident', async () => {
    const agent = await newAgent();
    const { status, body } = await allowed(agent);
    expect([status, body.client_secret, body.token_endpoint_auth_method]).toEqual([
      201,
      expect.stringMatching(/^csk_[\w-]{43}$/),
      'client_secret_basic',
    ]);
    const everything = await database.rows<{ text: string }>(
      `select s::text as text from client_secrets s union all select e::text from evidence e union all select c.metadata::text from clients c`,
    );
    expect(everything.some(({ text }) => text.includes(body.client_secret))).toBe(false);
    const [event] = await database.rows<Json>(
      `select reason from evidence where type = 'admin.acted' and reason = 'client_secret.made'`,
    );
    expect(event).toBeDefined();
    const { status: got, body: token } = await own(agent, body.client_secret);
    expect([got, claimsOf(token.access_token).cnf]).toEqual([200, { jkt: agent.jkt }]);
    for (const answer of [
      await manage(agent.registration, 'GET'),
      await admin('GET', `/agents/${agent.registration.agent_id}`),
    ]) {
      expect(JSON.stringify(answer.body)).not.toContain('csk_');
      expect(JSON.stringify(answer.body)).toContain('client_secret_basic');
    }
  });

  test('works wherever clients authenticate, in the form where it was allowed so', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const agent = await newAgent();
      const { client_secret: secret } = (await allowed(agent, { method })).body;
      const posted = method === 'client_secret_post';
      const token = (await own(agent, secret, {}, posted)).body.access_token;
      const tries: [string, Json, number][] = [
        [
          '/request',
          {
            client_id: agent.clientId,
            response_type: 'code',
            redirect_uri: REDIRECT,
            code_challenge: pkce().challenge,
            code_challenge_method: 'S256',
            scope: 'calendar.read',
            resource: CALENDAR,
          },
          201,
        ],
        [
          '/backchannel',
          {
            scope: 'openid',
            login_hint: 'person@acme.example',
            authorization_details: detailsParameter(readDetails()),
          },
          200,
        ],
        ['/token/introspection', { token }, 200],
        ['/token/revocation', { token }, 200],
      ];
      for (const [path, form, status] of tries) {
        expect([path, (await by(agent, secret, path, form, posted)).status]).toEqual([path, status]);
        const wrong = await by(agent, `${secret}x`, path, form, posted);
        expect([path, wrong.status, wrong.body.error]).toEqual([path, 401, 'invalid_client']);
      }
      const exchange = { grant_type: EXCHANGE, subject_token: 'x', subject_token_type: ACCESS_TOKEN };
      expect((await by(agent, secret, '/token', exchange, posted)).body.error).not.toBe('invalid_client');
    }
  });

  const refused: [string, (agent: TestClient, secret: string, other: string) => Promise<Answer>, number?][] = [
    ['another secret', (agent, _, other) => own(agent, other)],
    ['none', (agent) => own(agent, '')],
    ['the other way than it was allowed for', (agent, secret) => own(agent, secret, {}, true)],
    ['with another client_id beside it', (agent, secret) => own(agent, secret, { client_id: 'cli_other' })],
    ['the secret of somebody else under its name', (agent, _, other) => own(agent, other, {}, true)],
    ['its old key', (agent) => agent.token(OWN)],
    [
      'an assertion beside it',
      async (agent, secret) =>
        own(agent, secret, { client_assertion_type: ASSERTION_TYPE, client_assertion: await agent.assertion() }),
      400,
    ],
    ['both ways at once', (agent, secret) => own(agent, secret, { client_secret: secret }), 400],
    [
      'no DPoP proof',
      (agent, secret) =>
        agent.token(
          { ...OWN, client_assertion: undefined, client_assertion_type: undefined },
          { dpop: false, headers: { authorization: basic(agent.clientId, secret) } },
        ),
      400,
    ],
    [
      'another scheme',
      (agent, secret) =>
        agent.token(
          { ...OWN, client_assertion: undefined, client_assertion_type: undefined },
          { headers: { authorization: `Bearer ${secret}` } },
        ),
    ],
  ];
  test('OA-22: what is not exactly it is refused', async () => {
    const [agent, another] = [await newAgent(), await newAgent()];
    const [secret, other] = [(await allowed(agent)).body.client_secret, (await allowed(another)).body.client_secret];
    for (const [name, attempt, status = 401] of refused) {
      const answer = await attempt(agent, secret, other);
      expect([name, answer.status, answer.body.access_token]).toEqual([name, status, undefined]);
    }
    const { status, headers } = await own(agent, 'wrong');
    expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic')]);
    expect((await own(agent, secret)).status).toBe(200);
  });

  test('is rotated with overlap; the one before the last counts no more, and each ends by its date', async () => {
    const agent = await newAgent();
    const secrets: string[] = [];
    for (let round = 0; round < 3; round++) secrets.push((await allowed(agent)).body.client_secret);
    const heard = async () => Promise.all(secrets.map(async (secret) => (await own(agent, secret)).status));
    expect(await heard()).toEqual([401, 200, 200]);
    secrets.push((await allowed(agent, { overlap: 0 })).body.client_secret);
    expect(await heard()).toEqual([401, 401, 401, 200]);
    await database.run('update client_secrets set expires_at = now() where client_id = $1', [agent.clientId]);
    expect(await heard()).toEqual([401, 401, 401, 401]);
  });

  test('twenty rotations at once leave one that waits, and two that count once it is agreed to', async () => {
    const agent = await newAgent();
    const { client_secret: first } = (await allowed(agent)).body;
    const answers = await Promise.all(Array.from({ length: 20 }, () => allow(agent)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const living = [];
    // Each was put in the place of the one that waited, and only the last waits still.
    const { changes } = (await admin('GET', '/registration-changes')).body;
    expect(changes.filter((one: Json) => one.client_id === agent.clientId)).toHaveLength(1);
    const [{ id }] = changes.filter((one: Json) => one.client_id === agent.clientId);
    await answered({ pending_change: { id } }, 'approve');
    for (const { body } of answers) if ((await own(agent, body.client_secret)).status === 200) living.push(body);
    expect([living.length, (await own(agent, first)).status]).toEqual([1, 200]);
  });

  test('F2-05: counts once the owner agreed, and until then the agent goes on by its key', async () => {
    const agent = await newAgent();
    const { client_secret: secret, pending_change: waits } = (await allow(agent)).body;
    expect([(await own(agent, secret)).status, (await agent.token(OWN)).status]).toEqual([401, 200]);
    const inTheirPlace = await admin('POST', `/registration-changes/${waits.id}`, { answer: 'approve' });
    expect([inTheirPlace.status, inTheirPlace.body.reason]).toEqual([403, 'for_owner']);
    expect((await own(agent, secret)).status).toBe(401);
    const deputy = await signIn(server, 'admin@acme.example');
    expect((await deputy.get(`/owned/changes/${waits.id}`)).status).toBe(404);
    await answered({ pending_change: waits }, 'approve');
    expect([(await own(agent, secret)).status, (await agent.token(OWN)).status]).toEqual([200, 401]);
    const next = (await allow(agent, { overlap: 0 })).body;
    expect([(await own(agent, next.client_secret)).status, (await own(agent, secret)).status]).toEqual([401, 200]);
    await answered(next, 'approve');
    expect([(await own(agent, next.client_secret)).status, (await own(agent, secret)).status]).toEqual([200, 401]);
  });

  test('declined, ended, ended by its date or withdrawn by another change, it never counts', async () => {
    const ways: [string, (agent: TestClient, made: Json) => Promise<unknown>][] = [
      ['declined', (_, made) => answered(made, 'decline')],
      ['ended', (agent) => admin('POST', `/agents/${agent.registration.agent_id}/client-secret/end`, { reason: 'x' })],
      ['withdrawn', (agent) => manage(agent.registration, 'PUT', replaceable(agent.registration))],
      [
        'past its end',
        (_, made) =>
          database.run(
            `update registration_changes set proposed = jsonb_set(proposed, '{client_secret,expires_at}', to_jsonb(now())) where id = $1`,
            [made.pending_change.id],
          ),
      ],
    ];
    const owner = await signIn(server, 'owner@acme.example');
    for (const [way, happens] of ways) {
      const agent = await newAgent();
      const made = (await allow(agent)).body;
      await happens(agent, made);
      const late = await owner.get(`/owned/changes/${made.pending_change.id}`);
      expect([way, late.status, (await own(agent, made.client_secret)).status]).toEqual([way, 404, 401]);
      expect([way, (await agent.token(OWN)).status]).toEqual([way, 200]);
    }
  });

  test('ended, none counts, and the agent authenticates by its key again', async () => {
    const agent = await newAgent();
    const { client_secret: secret } = (await allowed(agent)).body;
    const path = `/agents/${agent.registration.agent_id}/client-secret/end`;
    expect((await admin('POST', path, { reason: 'it has a key now' })).status).toBe(200);
    expect((await own(agent, secret)).status).toBe(401);
    expect((await agent.token(OWN)).status).toBe(200);
    expect((await admin('POST', path, { reason: 'again' })).status).toBe(404);
  });

  test('is not enough for high impact', async () => {
    const agent = await newAgent({ authorization_details_types: ['payments.refund.create'] });
    const { client_secret: secret } = (await allowed(agent)).body;
    const { status, body } = await by(agent, secret, '/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(refundDetails()),
    });
    expect([status, body.error_description]).toEqual([400, expect.stringContaining('a key of its own')]);
  });

  test('stays when its builder replaces the registration, and its keys with it', async () => {
    const agent = await newAgent();
    const { client_secret: secret } = (await allowed(agent)).body;
    const read = await manage(agent.registration, 'GET');
    expect([read.body.token_endpoint_auth_method, read.body.jwks]).toEqual([
      'client_secret_basic',
      agent.registration.jwks,
    ]);
    const { status, body } = await manage(agent.registration, 'PUT', {
      ...replaceable(read.body),
      client_name: 'Renamed',
    });
    expect([status, body.client_name, body.token_endpoint_auth_method, body.jwks, body.pending_change]).toEqual([
      200,
      'Renamed',
      'client_secret_basic',
      agent.registration.jwks,
      undefined,
    ]);
    expect((await own(agent, secret)).status).toBe(200);
    const unbound = await manage(body, 'PUT', { ...replaceable(body), dpop_bound_access_tokens: false });
    expect([unbound.status, unbound.body.error]).toEqual([400, 'invalid_client_metadata']);
  });
});

describe('who gets none', () => {
  test.each([
    ['a public client', { token_endpoint_auth_method: 'none' }, 'public client'],
    ['whoever authenticates by a certificate', { token_endpoint_auth_method: 'tls_client_auth' }, 'better'],
    ['whoever is attested', { token_endpoint_auth_method: 'attest_jwt_client_auth' }, 'better'],
    ['a workload', { token_endpoint_auth_method: 'private_key_jwt', workload_identity: {} }, 'better'],
    ['whoever has unbound tokens', { token_endpoint_auth_method: 'private_key_jwt' }, 'bound to no key'],
  ])('%s', (_name, metadata, means) => {
    expect(whyNoSecret({ metadata })).toContain(means);
  });

  test('whoever describes itself in public', () => {
    const metadata = { token_endpoint_auth_method: 'private_key_jwt', dpop_bound_access_tokens: true };
    expect(whyNoSecret({ metadata })).toBeUndefined();
    expect(whyNoSecret({ metadata, document: { url: 'https://a.example/c', verified: true } })).toContain('public');
  });

  test('a public client, by the API, which says why', async () => {
    const agent = await registerAgent(server, {
      token_endpoint_auth_method: 'none',
      jwks: undefined,
      grant_types: ['authorization_code'],
    });
    const { status, body } = await allow(agent);
    expect([status, body.detail]).toEqual([422, expect.stringContaining('public client')]);
  });

  test('F2-05: whoever asks for one by registering, and the answer says what would pass', async () => {
    for (const token_endpoint_auth_method of ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']) {
      const { status, body } = await registerWith(server, await metadataWith({ token_endpoint_auth_method }));
      expect([status, body.error_description]).toEqual([
        400,
        expect.stringContaining('an administrator allows a secret'),
      ]);
    }
    const agent = await newAgent();
    const { status, body } = await manage(agent.registration, 'PUT', {
      ...replaceable(agent.registration),
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect([status, body.error]).toEqual([400, 'invalid_client_metadata']);
  });

  test.each([
    ['no reason', {}],
    ['an empty reason', { reason: '' }],
    ['a secret of their own', { reason: 'x', client_secret: 'mine' }],
    ['no end', { reason: 'x', expires_in: 999_999_999 }],
    ['client_secret_jwt', { reason: 'x', method: 'client_secret_jwt' }],
  ])('an administrator who sends %s', async (_name, body) => {
    const agent = await newAgent();
    const answer = await admin('POST', `/agents/${agent.registration.agent_id}/client-secret`, body);
    expect(answer.status).toBe(400);
    expect((await agent.token(OWN)).status).toBe(200);
  });
});
