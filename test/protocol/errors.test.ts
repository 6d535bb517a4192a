import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { importJWK, type JWK, SignJWT } from 'jose';
import pg from 'pg';

import { asked as askedShop } from '../catalogue/shop.ts';
import { operator } from '../support/admin.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  answerOf,
  CALENDAR,
  CIBA,
  claimsOf,
  clientWith,
  demoClient,
  EXCHANGE,
  inviteDetails,
  type Json,
  newKey,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { newJwk, publicPart } from '../support/identity-provider.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { setUserCode } from '../support/user-code.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let person: TestPerson;
let resourceServer: TestClient;
beforeAll(async () => {
  server = await startServer({
    COUNTERSIGN_EXCHANGES_PER_MINUTE: '20',
    COUNTERSIGN_RESOURCE_ADDRESSES: 'https://shop.example=http://127.0.0.1:1',
  });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await registerAgent(server);
  person = await signIn(server);
  resourceServer = await demoClient(server, 'resourceServer');
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const hour = { decision: 'approve', duration: 'PT1H', read: '1' };
/** Another week each time: what an earlier approval covers would need no page. */
let weeks = 0;
const week = (more: Json = {}) => {
  weeks += 1;
  const day = (offset: number) => new Date(Date.UTC(2027, 0, 4 + weeks * 7 + offset)).toISOString().slice(0, 10);
  return readDetails({ from: day(0), to: day(4), ...more });
};
const ask = (details: Json = week()) => ({ authorization_details: detailsParameter(details), resource: CALENDAR });
const code = async (form = ask()) => {
  const { parameters, verifier } = await decideInBrowser(agent, person, form, hour);
  return { grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier };
};
const approved = async (details?: Json) => (await tokenInBrowser(agent, person, ask(details), hour)).body;
const refresh = (token: string, more: Json = {}) => ({ grant_type: 'refresh_token', refresh_token: token, ...more });
const exchange = (token: string, more: Json = {}) => ({
  grant_type: EXCHANGE,
  subject_token: token,
  subject_token_type: ACCESS_TOKEN,
  resource: CALENDAR,
  ...more,
});
const acting = (actor_token: string) => ({
  actor_token,
  actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
});
const withUserCode = () => registerAgent(server, { backchannel_user_code_parameter: true });
const behind = (by: TestClient, more: Json = {}) =>
  by.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    ...ask(inviteDetails({ title: `Ask ${++weeks}` })),
    ...more,
  });
const forbidden = async () => {
  const other = await registerAgent(server);
  const rule = { name: 'No', when: { agents: [other.registration.agent_id] }, verdict: 'never' };
  await database.query(
    `insert into policies (organization, version, id, document, yaml, made_by)
     select $1, (select coalesce(max(version), 0) + 1 from policies where organization = $1), 'pol_errors', $2, '', 'test'`,
    [other.registration.organization, JSON.stringify({ rules: [rule] })],
  );
  return behind(other);
};
/** Nobody answers at that address. */
const unasked = async () => {
  const shop = askedShop.replace('unchecked: high', 'unchecked: refuse');
  expect((await (await operator(server))('POST', '/catalogue', shop)).status).toBe(200);
  const type = 'shop.orders.place';
  const details = detailsParameter({ type, item: 'chair', due: '2026-12-24' });
  const other = await registerAgent(server, { authorization_details_types: [type] });
  return behind(other, { resource: 'https://shop.example', authorization_details: details });
};
const denyAll = (by: TestClient) =>
  database.query(`update approvals set status = 'denied', decided_at = now() where client_id = $1`, [by.clientId]);
const withRetry = (answer: Answer) => {
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  return answer;
};
const pushed = (more: Json) => push(agent, { code_challenge: pkce().challenge, ...more });
const raw = async (path: string, init: RequestInit): Promise<Answer> =>
  answerOf(
    await fetch(`${server.issuer}${path}`, {
      ...init,
      headers: { accept: 'application/json', ...(init.headers as object) },
    }),
  );
const own = async () =>
  (await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false })).body
    .access_token;
const redemptions = async (body: Json, path = '/redemptions', token?: string) =>
  raw(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token ?? (await own())}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const use = (token: string, parameters: Json, more: Json = {}) =>
  redemptions({ token, action: READ, parameters, idempotency_key: `key-${++weeks}`, ...more });
const parametersOf = ({ type: _, locations: __, ...parameters }: Json) => parameters;

const SITUATIONS: Record<string, () => Promise<Answer>> = {
  T1: () => raw('/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }) }),
  T2: async () => (await impostor()).token({ grant_type: CIBA, auth_req_id: 'x' }),
  T3: async () =>
    agent.token({
      grant_type: CIBA,
      auth_req_id: 'x',
      client_assertion: await agent.assertion({ aud: `${server.issuer}/token` }),
    }),
  T4: async () => {
    const form = { grant_type: CIBA, auth_req_id: 'x', client_assertion: await agent.assertion() };
    await agent.token(form);
    return agent.token(form);
  },
  T5: async () => {
    const other = await registerAgent(server);
    await database.query(`update agents set status = 'suspended' where id = $1`, [other.registration.agent_id]);
    return other.token({ grant_type: CIBA, auth_req_id: 'x' });
  },
  T6: () => agent.token({ grant_type: 'password' }),
  T7: () => agent.token({ grant_type: 'client_credentials', scope: 'calendar.read' }),
  T8: () => agent.token({ grant_type: CIBA, auth_req_id: 'x' }, { dpop: false }),
  T9: async () => {
    const dpop = await agent.proof(`${server.issuer}/token`);
    await agent.token({ grant_type: CIBA, auth_req_id: 'x' }, { dpop });
    return agent.token({ grant_type: CIBA, auth_req_id: 'x' }, { dpop });
  },
  T10: async () =>
    agent.token({ grant_type: CIBA, auth_req_id: 'x' }, { dpop: await agent.proof(`${server.issuer}/request`) }),
  T11: () => agent.token({ grant_type: CIBA, auth_req_id: ['x', 'y'] }),
  T12: () => raw('/token', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
  T13: () => raw('/token', { method: 'GET' }),
  C1: () => agent.token({ grant_type: 'authorization_code', code: 'x', code_verifier: pkce().verifier }),
  C2: async () => (await registerAgent(server)).token(await code()),
  C3: async () => agent.token({ ...(await code()), code_verifier: pkce().verifier }),
  C4: async () => {
    const form = await code();
    await agent.token(form);
    return agent.token(form);
  },
  C5: async () => agent.token({ ...(await code()), resource: 'https://crm.acme.example' }),
  C6: async () =>
    agent.token({ ...(await code()), authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })) }),
  R1: () => agent.token(refresh('x')),
  R2: async () => agent.token(refresh((await approved()).refresh_token, { scope: 'calendar.read' })),
  R3: async () => {
    const { refresh_token: token, task_id: task } = await approved();
    const csrf = /name="csrf" value="([^"]*)"/.exec((await person.get('/agents')).html)?.[1] ?? '';
    await person.post(`/tasks/${task}/stop`, { csrf });
    return agent.token(refresh(token));
  },
  B1: async () => {
    const other = await pollingAgent();
    return other.token({ grant_type: CIBA, auth_req_id: (await behind(other)).body.auth_req_id });
  },
  B2: async () => {
    const other = await pollingAgent();
    const form = { grant_type: CIBA, auth_req_id: (await behind(other)).body.auth_req_id };
    await other.token(form);
    return other.token(form);
  },
  B3: () => agent.token({ grant_type: CIBA, auth_req_id: 'x' }),
  B4: async () => {
    const other = await pollingAgent();
    const { auth_req_id: id } = (await behind(other)).body;
    await database.query(`update approvals set status = 'denied', decided_at = now() where client_id = $1`, [
      other.clientId,
    ]);
    return other.token({ grant_type: CIBA, auth_req_id: id });
  },
  B5: async () => {
    const other = await pollingAgent();
    const { auth_req_id: id } = (await behind(other)).body;
    await database.query(`update approvals set expires_at = now() - interval '1 second' where client_id = $1`, [
      other.clientId,
    ]);
    return other.token({ grant_type: CIBA, auth_req_id: id });
  },
  X1: () => agent.token({ grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN }),
  X2: async () => agent.token(exchange(await agent.assertion())),
  X3: async () => (await registerAgent(server)).token(exchange((await approved()).access_token)),
  X4: async () => agent.token(exchange((await approved()).access_token, { scope: 'calendar.read' })),
  X5: async () =>
    agent.token(
      exchange((await approved()).access_token, {
        authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })),
      }),
    ),
  X6: async () => agent.token(exchange((await approved()).access_token, { resource: 'https://nowhere.example' })),
  X7: async () => agent.token(exchange((await approved()).access_token), { key: (await newKey()).jwk }),
  X8: async () => {
    const other = await registerAgent(server);
    const answer = await other.token(
      exchange(await applicationToken(), { authorization_details: detailsParameter(week()) }),
    );
    expect(answer.body).toMatchObject({
      interaction_uri: expect.stringContaining(`${server.issuer}/r/`),
      authorization_details: [expect.objectContaining({ type: READ })],
      expires_in: expect.any(Number),
    });
    return answer;
  },
  X9: async () => agent.token(exchange((await approved()).access_token, { explain: 'yes' })),
  X10: async () => agent.token(exchange((await approved()).access_token, acting(await agent.assertion()))),
  X11: async () => {
    const word = await agent.assertion({ sub: agent.registration.agent_id, act: { sub: 'agt_x' } }, { typ: 'JWT' });
    return agent.token(exchange((await approved()).access_token, acting(word)));
  },
  X12: async () =>
    agent.token(
      exchange((await approved()).access_token, {
        requested_actor: (await registerAgent(server)).registration.agent_id,
      }),
    ),
  X13: async () => {
    const { access_token: token } = await approved();
    const answers = await Promise.all(Array.from({ length: 25 }, () => agent.token(exchange(token))));
    const answer = answers.find(({ status }) => status !== 200);
    expect(answer?.headers.get('retry-after')).toBe('60');
    return answer as Answer;
  },
  X14: async () => {
    const yaml = readFileSync(join(import.meta.dirname, '../../examples/rooms.yaml'), 'utf8')
      .replaceAll('rooms.', 'halls.')
      .replace('      samples:', '      authentication: { acr: pwd, maxAge: 120 }\n      samples:');
    await (await operator(server))('POST', '/catalogue', yaml);
    const hall = { room: 'Great Hall', start: '2026-11-26T10:00:00Z', minutes: 60 };
    const details = { type: 'halls.booking.create', locations: ['https://halls.acme.example'], ...hall };
    const by = await registerAgent(server, { authorization_details_types: ['halls.booking.create'] });
    const asked = { authorization_details: detailsParameter(details) };
    const { access_token: root } = (await tokenInBrowser(by, person, asked, hour)).body;
    await database.query(
      `update issued_tokens set authentication = authentication || '{"auth_time": 1700000000}' where jti = $1`,
      [claimsOf(root).jti],
    );
    const answer = await by.token(exchange(root, { resource: 'https://halls.acme.example' }));
    expect(answer.body).toMatchObject({ acr_values: 'pwd', max_age: 120 });
    return answer;
  },
  A1: async () => present(await said({ aud: 'another-client' }), 'id_token'),
  A2: async () => present(await said({ iss: 'https://nobody.example' }), 'jwt'),
  A3: async () => (await assistant()).token({ grant_type: JWT_BEARER, ...ask() }),
  A4: async () => assert(await said({ sub: 'mallory', jti: randomUUID() })),
  A5: async () => {
    const [jag, form] = [await assertionFor(), ask(week())];
    await approveAt(await assert(jag, form));
    await assert(jag, form);
    return assert(jag, form);
  },
  A6: async () => assert(await assertionFor({ client_id: 'another' })),
  A7: async () => assert(await assertionFor({ scope: '' }), { scope: 'calendar.read' }),
  A8: async () => {
    const answer = await assert(await assertionFor());
    expect(answer.body).toMatchObject({
      interaction_uri: expect.stringContaining(`${server.issuer}/r/`),
      authorization_details: [expect.objectContaining({ type: READ })],
      expires_in: expect.any(Number),
    });
    return answer;
  },
  A9: async () => {
    const answer = await assert(await assertionFor({ iss: 'https://away.example' }));
    expect(answer.body.error_description).toContain('cannot be had now');
    return answer;
  },
  E1: async () => (await assistant()).token(exchange(await rooms(), { resource: ROOMS })),
  E2: async () =>
    (await assistant()).token(
      exchange(await rooms(), {
        resource: ROOMS,
        audience: 'https://as.example',
        requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      }),
    ),
  P1: () => pushed({ authorization_details: detailsParameter({ type: 'no.such.type' }) }),
  P2: () => pushed(ask(readDetails({ from: 'yesterday' }))),
  P3: async () => {
    const types = ['calendar.events.export'];
    const other = await registerAgent(server, { authorization_details_types: types, dpop_bound_access_tokens: false });
    const details = { type: 'calendar.events.export', from: '2026-11-24', to: '2026-11-28' };
    return push(other, { code_challenge: pkce().challenge, authorization_details: detailsParameter(details) });
  },
  P4: () => pushed({ scope: 'calendar.write' }),
  P5: () => pushed({ ...ask(), resource: 'https://nowhere.example' }),
  P6: () => push(agent, { ...ask(), code_challenge_method: undefined }),
  P7: () => pushed({ ...ask(), redirect_uri: 'https://elsewhere.example/' }),
  P8: () => pushed({ scope: 'openid' }),
  P9: async () => push(await limited(), { code_challenge: pkce().challenge, ...ask() }),
  H1: () => behind(agent, { login_hint: 'person@globex.example' }),
  H2: () => behind(agent, { login_hint: undefined }),
  H3: () => behind(agent, { binding_message: 'a\u202eb' }),
  H5: () => behind(agent, { login_hint: undefined, login_hint_token: 'a.b.c' }),
  H6: async () => {
    await setUserCode(server, 'approver@acme.example', 'mine alone');
    return behind(await withUserCode(), { login_hint: 'approver@acme.example' });
  },
  H7: async () => behind(await withUserCode(), { login_hint: 'approver@acme.example', user_code: 'guessed' }),
  H8: () => behind(agent, { request_context: '[]' }),
  H9: async () => {
    const stopped = await registerAgent(server);
    const { agent_id: subject } = stopped.registration;
    await (await operator(server))('POST', '/stops', { kind: 'agent', subject, reason: 'a test' });
    return behind(stopped);
  },
  H4: async () => {
    const other = await registerAgent(server);
    for (let questions = 0; questions < 5; questions++) await behind(other);
    return withRetry(await behind(other));
  },
  H10: async () => {
    const other = await registerAgent(server);
    await behind(other);
    await denyAll(other);
    return withRetry(await behind(other));
  },
  H11: async () => {
    const other = await registerAgent(server);
    for (let questions = 0; questions < 3; questions++) await behind(other);
    await denyAll(other);
    return withRetry(await behind(other, ask()));
  },
  H12: async () => {
    const other = await registerAgent(server);
    await database.query(
      `insert into pauses (organization, agent, person)
       select organization, $1, id from people where email = 'person@acme.example'`,
      [other.registration.agent_id],
    );
    return behind(other);
  },
  H13: async () => forbidden(),
  H14: async () => withRetry(await unasked()),
  G1: () => raw('/reg', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
  G2: () => register({ client_name: 'No key' }),
  G3: async () =>
    register({ jwks: { keys: [(await newKey()).publicJwk] }, redirect_uris: ['http://elsewhere.example/'] }),
  G5: async () => {
    const parts = [{ alg: 'ES256' }, { iss: 'https://publisher.example' }, {}].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    return register({ jwks: { keys: [(await newKey()).publicJwk] }, software_statement: parts.join('.') });
  },
  G4: () => raw(`/reg/${agent.clientId}`, { headers: { authorization: 'Bearer x' } }),
  I1: () => raw('/token/introspection', { method: 'POST', body: new URLSearchParams({ token: 'x' }) }),
  I2: () => resourceServer.post('/token/introspection', {}, { dpop: false }),
  I3: async () => (await impostor()).post('/token/introspection', { token: 'x' }, { dpop: false }),
  V2: async () => (await impostor()).post('/token/revocation', { token: 'x' }, { dpop: false }),
  V1: () => raw('/token/revocation', { method: 'POST', body: new URLSearchParams({ token: 'x' }) }),
  D1: () => raw('/redemptions', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
  D2: async () => redemptions({}, '/redemptions', await applicationToken()),
  D3: async () => {
    const details = week();
    return use((await approved(details)).access_token, { ...parametersOf(details), to: '2028-12-24' });
  },
  D4: async () =>
    use((await approved()).access_token, parametersOf(inviteDetails()), { action: 'calendar.invitations.send' }),
  D5: async () => {
    const details = week();
    const once = { decision: 'approve', duration: 'once', read: '1' };
    const { access_token: token } = (await tokenInBrowser(agent, person, ask(details), once)).body;
    await use(token, parametersOf(details));
    return use(token, parametersOf(details));
  },
  D20: async () => {
    const details = week();
    const token = await approved(details);
    const [{ task_id: task }] = [claimsOf(token.access_token)];
    await database.query('update task_actions set max_uses = 5, daily_max = 1 where task = $1', [task]);
    await use(token.access_token, parametersOf(details));
    return use(token.access_token, parametersOf(details));
  },
  D6: async () => {
    const details = week();
    const { access_token: token } = await approved(details);
    await agent.post('/token/revocation', { token }, { dpop: false });
    return use(token, parametersOf(details));
  },
  D10: async () => {
    const root = await tokenInBrowser(agent, person, { authorization_details: detailsParameter(week()) }, hour);
    return use(root.body.access_token, {});
  },
  D11: async () => {
    const details = week();
    const { access_token: token } = await approved(details);
    const again = { idempotency_key: `again-${weeks}` };
    await use(token, parametersOf(details), again);
    return use(token, parametersOf({ ...details, to: details.from }), again);
  },
  D12: async () => {
    const details = week();
    const { access_token: token } = await approved(details);
    const again = { idempotency_key: `given-back-${weeks}` };
    const { body } = await use(token, parametersOf(details), again);
    await redemptions({ status: 'released' }, `/redemptions/${body.redemption_id}/outcome`);
    return use(token, parametersOf(details), again);
  },
  D7: () => redemptions([]),
  D8: () => redemptions({ status: 'succeeded' }, '/redemptions/rdm_0/outcome'),
  D9: () => redemptions(Array(501).fill({}), '/outcomes'),
};
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ROOMS = 'https://rooms.acme.example';
/** Another issuer that Acme trusts, one whose keys are away, and a resource whose tokens are another server's. */
let begun: ReturnType<typeof beginElsewhere> | undefined;
const elsewhere = (): ReturnType<typeof beginElsewhere> => {
  begun ??= beginElsewhere();
  return begun;
};
const beginElsewhere = async (): Promise<{ key: JWK; agent: TestClient }> => {
  const key = await newJwk('ES256', 'key');
  const op = await operator(server);
  for (const issuer of ['https://login.example', 'https://away.example']) {
    await op('POST', '/trusted-issuers', {
      organization: 'acme',
      issuer,
      name: 'Login',
      profiles: ['identity', 'jwt-bearer', 'id-jag'],
      jwks: { keys: [publicPart(key)] },
    });
    await op('POST', '/upstream-identities', {
      organization: 'acme',
      person: 'person@acme.example',
      issuer,
      subject: 'anna',
    });
  }
  await database.query(
    `update trusted_issuers set jwks = null, jwks_uri = 'https://10.0.0.1/jwks' where issuer = 'https://away.example'`,
  );
  const yaml = readFileSync(join(import.meta.dirname, '../../examples/rooms.yaml'), 'utf8');
  await op('POST', '/catalogue', yaml.replace(/^( *)owner:/m, '$1authorization_server: https://as.example\n$1owner:'));
  const agent = await registerAgent(server, {
    grant_types: ['authorization_code', EXCHANGE, JWT_BEARER],
    authorization_details_types: [READ, 'rooms.booking.create'],
  });
  return { key, agent };
};
const assistant = async () => (await elsewhere()).agent;
const said = async (claims: Json, typ = 'JWT') => {
  const { key } = await elsewhere();
  const iat = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: 'https://login.example', sub: 'anna', aud: server.issuer, iat, exp: iat + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'key', typ })
    .sign(await importJWK(key, 'ES256'));
};
const assertionFor = async (claims: Json = {}) =>
  said({ client_id: (await assistant()).clientId, jti: randomUUID(), ...claims }, 'oauth-id-jag+jwt');
const assert = async (assertion: string, form: Json = ask()) =>
  (await assistant()).token({ grant_type: JWT_BEARER, assertion, ...form });
const present = async (token: string, type: string) =>
  (await assistant()).token({
    grant_type: EXCHANGE,
    subject_token: token,
    subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
    ...ask(),
  });
const approveAt = async ({ body }: Answer) =>
  person.submit(await person.get(new URL(body.interaction_uri).pathname), hour);
const rooms = async (): Promise<string> => {
  const booking = { type: 'rooms.booking.create', room: 'Blue Room', start: '2026-11-26T10:00:00Z', minutes: 60 };
  const by = await assistant();
  const answer = await tokenInBrowser(by, person, { authorization_details: detailsParameter(booking) }, hour);
  return answer.body.access_token;
};

/** Names the agent, and signs with a key of its own. */
const limited = async () => {
  const other = await registerAgent(server);
  await database.query(
    `update agents set effective_limits = '{"highest_impact": "low", "actions": []}' where id = $1`,
    [other.registration.agent_id],
  );
  return other;
};
const impostor = async () => clientWith(server, agent.clientId, (await newKey()).jwk);
const pollingAgent = () => registerAgent(server);
const register = (metadata: Json) =>
  raw('/reg', {
    method: 'POST',
    headers: { authorization: `Bearer ${server.demo.initialAccessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(metadata),
  });
/** What the company's own application holds after a person signed in to it: unbound, for this server. */
async function applicationToken(): Promise<string> {
  const application = await demoClient(server, 'application');
  const { challenge, verifier } = pkce();
  const request = await push(application, { code_challenge: challenge, scope: 'openid' }, { dpop: false });
  const query = new URLSearchParams({ client_id: application.clientId, request_uri: request.body.request_uri });
  const back = await person.get(`/auth?${query}`);
  const token = await application.token(
    {
      grant_type: 'authorization_code',
      code: new URL(back.url).searchParams.get('code') ?? '',
      code_verifier: verifier,
    },
    { dpop: false },
  );
  return token.body.access_token;
}

const rows = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^[A-Z]\d+$/.test(cells[1] ?? ''))
  .map(([, id = '', endpoint = '', situation = '', status = '', error = '']) => ({
    id,
    endpoint,
    situation,
    status: Number(status),
    error: error.replaceAll('`', ''),
  }));

test('every row of docs/errors.md has a test, and every test a row', () => {
  expect(rows.map(({ id }) => id).toSorted()).toEqual(Object.keys(SITUATIONS).toSorted());
});

test.each(rows)('$id $endpoint, $situation: $status $error', async ({ id, status, error }) => {
  const answer = await SITUATIONS[id]?.();
  expect([answer?.status, answer?.body.reason ?? answer?.body.error]).toEqual([status, error]);
});
