import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { egressFetch } from '../../adapters/egress.ts';
import { issuerKeys } from '../../adapters/issuer-keys.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator, operator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  databaseOf,
  eventsOf,
  introspect,
  organizationOf,
  registerAgentAt,
  respelled,
} from '../support/delegation.ts';
import {
  CLIENT_THERE,
  type IdentityProvider,
  newJwk,
  publicPart,
  startIdentityProvider,
} from '../support/identity-provider.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { addRule } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const consentRequired = { status: 400, body: { error: 'consent_required' } };
const ANNA_THERE = 'a1b2c3';

let idp: IdentityProvider;
let server: TestServer;
let database: Database;
let admin: Api;
let anna: TestPerson;
let agent: TestClient;
let resourceServer: TestClient;
let acme: string;

beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = databaseOf(server);
  [admin, anna, agent, resourceServer, acme] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    signIn(server),
    registerAgent(server, { client_name: 'Assistant' }),
    demoClient(server, 'resourceServer'),
    organizationOf(database, 'acme'),
  ]);
  const added = await admin('POST', '/trusted-issuers', {
    issuer: idp.issuer,
    name: 'Acme sign-in',
    jwks_uri: idp.jwksUri,
    profiles: ['identity'],
    audiences: [{ audience: CLIENT_THERE, agent: 'Assistant' }],
    acr: { mfa: 'phr' },
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

const reading = (more: Json = {}) => ({
  resource: CALENDAR,
  authorization_details: detailsParameter(readDetails(more)),
});
const present = (token: string, type = JWT, form: Json = reading(), by = agent): Promise<Answer> =>
  by.token({ grant_type: EXCHANGE, subject_token: token, subject_token_type: type, ...form });
/** What Anna's identity provider says to this server about her. */
const statement = (claims: Json = {}, header: Json = {}, key = idp.keys.ec) =>
  idp.sign({ sub: ANNA_THERE, aud: server.issuer, ...claims }, header, key);
const approve = async ({ body }: Answer) =>
  anna.submit(await anna.get(new URL(body.interaction_uri).pathname), {
    decision: 'approve',
    duration: 'PT1H',
    read: '1',
  });

describe('the company’s own identity provider says who the person is', () => {
  test('TX-01: an ID token of it for this agent counts for the person, and for nothing that the person did not approve', async () => {
    const idToken = await idp.idToken(ANNA_THERE);
    const asked = await present(idToken, ID_TOKEN);
    expect(asked).toMatchObject({
      ...consentRequired,
      body: { interaction_uri: expect.stringMatching(/\/r\/apr_/), authorization_details: [readDetails()] },
    });
    await approve(asked);
    const answer = await present(idToken, ID_TOKEN);
    const claims = claimsOf(accessTokenIn(answer));
    const person = await database.first<{ id: string }>(`select id from people where email = 'person@acme.example'`);
    expect(claims).toMatchObject({
      sub: person?.id,
      aud: CALENDAR,
      org_id: acme,
      act: { sub: agent.registration.agent_id },
    });
    expect(claims.exp).toBeLessThanOrEqual(claimsOf(idToken).exp);
    expect(await introspect(resourceServer, accessTokenIn(answer))).toMatchObject({ active: true });
  });

  test('TX-01: a JWT for this server counts the same, also as a bare array of one audience', async () => {
    expect(await present(await statement())).toMatchObject({ status: 200 });
    expect(await present(await statement({ aud: [server.issuer] }))).toMatchObject({ status: 200 });
    expect(await present(await statement({}, { typ: undefined }))).toMatchObject({ status: 200 });
    expect(await present(await statement({}, { typ: 'application/JWT' }))).toMatchObject({ status: 200 });
    expect(await present(await statement({}, {}, idp.keys.rsa))).toMatchObject({ status: 200 });
  });

  test('TX-10: what comes of it ends with it', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { exp } = claimsOf(accessTokenIn(await present(await statement({ exp: now + 40 }))));
    expect(exp).toBe(now + 40);
    const old = await statement({ iat: now - 3570, exp: now + 7200 });
    expect(claimsOf(accessTokenIn(await present(old))).exp).toBe(now + 30);
  });

  test('TX-05: one that is bound to a key counts with the proof of that key alone', async () => {
    expect(await present(await statement({ cnf: { jkt: agent.jkt } }))).toMatchObject({ status: 200 });
    const other = await registerAgent(server);
    expect(await present(await statement({ cnf: { jkt: other.jkt } }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });
});

describe('everything else is refused, in one sentence, with evidence of why', () => {
  const HOUR = 3600;
  const now = () => Math.floor(Date.now() / 1000);
  const foreignKey = newJwk('ES256', 'ec-1');
  const unsigned = (header: Json, claims: Json) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const good = () => ({
    iss: idp.issuer,
    sub: ANNA_THERE,
    aud: server.issuer,
    iat: now(),
    exp: now() + 60,
    jti: randomUUID(),
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ['alg none', () => `${unsigned({ alg: 'none', typ: 'JWT' }, good())}.`, 'not a JWT'],
    ['alg none with a signature', () => `${unsigned({ alg: 'none' }, good())}.AAAA`, 'wrong alg'],
    [
      'HS256 with the public key as the secret (RFC 8725 §2.1)',
      () => {
        const input = unsigned({ alg: 'HS256', typ: 'JWT', kid: 'rsa-1' }, good());
        const secret = JSON.stringify(publicPart(idp.keys.rsa));
        return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      },
      'wrong alg',
    ],
    ['a key of somebody else under the same kid', async () => statement({}, {}, await foreignKey), 'not signed'],
    ['the kid of another key', () => statement({}, { kid: 'rsa-1' }), 'not signed'],
    ['a kid that is a path', () => statement({}, { kid: '../../etc/passwd' }), 'not signed'],
    ['a kid that is no text', () => statement({}, { kid: 7 as never }), 'not signed'],
    [
      'a key in its own header',
      async () => statement({}, { jwk: publicPart(await foreignKey), kid: undefined }, await foreignKey),
      'not signed',
    ],
    [
      'an extension that has to be understood',
      async () => `${unsigned({ alg: 'ES256', crit: ['x'], x: 1 }, good())}.AAAA`,
      'not a JWT',
    ],
    ['an issuer that nobody trusts', () => statement({ iss: 'https://login.example' }), 'no issuer that is trusted'],
    ['almost the issuer', () => statement({ iss: `${idp.issuer}/` }), 'no issuer that is trusted'],
    ['no issuer', () => statement({ iss: undefined }), 'iss is required'],
    ['this server as its issuer', () => statement({ iss: server.issuer }), 'this server'],
    ['an access token of theirs (RFC 8725 §3.11)', () => statement({}, { typ: 'at+jwt' }), 'wrong typ'],
    ['an access token by its media type', () => statement({}, { typ: 'application/AT+JWT' }), 'wrong typ'],
    ['a DPoP proof', () => statement({}, { typ: 'dpop+jwt' }), 'wrong typ'],
    ['a logout token', () => statement({}, { typ: 'logout+jwt' }), 'wrong typ'],
    [
      'a logout token that does not say so',
      () => statement({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
      'an event',
    ],
    ['an identity assertion for somebody else’s grant', () => statement({}, { typ: 'oauth-id-jag+jwt' }), 'wrong typ'],
    ['a typ that is no text', () => statement({}, { typ: ['JWT'] as never }), 'wrong typ'],
    ['another audience', () => statement({ aud: 'https://other.example' }), 'not for this server'],
    ['two audiences', () => statement({ aud: [server.issuer, 'https://other.example'] }), 'one audience'],
    ['the same audience twice', () => statement({ aud: [server.issuer, server.issuer] }), 'one audience'],
    ['no audience', () => statement({ aud: undefined }), 'one audience'],
    ['an ID token under the name of a mere JWT', () => statement({ aud: CLIENT_THERE }), 'not for this server'],
    ['expired', () => statement({ exp: now() - 1 }), 'expired'],
    ['no end', () => statement({ exp: undefined }), 'iat and exp'],
    ['no beginning', () => statement({ iat: undefined }), 'iat and exp'],
    ['from the future', () => statement({ iat: now() + 120, exp: now() + 240 }), 'in the future'],
    ['not valid yet', () => statement({ nbf: now() + 120 }), 'not valid yet'],
    ['old, though it never ends', () => statement({ iat: now() - HOUR - 5, exp: now() + HOUR }), 'too old'],
    ['a sign-in that is still to come', () => statement({ auth_time: now() + HOUR }), 'auth_time'],
    ['times as text', () => statement({ exp: String(now() + 60) as never }), 'iat and exp'],
    ['nobody', () => statement({ sub: undefined }), 'sub is required'],
    ['a subject that is no text', () => statement({ sub: 7 as never }), 'sub is required'],
    ['another subject', () => statement({ sub: 'somebody-else' }), 'nobody who is known'],
    [
      'somebody unknown with Anna’s e-mail address: an address names nobody',
      () => statement({ sub: 'mallory', email: 'person@acme.example', email_verified: true }),
      'nobody who is known',
    ],
    ['our own id of the person as its subject', async () => statement({ sub: await annasId() }), 'nobody who is known'],
    ['a tenant where it serves none', () => statement({ tenant: 'other' }), 'another tenant'],
    ['for another organization', () => statement({ aud_tenant: 'org_0000' }), 'another organization'],
    ['a person that the issuer takes for another one here', () => statement({ aud_sub: 'usr_1' }), 'aud_sub'],
    ['bound in an unknown way', () => statement({ cnf: { kid: 'x' } }), 'not understood'],
    ['bound twice', () => statement({ cnf: { jkt: agent.jkt, 'x5t#S256': agent.jkt } }), 'not understood'],
    [
      'a claim that says two things',
      async () => {
        const [header = '', payload = ''] = (await statement()).split('.');
        const twice = Buffer.from(payload, 'base64url').toString().replace('{', '{"sub":"x",');
        return `${header}.${Buffer.from(twice).toString('base64url')}.AAAA`;
      },
      'appears twice',
    ],
    [
      'not UTF-8',
      async () =>
        `${(await statement()).split('.')[0]}.${Buffer.from('7b2261223a22ff227d', 'hex').toString('base64url')}.AAAA`,
      'not UTF-8',
    ],
    ['another spelling of the same signature', async () => respelled(await statement()), 'not canonically'],
    ['far too long', async () => statement({ filler: 'x'.repeat(20_000) }), 'too long'],
  ])('%s', async (_, make, detail) => {
    const token = await make();
    const events = await eventsOf(database, async () => {
      const answer = await present(token);
      expect(answer).toMatchObject({
        ...invalidRequest,
        body: { error_description: 'subject token is invalid' },
      });
    });
    expect(events).toMatchObject([{ type: 'token.refused', reason: 'subject_token_invalid' }]);
    expect(JSON.stringify(events[0]?.fields)).toContain(detail);
  });

  test.each<[string, () => Promise<string>]>([
    ['an ID token for another client of the same provider', () => idp.idToken(ANNA_THERE, 'another-app')],
    ['an ID token for several', () => statement({ aud: [CLIENT_THERE, 'another-app'], azp: CLIENT_THERE })],
    ['an ID token that another client asked for (azp)', () => statement({ aud: CLIENT_THERE, azp: 'another-app' })],
    ['an ID token for this server, which is no client there', () => statement()],
    ['an ID token of somebody who is not linked, with Anna’s address', () => idp.idToken('mallory')],
  ])('X9: %s', async (_, make) => {
    expect(await present(await make(), ID_TOKEN)).toMatchObject(invalidRequest);
  });

  test('X9: an ID token for one agent is worth nothing to another', async () => {
    const other = await registerAgent(server, { client_name: 'Other' });
    const idToken = await idp.idToken(ANNA_THERE);
    expect(await present(idToken, ID_TOKEN, reading(), other)).toMatchObject(invalidRequest);
    expect(await present(await statement(), JWT, reading({ to: '2026-12-01' }), other)).toMatchObject(consentRequired);
  });

  test('TX-01: an issuer that is trusted for identities only is no source of grants, and a client that is no agent gets nothing', async () => {
    expect(await present(await statement(), JWT, reading(), resourceServer)).toMatchObject(invalidRequest);
  });
});

const annasId = async () =>
  (await database.first<{ id: string }>(`select id from people where email = 'person@acme.example'`))?.id;

describe('organizations are apart', () => {
  let globex: Api;
  let foreigner: TestClient;
  beforeAll(async () => {
    globex = await administrator(server, 'admin@globex.example');
    foreigner = await registerAgentAt(server, database, 'globex');
  });

  test('another organization’s issuer says nothing to an agent of this one, whoever it speaks of', async () => {
    const theirs = await startIdentityProvider();
    try {
      await globex('POST', '/trusted-issuers', {
        issuer: theirs.issuer,
        name: 'Globex sign-in',
        jwks: { keys: [publicPart(theirs.keys.ec)] },
        profiles: ['identity'],
      });
      await globex('POST', '/upstream-identities', {
        person: 'person@globex.example',
        issuer: theirs.issuer,
        subject: ANNA_THERE,
      });
      const token = await theirs.sign({ sub: ANNA_THERE, aud: server.issuer });
      expect(await present(token)).toMatchObject(invalidRequest);
      expect(await present(token, JWT, reading(), foreigner)).toMatchObject(consentRequired);
    } finally {
      await theirs.close();
    }
  });

  test('a subject that is linked in one organization is nobody in another, though both trust its issuer', async () => {
    await globex('POST', '/trusted-issuers', {
      issuer: idp.issuer,
      name: 'The same provider',
      jwks_uri: idp.jwksUri,
      profiles: ['identity'],
    });
    expect(await present(await statement(), JWT, reading(), foreigner)).toMatchObject(invalidRequest);
    // There it may be somebody else, and stays so.
    await globex('POST', '/upstream-identities', {
      person: 'person@globex.example',
      issuer: idp.issuer,
      subject: ANNA_THERE,
    });
    expect(await present(await statement(), JWT, reading(), foreigner)).toMatchObject(consentRequired);
    expect(await present(await statement())).toMatchObject({ status: 200 });
  });

  test('an issuer of several tenants has to name the one that it is trusted for', async () => {
    const shared = 'https://shared.example';
    await admin('POST', '/trusted-issuers', {
      issuer: shared,
      name: 'Shared',
      tenant: 'acme-inc',
      jwks: { keys: [publicPart(idp.keys.ec)] },
      profiles: ['identity'],
    });
    await admin('POST', '/upstream-identities', { person: 'person@acme.example', issuer: shared, subject: '1' });
    const of = (tenant?: string) => statement({ iss: shared, sub: '1', tenant });
    expect(await present(await of('acme-inc'))).toMatchObject({ status: 200 });
    expect(await present(await of('globex-inc'))).toMatchObject(invalidRequest);
    expect(await present(await of())).toMatchObject(invalidRequest);
  });

  test('an administrator sees and changes their own organization’s issuers and links alone', async () => {
    const { body } = await globex('GET', '/trusted-issuers');
    expect(body.trusted_issuers.every(({ organization }: Json) => organization === 'globex')).toBe(true);
    expect((await globex('GET', '/upstream-identities')).body.upstream_identities).not.toContainEqual(
      expect.objectContaining({ person: expect.objectContaining({ email: 'person@acme.example' }) }),
    );
    for (const path of ['/trusted-issuers', '/upstream-identities', '/agents-elsewhere']) {
      expect((await globex('GET', `${path}?organization=acme`)).status).toBe(403);
    }
    const mine = { organization: 'acme', issuer: idp.issuer, reason: 'theirs' };
    expect((await globex('DELETE', '/trusted-issuers', mine)).status).toBe(403);
    expect((await globex('DELETE', '/upstream-identities', { ...mine, subject: ANNA_THERE })).status).toBe(403);
    const person = await annasId();
    expect((await globex('POST', '/upstream-identities', { person, issuer: idp.issuer, subject: 'x' })).status).toBe(
      404,
    );
  });
});

describe('an issuer has limits', () => {
  const limited = async (name: string, more: Json): Promise<string> => {
    const issuer = `https://${name}.example`;
    const body = { issuer, name, jwks: { keys: [publicPart(idp.keys.ec)] }, profiles: ['identity'], ...more };
    const added = await admin('POST', '/trusted-issuers', body);
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    await admin('POST', '/upstream-identities', { person: 'person@acme.example', issuer, subject: '1' });
    return issuer;
  };

  test('its agents: any other gets nothing by it', async () => {
    const iss = await limited('agents', { agents: ['Assistant'] });
    const other = await registerAgent(server, { client_name: 'Not named' });
    expect(await present(await statement({ iss, sub: '1' }))).toMatchObject({ status: 200 });
    expect(await present(await statement({ iss, sub: '1' }), JWT, reading(), other)).toMatchObject(invalidRequest);
  });

  test('JB-05: its actions: what is beyond them is not even asked', async () => {
    const iss = await limited('actions', { actions: ['crm.contacts.export'] });
    expect(await present(await statement({ iss, sub: '1' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
    expect(await present(await statement({ iss, sub: '1' }), JWT, { scope: 'calendar.read' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('its algorithms, its age, and the claim that names its people', async () => {
    const iss = await limited('rules', { algorithms: ['ES256'], longest_seconds: 60, subject_claim: 'oid' });
    const now = Math.floor(Date.now() / 1000);
    expect(await present(await statement({ iss, oid: '1', sub: 'pairwise' }))).toMatchObject({ status: 200 });
    expect(await present(await statement({ iss, sub: '1' }))).toMatchObject(invalidRequest);
    expect(await present(await statement({ iss, oid: '1', iat: now - 70 }))).toMatchObject(invalidRequest);
    expect(await present(await statement({ iss, oid: '1' }, {}, idp.keys.rsa))).toMatchObject(invalidRequest);
  });
});

test('JB-05: what the organization’s policy allows needs no question; the token says how the issuer saw the person sign in', async () => {
  const issuer = 'https://policy.example';
  const body = { issuer, name: 'Policy', jwks: { keys: [publicPart(idp.keys.ec)] }, profiles: ['identity'] };
  await admin('POST', '/trusted-issuers', { ...body, acr: { mfa: 'phr' } });
  await admin('POST', '/upstream-identities', { person: 'owner@acme.example', issuer, subject: 'olga' });
  const assistant = await registerAgent(server, { client_name: 'By policy' });
  const at = Math.floor(Date.now() / 1000) - 500;
  const olga = (claims: Json) => statement({ iss: issuer, sub: 'olga', auth_time: at, ...claims });
  const asks = (token: string) => present(token, JWT, reading(), assistant);
  expect(await asks(await olga({}))).toMatchObject(consentRequired);
  await addRule(
    database,
    acme,
    { name: 'Reading', when: { agents: [assistant.registration.agent_id], actions: [READ] }, verdict: 'allow' },
    'pol_1',
  );
  const token = accessTokenIn(await asks(await olga({ acr: 'mfa' })));
  expect(claimsOf(token)).toMatchObject({ acr: 'phr', auth_time: at, aud: CALENDAR });
  await admin('DELETE', '/trusted-issuers', { issuer, reason: 'over' });
  expect(await introspect(resourceServer, token)).toEqual({ active: false });
});

describe('an end is an end', () => {
  const setUp = async (name: string) => {
    const issuer = `https://${name}.example`;
    const add = () =>
      admin('POST', '/trusted-issuers', {
        issuer,
        name,
        jwks: { keys: [publicPart(idp.keys.ec)] },
        profiles: ['identity'],
      });
    const link = (subject: string, person = 'person@acme.example') =>
      admin('POST', '/upstream-identities', { person, issuer, subject });
    await add();
    await link('1');
    const token = async (sub = '1') => present(await statement({ iss: issuer, sub }));
    return { issuer, add, link, token };
  };

  test('an issuer that is removed: nothing that it said counts, and what came of it has ended, also after it is added again', async () => {
    const { issuer, add, token } = await setUp('removed');
    const early = await statement({ iss: issuer, sub: '1' });
    const got = accessTokenIn(await present(early));
    expect(await introspect(resourceServer, got)).toMatchObject({ active: true });
    const others = accessTokenIn(await present(await statement()));
    const removed = await admin('DELETE', '/trusted-issuers', { issuer, reason: 'its key leaked' });
    expect(removed).toMatchObject({ status: 200, body: { removed: true, tokens: [{ resource: CALENDAR, count: 1 }] } });
    expect(await introspect(resourceServer, got)).toEqual({ active: false });
    expect(await introspect(resourceServer, others)).toMatchObject({ active: true });
    expect(await token()).toMatchObject(invalidRequest);

    await new Promise((resolve) => setTimeout(resolve, 1100));
    await add();
    expect(await present(early)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await token()).toMatchObject({ status: 200 });
    expect(await introspect(resourceServer, got)).toEqual({ active: false });
  });

  test('a link that is taken back: that subject is nobody, and what came of it has ended; others of the issuer go on', async () => {
    const { issuer, link, token } = await setUp('unlinked');
    await link('2');
    const [one, two] = [accessTokenIn(await token('1')), accessTokenIn(await token('2'))];
    const body = { issuer, subject: '1', reason: 'left the company' };
    expect(await admin('DELETE', '/upstream-identities', body)).toMatchObject({ status: 200 });
    expect(await introspect(resourceServer, one)).toEqual({ active: false });
    expect(await introspect(resourceServer, two)).toMatchObject({ active: true });
    expect(await token('1')).toMatchObject(invalidRequest);
    expect(await admin('DELETE', '/upstream-identities', body)).toMatchObject({ status: 404 });
  });

  test('a link is no way to sign in: whoever has nothing else can still be enrolled', async () => {
    const { link } = await setUp('enrolling');
    await admin('POST', '/people', { email: 'new@acme.example', name: 'New Here' });
    expect(await link('n', 'new@acme.example')).toMatchObject({ status: 201 });
    expect(await admin('POST', '/people/new@acme.example/enrolment', {})).toMatchObject({ status: 201 });
    const { people } = (await admin('GET', '/people')).body;
    expect(people).toContainEqual(expect.objectContaining({ email: 'new@acme.example', enrolled: false }));
  });

  test('one subject is one person: a second link is refused', async () => {
    const { link } = await setUp('taken');
    expect(await link('1', 'approver@acme.example')).toMatchObject({ status: 409 });
  });

  test('a person who is not active is nobody', async () => {
    const { link, token } = await setUp('inactive');
    await link('3', 'approver@acme.example');
    await database.run(`update people set status = 'disabled' where email = 'approver@acme.example'`);
    expect(await token('3')).toMatchObject(invalidRequest);
    await database.run(`update people set status = 'active' where email = 'approver@acme.example'`);
  });
});

describe('keys come by one way', () => {
  test('a key that is new is found; one that nobody has is looked for once in a while, not by every request', async () => {
    let clock = 0;
    const keys = issuerKeys(egressFetch([idp.host]), () => clock);
    const { shelf } = idp;
    shelf.keys = [idp.keys.ec];
    const kids = async (missing?: 'missing') =>
      (await keys.remote(shelf.uri, missing)).map((jwk) => (jwk as { kid?: string }).kid);
    const before = shelf.asked;
    expect(await Promise.all([kids(), kids(), kids()])).toEqual([['ec-1'], ['ec-1'], ['ec-1']]);
    expect(shelf.asked).toBe(before + 1);

    shelf.keys = [await newJwk('ES256', 'ec-2')];
    clock += 29_000;
    expect(await kids('missing')).toEqual(['ec-1']);
    clock += 2000;
    expect(await kids('missing')).toEqual(['ec-2']);
    expect(await kids('missing')).toEqual(['ec-2']);
    expect(shelf.asked).toBe(before + 2);

    // Away for a while: what is known is used for an hour, and no longer.
    shelf.down = true;
    clock += 700_000;
    expect(await kids()).toEqual(['ec-2']);
    clock += 3_600_000;
    await expect(kids()).rejects.toThrow('503');
    shelf.down = false;
    await expect(kids()).rejects.toThrow('503'); // it was asked a moment ago
    clock += 6000;
    expect(await kids()).toEqual(['ec-2']);
  });

  test('an issuer whose keys cannot be had is a refusal that says so', async () => {
    idp.shelf.down = true;
    const issuer = 'https://away.example';
    await database.run(
      `insert into trusted_issuers (organization, issuer, name, jwks_uri, algorithms, profiles, made_by)
       values ($1, $2, 'Away', $3, '{ES256}', '{identity}', 'test')`,
      [acme, issuer, idp.shelf.uri],
    );
    const events = await eventsOf(database, async () => {
      expect(await present(await statement({ iss: issuer }))).toMatchObject({
        ...invalidRequest,
        body: { error_description: 'the keys of its issuer cannot be had now: try again later' },
      });
    });
    expect(events).toMatchObject([{ reason: 'issuer_unreachable' }]);
    idp.shelf.down = false;
  });

  test.each(['https://10.0.0.1/jwks', 'https://[::1]/jwks', 'http://localhost:1/jwks', 'https://localhost:1/jwks'])(
    'SSRF: %s is never fetched, whoever wrote it down',
    async (uri) => {
      const issuer = `https://inside-${randomUUID()}.example`;
      const body = { issuer, name: 'Inside', profiles: ['identity'], jwks_uri: uri };
      expect(await admin('POST', '/trusted-issuers', body)).toMatchObject({
        status: 422,
        body: { reason: 'keys', detail: expect.stringContaining('cannot be read') },
      });
      await database.run(
        `insert into trusted_issuers (organization, issuer, name, jwks_uri, algorithms, profiles, made_by)
         values ($1, $2, 'Inside', $3, '{ES256}', '{identity}', 'test')`,
        [acme, issuer, uri],
      );
      expect(await present(await statement({ iss: issuer }))).toMatchObject(invalidRequest);
    },
  );

  test.each<[string, Json]>([
    ['this server as another issuer', { issuer: 'OWN' }],
    ['this server with a slash', { issuer: 'OWN/' }],
    ['plain HTTP', { issuer: 'http://login.example' }],
    ['a query', { issuer: 'https://login.example?x=1' }],
    ['a private key', { jwks: { keys: ['PRIVATE'] } }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
    ['no key for its algorithms', { algorithms: ['PS256'] }],
    ['an unknown action', { actions: ['moon.landing.fake'] }],
  ])('%s is not trusted', async (_, more) => {
    const fill = (value: Json): Json => JSON.parse(JSON.stringify(value).replaceAll('OWN', server.issuer));
    const body = {
      issuer: 'https://login.example',
      name: 'Login',
      profiles: ['identity'],
      jwks: { keys: [publicPart(idp.keys.ec)] },
      ...fill(more),
    };
    if (body.jwks.keys[0] === 'PRIVATE') body.jwks.keys = [idp.keys.ec];
    expect(await admin('POST', '/trusted-issuers', body)).toMatchObject({ status: 422 });
  });

  test.each<[string, Json]>([
    ['a symmetric algorithm', { algorithms: ['HS256'] }],
    ['alg none', { algorithms: ['none'] }],
    ['keys in two ways', { jwks_uri: 'https://login.example/jwks' }],
    ['no keys', { jwks: undefined }],
    ['an unknown use', { profiles: ['everything'] }],
    ['a text that hides something', { name: 'Login\u202e' }],
  ])('%s is malformed', async (_, more) => {
    const body = {
      issuer: 'https://login.example',
      name: 'Login',
      profiles: ['identity'],
      jwks: { keys: [publicPart(idp.keys.ec)] },
      ...more,
    };
    expect(await admin('POST', '/trusted-issuers', body)).toMatchObject({ status: 400 });
  });

  test('the operator names the organization; the deployment itself, which has no people, trusts nobody', async () => {
    const op = await operator(server);
    const body = {
      issuer: 'https://x.example',
      name: 'X',
      profiles: ['identity'],
      jwks: { keys: [publicPart(idp.keys.ec)] },
    };
    expect(await op('POST', '/trusted-issuers', body)).toMatchObject({ status: 400 });
    expect(await op('POST', '/trusted-issuers', { ...body, organization: 'deployment' })).toMatchObject({
      status: 422,
    });
    expect(await op('POST', '/trusted-issuers', { ...body, organization: 'acme' })).toMatchObject({ status: 201 });
    expect(await op('POST', '/trusted-issuers', { ...body, organization: 'acme' })).toMatchObject({ status: 409 });
  });
});
