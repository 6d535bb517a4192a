import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
  INVITE,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { accessTokenIn, databaseOf, eventsOf, exchange, introspect, revoke, rootToken } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const INACTIVE = { active: false };
const invalidRequest = { status: 400, body: { error: 'invalid_request' } };

let server: TestServer;
let database: Database;
let admin: Api;
let person: TestPerson;
let resourceServer: TestClient;
let planner: TestClient;
let finder: TestClient;
let scout: TestClient;
/** One hour of Anna's calendar and one invitation, for the planner. */
let root: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  const grant_types = ['authorization_code', 'client_credentials', EXCHANGE];
  [admin, person, resourceServer, planner, finder, scout] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    signIn(server),
    demoClient(server, 'resourceServer'),
    registerAgent(server, { client_name: 'Planner', grant_types }),
    registerAgent(server, { client_name: 'Finder' }),
    registerAgent(server, { client_name: 'Scout' }),
  ]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const idOf = (agent: TestClient): string => agent.registration.agent_id;
const put = async (from: TestClient, to: TestClient, actions: string[], more: Json = {}): Promise<Answer> => {
  const answer = await admin('PUT', '/edges', { parent: idOf(from), child: idOf(to), actions, ...more });
  expect(answer.status).toBe(200);
  return answer;
};
const remove = (from: TestClient, to: TestClient): Promise<Answer> =>
  admin('DELETE', '/edges', { parent: idOf(from), child: idOf(to) });
const handOff = async (from: TestClient, token: string, to: TestClient, form: Json = {}): Promise<string> =>
  accessTokenIn(await exchange(from, token, { requested_actor: idOf(to), ...form }));
const reading = (calendar: string) => ({ authorization_details: detailsParameter(readDetails({ calendar })) });
const state = async (token: string) => (await introspect(resourceServer, token)).active;

describe('an edge that an administrator takes away takes with it what went along it', () => {
  /** Two children of the planner, one grandchild, and a hand-off on its way. */
  async function family(calendar: string) {
    await put(planner, finder, [READ, INVITE], { max_depth: 3 });
    await put(finder, scout, [READ], { max_depth: 3 });
    await put(planner, scout, [READ], { max_depth: 3 });
    root = await rootToken(planner, person, readDetails({ calendar }), inviteDetails({ title: calendar }));
    const child = accessTokenIn(await exchange(finder, await handOff(planner, root, finder, reading(calendar))));
    return {
      own: accessTokenIn(await exchange(planner, root, { resource: CALENDAR })),
      child,
      grandchild: accessTokenIn(await exchange(scout, await handOff(finder, child, scout))),
      sibling: accessTokenIn(await exchange(scout, await handOff(planner, root, scout, reading(calendar)))),
      onItsWay: await handOff(planner, root, finder, reading(calendar)),
    };
  }

  test('removed: the child, everybody below it, and what was on its way; nobody else, and the answer says until when', async () => {
    const { own, child, grandchild, sibling, onItsWay } = await family('Removed');
    const answer = await remove(planner, finder);
    expect(answer).toMatchObject({
      status: 200,
      body: { removed: true, stopped_at: expect.any(String), tokens: [{ resource: CALENDAR, count: 2 }] },
    });
    expect([await state(child), await state(grandchild), await state(sibling), await state(own)]).toEqual([
      ...[false, false],
      ...[true, true],
    ]);
    expect(await exchange(finder, onItsWay)).toMatchObject(invalidRequest);
    // Put there again it carries what is approved from now on, and nothing that was approved before.
    await put(planner, finder, [READ, INVITE], { max_depth: 3 });
    expect(await introspect(resourceServer, child)).toEqual(INACTIVE);
    const late = await exchange(planner, root, { requested_actor: idOf(finder), ...reading('Removed') });
    expect(late).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const anew = await rootToken(planner, person, readDetails({ calendar: 'Removed, then anew' }));
    expect(await state(accessTokenIn(await exchange(finder, await handOff(planner, anew, finder))))).toBe(true);
  });

  test.each<[what: string, narrower: [actions: string[], more: Json], ends: boolean]>([
    ['an action less', [[READ], { max_depth: 3 }], true],
    ['not as deep', [[READ, INVITE], { max_depth: 2 }], true],
    ['the same', [[READ, INVITE], { max_depth: 3 }], false],
    ['deeper', [[READ, INVITE], { max_depth: 4 }], false],
    ['an action more', [[READ, INVITE, 'calendar.attendees.update'], { max_depth: 3 }], false],
  ])('changed: %s', async (what, [actions, more], ends) => {
    const { own, child, grandchild, sibling } = await family(what);
    const { body } = await put(planner, finder, actions, more);
    expect(body.stopped_at !== undefined).toBe(ends);
    expect([await state(child), await state(grandchild), await state(sibling), await state(own)]).toEqual([
      ...[!ends, !ends],
      ...[true, true],
    ]);
  });

  test('what is not there cannot be removed, and ends nothing', async () => {
    const { child } = await family('Nothing to remove');
    await remove(scout, finder);
    expect(await remove(scout, finder)).toMatchObject({ status: 404 });
    expect(await state(child)).toBe(true);
  });
});

describe('SPL-05: an agent’s own authority travels where an administrator said so, and nowhere else', () => {
  const own = async (): Promise<string> =>
    accessTokenIn(await planner.token({ grant_type: 'client_credentials', scope: 'calendar.read' }));
  beforeAll(() => admin('POST', `/agents/${idOf(planner)}/own-actions`, { actions: [READ] }));

  test('along an edge for the tasks of people it does not', async () => {
    await put(planner, finder, [READ]);
    expect(await exchange(planner, await own(), { requested_actor: idOf(finder) })).toMatchObject(invalidRequest);
  });

  test('along one that carries it: the child acts for the agent, and no person is named', async () => {
    await put(planner, finder, [READ], { carries_own: true });
    const parent = await own();
    const child = accessTokenIn(await exchange(finder, await handOff(planner, parent, finder)));
    const { act, ...claims } = claimsOf(child);
    expect(claims).toMatchObject({
      sub: idOf(planner),
      sub_profile: 'ai_agent',
      aud: CALENDAR,
      scope: 'calendar.read',
    });
    expect(claims.task_id).toBeUndefined();
    expect(act).toEqual({
      iss: server.issuer,
      sub: idOf(finder),
      sub_profile: 'ai_agent',
      client_id: finder.clientId,
    });
    expect(await introspect(resourceServer, child)).toMatchObject({ active: true, sub: idOf(planner), act });
    // Never for longer, never for more, and not without the one that it is from.
    expect(claims.exp).toBeLessThanOrEqual(claimsOf(parent).exp);
    const more = { authorization_details: detailsParameter(inviteDetails()) };
    expect(await exchange(finder, child, more)).toMatchObject({ body: { error: 'invalid_authorization_details' } });
    await revoke(planner, parent);
    expect(await introspect(resourceServer, child)).toEqual(INACTIVE);
  });

  test('no further, by an edge that does not carry it', async () => {
    await put(planner, finder, [READ], { carries_own: true, max_depth: 3 });
    await put(finder, scout, [READ], { max_depth: 3 });
    const child = accessTokenIn(await exchange(finder, await handOff(planner, await own(), finder)));
    expect(await exchange(finder, child, { requested_actor: idOf(scout) })).toMatchObject(invalidRequest);
  });

  test('taken back, it has ended; and each step is evidence', async () => {
    await put(planner, finder, [READ], { carries_own: true });
    let child = '';
    const events = await eventsOf(database, async () => {
      child = accessTokenIn(await exchange(finder, await handOff(planner, await own(), finder)));
      await put(planner, finder, [READ], { carries_own: false });
    });
    expect(await introspect(resourceServer, child)).toEqual(INACTIVE);
    expect(events.map(({ type, reason, agent, person }) => [type, reason, agent, person])).toEqual([
      ['token.issued', 'client_credentials', idOf(planner), null],
      ['token.issued', 'token-exchange', idOf(planner), null],
      ['token.issued', 'token-exchange', idOf(finder), null],
      ['agent.changed', 'edge_put', idOf(planner), null],
    ]);
  });
});
