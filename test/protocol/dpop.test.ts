import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { sealingWith } from '../../server/keys/seal.ts';
import { type Nonces, noncesWith } from '../../server/oauth/nonce.ts';
import { oauth4webapi } from '../peers/oauth4webapi.ts';
import { openidClient } from '../peers/openid-client.ts';
import { deciding, decidingInInbox } from '../peers/peer.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  agentMetadata,
  answerOf,
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  EXCHANGE,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, eventsOf, HOUR } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, codeFor, jwt, now, raw, type Signer, signerFor } from './support.ts';

let server: TestServer;
let person: TestPerson;
let agent: TestClient;
/** Asks more than one person may be asked. */
let asker: TestClient;
let key: Signer;
let bare: JWK;
/** Another deployment, which insists on nonces. */
let required: TestServer;
/** The nonces that the server has to give, from its sealing key. */
let nonces: Nonces;
beforeAll(async () => {
  const sealingKey = randomBytes(32);
  [server, required] = await Promise.all([
    startServer({ COUNTERSIGN_SEALING_KEY: sealingKey.toString('base64url') }),
    startServer({ COUNTERSIGN_DPOP_NONCES: 'required' }),
  ]);
  nonces = noncesWith(sealingWith(sealingKey).deriveKey('DPoP nonces'), false);
  person = await signIn(server);
  agent = await registerAgent(server);
  asker = await registerAgent(server);
  key = await signerFor('ES256');
  const { kty, crv, x, y } = key.publicJwk;
  bare = { kty, crv, x, y } as JWK;
});
afterAll(() => Promise.all([server?.close(), required?.close()]));

/** As any client gets one: by a proof. */
async function nonceOf(at: TestServer): Promise<string> {
  const response = await fetch(`${at.issuer}/token`, { method: 'POST', headers: { DPoP: 'any' } });
  return response.headers.get('dpop-nonce') ?? '';
}

interface Bent {
  claims?: Json;
  header?: Json;
}

const proofFor = (path: string, { claims = {}, header = {} }: Bent = {}): Promise<string> =>
  key.sign(
    { htm: 'POST', htu: `${server.issuer}${path}`, iat: now(), jti: randomUUID(), ...claims },
    { typ: 'dpop+jwt', kid: undefined, jwk: bare, ...header },
  );

/** At each endpoint of the engine that takes a proof: a request that is refused for nothing but its proof. */
const ENDPOINTS = {
  '/token': (dpop: string) => agent.token({ grant_type: 'refresh_token', refresh_token: 'unknown' }, { dpop }),
  '/request': (dpop: string) =>
    agent.post(
      '/request',
      {
        client_id: agent.clientId,
        response_type: 'code',
        redirect_uri: 'http://127.0.0.1:9/callback',
        scope: 'calendar.read',
        code_challenge: createHash('sha256').update('x').digest('base64url'),
        code_challenge_method: 'S256',
      },
      { dpop },
    ),
  '/backchannel': (dpop: string) => ask(asker, {}, { dpop }),
} as const;
const accepted = ({ status, body }: Answer) =>
  status < 300 || body.error === 'invalid_grant' || body.error === 'access_denied';

const WRONG: [string, Bent | ((path: string) => Promise<string> | string)][] = [
  ['no JWT', () => 'abc'],
  ['DP-01: no typ', { header: { typ: undefined } }],
  ['DP-01: another typ', { header: { typ: 'JWT' } }],
  ['DP-01: the typ of a client assertion', { header: { typ: 'client-authentication+jwt' } }],
  ['DP-01: no key', { header: { jwk: undefined } }],
  ['DP-01: a key that is none', { header: { jwk: { kty: 'EC' } } }],
  ['DP-01: a private key', async (path) => proofFor(path, { header: { jwk: { ...bare, d: key.jwk.d } } })],
  [
    'DP-01: a key that did not sign',
    async (path) => proofFor(path, { header: { jwk: (await signerFor('ES256')).publicJwk } }),
  ],
  ['DP-01: no htm', { claims: { htm: undefined } }],
  ['DP-01: another method', { claims: { htm: 'GET' } }],
  ['DP-01: a method in small letters', { claims: { htm: 'post' } }],
  ['DP-01: no htu', { claims: { htu: undefined } }],
  ['DP-01: another endpoint', { claims: { htu: 'http://localhost/elsewhere' } }],
  ['DP-01: another host', async (path) => proofFor(path, { claims: { htu: `https://evil.example${path}` } })],
  [
    'DP-01: https for http',
    async (path) => proofFor(path, { claims: { htu: `${server.issuer.replace('http:', 'https:')}${path}` } }),
  ],
  ['DP-01: a longer path', async (path) => proofFor(path, { claims: { htu: `${server.issuer}${path}/x` } })],
  ['DP-01: no iat', { claims: { iat: undefined } }],
  ['DP-01: an hour old', { claims: { iat: now() - 3600 } }],
  ['DP-09: an hour ahead', { claims: { iat: now() + 3600 } }],
  ['DP-09: two minutes ahead', { claims: { iat: now() + 120 } }],
  [
    'DP-08: an hour old with a current nonce',
    async (path) => proofFor(path, { claims: { iat: now() - 3600, nonce: await nonceOf(server) } }),
  ],
  [
    'DP-08: an hour ahead with a current nonce',
    async (path) => proofFor(path, { claims: { iat: now() + 3600, nonce: await nonceOf(server) } }),
  ],
  ['DP-01: an iat that is a text', { claims: { iat: 'now' } }],
  ['DP-01: no jti', { claims: { jti: undefined } }],
  ['DP-01: an empty jti', { claims: { jti: '' } }],
  ['DP-01: a jti that is a number', { claims: { jti: 5 } }],
  ['DP-06: a nonce that is no text', { claims: { nonce: 5 } }],
  [
    'alg none',
    (path) =>
      jwt(
        { alg: 'none', typ: 'dpop+jwt', jwk: bare },
        { htm: 'POST', htu: `${server.issuer}${path}`, iat: now(), jti: randomUUID() },
      ),
  ],
  [
    'alg HS256 with the public key',
    (path) =>
      jwt(
        { alg: 'HS256', typ: 'dpop+jwt', jwk: bare },
        { htm: 'POST', htu: `${server.issuer}${path}`, iat: now(), jti: randomUUID() },
        'AAAA',
      ),
  ],
  ['a client assertion', () => agent.assertion()],
  ['two proofs in one header', async (path) => `${await proofFor(path)}, ${await proofFor(path)}`],
];

describe.each(Object.entries(ENDPOINTS))('at %s', (path, send) => {
  test.each(WRONG)('DP-01: %s is invalid_dpop_proof', async (_name, bent) => {
    const answer = await send(typeof bent === 'function' ? await bent(path) : await proofFor(path, bent));
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_dpop_proof']);
  });

  test.each([
    ['as it should be', {}],
    ['claims that nobody knows', { claims: { custom: { a: 1 }, aud: 'x', iss: 'y' } }],
    ['typ in capitals', { header: { typ: 'DPOP+JWT' } }],
    ['8 seconds ahead', { claims: { iat: now() + 8 } }],
    ['a minute old', { claims: { iat: now() - 60 } }],
  ])('DP-09: %s is accepted', async (_name, bent) => {
    expect(accepted(await send(await proofFor(path, bent)))).toBe(true);
  });

  test.each([
    ['a query', (url: string) => `${url}?x=1`],
    ['a fragment', (url: string) => `${url}#x`],
    ['the host in capitals', (url: string) => url.replace('localhost', 'LOCALHOST')],
  ])('DP-01: the address is compared without %s', async (_name, write) => {
    expect(accepted(await send(await proofFor(path, { claims: { htu: write(`${server.issuer}${path}`) } })))).toBe(
      true,
    );
  });

  const STALE: [string, () => Promise<string> | string][] = [
    ['nobody gave', () => 'guess'],
    ['is empty', () => ''],
    ['expired', () => nonces.current(now() - 180)],
    ['is not due yet', () => nonces.current(now() + 300)],
    ['another server gave', () => nonceOf(required)],
    ['another server’s key would make', () => noncesWith(Buffer.alloc(32, 9), false).current(now())],
  ];
  test.each(STALE)('DP-06: a nonce that %s is use_dpop_nonce, with one that is taken', async (_name, make) => {
    const proof = await proofFor(path, { claims: { nonce: await make() } });
    const answer = await send(proof);
    expect([answer.status, answer.body.error]).toEqual([400, 'use_dpop_nonce']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const nonce = answer.headers.get('dpop-nonce') ?? '';
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(accepted(await send(await proofFor(path, { claims: { nonce } })))).toBe(true);
  });

  test.each([
    ['the step before', -60],
    ['an instance whose clock is ahead', 60],
  ])('DP-06: a nonce of %s is accepted', async (_name, seconds) => {
    const nonce = nonces.current(now() + seconds);
    expect(accepted(await send(await proofFor(path, { claims: { nonce } })))).toBe(true);
  });

  test('DP-06: whatever is answered to a proof brings a nonce', async () => {
    const answers = [await send(await proofFor(path)), await send('nonsense')];
    for (const { headers } of answers) expect(nonces.accepts(headers.get('dpop-nonce') ?? '', now())).toBe(true);
  });

  test('DP-08: the same proof with a nonce again is refused', async () => {
    const proof = await proofFor(path, { claims: { nonce: await nonceOf(server) } });
    expect(accepted(await send(proof))).toBe(true);
    const again = await send(proof);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_dpop_proof']);
  });

  test('DP-08: the same proof again is refused', async () => {
    const proof = await proofFor(path);
    expect(accepted(await send(proof))).toBe(true);
    const again = await send(proof);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_dpop_proof']);
  });
});

test('DP-01: another algorithm than those advertised is refused', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES384');
  const proof = await new SignJWT({ htm: 'POST', htu: `${server.issuer}/token`, jti: randomUUID(), iat: now() })
    .setProtectedHeader({ alg: 'ES384', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
  const answer = await ENDPOINTS['/token'](proof);
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_dpop_proof']);
});

test('DP-08: one jti may stand in the assertion and in the proof of one request', async () => {
  const jti = randomUUID();
  const answer = await agent.token(
    { grant_type: 'refresh_token', refresh_token: 'unknown', client_assertion: await agent.assertion({ jti }) },
    { dpop: await agent.proof(`${server.issuer}/token`, { jti }) },
  );
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
});

test('DP-08: the jti of one client does not use up that of another', async () => {
  const other = await registerAgent(server);
  const jti = randomUUID();
  for (const client of [agent, other]) {
    const answer = await client.token(
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { dpop: await client.proof(`${server.issuer}/token`, { jti }) },
    );
    expect(answer.body.error).toBe('invalid_grant');
  }
});

test('DP-01: two DPoP headers are refused', async () => {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: 'unknown',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await agent.assertion(),
  });
  const proofs = [await agent.proof(`${server.issuer}/token`), await agent.proof(`${server.issuer}/token`)];
  const head = [
    'POST /token HTTP/1.1',
    `Host: ${new URL(server.issuer).host}`,
    'Content-Type: application/x-www-form-urlencoded',
    ...proofs.map((proof) => `DPoP: ${proof}`),
  ].join('\r\n');
  expect(await raw(server, head, form.toString())).toMatchObject({
    status: 400,
    body: { error: 'invalid_dpop_proof' },
  });
});

describe('a client that registered for bound tokens, as agents do unless they say otherwise', () => {
  test('DP-04 F2-04: gets none without a proof, and its code is still good', async () => {
    const code = await codeFor(agent, person, { scope: 'calendar.read', resource: CALENDAR });
    const bearer = await agent.token(code, { dpop: false });
    expect([bearer.status, bearer.body.error]).toEqual([400, 'invalid_dpop_proof']);
    const bound = await agent.token(code);
    expect(bound).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(claimsOf(bound.body.access_token).cnf).toEqual({ jkt: agent.jkt });
  });

  test('DP-02 BCP-05: introspection names the key', async () => {
    const { body } = await agent.token(await codeFor(agent, person, { scope: 'calendar.read', resource: CALENDAR }));
    const seen = await agent.post('/token/introspection', { token: body.access_token }, { dpop: false });
    expect(seen.body).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: agent.jkt } });
  });

  test('a client that registered for unbound tokens gets a bearer token, or a bound one where it proves a key', async () => {
    const client = await registerAgent(server, { dpop_bound_access_tokens: false });
    const request = { scope: 'calendar.read', resource: CALENDAR, prompt: 'consent' };
    const bearer = await client.token(await codeFor(client, person, request), { dpop: false });
    expect(bearer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });
    expect(claimsOf(bearer.body.access_token).cnf).toBeUndefined();
    const bound = await client.token(await codeFor(client, person, request));
    expect(bound).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });
});

describe('at an endpoint that takes access tokens', () => {
  let rs: TestClient;
  let token: string;
  beforeAll(async () => {
    rs = await demoClient(server, 'resourceServer');
    const own = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' });
    token = own.body.access_token;
  });
  const report = async (scheme: string, proof?: string): Promise<number> => {
    const response = await fetch(`${server.issuer}/outcomes`, {
      method: 'POST',
      headers: {
        authorization: `${scheme} ${token}`,
        'content-type': 'application/json',
        ...(proof && { DPoP: proof }),
      },
      body: '[]',
    });
    return response.status;
  };
  const url = () => `${server.issuer}/outcomes`;

  test('a bound token is accepted with the proof of its key', async () => {
    expect(await report('DPoP', await rs.proof(url(), { accessToken: token }))).toBe(202);
  });

  test.each([
    ['DP-05: as a bearer token', 'Bearer', async () => undefined],
    ['DP-05: as a bearer token, with a proof', 'Bearer', () => rs.proof(url(), { accessToken: token })],
    ['without a proof', 'DPoP', async () => undefined],
    ['without ath', 'DPoP', () => rs.proof(url())],
    ['with the ath of another token', 'DPoP', () => rs.proof(url(), { accessToken: 'other' })],
    ['for another method', 'DPoP', () => rs.proof(url(), { accessToken: token, method: 'GET' })],
    ['for another address', 'DPoP', () => rs.proof(`${server.issuer}/redemptions`, { accessToken: token })],
    ['an hour old', 'DPoP', () => rs.proof(url(), { accessToken: token, iat: now() - 3600 })],
    ['with the key of another', 'DPoP', async () => agent.proof(url(), { accessToken: token })],
  ])('%s is 401', async (_name, scheme, proof) => {
    expect(await report(scheme, await proof())).toBe(401);
  });

  test('DP-08: the same proof again is 401', async () => {
    const proof = await rs.proof(url(), { accessToken: token });
    expect([await report('DPoP', proof), await report('DPoP', proof)]).toEqual([202, 401]);
  });

  test('DP-05: an unbound token with the scheme DPoP is 401', async () => {
    const own = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
    const response = await fetch(url(), {
      method: 'POST',
      headers: {
        authorization: `DPoP ${own.body.access_token}`,
        'content-type': 'application/json',
        DPoP: await rs.proof(url(), { accessToken: own.body.access_token }),
      },
      body: '[]',
    });
    expect(response.status).toBe(401);
  });
});

describe('at an endpoint that takes access tokens, with nonces', () => {
  let rs: TestClient;
  let token: string;
  beforeAll(async () => {
    rs = await demoClient(required, 'resourceServer');
    const dpop = await rs.proof(`${required.issuer}/token`, { nonce: await nonceOf(required) });
    token = (await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop })).body.access_token;
  });
  const send = async (path: string, proof: string) =>
    answerOf(
      await fetch(`${required.issuer}${path}`, {
        method: path === '/outcomes' ? 'POST' : 'GET',
        headers: { authorization: `DPoP ${token}`, 'content-type': 'application/json', DPoP: proof },
        ...(path === '/outcomes' && { body: '[]' }),
      }),
    );

  test.each([
    ['without one', undefined],
    ['with a foreign one', 'guess'],
  ])('DP-06: a proof %s is 401 use_dpop_nonce, with one that is taken', async (_name, nonce) => {
    const url = `${required.issuer}/outcomes`;
    const answer = await send('/outcomes', await rs.proof(url, { accessToken: token, ...(nonce && { nonce }) }));
    expect([answer.status, answer.body.error]).toEqual([401, 'use_dpop_nonce']);
    expect(answer.headers.get('www-authenticate')).toBe('DPoP error="use_dpop_nonce", algs="ES256 EdDSA Ed25519"');
    const fresh = answer.headers.get('dpop-nonce') ?? '';
    const again = await send('/outcomes', await rs.proof(url, { accessToken: token, nonce: fresh }));
    expect(again.status).toBe(202);
    expect(again.headers.get('dpop-nonce')).toBeTruthy();
  });

  test('DP-06: at the admin API too', async () => {
    const url = `${required.issuer}/admin/api/whoami`;
    const answer = await send('/admin/api/whoami', await rs.proof(url, { accessToken: token, method: 'GET' }));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="use_dpop_nonce"/);
    const nonce = answer.headers.get('dpop-nonce') ?? '';
    const again = await send('/admin/api/whoami', await rs.proof(url, { accessToken: token, method: 'GET', nonce }));
    expect(again.status).toBe(403); // heard, and not an administrator
  });

  test('DP-01: which proof is missing or wrong is said in the challenge', async () => {
    const url = `${required.issuer}/outcomes`;
    const nonce = await nonceOf(required);
    const challenges = await Promise.all(
      [
        rs.proof(url, { accessToken: 'other', nonce }),
        rs.proof(url, { accessToken: token, nonce, key: (await signerFor('ES256')).jwk }),
      ].map(async (proof) => (await send('/outcomes', await proof)).headers.get('www-authenticate')),
    );
    expect(challenges).toEqual([
      'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA Ed25519"',
      'DPoP error="invalid_token", algs="ES256 EdDSA Ed25519"',
    ]);
  });
});

describe('where nonces are required', () => {
  const GRANTS: [string, Record<string, string>][] = [
    ['authorization_code', { code: 'x', code_verifier: 'x'.repeat(43) }],
    ['refresh_token', { refresh_token: 'x' }],
    [CIBA, { auth_req_id: 'x' }],
    ['client_credentials', { scope: 'calendar.read' }],
    [EXCHANGE, { subject_token: 'x', subject_token_type: ACCESS_TOKEN }],
  ];
  let client: TestClient;
  let database: Database;
  beforeAll(async () => {
    client = await registerAgent(required, { grant_types: GRANTS.map(([grant]) => grant) });
    database = databaseOf(required);
  });
  afterAll(() => database?.close());

  test.each(GRANTS)(
    'DP-06: %s sends a proof without one back, and does nothing, not even evidence',
    async (grant_type, form) => {
      let answer: Answer | undefined;
      const events = await eventsOf(database, async () => {
        answer = await client.token({ grant_type, ...form });
      });
      expect([answer?.status, answer?.body.error, events]).toEqual([400, 'use_dpop_nonce', []]);
      const nonce = answer?.headers.get('dpop-nonce') ?? '';
      const again = await client.token(
        { grant_type, ...form },
        { dpop: await client.proof(`${required.issuer}/token`, { nonce }) },
      );
      expect(again.body.error).not.toBe('use_dpop_nonce');
    },
  );

  test.each(['/request', '/backchannel'])('DP-06: %s too', async (path) => {
    const form = {
      response_type: 'code',
      scope: path === '/request' ? 'calendar.read' : 'openid calendar.read',
      resource: CALENDAR,
    };
    const more =
      path === '/request'
        ? {
            redirect_uri: 'http://127.0.0.1:9/callback',
            code_challenge: 'x'.repeat(43),
            code_challenge_method: 'S256',
            client_id: client.clientId,
          }
        : { login_hint: 'person@acme.example' };
    const answer = await client.post(path, { ...form, ...more });
    expect([answer.status, answer.body.error]).toEqual([400, 'use_dpop_nonce']);
    const nonce = answer.headers.get('dpop-nonce') ?? '';
    const again = await client.post(
      path,
      { ...form, ...more },
      { dpop: await client.proof(`${required.issuer}${path}`, { nonce }) },
    );
    expect(again.status).toBeLessThan(300);
  });

  test('DP-04: a request without any proof is told to bring one', async () => {
    const answer = await client.token({ grant_type: CIBA, auth_req_id: 'x' }, { dpop: false });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_dpop_proof']);
    expect(answer.headers.get('dpop-nonce')).toBeNull();
  });

  test('MCP-14: a page of another origin may read the nonce', async () => {
    const response = await fetch(`${required.issuer}/token`, {
      method: 'POST',
      headers: { origin: 'https://agent.example', DPoP: 'any' },
    });
    expect(response.headers.get('access-control-expose-headers')).toMatch(/DPoP-Nonce/);
    expect(response.headers.get('dpop-nonce')).toBeTruthy();
  });

  test.each([openidClient, oauth4webapi])('DP-06: an agent on $name sees nothing of it', async (peer) => {
    const { jwks: _, ...metadata } = agentMetadata({});
    const helper = await peer.register(required, metadata);
    const somebody = await signIn(required, 'approver@acme.example');
    const details = detailsParameter(readDetails({ calendar: peer.name }));
    const root = await helper.askInBrowser({ authorization_details: details }, deciding(somebody, HOUR));
    const leaf = await helper.exchange({ subject_token: root.access_token, resource: CALENDAR });
    expect(claimsOf(leaf.access_token)).toMatchObject({ aud: CALENDAR, cnf: claimsOf(root.access_token).cnf });
    const behind = await helper.askFromBehind(
      { scope: 'openid', login_hint: somebody.email, authorization_details: details, resource: CALENDAR },
      decidingInInbox(somebody, HOUR),
    );
    expect(behind.token_type).toMatch(/dpop/i);
  });
});

describe('noncesWith', () => {
  const key = Buffer.alloc(32, 1);

  test('DP-06: every instance with the same key gives the same, for a minute', () => {
    const [one, other] = [noncesWith(key, false), noncesWith(key, true)];
    expect(one.current(600)).toBe(other.current(659));
    expect(one.current(600)).not.toBe(one.current(660));
    expect(one.current(600)).not.toBe(noncesWith(Buffer.alloc(32, 2), false).current(600));
  });

  test('DP-06: none is taken for longer than two minutes, or long before its time', () => {
    const { current, accepts } = noncesWith(key, false);
    const nonce = current(600);
    const taken = [480, 540, 599, 600, 660, 719, 720, 900].map((now) => accepts(nonce, now));
    expect(taken).toEqual([false, true, true, true, true, true, false, false]);
  });
});
