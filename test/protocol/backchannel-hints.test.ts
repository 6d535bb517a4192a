import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { postgresKeys } from '../../adapters/postgres/keys.ts';
import { loadKeys } from '../../server/keys/keys.ts';
import { type Api, administrator } from '../support/admin.ts';
import { type Answer, CALENDAR, claimsOf, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { CLIENT_THERE, type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { sealingOf, setUserCode } from '../support/user-code.ts';
import { ask, codeFor, decideFor, type Form, now, poll, tokenFromBehind } from './support.ts';

const ANNA_THERE = 'a1b2c3';

let idp: IdentityProvider;
let server: TestServer;
let database: Database;
let admin: Api;
let person: TestPerson;
let personId: string;
beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = databaseOf(server);
  [admin, person] = await Promise.all([administrator(server, 'admin@acme.example'), signIn(server)]);
  personId =
    (await database.first<{ id: string }>(`select id from people where email = 'person@acme.example'`))?.id ?? '';
  const added = await admin('POST', '/trusted-issuers', {
    issuer: idp.issuer,
    name: 'Acme sign-in',
    jwks_uri: idp.jwksUri,
    profiles: ['identity'],
    audiences: [{ audience: CLIENT_THERE }],
  });
  if (added.status !== 201) throw new Error(JSON.stringify(added.body));
  const linked = await admin('POST', '/upstream-identities', {
    person: 'person@acme.example',
    issuer: idp.issuer,
    subject: ANNA_THERE,
  });
  if (linked.status !== 201) throw new Error(JSON.stringify(linked.body));
}, 30_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
  await idp?.close();
});

const agent = (more: Json = {}) => registerAgent(server, more);
const refused = ({ status, body }: Answer) => [status, body.error];
const hinted = (client: TestClient, form: Form) => ask(client, { login_hint: undefined, ...form });
const issSub = (iss: string, sub: string, more: Json = {}) => JSON.stringify({ format: 'iss_sub', iss, sub, ...more });
/** Whom the client asked last. */
const askedPerson = async (client: TestClient) =>
  (
    await database.first<{ person: string }>(
      'select person from approvals where client_id = $1 order by asked_at desc limit 1',
      [client.clientId],
    )
  )?.person;

describe('login_hint as a subject identifier (RFC 9493)', () => {
  test.each([
    ['as the identity provider of the organization names them', () => issSub(idp.issuer, ANNA_THERE)],
    ['as this server names them', () => issSub(server.issuer, personId)],
    ['by address', () => JSON.stringify({ format: 'email', email: 'person@acme.example' })],
  ])('CB-12: a person %s', async (_name, hint) => {
    const client = await agent();
    expect((await hinted(client, { login_hint: hint() })).status).toBe(200);
    expect(await askedPerson(client)).toBe(personId);
  });

  test.each([
    ['nobody is linked to this subject', () => issSub(idp.issuer, 'somebody')],
    ['an issuer that nobody trusts', () => issSub('https://other.example', ANNA_THERE)],
    ['a subject of ours under another issuer', () => issSub(idp.issuer, personId)],
    ['a format that is not known', () => JSON.stringify({ format: 'phone_number', phone_number: '+15551234' })],
    ['a member that is not known', () => issSub(idp.issuer, ANNA_THERE, { tenant: 'x' })],
    ['a member twice', () => `{"format":"iss_sub","iss":"${idp.issuer}","sub":"x","sub":"${ANNA_THERE}"}`],
    ['no JSON', () => '{person'],
  ])('CB-12: %s is unknown_user_id', async (_name, hint) => {
    expect(refused(await hinted(await agent(), { login_hint: hint() }))).toEqual([400, 'unknown_user_id']);
  });
});

describe('id_token_hint', () => {
  test('CB-13: one that expired a month ago still says who', async () => {
    const client = await agent();
    const { body } = await client.token(
      await codeFor(client, person, { scope: 'openid calendar.read', resource: CALENDAR }),
    );
    const { typ: _, ...claims } = claimsOf(body.id_token);
    const keys = await loadKeys(postgresKeys(database), sealingOf(server));
    const month = 30 * 86_400;
    const old = keys.sign({ typ: 'JWT' }, { ...claims, iat: claims.iat - month, exp: claims.exp - month });
    expect((await hinted(client, { id_token_hint: old })).status).toBe(200);
    expect(await askedPerson(client)).toBe(personId);
  });
});

describe('login_hint_token', () => {
  const token = (claims: Json = {}, header: Json = {}) =>
    idp.sign({ sub: ANNA_THERE, aud: server.issuer, ...claims }, { typ: 'login-hint+jwt', ...header });

  test.each([
    ['its subject', {}],
    ['a subject identifier beside it', { sub_id: () => ({ format: 'iss_sub', iss: idp.issuer, sub: ANNA_THERE }) }],
  ] as [string, { sub_id?: () => Json }][])(
    'CB-14: signed by an issuer that the organization trusts, with %s',
    async (_name, { sub_id }) => {
      const client = await agent();
      const answer = await hinted(client, { login_hint_token: await token(sub_id ? { sub_id: sub_id() } : {}) });
      expect(answer.status).toBe(200);
      expect(await askedPerson(client)).toBe(personId);
    },
  );

  test.each([
    ['CB-12: expired', { iat: now() - 120, exp: now() - 60 }, {}, 'expired_login_hint_token'],
    ['CB-12: about nobody known here', { sub: 'somebody' }, {}, 'unknown_user_id'],
    ['CB-14: no type of its own', {}, { typ: 'JWT' }, 'invalid_request'],
    ['CB-14: for another audience', { aud: 'https://other.example' }, {}, 'invalid_request'],
    ['CB-14: no jti', { jti: undefined }, {}, 'invalid_request'],
    ['CB-14: no exp', { exp: undefined }, {}, 'invalid_request'],
    ['CB-14: an issuer that nobody trusts', { iss: 'https://other.example' }, {}, 'invalid_request'],
    ['CB-14: two people', { sub_id: { format: 'email', email: 'approver@acme.example' } }, {}, 'invalid_request'],
    [
      'CB-14: a subject identifier that is not understood',
      { sub_id: { format: 'opaque', id: '1' } },
      {},
      'invalid_request',
    ],
  ])('%s is refused', async (_name, claims, header, error) => {
    const answer = await hinted(await agent(), { login_hint_token: await token(claims, header) });
    expect(refused(answer)).toEqual([400, error]);
  });

  test('CB-14: an ID token is no hint token', async () => {
    const answer = await hinted(await agent(), { login_hint_token: await idp.idToken(ANNA_THERE) });
    expect(refused(answer)).toEqual([400, 'invalid_request']);
  });

  test('CB-14: nor one that somebody altered', async () => {
    const [header, , signature] = (await token()).split('.');
    const claims = { iss: idp.issuer, sub: ANNA_THERE, aud: server.issuer, iat: now(), exp: now() + 60, jti: 'x' };
    const altered = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    expect(refused(await hinted(await agent(), { login_hint_token: altered }))).toEqual([400, 'invalid_request']);
  });
});

describe('user_code', () => {
  const withCode = () => agent({ backchannel_user_code_parameter: true });
  beforeAll(() => setUserCode(server, 'person@acme.example', 'only my friends'));
  afterAll(() => setUserCode(server, 'person@acme.example', undefined));

  test('§7.1: the right one reaches the person', async () => {
    expect((await ask(await withCode(), { user_code: 'only my friends' })).status).toBe(200);
  });

  test('§13: none is missing_user_code, a wrong one invalid_user_code', async () => {
    const client = await withCode();
    expect(refused(await ask(client))).toEqual([400, 'missing_user_code']);
    expect(refused(await ask(client, { user_code: 'please' }))).toEqual([400, 'invalid_user_code']);
  });

  test('§7.1: guessing is throttled, for this client alone', async () => {
    const client = await withCode();
    for (let count = 0; count < 5; count++) {
      expect(refused(await ask(client, { user_code: `guess ${count}` }))).toEqual([400, 'invalid_user_code']);
    }
    const answer = await ask(client, { user_code: 'only my friends' });
    expect(refused(answer)).toEqual([403, 'access_denied']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(await withCode(), { user_code: 'only my friends' })).status).toBe(200);
  });

  test('§7.1: somebody who set none is asked without', async () => {
    const form = { login_hint: 'approver@acme.example' };
    expect((await ask(await withCode(), form)).status).toBe(200);
  });

  test('CB-02: a client that did not register for it sends none', async () => {
    expect(refused(await ask(await agent(), { user_code: 'only my friends' }))).toEqual([400, 'invalid_request']);
  });
});

describe('request_context (FAPI-CIBA §5.3)', () => {
  test('an object is taken, and is evidence', async () => {
    const client = await agent();
    expect((await ask(client, { request_context: '{"ip":"192.0.2.7","risk":"low"}' })).status).toBe(200);
    const row = await database.first<{ fields: Json }>(
      `select c.fields from evidence e join evidence_contents c on c.organization = e.organization and c.event = e.id
       where e.application = $1 and e.type = 'request.received'`,
      [client.clientId],
    );
    expect(row?.fields['content.request_context'].value).toEqual({ ip: '192.0.2.7', risk: 'low' });
  });

  test.each([
    ['a text', '"low"'],
    ['an array', '[]'],
    ['no JSON', '{'],
    ['a member twice', '{"a":1,"a":2}'],
    ['hostile text', '{"a":"\u202e"}'],
    ['more than 4 KB', JSON.stringify({ a: 'x'.repeat(5000) })],
  ])('%s is invalid_request', async (_name, request_context) => {
    expect(refused(await ask(await agent(), { request_context }))).toEqual([400, 'invalid_request']);
  });
});

describe('what the agent hears', () => {
  test('CB-50: the acr of the decision, when it was asked for', async () => {
    const { body } = await tokenFromBehind(server, await agent(), person, { acr_values: 'phr pwd' });
    expect(claimsOf(body.id_token).acr).toBe('pwd');
  });

  test('CB-43 U5-2: a coarse reason, and only where the organization lets agents hear it', async () => {
    const denied = async () => {
      const client = await agent();
      const { body } = await ask(client);
      const { result, path } = await decideFor(server, client, person, { decision: 'deny' });
      const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec(result.html)?.[1] ?? '';
      await person.post(`${path}/reason`, { csrf, reason: 'too_much' });
      return (await poll(client, body.auth_req_id)).body.error_description;
    };
    expect(await denied()).toBe('the person denied the request');
    expect(await admin('PUT', '/backchannel', { tells_reason: true })).toMatchObject({
      status: 200,
      body: { tells_reason: true, notification_hosts: [] },
    });
    expect(await denied()).toBe('the person denied the request: too much access');
    expect((await admin('PUT', '/backchannel', { tells_reason: false })).status).toBe(200);
    expect((await admin('GET', '/backchannel')).body).toEqual({ tells_reason: false, notification_hosts: [] });
  });

  test('CB-04: an administrator vouches for a host', async () => {
    const metadata = {
      backchannel_token_delivery_mode: 'ping',
      backchannel_client_notification_endpoint: 'https://hooks.partner.example/cb',
    };
    await expect(agent(metadata)).rejects.toThrow('is not known to be this client');
    await admin('PUT', '/backchannel', { notification_hosts: ['hooks.partner.example'] });
    expect((await agent(metadata)).registration.backchannel_token_delivery_mode).toBe('ping');
    expect((await admin('PUT', '/backchannel', { notification_hosts: ['https://x'] })).status).toBe(400);
  });
});
