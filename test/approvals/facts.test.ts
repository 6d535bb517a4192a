import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { requestHash } from '../../server/tasks/request.ts';
import { asked as askedShop } from '../catalogue/shop.ts';
import { ask, poll, wordsOf } from '../protocol/support.ts';
import { operator } from '../support/admin.ts';
import { type Answer, demoClient, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { accessTokenIn, databaseOf, serveWith } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PLACE = 'shop.orders.place';
const STRICT = 'strict.orders.place';
/** The same shop, where a request that cannot be checked is refused. */
const strict = askedShop
  .replaceAll('shop.orders.place', 'strict.orders.place')
  .replaceAll('https://shop.example', 'https://strict.example')
  .replace('unchecked: high', 'unchecked: refuse')
  .replace(
    '{ default: medium }',
    "{ default: medium, rules: [{ when: { count_above: { parameter: '#pieces', value: 99 } }, then: high }] }",
  );

/** A few bytes on the way. */
const packed = brotliCompressSync(`{"pieces":1,"store":"${'x'.repeat(1024 * 1024)}"}`);

let shop: Server;
let answer: (response: ServerResponse) => void;
let questions: string[] = [];
let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;

beforeAll(async () => {
  shop = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    questions.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
    answer(response);
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  server = await startServer({
    COUNTERSIGN_RESOURCE_ADDRESSES: `https://shop.example=${at}, https://strict.example=${at}`,
  });
  database = databaseOf(server);
  const published = await (await operator(server))('POST', '/catalogue', `${askedShop}${strict}`);
  expect(published.body).toMatchObject({ published: 2 });
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  shop?.close();
  shop?.closeAllConnections();
});
beforeEach(async () => {
  questions = [];
  says({ pieces: 1240, store: 'North' });
  agent = await registerAgent(server, { authorization_details_types: [PLACE, STRICT] });
});

const says = (facts: unknown) => {
  answer = (response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(typeof facts === 'string' ? facts : JSON.stringify(facts));
};
const order = (more: Json = {}) => detailsParameter({ type: PLACE, item: 'chair', due: '2026-12-24', ...more });
const place = (more: Json = {}, type = PLACE) =>
  ask(agent, {
    resource: type === PLACE ? 'https://shop.example' : 'https://strict.example',
    authorization_details: order({ type, ...more }),
  });
const approvals = () =>
  database.rows<Json>('select * from approvals where client_id = $1 order by asked_at', [agent.clientId]);

describe('what a resource states about a request', () => {
  test('it is asked with one signed question, and the page shows its answer, marked', async () => {
    const { status } = await place();
    expect(status).toBe(200);

    const [sent = ''] = questions;
    const [method, path, type, jwt = ''] = sent.split(' ');
    expect([questions.length, method, path, type]).toEqual([1, 'POST', '/facts', 'application/jwt']);
    const { payload, protectedHeader }: JWTVerifyResult = await jwtVerify(
      jwt,
      createRemoteJWKSet(new URL(`${server.issuer}/jwks`)),
      { issuer: server.issuer, audience: 'https://shop.example', typ: 'facts-question+jwt' },
    );
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toEqual({
      iss: server.issuer,
      aud: 'https://shop.example',
      sub: expect.stringMatching(/^usr_/),
      org_id: expect.stringMatching(/^org_/),
      act: { sub: agent.registration.agent_id },
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 30,
      jti: expect.any(String),
      authorization_details: [{ type: PLACE, locations: ['https://shop.example'], item: 'chair', due: '2026-12-24' }],
    });

    const [approval] = await approvals();
    const page = await person.get(`/r/${approval.id}`);
    expect(page.html).toContain('<bdi class="stated">1,240</bdi>');
    expect(wordsOf(page)).toContain('stated by Shop when this was asked');
  });

  test('it is pinned: the hash of the request covers it', async () => {
    await place();
    const [{ request, request_hash }] = await approvals();

    expect(request.actions[0].facts).toEqual({ pieces: 1240, store: 'North' });
    expect(requestHash(request)).toBe(request_hash);
    const other = { ...request, actions: [{ ...request.actions[0], facts: { pieces: 1241, store: 'North' } }] };
    expect(requestHash(other)).not.toBe(request_hash);
  });

  test('the question passes nowhere as an access token', async () => {
    await place();
    const [, , , jwt = ''] = (questions[0] ?? '').split(' ');
    const answer = await fetch(`${server.issuer}/admin/api/whoami`, { headers: { authorization: `Bearer ${jwt}` } });
    expect(answer.status).toBe(401);
  });

  test('a number above a bound raises the impact, whatever the agent asked', async () => {
    says({ pieces: 99 });
    expect((await place({}, STRICT)).status).toBe(200);
    says({ pieces: 100 });
    const raised = await place({ item: 'table' }, STRICT);
    const last = (await approvals()).at(-1);
    // High impact is either asked with its proof, or refused where there is none.
    expect(raised.status === 200 ? last.impact : raised.body.error).toMatch(/^(high|invalid_authorization_details)$/);
  });
});

describe.each([
  ['nothing is said in time', () => (answer = () => undefined)],
  ['the answer is an error', () => (answer = (response) => response.writeHead(500).end('{"pieces":1}'))],
  ['the answer leads elsewhere', () => (answer = (response) => response.writeHead(302, { location: '/' }).end())],
  ['the connection breaks', () => (answer = (response) => response.destroy())],
  ['it is no JSON', () => says('<b>1240</b>')],
  ['a fact is missing', () => says({ store: 'North' })],
  ['a fact is one that nobody declared', () => says({ pieces: 1, colour: 'red' })],
  ['a fact is beyond its bounds', () => says({ pieces: 10_000_000 })],
  ['a member stands twice', () => says('{"pieces":1,"pieces":2}')],
  ['a text turns around', () => says({ pieces: 1, store: 'North\u202e' })],
  ['a text hides something', () => says({ pieces: 1, store: 'No\u200brth' })],
  ['a text has spaces that no page shows', () => says({ pieces: 1, store: 'North  1' })],
  [
    'it unpacks to more than anybody reads',
    () => (answer = (response) => response.writeHead(200, { 'content-encoding': 'br' }).end(packed)),
  ],
  ['it is too long', () => says({ pieces: 1, store: 'x'.repeat(20_000) })],
])('it could not be asked: %s', (_, happens) => {
  test('the request is refused where the action says so, and tells when to try again', async () => {
    happens();
    const { status, body, headers } = await place({}, STRICT);
    expect([status, body.error, headers.get('retry-after')]).toEqual([403, 'access_denied', '30']);
    expect(await approvals()).toEqual([]);
  });
});

describe('the resource that redeems hears what it stated: whether that is still so, only it can know', () => {
  let key: string;
  beforeAll(async () => {
    const resourceServer = await demoClient(server, 'resourceServer');
    await serveWith(database, 'https://shop.example', resourceServer);
    const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
    key = accessTokenIn(own);
  });
  /** Approved, and the token that comes of it. */
  const approved = async ({ body }: Answer) => {
    const [approval] = await approvals();
    await person.submit(await person.get(`/r/${approval.id}`), {
      decision: 'approve',
      duration: 'once',
      number: body.display_code,
      read: '1',
      action_0: 'allow',
      action_1: 'allow',
    });
    return accessTokenIn(await poll(agent, body.auth_req_id));
  };
  const redeem = async (token: string, item: string) => {
    const response = await fetch(`${server.issuer}/redemptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        token,
        action: PLACE,
        parameters: { item, due: '2026-12-24' },
        idempotency_key: `${agent.clientId} ${item}`,
      }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };

  test('of one action', async () => {
    expect(await redeem(await approved(await place()), 'chair')).toEqual({
      status: 201,
      body: {
        redemption_id: expect.any(String),
        remaining: 0,
        expires_at: expect.any(String),
        facts: { pieces: 1240, store: 'North' },
      },
    });
  });

  test('of each of two, also when the person made both narrower', async () => {
    answer = (response) => {
      const [, payload = ''] = questions.at(-1)?.split(' ').at(-1)?.split('.') ?? [];
      const [{ item }] = JSON.parse(Buffer.from(payload, 'base64url').toString()).authorization_details;
      response.end(JSON.stringify({ pieces: item === 'chair' ? 4 : 1, store: 'North' }));
    };
    const both = ['chair', 'table'].map((item) => ({ type: PLACE, item, due: '2026-12-24' }));
    const asked = { resource: 'https://shop.example', authorization_details: detailsParameter(...both) };
    const token = await approved(await ask(agent, asked));
    // Nothing in this shop can be made narrower on the page: so that neither is what was asked any more.
    await database.run(
      `update task_actions a set parameters = a.parameters || '{"note": "narrower"}' from tasks t
       where t.id = a.task and t.client_id = $1`,
      [agent.clientId],
    );
    expect((await redeem(token, 'table')).body.facts).toEqual({ pieces: 1, store: 'North' });
    expect((await redeem(token, 'chair')).body.facts).toEqual({ pieces: 4, store: 'North' });
  });
});

test('it could not be asked, and the action weighs it higher instead: it is never shown as if it were known', async () => {
  answer = (response) => response.writeHead(500).end();
  const { status, body } = await place();
  const [approval] = await approvals();
  if (status === 200) {
    expect([approval.impact, approval.request.actions[0].facts]).toEqual(['high', null]);
    const page = await person.get(`/r/${approval.id}`);
    expect(page.html).toContain('an unknown number');
    expect(wordsOf(page)).toContain('Shop could not be asked');
  } else {
    expect([status, body.error, approval]).toEqual([400, 'invalid_authorization_details', undefined]);
  }
});

test('a live task covers the same request, and nobody is asked again', async () => {
  const { body } = await place();
  const [approval] = await approvals();
  await person.submit(await person.get(`/r/${approval.id}`), {
    decision: 'approve',
    duration: 'PT1H',
    number: body.display_code,
    read: '1',
  });
  questions = [];
  await setTimeout(0);
  await place();
  expect(questions).toEqual([]);
  expect((await approvals()).at(-1).status).toBe('approved');
});
