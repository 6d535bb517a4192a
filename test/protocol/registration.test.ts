import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { hashOf } from '../../server/oauth/ids.ts';
import {
  agentMetadata,
  CALENDAR,
  CIBA,
  claimsOf,
  clientWith,
  EXCHANGE,
  type Json,
  newKey,
  READ,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, eventsOf, introspect, organizationOf } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  codeFor,
  initialAccessToken,
  manage,
  metadataWith,
  now,
  registerWith,
  replaceable,
  setAgentStatus,
  signerFor,
} from './support.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const register = async (more: Json = {}, token?: string) => registerWith(server, await metadataWith(more), token);
const agentOf = (registration: Json) =>
  database.first<{
    name: string;
    purpose: string | null;
    mode: string;
    status: string;
    owner: string;
    deputy: string;
    organization: string;
  }>('select * from agents where id = $1', [registration.agent_id]);

describe('DCR-01: a registration', () => {
  test('is answered 201 with everything that was registered, defaults too, and no cache', async () => {
    const { publicJwk } = await newKey();
    const before = now();
    const { status, body, headers } = await registerWith(server, {
      client_name: 'Planner',
      agent_purpose: 'Plans meetings',
      redirect_uris: [REDIRECT],
      jwks: { keys: [publicJwk] },
    });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toMatchObject({
      client_id: expect.stringMatching(/^cli_[0-9a-f]{32}$/),
      client_name: 'Planner',
      agent_purpose: 'Plans meetings',
      agent_mode: 'attended',
      agent_id: expect.stringMatching(/^agt_[0-9a-f]{32}$/),
      agent_status: 'active',
      agent_owner: expect.stringMatching(/^usr_/),
      organization: await organizationOf(database, 'acme'),
      application_type: 'native',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: 'private_key_jwt',
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
      jwks: { keys: [publicJwk] },
      registration_client_uri: `${server.issuer}/reg/${body.client_id}`,
      registration_access_token: expect.stringMatching(/^[\w-]{43,}$/),
    });
    expect(body.client_id_issued_at).toBeGreaterThanOrEqual(before);
  });

  test('F2-05: there is no secret, in the answer or stored', async () => {
    const { body } = await register({ token_endpoint_auth_method: undefined });
    expect(Object.keys(body)).not.toContain('client_secret');
    expect(Object.keys(body)).not.toContain('client_secret_expires_at');
    const row = await database.first<{ metadata: Json }>('select metadata from clients where client_id = $1', [
      body.client_id,
    ]);
    expect(Object.keys(row?.metadata)).not.toContain('client_secret');
  });

  test('makes an agent of the owner and organization of the initial access token, and evidence of it', async () => {
    const events = await eventsOf(database, () => register({ client_name: 'Evident' }));
    expect(events).toEqual([expect.objectContaining({ type: 'agent.registered', decision: 'allowed' })]);
  });

  test('an agent that never uses a browser needs no redirect', async () => {
    const { status, body } = await register({ grant_types: [CIBA, EXCHANGE], redirect_uris: undefined });
    expect([status, body.response_types, body.redirect_uris, body.backchannel_token_delivery_mode]).toEqual([
      201,
      [],
      [],
      'poll',
    ]);
  });

  test('DCR-08: what a client may not choose, it does not get', async () => {
    const chosen = {
      client_id: 'cli_chosen',
      client_secret: 'chosen',
      client_secret_expires_at: 1,
      client_id_issued_at: 1,
      registration_access_token: 'chosen',
      registration_client_uri: 'https://evil.example',
      agent_id: 'agt_chosen',
      agent_status: 'retired',
      agent_owner: 'usr_chosen',
      organization: 'org_chosen',
      agent_expires_at: 4_000_000_000,
    };
    const { body } = await register(chosen);
    for (const [name, value] of Object.entries(chosen)) expect([name, body[name]]).not.toEqual([name, value]);
    expect(await agentOf(body)).toMatchObject({
      status: 'active',
      organization: await organizationOf(database, 'acme'),
    });
  });

  test('metadata that nobody knows is dropped, not stored', async () => {
    const { body } = await register({ is_admin: true, owner: 'me', $where: '1', 'client_name#de': 'Helfer' });
    const row = await database.first<{ metadata: Json }>('select metadata from clients where client_id = $1', [
      body.client_id,
    ]);
    for (const name of ['is_admin', 'owner', '$where', 'client_name#de']) {
      expect([name, name in body, name in (row?.metadata ?? {})]).toEqual([name, false, false]);
    }
  });
});

describe('DCR-02: refused metadata', () => {
  const INVALID: [string, () => Json | Promise<Json>][] = [
    ['DCR-03: jwks and jwks_uri', () => ({ jwks_uri: 'https://agent.example/jwks' })],
    ['no key at all', () => ({ jwks: undefined })],
    ['an empty key set', () => ({ jwks: { keys: [] } })],
    ['a private key', async () => ({ jwks: { keys: [(await newKey()).jwk] } })],
    ['a symmetric key', () => ({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } })],
    ['a key that can sign nothing we accept', async () => ({ jwks: { keys: [(await signerFor('ES384')).publicJwk] } })],
    [
      'an RSA key of 1024 bits',
      () => ({ jwks: { keys: [{ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xff).toString('base64url') }] } }),
    ],
    [
      'a key that can sign nothing, beside a good one',
      async () => ({ jwks: { keys: [(await newKey()).publicJwk, (await signerFor('ES384')).publicJwk] } }),
    ],
    ['a key set that is a text', () => ({ jwks: 'keys' })],
    ['a key that is null', () => ({ jwks: { keys: [null] } })],
    ['thirty keys', async () => ({ jwks: { keys: Array(30).fill((await newKey()).publicJwk) } })],
    ['jwks_uri over http', () => ({ jwks: undefined, jwks_uri: 'http://agent.example/jwks' })],
    ['jwks_uri that is no URL', () => ({ jwks: undefined, jwks_uri: 'keys' })],
    ['F2-05: client_secret_basic', () => ({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['F2-05: client_secret_post', () => ({ token_endpoint_auth_method: 'client_secret_post' })],
    ['F2-05: client_secret_jwt', () => ({ token_endpoint_auth_method: 'client_secret_jwt' })],
    ['an authentication method that nobody knows', () => ({ token_endpoint_auth_method: 'magic' })],
    ['OA-09: the password grant', () => ({ grant_types: ['password'] })],
    ['OA-09: the implicit grant', () => ({ grant_types: ['implicit'], response_types: ['token'] })],
    ['a grant that nobody knows', () => ({ grant_types: ['urn:example:grant'] })],
    ['grant types that are a text', () => ({ grant_types: 'authorization_code' })],
    ['DCR-03: a response type without its grant', () => ({ response_types: ['id_token'] })],
    ['OA-09: response type token', () => ({ response_types: ['token'] })],
    [
      'a public client that asks from behind',
      () => ({ token_endpoint_auth_method: 'none', jwks: undefined, grant_types: [CIBA] }),
    ],
    [
      'a public client by itself',
      () => ({ token_endpoint_auth_method: 'none', jwks: undefined, grant_types: ['client_credentials'] }),
    ],
    [
      'a public client that exchanges',
      () => ({ token_endpoint_auth_method: 'none', jwks: undefined, grant_types: [EXCHANGE] }),
    ],
    [
      'CB-02: push delivery',
      () => ({
        backchannel_token_delivery_mode: 'push',
        backchannel_client_notification_endpoint: 'https://a.example/cb',
      }),
    ],
    [
      'CB-02: ping delivery, which is not offered',
      () => ({
        backchannel_token_delivery_mode: 'ping',
        backchannel_client_notification_endpoint: 'https://a.example/cb',
      }),
    ],
    ['OC-06: pairwise subjects', () => ({ subject_type: 'pairwise' })],
    ['an ID token without a signature', () => ({ id_token_signed_response_alg: 'none' })],
    ['a request object without a signature', () => ({ request_object_signing_alg: 'none' })],
    ['a mode that nobody knows', () => ({ agent_mode: 'root' })],
    ['no name to show', () => ({ client_name: '' })],
    ['a name of 81 characters', () => ({ client_name: 'x'.repeat(81) })],
    ['a name that reads backwards', () => ({ client_name: 'Cal\u202eendar' })],
    ['a name that hides something', () => ({ client_name: 'Cal\u200bendar' })],
    ['a name of two alphabets', () => ({ client_name: 'Саlendar' })],
    ['a name with a seal', () => ({ client_name: 'Calendar ✅' })],
    ['a name that is struck out', () => ({ client_name: 'C\u0336alendar' })],
    ['a name whose spaces are not seen', () => ({ client_name: 'Meeting  Helper' })],
    ['a name that is no text', () => ({ client_name: 5 })],
    ['a purpose of 121 characters', () => ({ agent_purpose: 'x'.repeat(121) })],
    ['an empty purpose', () => ({ agent_purpose: '' })],
    ['a purpose over two lines', () => ({ agent_purpose: 'one\ntwo' })],
    ['RAR-50: a type that nobody knows', () => ({ authorization_details_types: ['no.such'] })],
    ['types that are a text', () => ({ authorization_details_types: READ })],
    ['a scope that nobody knows', () => ({ scope: 'no.such' })],
    ['dpop_bound_access_tokens that is a text', () => ({ dpop_bound_access_tokens: 'true' })],
    ['contacts that are no addresses', () => ({ contacts: ['nobody'] })],
    ['a logo that is no URL', () => ({ logo_uri: 'javascript:alert(1)' })],
    ['a NUL in a URL', () => ({ client_uri: 'https://agent.example/\u0000' })],
    ['a NUL in a kid', async () => ({ jwks: { keys: [{ ...(await newKey()).publicJwk, kid: 'a\u0000b' }] } })],
    [
      'half a character in a kid',
      async () => ({ jwks: { keys: [{ ...(await newKey()).publicJwk, kid: 'a\ud800b' }] } }),
    ],
    [
      'fifty levels in a key',
      async () => ({
        jwks: { keys: [{ ...(await newKey()).publicJwk, x5c: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) }] },
      }),
    ],
    ['a default age that is negative', () => ({ default_max_age: -1 })],
    ['a response mode that nobody knows', () => ({ response_modes: ['web_message'] })],
  ];
  test('a key that says it is for encryption does no harm, and its end none to that of the others', async () => {
    const ends = Math.floor(Date.now() / 1000) + 86_400;
    const keys = [
      { ...(await newKey()).publicJwk, exp: ends },
      { ...(await newKey()).publicJwk, alg: undefined, use: 'enc', kid: 'other' },
    ];
    const { status, body } = await register({ jwks: { keys } });
    expect(status).toBe(201);
    const row = await database.first<{ keys_end_at: Date }>('select keys_end_at from clients where client_id = $1', [
      body.client_id,
    ]);
    expect(row?.keys_end_at).toEqual(new Date(ends * 1000));
  });

  test.each(INVALID)('%s is invalid_client_metadata', async (_name, more) => {
    const { status, body } = await register(await more());
    expect([status, body.error, body.client_id]).toEqual([400, 'invalid_client_metadata', undefined]);
    expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  });

  const WEB = { application_type: 'web' };
  test.each([
    ['DCR-04 BCP-10: plain http', ['http://agent.example/callback'], {}],
    ['DCR-04: a fragment', ['https://agent.example/callback#x'], {}],
    ['DCR-04: an empty fragment', ['https://agent.example/callback#'], {}],
    ['DCR-04: a user', ['https://user:pass@agent.example/callback'], {}],
    ['DCR-04: a wildcard', ['https://*.agent.example/callback'], {}],
    ['DCR-04: a script', ['javascript:alert(1)'], {}],
    ['DCR-04: a data URI', ['data:text/html,x'], {}],
    ['DCR-04: a file', ['file:///etc/passwd'], {}],
    ['DCR-04: a scheme without a dot', ['myapp://callback'], {}],
    ['DCR-04: a private scheme for a web application', ['com.example.app:/callback'], WEB],
    ['DCR-04: loopback for a web application', [REDIRECT], WEB],
    ['OC-09: localhost for a web application', ['http://localhost/callback'], WEB],
    ['DCR-04: white space', [' https://agent.example/callback'], {}],
    ['DCR-04: a line break', ['https://agent.example/call\nback'], {}],
    ['DCR-04: a NUL', ['https://agent.example/\u0000'], {}],
    ['DCR-04: a backslash', ['https://agent.example\\@evil.example/'], {}],
    ['DCR-04: no URI', ['callback'], {}],
    ['DCR-04: no text', [5], {}],
    ['DCR-04: none', [], {}],
    ['DCR-04: no list', 'https://agent.example/callback', {}],
    ['DCR-04: 21 of them', Array.from({ length: 21 }, (_, n) => `https://agent.example/${n}`), {}],
    ['DCR-04: a good one and a bad one', [REDIRECT, 'http://agent.example/'], {}],
  ])('%s is invalid_redirect_uri', async (_name, redirect_uris, more) => {
    const { status, body } = await register({ redirect_uris, ...more });
    // A control character is refused wherever it stands.
    expect([status, body.client_id]).toEqual([400, undefined]);
    expect(body.error).toMatch(
      /NUL|line break/.test(_name) ? /invalid_(redirect_uri|client_metadata)/ : /^invalid_redirect_uri$/,
    );
  });

  test.each([
    ['https', ['https://agent.example/callback'], undefined, 'web'],
    ['loopback by address', ['http://127.0.0.1/callback'], undefined, 'native'],
    ['loopback by name, as older MCP clients do', ['http://localhost:33418/callback'], undefined, 'native'],
    ['loopback in IPv6', ['http://[::1]/callback'], 'native', 'native'],
    ['a private-use scheme', ['com.example.app:/callback'], 'native', 'native'],
    ['loopback and https', ['http://localhost/callback', 'https://agent.example/callback'], undefined, 'native'],
  ])('MCP-06 OC-09: %s is accepted, of type %s', async (_name, redirect_uris, application_type, type) => {
    const { status, body } = await register({ redirect_uris, application_type });
    expect([status, body.application_type]).toEqual([201, type]);
  });

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"x"'],
    ['20000 levels', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['nothing', ''],
  ])('a body that is %s is invalid_request', async (_name, text) => {
    const { status, body } = await registerWith(server, text);
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  test('a body of 60 KB is 413', async () => {
    const { status, body } = await register({ client_uri: `https://agent.example/${'x'.repeat(60_000)}` });
    expect([status, body.error]).toEqual([413, 'invalid_request']);
  });

  test('OC-06: a sector identifier is not fetched and not kept', async () => {
    const { status, body } = await register({ sector_identifier_uri: 'https://127.0.0.1:9/sector' });
    expect([status, body.sector_identifier_uri]).toEqual([201, undefined]);
  });
});

describe('DCR-07: the initial access token', () => {
  test.each([
    ['none', undefined, {}],
    ['one that never was', 'unknown', {}],
    ['one that has expired', undefined, { expiresAt: new Date(Date.now() - 1000) }],
    ['one that is used up', undefined, { uses: 0 }],
  ])('DCR-02: %s is 401', async (name, given, terms) => {
    const token = Object.keys(terms).length > 0 ? await initialAccessToken(database, 'acme', terms) : given;
    const response = await fetch(`${server.issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(name !== 'none' && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(await metadataWith()),
    });
    expect([response.status, ((await response.json()) as Json).error]).toEqual([401, 'invalid_token']);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('OA-40: in the query it is refused', async () => {
    const response = await fetch(`${server.issuer}/reg?access_token=${server.demo.initialAccessToken}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(await metadataWith()),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(402);
  });

  test('a use is drawn by each registration, and one that is refused draws none', async () => {
    const token = await initialAccessToken(database, 'acme', { uses: 2 });
    expect((await register({ agent_mode: 'root' }, token)).status).toBe(400);
    expect((await register({}, token)).status).toBe(201);
    expect((await register({}, token)).status).toBe(201);
    expect((await register({}, token)).status).toBe(401);
  });

  test('the last use is drawn once by twenty who try together', async () => {
    const token = await initialAccessToken(database, 'acme', { uses: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => register({ client_name: 'Racer' }, token)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(401)]);
    expect(await database.rows(`select from agents where name = 'Racer'`)).toHaveLength(1);
  });

  test('design §7: its ceiling holds the mode, and its owner is the owner', async () => {
    const token = await initialAccessToken(database, 'acme', { ceiling: 'attended' });
    const refused = await register({ agent_mode: 'unattended' }, token);
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_client_metadata']);
    for (const mode of ['attended', 'sub_agent']) {
      expect((await register({ agent_mode: mode }, token)).body.agent_mode).toBe(mode);
    }
    const low = await initialAccessToken(database, 'acme', { ceiling: 'sub_agent' });
    expect((await register({ agent_mode: undefined }, low)).body.agent_mode).toBe('sub_agent');
    expect((await register({ agent_mode: 'attended' }, low)).status).toBe(400);
  });

  test('design §7: unbound tokens only where it says so', async () => {
    const token = await initialAccessToken(database, 'acme', { unbound: false });
    const refused = await register({ dpop_bound_access_tokens: false }, token);
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_client_metadata']);
    expect((await register({}, token)).body.dpop_bound_access_tokens).toBe(true);
    expect((await register({ dpop_bound_access_tokens: false })).body.dpop_bound_access_tokens).toBe(false);
  });

  test('design §6: an agent without a purpose is pending, whatever it says', async () => {
    const { body } = await register({ agent_purpose: undefined, agent_status: 'active' });
    expect(body.agent_status).toBe('pending');
    const pending = await initialAccessToken(database, 'acme', { status: 'pending' });
    expect((await register({}, pending)).body.agent_status).toBe('pending');
  });
});

describe('RFC 7592', () => {
  const registered = async (more: Json = {}): Promise<Json> => (await register(more)).body;

  test('DCR-10: the registration can be read, with the registration access token alone', async () => {
    const registration = await registered();
    const { status, body, headers } = await manage(registration, 'GET');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual(registration);
    expect((await manage(registration, 'GET', undefined, server.demo.initialAccessToken)).status).toBe(401);
    expect((await manage(registration, 'GET', undefined, 'unknown')).status).toBe(401);
  });

  test('DCR-10: the registration access token of another client is 401, and is worth nothing from then on', async () => {
    const [mine, other] = [await registered(), await registered()];
    const answer = await manage(other, 'GET', undefined, mine.registration_access_token);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_token']);
    expect((await manage(mine, 'GET')).status).toBe(401);
    expect((await manage(other, 'GET')).status).toBe(200);
  });

  test('DCR-11: a replacement replaces everything, and the token is another one', async () => {
    const registration = await registered({ logo_uri: 'https://agent.example/logo.png' });
    const { logo_uri: _, ...rest } = replaceable(registration);
    const { status, body } = await manage(registration, 'PUT', {
      ...rest,
      client_name: 'Renamed',
      agent_purpose: 'Something new',
    });
    expect([status, body.client_name, body.agent_purpose, body.logo_uri]).toEqual([
      200,
      'Renamed',
      'Something new',
      undefined,
    ]);
    expect(body.registration_access_token).not.toBe(registration.registration_access_token);
    expect((await manage(body, 'GET')).body).toMatchObject({ client_name: 'Renamed', agent_purpose: 'Something new' });
    expect((await manage(registration, 'GET')).status).toBe(401);
    expect(await agentOf(registration)).toMatchObject({ name: 'Renamed', purpose: 'Something new' });
  });

  test.each([
    ['registration_access_token', 'x'],
    ['registration_client_uri', 'https://evil.example'],
    ['client_secret_expires_at', 0],
    ['client_id_issued_at', 1],
  ])('DCR-11: %s in it is invalid_request', async (name, value) => {
    const registration = await registered();
    const { status, body } = await manage(registration, 'PUT', { ...replaceable(registration), [name]: value });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['no client_id', { client_id: undefined }],
    ['the client_id of another', { client_id: 'cli_other' }],
    ['a secret', { client_secret: 'guess' }],
  ])('DCR-11: %s is invalid_request', async (_name, more) => {
    const registration = await registered();
    const { status, body } = await manage(registration, 'PUT', { ...replaceable(registration), ...more });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  test.each([
    ['a private key', async () => ({ jwks: { keys: [(await newKey()).jwk] } }), 'invalid_client_metadata'],
    ['no key', () => ({ jwks: undefined }), 'invalid_client_metadata'],
    ['a secret method', () => ({ token_endpoint_auth_method: 'client_secret_basic' }), 'invalid_client_metadata'],
    ['a redirect over http', () => ({ redirect_uris: ['http://agent.example/'] }), 'invalid_redirect_uri'],
    ['a higher mode', () => ({ agent_mode: 'unattended' }), 'invalid_client_metadata'],
    ['unbound tokens', () => ({ dpop_bound_access_tokens: false }), 'invalid_client_metadata'],
    ['the password grant', () => ({ grant_types: ['password'] }), 'invalid_client_metadata'],
    ['a software statement that is none', () => ({ software_statement: 'a.b.c' }), 'invalid_software_statement'],
    ['an unknown type', () => ({ authorization_details_types: ['no.such'] }), 'invalid_client_metadata'],
  ] as [string, () => Json | Promise<Json>, string][])(
    'DCR-13: every policy is run again: %s is refused, and nothing changes',
    async (_name, more, error) => {
      const registration = await registered({ agent_mode: 'attended' });
      const { status, body } = await manage(registration, 'PUT', { ...replaceable(registration), ...(await more()) });
      expect([status, body.error]).toEqual([400, error]);
      expect((await manage(registration, 'GET')).body).toEqual(registration);
    },
  );

  test('DCR-13: owner, organization, status, mode and expiry stay what they are', async () => {
    const registration = await registered({ agent_mode: 'sub_agent' });
    const { body } = await manage(registration, 'PUT', {
      ...replaceable(registration),
      agent_id: 'agt_other',
      agent_owner: 'usr_other',
      agent_status: 'retired',
      organization: 'org_other',
      agent_expires_at: 1,
    });
    for (const name of ['agent_id', 'agent_owner', 'agent_status', 'organization', 'agent_mode']) {
      expect([name, body[name]]).toEqual([name, registration[name]]);
    }
    expect(body.agent_expires_at).toBeUndefined();
  });

  const givenToken = async (): Promise<{ client: TestClient; token: string }> => {
    const client = await registerAgent(server);
    const { body } = await client.token(await codeFor(client, person, { scope: 'calendar.read', resource: CALENDAR }));
    return { client, token: body.access_token };
  };

  test('DCR-11: a lost answer locks nobody out: the former token counts until its successor is shown', async () => {
    const registration = await registered();
    const lost = await manage(registration, 'PUT', { ...replaceable(registration), client_name: 'Lost' });
    const again = await manage(registration, 'PUT', { ...replaceable(registration), client_name: 'Again' });
    expect([lost.status, again.status]).toEqual([200, 200]);
    // Whoever caught the lost answer holds nothing.
    expect((await manage(lost.body, 'GET')).status).toBe(401);
    expect((await manage(registration, 'GET')).body).toMatchObject({ client_name: 'Again' });
    expect((await manage(again.body, 'GET')).status).toBe(200);
    for (const ended of [registration, lost.body]) expect((await manage(ended, 'GET')).status).toBe(401);
    expect((await manage(again.body, 'GET')).status).toBe(200);
  });

  test('DCR-11: twenty replacements at once leave one token that counts beside the former', async () => {
    const registration = await registered();
    const answers = await Promise.all(
      [...Array(20).keys()].map((n) =>
        manage(registration, 'PUT', { ...replaceable(registration), client_name: `Name ${n}` }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const kept = await database.rows<{ former: boolean }>(
      `select id_hash = $2 as former from engine_artefacts where model = 'RegistrationAccessToken' and client_id = $1`,
      [registration.client_id, hashOf(registration.registration_access_token)],
    );
    expect(kept.map(({ former }) => former).toSorted()).toEqual([false, true]);
    const shown = [];
    for (const { body } of answers) shown.push((await manage(body, 'GET')).status);
    expect(shown.toSorted()).toEqual([200, ...Array(19).fill(401)]);
    expect((await manage(registration, 'GET')).status).toBe(401); // its successor was shown
  });

  const aliveFor = async ({ clientId }: TestClient): Promise<string | null | undefined> =>
    (
      await database.first<{ reason: string | null }>(
        `select why_not_alive(organization, array['client:' || client_id], array[agent], null, null, now() - interval '1 hour') as reason from clients where client_id = $1`,
        [clientId],
      )
    )?.reason;

  const CHANGES: [string, () => Json | Promise<Json>, boolean][] = [
    ['a key', async () => ({ jwks: { keys: [(await newKey()).publicJwk] } }), true],
    ['a redirect', () => ({ redirect_uris: [REDIRECT, 'https://agent.example/new'] }), true],
    [
      'a grant',
      () => ({ grant_types: ['authorization_code', 'refresh_token', CIBA, EXCHANGE, 'client_credentials'] }),
      false,
    ],
    ['an action', () => ({ authorization_details_types: [READ] }), false],
    ['a mode', () => ({ agent_mode: 'sub_agent' }), false],
  ];
  test.each(CHANGES)('DCR-13: another %s waits for the owner, and the old is in force', async (_name, more, ends) => {
    const { client, token } = await givenToken();
    const changed = await more();
    const [member = ''] = Object.keys(changed);
    const { status, body } = await manage(client.registration, 'PUT', {
      ...replaceable(client.registration),
      client_name: 'Renamed',
      ...changed,
    });
    expect([status, body.client_name, body[member]]).toEqual([200, 'Renamed', client.registration[member]]);
    expect(body.pending_change).toMatchObject({ members: [member], waits_for: 'owner' });
    expect((await introspect(client, token)).active).toBe(true);
    expect((await manage(body, 'GET')).body).toMatchObject({
      [member]: client.registration[member],
      pending_change: { members: [member] },
    });

    const owner = await signIn(server, 'owner@acme.example');
    const path = `/owned/changes/${body.pending_change.id}`;
    expect((await person.get(path)).status).toBe(404);
    const page = await owner.get(path);
    expect(page.html).toContain(member);
    expect((await owner.submit(page, { answer: 'approve' })).status).toBe(200);
    const read = (await manage(body, 'GET')).body;
    expect([read[member], read.pending_change]).toEqual([changed[member], undefined]);
    expect(await aliveFor(client)).toBe(ends ? 'stopped' : null);
  });

  test('DCR-13: answered in the moment in which its builder replaces it, one comes after the other', async () => {
    const { client } = await givenToken();
    const owner = await signIn(server, 'owner@acme.example');
    let { registration } = client;
    for (let round = 0; round < 6; round++) {
      const jwks = { keys: [(await newKey()).publicJwk] };
      const asked = await manage(registration, 'PUT', { ...replaceable(client.registration), jwks });
      const page = await owner.get(`/owned/changes/${asked.body.pending_change.id}`);
      const [answered, replaced] = await Promise.all([
        owner.submit(page, { answer: round % 2 === 0 ? 'decline' : 'approve' }),
        manage(asked.body, 'PUT', { ...replaceable(client.registration), client_name: `Renamed ${round}` }),
      ]);
      expect([200, 404, 409]).toContain(answered.status);
      expect([replaced.status, replaced.body.client_name]).toEqual([200, `Renamed ${round}`]);
      registration = replaced.body;
    }
  });

  test('DCR-13: declined, withdrawn or replaced by another, nothing of it is ever in force', async () => {
    const { client } = await givenToken();
    const owner = await signIn(server, 'owner@acme.example');
    const evil = { jwks: { keys: [(await newKey()).publicJwk] } };
    const first = await manage(client.registration, 'PUT', { ...replaceable(client.registration), ...evil });
    await owner.submit(await owner.get(`/owned/changes/${first.body.pending_change.id}`), { answer: 'decline' });
    expect((await manage(first.body, 'GET')).body).toMatchObject({ jwks: client.registration.jwks });
    const second = await manage(first.body, 'PUT', { ...replaceable(client.registration), ...evil });
    const { pending_change } = second.body;
    const third = await manage(second.body, 'PUT', replaceable(client.registration));
    expect([third.status, third.body.pending_change]).toEqual([200, undefined]);
    expect((await owner.get(`/owned/changes/${pending_change.id}`)).status).toBe(404);
    expect(await aliveFor(client)).toBeNull();
    expect((await client.token({ grant_type: 'client_credentials' })).body.error).not.toBe('invalid_client');
  });

  test('DCR-13: before anybody answers for it, its builder mends it alone', async () => {
    const pending = await initialAccessToken(database, 'acme', { status: 'pending' });
    const { body } = await register({}, pending);
    const { publicJwk } = await newKey();
    const mended = await manage(body, 'PUT', { ...replaceable(body), jwks: { keys: [publicJwk] } });
    expect([mended.status, mended.body.jwks, mended.body.pending_change]).toEqual([
      200,
      { keys: [publicJwk] },
      undefined,
    ]);
  });

  test('DCR-12: deleting ends the client, its tokens and its registration access token', async () => {
    const { client, token } = await givenToken();
    const rs = await clientWith(server, server.demo.resourceServer.client_id, server.demo.resourceServer.jwk);
    expect((await introspect(rs, token)).active).toBe(true);
    const events = await eventsOf(database, async () => {
      expect((await manage(client.registration, 'DELETE')).status).toBe(204);
    });
    expect(events.map(({ type, reason }) => [type, reason])).toContainEqual(['agent.changed', 'registration_deleted']);
    expect(await introspect(rs, token)).toEqual({ active: false });
    for (const method of ['GET', 'DELETE'] as const)
      expect((await manage(client.registration, method)).status).toBe(401);
    expect((await client.token({ grant_type: 'client_credentials' })).body.error).toBe('invalid_client');
  });

  test.each(['POST', 'PATCH'])('DCR-12: %s is 405', async (method) => {
    const registration = await registered();
    const response = await fetch(registration.registration_client_uri, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, PUT, DELETE']);
  });

  test.each(['suspended', 'retired', 'expired'])(
    'design §4: %s: it can be read, not changed, and its token survives',
    async (status) => {
      const client = await registerAgent(server);
      await setAgentStatus(database, client, status);
      const read = await manage(client.registration, 'GET');
      expect([read.status, read.body.agent_status]).toEqual([200, status]);
      for (const method of ['PUT', 'DELETE'] as const) {
        const answer = await manage(
          client.registration,
          method,
          method === 'PUT' ? replaceable(client.registration) : undefined,
        );
        expect([method, answer.status, answer.body.error]).toEqual([method, 403, 'access_denied']);
      }
      const stranger = await manage(client.registration, 'PUT', {}, 'guess');
      expect([stranger.status, stranger.body.error]).toEqual([401, 'invalid_token']);
      await setAgentStatus(database, client, 'active');
      expect((await manage(client.registration, 'PUT', replaceable(client.registration))).status).toBe(200);
    },
  );

  test('design §6: a pending agent can still be mended', async () => {
    const { body } = await register({ agent_purpose: undefined });
    const mended = await manage(body, 'PUT', { ...replaceable(body), agent_purpose: 'Now it has one' });
    expect([mended.status, mended.body.agent_purpose, mended.body.agent_status]).toEqual([
      200,
      'Now it has one',
      'pending',
    ]);
  });

  test('RF-07: of the registration access token only the hash is stored', async () => {
    const registration = await registered();
    const row = await database.first<{ payload: Json }>(
      `select payload from engine_artefacts where model = 'RegistrationAccessToken' and id_hash = $1`,
      [hashOf(registration.registration_access_token)],
    );
    expect(JSON.stringify(row?.payload)).not.toContain(registration.registration_access_token);
  });
});

describe('what a registration means later', () => {
  test('RAR-09: a type that was not registered cannot be asked for', async () => {
    const client = await registerAgent(server, { authorization_details_types: [] });
    const answer = await client.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(readDetails()),
    });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_authorization_details']);
  });

  test('design §7: private_key_jwt and bound tokens are what an agent gets that says nothing', async () => {
    const { publicJwk, jwk } = await newKey();
    const { body } = await registerWith(server, { ...agentMetadata(publicJwk), token_endpoint_auth_method: undefined });
    const client = await clientWith(server, body.client_id, jwk, body);
    const answer = await client.token(await codeFor(client, person, { scope: 'calendar.read', resource: CALENDAR }));
    expect(answer.body.token_type).toBe('DPoP');
    expect(claimsOf(answer.body.access_token).act.client_id).toBe(body.client_id);
  });
});
