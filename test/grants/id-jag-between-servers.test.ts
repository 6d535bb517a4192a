import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator, operator } from '../support/admin.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  CALENDAR,
  claimsOf,
  clientWith,
  EXCHANGE,
  type Json,
  type PostOptions,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { accessTokenIn, databaseOf, eventsOf, exchange, introspect, rootToken, stop } from '../support/delegation.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const ROOMS = 'https://rooms.acme.example';
const BOOK = 'rooms.booking.create';
const HOUR = { decision: 'approve', duration: 'PT1H', read: '1', action_0: 'allow', action_1: 'allow' };
const invalidTarget = { status: 400, body: { error: 'invalid_target' } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

/** Where Anna works and approves; and the partner's server, whose tokens the rooms take. */
let near: TestServer;
let far: TestServer;
let database: Database;
let admin: Api;
let anna: TestPerson;
let annaThere: TestPerson;
let agent: TestClient;
let agentThere: TestClient;
let ids: { near: string; far: string };
/** A root token of Anna's: an hour of booking one room, and a week of her calendar. */
let root: string;

beforeAll(async () => {
  near = await startServer();
  far = await startServer({ COUNTERSIGN_EGRESS_ALLOW: new URL(near.issuer).host });
  database = databaseOf(near);
  const there = databaseOf(far);
  const yaml = readFileSync(join(import.meta.dirname, '../../examples/rooms.yaml'), 'utf8');
  const withServer = yaml.replace(/^( *)owner:/m, `$1authorization_server: ${far.issuer}\n$1owner:`);
  expect(await (await operator(near))('POST', '/catalogue', withServer)).toMatchObject({ status: 200 });
  expect(await (await operator(far))('POST', '/catalogue', yaml)).toMatchObject({ status: 200 });

  [anna, annaThere, admin] = await Promise.all([signIn(near), signIn(far), administrator(near, 'admin@acme.example')]);
  const idIn = async (place: Database) =>
    (await place.first<{ id: string }>(`select id from people where email = 'person@acme.example'`))?.id ?? '';
  ids = { near: await idIn(database), far: await idIn(there) };
  const organization = (await database.first<{ id: string }>(`select id from organizations where slug = 'acme'`))?.id;
  await there.close();

  agent = await registerAgent(near, {
    client_name: 'Assistant',
    authorization_details_types: [READ, BOOK],
    dpop_bound_access_tokens: false,
  });
  // One agent, one key, a name at each server.
  const { d: _, ...publicJwk } = agent.jwk;
  const { clientId, registration } = await registerAgent(far, {
    client_name: 'Acme Assistant',
    grant_types: [JWT_BEARER],
    authorization_details_types: [BOOK],
    dpop_bound_access_tokens: false,
    jwks: { keys: [publicJwk] },
  });
  agentThere = await clientWith(far, clientId, agent.jwk, registration);

  const adminThere = await administrator(far, 'admin@acme.example');
  const trusted = await adminThere('POST', '/trusted-issuers', {
    issuer: near.issuer,
    name: 'Acme’s Countersign',
    tenant: organization,
    jwks_uri: `${near.issuer}/jwks`,
    algorithms: ['ES256'],
    profiles: ['id-jag'],
  });
  if (trusted.status !== 201) throw new Error(JSON.stringify(trusted.body));
  const link = { person: 'person@acme.example', issuer: near.issuer, subject: ids.near };
  await adminThere('POST', '/upstream-identities', link);
  await known();
  root = await rootToken(agent, anna, booking(), readDetails());
}, 40_000);
afterAll(async () => {
  await database?.close();
  await Promise.all([near?.close(), far?.close()]);
});

const booking = (more: Json = {}) => ({
  type: BOOK,
  locations: [ROOMS],
  room: 'Blue Room',
  start: '2026-11-26T10:00:00Z',
  minutes: 60,
  ...more,
});
/** The agent's name at the partner's, as an administrator says it. */
const known = (more: Json = {}, by = agent) =>
  admin('PUT', '/agents-elsewhere', {
    agent: by.registration.agent_id,
    authorization_server: far.issuer,
    client_id: agentThere.clientId,
    ...more,
  });
const carry = (token: string, form: Json = {}, options?: PostOptions, by = agent): Promise<Answer> =>
  exchange(by, token, { requested_token_type: ID_JAG, audience: far.issuer, resource: ROOMS, ...form }, options);
const present = (assertion: string, form: Json = {}, options?: PostOptions): Promise<Answer> =>
  agentThere.token({ grant_type: JWT_BEARER, assertion, ...form }, options);
const approveThere = async ({ body }: Answer) =>
  annaThere.submit(await annaThere.get(new URL(body.interaction_uri).pathname), HOUR);

describe('JAG-01 CH-01: what was approved here is carried to the server of the resource', () => {
  test('JAG-04 JAG-05 JAG-08 CH-02: an identity assertion, of the same part of the same task, with the same key', async () => {
    const events = await eventsOf(database, async () => {
      const answer = await carry(root);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          issued_token_type: ID_JAG,
          token_type: 'N_A',
          expires_in: expect.any(Number),
          authorization_details: [booking()],
        },
      });
      expect(answer.body).not.toHaveProperty('refresh_token');
      expect(answer.body.expires_in).toBeLessThanOrEqual(300);
      expect(decodeProtectedHeader(answer.body.access_token)).toMatchObject({ alg: 'ES256', typ: 'oauth-id-jag+jwt' });
      const claims = claimsOf(answer.body.access_token);
      expect(claims).toMatchObject({
        iss: near.issuer,
        sub: ids.near,
        aud: far.issuer,
        client_id: agentThere.clientId,
        tenant: expect.stringMatching(/^org_/),
        resource: ROOMS,
        authorization_details: [booking()],
        act: { iss: near.issuer, sub: agent.registration.agent_id },
        cnf: { jkt: agent.jkt },
        acr: 'pwd',
        auth_time: expect.any(Number),
        jti: expect.any(String),
      });
      expect(claims.exp - claims.iat).toBeLessThanOrEqual(300);
      // Not what was never configured, nor the terms of this server.
      for (const name of ['email', 'aud_sub', 'aud_tenant', 'task_id', 'scope'])
        expect(claims).not.toHaveProperty(name);
      expect(claims.authorization_details[0]).not.toHaveProperty('impact');
    });
    expect(events).toMatchObject([{ type: 'token.issued', person: ids.near, resource: ROOMS }]);
    expect(JSON.stringify(events[0]?.fields)).toContain(far.issuer);
    const rows = await database.rows(`select kind from issued_tokens where jti = $1`, [events[0]?.jti]);
    expect(rows).toEqual([{ kind: 'assertion' }]);
  });

  test('CH-03 JAG-20: over there it is a grant, for the same person, once she approved there as well', async () => {
    const asked = await present(accessTokenIn(await carry(root)));
    expect(asked).toMatchObject({
      status: 400,
      body: { error: 'consent_required', authorization_details: [booking()] },
    });
    await approveThere(asked);
    const assertion = accessTokenIn(await carry(root));
    const answer = await present(assertion);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', authorization_details: [booking()] } });
    expect(claimsOf(accessTokenIn(answer))).toMatchObject({
      iss: far.issuer,
      sub: ids.far,
      aud: ROOMS,
      client_id: agentThere.clientId,
      act: { iss: far.issuer, sub: agentThere.registration.agent_id },
      cnf: { jkt: agent.jkt },
    });
    expect(await present(assertion)).toMatchObject(invalidGrant);
  });

  test('JAG-03: a part of it is carried as that part, and wider than approved is refused', async () => {
    const half = booking({ minutes: 30 });
    const answer = await carry(root, { authorization_details: detailsParameter(half) });
    expect(claimsOf(accessTokenIn(answer)).authorization_details).toEqual([half]);
    const longer = detailsParameter(booking({ minutes: 90 }));
    expect(await carry(root, { authorization_details: longer })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
  });

  test('JAG-01: without a resource, what is asked or held leads to it', async () => {
    const held = await carry(root, { resource: undefined });
    expect(claimsOf(accessTokenIn(held)).resource).toBe(ROOMS);
    const asked = await carry(root, { resource: undefined, authorization_details: detailsParameter(booking()) });
    expect(claimsOf(accessTokenIn(asked)).resource).toBe(ROOMS);
  });

  test('JAG-05 CH-05: of the person it tells what the administrator chose, and no more', async () => {
    const link = { person: 'person@acme.example', issuer: far.issuer, subject: ids.far };
    await admin('POST', '/upstream-identities', link);
    await known({ tells: ['email', 'aud_sub'] });
    const claims = claimsOf(accessTokenIn(await carry(root)));
    expect(claims).toMatchObject({ email: 'person@acme.example', aud_sub: ids.far });
    expect(await present(accessTokenIn(await carry(root)))).toMatchObject({ status: 200 });
    await known();
  });

  test('JAG-01 JAG-02: an ID token of this server, for this agent, leads to it as well', async () => {
    const form = { scope: 'openid', authorization_details: detailsParameter(booking({ minutes: 45 })) };
    const { body } = await tokenInBrowser(agent, anna, form, HOUR);
    const details = { authorization_details: detailsParameter(booking({ minutes: 45 })) };
    const answer = await carry(body.id_token, { subject_token_type: ID_TOKEN, ...details });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'N_A', issued_token_type: ID_JAG } });
    const other = await registerAgent(near, { authorization_details_types: [BOOK] });
    await known({}, other);
    expect(await carry(body.id_token, { subject_token_type: ID_TOKEN, ...details }, {}, other)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test('JAG-08 JAG-26: a bound token needs its proof, and what is carried is worth nothing with another key', async () => {
    expect(await carry(root, {}, { dpop: false })).toMatchObject(invalidGrant);
    const assertion = accessTokenIn(await carry(root));
    expect(await present(assertion, {}, { dpop: false })).toMatchObject(invalidGrant);
    const key = await registerAgent(far);
    expect(await present(assertion, {}, { key: key.jwk })).toMatchObject(invalidGrant);
    expect(await present(assertion)).toMatchObject({ status: 200 });
  });
});

describe('a resource of another server', () => {
  test('gets no access token here: not by exchange, nor by code, which is still good for the root', async () => {
    expect(await exchange(agent, root, { resource: ROOMS })).toMatchObject({
      ...invalidTarget,
      body: { error_description: expect.stringContaining(far.issuer) },
    });
    const narrower = booking({ start: '2026-11-27T10:00:00Z' });
    const form = { authorization_details: detailsParameter(narrower), resource: ROOMS };
    const { parameters, verifier } = await decideInBrowser(agent, anna, form, HOUR);
    const code = { grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier };
    expect(await agent.token({ ...code, resource: ROOMS })).toMatchObject(invalidTarget);
    const answer = await agent.token(code);
    expect(claimsOf(accessTokenIn(answer)).aud).toBe(near.issuer);
    expect(await carry(accessTokenIn(answer))).toMatchObject({ status: 200 });
  });

  test.each<[string, Json, Json]>([
    ['JAG-01: no server', { audience: undefined }, { status: 400, body: { error: 'invalid_request' } }],
    ['two servers', { audience: ['https://one.example', 'https://two.example'] }, invalidTarget],
    ['JAG-07: a server where the agent has no name', { audience: 'https://as.example' }, invalidTarget],
    ['CH-01: this server', { audience: 'NEAR' }, invalidTarget],
    ['a resource of this server', { resource: CALENDAR }, invalidTarget],
    ['no resource of that server', { resource: 'https://unknown.example' }, invalidTarget],
    ['a hand-off', { requested_actor: 'agt_00000000000000000000000000000000' }, { status: 400 }],
  ])('%s: no assertion', async (_, form, refusal) => {
    const filled = JSON.parse(JSON.stringify({ ...form, missing: undefined }).replaceAll('NEAR', near.issuer));
    for (const [name, value] of Object.entries(form)) if (value === undefined) filled[name] = undefined;
    expect(await carry(root, filled)).toMatchObject(refusal);
  });

  test('JAG-07: no assertion for an agent that an administrator did not make known there, or no longer does', async () => {
    const other = await registerAgent(near, { authorization_details_types: [BOOK] });
    const token = await rootToken(other, anna, booking());
    expect(await carry(token, {}, {}, other)).toMatchObject(invalidTarget);
    await known({}, other);
    expect(await carry(token, {}, {}, other)).toMatchObject({ status: 200 });
    const body = { agent: other.registration.agent_id, authorization_server: far.issuer };
    expect(await admin('DELETE', '/agents-elsewhere', body)).toMatchObject({ status: 200 });
    expect(await carry(token, {}, {}, other)).toMatchObject(invalidTarget);
  });

  test('what would have to be redeemed here is not offered: over there nobody would ask', async () => {
    const asked = { authorization_details: detailsParameter(booking({ room: 'Red Room' })) };
    const once = decideInBrowser(agent, anna, asked, { decision: 'approve', duration: 'once', read: '1' });
    await expect(once).rejects.toThrow(/Choose one of the durations on this page. Nothing was allowed./);
    const within = { decision: 'approve', duration: 'PT10M', read: '1' };
    const carried = await tokenInBrowser(agent, anna, asked, within);
    expect(await carry(accessTokenIn(carried))).toMatchObject({ status: 200 });
  });

  test('the dry run says the same, and issues nothing', async () => {
    const before = await database.rows('select jti from issued_tokens');
    const explained = (form: Json) => carry(root, { explain: 'true', ...form });
    expect(await explained({})).toMatchObject({
      status: 200,
      body: { allowed: true, would_issue: { kind: 'assertion', aud: ROOMS } },
    });
    expect(await explained({ audience: 'https://as.example' })).toMatchObject({
      status: 200,
      body: { allowed: false, error: 'invalid_target' },
    });
    const access = { requested_token_type: undefined, audience: undefined };
    expect(await explained(access)).toMatchObject({ status: 200, body: { allowed: false, error: 'invalid_target' } });
    expect(await database.rows('select jti from issued_tokens')).toHaveLength(before.length);
  });

  test('a stop of the task is the end of its assertions', async () => {
    const token = await rootToken(agent, anna, booking({ room: 'Green Room' }));
    expect(await carry(token)).toMatchObject({ status: 200 });
    const { org_id, task_id } = claimsOf(token);
    await stop(database, org_id, 'task', task_id);
    expect(await carry(token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });
});

describe('JAG-06: an assertion is for that server alone', () => {
  test('here it is no access token, no subject token, no actor token and no grant', async () => {
    const assertion = accessTokenIn(await carry(root));
    expect(await introspect(agent, assertion)).toEqual({ active: false });
    for (const type of [ACCESS_TOKEN, ID_TOKEN, 'urn:ietf:params:oauth:token-type:jwt']) {
      expect(await exchange(agent, assertion, { resource: CALENDAR, subject_token_type: type })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
    const own = await registerAgent(near, { grant_types: [EXCHANGE, JWT_BEARER], authorization_details_types: [BOOK] });
    await admin('POST', '/upstream-identities', {
      person: 'person@acme.example',
      issuer: near.issuer,
      subject: ids.near,
    });
    const details = { authorization_details: detailsParameter(booking()) };
    expect(await own.token({ grant_type: JWT_BEARER, assertion, ...details })).toMatchObject(invalidGrant);
    expect(
      await exchange(agent, root, {
        resource: CALENDAR,
        actor_token: assertion,
        actor_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      }),
    ).toMatchObject({ status: 400 });
  });

  test('an access token of the near server is no assertion at the far one', async () => {
    const leaf = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
    for (const token of [root, leaf]) expect(await present(token)).toMatchObject(invalidGrant);
  });

  test('of another organization of the near server, which has the same issuer and the same keys, nothing counts there', async () => {
    const assertion = accessTokenIn(await carry(root));
    const { tenant } = claimsOf(assertion);
    const adminThere = await administrator(far, 'admin@globex.example');
    await adminThere('POST', '/trusted-issuers', {
      issuer: near.issuer,
      name: 'Near',
      tenant: `${tenant}0`,
      jwks_uri: `${near.issuer}/jwks`,
      profiles: ['id-jag'],
    });
    // What Acme trusts is for Acme’s tenant; the same assertion for another tenant would be somebody else.
    const there = databaseOf(far);
    await there.run(`update trusted_issuers set tenant = $1 where tenant = $2`, [`${tenant}1`, tenant]);
    expect(await present(assertion)).toMatchObject(invalidGrant);
    await there.run(`update trusted_issuers set tenant = $2 where tenant = $1`, [`${tenant}1`, tenant]);
    await there.close();
    expect(await present(assertion)).toMatchObject({ status: 200 });
  });
});
