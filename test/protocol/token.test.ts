import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  EXCHANGE,
  INVITE,
  inviteDetails,
  type Json,
  pkce,
  READ,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { codeFor, type Form, metadataWith, postForm, registerWith, tokenFromBehind, unproven } from './support.ts';

const CRM = 'https://crm.acme.example';
const SCOPE = { scope: 'calendar.read', resource: CALENDAR };

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let publicClient: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  agent = await registerAgent(server);
  publicClient = await registerAgent(server, {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    jwks: undefined,
  });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const code = (form: Form = SCOPE, client = agent) => codeFor(client, person, form);
const refused = (answer: Answer) => [answer.status, answer.body.error, answer.body.access_token];

const asPublic = (form: Form, client = publicClient) =>
  client.token({ client_id: client.clientId, ...unproven(client), ...form });

describe('the code', () => {
  test.each([
    ['OA-05 F2-14: a wrong verifier', { code_verifier: pkce().verifier }, 'invalid_grant'],
    ['OA-05: no verifier', { code_verifier: undefined }, 'invalid_request'],
    ['OA-05: the challenge in place of the verifier', { code_verifier: 'challenge' }, 'invalid_grant'],
    ['OA-07: another redirect_uri', { redirect_uri: 'http://127.0.0.1:9/other' }, 'invalid_grant'],
    [
      'OA-07: the same redirect_uri with another port',
      { redirect_uri: 'http://127.0.0.1:10/callback' },
      'invalid_grant',
    ],
    ['RI-02: a resource that was not asked for', { resource: CRM }, 'invalid_target'],
    ['RI-02: two resources', { resource: [CALENDAR, CRM] }, 'invalid_target'],
    ['RI-01: a relative resource', { resource: '/calendar' }, 'invalid_target'],
    ['RI-01: a resource with a fragment', { resource: `${CALENDAR}#x` }, 'invalid_target'],
    ['a scope that was not granted', { scope: 'calendar.read no.such' }, 'invalid_scope'],
    [
      'RAR-20: details beside the scope',
      { authorization_details: detailsParameter(readDetails()) },
      'invalid_authorization_details',
    ],
    [
      'RAR-07: details of an unknown type',
      { authorization_details: '[{"type":"no.such"}]' },
      'invalid_authorization_details',
    ],
    ['RAR-01: details that are no JSON', { authorization_details: '{' }, 'invalid_authorization_details'],
    ['OA-13: a code twice', { code: ['a', 'b'] }, 'invalid_request'],
    ['OA-13: a grant type twice', { grant_type: ['authorization_code', 'authorization_code'] }, 'invalid_request'],
    ['an unknown code', { code: 'unknown' }, 'invalid_grant'],
    ['no code', { code: undefined }, 'invalid_request'],
    ['RF-01: an empty code, which counts as none', { code: '' }, 'invalid_request'],
    ['a verifier with a control character', { code_verifier: `${pkce().verifier}\n` }, 'invalid_request'],
  ])('%s is refused, and the code is still good', async (_name, bent, error) => {
    const good = await code();
    expect(refused(await agent.token({ ...good, ...bent }))).toEqual([400, error, undefined]);
    expect((await agent.token(good)).status).toBe(200);
  });

  test.each([
    ['OA-08: redirect_uri left out', {}],
    ['OA-08: redirect_uri as it was', { redirect_uri: REDIRECT }],
  ])('%s', async (_name, form) => {
    expect((await agent.token({ ...(await code()), ...form })).status).toBe(200);
  });

  test('OA-08: redirect_uri may be left out where several are registered and the port was chosen at run time', async () => {
    const client = await registerAgent(server, { redirect_uris: [REDIRECT, 'https://agent.example/callback'] });
    const good = await code({ ...SCOPE, redirect_uri: 'http://127.0.0.1:9/callback' }, client);
    expect((await client.token(good)).status).toBe(200);
  });

  test('OA-07 F2-17: the code of another client is refused, and stays good for its own', async () => {
    const other = await registerAgent(server);
    const good = await code();
    expect(refused(await other.token(good))).toEqual([400, 'invalid_grant', undefined]);
    expect((await agent.token(good)).status).toBe(200);
  });

  test('OA-06 F2-17: a second collection by its own client is refused and kills nothing', async () => {
    const good = await code();
    const first = await agent.token(good);
    expect(refused(await agent.token(good))).toEqual([400, 'invalid_grant', undefined]);
    const again = await agent.token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect(again.status).toBe(200);
  });

  test('OA-07 F2-10: a code lives for a minute', async () => {
    const good = await code();
    const row = await database.first<{ seconds: number }>(
      `select extract(epoch from expires_at - now())::int as seconds from engine_artefacts
       where model = 'AuthorizationCode' order by expires_at desc limit 1`,
    );
    expect(row?.seconds).toBeLessThanOrEqual(60);
    await database.run(
      `update engine_artefacts set payload = jsonb_set(payload::jsonb, '{exp}', '1')::json where model = 'AuthorizationCode'`,
    );
    expect(refused(await agent.token(good))).toEqual([400, 'invalid_grant', undefined]);
  });

  test('design §7: the code of an agent that was suspended meanwhile buys nothing', async () => {
    const client = await registerAgent(server);
    const good = await code(SCOPE, client);
    await database.run(`update agents set status = 'suspended' where id = $1`, [client.registration.agent_id]);
    expect(refused(await client.token(good))).toEqual([401, 'invalid_client', undefined]);
  });
});

describe('the grant type', () => {
  test.each([
    ['OA-09 BCP-08 F2-02: password', 'password', 'unsupported_grant_type'],
    ['OA-09: implicit', 'implicit', 'unsupported_grant_type'],
    ['OA-25: one that nobody knows', 'urn:example:grant', 'unsupported_grant_type'],
    ['device code', 'urn:ietf:params:oauth:grant-type:device_code', 'unsupported_grant_type'],
    [
      'JWT bearer, which this client did not register',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'unauthorized_client',
    ],
    ['none at all', undefined, 'invalid_request'],
  ])('%s', async (_name, grant_type, error) => {
    expect(refused(await agent.token({ grant_type, username: 'a', password: 'b', assertion: 'c' }))).toEqual([
      400,
      error,
      undefined,
    ]);
  });

  test.each(['authorization_code', 'refresh_token', 'client_credentials', CIBA, EXCHANGE])(
    'OA-24: %s is unauthorized_client for a client that did not register it',
    async (grant_type) => {
      const grants = grant_type === 'client_credentials' ? [CIBA] : ['client_credentials'];
      const client = await registerAgent(server, { grant_types: grants, redirect_uris: [], response_types: [] });
      expect(refused(await client.token({ grant_type }))).toEqual([400, 'unauthorized_client', undefined]);
    },
  );
});

describe('the form', () => {
  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('OA-20: %s is 405', async (method) => {
    const response = await fetch(`${server.issuer}/token`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test.each([
    ['JSON', 'application/json', '{"grant_type":"authorization_code"}'],
    ['text', 'text/plain', 'grant_type=authorization_code'],
    ['multipart', 'multipart/form-data; boundary=x', '--x--'],
  ])('OA-20: a body of %s is invalid_request', async (_name, type, body) => {
    const answer = await postForm(server, '/token', body, { 'content-type': type });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('the parameters are those of the body: a query counts for nothing', async () => {
    const good = await code();
    const query = new URLSearchParams({ code: good.code, code_verifier: good.code_verifier });
    const answer = await agent.post(
      `/token?${query}`,
      { grant_type: 'authorization_code' },
      { dpop: await agent.proof(`${server.issuer}/token`) },
    );
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['OA-21: a token', () => code(), 200],
    ['OA-21: an error', async () => ({ grant_type: 'authorization_code', code: 'x' }), 400],
  ])('%s is not for caches', async (_name, form, status) => {
    const answer = await agent.token(await form());
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([
      status,
      'no-store',
      'application/json; charset=utf-8',
    ]);
  });

  test('a client that prefers HTML gets JSON all the same', async () => {
    const answer = await agent.token({ grant_type: 'no' }, { headers: { accept: 'text/html' } });
    expect(answer.body).toEqual({ error: 'unsupported_grant_type', error_description: expect.any(String) });
  });
});

describe('the token', () => {
  const given = async (form: Form = SCOPE, client = agent, options = {}) =>
    client.token(await code(form, client), options);

  test('RF-05 OA-26 AT-01 AT-02 AT-03 AT-09: what the answer and the JWT say', async () => {
    const { body } = await given({ scope: 'openid calendar.read', resource: CALENDAR, nonce: 'n-1' });
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'DPoP',
      expires_in: expect.any(Number),
      scope: 'openid calendar.read',
      refresh_token: expect.any(String),
      id_token: expect.any(String),
      task_id: expect.stringMatching(/^tsk_/),
    });
    expect(body.expires_in).toBeLessThanOrEqual(300);
    expect(decodeProtectedHeader(body.access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    const claims = claimsOf(body.access_token);
    expect(claims).toEqual({
      iss: server.issuer,
      sub: expect.stringMatching(/^usr_/),
      aud: CALENDAR,
      exp: expect.any(Number),
      iat: expect.any(Number),
      jti: expect.any(String),
      client_id: agent.clientId,
      scope: 'calendar.read',
      acr: 'pwd',
      amr: ['pwd'],
      auth_time: expect.any(Number),
      cnf: { jkt: agent.jkt },
      act: { iss: server.issuer, sub: agent.registration.agent_id, sub_profile: 'ai_agent', client_id: agent.clientId },
      org_id: agent.registration.organization,
      sub_profile: 'user',
      client_profile: 'ai_agent',
      task_id: body.task_id,
      task_hash: expect.stringMatching(/^[\w-]{43}$/),
      txn: expect.any(String),
    });
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(300);
    const id = claimsOf(body.id_token);
    expect(id).toMatchObject({
      iss: server.issuer,
      aud: agent.clientId,
      sub: claims.sub,
      nonce: 'n-1',
      at_hash: expect.any(String),
    });
  });

  test("RAR-30 RAR-31 RAR-40: details as granted, enriched, without the agent's own words, in answer and token", async () => {
    const client = await registerAgent(server);
    const request = {
      authorization_details: detailsParameter(readDetails({ purpose: 'to plan' })),
      resource: CALENDAR,
    };
    const { body } = await given(request, client);
    const granted = [
      {
        ...readDetails(),
        access: 'read',
        impact: 'low',
        max_uses: null,
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    ];
    expect(body.authorization_details).toEqual(granted);
    expect(claimsOf(body.access_token).authorization_details).toEqual(granted);
    expect(body.scope).toBeUndefined();
  });

  test('RAR-05: scope and details together are both in the token', async () => {
    const client = await registerAgent(server);
    const { body } = await given(
      { scope: 'calendar.read', authorization_details: detailsParameter(inviteDetails()), resource: CALENDAR },
      client,
    );
    expect(claimsOf(body.access_token)).toMatchObject({
      scope: 'calendar.read',
      authorization_details: [expect.objectContaining({ type: INVITE })],
    });
  });

  test('RAR-20: a token request may ask for less than was granted', async () => {
    const good = await code({ authorization_details: detailsParameter(readDetails()), resource: CALENDAR });
    const { body } = await agent.token({
      ...good,
      authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })),
    });
    expect(body.authorization_details).toEqual([expect.objectContaining({ from: '2026-11-24', to: '2026-11-25' })]);
  });

  test('RAR-20: and never for more', async () => {
    const good = await code({ authorization_details: detailsParameter(readDetails()), resource: CALENDAR });
    const wider = await agent.token({
      ...good,
      authorization_details: detailsParameter(readDetails({ to: '2026-11-30' })),
    });
    expect(refused(wider)).toEqual([400, 'invalid_authorization_details', undefined]);
  });

  test('RI-06 design §6: without a resource the audience is the issuer, where it is good for exchange alone', async () => {
    expect(claimsOf((await given({ scope: 'calendar.read' })).body.access_token).aud).toBe(server.issuer);
  });

  test('MCP-07 RI-03: the audience is the resource, one string', async () => {
    expect(claimsOf((await given()).body.access_token).aud).toBe(CALENDAR);
  });

  test('RI-02: of several resources the token request may name one', async () => {
    const client = await registerAgent(server);
    const good = await code({ scope: 'calendar.read', resource: [CALENDAR, server.issuer] }, client);
    expect(claimsOf((await client.token({ ...good, resource: CALENDAR })).body.access_token).aud).toBe(CALENDAR);
  });

  test('OA-31: jti, code and refresh token are long and never the same', async () => {
    const answers = [await given(), await given()];
    const values = answers.flatMap(({ body }) => [
      claimsOf(body.access_token).jti,
      claimsOf(body.access_token).txn,
      body.refresh_token,
    ]);
    expect(new Set(values).size).toBe(values.length);
    for (const value of values) expect(value).toMatch(/^[\w-]{26,}$/);
  });

  test('OA-33 BCP-17: no client can have an id that looks like a person', async () => {
    const { body } = await registerWith(
      server,
      await metadataWith({ client_id: 'usr_0123456789abcdef0123456789abcdef' }),
    );
    expect(body.client_id).toMatch(/^cli_[0-9a-f]{32}$/);
  });
});

describe('the refresh token', () => {
  const issued = async (client = agent, form: Form = SCOPE): Promise<Json> =>
    (await client.token({ client_id: client.clientId, ...unproven(client), ...(await code(form, client)) })).body;
  const again = (refresh_token: string, form: Form = {}) =>
    agent.token({ grant_type: 'refresh_token', refresh_token, ...form });

  test('K3 F2-08: a confidential client keeps its refresh token, bound to its key', async () => {
    const { refresh_token } = await issued();
    for (let round = 0; round < 2; round++) {
      const answer = await again(refresh_token);
      expect([answer.status, answer.body.refresh_token]).toEqual([200, undefined]);
    }
    const bearer = await agent.token({ grant_type: 'refresh_token', refresh_token }, { dpop: false });
    expect(bearer.body.error).toBe('invalid_dpop_proof');
    const thief = await registerAgent(server);
    expect(refused(await agent.token({ grant_type: 'refresh_token', refresh_token }, { key: thief.jwk }))).toEqual([
      400,
      'invalid_grant',
      undefined,
    ]);
  });

  test('BCP-16: the refresh token of another client is refused', async () => {
    const { refresh_token } = await issued();
    const other = await registerAgent(server);
    expect(refused(await other.token({ grant_type: 'refresh_token', refresh_token }))).toEqual([
      400,
      'invalid_grant',
      undefined,
    ]);
  });

  test.each([
    ['OA-27: a wider scope', { scope: 'calendar.read no.such' }, 'invalid_scope'],
    ['RI-04: a resource that was not granted', { resource: CRM }, 'invalid_target'],
    [
      'RAR-20: wider details',
      { authorization_details: detailsParameter(inviteDetails()) },
      'invalid_authorization_details',
    ],
  ])('%s is refused', async (_name, form, error) => {
    expect(refused(await again((await issued()).refresh_token, form))).toEqual([400, error, undefined]);
  });

  test('OC-04 TX-14 AT-03: person, task and time of sign-in stay, the token is another one', async () => {
    const first = await issued();
    const second = (await again(first.refresh_token)).body;
    const [a, b] = [claimsOf(first.access_token), claimsOf(second.access_token)];
    expect(b).toMatchObject({
      sub: a.sub,
      task_id: a.task_id,
      auth_time: a.auth_time,
      acr: a.acr,
      act: a.act,
      aud: a.aud,
    });
    expect(b.jti).not.toBe(a.jti);
    expect(second.scope).toBe('calendar.read');
  });

  test('design §7 RF-04: there is none where the grant was not registered', async () => {
    const client = await registerAgent(server, { grant_types: ['authorization_code'] });
    expect(await issued(client)).toMatchObject({ access_token: expect.any(String) });
    expect(await issued(client)).not.toHaveProperty('refresh_token');
  });

  test('design §7: there is none where the task allows one use', async () => {
    const client = await registerAgent(server);
    const { body } = await tokenFromBehind(server, client, person);
    expect(body).toMatchObject({ authorization_details: [{ max_uses: 1 }] });
    expect(body).not.toHaveProperty('refresh_token');
  });

  test('OA-28 BCP-06 MCP-08: a public client gets another one each time, and the old one is worth nothing', async () => {
    const first = await issued(publicClient);
    expect(first.refresh_token).toEqual(expect.any(String));
    const second = await asPublic({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect([second.status, second.body.refresh_token === first.refresh_token]).toEqual([200, false]);
    expect(refused(await asPublic({ grant_type: 'refresh_token', refresh_token: first.refresh_token }))).toEqual([
      400,
      'invalid_grant',
      undefined,
    ]);
  });

  test('OA-28 BCP-16 F2: a rotated one that comes back later ends the family', async () => {
    const first = await issued(publicClient, { ...SCOPE, prompt: 'consent' });
    const second = await asPublic({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    await database.run(
      `update engine_artefacts set consumed_at = consumed_at - interval '1 minute' where consumed_at is not null`,
    );
    await asPublic({ grant_type: 'refresh_token', refresh_token: first.refresh_token });
    expect(refused(await asPublic({ grant_type: 'refresh_token', refresh_token: second.body.refresh_token }))[0]).toBe(
      400,
    );
  });

  test('design §7: it ends with the task', async () => {
    const { refresh_token, task_id } = await issued();
    await database.run(`update tasks set expires_at = now() - interval '1 second' where id = $1`, [task_id]);
    expect(refused(await again(refresh_token))).toEqual([400, 'invalid_grant', undefined]);
  });
});

describe('client credentials', () => {
  let own: TestClient;
  beforeAll(async () => {
    own = await registerAgent(server, { grant_types: ['client_credentials'] });
    await database.run('update agents set own_actions = $2 where id = $1', [own.registration.agent_id, [READ]]);
  });
  const credentials = (form: Form) => own.token({ grant_type: 'client_credentials', ...form });

  test('RF-04 AT-05: the subject is the agent, nobody acts for anybody, and there is no refresh token', async () => {
    const { body } = await credentials({ scope: 'calendar.read', resource: CALENDAR });
    expect(body.refresh_token).toBeUndefined();
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({
      sub: own.registration.agent_id,
      aud: CALENDAR,
      sub_profile: 'ai_agent',
      scope: 'calendar.read',
    });
    expect([claims.act, claims.task_id, claims.acr, claims.auth_time]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('RAR-04: details work as well', async () => {
    const { body } = await credentials({ authorization_details: detailsParameter(readDetails()), resource: CALENDAR });
    expect(body.authorization_details).toEqual([expect.objectContaining({ type: READ, access: 'read' })]);
  });

  test.each([
    ['RF-02: nothing', {}, 'invalid_scope'],
    ['RF-02: an unknown scope', { scope: 'no.such' }, 'invalid_scope'],
    ['RF-02: a scope beside a good one', { scope: 'calendar.read no.such' }, 'invalid_scope'],
    ['the scope of a resource server', { scope: 'redemptions' }, 'invalid_scope'],
    ['an action that is not its own', { authorization_details: detailsParameter(inviteDetails()) }, 'invalid_scope'],
    ['RI-01: an unknown resource', { scope: 'calendar.read', resource: 'https://unknown.example' }, 'invalid_target'],
    ['RI-02: the resource of another action', { scope: 'calendar.read', resource: CRM }, 'invalid_target'],
    [
      'RAR-09: a type it did not register',
      { authorization_details: '[{"type":"crm.contacts.export","tag":"x","fields":["a"],"limit":1}]' },
      'invalid_authorization_details',
    ],
  ])('%s is refused', async (_name, form, error) => {
    expect(refused(await credentials(form))).toEqual([400, error, undefined]);
  });

  test('RF-04: not for public clients', async () => {
    expect(refused(await asPublic({ grant_type: 'client_credentials', scope: 'calendar.read' }))).toEqual([
      400,
      'unauthorized_client',
      undefined,
    ]);
  });
});
