import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { pairOf, type StopKind } from '../server/agents/liveness.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  clientWith,
  demoClient,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import {
  accessTokenIn,
  addEdge,
  databaseOf,
  exchange,
  HOUR,
  introspect,
  leafToken,
  moveTo,
  registerAgentAt,
  rootToken,
  stop,
} from './support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let gus: TestPerson;
let resourceServer: TestClient;
/** What the resource server redeems with. */
let redeeming: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [gus, resourceServer] = await Promise.all([
    signIn(server, 'person@globex.example'),
    demoClient(server, 'resourceServer'),
  ]);
  redeeming = accessTokenIn(
    await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
  );
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** Everything that one agent and its neighbours hold. */
interface Held {
  /** Of the task that is stopped: a root, a leaf of it, what a child got of it, and what waits for that child. */
  root: string;
  leaf: string;
  child: string;
  handoff: string;
  refreshToken: string;
  /** Another task of the same agent and person; the same by another client of the agent. */
  otherTask: string;
  otherClient: string;
  /** The same agent for somebody else; another agent for the same person; everybody else. */
  otherPerson: string;
  otherAgent: string;
  otherOrganization: string;
}
interface World {
  held: Held;
  agent: TestClient;
  child: TestClient;
  organization: string;
  person: string;
  task: string;
}

async function makeWorld(): Promise<World> {
  // A stop of a person or organization ends their sessions as well.
  const [anna, ben, agent, other, child, foreigner] = await Promise.all([
    signIn(server),
    signIn(server, 'approver@acme.example'),
    registerAgent(server),
    registerAgent(server),
    registerAgent(server),
    registerAgentAt(server, database, 'globex'),
  ]);
  const second = await secondClientOf(agent);
  await addEdge(database, agent, child, [READ]);
  const first = await tokenInBrowser(agent, anna, { authorization_details: detailsParameter(readDetails()) }, HOUR);
  const root = accessTokenIn(first);
  const handToChild = async () =>
    accessTokenIn(await exchange(agent, root, { requested_actor: child.registration.agent_id }));
  const held: Held = {
    root,
    leaf: accessTokenIn(await exchange(agent, root, { resource: CALENDAR })),
    child: accessTokenIn(await exchange(child, await handToChild())),
    handoff: await handToChild(),
    refreshToken: first.body.refresh_token,
    otherTask: await leafToken(agent, anna, [readDetails({ to: '2026-12-01' })]),
    otherClient: await leafToken(second, anna, [readDetails()]),
    otherPerson: await leafToken(agent, ben, [readDetails()]),
    otherAgent: await leafToken(other, anna, [readDetails()]),
    otherOrganization: await leafToken(foreigner, gus, [readDetails()]),
  };
  const { sub, org_id, task_id } = claimsOf(root);
  return { held, agent, child, organization: org_id, person: sub, task: task_id };
}

/** Another credential of the same agent. */
async function secondClientOf(agent: TestClient): Promise<TestClient> {
  const { jwk, publicJwk } = await newKey();
  const clientId = `${agent.clientId}2`;
  await database.run(
    `insert into clients (client_id, organization, kind, agent, metadata)
     select $2, organization, kind, agent, metadata || $3 from clients where client_id = $1`,
    [agent.clientId, clientId, JSON.stringify({ client_id: clientId, jwks: { keys: [publicJwk] } })],
  );
  return clientWith(server, clientId, jwk, agent.registration);
}

const redeem = async (token: string): Promise<number> => {
  const { type: _, locations: __, ...parameters } = readDetails({ to: '2026-11-24' });
  const response = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${redeeming}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token, action: READ, parameters, idempotency_key: `${Math.random()}` }),
  });
  return response.status;
};

/** Which of what they hold is good for nothing any more; each says so everywhere, or nowhere. */
async function deadIn({ held, agent, child }: World): Promise<string[]> {
  const dead: string[] = [];
  const note = (name: keyof Held, answers: boolean[]) => {
    expect({ name, answers }).toEqual({ name, answers: answers.map(() => answers[0]) });
    if (answers[0] === false) dead.push(name);
  };
  for (const name of [
    'leaf',
    'child',
    'otherTask',
    'otherClient',
    'otherPerson',
    'otherAgent',
    'otherOrganization',
  ] as const) {
    note(name, [(await introspect(resourceServer, held[name])).active, (await redeem(held[name])) === 201]);
  }
  const good = ({ status }: Answer) => status === 200;
  note('root', [
    (await introspect(agent, held.root)).active,
    good(await exchange(agent, held.root, { resource: CALENDAR })),
  ]);
  note('handoff', [good(await exchange(child, held.handoff))]);
  note('refreshToken', [
    (await introspect(agent, held.refreshToken)).active ?? false,
    good(await agent.token({ grant_type: 'refresh_token', refresh_token: held.refreshToken })),
  ]);
  return dead;
}

const TASK = ['leaf', 'child', 'root', 'handoff', 'refreshToken'] as const;
const BELOW_ROOT = ['leaf', 'child', 'root', 'handoff'] as const;

describe('a stop ends what it names, everywhere at once, and its neighbours live', () => {
  test.each<[kind: StopKind, subject: (world: World) => Promise<string> | string, dead: readonly (keyof Held)[]]>([
    [
      'organization',
      ({ organization }) => organization,
      [...TASK, 'otherTask', 'otherClient', 'otherPerson', 'otherAgent'],
    ],
    ['agent', ({ agent }) => agent.registration.agent_id, [...TASK, 'otherTask', 'otherClient', 'otherPerson']],
    ['person', ({ person }) => person, [...TASK, 'otherTask', 'otherClient', 'otherAgent']],
    ['pair', ({ agent, person }) => pairOf(agent.registration.agent_id, person), [...TASK, 'otherTask', 'otherClient']],
    ['client', ({ agent }) => agent.clientId, [...TASK, 'otherTask', 'otherPerson']],
    ['task', ({ task }) => task, TASK],
    ['token', ({ held }) => claimsOf(held.root).jti, BELOW_ROOT],
    ['grant', ({ held }) => grantOf(held.child), ['child']],
    ['resource', () => CALENDAR, ['leaf', 'child', 'otherTask', 'otherClient', 'otherPerson', 'otherAgent', 'root']],
  ])('%s', async (kind, subject, dead) => {
    const world = await makeWorld();
    await stop(database, world.organization, kind, await subject(world));
    if (kind === 'resource') {
      // A root is for this server: it lives, and no longer opens the resource.
      expect(await introspect(world.agent, world.held.root)).toMatchObject({ active: true });
      expect(await exchange(world.agent, world.held.root, { resource: CALENDAR })).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
      for (const name of ['leaf', 'child', 'otherTask', 'otherPerson', 'otherAgent'] as const) {
        expect(await introspect(resourceServer, world.held[name])).toEqual({ active: false });
      }
      expect(await introspect(resourceServer, world.held.otherOrganization)).toMatchObject({ active: true });
    } else {
      expect((await deadIn(world)).toSorted()).toEqual([...dead].toSorted());
    }
    // What is approved after the stop is nothing that it ended.
    expect(
      await introspect(
        resourceServer,
        await leafToken(world.agent, await signIn(server), [readDetails({ to: '2026-12-24' })]),
      ),
    ).toMatchObject({ active: true });
  });

  test('of a child alone: its parent goes on', async () => {
    const world = await makeWorld();
    await stop(database, world.organization, 'agent', world.child.registration.agent_id);
    expect((await deadIn(world)).toSorted()).toEqual(['child', 'handoff']);
  });
});

describe('an agent that is not active', () => {
  test.each(['suspended', 'retired', 'expired'] as const)('%s: refused everywhere at once', async (to) => {
    const world = await makeWorld();
    const { agent, organization, held } = world;
    await moveTo(database, agent, to);
    const refused = { status: 401, body: { error: 'invalid_client' } };
    expect(await exchange(agent, held.root, { resource: CALENDAR })).toMatchObject(refused);
    expect(await agent.token({ grant_type: 'refresh_token', refresh_token: held.refreshToken })).toMatchObject(refused);
    expect(await agent.post('/request', { response_type: 'code' })).toMatchObject(refused);
    expect(await agent.post('/backchannel', { scope: 'openid' })).toMatchObject(refused);
    expect(await agent.post('/token/introspection', { token: held.leaf }, { dpop: false })).toMatchObject(refused);
    expect(await agent.post('/token/revocation', { token: held.leaf }, { dpop: false })).toMatchObject(refused);
    for (const token of [held.leaf, held.child, held.otherTask, held.otherPerson]) {
      expect(await introspect(resourceServer, token)).toEqual({ active: false });
      expect(await redeem(token)).toBe(403);
    }
    expect(await introspect(resourceServer, held.otherAgent)).toMatchObject({ active: true });
    // Its organization hears of it, once for all of these.
    const refusals = await database.rows<{ reason: string }>(
      `select reason from evidence where organization = $1 and agent = $2 and type = 'token.refused'`,
      [organization, agent.registration.agent_id],
    );
    expect(refusals).toEqual([{ reason: `agent_${to}` }]);
  });

  test('suspended and resumed: what it held stays dead, what is approved now lives', async () => {
    const world = await makeWorld();
    await moveTo(database, world.agent, 'suspended');
    await moveTo(database, world.agent, 'active');
    expect((await deadIn(world)).toSorted()).toEqual([...TASK, 'otherTask', 'otherClient', 'otherPerson'].toSorted());
    const anew = await rootToken(world.agent, await signIn(server), readDetails());
    expect(claimsOf(anew).task_id).not.toBe(world.task);
    expect(await exchange(world.agent, anew, { resource: CALENDAR })).toMatchObject({ status: 200 });
  });

  test('past its date: as dead as suspended, without anybody doing anything', async () => {
    const world = await makeWorld();
    await database.run(`update agents set expires_at = now() - interval '1 second' where id = $1`, [
      world.agent.registration.agent_id,
    ]);
    expect(await exchange(world.agent, world.held.root, { resource: CALENDAR })).toMatchObject({ status: 401 });
    expect(await introspect(resourceServer, world.held.leaf)).toEqual({ active: false });
    expect(await introspect(resourceServer, world.held.child)).toEqual({ active: false });
  });
});

test('a person who is disabled: nobody acts for them any more, and for nobody else less', async () => {
  const world = await makeWorld();
  await database.run(`update people set status = 'disabled' where id = $1`, [world.person]);
  expect((await deadIn(world)).toSorted()).toEqual([...TASK, 'otherTask', 'otherClient', 'otherAgent'].toSorted());
  await database.run(`update people set status = 'active' where id = $1`, [world.person]);
});

test('a stop in the middle of many exchanges leaves nothing alive behind it', async () => {
  const world = await makeWorld();
  const { agent, held, organization, task } = world;
  const exchanges = [...Array(20)].map(() => exchange(agent, held.root, { resource: CALENDAR }));
  await stop(database, organization, 'task', task);
  const late = await exchange(agent, held.root, { resource: CALENDAR });
  expect(late.status).toBe(400);
  for (const answer of await Promise.all(exchanges)) {
    if (answer.status === 200)
      expect(await introspect(resourceServer, accessTokenIn(answer))).toEqual({ active: false });
    else expect(answer.status).toBe(400);
  }
});

test('RFC 7592 §2.3: a registration that is deleted takes everything with it, also what was handed on', async () => {
  const { agent, held } = await makeWorld();
  const { registration_client_uri, registration_access_token } = agent.registration;
  const response = await fetch(registration_client_uri, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${registration_access_token}` },
  });
  expect(response.status).toBe(204);
  for (const token of [held.leaf, held.child, held.otherTask, held.otherPerson]) {
    expect(await introspect(resourceServer, token)).toEqual({ active: false });
    expect(await redeem(token)).toBe(403);
  }
  expect(await introspect(resourceServer, held.otherClient)).toMatchObject({ active: true });
});

async function grantOf(token: string): Promise<string> {
  const row = await database.first<{ grant: string }>(
    `select substring(k from 7) as grant from issued_tokens t, unnest(t.lineage) k where t.jti = $1 and k like 'grant:%'`,
    [claimsOf(token).jti],
  );
  return row?.grant ?? '';
}
