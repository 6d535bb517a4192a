import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { workloadProblem } from '../../server/agents/workload.ts';
import { type Api, acceptOffers, administrator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  clientWith,
  EXCHANGE,
  type Json,
  newKey,
  READ,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, introspect, leafToken } from '../support/delegation.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ASSERTION_TYPE,
  manage,
  metadataWith,
  now,
  registerWith,
  replaceable,
  type Signer,
  signerFor,
} from './support.ts';

const CLUSTER = 'https://cluster.example';
const SUBJECT = 'system:serviceaccount:agents:planner';
const TRUST_DOMAIN = 'spiffe://prod.example';
const SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

let server: TestServer;
let database: Database;
let admin: Api;
let person: TestPerson;
let cluster: Signer;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
  person = await signIn(server);
  cluster = await signerFor('ES256');
  for (const [issuer, profiles] of [
    [CLUSTER, ['workload']],
    [TRUST_DOMAIN, ['workload']],
    ['https://login.example', ['identity']],
  ] as const) {
    const { status, body } = await admin('POST', '/trusted-issuers', {
      issuer,
      name: 'Platform',
      profiles,
      algorithms: ['ES256'],
      jwks: { keys: [cluster.publicJwk] },
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
  agent = await workload({ issuer: CLUSTER, subject: SUBJECT });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** Registers an agent that is this workload; `jwk` is the key of its proofs alone. */
async function workload(identity: Json, more: Json = {}): Promise<TestClient> {
  const { jwk } = await newKey();
  const metadata = await metadataWith({
    jwks: undefined,
    workload_identity: identity,
    grant_types: ['authorization_code', 'client_credentials', EXCHANGE],
    ...more,
  });
  const { status, body } = await registerWith(server, metadata);
  if (status !== 201) throw new Error(JSON.stringify(body));
  await admin('POST', `/agents/${body.agent_id}/own-actions`, { actions: [READ] });
  return clientWith(server, body.client_id, jwk, body);
}

const platformToken = (claims: JWTPayload & Json = {}, header: Json = {}, by: Signer = cluster): Promise<string> =>
  by.sign(
    { iss: CLUSTER, sub: SUBJECT, aud: [server.issuer], iat: now(), exp: now() + 600, ...claims },
    { typ: undefined, ...header },
  );

const own = async (
  token: string,
  more: Record<string, string | undefined> = {},
  by = agent,
  dpop?: string,
): Promise<Answer> =>
  by.token(
    {
      grant_type: 'client_credentials',
      scope: 'calendar.read',
      resource: CALENDAR,
      client_id: by.clientId,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: token,
      ...more,
    },
    dpop === undefined ? {} : { dpop },
  );

describe('a workload authenticates by what its platform says of it', () => {
  test('as often as its token lives, and its own tokens are bound to a key of its choice', async () => {
    const token = await platformToken();
    for (let times = 0; times < 2; times++) {
      const { status, body } = await own(token);
      expect([status, body.token_type]).toEqual([200, 'DPoP']);
      expect(claimsOf(body.access_token)).toMatchObject({ client_id: agent.clientId, cnf: { jkt: agent.jkt } });
    }
  });

  test('everywhere that clients authenticate', async () => {
    const bearing = async (path: string, form: Record<string, string>) =>
      agent.post(path, {
        client_id: agent.clientId,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await platformToken(),
        ...form,
      });
    const pushed = await bearing('/request', { response_type: 'code', scope: 'calendar.read' });
    expect(pushed.body.error).not.toBe('invalid_client');
    const { body } = await own(await platformToken());
    expect((await bearing('/token/introspection', { token: body.access_token })).body).toMatchObject({ active: true });
    expect((await bearing('/token/revocation', { token: body.access_token })).status).toBe(200);
    expect((await bearing('/token/introspection', { token: body.access_token })).body).toEqual({ active: false });
  });

  test('the key that vouches for it is ours: it stands in no answer and not in the database', async () => {
    expect(agent.registration).toMatchObject({ workload_identity: { issuer: CLUSTER, subject: SUBJECT } });
    expect(agent.registration.jwks).toBeUndefined();
    expect((await manage(agent.registration, 'GET')).body.jwks).toBeUndefined();
    const row = await database.first<Json>('select metadata from clients where client_id = $1', [agent.clientId]);
    expect(row.metadata.jwks).toBeUndefined();
  });

  test('SPIFFE: by a JWT-SVID of the trust domain, which names no issuer', async () => {
    const planner = await workload({ issuer: TRUST_DOMAIN, subject: `${TRUST_DOMAIN}/agents/planner` });
    const svid = (sub: string) =>
      platformToken({ iss: undefined as never, iat: undefined as never, sub, aud: server.issuer });
    const { status } = await own(
      await svid(`${TRUST_DOMAIN}/agents/planner`),
      { client_assertion_type: SPIFFE },
      planner,
    );
    expect(status).toBe(200);
    for (const sub of [
      `${TRUST_DOMAIN}/agents/other`,
      'spiffe://prod.example.evil/agents/planner',
      'spiffe://evil/agents/planner',
    ])
      expect((await own(await svid(sub), { client_assertion_type: SPIFFE }, planner)).status).toBe(401);
  });

  test('bound to a key where its token names one', async () => {
    const bound = await platformToken({ cnf: { jkt: agent.jkt } });
    expect((await own(bound)).status).toBe(200);
    const thief = await newKey();
    const url = `${server.issuer}/token`;
    expect((await own(bound, {}, agent, await agent.proof(url, { key: thief.jwk }))).status).toBe(401);
    expect((await own(await platformToken({ cnf: { 'x5t#S256': 'x' } }))).status).toBe(401);
  });

  test('claims beside the subject have to be so, too', async () => {
    const ci = await workload({
      issuer: CLUSTER,
      subject: SUBJECT,
      claims: { repository: 'acme/agents', ref: 'refs/heads/main' },
    });
    const run = async (claims: Json) => (await own(await platformToken(claims), {}, ci)).status;
    expect(await run({ repository: 'acme/agents', ref: 'refs/heads/main' })).toBe(200);
    expect(await run({ repository: 'acme/agents', ref: 'refs/pull/1/merge' })).toBe(401);
    expect(await run({ repository: 'acme/agents' })).toBe(401);
  });

  const refused: [string, () => Promise<string> | string][] = [
    ['of another workload', () => platformToken({ sub: 'system:serviceaccount:agents:other' })],
    ['of another issuer', () => platformToken({ iss: 'https://evil.example' })],
    ['of an issuer that is trusted for something else', () => platformToken({ iss: 'https://login.example' })],
    ['signed by another key', async () => platformToken({}, {}, await signerFor('ES256'))],
    ['with another alg', async () => platformToken({}, {}, await signerFor('EdDSA'))],
    ['for another server', () => platformToken({ aud: ['https://other.example'] })],
    ['for several', () => platformToken({ aud: [server.issuer, 'https://other.example'] })],
    ['for nobody', () => platformToken({ aud: undefined as never })],
    ['that has expired', () => platformToken({ exp: now() - 1 })],
    ['without an end', () => platformToken({ exp: undefined as never })],
    ['that is too old', () => platformToken({ iat: now() - 7200 })],
    ['of the future', () => platformToken({ iat: now() + 600 })],
    ['that is not valid yet', () => platformToken({ nbf: now() + 600 })],
    ['that is an access token', () => platformToken({}, { typ: 'at+jwt' })],
    ['that is no JWT', () => 'token'],
    ['with the client as subject, by the key of its proofs', async () => agent.assertion()],
  ];
  test.each(refused)('a token %s is refused', async (_, make) => {
    const { status, body } = await own(await make());
    expect([status === 400 || status === 401, body.access_token]).toEqual([true, undefined]);
  });

  test('a token of its platform is worth nothing to another client, and nothing without client_id', async () => {
    const other = await workload({ issuer: CLUSTER, subject: 'system:serviceaccount:agents:other' });
    expect((await own(await platformToken(), {}, other)).status).toBe(401);
    expect((await own(await platformToken(), { client_id: undefined })).status).toBe(401);
    const plain = await clientWith(
      server,
      (await registerWith(server, await metadataWith())).body.client_id,
      agent.jwk,
    );
    expect((await own(await platformToken(), {}, plain)).status).toBeGreaterThanOrEqual(400);
  });

  test('trusted by one organization, it is nobody in another', async () => {
    const globex = await administrator(server, 'admin@globex.example');
    const { body } = await globex('POST', '/initial-access-tokens', {
      owner: 'person@globex.example',
      deputy: 'admin@globex.example',
      status: 'active',
    });
    const metadata = await metadataWith({ jwks: undefined, workload_identity: { issuer: CLUSTER, subject: SUBJECT } });
    const registered = await registerWith(server, metadata, body.initial_access_token);
    const there = await clientWith(server, registered.body.client_id, agent.jwk);
    expect((await own(await platformToken(), {}, there)).status).toBe(401);
  });

  test('suspended, it is refused like any other', async () => {
    const doomed = await workload({ issuer: CLUSTER, subject: SUBJECT });
    expect((await own(await platformToken(), {}, doomed)).status).toBe(200);
    await admin('POST', `/agents/${doomed.registration.agent_id}/suspend`, { reason: 'x' });
    expect((await own(await platformToken(), {}, doomed)).status).toBe(401);
  });
});

describe('its registration', () => {
  test.each([
    [{ issuer: CLUSTER, subject: SUBJECT }, true],
    [{ issuer: CLUSTER, subject: SUBJECT, claims: { ref: 'refs/heads/main' } }, true],
    [{ issuer: CLUSTER, subject: 'system:*' }, false],
    [{ issuer: CLUSTER }, false],
    [{ subject: SUBJECT }, false],
    [{ issuer: 'cluster', subject: SUBJECT }, false],
    [{ issuer: CLUSTER, subject: SUBJECT, audience: 'x' }, false],
    [{ issuer: CLUSTER, subject: SUBJECT, claims: { ref: 5 } }, false],
    ['workload', false],
    [null, false],
  ])('%j is a workload: %s', (value, good) => expect(workloadProblem(value) === undefined).toBe(good));

  test('takes the place of keys, counts as one, and another workload waits for the owner', async () => {
    const { publicJwk } = await newKey();
    const both = await registerWith(
      server,
      await metadataWith({ jwks: { keys: [publicJwk] }, workload_identity: { issuer: CLUSTER, subject: SUBJECT } }),
    );
    expect([both.status, both.body.error]).toEqual([400, 'invalid_client_metadata']);

    const terms = await admin('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
    });
    const metadata = await metadataWith({ jwks: undefined, workload_identity: { issuer: CLUSTER, subject: SUBJECT } });
    const { body } = await registerWith(server, metadata, terms.body.initial_access_token);
    await acceptOffers(server, body);
    expect(await admin('POST', `/agents/${body.agent_id}/activate`, { reason: 'ready' })).toMatchObject({
      status: 200,
    });

    const changed = await manage(body, 'PUT', {
      ...replaceable(body),
      workload_identity: { issuer: CLUSTER, subject: 'system:serviceaccount:evil:planner' },
    });
    expect(changed.body).toMatchObject({
      workload_identity: { subject: SUBJECT },
      pending_change: { members: ['workload_identity'] },
    });
  });
});

test('a person approves for it in the browser as for any other, and its token is introspected', async () => {
  // The assertion of the support's client is by a key that nobody registered, so the workload's token goes with each post.
  const planner = await workload({ issuer: CLUSTER, subject: SUBJECT });
  const bearing: TestClient = {
    ...planner,
    post: async (path, form, options) =>
      planner.post(
        path,
        {
          client_id: planner.clientId,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await platformToken(),
          ...form,
        },
        options,
      ),
  };
  bearing.token = (form, options) => bearing.post('/token', form, options);
  const leaf = await leafToken(bearing, person, [
    { type: READ, locations: [CALENDAR], from: '2026-11-24', to: '2026-11-28' },
  ]);
  expect(await introspect(bearing, leaf)).toMatchObject({ active: true, client_id: planner.clientId });
});
