import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  demoClient,
  INVITE,
  inviteDetails,
  type Json,
  type PostOptions,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { accessTokenIn, databaseOf, eventsOf, introspect, registerAgentAt } from '../support/delegation.ts';
import { type IdentityProvider, publicPart, startIdentityProvider } from '../support/identity-provider.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const GRANTS = { grant_types: [JWT_BEARER, 'refresh_token'] };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };
const consentRequired = { status: 400, body: { error: 'consent_required' } };
const ANNA_THERE = 'a1b2c3';

let idp: IdentityProvider;
let server: TestServer;
let database: Database;
let admin: Api;
let anna: TestPerson;
let agent: TestClient;
let resourceServer: TestClient;

beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = databaseOf(server);
  [admin, anna, agent, resourceServer] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    signIn(server),
    registerAgent(server, {
      client_name: 'Assistant',
      authorization_details_types: [READ, INVITE, 'crm.contacts.export'],
      ...GRANTS,
    }),
    demoClient(server, 'resourceServer'),
  ]);
  await trust(idp.issuer, { jwks: undefined, jwks_uri: idp.jwksUri });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await idp?.close();
});

/** An issuer of Acme's, at which Anna is known. */
async function trust(issuer: string, more: Json = {}): Promise<void> {
  const body = {
    issuer,
    name: 'Acme sign-in',
    profiles: ['jwt-bearer'],
    jwks: { keys: [publicPart(idp.keys.ec)] },
    ...more,
  };
  const added = await admin('POST', '/trusted-issuers', body);
  if (added.status !== 201) throw new Error(JSON.stringify(added.body));
  await admin('POST', '/upstream-identities', { person: 'person@acme.example', issuer, subject: ANNA_THERE });
}
const assertion = (claims: Json = {}, header: Json = {}) =>
  idp.sign({ sub: ANNA_THERE, aud: server.issuer, ...claims }, header);
const reading = (more: Json = {}) => ({ authorization_details: detailsParameter(readDetails(more)) });
const present = (value: string, form: Json = reading(), by = agent, options?: PostOptions): Promise<Answer> =>
  by.token({ grant_type: JWT_BEARER, assertion: value, ...form }, options);
const approve = async ({ body }: Answer) =>
  anna.submit(await anna.get(new URL(body.interaction_uri).pathname), {
    decision: 'approve',
    duration: 'PT1H',
    read: '1',
  });

test('JB-01 JB-04 CH-04: an assertion says for whom, the person says what, and the same assertion then gets it, without a refresh token', async () => {
  const value = await assertion();
  const asked = await present(value);
  expect(asked).toMatchObject({
    ...consentRequired,
    body: { interaction_uri: expect.any(String), authorization_details: [readDetails()] },
  });
  await approve(asked);
  const answer = await present(value);
  expect(answer).toMatchObject({
    status: 200,
    body: { token_type: 'DPoP', expires_in: expect.any(Number), authorization_details: [{ from: '2026-11-24' }] },
  });
  expect(answer.body).not.toHaveProperty('refresh_token');
  expect(answer.body).not.toHaveProperty('issued_token_type');
  const claims = claimsOf(accessTokenIn(answer));
  const person = await database.first<{ id: string }>(`select id from people where email = 'person@acme.example'`);
  expect(claims).toMatchObject({
    sub: person?.id,
    aud: CALENDAR,
    client_id: agent.clientId,
    act: { sub: agent.registration.agent_id },
    cnf: { jkt: agent.jkt },
  });
  expect(await introspect(resourceServer, accessTokenIn(answer))).toMatchObject({ active: true });
});

test('JB-01: what is asked is within what the person approved, by details or by scope; narrower is given', async () => {
  expect(await present(await assertion(), reading({ to: '2026-11-27' }))).toMatchObject({ status: 200 });
  expect(await present(await assertion(), reading({ to: '2026-12-27' }))).toMatchObject(consentRequired);
  expect(await present(await assertion(), { scope: 'calendar.read' })).toMatchObject({
    ...consentRequired,
    body: { authorization_details: [{ type: 'calendar.events.read' }] },
  });
  expect(await present(await assertion(), { ...reading(), resource: CALENDAR })).toMatchObject({ status: 200 });
  expect(await present(await assertion(), { ...reading(), resource: 'https://crm.acme.example' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_target' },
  });
  expect(await present(await assertion(), {})).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  const two = detailsParameter(readDetails(), { type: 'crm.contacts.export', tag: 'a', fields: ['name'], limit: 1 });
  expect(await present(await assertion(), { authorization_details: two })).toMatchObject({
    status: 400,
    body: { error: 'invalid_target' },
  });
});

test('JB-02: RFC 7523bis names the type of such an assertion; one that says so is taken', async () => {
  expect(await present(await assertion({}, { typ: 'authorization-grant+jwt' }))).toMatchObject({ status: 200 });
  expect(await present(await assertion({ aud: [server.issuer] }))).toMatchObject({ status: 200 });
});

describe('JB-03: everything else about an assertion is invalid_grant, in one sentence', () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => Promise<string> | string]>([
    ['no JWT', () => 'nonsense'],
    ['an issuer that nobody trusts', () => assertion({ iss: 'https://elsewhere.example' })],
    ['another subject', () => assertion({ sub: 'mallory', email: 'person@acme.example' })],
    ['expired', () => assertion({ iat: now() - 100, exp: now() - 1 })],
    ['it lives longer than the issuer’s statements count', () => assertion({ exp: now() + 7200 })],
    ['the token endpoint as audience (BCP-20)', () => assertion({ aud: `${server.issuer}/token` })],
    ['two audiences', () => assertion({ aud: [server.issuer, 'https://other.example'] })],
    ['no jti', () => assertion({ jti: undefined })],
    ['a jti that is no text', () => assertion({ jti: 7 as never })],
    ['an access token', () => assertion({}, { typ: 'at+jwt' })],
    ['a client assertion (RFC 8725 §3.11)', () => assertion({}, { typ: 'client-authentication+jwt' })],
    [
      'an ID-JAG of an issuer that is not trusted for them',
      () => assertion({ client_id: agent.clientId }, { typ: 'oauth-id-jag+jwt' }),
    ],
    ['an ID token for a client there', () => idp.idToken(ANNA_THERE)],
    ['the client’s own client assertion', () => agent.assertion()],
    [
      'a key of nobody',
      async () => (await assertion()).replace(/\.[^.]*$/, `.${Buffer.alloc(64, 7).toString('base64url')}`),
    ],
  ])('%s', async (_, make) => {
    const value = await make();
    const events = await eventsOf(database, async () => {
      expect(await present(value)).toMatchObject({
        ...invalidGrant,
        body: { error_description: 'grant request is invalid' },
      });
    });
    expect(events).toMatchObject([{ type: 'token.refused', reason: 'assertion_invalid' }]);
  });

  test('no assertion is invalid_request', async () => {
    expect(await agent.token({ grant_type: JWT_BEARER, ...reading() })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test('two assertions are invalid_request', async () => {
    expect(
      await agent.token({ grant_type: JWT_BEARER, assertion: [await assertion(), await assertion()], ...reading() }),
    ).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('a client that did not register the grant is unauthorized', async () => {
    const other = await registerAgent(server);
    expect(await present(await assertion(), reading(), other)).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
  });

  test('an agent of another organization gets nothing by it', async () => {
    const foreigner = await registerAgentAt(server, database, 'globex', GRANTS);
    expect(await present(await assertion(), reading(), foreigner)).toMatchObject(invalidGrant);
  });
});

describe('JB-02: it counts once', () => {
  test('a second presentation is refused and kills nothing', async () => {
    const value = await assertion();
    const first = accessTokenIn(await present(value));
    expect(await present(value)).toMatchObject(invalidGrant);
    expect(await introspect(resourceServer, first)).toMatchObject({ active: true });
  });

  test('a refusal spends nothing, and the same jti of another issuer is another one', async () => {
    const jti = randomUUID();
    const value = await assertion({ jti });
    expect(await present(value, { scope: 'no.such' })).toMatchObject({ body: { error: 'invalid_scope' } });
    expect(await present(value, reading({ to: '2027-01-01' }))).toMatchObject(consentRequired);
    expect(await present(value)).toMatchObject({ status: 200 });
    await trust('https://another.example');
    expect(await present(await assertion({ iss: 'https://another.example', jti }))).toMatchObject({ status: 200 });
  });

  test('twenty at once: one token', async () => {
    const value = await assertion();
    const answers = await Promise.all(Array.from({ length: 20 }, () => present(value)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(19);
  });
});

test('JB-05: an issuer reaches the actions and agents that its administrator named, and no others', async () => {
  await trust('https://limited.example', { actions: ['calendar.events.read'], agents: ['Assistant'] });
  const value = () => assertion({ iss: 'https://limited.example' });
  expect(await present(await value())).toMatchObject({ status: 200 });
  const invite = { authorization_details: detailsParameter(inviteDetails()) };
  expect(await present(await value(), invite)).toMatchObject({
    status: 400,
    body: { error: 'invalid_authorization_details' },
  });
  const other = await registerAgent(server, { client_name: 'Not named', ...GRANTS });
  expect(await present(await value(), reading(), other)).toMatchObject(invalidGrant);
});

test('the end of the issuer is the end of what it was a grant for', async () => {
  await trust('https://ends.example');
  const token = accessTokenIn(await present(await assertion({ iss: 'https://ends.example' })));
  expect(await introspect(resourceServer, token)).toMatchObject({ active: true });
  await admin('DELETE', '/trusted-issuers', { issuer: 'https://ends.example', reason: 'done' });
  expect(await introspect(resourceServer, token)).toEqual({ active: false });
  expect(await present(await assertion({ iss: 'https://ends.example' }))).toMatchObject(invalidGrant);
});
