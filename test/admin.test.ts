import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { Database } from '../adapters/postgres/database.ts';
import {
  type Api,
  acceptOffers,
  administrator,
  apiWith,
  commandLineRequest,
  operator,
  signInTo,
} from './support/admin.ts';
import {
  ACCESS_TOKEN,
  CALENDAR,
  claimsOf,
  clientWith,
  demoClient,
  EXCHANGE,
  inviteDetails,
  type Json,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import { browserOf, detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let parent: TestClient;
let child: TestClient;
let asOperator: Api;
let asAcme: Api;
let asGlobex: Api;
let asAgent: Api;
beforeAll(async () => {
  server = await startServer();
  database = new Database({ url: server.databaseUrl, poolSize: 2 });
  parent = await registerAgent(server, {
    client_name: 'Meeting Helper',
    grant_types: ['authorization_code', EXCHANGE, 'client_credentials'],
  });
  child = await registerAgent(server, { client_name: 'Room Finder', agent_mode: 'sub_agent' });
  asOperator = await operator(server);
  asAcme = await administrator(server, 'admin@acme.example');
  asGlobex = await administrator(server, 'admin@globex.example');
  const root = await tokenInBrowser(parent, await signIn(server), {
    authorization_details: detailsParameter(readDetails()),
  });
  asAgent = apiWith(server, root.body.access_token);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** `:parent`, `:child` and `:task` stand for things of acme. */
const ids = () =>
  ({ ':parent': parent.registration.agent_id, ':child': child.registration.agent_id }) as Record<string, string>;
const filled = <T extends Json>(value: T): T =>
  JSON.parse(Object.entries(ids()).reduce((text, [name, id]) => text.replaceAll(name, id), JSON.stringify(value)));

interface Row {
  method: string;
  path: string;
  body?: Json;
  /** What an administrator of globex is told who asks for this of acme. */
  globex: 403 | 404;
  acme: number;
  operator: number;
}

const rows: Row[] = [
  {
    method: 'POST',
    path: '/organizations',
    body: { slug: 'initech', name: 'Initech' },
    globex: 403,
    acme: 403,
    operator: 201,
  },
  {
    method: 'PATCH',
    path: '/organizations/acme',
    body: { domains: ['acme.example'] },
    globex: 403,
    acme: 403,
    operator: 200,
  },
  {
    method: 'PATCH',
    path: '/organizations/acme',
    body: { time_zone: 'europe/berlin', language: 'en' },
    globex: 403,
    acme: 403,
    operator: 200,
  },
  {
    method: 'PATCH',
    path: '/organizations/acme',
    body: { time_zone: 'Mars/Base' },
    globex: 403,
    acme: 403,
    operator: 400,
  },
  { method: 'PATCH', path: '/organizations/acme', body: { language: 'tlh' }, globex: 403, acme: 403, operator: 400 },
  { method: 'GET', path: '/people?organization=acme', globex: 403, acme: 200, operator: 200 },
  {
    method: 'POST',
    path: '/people',
    body: { organization: 'acme', email: 'nina@acme.example', name: 'Nina New' },
    globex: 403,
    acme: 201,
    operator: 409,
  },
  {
    method: 'POST',
    path: '/people/nina@acme.example/enrolment',
    body: { organization: 'acme' },
    globex: 403,
    acme: 201,
    operator: 201,
  },
  { method: 'POST', path: '/people/nina@acme.example/enrolment', body: {}, globex: 404, acme: 201, operator: 400 },
  {
    method: 'POST',
    path: '/initial-access-tokens',
    body: { organization: 'acme', owner: 'owner@acme.example', deputy: 'admin@acme.example' },
    globex: 403,
    acme: 201,
    operator: 201,
  },
  {
    method: 'POST',
    path: '/initial-access-tokens',
    body: { owner: 'owner@acme.example', deputy: 'admin@acme.example' },
    globex: 404,
    acme: 201,
    operator: 400,
  },
  { method: 'GET', path: '/initial-access-tokens?organization=acme', globex: 403, acme: 200, operator: 200 },
  {
    method: 'DELETE',
    path: '/initial-access-tokens/iat_none?organization=acme',
    globex: 403,
    acme: 404,
    operator: 404,
  },
  {
    method: 'POST',
    path: '/agents/:child/client-secret',
    body: { reason: 'a test' },
    globex: 404,
    acme: 201,
    operator: 201,
  },
  {
    method: 'POST',
    path: '/agents/:child/client-secret/end',
    body: { reason: 'a test' },
    globex: 404,
    acme: 200,
    operator: 404,
  },
  { method: 'GET', path: '/agents?organization=acme', globex: 403, acme: 200, operator: 200 },
  { method: 'GET', path: '/agents/:parent', globex: 404, acme: 200, operator: 200 },
  { method: 'GET', path: '/agents/Room%20Finder', globex: 404, acme: 200, operator: 200 },
  { method: 'GET', path: '/agents/:parent?organization=acme', globex: 403, acme: 200, operator: 200 },
  { method: 'POST', path: '/agents/:child/suspend', body: { reason: 'a test' }, globex: 404, acme: 200, operator: 409 },
  { method: 'POST', path: '/agents/:child/resume', body: { reason: 'a test' }, globex: 404, acme: 200, operator: 409 },
  {
    method: 'POST',
    path: '/agents/:child/activate',
    body: { reason: 'a test' },
    globex: 404,
    acme: 409,
    operator: 409,
  },
  {
    method: 'POST',
    path: '/agents/:parent/own-actions',
    body: { actions: [READ] },
    globex: 404,
    acme: 200,
    operator: 200,
  },
  {
    method: 'PUT',
    path: '/edges',
    body: { parent: ':parent', child: ':child', actions: [READ] },
    globex: 404,
    acme: 200,
    operator: 200,
  },
  {
    method: 'PUT',
    path: '/edges',
    body: { organization: 'acme', parent: ':parent', child: ':child', actions: [READ] },
    globex: 403,
    acme: 200,
    operator: 200,
  },
  { method: 'GET', path: '/edges?organization=acme', globex: 403, acme: 200, operator: 200 },
  {
    method: 'DELETE',
    path: '/edges',
    body: { parent: ':parent', child: ':child' },
    globex: 404,
    acme: 200,
    operator: 404,
  },
  {
    method: 'POST',
    path: '/stops',
    body: { kind: 'agent', subject: ':child', reason: 'a test', security: false },
    globex: 404,
    acme: 200,
    operator: 200,
  },
  {
    method: 'POST',
    path: '/stops',
    body: { kind: 'person', subject: 'approver@acme.example', reason: 'a test' },
    globex: 404,
    acme: 200,
    operator: 400,
  },
  { method: 'GET', path: '/stops?organization=acme', globex: 403, acme: 200, operator: 200 },
  { method: 'GET', path: '/stops/effect?kind=agent&subject=:child', globex: 404, acme: 200, operator: 200 },
  {
    method: 'POST',
    path: '/stops/stp_none/resume',
    body: { confirmation: 'x', reason: 'a test' },
    globex: 404,
    acme: 404,
    operator: 400,
  },
  { method: 'GET', path: '/evidence?organization=acme', globex: 403, acme: 200, operator: 200 },
  { method: 'GET', path: '/evidence?agent=:parent', globex: 404, acme: 200, operator: 200 },
  { method: 'GET', path: '/evidence/chain/tsk_none', globex: 404, acme: 404, operator: 404 },
];

describe('who may do what', () => {
  afterAll(async () => {
    for (const { id, name } of (await asAcme('GET', '/stops')).body.stops as Json[])
      await asAcme('POST', `/stops/${id}/resume`, { confirmation: name, reason: 'the test is over' });
  });

  test.each(rows)('$method $path $body', async ({ method, path, body, globex, acme, operator }) => {
    const ask = (api: Api) => api(method, filled({ path }).path, body && filled(body)).then(({ status }) => status);
    expect({
      nobody: await ask(apiWith(server, undefined)),
      wrong: await ask(apiWith(server, 'not-a-token')),
      agent: await ask(asAgent),
      globex: await ask(asGlobex),
      acme: await ask(asAcme),
      operator: await ask(asOperator),
    }).toEqual({ nobody: 401, wrong: 401, agent: 401, globex, acme, operator });
  });

  test('a resource server, an application and an agent by itself have no token that opens it', async () => {
    const resourceServer = await demoClient(server, 'resourceServer');
    const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' });
    expect(await apiWith(server, own.body.access_token, resourceServer)('GET', '/agents')).toMatchObject({
      status: 403,
      body: { reason: 'not_an_administrator' },
    });
    for (const client of [resourceServer, parent]) {
      expect(await client.token({ grant_type: 'client_credentials', scope: 'admin' })).toMatchObject({
        status: 400,
        body: { error: 'invalid_scope' },
      });
    }
  });

  test('what an administrator reaches for elsewhere is evidence of their own organization', async () => {
    const { body } = await asGlobex('GET', '/evidence?type=admin.acted&limit=500');
    expect(body.events).toContainEqual(
      expect.objectContaining({
        decision: 'refused',
        reason: 'other_organization',
        by: expect.objectContaining({ email: 'admin@globex.example' }),
        content: expect.objectContaining({ endpoint: 'POST /admin/api/people' }),
      }),
    );
    const acme = await asAcme('GET', '/evidence?limit=500');
    expect(new Set(acme.body.events.map(({ organization }: Json) => organization))).toEqual(new Set(['acme']));
  });
});

test('stopping an organization ends the administrator who did it as well, and nobody else', async () => {
  const globex = await administrator(server, 'admin@globex.example');
  expect(await globex('POST', '/stops', { kind: 'organization', subject: 'acme', reason: 'x' })).toMatchObject({
    status: 400,
  });
  expect(await globex('POST', '/stops', { kind: 'organization', organization: 'acme', reason: 'x' })).toMatchObject({
    status: 403,
  });
  expect(await globex('POST', '/stops', { kind: 'organization', reason: 'x' })).toMatchObject({ status: 200 });
  expect(await globex('GET', '/whoami')).toMatchObject({ status: 401 });
  expect(await asAcme('GET', '/whoami')).toMatchObject({ status: 200 });
  asGlobex = await administrator(server, 'admin@globex.example');
});

test('refusals are problem documents, and everything that is wrong is named', async () => {
  const made = await asAcme('POST', '/people', { email: 'no address', roles: ['king'], nmae: 'X' });
  expect(made.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(made.body).toMatchObject({
    status: 400,
    reason: 'invalid_request',
    detail: expect.stringMatching(/name is required.*nmae is not a member.*/s),
  });
  expect(made.body.detail).toContain('roles.0 must be one of admin, security, auditor, approver');
  expect(await asAcme('GET', '/nothing')).toMatchObject({ status: 404, body: { reason: 'not_found' } });
  expect(await asAcme('GET', '/agents?status=active&status=retired')).toMatchObject({ status: 400 });
});

describe('an administrator signs the command line in', () => {
  test('with a password for this very request, even where they are signed in already', async () => {
    const person = await signIn(server, 'admin@acme.example');
    const request = commandLineRequest(server);
    const form = await person.get(request.path);
    expect(form).toMatchObject({ status: 200, url: expect.stringContaining('/login?return_to=') });
    const token = await request.redeem(await signInTo(person, form, server));
    expect(token).toMatchObject({
      status: 200,
      body: { expires_in: expect.any(Number), scope: 'openid admin', token_type: 'DPoP' },
    });
    expect(token.body.expires_in).toBeLessThanOrEqual(3600);
    expect(token.body.refresh_token).toBeUndefined();
    expect(claimsOf(token.body.access_token)).toMatchObject({
      aud: server.issuer,
      scope: 'admin',
      client_id: 'countersign-cli',
      sub_profile: 'user',
    });
    // And the next request asks again.
    expect((await person.get(commandLineRequest(server).path)).url).toContain('/login');
  });

  test.each([{ prompt: 'none' }, { max_age: '86400' }])('and %j does not spare it', async (more) => {
    const person = await signIn(server, 'admin@acme.example');
    const answer = await person.get(commandLineRequest(server, more).path);
    expect(new URL(answer.url).searchParams.get('code')).toBeNull();
  });

  test('and nobody else does', async () => {
    const person = browserOf(server.issuer, 'person@acme.example');
    const back = await signInTo(person, await person.get(commandLineRequest(server).path), server);
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
  });

  test.each(['http://127.0.0.1:9/other', 'http://localhost:9/callback', 'https://evil.example/callback'])(
    'only at a loopback address: not %s',
    async (redirect_uri) => {
      const answer = await browserOf(server.issuer).get(commandLineRequest(server, { redirect_uri }).path);
      expect(answer).toMatchObject({ status: 400, url: expect.stringContaining(server.issuer) });
    },
  );

  test('and loses the rest of the hour with the role, and with a stop', async () => {
    const api = await administrator(server, 'admin@globex.example');
    await database.run(`update people set roles = '{}' where email = 'admin@globex.example'`);
    expect(await api('GET', '/whoami')).toMatchObject({ status: 403 });
    await database.run(`update people set roles = '{admin}' where email = 'admin@globex.example'`);
    expect(await api('GET', '/whoami')).toMatchObject({ status: 200, body: { organization: { slug: 'globex' } } });
    expect(
      await asOperator('POST', '/stops', {
        organization: 'globex',
        kind: 'person',
        subject: 'admin@globex.example',
        reason: 'left',
      }),
    ).toMatchObject({ status: 200 });
    expect(await api('GET', '/whoami')).toMatchObject({ status: 401 });
  });
});

describe('an initial access token', () => {
  test('registers as many agents as it says, on its own terms, and none after it has ended', async () => {
    const made = await asAcme('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
      uses: 2,
      status: 'active',
    });
    expect(made.body).toMatchObject({
      mode: 'attended',
      allow_unbound: false,
      uses: 2,
      registration_endpoint: `${server.issuer}/reg`,
    });
    const { initial_access_token: initialAccessToken, id } = made.body;
    const stored = await database.first<{ row: string }>(
      'select t::text as row from initial_access_tokens t where id = $1',
      [id],
    );
    expect(stored?.row).not.toContain(initialAccessToken);
    const withIt = { ...server, demo: { ...server.demo, initialAccessToken } };
    expect((await registerAgent(withIt)).registration).toMatchObject({ agent_status: 'active' });
    await expect(registerAgent(withIt, { agent_mode: 'unattended' })).rejects.toThrow('agent_mode');
    expect(await asAcme('DELETE', `/initial-access-tokens/${id}`)).toMatchObject({ status: 200 });
    await expect(registerAgent(withIt)).rejects.toThrow('401');
    const { body } = await asAcme('GET', '/initial-access-tokens');
    expect(body.initial_access_tokens).toContainEqual(
      expect.objectContaining({
        id,
        usable: false,
        uses_left: 1,
        owner: expect.objectContaining({ email: 'owner@acme.example' }),
      }),
    );
  });

  test('needs an owner and a deputy who are two people of this organization', async () => {
    expect(
      await asAcme('POST', '/initial-access-tokens', { owner: 'owner@acme.example', deputy: 'owner@acme.example' }),
    ).toMatchObject({ status: 422 });
    expect(
      await asAcme('POST', '/initial-access-tokens', { owner: 'owner@acme.example', deputy: 'admin@globex.example' }),
    ).toMatchObject({ status: 404 });
  });
});

describe('agents', () => {
  test('a pending agent is activated by an administrator; one without a purpose is not', async () => {
    const { body } = await asAcme('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
      uses: 2,
    });
    const withIt = { ...server, demo: { ...server.demo, initialAccessToken: body.initial_access_token } };
    const { registration } = await registerAgent(withIt, { client_name: 'Newcomer' });
    expect(registration.agent_status).toBe('pending');
    expect(await asAcme('POST', '/agents/Newcomer/resume', { reason: 'x' })).toMatchObject({
      status: 409,
      body: { reason: 'wrong_status' },
    });
    expect(await asAcme('POST', '/agents/Newcomer/activate', { reason: 'x' })).toMatchObject({
      status: 409,
      body: { reason: 'not_ready' },
    });
    await acceptOffers(server, registration);
    expect(await asAcme('POST', '/agents/Newcomer/activate', { reason: 'reviewed' })).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    const { registration: aimless } = await registerAgent(withIt, { client_name: 'Aimless', agent_purpose: undefined });
    await acceptOffers(server, aimless);
    expect(await asAcme('POST', `/agents/${aimless.agent_id}/activate`, { reason: 'x' })).toMatchObject({
      status: 409,
      body: { reason: 'not_ready', detail: 'Aimless cannot become active without a purpose' },
    });
    const card = await asAcme('GET', '/agents/Newcomer');
    expect(card.body).toMatchObject({
      owner: { email: 'owner@acme.example' },
      changes: expect.arrayContaining([
        expect.objectContaining({ from: 'pending', to: 'active', by: 'admin@acme.example', reason: 'reviewed' }),
      ]),
    });
    expect(await asAcme('POST', '/agents/Newcomer/retire', { reason: 'done' })).toMatchObject({ status: 200 });
    expect(await asAcme('POST', '/agents/Newcomer/activate', { reason: 'x' })).toMatchObject({ status: 409 });
  });

  test('does by itself only what the catalogue lets agents do by themselves', async () => {
    expect(
      await asAcme('POST', `/agents/${parent.registration.agent_id}/own-actions`, {
        actions: [READ, 'payments.refund.create'],
      }),
    ).toMatchObject({ status: 422, body: { reason: 'needs_a_person' } });
    expect(
      await asAcme('POST', `/agents/${parent.registration.agent_id}/own-actions`, { actions: ['no.such.action'] }),
    ).toMatchObject({ status: 422, body: { reason: 'unknown_action' } });
    const own = () => parent.token({ grant_type: 'client_credentials', scope: 'calendar.read', resource: CALENDAR });
    await asAcme('POST', `/agents/${parent.registration.agent_id}/own-actions`, { actions: [] });
    expect(await own()).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    await asAcme('POST', `/agents/${parent.registration.agent_id}/own-actions`, { actions: [READ] });
    expect(await own()).toMatchObject({ status: 200 });
  });

  test('suspending says what is still out there, and nothing more is issued', async () => {
    const agent = await registerAgent(server, { client_name: 'Restless' });
    const person = await signIn(server);
    const read = await tokenInBrowser(agent, person, {
      authorization_details: detailsParameter(readDetails()),
      resource: CALENDAR,
    });
    const once = { decision: 'approve', duration: 'once', read: '1' };
    await tokenInBrowser(
      agent,
      person,
      { authorization_details: detailsParameter(inviteDetails()), resource: CALENDAR },
      once,
    );
    const suspended = await asAcme('POST', '/agents/Restless/suspend', { reason: 'odd' });
    // The invitation is limited: its resource asks before it accepts, so for it the answer is "now".
    expect(suspended.body).toMatchObject({
      status: 'suspended',
      tokens: [{ resource: CALENDAR, count: 1, live_until: instantOf(read.body.access_token) }],
    });
    expect(
      await agent.post('/backchannel', { login_hint: 'person@acme.example', scope: 'openid calendar.read' }),
    ).toMatchObject({ status: 401 });
  });
});

const instantOf = (token: string): string => new Date(claimsOf(token).exp * 1000).toISOString();

describe('clients', () => {
  test('a resource server gets its key at home, its resource here, and its token', async () => {
    const { jwk, publicJwk } = await newKey();
    const asked = {
      kind: 'resource_server',
      name: 'CRM server',
      jwks: { keys: [publicJwk] },
      resources: ['https://crm.acme.example'],
    };
    expect(await asAcme('POST', '/clients', asked)).toMatchObject({ status: 403, body: { reason: 'not_the_owner' } });
    expect(await asOperator('POST', '/clients', { ...asked, jwks: { keys: [jwk] } })).toMatchObject({
      status: 422,
      body: { reason: 'private_key' },
    });
    expect(await asOperator('POST', '/clients', { ...asked, jwks: { keys: [{ kty: 'EC' }] } })).toMatchObject({
      status: 422,
    });
    const made = await asOperator('POST', '/clients', asked);
    expect(made).toMatchObject({ status: 201, body: { organization: 'deployment' } });
    const client = await clientWith(server, made.body.client_id, jwk);
    expect(
      await client.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
    ).toMatchObject({ status: 200 });
    const second = { ...asked, jwks: { keys: [(await newKey()).publicJwk] } };
    expect(await asOperator('POST', '/clients', second)).toMatchObject({
      status: 409,
      body: { reason: 'has_a_server' },
    });
    expect(await asOperator('POST', '/clients', { ...second, replace: true })).toMatchObject({ status: 201 });
  });

  test.each([
    ['https://app.acme.example/callback', 201],
    ['http://127.0.0.1/callback', 201],
    ['http://app.acme.example/callback', 422],
    ['https://app.acme.example/callback#x', 422],
    ['javascript:alert(1)', 422],
  ])('an application may be sent back to %s: %i', async (uri, status) => {
    const { publicJwk } = await newKey();
    const body = { kind: 'application', name: 'Acme Portal', jwks: { keys: [publicJwk] }, redirect_uris: [uri] };
    expect(await asAcme('POST', '/clients', body)).toMatchObject({ status });
  });
});

describe('the catalogue', () => {
  const resource = (name: string, owner: string, action: Json = {}) => `
- resource: https://${name}.acme.example
  name: Acme ${name}
  owner: ${owner}
  actions:
    - key: ${name}.items.read
      version: ${action.version ?? 1}
      verb: read
      scope: ${action.scope ?? `${name}.read`}
      own: true
      parameters: { type: object, additionalProperties: false, properties: {} }
      critical: []
      headline: "${action.headline ?? `read the ${name}`}"
      button: Allow reading
      effect: Reads only
      facts:
        what: Read the ${name}
        system: "{@system}, {@email}"
        data: All of them
        changes: Nothing. It cannot create, change or send
        impact: It will see what is in there
      reversible: true
      level: { default: low }
      narrowable: []
      durations: { default: once, max: P1D }
      samples: [{}]
`;

  test('is published in every part or not at all, with every problem named', async () => {
    const wrong = resource('notes', 'deployment')
      .replace('All of them', 'All of them, and much more than anybody could ever want to know about all of them')
      .replace('Allow reading', 'OK')
      .replace('read the notes', 'use the scope');
    const refused = await asOperator('POST', '/catalogue', `${resource('boards', 'deployment')}${wrong}`);
    expect(refused).toMatchObject({ status: 422, body: { reason: 'catalogue' } });
    expect(refused.body.problems.length).toBeGreaterThanOrEqual(2);
    expect((await asOperator('GET', '/catalogue')).body.resources.map(({ name }: Json) => name)).not.toContain(
      'Acme boards',
    );
    expect(await asOperator('POST', '/catalogue', 'a: [')).toMatchObject({ status: 422 });
    expect(await asOperator('POST', '/catalogue', resource('boards', 'deployment'))).toMatchObject({
      status: 200,
      body: { published: 1 },
    });
    expect(await asOperator('POST', '/catalogue', resource('boards', 'deployment'))).toMatchObject({
      status: 200,
      body: { published: 0 },
    });
    const changed = await asOperator(
      'POST',
      '/catalogue',
      resource('boards', 'deployment', { headline: 'read all boards' }),
    );
    expect(changed.body.problems).toEqual([
      'boards.items.read version 1 is published and differs: give it a new version',
    ]);
    expect(
      await asOperator(
        'POST',
        '/catalogue',
        resource('boards', 'deployment', { headline: 'read all boards', version: 2 }),
      ),
    ).toMatchObject({ body: { published: 1 } });
  });

  test('belongs to its owner: an administrator edits what the operator declared as theirs', async () => {
    expect(await asAcme('POST', '/catalogue', resource('wiki', 'deployment'))).toMatchObject({
      status: 403,
      body: { reason: 'not_the_owner' },
    });
    expect(await asAcme('POST', '/catalogue', resource('wiki', 'acme'))).toMatchObject({ status: 403 });
    expect(await asOperator('POST', '/catalogue', resource('wiki', 'acme'))).toMatchObject({ status: 200 });
    expect(
      await asAcme('POST', '/catalogue', resource('wiki', 'acme', { version: 2, headline: 'read every page' })),
    ).toMatchObject({ status: 200, body: { published: 1 } });
    const globex = await administrator(server, 'admin@globex.example');
    expect(await globex('POST', '/catalogue', resource('wiki', 'globex', { version: 3 }))).toMatchObject({
      status: 403,
    });
    expect(await asOperator('POST', '/catalogue', resource('wiki', 'globex', { version: 3 }))).toMatchObject({
      status: 422,
    });
    const names = (api: Api) =>
      api('GET', '/catalogue').then(({ body }) => body.resources.map(({ name }: Json) => name));
    expect(await names(asAcme)).toContain('Acme wiki');
    expect(await names(globex)).not.toContain('Acme wiki');
    expect((await asAcme('GET', '/evidence?type=admin.acted&limit=500')).body.events).toContainEqual(
      expect.objectContaining({
        reason: 'catalogue.published',
        by: expect.objectContaining({ email: 'admin@acme.example' }),
      }),
    );
  });

  test('stays one catalogue when two publish at once, and other instances hear of it', async () => {
    const sealingKey = readFileSync(join(server.dataDir, 'sealing.key'), 'utf8').trim();
    const other = await startServer({
      DATABASE_URL: server.databaseUrl,
      COUNTERSIGN_SEALING_KEY: sealingKey,
      DEMO_PASSWORD: server.demo.password,
    });
    try {
      const answers = await Promise.all(
        ['alpha', 'beta', 'gamma', 'delta'].map((name) =>
          asOperator('POST', '/catalogue', resource(name, 'deployment', { scope: 'shared.read' })),
        ),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 422, 422, 422]);
      const there = await operator(other);
      const hears = async () => JSON.stringify((await there('GET', '/catalogue')).body).includes('shared.read');
      for (const end = Date.now() + 3000; !(await hears()); ) expect(Date.now()).toBeLessThan(end);
    } finally {
      await other.close();
      // The other instance, under another issuer, made a demonstration of its own.
      const { client_id } = server.demo.resourceServer;
      await database.run('update resources set resource_server = $1 where resource = $2', [client_id, CALENDAR]);
    }
  });
});

describe('the evidence of one task', () => {
  test('tells request, decision, lineage of tokens, uses, outcomes, stops and what was tried afterwards', async () => {
    const edge = { parent: parent.registration.agent_id, child: child.registration.agent_id, actions: [READ] };
    expect((await asAcme('PUT', '/edges', edge)).status).toBeLessThan(300);
    const both = { decision: 'approve', duration: 'PT1H', read: '1', action_0: 'allow', action_1: 'allow' };
    const asked = detailsParameter(readDetails({ to: '2026-11-29' }), inviteDetails({ title: 'Chain' }));
    const got = await tokenInBrowser(
      parent,
      await signIn(server),
      { authorization_details: asked, resource: CALENDAR },
      both,
    );
    const { task_id: task, jti } = claimsOf(got.body.access_token);
    const exchange = (from: TestClient, token: string, more: Record<string, string>) =>
      from.token({ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, ...more });
    const handoff = await exchange(parent, got.body.access_token, {
      requested_actor: child.registration.agent_id,
      authorization_details: detailsParameter(readDetails({ to: '2026-11-29' })),
    });
    const leaf = await exchange(child, handoff.body.access_token, { resource: CALENDAR });
    expect([handoff.body.error_description, leaf.body.error_description, leaf.status]).toEqual([
      undefined,
      undefined,
      200,
    ]);

    const resourceServer = await demoClient(server, 'resourceServer');
    const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
    const post = async (path: string, body: Json) => {
      const headers = { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' };
      const response = await fetch(`${server.issuer}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return response.text().then((text) => (text ? JSON.parse(text) : undefined));
    };
    const { type: _, locations: __, ...parameters } = inviteDetails({ title: 'Chain' });
    const use = { token: got.body.access_token, action: 'calendar.invitations.send', idempotency_key: randomUUID() };
    expect(await post('/redemptions', { ...use, parameters: { ...parameters, title: 'Other' } })).toMatchObject({
      reason: 'parameters_differ',
    });
    const redemption = await post('/redemptions', { ...use, idempotency_key: randomUUID(), parameters });
    await post(`/redemptions/${redemption.redemption_id}/outcome`, {
      status: 'succeeded',
      reference: 'evt-7',
      affected: 2,
    });
    await post('/outcomes', [
      {
        jti: claimsOf(leaf.body.access_token).jti,
        action: READ,
        decision: 'accepted',
        status: 'succeeded',
        at: new Date().toISOString(),
      },
    ]);
    await asAcme('POST', '/agents/Room Finder/suspend', { reason: 'odd' });
    await exchange(child, handoff.body.access_token, { resource: CALENDAR });
    await asAcme('POST', '/stops', { kind: 'task', subject: task, reason: 'enough' });

    const { body } = await asAcme('GET', `/evidence/chain/${task}`);
    const told = body.events.map(({ type, decision, reason, outcome, agent, by }: Json) =>
      [type, decision, type.startsWith('token.issued') ? agent.name : (outcome ?? reason ?? ''), by?.email ?? '']
        .join(' ')
        .trim(),
    );
    expect(told).toEqual([
      'request.received reported browser',
      'task.approved allowed browser',
      'token.issued allowed Meeting Helper',
      'token.issued allowed Meeting Helper',
      'token.issued allowed Room Finder',
      'redemption.alarm refused parameters_differ',
      'redemption.reserved allowed',
      'redemption.closed reported succeeded',
      'outcome.reported reported succeeded',
      'authority.stopped allowed agent admin@acme.example',
      'token.refused refused agent_suspended',
      'authority.stopped allowed task admin@acme.example',
    ]);
    expect(body.task).toMatchObject({
      id: task,
      over: 'stopped',
      person: { email: 'person@acme.example' },
      agent: { name: 'Meeting Helper' },
    });
    expect(body.task.request_hash).toBe(body.events[1].content.request_hash);
    expect(body.task.decision_hash).toBe(claimsOf(got.body.access_token).task_hash);
    const [first, second, third] = body.tokens;
    expect(first).toMatchObject({ jti, parent: null, kind: 'leaf', resource: { name: 'Acme Calendar' } });
    expect(second).toMatchObject({ parent: jti, kind: 'handoff', handed_to: { name: 'Room Finder' } });
    expect(third).toMatchObject({
      parent: second.jti,
      kind: 'leaf',
      acting: [{ name: 'Room Finder' }, { name: 'Meeting Helper' }],
      depth: 2,
    });
    expect(body.tokens.every(({ over }: Json) => over !== null)).toBe(true);
    expect(JSON.stringify(body)).not.toContain('salt');

    const globex = await administrator(server, 'admin@globex.example');
    expect(await globex('GET', `/evidence/chain/${task}`)).toMatchObject({ status: 404 });
    expect(await globex('GET', `/evidence/chain/${task}?organization=acme`)).toMatchObject({ status: 403 });
    expect(await globex('GET', `/evidence?task=${task}`)).toMatchObject({ status: 200, body: { events: [] } });
  });

  test('is read page by page, the newest last', async () => {
    const { body: last } = await asAcme('GET', '/evidence?limit=3');
    const { body: before } = await asAcme('GET', `/evidence?limit=3&before=${last.before}`);
    const { body: six } = await asAcme('GET', '/evidence?limit=6');
    expect([...before.events, ...last.events].map(({ id }: Json) => id)).toEqual(six.events.map(({ id }: Json) => id));
    expect(await asAcme('GET', '/evidence?limit=501')).toMatchObject({ status: 400 });
  });

  test('under row-level security: a page of globex that forgets its condition sees nothing of acme', async () => {
    const globex = await database.first<{ id: string }>(`select id from organizations where slug = 'globex'`);
    for (const table of [
      'evidence',
      'evidence_contents',
      'initial_access_tokens',
      'enrolments',
      'agent_edges',
      'agents',
      'tasks',
      'issued_tokens',
      'stop_epochs',
    ]) {
      const foreign = await database.within(globex?.id ?? '', (statements) =>
        statements.rows(`select organization from ${table} where organization <> $1`, [globex?.id]),
      );
      expect([table, foreign.length]).toEqual([table, 0]);
    }
    const resources = await database.within(globex?.id ?? '', (statements) =>
      statements.rows(`select resource from resources where organization is not null`),
    );
    expect(resources).toEqual([]);
  });
});
