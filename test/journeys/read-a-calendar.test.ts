import { afterAll, beforeAll, expect, test } from '@jest/globals';

import {
  ACCESS_TOKEN,
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  EXCHANGE,
  inviteDetails,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let agent: TestClient;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server);
  person = await signIn(server);
});
afterAll(() => server?.close());

test('a person approves one task in the browser, and the agent gets a token that says who, for whom and what', async () => {
  const answer = await tokenInBrowser(agent, person, {
    authorization_details: detailsParameter(readDetails()),
    resource: CALENDAR,
  });
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  const claims = claimsOf(answer.body.access_token);
  expect(claims).toMatchObject({
    iss: server.issuer,
    aud: CALENDAR,
    client_id: agent.clientId,
    act: { sub: agent.registration.agent_id, sub_profile: 'ai_agent', client_id: agent.clientId },
    cnf: { jkt: agent.jkt },
    acr: 'pwd',
    sub_profile: 'user',
    client_profile: 'ai_agent',
    authorization_details: [{ ...readDetails(), access: 'read', impact: 'low' }],
  });
});

test('a request by scope alone gets the same without details', async () => {
  const answer = await tokenInBrowser(agent, person, { scope: 'calendar.read', resource: CALENDAR });
  expect(answer.status).toBe(200);
  expect(claimsOf(answer.body.access_token)).toMatchObject({ scope: 'calendar.read', aud: CALENDAR });
  expect(claimsOf(answer.body.access_token).authorization_details).toBeUndefined();
});

test('a denial reaches the client', async () => {
  const { parameters } = await decideInBrowser(
    await registerAgent(server), // who was denied asks for the same no more for a while
    person,
    { authorization_details: detailsParameter(inviteDetails()), resource: CALENDAR },
    { decision: 'deny' },
  );
  expect(Object.fromEntries(parameters)).toMatchObject({ error: 'access_denied', state: 'st', iss: server.issuer });
});

test('asked from behind: pending, decided with the number, collected once', async () => {
  const asked = await agent.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(inviteDetails()),
    resource: CALENDAR,
    binding_message: 'K7-QX',
  });
  expect(asked).toMatchObject({ status: 200, body: { interval: 5, display_code: expect.stringMatching(/^\d\d$/) } });
  const poll = () =>
    agent.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id }, { headers: { Prefer: 'wait=5' } });
  const held = poll();
  const inbox = await person.get('/inbox');
  const [, review = ''] = /href="(\/r\/apr_[0-9a-f]+)"/.exec(inbox.html) ?? [];
  const page = await person.get(review);
  const result = await person.submit(page, {
    decision: 'approve',
    duration: 'once',
    number: asked.body.display_code,
    read: '1',
  });
  expect(result.status).toBe(200);
  const answer = await held;
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', id_token: expect.any(String) } });
  expect(claimsOf(answer.body.access_token).authorization_details).toEqual([
    expect.objectContaining({ ...inviteDetails(), max_uses: 1, impact: 'medium', access: 'write' }),
  ]);
  expect(await poll()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

  const rs = await demoClient(server, 'resourceServer');
  const own = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  expect(own.status).toBe(200);
  const redeem = async (parameters: object, key: string) => {
    const response = await fetch(`${server.issuer}/redemptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        token: answer.body.access_token,
        action: 'calendar.invitations.send',
        parameters,
        idempotency_key: key,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const { type: _, locations: __, ...parameters } = inviteDetails();
  expect(await redeem({ ...parameters, guests: ['ben@acme.example', 'eve@acme.example'] }, 'k0')).toMatchObject({
    status: 403,
    body: { reason: 'parameters_differ' },
  });
  const first = await redeem(parameters, 'k1');
  expect(first).toMatchObject({ status: 201, body: { remaining: 0 } });
  expect(await redeem(parameters, 'k1')).toEqual(first);
  expect(await redeem(parameters, 'k2')).toMatchObject({ status: 403, body: { reason: 'used_up' } });
  const closed = await fetch(`${server.issuer}/redemptions/${first.body.redemption_id}/outcome`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'succeeded', reference: 'evt-1', affected: 2 }),
  });
  expect(closed.status).toBe(204);
  const seen = await rs.post('/token/introspection', { token: answer.body.access_token }, { dpop: false });
  expect(seen.body).toMatchObject({ active: true, act: { sub: agent.registration.agent_id } });
});

test('a root token is exchanged for a leaf, and for nothing wider', async () => {
  const root = await tokenInBrowser(
    agent,
    person,
    { authorization_details: detailsParameter(readDetails({ to: '2026-11-27' })) },
    { decision: 'approve', duration: 'PT1H', read: '1' },
  );
  expect(claimsOf(root.body.access_token).aud).toBe(server.issuer);
  const exchange = (form: Record<string, string>) =>
    agent.token({
      grant_type: EXCHANGE,
      subject_token: root.body.access_token,
      subject_token_type: ACCESS_TOKEN,
      ...form,
    });
  const leaf = await exchange({ resource: CALENDAR });
  expect(leaf).toMatchObject({ status: 200, body: { issued_token_type: ACCESS_TOKEN } });
  expect(await exchange({ resource: CALENDAR, scope: 'calendar.read' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_scope' },
  });
  expect(
    await exchange({ resource: CALENDAR, authorization_details: detailsParameter(readDetails({ to: '2026-11-30' })) }),
  ).toMatchObject({
    status: 400,
    body: { error: 'invalid_authorization_details' },
  });
});
