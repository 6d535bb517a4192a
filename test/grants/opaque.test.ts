import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { operator } from '../support/admin.ts';
import {
  CALENDAR,
  claimsOf,
  EXCHANGE,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  addClient,
  addEdge,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  introspect,
  revoke,
  rootToken,
  serveWith,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ROOMS = 'https://rooms.acme.example';
const BOOK = 'rooms.booking.create';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const INACTIVE = { active: false };

let server: TestServer;
let database: Database;
let person: TestPerson;
let rooms: TestClient;
let planner: TestClient;
let booker: TestClient;
let root: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  const yaml = readFileSync(join(import.meta.dirname, '../../examples/rooms.yaml'), 'utf8');
  const opaque = yaml.replace('  owner: deployment', '  owner: deployment\n  token_format: opaque');
  expect(await (await operator(server))('POST', '/catalogue', opaque)).toMatchObject({ status: 200 });
  const metadata = { authorization_details_types: [READ, BOOK], grant_types: ['authorization_code', EXCHANGE] };
  [person, rooms, planner, booker] = await Promise.all([
    signIn(server),
    addClient(server, database, 'resource_server'),
    registerAgent(server, { client_name: 'Planner', ...metadata }),
    registerAgent(server, { client_name: 'Booker', ...metadata }),
  ]);
  await serveWith(database, ROOMS, rooms);
  await addEdge(database, planner, booker, [BOOK]);
  root = await rootToken(planner, person, readDetails(), booking());
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const booking = (more: Json = {}) => ({
  type: BOOK,
  locations: [ROOMS],
  room: 'Blue Room',
  start: '2026-11-26T10:00:00Z',
  minutes: 60,
  ...more,
});
const redeem = async (token: string, minutes: number): Promise<number> => {
  const own = await rooms.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const { type: _, locations: __, ...parameters } = booking({ minutes });
  const response = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token, action: BOOK, parameters, idempotency_key: `${Math.random()}` }),
  });
  return response.status;
};

describe('a token of a resource that asks: opaque, and everything else as a JWT', () => {
  test('IN-04 IN-06 ACT-06: the answer about it has the members of a JWT of the same chain, each of them', async () => {
    const handTo = async (form: Json) =>
      accessTokenIn(await exchange(planner, root, { requested_actor: booker.registration.agent_id, ...form }));
    const handoff = await handTo({ authorization_details: detailsParameter(booking({ minutes: 30 })) });
    const token = accessTokenIn(await exchange(booker, handoff, { resource: ROOMS }));
    expect(token).toMatch(/^cs_[0-9a-z]+_[A-Za-z0-9_-]{43}$/);
    const seen = await introspect(rooms, token);
    // The planner's own leaf at a resource that takes JWTs says the same things in the same words.
    const jwt = claimsOf(accessTokenIn(await exchange(planner, root, { resource: CALENDAR })));
    expect(Object.keys(seen).toSorted()).toEqual([...Object.keys(jwt), 'active', 'token_type'].toSorted());
    expect(seen).toMatchObject({
      active: true,
      iss: server.issuer,
      sub: jwt.sub,
      aud: ROOMS,
      client_id: booker.clientId,
      token_type: 'DPoP',
      cnf: { jkt: booker.jkt },
      act: { ...jwt.act, sub: booker.registration.agent_id, client_id: booker.clientId, act: jwt.act },
      authorization_details: [{ ...booking({ minutes: 30 }), access: 'write', impact: 'medium', max_uses: null }],
      org_id: jwt.org_id,
      sub_profile: 'user',
      client_profile: 'ai_agent',
      task_id: jwt.task_id,
      task_hash: jwt.task_hash,
      auth_time: jwt.auth_time,
      acr: jwt.acr,
    });
    expect(seen.txn).not.toBe(jwt.txn);
  });

  test('IN-06: what the JWT says, the answer about the JWT says too', async () => {
    const token = accessTokenIn(await exchange(planner, root, { resource: CALENDAR }));
    expect(await introspect(planner, token)).toEqual({ active: true, token_type: 'DPoP', ...claimsOf(token) });
  });

  test('it is a subject token, redeemed, revoked and an ancestor’s to take back as a JWT is', async () => {
    const mine = accessTokenIn(await exchange(planner, root, { resource: ROOMS }));
    const less = { authorization_details: detailsParameter(booking({ minutes: 30 })) };
    const narrower = accessTokenIn(await exchange(planner, mine, less));
    const theirs = accessTokenIn(
      await exchange(
        booker,
        accessTokenIn(await exchange(planner, mine, { requested_actor: booker.registration.agent_id, ...less })),
      ),
    );
    expect([await redeem(narrower, 60), await redeem(narrower, 30)]).toEqual([403, 201]);
    await revoke(planner, theirs);
    expect([await introspect(rooms, theirs), await redeem(theirs, 30)]).toEqual([INACTIVE, 403]);
    expect((await introspect(rooms, narrower)).active).toBe(true);
    await revoke(planner, mine);
    expect([await introspect(rooms, narrower), await redeem(narrower, 30)]).toEqual([INACTIVE, 403]);
  });

  test('X16: whoever insists on a JWT gets none, and the dry run says so beforehand', async () => {
    const form = { resource: ROOMS, requested_token_type: `${TYPE}jwt` };
    expect(await exchange(planner, root, form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await exchange(planner, root, { ...form, explain: 'true' })).toMatchObject({
      status: 200,
      body: { allowed: false, error: 'invalid_request' },
    });
    expect(await exchange(planner, root, { ...form, resource: CALENDAR })).toMatchObject({ status: 200 });
  });

  test('by a code too, and bound to the key as every token', async () => {
    const asked = { authorization_details: detailsParameter(booking({ room: 'Red Room' })), resource: ROOMS };
    const { body } = await tokenInBrowser(planner, person, asked, HOUR);
    expect(body).toMatchObject({ token_type: 'DPoP', access_token: expect.stringMatching(/^cs_/) });
    expect(await introspect(rooms, body.access_token)).toMatchObject({ active: true, cnf: { jkt: planner.jkt } });
  });
});

describe('one spelling of it, and nothing in the database that opens anything', () => {
  test('the value is nowhere; the name it was issued under opens nothing', async () => {
    const token = accessTokenIn(await exchange(planner, root, { resource: ROOMS }));
    const { jti } = await introspect(rooms, token);
    const found = await database.first<{ count: number }>(
      'select count(*)::int as count from issued_tokens t where t.jti = $1 and position($2 in to_jsonb(t)::text) > 0',
      [jti, token],
    );
    expect(found?.count).toBe(0);
    for (const value of [jti, `cs_${jti}`]) expect(await introspect(rooms, value)).toEqual(INACTIVE);
  });

  test.each<[what: string, spell: (token: string) => string]>([
    ['in capitals', (token) => token.toUpperCase()],
    ['with another time', (token) => token.replace(/^cs_(.)/, (_, first) => `cs_${first === 'z' ? 'y' : 'z'}`)],
    ['with a blank behind it', (token) => `${token} `],
    ['with padding', (token) => `${token}=`],
    ['with its last character changed', (token) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['cut short', (token) => token.slice(0, -1)],
  ])('%s it is no token, and no alarm', async (_what, spell) => {
    const token = accessTokenIn(await exchange(planner, root, { resource: ROOMS }));
    const events = await eventsOf(database, async () => {
      expect(await introspect(rooms, spell(token))).toEqual(INACTIVE);
    });
    expect(events).toEqual([]);
    expect((await introspect(rooms, token)).active).toBe(true);
  });
});
