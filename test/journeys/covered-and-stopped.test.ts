import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  inviteDetails,
  pkce,
  push,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  authorizationUrl,
  browserOf,
  decideInBrowser,
  detailsParameter,
  signIn,
  type TestPerson,
  tokenInBrowser,
} from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let agent: TestClient;
let person: TestPerson;
let database: pg.Client;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server);
  person = await signIn(server);
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const hour = { decision: 'approve', duration: 'PT1H', read: '1' };
const ask = (more: Record<string, string> = {}) => ({
  authorization_details: detailsParameter(readDetails()),
  resource: CALENDAR,
  ...more,
});

test('what a live task covers needs no page, in the browser and from behind, for the key it was approved for', async () => {
  const first = await tokenInBrowser(agent, person, ask(), hour);
  expect(first.status).toBe(200);
  const task = claimsOf(first.body.access_token).task_id;

  // The same again, with the key shown where the request is pushed: straight back to the client.
  const again = await tokenInBrowser(agent, person, ask({ dpop_jkt: agent.jkt }), hour);
  expect(claimsOf(again.body.access_token).task_id).toBe(task);
  const narrower = await decideInBrowser(agent, person, {
    authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })),
    resource: CALENDAR,
    dpop_jkt: agent.jkt,
  });
  expect(narrower.page.url).toContain(REDIRECT);

  // From behind, where the proof is shown with the request.
  const asked = await agent.post('/backchannel', { scope: 'openid', login_hint: 'person@acme.example', ...ask() });
  const collected = await agent.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id });
  expect(claimsOf(collected.body.access_token).task_id).toBe(task);
  const { rows } = await database.query(
    `select distinct type from evidence where task = $1 and type = 'task.covered'`,
    [task],
  );
  expect(rows).toHaveLength(1);
});

test('a covered request of a person who has to sign in first needs a sign-in and no page', async () => {
  const browser = browserOf(server.issuer);
  const { challenge } = pkce();
  const pushed = await push(agent, { code_challenge: challenge, ...ask({ dpop_jkt: agent.jkt }) });
  const form = await browser.get(authorizationUrl(agent, pushed.body.request_uri));
  expect(form.html).toContain('name="password"');
  const after = await browser.submit(form, { email: 'person@acme.example', password: server.demo.password });
  expect(after.url).toContain(REDIRECT);
  expect(new URL(after.url).searchParams.get('code')).toBeTruthy();
});

test.each([
  { because: 'it asks for more', details: readDetails({ to: '2026-11-29' }), key: true },
  { because: 'no key is shown', details: readDetails(), key: false },
])('a page is shown when $because', async ({ details, key }) => {
  const { challenge } = pkce();
  const pushed = await push(
    agent,
    { code_challenge: challenge, authorization_details: detailsParameter(details), resource: CALENDAR },
    { dpop: key },
  );
  const page = await person.get(authorizationUrl(agent, pushed.body.request_uri));
  expect(page.html).toContain('data-testid="approve"');
});

test('a task for one use covers nothing once it is used', async () => {
  const once = await tokenInBrowser(
    agent,
    person,
    { authorization_details: detailsParameter(inviteDetails({ title: 'Once' })), resource: CALENDAR },
    { decision: 'approve', duration: 'once', read: '1' },
  );
  const rs = await demoClient(server, 'resourceServer');
  const own = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const { type: _, locations: __, ...parameters } = inviteDetails({ title: 'Once' });
  const redeemed = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      token: once.body.access_token,
      action: 'calendar.invitations.send',
      parameters,
      idempotency_key: 'once',
    }),
  });
  expect(redeemed.status).toBe(201);
  const { challenge } = pkce();
  const pushed = await push(agent, {
    code_challenge: challenge,
    authorization_details: detailsParameter(inviteDetails({ title: 'Once' })),
    resource: CALENDAR,
    dpop_jkt: agent.jkt,
  });
  expect((await person.get(authorizationUrl(agent, pushed.body.request_uri))).html).toContain('data-testid="approve"');
});

test('pausing ends what the agent holds and what it waits for, and resuming brings nothing back', async () => {
  const answer = await tokenInBrowser(agent, person, ask(), hour);
  const waiting = await agent.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(inviteDetails({ title: 'Paused' })),
    resource: CALENDAR,
  });
  const { rows } = await database.query(`select id from approvals order by asked_at desc limit 1`);
  const agents = await person.get('/agents');
  const csrf = /name="csrf" value="([^"]*)"/.exec(agents.html)?.[1] ?? '';
  const id = agent.registration.agent_id;
  expect((await person.post(`/agents/${id}/pause`, { csrf })).status).toBe(200);

  const active = async () =>
    (await agent.post('/token/introspection', { token: answer.body.access_token }, { dpop: false })).body;
  expect(await active()).toEqual({ active: false });
  expect(await agent.token({ grant_type: CIBA, auth_req_id: waiting.body.auth_req_id })).toMatchObject({
    status: 400,
    body: { error: 'access_denied' },
  });
  const review = await person.get(`/r/${rows[0].id}`);
  expect([review.status, review.html.includes('This agent was stopped')]).toEqual([410, true]);
  const asking = () =>
    agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(inviteDetails({ title: 'Again' })),
    });
  expect(await asking()).toMatchObject({ status: 403, body: { error: 'access_denied' } });

  // D12: resuming is typed.
  expect((await person.post(`/agents/${id}/resume`, { csrf, confirmation: 'yes' })).status).toBe(400);
  expect((await person.post(`/agents/${id}/resume`, { csrf, confirmation: 'Meeting Helper' })).status).toBe(200);
  expect(await active()).toEqual({ active: false });
  expect((await asking()).status).toBe(200);
});

test('a suspended agent is refused everywhere at once; its registration access token survives', async () => {
  const other = await registerAgent(server, { client_name: 'Suspended' });
  const answer = await tokenInBrowser(other, person, ask(), hour);
  await database.query(`update agents set status = 'suspended' where id = $1`, [other.registration.agent_id]);

  const refused = [
    await other.token({ grant_type: 'refresh_token', refresh_token: answer.body.refresh_token }),
    await other.post('/request', { client_id: other.clientId, response_type: 'code' }),
    await other.post('/backchannel', { scope: 'openid', login_hint: 'person@acme.example' }),
    await other.post('/token/introspection', { token: answer.body.access_token }, { dpop: false }),
    await other.post('/token/revocation', { token: answer.body.access_token }, { dpop: false }),
  ];
  expect(refused.map(({ status, body }) => [status, body.error])).toEqual(Array(5).fill([401, 'invalid_client']));
  const rs = await demoClient(server, 'resourceServer');
  expect((await rs.post('/token/introspection', { token: answer.body.access_token }, { dpop: false })).body).toEqual({
    active: false,
  });

  const manage = (method: string) =>
    fetch(other.registration.registration_client_uri, {
      method,
      headers: { authorization: `Bearer ${other.registration.registration_access_token}` },
    });
  const read = await manage('GET');
  expect([read.status, ((await read.json()) as { agent_status: string }).agent_status]).toEqual([200, 'suspended']);
  expect((await manage('DELETE')).status).toBe(403);
  expect((await manage('GET')).status).toBe(200);
  const { rows } = await database.query(`select reason from evidence where agent = $1 and decision = 'refused'`, [
    other.registration.agent_id,
  ]);
  expect(rows.map(({ reason }) => reason)).toContain('agent_suspended');
});
