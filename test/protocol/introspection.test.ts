import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  CALENDAR,
  claimsOf,
  demoClient,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  addClient,
  databaseOf,
  eventsOf,
  exchange,
  forge,
  introspect,
  registerAgentAt,
  revoke,
  stop,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { codeFor, type Form, now, postForm, setAgentStatus } from './support.ts';

const INACTIVE = { active: false };

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let rs: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  agent = await registerAgent(server);
  rs = await demoClient(server, 'resourceServer');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const tokens = async (
  client = agent,
  form: Form = { scope: 'openid calendar.read', resource: CALENDAR },
): Promise<Json> => {
  const { status, body } = await client.token(await codeFor(client, person, form));
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
};

describe('what is said of a token that lives', () => {
  test('IN-04 IN-06 ACT-06 DP-02 SU-03: to the server of its resource, what the JWT says', async () => {
    const { access_token } = await tokens();
    const seen = await introspect(rs, access_token);
    expect(seen).toEqual({ active: true, token_type: 'DPoP', ...claimsOf(access_token) });
  });

  test('RAR-40: details at the top, as granted', async () => {
    const client = await registerAgent(server);
    const { access_token } = await tokens(client, {
      authorization_details: detailsParameter(readDetails()),
      resource: CALENDAR,
    });
    const seen = await introspect(rs, access_token);
    expect(seen.authorization_details).toEqual(claimsOf(access_token).authorization_details);
    expect(seen.authorization_details).toEqual([
      expect.objectContaining({ ...readDetails(), access: 'read', impact: 'low' }),
    ]);
  });

  test('IN-05: to the client it was issued to', async () => {
    const { access_token, refresh_token, task_id } = await tokens();
    expect((await introspect(agent, access_token)).active).toBe(true);
    expect(await introspect(agent, refresh_token)).toMatchObject({
      active: true,
      client_id: agent.clientId,
      task_id,
      cnf: { jkt: agent.jkt },
    });
  });

  test('IN-04: of a token without a person', async () => {
    const { body } = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' });
    expect(await introspect(rs, body.access_token)).toMatchObject({
      active: true,
      sub: rs.clientId,
      scope: 'redemptions',
      aud: server.issuer,
    });
  });

  test.each(['access_token', 'refresh_token', 'nonsense', ''])(
    'IN-01: the hint %p changes nothing',
    async (token_type_hint) => {
      const { access_token } = await tokens();
      const { body } = await rs.post('/token/introspection', { token: access_token, token_type_hint }, { dpop: false });
      expect(body.active).toBe(true);
    },
  );
});

describe('IN-03: {"active":false} and nothing else', () => {
  type Case = () => Promise<{ by?: TestClient; token: string }>;
  const CASES: [string, Case][] = [
    ['no token of ours', async () => ({ token: 'unknown' })],
    ['a JWT that is none', async () => ({ token: 'a.b.c' })],
    [
      'a token with a NUL in its payload',
      async () => ({ token: `${Buffer.from('{"alg":"ES256","typ":"at+jwt"}').toString('base64url')}.AAAA.AAAA` }),
    ],
    ['an ID token', async () => ({ token: (await tokens()).id_token })],
    ['a client assertion', async () => ({ token: await agent.assertion() })],
    [
      'an access token with another signature',
      async () => ({ token: `${(await tokens()).access_token.slice(0, -8)}AAAAAAAA` }),
    ],
    [
      'IN-05: to another agent',
      async () => ({ by: await registerAgent(server), token: (await tokens()).access_token }),
    ],
    [
      'IN-05: to an application',
      async () => ({ by: await demoClient(server, 'application'), token: (await tokens()).access_token }),
    ],
    [
      'IN-05: to the server of another resource',
      async () => ({ by: await addClient(server, database, 'resource_server'), token: (await tokens()).access_token }),
    ],
    [
      'IN-05 design §8.4: to an agent of another organization',
      async () => ({ by: await registerAgentAt(server, database, 'globex'), token: (await tokens()).access_token }),
    ],
    ['IN-05: a refresh token to the server of the resource', async () => ({ token: (await tokens()).refresh_token })],
    [
      'an authorization code',
      async () => ({
        by: agent,
        token: (await codeFor(agent, person, { scope: 'calendar.read', resource: CALENDAR })).code,
      }),
    ],
    [
      'revoked',
      async () => {
        const { access_token } = await tokens();
        await revoke(agent, access_token);
        return { token: access_token };
      },
    ],
    [
      'TX-03: of an agent that was stopped',
      async () => {
        const client = await registerAgent(server);
        const { access_token } = await tokens(client);
        await stop(database, client.registration.organization, 'agent', client.registration.agent_id);
        return { token: access_token };
      },
    ],
    [
      'design §4: of an agent that is suspended',
      async () => {
        const client = await registerAgent(server);
        const { access_token } = await tokens(client);
        await setAgentStatus(database, client, 'suspended');
        return { token: access_token };
      },
    ],
    [
      'of a task that ended',
      async () => {
        const client = await registerAgent(server);
        const { access_token, task_id } = await tokens(client);
        await database.run(`update tasks set expires_at = now() - interval '1 second' where id = $1`, [task_id]);
        return { token: access_token };
      },
    ],
    [
      'of a resource that was stopped',
      async () => {
        const client = await registerAgent(server);
        const { access_token } = await tokens(client, { scope: 'calendar.read' });
        await stop(database, client.registration.organization, 'token', claimsOf(access_token).jti);
        return { by: client, token: access_token };
      },
    ],
  ];
  test.each(CASES)('%s', async (_name, make) => {
    const { by = rs, token } = await make();
    const answer = await by.post('/token/introspection', { token }, { dpop: false });
    expect([answer.status, answer.body]).toEqual([200, INACTIVE]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('IN-03: of a person who was disabled', async () => {
    const ben = await signIn(server, 'approver@acme.example');
    const client = await registerAgent(server);
    const { body } = await client.token(await codeFor(client, ben, { scope: 'calendar.read', resource: CALENDAR }));
    expect((await introspect(rs, body.access_token)).active).toBe(true);
    await database.run(`update people set status = 'disabled' where email = 'approver@acme.example'`);
    expect(await introspect(rs, body.access_token)).toEqual(INACTIVE);
    await database.run(`update people set status = 'active' where email = 'approver@acme.example'`);
  });

  test('design §4: signed with our key and never issued, which is an alarm', async () => {
    const { access_token } = await tokens();
    const claims = claimsOf(access_token);
    const forged = await forge(server, database, 'at+jwt', { ...claims, jti: 'never-issued', scope: 'everything' });
    const events = await eventsOf(database, async () => {
      expect(await introspect(rs, forged)).toEqual(INACTIVE);
    });
    expect(events.map(({ type }) => type)).toEqual(['token.alarm']);
  });

  test('an expired token, although it was never revoked', async () => {
    const { access_token } = await tokens();
    const forged = await forge(server, database, 'at+jwt', { ...claimsOf(access_token), exp: now() - 1 });
    expect(await introspect(rs, forged)).toEqual(INACTIVE);
  });
});

describe('the endpoint', () => {
  test.each(['GET', 'PUT', 'OPTIONS'])('IN-07: %s is 405', async (method) => {
    const response = await fetch(`${server.issuer}/token/introspection?token=x`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('IN-02: a public client sees nothing', async () => {
    const client = await registerAgent(server, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      jwks: undefined,
    });
    const answer = await postForm(server, '/token/introspection', { token: 'x', client_id: client.clientId });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  test.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a token twice', { token: ['a', 'b'] }],
    ['a token with a NUL', { token: 'a\u0000' }],
  ])('IN-01: %s is invalid_request', async (_name, form) => {
    const answer = await rs.post('/token/introspection', form as Form, { dpop: false });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('IN-08: the token in the query counts for nothing', async () => {
    const { access_token } = await tokens();
    const answer = await rs.post(`/token/introspection?token=${access_token}`, {}, { dpop: false });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });
});

describe('RFC 9701: a signed answer, for whoever wants to show it later', () => {
  const SIGNED = 'application/token-introspection+jwt';
  const signed = (by: TestClient, token: string, accept = SIGNED) =>
    by.post('/token/introspection', { token }, { dpop: false, headers: { accept } });
  const verify = async (jwt: string, audience = rs.clientId) => {
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
    return jwtVerify(jwt, keys, { issuer: server.issuer, audience, typ: 'token-introspection+jwt' });
  };

  test('IN-10: says what the plain one says, to this caller, and is no access token', async () => {
    const { access_token } = await tokens();
    const answer = await signed(rs, access_token);
    expect(answer.headers.get('content-type')).toMatch(/^application\/token-introspection\+jwt/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { payload, protectedHeader } = await verify(answer.body);
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'token-introspection+jwt', kid: expect.any(String) });
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
    expect(payload).toMatchObject({ aud: rs.clientId, iat: expect.any(Number) });
    expect(payload.token_introspection).toEqual(await introspect(rs, access_token));
    expect(payload.token_introspection).toMatchObject({ active: true, act: { sub: agent.registration.agent_id } });
    // Neither as a token to introspect, nor as a subject, nor in the hands of an API.
    expect(await introspect(rs, answer.body)).toEqual(INACTIVE);
    const exchanged = await exchange(agent, answer.body, { resource: CALENDAR });
    expect(exchanged).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test.each([
    ['unknown', async () => ({ by: rs, token: 'unknown' })],
    [
      'revoked',
      async () => {
        const { access_token } = await tokens();
        await revoke(agent, access_token);
        return { by: rs, token: access_token };
      },
    ],
    ['another’s to see', async () => ({ by: await registerAgent(server), token: (await tokens()).access_token })],
  ])('IN-11: a token that is %s is signed as inactive, and nothing else', async (_name, make) => {
    const { by, token } = await make();
    const { payload } = await verify((await signed(by, token)).body, by.clientId);
    expect(payload).toEqual({
      iss: server.issuer,
      aud: by.clientId,
      iat: expect.any(Number),
      token_introspection: INACTIVE,
    });
  });

  test('IN-10: of a refresh token, to its client', async () => {
    const { refresh_token } = await tokens();
    const { payload } = await verify((await signed(agent, refresh_token)).body, agent.clientId);
    expect(payload.token_introspection).toMatchObject({ active: true, client_id: agent.clientId });
  });

  test.each([
    ['application/json', 'json'],
    ['*/*', 'json'],
    [`application/json, ${SIGNED};q=0.5`, 'json'],
    [`${SIGNED}, application/json;q=0.5`, 'jwt'],
    [`${SIGNED};q=1, */*;q=0.1`, 'jwt'],
  ])('IN-10: Accept: %s brings %s', async (accept, kind) => {
    const answer = await signed(rs, 'unknown', accept);
    expect(answer.headers.get('content-type')).toMatch(
      kind === 'jwt' ? /token-introspection\+jwt/ : /^application\/json/,
    );
  });

  test('IN-02: a refusal is plain', async () => {
    const answer = await rs.post(
      '/token/introspection',
      { token: 'x', client_assertion: 'a.b.c' },
      { dpop: false, headers: { accept: SIGNED } },
    );
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('IN-12: the metadata and the registration name the algorithm', async () => {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
    expect(metadata.introspection_signing_alg_values_supported).toEqual(['ES256']);
    const client = await registerAgent(server, { introspection_signed_response_alg: 'ES256' });
    expect(client.registration.introspection_signed_response_alg).toBe('ES256');
    await expect(registerAgent(server, { introspection_signed_response_alg: 'none' })).rejects.toThrow(
      'invalid_client_metadata',
    );
  });
});
