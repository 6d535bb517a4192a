import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JWTPayload, SignJWT } from 'jose';

import { type Answer, CALENDAR, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ASSERTION_TYPE,
  assertionClaims,
  codeFor,
  jwt,
  metadataWith,
  now,
  postForm,
  registerWith,
  requestObject,
  type Signer,
  setAgentStatus,
  signerFor,
} from './support.ts';

let server: TestServer;
let person: TestPerson;
let agent: TestClient;
let other: TestClient;
let keys: Server;
let served: Json = { keys: [] };
let fetched = 0;
beforeAll(async () => {
  keys = createServer((_request, response) => {
    fetched++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(served));
  });
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: keysHost() });
  person = await signIn(server);
  agent = await registerAgent(server);
  other = await registerAgent(server);
});
afterAll(async () => {
  keys?.close();
  await server?.close();
});
const keysHost = () => `127.0.0.1:${(keys.address() as AddressInfo).port}`;

/** Every endpoint that authenticates clients, with a form that is refused, or answered, only after that. */
const ENDPOINTS: Record<string, { form: Record<string, string>; passed: (answer: Answer) => boolean }> = {
  '/token': {
    form: { grant_type: 'refresh_token', refresh_token: 'unknown' },
    passed: ({ body }) => body.error === 'invalid_dpop_proof' || body.error === 'invalid_grant',
  },
  '/request': { form: {}, passed: ({ body }) => /response_type/.test(body.error_description ?? '') },
  '/backchannel': { form: {}, passed: ({ body }) => /scope/.test(body.error_description ?? '') },
  '/token/introspection': {
    form: { token: 'unknown' },
    passed: ({ status, body }) => status === 200 && body.active === false,
  },
  '/token/revocation': { form: { token: 'unknown' }, passed: ({ status }) => status === 200 },
};

const send = (
  path: string,
  credentials: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> => postForm(server, path, { ...ENDPOINTS[path]?.form, ...credentials }, headers);
const by = (client_assertion: string, client_assertion_type = ASSERTION_TYPE) => ({
  client_assertion,
  client_assertion_type,
});

type Bent = () => Promise<string> | string;
const claims =
  (more: JWTPayload): Bent =>
  () =>
    agent.assertion(more);
const header =
  (more: Json): Bent =>
  () =>
    agent.assertion({}, more);

const REFUSED: [string, Bent][] = [
  ['PK-03 K2 F2-07 CB-10: aud is the token endpoint', () => agent.assertion({ aud: `${server.issuer}/token` })],
  ['PK-03 CB-10: aud is the backchannel endpoint', () => agent.assertion({ aud: `${server.issuer}/backchannel` })],
  ['PK-03 K11 F2-07: aud is a list', () => agent.assertion({ aud: [server.issuer] })],
  [
    'PK-03: aud is a list with the issuer among others',
    () => agent.assertion({ aud: [server.issuer, 'https://evil.example'] }),
  ],
  ['PK-03: aud has a slash more', () => agent.assertion({ aud: `${server.issuer}/` })],
  ['PK-03 BCP-20: aud is another server', claims({ aud: 'https://evil.example' })],
  ['PK-03: aud is another host', () => agent.assertion({ aud: server.issuer.replace('localhost', '127.0.0.1') })],
  ['PK-02: no aud', claims({ aud: undefined as never })],
  ['PK-02: no jti', claims({ jti: undefined as never })],
  ['PK-02: an empty jti', claims({ jti: '' })],
  ['PK-02: a jti that is a number', claims({ jti: 5 as never })],
  ['PK-02: no iat', claims({ iat: undefined as never })],
  ['PK-02: no exp', claims({ exp: undefined as never })],
  ['PK-02: expired', () => agent.assertion({ exp: now() - 60 })],
  ['PK-02: it lives for a day', () => agent.assertion({ exp: now() + 86_400 })],
  ['PK-02: it has lived for a day', () => agent.assertion({ iat: now() - 86_400 })],
  ['F2-11: iat ten minutes ahead', () => agent.assertion({ iat: now() + 600, exp: now() + 660 })],
  ['F2-11: nbf ten minutes ahead', () => agent.assertion({ nbf: now() + 600 })],
  ['PK-02: iss is another client', () => agent.assertion({ iss: other.clientId })],
  ['PK-02: sub is another client', () => agent.assertion({ sub: other.clientId })],
  ['PK-02: iss and sub are another client', () => agent.assertion({ iss: other.clientId, sub: other.clientId })],
  ['an unknown client', () => agent.assertion({ iss: 'cli_unknown', sub: 'cli_unknown' })],
  ['a client_id with a NUL', () => agent.assertion({ iss: 'cli\u0000', sub: 'cli\u0000' })],
  ['PK-04: typ at+jwt', header({ typ: 'at+jwt' })],
  ['PK-04: typ dpop+jwt', header({ typ: 'dpop+jwt' })],
  ['PK-04: typ oauth-authz-req+jwt', header({ typ: 'oauth-authz-req+jwt' })],
  ['PK-04: typ of an ID-JAG', header({ typ: 'oauth-id-jag+jwt' })],
  ['PK-05: an unknown kid', header({ kid: 'unknown' })],
  ['PK-05: alg none', () => jwt({ alg: 'none' }, assertionClaims(server.issuer, agent.clientId))],
  [
    'PK-05: alg HS256 with the public key as secret',
    () =>
      new SignJWT(assertionClaims(server.issuer, agent.clientId))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(JSON.stringify(agent.registration.jwks.keys[0]).padEnd(64))),
  ],
  [
    'PK-05: a key of its own making',
    async () => (await signerFor('ES256')).sign(assertionClaims(server.issuer, agent.clientId)),
  ],
  [
    'PK-05: a key that the header brings along',
    async () => {
      const own = await signerFor('ES256');
      return own.sign(assertionClaims(server.issuer, agent.clientId), { jwk: own.publicJwk, kid: undefined });
    },
  ],
  ['PK-05: a broken signature', async () => `${(await agent.assertion()).slice(0, -6)}AAAAAA`],
  [
    'PK-05: RS256, which is not offered',
    async () => (await signerFor('RS256')).sign(assertionClaims(server.issuer, agent.clientId)),
  ],
  [
    'PK-04 AT-07: a request object of its own',
    () => requestObject(server, agent, { sub: agent.clientId, exp: now() + 60 }),
  ],
  ['PK-04: a DPoP proof of its own', () => agent.proof(`${server.issuer}/token`)],
];

describe.each(Object.keys(ENDPOINTS))('at %s', (path) => {
  const { passed } = ENDPOINTS[path] as (typeof ENDPOINTS)[string];

  test.each(REFUSED)('%s is 401 invalid_client', async (_name, assertion) => {
    const answer = await send(path, by(await assertion()));
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('PK-03: aud is this endpoint', async () => {
    const answer = await send(path, by(await agent.assertion({ aud: `${server.issuer}${path}` })));
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  test('AT-07 TX-02: an ID token or an access token authenticates nobody', async () => {
    const client = await registerAgent(server);
    const { body } = await client.token(
      await codeFor(client, person, { scope: 'openid calendar.read', resource: CALENDAR }),
    );
    for (const token of [body.id_token, body.access_token]) {
      const answer = await send(path, by(token));
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
  });

  test.each([
    ['PK-01: as it should be', {}, {}],
    ['PK-04: no typ', {}, { typ: undefined }],
    ['PK-04: typ JWT', {}, { typ: 'JWT' }],
    ['PK-05: no kid', {}, { kid: undefined }],
    ['F2-11: iat and nbf 8 seconds ahead', { iat: now() + 8, nbf: now() + 8, exp: now() + 68 }, {}],
  ])('%s is accepted', async (_name, bent, head) => {
    expect(passed(await send(path, by(await agent.assertion(bent as JWTPayload, head))))).toBe(true);
  });

  test('PK-02: an assertion is used once, wherever', async () => {
    const assertion = await agent.assertion();
    expect(passed(await send(path, by(assertion)))).toBe(true);
    for (const again of Object.keys(ENDPOINTS)) {
      const answer = await send(again, by(assertion));
      expect([again, answer.status, answer.body.error]).toEqual([again, 401, 'invalid_client']);
    }
  });

  test.each([
    ['PK-01: no JWT', () => by('abc')],
    [
      'PK-01: another assertion type',
      async () => by(await agent.assertion(), 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'),
    ],
    ['PK-01: the client_id of another', async () => ({ ...by(await agent.assertion()), client_id: other.clientId })],
    ['OA-22: a secret beside it', async () => ({ ...by(await agent.assertion()), client_secret: 'x' })],
    ['nothing at all', () => ({})],
  ])('%s is invalid_request', async (_name, credentials) => {
    const answer = await send(path, await credentials());
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('OA-13: an assertion twice is invalid_request', async () => {
    const form = new URLSearchParams({ ...ENDPOINTS[path]?.form, ...by(await agent.assertion()) });
    form.append('client_assertion', await agent.assertion());
    const answer = await postForm(server, path, form.toString());
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('OA-22: an Authorization header beside it is invalid_request', async () => {
    const answer = await send(path, by(await agent.assertion()), {
      authorization: `Basic ${btoa(`${agent.clientId}:x`)}`,
    });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('OA-23 F2-05: a secret by Basic is 401, told in the scheme that was tried', async () => {
    const answer = await send(path, {}, { authorization: `Basic ${btoa(`${agent.clientId}:secret`)}` });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+", error="invalid_client"/);
  });

  test.each([
    ['F2-05: a secret in the body', () => ({ client_id: agent.clientId, client_secret: 'secret' })],
    ['a client_id alone, of a client with a key', () => ({ client_id: agent.clientId })],
    ['a client_id with a NUL', () => ({ client_id: 'cli\u0000' })],
    ['a client_id of 3000 characters', () => ({ client_id: 'x'.repeat(3000) })],
  ])('%s is refused', async (name, credentials) => {
    const answer = await send(path, credentials());
    expect([answer.status, answer.body.error]).toEqual(
      name.includes('NUL') && path.startsWith('/token/') ? [400, 'invalid_request'] : [401, 'invalid_client'],
    );
  });

  test('design §7: an agent that is not active is refused at once, and let in again as soon as it is', async () => {
    const database = databaseOf(server);
    const client = await registerAgent(server);
    for (const status of ['pending', 'suspended', 'expired', 'retired']) {
      await setAgentStatus(database, client, status);
      const answer = await send(path, by(await client.assertion()));
      expect([status, answer.status, answer.body.error]).toEqual([status, 401, 'invalid_client']);
    }
    await setAgentStatus(database, client, 'active');
    expect(passed(await send(path, by(await client.assertion())))).toBe(true);
    await database.run(`update agents set expires_at = now() - interval '1 second' where id = $1`, [
      client.registration.agent_id,
    ]);
    expect((await send(path, by(await client.assertion()))).status).toBe(401);
    await database.close();
  });

  test('PK-05: of several keys the right one is found, with and without a kid', async () => {
    const [first, second] = await Promise.all([signerFor('ES256'), signerFor('ES256')]);
    const nameless = ({ publicJwk: { kid: _, ...rest } }: Signer) => rest;
    const { body } = await registerWith(
      server,
      await metadataWith({ jwks: { keys: [nameless(first), nameless(second)] } }),
    );
    for (const signer of [first, second]) {
      const assertion = await signer.sign(assertionClaims(server.issuer, body.client_id), { kid: undefined });
      expect(passed(await send(path, by(assertion)))).toBe(true);
    }
  });

  test('PK-05: a client that registered one algorithm is held to it', async () => {
    const signer = await signerFor('Ed25519');
    const { body } = await registerWith(
      server,
      await metadataWith({
        jwks: { keys: [signer.publicJwk, agent.registration.jwks.keys[0]] },
        token_endpoint_auth_signing_alg: 'Ed25519',
      }),
    );
    expect(passed(await send(path, by(await signer.sign(assertionClaims(server.issuer, body.client_id)))))).toBe(true);
    const es256 = await agent.assertion(assertionClaims(server.issuer, body.client_id));
    expect((await send(path, by(es256))).status).toBe(401);
  });

  test('PK-05: keys by jwks_uri work, and one that cannot be had is 401', async () => {
    const signer = await signerFor('ES256');
    served = { keys: [signer.publicJwk] };
    const jwks_uri = `http://${keysHost()}/${path.replaceAll('/', '-')}`;
    const { status, body } = await registerWith(server, await metadataWith({ jwks: undefined, jwks_uri }));
    expect(status).toBe(201);
    const before = fetched;
    expect(passed(await send(path, by(await signer.sign(assertionClaims(server.issuer, body.client_id)))))).toBe(true);
    expect(fetched).toBe(before + 1);
    const gone = await registerWith(
      server,
      await metadataWith({ jwks: undefined, jwks_uri: 'https://keys.invalid/jwks' }),
    );
    const answer = await send(path, by(await signer.sign(assertionClaims(server.issuer, gone.body.client_id))));
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});
