import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import type { Database } from '../../adapters/postgres/database.ts';
import { connectToCountersign } from '../../examples/calendar-api/redeem.ts';
import { calendarApp } from '../../examples/calendar-api-express/server.ts';
import {
  agentMetadata,
  CALENDAR,
  claimsOf,
  INVITE,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  databaseOf,
  exchange,
  forge,
  HOUR,
  leafToken,
  revoke,
  rootToken,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openidClient } from './openid-client.ts';
import { deciding } from './peer.ts';

const WEEK = '/events?from=2026-11-24&to=2026-11-28';

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let root: string;
let leaf: string;
let idToken: string;
let jwksUri: string;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  agent = await registerAgent(server);
  root = await rootToken(agent, person, readDetails(), inviteDetails());
  leaf = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
  const asked = {
    authorization_details: detailsParameter(readDetails({ calendar: 'Work' })),
    resource: CALENDAR,
    scope: 'openid',
  };
  idToken = (await tokenInBrowser(agent, person, asked, HOUR)).body.id_token;
  const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`);
  jwksUri = ((await metadata.json()) as Json).jwks_uri;
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** Two libraries by different hands, told nothing but issuer, audience and algorithm; the keys they find themselves. */
const VERIFIERS: [name: string, verify: (token: string, audience: string) => Promise<Json>][] = [
  [
    'jose',
    async (token, audience) => {
      const keys = createRemoteJWKSet(new URL(jwksUri));
      const rules = { issuer: server.issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] };
      return (await jwtVerify(token, keys, rules)).payload;
    },
  ],
  [
    'jsonwebtoken with jwks-rsa',
    async (token, audience) => {
      const { JwksClient } = await import('jwks-rsa'); // when jose, which it requires, has been loaded
      const { kid } = jsonwebtoken.decode(token, { complete: true })?.header ?? {};
      const key = (await new JwksClient({ jwksUri }).getSigningKey(kid)).getPublicKey();
      return jsonwebtoken.verify(token, key, { issuer: server.issuer, audience, algorithms: ['ES256'] });
    },
  ],
];

describe.each(VERIFIERS)('%s', (name, verify) => {
  test('AT-01, AT-02: verifies the access tokens, by the published keys', async () => {
    for (const [token, audience] of [
      [leaf, CALENDAR],
      [root, server.issuer],
    ] as const) {
      expect(await verify(token, audience)).toMatchObject({
        iss: server.issuer,
        aud: audience,
        client_id: agent.clientId,
        act: { sub: agent.registration.agent_id },
        cnf: { jkt: agent.jkt },
        authorization_details: [{ type: READ }, { type: INVITE }],
      });
    }
  });

  test('AT-06, BCP-13: refuses them for another audience, past their time, and changed', async () => {
    const [header, payload, signature = ''] = leaf.split('.');
    const wider = Buffer.from(JSON.stringify({ ...claimsOf(leaf), aud: 'https://crm.acme.example' }));
    const expired = await forge(server, database, 'at+jwt', { ...claimsOf(leaf), exp: 1 });
    for (const [token, audience] of [
      [leaf, 'https://crm.acme.example'],
      [`${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`, CALENDAR],
      [`${header}.${wider.toString('base64url')}.${signature}`, 'https://crm.acme.example'],
      [expired, CALENDAR],
      // jsonwebtoken looks at no type; the audience of an ID token is a client.
      [idToken, CALENDAR],
    ] as const) {
      await expect(verify(token, audience)).rejects.toThrow();
    }
    if (name === 'jose') await expect(verify(idToken, agent.clientId)).rejects.toThrow('typ');
  });
});

describe('the calendar API behind Express and a middleware that others wrote', () => {
  let api: Awaited<ReturnType<typeof serve>>;
  const call = async (token: string, { path = WEEK, scheme = 'DPoP', proof }: Call = {}): Promise<Response> => {
    const url = `${api.address}${path}`;
    const dpop = proof ?? (await agent.proof(url, { method: 'GET', accessToken: token }));
    return fetch(url, { headers: { authorization: `${scheme} ${token}`, ...(dpop !== '' && { dpop }) } });
  };

  beforeAll(async () => {
    api = await serve(server);
  });
  afterAll(async () => api?.close());

  test('answers an agent on openid-client, for a token that a person approved', async () => {
    const { jwks: _, ...metadata } = agentMetadata({});
    const helper = await openidClient.register(server, metadata);
    const asked = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const { access_token } = await helper.askInBrowser(asked, deciding(person, HOUR));
    const answer = await helper.call(access_token, 'GET', new URL(WEEK, api.address));
    expect([answer.status, await answer.json()]).toMatchObject([200, { events: { length: 5 } }]);
  });

  test('keeps to what was approved, and redeems what is limited', async () => {
    expect((await call(leaf)).status).toBe(200);
    const wider = await call(leaf, { path: '/events?from=2026-11-24&to=2026-12-24' });
    expect([wider.status, await wider.json()]).toMatchObject([403, { error: 'insufficient_scope' }]);
    const once = await leafToken(agent, person, [readDetails({ from: '2026-12-01', to: '2026-12-01' })], {
      decision: { ...HOUR, duration: 'once' },
    });
    const path = '/events?from=2026-12-01&to=2026-12-01';
    const answers = [await call(once, { path }), await call(once, { path })];
    expect(answers.map(({ status }) => status)).toEqual([200, 403]);
    expect(await answers[1]?.json()).toMatchObject({ reason: 'used_up' });
  });

  test('sees within a second that a token was ended', async () => {
    const mine = accessTokenIn(await exchange(agent, leaf));
    expect((await call(mine)).status).toBe(200);
    await revoke(agent, mine);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await call(mine)).status).toBe(401);
  });

  test.each<[what: string, token: () => Promise<string> | string, how?: Call]>([
    ['BCP-13: a token for another audience', () => root],
    [
      'AT-06: an expired token',
      () => forge(server, database, 'at+jwt', { ...claimsOf(leaf), exp: Math.floor(Date.now() / 1000) - 10 }),
    ],
    [
      'AT-07: an ID token, even for its audience',
      () => forge(server, database, 'JWT', { ...claimsOf(idToken), aud: CALENDAR }),
    ],
    ['AT-07: an ID token as it is', () => idToken],
    [
      'AT-06: a token of another issuer',
      () => forge(server, database, 'at+jwt', { ...claimsOf(leaf), iss: 'https://x.example' }),
    ],
    ['DP-05: a bound token as Bearer', () => leaf, { scheme: 'Bearer', proof: '' }],
    ['DP-05: a bound token as Bearer, with its proof', () => leaf, { scheme: 'Bearer' }],
    ['DP-01: a bound token without a proof', () => leaf, { proof: '' }],
    ['no token at all', () => '', { proof: '' }],
  ])('%s is refused with a challenge', async (_, token, how = {}) => {
    const answer = await call(await token(), how);
    expect([400, 401]).toContain(answer.status);
    expect(answer.headers.get('www-authenticate')).toMatch(/DPoP|Bearer/);
    expect(await answer.text()).not.toContain('evt_');
  });

  test('DP-01, DP-08: a proof for another address, by another key, or used before', async () => {
    const url = `${api.address}${WEEK}`;
    const used = await agent.proof(url, { method: 'GET', accessToken: leaf });
    expect((await call(leaf, { proof: used })).status).toBe(200);
    const other = await registerAgent(server);
    for (const proof of [
      used,
      await agent.proof(`${api.address}/export`, { method: 'GET', accessToken: leaf }),
      await agent.proof(url, { method: 'POST', accessToken: leaf }),
      await agent.proof(url, { method: 'GET', accessToken: root }),
      await agent.proof(url, { method: 'GET', accessToken: leaf, key: other.jwk }),
      await agent.proof(url, { method: 'GET', accessToken: leaf, iat: Math.floor(Date.now() / 1000) - 300 }),
    ]) {
      expect([400, 401]).toContain((await call(leaf, { proof })).status);
    }
  });

  test('does nothing while the server cannot be asked', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    const doomed = await startServer();
    const alone = await serve(doomed);
    await doomed.close();
    const url = `${alone.address}${WEEK}`;
    const dpop = await agent.proof(url, { method: 'GET', accessToken: leaf });
    const answer = await fetch(url, { headers: { authorization: `DPoP ${leaf}`, dpop } });
    // No fault of the token: an agent that is told 401 would throw it away.
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
    const nobody = await fetch(url);
    expect(nobody.status).toBe(401);
    await alone.close();
    logged.mockRestore();
  });
});

interface Call {
  path?: string;
  scheme?: string;
  /** Another one than the fitting; the empty text is none. */
  proof?: string;
}

/** The API as its main.ts starts it. */
async function serve({ issuer, demo }: TestServer): Promise<{ address: string; close(): Promise<void> }> {
  const countersign = await connectToCountersign(issuer, demo.resourceServer);
  const rules = { issuer, resource: CALENDAR, url: '' };
  const api = await new Promise<Server>((resolve) => {
    const listening: Server = calendarApp(rules, countersign).listen(0, 'localhost', () => resolve(listening));
  });
  rules.url = `http://localhost:${(api.address() as AddressInfo).port}`;
  return {
    address: rules.url,
    async close() {
      api.closeAllConnections();
      api.close();
      await countersign.end().catch(() => {}); // its server may be gone
    },
  };
}
