import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  inviteDetails,
  type Json,
  type PostOptions,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { accessTokenIn, databaseOf, eventsOf } from '../support/delegation.ts';
import { type IdentityProvider, publicPart, startIdentityProvider } from '../support/identity-provider.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const GRANTS = { grant_types: [JWT_BEARER, 'authorization_code'] };
const JAG = { typ: 'oauth-id-jag+jwt' };
const CRM = 'https://crm.acme.example';
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };
const consentRequired = { status: 400, body: { error: 'consent_required' } };
const ANNA_THERE = 'a1b2c3';

let idp: IdentityProvider;
let server: TestServer;
let database: Database;
let admin: Api;
let anna: TestPerson;
let agent: TestClient;

beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer();
  database = databaseOf(server);
  [admin, anna, agent] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    signIn(server),
    registerAgent(server, { client_name: 'Assistant', ...GRANTS }),
  ]);
  const added = await admin('POST', '/trusted-issuers', {
    issuer: idp.issuer,
    name: 'Acme sign-in',
    profiles: ['id-jag'],
    jwks: { keys: [publicPart(idp.keys.ec)] },
  });
  if (added.status !== 201) throw new Error(JSON.stringify(added.body));
  const link = { person: 'person@acme.example', issuer: idp.issuer, subject: ANNA_THERE };
  await admin('POST', '/upstream-identities', link);
  // What Anna allows this agent: a week of her calendar, by details and by scope.
  for (const form of [{ authorization_details: detailsParameter(readDetails()) }, { scope: 'calendar.read' }]) {
    await approve(await present(await jag(), form));
  }
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await idp?.close();
});

/** What the company's identity provider lets the agent carry to this server. */
const jag = (claims: Json = {}, header: Json = {}) =>
  idp.sign(
    { sub: ANNA_THERE, aud: server.issuer, client_id: agent.clientId, resource: CALENDAR, ...claims },
    { ...JAG, ...header },
  );
const present = (assertion: string, form: Json = {}, by = agent, options?: PostOptions): Promise<Answer> =>
  by.token({ grant_type: JWT_BEARER, assertion, ...form }, options);
const reading = (more: Json = {}) => ({ authorization_details: detailsParameter(readDetails(more)) });
const approve = async ({ body }: Answer) =>
  anna.submit(await anna.get(new URL(body.interaction_uri).pathname), {
    decision: 'approve',
    duration: 'PT1H',
    read: '1',
  });

describe('JAG-20 EMA-01: an identity assertion of the company’s own provider is a grant here', () => {
  test('JAG-24: without a word about what, the request gets what the assertion holds; the answer says what was granted', async () => {
    expect(await present(await jag({ scope: 'calendar.read' }))).toMatchObject({
      status: 200,
      body: { token_type: 'DPoP', scope: 'calendar.read' },
    });
    const answer = await present(await jag({ authorization_details: [readDetails()] }));
    expect(answer).toMatchObject({ status: 200, body: { authorization_details: [readDetails()] } });
    expect(claimsOf(accessTokenIn(answer))).toMatchObject({
      aud: CALENDAR,
      act: { sub: agent.registration.agent_id },
      acr: 'pwd',
    });
    expect(answer.body).not.toHaveProperty('refresh_token'); // JAG-25
  });

  test('JAG-24: the request may ask for less, and for nothing more', async () => {
    const week = () => jag({ authorization_details: [readDetails()] });
    expect(await present(await week(), reading({ to: '2026-11-25' }))).toMatchObject({
      status: 200,
      body: { authorization_details: [{ to: '2026-11-25' }] },
    });
    expect(await present(await week(), reading({ to: '2026-12-25' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
    expect(await present(await week(), { scope: 'calendar.read' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    const scope = () => jag({ scope: 'calendar.read' });
    expect(await present(await scope(), { authorization_details: detailsParameter(inviteDetails()) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
    expect(await present(await scope(), { scope: 'calendar.read admin.everything' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('JAG-24: what the assertion says and this server does not know leaves less, never everything', async () => {
    expect(await present(await jag({ scope: 'of.another.server' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    expect(await present(await jag({ authorization_details: [{ type: 'of.another' }] }), reading())).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
    expect(await present(await jag({ scope: '' }), { scope: 'calendar.read' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('JAG-24 EMA-06: its resource is the ceiling of the resource, one of several is chosen, and another server’s is none', async () => {
    expect(await present(await jag(), { ...reading(), resource: CALENDAR })).toMatchObject({ status: 200 });
    expect(await present(await jag(), { ...reading(), resource: CRM })).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
    expect(await present(await jag({ resource: CRM }), reading())).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
    const several = () => jag({ resource: [CRM, CALENDAR] });
    expect(await present(await several(), { ...reading(), resource: CALENDAR })).toMatchObject({ status: 200 });
    expect(await present(await several(), reading())).toMatchObject({ status: 200 });
    const others = jag({ resource: [CRM, 'https://payments.acme.example'] });
    expect(await present(await others, reading())).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    expect(await present(await jag({ resource: 'https://of.another.example' }), reading())).toMatchObject(invalidGrant);
    expect(await present(await jag({ resource: [] }), reading())).toMatchObject(invalidGrant);
    expect(await present(await jag({ resource: [7] as never }), reading())).toMatchObject(invalidGrant);
  });

  test('K10 EMA-06: for an MCP server the assertion names it; for another API it need not', async () => {
    expect(await present(await jag({ resource: undefined }), reading())).toMatchObject({ status: 200 });
    await database.run('update resources set mcp = true where resource = $1', [CALENDAR]);
    await database.run(`insert into signals (topic, value) values ('catalogue', 'published')`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await present(await jag({ resource: undefined }), reading())).toMatchObject(invalidGrant);
    expect(await present(await jag(), reading())).toMatchObject({ status: 200 });
  });

  test('the employer’s word does not stand for the person’s: what nobody approved is asked', async () => {
    expect(await present(await jag(), reading({ to: '2027-01-31' }))).toMatchObject({
      ...consentRequired,
      body: { interaction_uri: expect.stringMatching(/\/r\/apr_/) },
    });
  });
});

describe('it is refused', () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => Promise<string>]>([
    ['JAG-21 EMA-03: without its type', () => jag({}, { typ: 'JWT' })],
    ['JAG-21: without any type', () => jag({}, { typ: undefined })],
    ['JAG-21: for another server', () => jag({ aud: 'https://other.example' })],
    ['JAG-21: for this server and another', () => jag({ aud: [server.issuer, 'https://other.example'] })],
    ['JAG-21: for nobody', () => jag({ aud: [] })],
    [
      'JAG-21 EMA-04: signed by another key',
      () => idp.sign({ sub: ANNA_THERE, aud: server.issuer, client_id: agent.clientId }, JAG, idp.keys.rsa),
    ],
    ['JAG-22 EMA-05: for another client', () => jag({ client_id: 'another' })],
    ['JAG-22: for no client', () => jag({ client_id: undefined })],
    ['JAG-23: expired', () => jag({ iat: now() - 60, exp: now() - 1 })],
    ['JAG-23: it lives longer than five minutes', () => jag({ exp: now() + 301 })],
    ['JAG-23: without jti', () => jag({ jti: undefined })],
    ['JAG-23: without iat', () => jag({ iat: undefined })],
    [
      'JAG-28: of nobody who is known here',
      () => jag({ sub: 'mallory', email: 'person@acme.example', email_verified: true }),
    ],
    ['JAG-28: with another person’s id here', () => jag({ aud_sub: 'usr_00000000000000000000000000000000' })],
    ['JAG-05: of a tenant that it is not trusted for', () => jag({ tenant: 'somebody-else' })],
    ['for another organization here', () => jag({ aud_tenant: 'org_00000000000000000000000000000000' })],
    ['JAG-06: in the name of this server', () => jag({ iss: server.issuer })],
  ])('%s', async (_, make) => {
    const value = await make();
    const events = await eventsOf(database, async () => {
      expect(await present(value, reading())).toMatchObject({
        ...invalidGrant,
        body: { error_description: 'grant request is invalid' },
      });
    });
    expect(events).toMatchObject([{ type: 'token.refused', reason: 'assertion_invalid' }]);
  });

  test('JAG-22: when another client presents it, of the same organization', async () => {
    const other = await registerAgent(server, { client_name: 'Other', ...GRANTS });
    expect(await present(await jag(), reading(), other)).toMatchObject(invalidGrant);
  });

  test('JAG-20 EMA-01: when the client does not prove itself', async () => {
    const stranger = await registerAgent(server, {
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'none',
      jwks: undefined,
      dpop_bound_access_tokens: false,
    });
    const body = new URLSearchParams({
      grant_type: JWT_BEARER,
      client_id: stranger.clientId,
      assertion: await jag({ client_id: stranger.clientId }),
      ...reading(),
    });
    const response = await fetch(`${server.issuer}/token`, { method: 'POST', body });
    expect([response.status, ((await response.json()) as Json).error]).toEqual([400, 'unauthorized_client']);
    const unproven = await agent.token({
      grant_type: JWT_BEARER,
      assertion: await jag(),
      client_assertion: await agent.assertion({ aud: 'https://other.example' }),
    });
    expect(unproven).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  test('EMA-02: when there is none', async () => {
    expect(await agent.token({ grant_type: JWT_BEARER })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });
});

test('JAG-26 CH-07: one that is bound to a key is worth nothing without the proof of that key', async () => {
  const free = await registerAgent(server, {
    client_name: 'Free',
    dpop_bound_access_tokens: false,
    ...GRANTS,
  });
  const bound = (jkt: string, by: TestClient) => jag({ client_id: by.clientId, cnf: { jkt } });
  expect(await present(await bound(agent.jkt, agent), reading())).toMatchObject({ status: 200 });
  expect(await present(await bound(agent.jkt, free), reading(), free)).toMatchObject(invalidGrant);
  expect(await present(await bound(free.jkt, free), reading(), free, { dpop: false })).toMatchObject(invalidGrant);
  // Without cnf, a proof binds what is issued.
  const asked = await present(await jag({ client_id: free.clientId }), reading(), free);
  await approve(asked);
  expect(claimsOf(accessTokenIn(await present(await jag({ client_id: free.clientId }), reading(), free))).cnf).toEqual({
    jkt: free.jkt,
  });
});

describe('JAG-23 CH-07: it counts once', () => {
  test('a second presentation is refused; an unsuccessful one spends nothing', async () => {
    const value = await jag();
    expect(await present(value, { scope: 'no.such' })).toMatchObject({ body: { error: 'invalid_scope' } });
    expect(await present(value, reading())).toMatchObject({ status: 200 });
    expect(await present(value, reading())).toMatchObject(invalidGrant);
  });

  test('the same jti in another assertion of the issuer is the same one', async () => {
    const jti = randomUUID();
    expect(await present(await jag({ jti }), reading())).toMatchObject({ status: 200 });
    expect(await present(await jag({ jti, exp: Math.floor(Date.now() / 1000) + 200 }), reading())).toMatchObject(
      invalidGrant,
    );
  });
});
