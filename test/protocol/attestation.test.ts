import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWK, JWTPayload } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  type Answer,
  answerOf,
  CALENDAR,
  CIBA,
  claimsOf,
  clientWith,
  demoClient,
  EXCHANGE,
  type Json,
  newKey,
  pkce,
  READ,
  REDIRECT,
  readDetails,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, HOUR, introspect } from '../support/delegation.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { continuationOf, detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';
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

const ATTESTER = 'https://attester.example';
const OTHER = 'https://attester.other.example';

let server: Deployment;
let database: Database;
let admin: Api;
let person: TestPerson;
let resourceServer: TestClient;
let attester: Signer;
let registration: Json;
let laptop: Instance;
beforeAll(async () => {
  server = await startDeployment({ settings: () => ({ COUNTERSIGN_CLIENT_ATTESTATION: '1' }) });
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
  person = await signIn(server);
  resourceServer = await demoClient(server, 'resourceServer');
  attester = await signerFor('ES256');
  for (const [issuer, profiles] of [
    [ATTESTER, ['attestation']],
    [OTHER, ['workload']],
  ] as const) {
    const { status, body } = await admin('POST', '/trusted-issuers', {
      issuer,
      name: 'Attester',
      profiles,
      algorithms: ['ES256'],
      longest_seconds: 3600,
      jwks: { keys: [attester.publicJwk] },
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
  const registered = await registerWith(server, await attested());
  if (registered.status !== 201) throw new Error(JSON.stringify(registered.body));
  registration = registered.body;
  await admin('POST', `/agents/${registration.agent_id}/own-actions`, { actions: [READ] });
  laptop = await newInstance();
}, 240_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const attested = (more: Json = {}): Promise<Json> =>
  metadataWith({
    jwks: undefined,
    token_endpoint_auth_method: 'attest_jwt_client_auth',
    client_attester: ATTESTER,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', CIBA, EXCHANGE],
    ...more,
  });

/** One installed copy of the software, with a key of its own. */
interface Instance {
  jwk: JWK;
  publicJwk: JWK;
  client: TestClient;
}

async function newInstance(): Promise<Instance> {
  const { jwk, publicJwk } = await newKey();
  return { jwk, publicJwk, client: await clientWith(server, registration.client_id, jwk, registration) };
}

const attestation = ({ publicJwk }: Instance, claims: JWTPayload & Json = {}, header: Json = {}, by = attester) =>
  by.sign(
    { sub: registration.client_id, iat: now(), exp: now() + 3600, cnf: { jwk: publicJwk }, ...claims },
    { typ: 'oauth-client-attestation+jwt', ...header },
  );

async function challenge(): Promise<string> {
  const { body } = await answerOf(await fetch(`${server.issuer}/challenge`, { method: 'POST' }));
  return body.attestation_challenge;
}

async function possession(instance: Instance, claims: JWTPayload & Json = {}, header: Json = {}): Promise<string> {
  return instance.client.assertion(
    {
      iss: undefined as never,
      sub: undefined as never,
      exp: undefined as never,
      aud: server.issuer,
      jti: randomUUID(),
      iat: now(),
      challenge: await challenge(),
      ...claims,
    },
    { kid: undefined, typ: 'oauth-client-attestation-pop+jwt', ...header },
  );
}

interface Sent {
  attestation?: string | undefined;
  proof?: string | undefined;
  dpop?: boolean | string;
  headers?: Record<string, string>;
  base?: string;
}

/** A form post by this instance; `sent` bends what it authenticates with. */
async function post(instance: Instance, path: string, form: Json, sent: Sent = {}): Promise<Answer> {
  const one = 'attestation' in sent ? sent.attestation : await attestation(instance);
  const other = 'proof' in sent ? sent.proof : await possession(instance);
  return instance.client.post(
    path,
    { client_id: registration.client_id, client_assertion: undefined, client_assertion_type: undefined, ...form },
    {
      ...(sent.dpop !== undefined && { dpop: sent.dpop }),
      ...(sent.base !== undefined && { base: sent.base }),
      headers: {
        ...(one !== undefined && { 'OAuth-Client-Attestation': one }),
        ...(other !== undefined && { 'OAuth-Client-Attestation-PoP': other }),
        ...sent.headers,
      },
    },
  );
}

const OWN = { grant_type: 'client_credentials', scope: 'calendar.read', resource: CALENDAR };
const own = (sent: Sent = {}, form: Json = {}, instance = laptop): Promise<Answer> =>
  post(instance, '/token', { ...OWN, ...form }, sent);

async function pushed(instance: Instance, more: Json = {}) {
  const { verifier, challenge: code_challenge } = pkce();
  const answer = await post(
    instance,
    '/request',
    {
      response_type: 'code',
      redirect_uri: REDIRECT,
      code_challenge,
      code_challenge_method: 'S256',
      resource: CALENDAR,
      scope: 'calendar.read offline_access',
      ...more,
    },
    { dpop: false },
  );
  return { answer, verifier };
}

async function codeOf(instance: Instance): Promise<{ code: string; verifier: string }> {
  const { answer, verifier } = await pushed(instance);
  expect(answer.status).toBe(201);
  const page = await person.get(
    `/auth?${new URLSearchParams({ client_id: registration.client_id, request_uri: answer.body.request_uri })}`,
  );
  // What a live task covers is not asked again.
  const back = page.status === 303 ? page : await person.get(continuationOf(await person.submit(page, HOUR)) ?? '');
  return { code: new URL(back.url).searchParams.get('code') ?? '', verifier };
}

const redeem = (instance: Instance, { code, verifier }: { code: string; verifier: string }) =>
  post(instance, '/token', {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  });

describe('where the operator turned it on', () => {
  test('ATT-05: discovery says so, and where challenges are', async () => {
    const body = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
    expect(body).toMatchObject({
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'attest_jwt_client_auth', 'none'],
      introspection_endpoint_auth_methods_supported: ['private_key_jwt', 'attest_jwt_client_auth'],
      challenge_endpoint: `${server.issuer}/challenge`,
      client_attestation_pop_methods_supported: ['attestation_pop_jwt'],
    });
    const answer = await fetch(body.challenge_endpoint, { method: 'POST' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(((await answer.json()) as Json).attestation_challenge).toBe(
      answer.headers.get('oauth-client-attestation-challenge'),
    );
  });

  test('ATT-01: an instance gets its own token, bound to the key that its attester vouches for', async () => {
    const { status, body, headers } = await own();
    expect([status, body.token_type]).toEqual([200, 'DPoP']);
    expect(claimsOf(body.access_token)).toMatchObject({
      client_id: registration.client_id,
      cnf: { jkt: laptop.client.jkt },
    });
    expect(headers.get('oauth-client-attestation-challenge')).toMatch(/^[\w-]{43}$/);
  });

  test('ATT-04: the code that one instance asked for is worth nothing to another; nor are its tokens', async () => {
    const phone = await newInstance();
    const asked = await codeOf(laptop);
    const stolen = await redeem(phone, asked);
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    const { status, body } = await redeem(laptop, asked);
    expect([status, claimsOf(body.access_token).cnf]).toEqual([200, { jkt: laptop.client.jkt }]);
    if (body.refresh_token !== undefined) {
      const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
      expect((await post(phone, '/token', refresh)).body.error).toBe('invalid_grant');
      expect((await post(laptop, '/token', refresh)).status).toBe(200);
    }
  });

  test('everywhere that clients authenticate: backchannel, exchange, introspection, revocation', async () => {
    const asked = await post(laptop, '/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(readDetails()),
    });
    expect([asked.status, asked.body.auth_req_id]).toEqual([200, expect.any(String)]);
    const poll = await post(laptop, '/token', { grant_type: CIBA, auth_req_id: asked.body.auth_req_id });
    expect(poll.body.error).toBe('authorization_pending');

    const { body } = await redeem(laptop, await codeOf(laptop));
    const exchanged = await post(laptop, '/token', {
      grant_type: EXCHANGE,
      subject_token: body.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'calendar.read',
      resource: CALENDAR,
    });
    expect([exchanged.status, claimsOf(exchanged.body.access_token).cnf]).toEqual([200, { jkt: laptop.client.jkt }]);
    const token = exchanged.body.access_token;
    expect((await post(laptop, '/token/introspection', { token })).body).toMatchObject({ active: true });
    expect((await post(laptop, '/token/revocation', { token })).status).toBe(200);
    expect(await introspect(resourceServer, token)).toEqual({ active: false });
  });

  test('ATT-02: client_id is the subject, and may be left out', async () => {
    expect((await own({}, { client_id: undefined })).status).toBe(200);
    const { status, body } = await own({}, { client_id: 'cli_other' });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });

  const refused: [string, () => Promise<Sent>, string?][] = [
    ['without a proof of possession', async () => ({ proof: undefined })],
    ['without an attestation', async () => ({ attestation: undefined })],
    ['an attestation that is no JWT', async () => ({ attestation: 'x.y.z' })],
    ['two attestations', async () => ({ attestation: `${await attestation(laptop)}, ${await attestation(laptop)}` })],
    ['signed by another', async () => ({ attestation: await attestation(laptop, {}, {}, await signerFor('ES256')) })],
    ['signed by the instance', async () => ({ attestation: await selfAttested() })],
    ['with another alg', async () => ({ attestation: await attestation(laptop, {}, {}, await signerFor('EdDSA')) })],
    ['without a signature', async () => ({ attestation: unsigned(await attestation(laptop)) })],
    ['of another attester', async () => ({ attestation: await attestation(laptop, { iss: OTHER }) })],
    [
      'of another client',
      async () => ({ attestation: await attestation(laptop, { sub: 'cli_other' }) }),
      'invalid_request',
    ],
    ['of nobody', async () => ({ attestation: await attestation(laptop, { sub: undefined as never }) })],
    ['another kind of JWT', async () => ({ attestation: await attestation(laptop, {}, { typ: 'JWT' }) })],
    ['that never ends', async () => ({ attestation: await attestation(laptop, { exp: undefined as never }) })],
    ['of the future', async () => ({ attestation: await attestation(laptop, { iat: now() + 600 }) })],
    ['not valid yet', async () => ({ attestation: await attestation(laptop, { nbf: now() + 600 }) })],
    ['without a key', async () => ({ attestation: await attestation(laptop, { cnf: undefined }) })],
    [
      'with a thumbprint alone',
      async () => ({ attestation: await attestation(laptop, { cnf: { jkt: laptop.client.jkt } }) }),
    ],
    ['with a private key', async () => ({ attestation: await attestation(laptop, { cnf: { jwk: laptop.jwk } }) })],
    [
      'with a symmetric key',
      async () => ({ attestation: await attestation(laptop, { cnf: { jwk: { kty: 'oct', k: 'eA' } } }) }),
    ],
    ['for the key of another instance', async () => ({ attestation: await attestation(await newInstance()) })],
    [
      'ATT-03: one that has ended',
      async () => ({ attestation: await attestation(laptop, { iat: now() - 60, exp: now() - 1 }) }),
      'use_fresh_attestation',
    ],
    [
      'ATT-03: one older than the attester is trusted',
      async () => ({ attestation: await attestation(laptop, { iat: now() - 7200 }) }),
      'use_fresh_attestation',
    ],
    ['a proof for another server', async () => ({ proof: await possession(laptop, { aud: 'https://other.example' }) })],
    ['a proof for several', async () => ({ proof: await possession(laptop, { aud: [server.issuer] }) })],
    ['a proof without jti', async () => ({ proof: await possession(laptop, { jti: undefined as never }) })],
    ['a proof with an empty jti', async () => ({ proof: await possession(laptop, { jti: '' }) })],
    ['a proof without iat', async () => ({ proof: await possession(laptop, { iat: undefined as never }) })],
    ['a proof of an hour ago', async () => ({ proof: await possession(laptop, { iat: now() - 3600 }) })],
    ['a proof of the future', async () => ({ proof: await possession(laptop, { iat: now() + 600 }) })],
    ['a proof that has ended', async () => ({ proof: await possession(laptop, { exp: now() - 1 }) })],
    ['a proof of another client', async () => ({ proof: await possession(laptop, { iss: 'cli_other' }) })],
    ['a proof of another kind', async () => ({ proof: await possession(laptop, {}, { typ: 'dpop+jwt' }) })],
    ['a proof of another key', async () => ({ proof: await possession(await newInstance()) })],
    ['a proof without a signature', async () => ({ proof: unsigned(await possession(laptop)) })],
    ['the attestation as its own proof', async () => ({ proof: await attestation(laptop) })],
    [
      'ATT-03: a proof without a challenge',
      async () => ({ proof: await possession(laptop, { challenge: undefined }) }),
      'use_attestation_challenge',
    ],
    [
      'ATT-03: a proof with a challenge that we never gave',
      async () => ({ proof: await possession(laptop, { challenge: 'x'.repeat(43) }) }),
      'use_attestation_challenge',
    ],
    ['an assertion beside it', async () => ({ headers: { authorization: 'Basic eDp5' } }), 'invalid_request'],
  ];
  test.each(refused)('ATT-01: %s is refused', async (_name, sent, error = 'invalid_client') => {
    const { status, body, headers } = await own(await sent());
    expect([status, body.error, body.access_token]).toEqual([error === 'invalid_client' ? 401 : 400, error, undefined]);
    if (error === 'use_attestation_challenge') {
      const fresh = headers.get('oauth-client-attestation-challenge') ?? undefined;
      expect((await own({ proof: await possession(laptop, { challenge: fresh }) })).status).toBe(200);
    }
  });

  const selfAttested = () =>
    laptop.client.assertion(
      {
        iss: undefined as never,
        sub: registration.client_id,
        exp: now() + 3600,
        cnf: { jwk: laptop.publicJwk },
      } as never,
      { typ: 'oauth-client-attestation+jwt' },
    );
  const unsigned = (jwt: string): string => {
    const [, payload] = jwt.split('.');
    const { typ } = JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString());
    return `${Buffer.from(JSON.stringify({ typ, alg: 'none' })).toString('base64url')}.${payload}.`;
  };

  test('ATT-04: a DPoP proof of another key than the attested one is refused, and so is none', async () => {
    const thief = await newKey();
    const proof = await laptop.client.proof(`${server.issuer}/token`, { key: thief.jwk });
    for (const dpop of [proof, false]) {
      const { status, body } = await own({ dpop });
      expect([status, body.error]).toEqual([400, 'invalid_dpop_proof']);
    }
  });

  test('ATT-06: a proof counts once among twenty who present it together, at two instances', async () => {
    const proof = await possession(laptop);
    const answers = await Promise.all(
      [...Array(20).keys()].map((n) => own({ proof, base: server.bases[n % 2] as string })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(401)]);
  });

  test('a secret, or an assertion of its own, is nobody’s: it has no key', async () => {
    const assertion = await laptop.client.assertion();
    const tried = await own(
      { attestation: undefined, proof: undefined },
      { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
    );
    expect([tried.status, tried.body.error]).toEqual([401, 'invalid_client']);
  });

  test('what one organization trusts says nothing in another', async () => {
    const globex = await administrator(server, 'admin@globex.example');
    const { body } = await globex('POST', '/initial-access-tokens', {
      owner: 'person@globex.example',
      deputy: 'admin@globex.example',
    });
    const there = await registerWith(server, await attested(), body.initial_access_token);
    expect([there.status, there.body.error_description]).toEqual([400, expect.stringContaining('not trusted here')]);
  });

  test('a suspended agent is refused, and its evidence says why', async () => {
    await admin('POST', `/agents/${registration.agent_id}/suspend`, { reason: 'odd' });
    expect((await own()).body.error).toBe('invalid_client');
    const row = await database.first<Json>(
      `select reason from evidence where agent = $1 and type = 'token.refused' order by at desc limit 1`,
      [registration.agent_id],
    );
    expect(row.reason).toBe('agent_suspended');
    await admin('POST', `/agents/${registration.agent_id}/resume`, { reason: 'fine' });
    expect((await own()).status).toBe(200);
  });
});

describe('registration for it', () => {
  test('is answered as it was asked; the key by which we vouch for it stands nowhere', async () => {
    for (const body of [registration, (await manage(registration, 'GET')).body]) {
      expect([body.token_endpoint_auth_method, body.client_attester, body.jwks, body.dpop_bound_access_tokens]).toEqual(
        ['attest_jwt_client_auth', ATTESTER, undefined, true],
      );
    }
    const row = await database.first<Json>('select metadata from clients where client_id = $1', [
      registration.client_id,
    ]);
    expect([row.metadata.token_endpoint_auth_method, row.metadata.jwks]).toEqual(['attest_jwt_client_auth', undefined]);
  });

  test('DCR-13: another way to authenticate waits for the owner', async () => {
    const { publicJwk } = await newKey();
    const { status, body } = await manage(registration, 'PUT', {
      ...replaceable(registration),
      client_attester: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicJwk] },
    });
    expect([status, body.token_endpoint_auth_method, body.jwks]).toEqual([200, 'attest_jwt_client_auth', undefined]);
    expect(body.pending_change.members.toSorted()).toEqual(['client_attester', 'jwks', 'token_endpoint_auth_method']);
    registration = { ...registration, ...body };
  });

  test.each([
    ['no attester', { client_attester: undefined }, 'needs client_attester'],
    ['an attester that is no text', { client_attester: 5 }, 'needs client_attester'],
    ['an attester that nobody trusts', { client_attester: 'https://evil.example' }, 'not trusted here'],
    ['an issuer that is trusted for something else', { client_attester: OTHER }, 'not trusted here'],
    ['keys beside it', { jwks: { keys: [{ kty: 'EC' }] } }, 'takes the place of jwks'],
    ['unbound tokens', { dpop_bound_access_tokens: false }, 'dpop_bound_access_tokens is true'],
    ['an attester without the method', { token_endpoint_auth_method: 'private_key_jwt' }, 'client_attester is for'],
    [
      'an attester of a public client',
      { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
      'client_attester is for',
    ],
  ])('%s is refused, and the answer says what would pass', async (_name, more, means) => {
    const { status, body } = await registerWith(server, await attested(more));
    expect([status, body.error, body.error_description]).toEqual([
      400,
      'invalid_client_metadata',
      expect.stringContaining(means),
    ]);
  });
});

test('where the operator did not turn it on, nothing of it is there', async () => {
  const plain = await startServer();
  try {
    const discovery = (await (await fetch(`${plain.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
    expect(JSON.stringify(discovery)).not.toContain('attest');
    expect(discovery.challenge_endpoint).toBeUndefined();
    expect((await fetch(`${plain.issuer}/challenge`, { method: 'POST' })).status).toBe(404);
    const { status, body } = await registerWith(plain, await attested());
    expect([status, body.error_description]).toEqual([400, expect.stringContaining('is not offered here')]);
    const tried = await answerOf(
      await fetch(`${plain.issuer}/token`, {
        method: 'POST',
        headers: { 'OAuth-Client-Attestation': await attestation(laptop), 'OAuth-Client-Attestation-PoP': 'x.y.z' },
        body: new URLSearchParams({ ...OWN, client_id: registration.client_id }),
      }),
    );
    expect([tried.status, tried.body.error]).toEqual([401, 'invalid_client']);
  } finally {
    await plain.close();
  }
});
