import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { allowInsecureRequests, discovery, None } from 'openid-client';

import {
  ACCESS_TOKEN,
  CALENDAR,
  CIBA,
  claimsOf,
  EXCHANGE,
  inviteDetails,
  type Json,
  pkce,
  READ,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ASSERTION_TYPE,
  ask,
  assertionClaims,
  codeFor,
  metadataWith,
  now,
  postForm,
  registerWith,
  responseIn,
  signerFor,
  tokenFromBehind,
} from './support.ts';

let server: TestServer;
let person: TestPerson;
let agent: TestClient;
let metadata: Json;
beforeAll(async () => {
  server = await startServer();
  person = await signIn(server);
  agent = await registerAgent(server);
  metadata = await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json();
});
afterAll(() => server?.close());

describe('where it is found', () => {
  // The issuer has no path, so the inserted and the appended form of a URL are the same one (RFC 8414 §3.1, §5).
  test.each([
    ['MD-01', 'RFC 8414, inserted', 'oauth-authorization-server'],
    ['MD-02', 'OpenID Connect, inserted', 'openid-configuration'],
    ['MD-02', 'OpenID Connect, appended', 'openid-configuration'],
  ])('%s MCP-02: %s answers with this issuer to the byte', async (_id, _name, name) => {
    const response = await fetch(`${server.issuer}/.well-known/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const body = (await response.json()) as Json;
    expect(body.issuer).toBe(server.issuer);
    expect(body).toEqual(metadata);
  });

  test.each(['oauth2', 'oidc'] as const)('MD-01 F2-01: a client that discovers by %s accepts it', async (algorithm) => {
    const configuration = await discovery(new URL(server.issuer), agent.clientId, undefined, None(), {
      algorithm,
      execute: [allowInsecureRequests],
    });
    expect(configuration.serverMetadata().issuer).toBe(server.issuer);
    expect(configuration.serverMetadata().supportsPKCE()).toBe(true);
  });
});

describe('what it says', () => {
  const URN = 'urn:ietf:params:oauth:grant-type:token-exchange';
  test.each([
    ['MD-03 OC-08', { response_types_supported: ['code'], subject_types_supported: ['public'] }],
    ['MD-04', { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }],
    ['MD-04 F2-22', { token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'] }],
    [
      'MD-06 JB-01',
      {
        grant_types_supported: [
          'authorization_code',
          'refresh_token',
          'client_credentials',
          CIBA,
          URN,
          'urn:ietf:params:oauth:grant-type:jwt-bearer',
        ],
      },
    ],
    ['EMA-01', { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] }],
    ['CH-06', { identity_chaining_requested_token_types_supported: ['urn:ietf:params:oauth:token-type:id-jag'] }],
    ['MD-06 MCP-11', { scopes_supported: expect.arrayContaining(['openid', 'offline_access', 'calendar.read']) }],
    ['MD-06', { response_modes_supported: ['form_post', 'fragment', 'query'] }],
    ['MD-06', { introspection_endpoint_auth_methods_supported: ['private_key_jwt'] }],
    ['MD-06', { revocation_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }],
    ['BCP-03 MCP-03 F2-14', { code_challenge_methods_supported: ['S256'] }],
    ['ISS-03 MCP-04', { authorization_response_iss_parameter_supported: true }],
    ['DP-10', { dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519'] }],
    ['JAR-05', { request_parameter_supported: true, request_uri_parameter_supported: false }],
    ['JAR-02', { request_object_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'] }],
    ['CB-01', { backchannel_token_delivery_modes_supported: ['poll', 'ping'] }],
    ['CB-01', { backchannel_user_code_parameter_supported: true }],
    [
      'CB-21',
      { backchannel_authentication_request_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'] },
    ],
    ['SU-05', { acr_values_supported: ['pwd', 'phr'] }],
    ['OC-08', { id_token_signing_alg_values_supported: ['ES256'] }],
    ['MD-08', { claims_supported: ['sub', 'iss', 'acr', 'amr', 'auth_time'], claims_parameter_supported: false }],
  ])('%s: %j', (_id, expected) => {
    expect(metadata).toMatchObject(expected);
  });

  test('RAR-50: every shared action is a type of authorization details', () => {
    expect(metadata.authorization_details_types_supported).toHaveLength(11);
    expect(metadata.authorization_details_types_supported).toContain(READ);
  });

  test('MD-05: no list is empty', () => {
    const lists = Object.entries(metadata).filter(([, value]) => Array.isArray(value));
    expect(lists.filter(([, value]) => (value as unknown[]).length === 0)).toEqual([]);
  });

  test('OC-07: the key set holds public ES256 keys, each with its own kid, and the one that signs', async () => {
    const response = await fetch(metadata.jwks_uri);
    const { keys } = (await response.json()) as Json;
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
      expect(Object.keys(key)).not.toContain('d');
    }
    expect(new Set(keys.map(({ kid }: Json) => kid)).size).toBe(keys.length);
    const token = await tokenInBrowser(agent, person, { scope: 'calendar.read', resource: CALENDAR });
    const { kid } = decodeProtectedHeader(token.body.access_token);
    expect(keys.map((key: Json) => key.kid)).toContain(kid);
  });
});

describe('MD-08: what is advertised answers', () => {
  const ENDPOINTS = {
    authorization_endpoint: ['GET', 400],
    token_endpoint: ['POST', 400],
    jwks_uri: ['GET', 200],
    registration_endpoint: ['POST', 401],
    pushed_authorization_request_endpoint: ['POST', 400],
    introspection_endpoint: ['POST', 400],
    revocation_endpoint: ['POST', 400],
    backchannel_authentication_endpoint: ['POST', 400],
    redemption_endpoint: ['POST', 401],
    outcome_endpoint: ['POST', 401],
  } as const;

  test('the metadata names these endpoints, all under the issuer, and no others', () => {
    const named = Object.keys(metadata).filter((name) => /_endpoint$|_uri$/.test(name));
    expect(named.toSorted()).toEqual(Object.keys(ENDPOINTS).toSorted());
    for (const name of named) expect(metadata[name]).toMatch(new RegExp(`^${server.issuer}/`));
  });

  test.each(Object.entries(ENDPOINTS))('%s: %j', async (name, [method, status]) => {
    const response = await fetch(metadata[name], { method });
    expect(response.status).toBe(status);
  });
});

describe('MD-08: what is not advertised is not there', () => {
  test.each([
    '/me',
    '/userinfo',
    '/session/end',
    '/session/end/confirm',
    '/session/end/success',
    '/device',
    '/device/auth',
    '/challenge',
    '/credential',
    '/nonce',
    '/.well-known/openid-credential-issuer',
    '/.well-known/openid-federation',
    '/.well-known/webfinger',
  ])('%s', async (path) => {
    const statuses = await Promise.all(
      ['GET', 'POST'].map(async (method) => (await fetch(`${server.issuer}${path}`, { method })).status),
    );
    expect(statuses).toEqual([404, 404]);
  });
});

describe('MD-08: every signature algorithm that is advertised works', () => {
  const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'];
  const clientWithKey = async (alg: string) => {
    const signer = await signerFor(alg);
    const jwks = { keys: [signer.publicJwk] };
    const { status, body } = await registerWith(server, await metadataWith({ jwks, dpop_bound_access_tokens: false }));
    expect([alg, status]).toEqual([alg, 201]);
    const credentials = async () => ({
      client_id: body.client_id as string,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await signer.sign(assertionClaims(server.issuer, body.client_id)),
    });
    const object = (claims: object) =>
      signer.sign({
        iss: body.client_id,
        aud: server.issuer,
        jti: String(Math.random()),
        iat: now(),
        nbf: now(),
        exp: now() + 60,
        ...claims,
      });
    return { clientId: body.client_id as string, credentials, object };
  };
  const request = () => ({
    response_type: 'code',
    redirect_uri: REDIRECT,
    resource: CALENDAR,
    authorization_details: [readDetails()],
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
  });

  test.each(ALGORITHMS)('PK-05: %s authenticates a client at every endpoint', async (alg) => {
    const { credentials } = await clientWithKey(alg);
    for (const [path, form, status, error] of [
      ['/token', { grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant'],
      ['/request', {}, 400, 'invalid_request'],
      ['/backchannel', {}, 400, 'invalid_request'],
      ['/token/introspection', { token: 'x' }, 200, undefined],
      ['/token/revocation', { token: 'x' }, 200, undefined],
    ] as const) {
      const answer = await postForm(server, path, { ...form, ...(await credentials()) });
      expect([path, answer.status, answer.body.error]).toEqual([path, status, error]);
    }
  });

  test.each(ALGORITHMS)('JAR-02: %s signs a request, pushed and by value', async (alg) => {
    const { clientId, credentials, object } = await clientWithKey(alg);
    const signed = await object({ client_id: clientId, ...request() });
    const pushed = await postForm(server, '/request', { ...(await credentials()), request: signed });
    expect(pushed).toMatchObject({ status: 201 });
    for (const parameter of [{ request: signed }, { request_uri: pushed.body.request_uri as string }]) {
      const page = await person.get(`/auth?${new URLSearchParams({ client_id: clientId, ...parameter })}`);
      expect([alg, page.status, page.html.includes('data-testid="approve"')]).toEqual([alg, 200, true]);
    }
  });

  test.each(ALGORITHMS)('CB-21: %s signs a backchannel request', async (alg) => {
    const { clientId, credentials, object } = await clientWithKey(alg);
    const asked = await postForm(server, '/backchannel', {
      ...(await credentials()),
      request: await object({
        client_id: clientId,
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: [inviteDetails({ title: `By ${alg}` })],
        resource: CALENDAR,
      }),
    });
    expect(asked).toMatchObject({ status: 200, body: { auth_req_id: expect.any(String) } });
  });

  test.each(['ES256', 'EdDSA', 'Ed25519'])('DP-10: %s binds a token', async (alg) => {
    const client = await registerAgent(server);
    const key = await signerFor(alg);
    const { crv, kty, x, y } = key.publicJwk;
    const proof = await key.sign(
      { htm: 'POST', htu: `${server.issuer}/token`, iat: now(), jti: `${alg}-1` },
      { typ: 'dpop+jwt', kid: undefined, jwk: { crv, kty, x, ...(y && { y }) } },
    );
    const answer = await client.token(await codeFor(client, person, { scope: 'calendar.read', resource: CALENDAR }), {
      dpop: proof,
    });
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(claimsOf(answer.body.access_token).cnf).toEqual({ jkt: key.jkt });
  });
});

describe('MD-08: every grant type that is advertised gives a token', () => {
  test('authorization_code and refresh_token', async () => {
    const first = await tokenInBrowser(agent, person, { scope: 'calendar.read', resource: CALENDAR });
    expect(first).toMatchObject({ status: 200, body: { refresh_token: expect.any(String) } });
    const second = await agent.token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect(second).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  });

  test('urn:openid:params:grant-type:ciba', async () => {
    expect(await tokenFromBehind(server, agent, person)).toMatchObject({
      status: 200,
      body: { access_token: expect.any(String) },
    });
  });

  test('urn:ietf:params:oauth:grant-type:token-exchange', async () => {
    const root = await tokenInBrowser(agent, person, { scope: 'calendar.read' });
    const leaf = await agent.token({
      grant_type: EXCHANGE,
      subject_token: root.body.access_token,
      subject_token_type: ACCESS_TOKEN,
      resource: CALENDAR,
    });
    expect(leaf).toMatchObject({ status: 200, body: { issued_token_type: ACCESS_TOKEN } });
  });

  test('client_credentials', async () => {
    const database = databaseOf(server);
    const own = await registerAgent(server, { grant_types: ['client_credentials'] });
    await database.run('update agents set own_actions = $2 where id = $1', [own.registration.agent_id, [READ]]);
    await database.close();
    const answer = await own.token({ grant_type: 'client_credentials', scope: 'calendar.read' });
    expect(answer).toMatchObject({ status: 200, body: { scope: 'calendar.read' } });
  });
});

describe('MD-08: every response mode that is advertised works, for success and error', () => {
  test.each([
    ['query', 'query'],
    ['fragment', 'fragment'],
    ['form_post', 'form_post'],
  ])('ISS-01 ISS-02 OA-12: %s', async (_name, response_mode) => {
    const client = await registerAgent(server);
    const form = { scope: 'calendar.read', resource: CALENDAR, state: 'a state & more', response_mode };
    const { challenge } = pkce();
    const authorize = async (more: Record<string, string>) =>
      person.get(
        `/auth?${new URLSearchParams({
          client_id: client.clientId,
          response_type: 'code',
          redirect_uri: REDIRECT,
          code_challenge: challenge,
          code_challenge_method: 'S256',
          ...form,
          ...more,
        })}`,
      );
    const failed = responseIn(await authorize({ scope: 'nothing.like.this' }));
    expect(failed.to).toBe(REDIRECT);
    expect(failed.parameters).toMatchObject({ error: 'invalid_scope', state: form.state, iss: server.issuer });

    const page = await authorize({});
    const result = await person.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
    const next =
      /http-equiv="refresh" content="0;\s*url=([^"]*)"/i.exec(result.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const succeeded = responseIn(await person.get(next));
    expect(succeeded.to).toBe(REDIRECT);
    expect(succeeded.parameters).toEqual({ code: expect.any(String), state: form.state, iss: server.issuer });
  });
});

test('MD-08 AT-03 OC-03: the acr that is advertised is the one in the tokens, as asked or not', async () => {
  const answer = await tokenInBrowser(agent, person, {
    scope: 'openid calendar.read',
    resource: CALENDAR,
    acr_values: 'pwd',
  });
  expect(answer).toMatchObject({ status: 200 });
  expect(claimsOf(answer.body.access_token)).toMatchObject({ acr: 'pwd', amr: ['pwd'], auth_time: expect.any(Number) });
  const id = claimsOf(answer.body.id_token);
  expect(id).toMatchObject({
    acr: 'pwd',
    iss: server.issuer,
    aud: agent.clientId,
    sub: expect.stringMatching(/^usr_/),
  });
  for (const claim of metadata.claims_supported) expect(Object.keys(id)).toContain(claim);
});

test('MD-08 RAR-50: every type that is advertised can be registered and is understood', async () => {
  const types: string[] = metadata.authorization_details_types_supported;
  const client = await registerAgent(server, { authorization_details_types: types });
  expect(client.registration.authorization_details_types.toSorted()).toEqual(types.toSorted());
  for (const type of types.filter((name) => name !== READ)) {
    const answer = await ask(client, { authorization_details: detailsParameter({ type }), resource: undefined });
    // Understood: it says what the type misses, not that the type is unknown.
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_authorization_details']);
    expect(answer.body.error_description).toMatch(new RegExp(`^${type.replaceAll('.', '\\.')}: misses`));
  }
});
