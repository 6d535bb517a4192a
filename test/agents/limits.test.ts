import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { explainReach, type ReachFacts } from '../../server/admin/explain.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { catalogue } from '../catalogue/demonstration.ts';
import { ask } from '../protocol/support.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  CALENDAR,
  claimsOf,
  demoClient,
  INVITE,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, eventsOf, exchange, introspect, leafToken, rootToken } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let admin: Api;
let person: TestPerson;
let resourceServer: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
  person = await signIn(server);
  resourceServer = await demoClient(server, 'resourceServer');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const hold = (agent: TestClient, held: Json) =>
  admin('PUT', `/agents/${agent.registration.agent_id}/limits`, { reason: 'test', ...held });
const read = (agent: TestClient) =>
  ask(agent, { authorization_details: detailsParameter(readDetails({ calendar: random() })) });
const random = () => `c${Math.random()}`;
const denied = { status: 403, body: { error: 'access_denied' } };

describe('an agent is held to its limits', () => {
  const cases: [string, Json, string][] = [
    ['actions', { actions: [READ] }, 'calendar.invitations.send is not an action of this agent'],
    [
      'resources',
      { resources: ['https://crm.acme.example'] },
      'https://calendar.acme.example is not a resource of this agent',
    ],
    ['highest_impact', { highest_impact: 'low' }, 'has medium impact here, and this agent may ask for low at most'],
  ];
  test.each(cases)('%s: nobody is asked for more', async (_, limits, words) => {
    const agent = await registerAgent(server);
    expect(await hold(agent, { limits })).toMatchObject({ status: 200, body: { tasks_ended: 0 } });
    let answer: Json;
    const events = await eventsOf(database, async () => {
      answer = await ask(agent);
    });
    expect(answer).toMatchObject(denied);
    expect(answer.body.error_description).toContain(words);
    expect(events).toMatchObject([{ type: 'request.refused', reason: 'beyond_limits' }]);
  });

  test('scopes', async () => {
    const agent = await registerAgent(server);
    await hold(agent, { limits: { scopes: [] } });
    const answer = await agent.post('/backchannel', {
      login_hint: 'person@acme.example',
      scope: 'openid calendar.read',
    });
    expect(answer).toMatchObject(denied);
    expect(await read(agent)).toMatchObject({ status: 200 }); // asked by its details, it is no scope
  });

  test('narrowed while it holds something: what went beyond ends now, and nothing more comes of it', async () => {
    const agent = await registerAgent(server);
    const root = await rootToken(agent, person, readDetails({ calendar: 'Limits' }), inviteDetails());
    const leaf = await leafToken(agent, person, [readDetails({ calendar: 'Kept' })]);
    expect(await introspect(resourceServer, leaf)).toMatchObject({ active: true });
    const other = await exchange(agent, root, { resource: CALENDAR });
    expect(await introspect(resourceServer, other.body.access_token)).toMatchObject({ active: true });

    expect(await hold(agent, { limits: { actions: [READ] } })).toMatchObject({ body: { tasks_ended: 1 } });
    expect(await introspect(resourceServer, other.body.access_token)).toEqual({ active: false });
    expect(await exchange(agent, root, { resource: CALENDAR })).toMatchObject({ status: 400 });
    expect(await introspect(resourceServer, leaf)).toMatchObject({ active: true });
  });

  test('where every token is made: also what nobody asked anew', async () => {
    const agent = await registerAgent(server);
    const root = await rootToken(agent, person, readDetails({ calendar: 'Gate' }));
    // As by a statement of another instance between the look at the client and the mint.
    await database.run(`update agents set effective_limits = '{"actions": []}' where id = $1`, [
      agent.registration.agent_id,
    ]);
    expect(await exchange(agent, root, { resource: CALENDAR })).toMatchObject(denied);
  });

  test('what it may do by itself, too', async () => {
    const agent = await registerAgent(server, { grant_types: ['client_credentials'], redirect_uris: [] });
    await admin('POST', `/agents/${agent.registration.agent_id}/own-actions`, { actions: [READ] });
    const own = () => agent.token({ grant_type: 'client_credentials', scope: 'calendar.read', resource: CALENDAR });
    const given = await own();
    expect(given.status).toBe(200);
    await hold(agent, { limits: { actions: [INVITE], token_seconds: 60 } });
    expect(await own()).toMatchObject(denied);
    await hold(agent, { limits: { token_seconds: 60 } });
    const short = await own();
    const { exp, iat } = claimsOf(short.body.access_token);
    expect([short.body.expires_in, exp - iat]).toEqual([60, 60]);
  });

  test('as many requests in a minute as it may make', async () => {
    const agent = await registerAgent(server, { grant_types: ['client_credentials'], redirect_uris: [] });
    await admin('POST', `/agents/${agent.registration.agent_id}/own-actions`, { actions: [READ] });
    await hold(agent, { limits: { requests_per_minute: 3 } });
    const answers = [];
    for (let count = 0; count < 5; count++)
      answers.push(await agent.token({ grant_type: 'client_credentials', scope: 'calendar.read', resource: CALENDAR }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 403]);
    expect(Number(answers[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('a hand-off goes only to its delegates, as short as its chain may be', async () => {
    const [parent, child] = [await registerAgent(server), await registerAgent(server, { client_name: 'Child' })];
    const [from, to] = [parent.registration.agent_id, child.registration.agent_id];
    await admin('PUT', '/edges', { parent: from, child: to, actions: [READ] });
    const root = async (calendar: string) => rootToken(parent, person, readDetails({ calendar }));
    const give = (token: string) =>
      exchange(parent, token, {
        requested_actor: to,
        authorization_details: detailsParameter(readDetails({ calendar: 'One' })),
      });
    const token = await root('One');
    expect(await give(token)).toMatchObject({ status: 200 });
    await hold(parent, { limits: { delegates: [] } });
    expect(await give(token)).toMatchObject({ status: 400 });
    await hold(parent, { limits: { delegates: [to] } });
    expect(await give(token)).toMatchObject({ status: 200 });
  });
});

describe('a blueprint', () => {
  const put = (name: string, limits: Json, parent?: string) =>
    admin('PUT', '/blueprints', { name, limits, ...(parent && { parent }) });

  test('holds all agents of its kind; one change at the top reaches every agent below', async () => {
    await put('Assistants', { actions: [READ, INVITE] });
    await put('Readers', { highest_impact: 'low' }, 'Assistants');
    const [reader, special] = [await registerAgent(server), await registerAgent(server)];
    await hold(reader, { blueprint: 'Readers' });
    await hold(special, { blueprint: 'Readers', limits: { token_seconds: 30 } });
    for (const agent of [reader, special]) {
      expect(await read(agent)).toMatchObject({ status: 200 });
      expect(await ask(agent)).toMatchObject(denied);
    }
    await put('Assistants', { actions: [INVITE] });
    for (const agent of [reader, special]) expect(await read(agent)).toMatchObject(denied);
    const { body } = await admin('GET', '/blueprints');
    expect(body.blueprints).toContainEqual(
      expect.objectContaining({ name: 'Readers', effective: { actions: [INVITE], highest_impact: 'low' }, agents: 2 }),
    );
    // Below, nothing brings back what was taken away above.
    await put('Readers', { actions: [READ, INVITE] }, 'Assistants');
    expect(await read(reader)).toMatchObject(denied);
    await hold(reader, { blueprint: null });
    expect(await read(reader)).toMatchObject({ status: 200 });
  });

  test.each([
    ['a circle', { name: 'Top', limits: {}, parent: 'Bottom' }, 422, 'circle'],
    ['an action that is misspelt', { name: 'Odd', limits: { actions: ['calender.read'] } }, 422, 'unknown_limit'],
    ['a member that nobody knows', { name: 'Odd', limits: { everything: true } }, 400, 'invalid_request'],
    ['a parent that is not there', { name: 'Odd', limits: {}, parent: 'Nowhere' }, 404, 'not_found'],
  ])('%s is refused', async (_, body, status, reason) => {
    await put('Top', {});
    await put('Bottom', {}, 'Top');
    expect(await admin('PUT', '/blueprints', body)).toMatchObject({ status, body: { reason } });
  });

  test('that holds somebody is not removed; one of another organization is not there', async () => {
    await put('Held', {});
    const agent = await registerAgent(server);
    await hold(agent, { blueprint: 'Held' });
    expect(await admin('DELETE', '/blueprints/Held')).toMatchObject({ status: 409, body: { reason: 'used' } });
    const globex = await administrator(server, 'admin@globex.example');
    expect((await globex('GET', '/blueprints')).body).toEqual({ blueprints: [], next: null });
    expect(await globex('DELETE', '/blueprints/Held')).toMatchObject({ status: 404 });
    expect(
      await globex('PUT', `/agents/${agent.registration.agent_id}/limits`, { limits: {}, reason: 'x' }),
    ).toMatchObject({ status: 404 });
    await hold(agent, { blueprint: null });
    expect(await admin('DELETE', '/blueprints/Held')).toMatchObject({ status: 200 });
  });

  test('changed by many at once: what agents are held to is what stands there in the end', async () => {
    await put('Busy', {});
    const agent = await registerAgent(server);
    await hold(agent, { blueprint: 'Busy' });
    await Promise.all([...Array(10).keys()].map((n) => put('Busy', { token_seconds: 60 + n })));
    const row = await database.first<Json>(
      `select b.limits, a.effective_limits from agents a join blueprints b on b.id = a.blueprint where a.id = $1`,
      [agent.registration.agent_id],
    );
    expect(row.effective_limits).toEqual(row.limits);
  });
});

describe('explain: what could it reach now, for whom, by which rule', () => {
  const explained = async (agent: TestClient) =>
    (await admin('GET', `/agents/${agent.registration.agent_id}/explain`)).body as Json;
  const of = ({ reaches }: Json, action: string) => reaches.find((one: Json) => one.action === action);

  test('asked of a live agent', async () => {
    const agent = await registerAgent(server);
    await leafToken(agent, person, [readDetails({ calendar: 'Explained' })]);
    await admin('PUT', `/agents/${agent.registration.agent_id}/use-case`, {
      use_case: { people: 'Sales', tasks: 'Finding free hours', apis: ['Calendar'], business_owner: 'Head of sales' },
    });
    const before = await explained(agent);
    expect(of(before, READ).by.map(({ rule }: Json) => rule)).toEqual(['task', 'ask']);
    expect(of(before, READ).by[0]).toMatchObject({ for: 'Anna Berg' });
    expect(before).toMatchObject({ status: 'active', use_case: { people: 'Sales' } });
    expect(before.not).toContainEqual(expect.objectContaining({ action: 'repos.repository.delete' }));
    await hold(agent, { limits: { actions: [] } });
    const after = await explained(agent);
    expect(after.reaches).toEqual([]);
    expect(after.not).toContainEqual(
      expect.objectContaining({ action: READ, because: `${READ} is not an action of this agent` }),
    );
    await admin('POST', `/agents/${agent.registration.agent_id}/suspend`, { reason: 'x' });
    expect((await explained(agent)).not).toContainEqual(expect.objectContaining({ because: 'it is suspended' }));
  });

  const facts = (more: Partial<ReachFacts> = {}, agent: Partial<ReachFacts['agent']> = {}): ReachFacts => ({
    agent: {
      id: 'agt_1',
      name: 'Planner',
      status: 'active',
      lacks: [],
      expiresAt: null,
      ownActions: [],
      types: [READ],
      confidential: true,
      blueprint: null,
      limits: {},
      useCase: {},
      ...agent,
    },
    people: 3,
    pausedBy: 0,
    policies: [],
    tasks: [],
    from: [],
    usedAt: {},
    ...more,
  });
  const now = new Date('2026-11-25T12:00:00Z');
  const waysTo = (action: string, given: ReachFacts) =>
    explainReach(given, catalogue, now).find((one) => one.action === action);

  test.each([
    ['registered', {}, {}, ['ask']],
    ['its own', {}, { ownActions: [READ] }, ['own', 'ask']],
    ['its own, of a public client', {}, { ownActions: [READ], confidential: false }, ['ask']],
    [
      'by policy',
      { policies: [{ name: 'Reading', when: { actions: ['calendar.*'] }, verdict: 'allow' }] },
      {},
      ['policy', 'ask'],
    ],
    [
      'by the policy of another',
      { policies: [{ name: 'R', when: { agents: ['agt_2'], actions: [READ] }, verdict: 'allow' }] },
      {},
      ['ask'],
    ],
    ['handed', { from: [{ agent: 'Chief', actions: [READ] }] }, {}, ['ask', 'handed']],
    ['everybody paused it', { pausedBy: 3 }, {}, []],
    ['not registered, but a scope', {}, { types: [] }, ['ask']],
    ['pending', {}, { status: 'pending', lacks: ['key'] }, []],
    ['past its date', {}, { expiresAt: now }, []],
    ['beyond its limits', {}, { limits: { resources: [] } }, []],
  ] as [string, Partial<ReachFacts>, Partial<ReachFacts['agent']>, string[]][])(
    '%s: %j %j',
    (_, more, agent, rules) => {
      const reached = waysTo(READ, facts(more, agent));
      expect(reached?.ways.map(({ rule }) => rule)).toEqual(rules);
      expect(reached?.because === undefined).toBe(rules.length > 0);
    },
  );

  test('says why not, in words that say what would pass', () => {
    const because = (given: ReachFacts) => waysTo(READ, given)?.because?.(speakerOf('en'));
    expect(because(facts({}, { status: 'pending', lacks: ['key', 'owner'] }))).toBe(
      'it is pending, and lacks a key, an active owner who accepted it',
    );
    expect(because(facts({}, { limits: { highest_impact: 'low', actions: [INVITE] } }))).toBe(
      `${READ} is not an action of this agent`,
    );
  });

  test('of another organization it is not there', async () => {
    const agent = await registerAgent(server);
    const globex = await administrator(server, 'admin@globex.example');
    expect(await globex('GET', `/agents/${agent.registration.agent_id}/explain`)).toMatchObject({ status: 404 });
  });
});
