import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { commitmentTo } from '../../server/evidence/evidence.ts';
import {
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  EXCHANGE,
  inviteDetails,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  addEdge,
  applicationToken,
  databaseOf,
  eventsIn,
  eventsOf,
  exchange,
  leafToken,
  rootToken,
  type StoredEvent,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let child: TestClient;
let resourceServer: TestClient;

beforeAll(async () => {
  server = await startServer({ COUNTERSIGN_LOG_LEVEL: 'silent' });
  database = databaseOf(server);
  [person, agent, child, resourceServer] = await Promise.all([
    signIn(server),
    registerAgent(server, {
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials', CIBA, EXCHANGE],
    }),
    registerAgent(server),
    demoClient(server, 'resourceServer'),
  ]);
  await addEdge(database, agent, child, [READ]);
  await database.run('update agents set own_actions = $2 where id = $1', [agent.registration.agent_id, [READ]]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

test('promise 4: after a whole story every token has exactly one event, with the same names; every event verifies', async () => {
  const application = await demoClient(server, 'application');
  const root = await tokenInBrowser(
    agent,
    person,
    { authorization_details: detailsParameter(readDetails()) },
    { decision: 'approve', duration: 'PT1H', read: '1' },
  );
  const handoff = accessTokenIn(
    await exchange(agent, root.body.access_token, { requested_actor: child.registration.agent_id }),
  );
  await exchange(child, handoff);
  await exchange(child, handoff); // used
  await exchange(agent, root.body.access_token, { resource: CALENDAR, scope: 'calendar.read' }); // wider
  await agent.token({ grant_type: 'refresh_token', refresh_token: root.body.refresh_token });
  await agent.token({ grant_type: 'client_credentials', scope: 'calendar.read' });
  await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const theirs = await applicationToken(application, person);
  await exchange(agent, theirs, { resource: CALENDAR, authorization_details: detailsParameter(readDetails()) });
  await exchange(agent, theirs, { authorization_details: detailsParameter(inviteDetails()) }); // asks
  await askedFromBehind();

  const issued = await database.rows<Record<string, string | null>>(
    'select organization, jti, txn, person, agent, client_id as application, resource, task from issued_tokens',
  );
  const events = (await eventsIn(database)).filter(({ type }) => type === 'token.issued');
  expect(issued.length).toBeGreaterThanOrEqual(9);
  expect(events.map(namesOf).toSorted(byJti)).toEqual(issued.map(namesOf).toSorted(byJti));
  (await eventsIn(database)).forEach(expectToVerify);
});

test('whatever words a refusal quotes, its evidence verifies', async () => {
  const token = await rootToken(agent, person, readDetails());
  const hostile = ['"\\u0000"', '"\\ud800"', '"\\u2028"', '1e400', '-0', '{"a":{"b":[]}}', '"\\"\\\\"'];
  const events = await eventsOf(database, async () => {
    for (const words of hostile) {
      const details = `[{"type":"calendar.events.read","from":${words},"to":${words}}]`;
      const answer = await exchange(agent, token, { resource: CALENDAR, authorization_details: details });
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
    }
    for (const scope of ['\0', 'é', '"', '\\']) {
      expect((await exchange(agent, token, { resource: CALENDAR, scope })).status).toBe(400);
    }
  });
  expect(events.filter(({ type }) => type === 'token.refused')).toHaveLength(hostile.length + 4);
  events.forEach(expectToVerify);
});

describe('no token without evidence, whatever happens to the database in between', () => {
  afterEach(() => database.run('drop trigger if exists trouble on evidence'));

  /** Runs when a token's event is written, or only when everything is about to be committed. */
  async function trouble(body: string, when: 'at once' | 'at commit'): Promise<void> {
    await database.run(
      `create or replace function trouble() returns trigger language plpgsql as $$ begin ${body} return new; end $$`,
    );
    await database.run(
      `create constraint trigger trouble after insert on evidence
       ${when === 'at commit' ? 'deferrable initially deferred' : ''}
       for each row when (new.type = 'token.issued') execute function trouble()`,
    );
  }
  const issuedOf = (task: string) =>
    database.rows<{ jti: string }>(
      `select jti from issued_tokens where task = $1 union all select jti from evidence where task = $1 and type = 'token.issued'`,
      [task],
    );

  test.each<[what: string, body: string, when: 'at once' | 'at commit']>([
    ['the evidence is refused', `raise exception 'no room for evidence';`, 'at once'],
    ['the commit fails', `raise exception 'no room for evidence';`, 'at commit'],
    ['the connection breaks before the commit', 'perform pg_terminate_backend(pg_backend_pid());', 'at commit'],
  ])('%s: a fault, and no token', async (_, body, when) => {
    const root = await leafToken(agent, person, [readDetails()]);
    const before = await issuedOf(claimsOf(root).task_id);
    await trouble(body, when);
    for (const attempt of [
      () => exchange(agent, root),
      () => agent.token({ grant_type: 'client_credentials', scope: 'calendar.read' }),
    ]) {
      const answer = await attempt();
      // Ours, and never dressed up as a refusal.
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(JSON.stringify(answer.body)).not.toContain('access_token');
      expect(JSON.stringify(answer.body)).not.toContain('no room');
    }
    expect(await issuedOf(claimsOf(root).task_id)).toEqual(before);
    await database.run('drop trigger trouble on evidence');
    expect(await exchange(agent, root)).toMatchObject({ status: 200 });
  });

  test('the commit takes its time: the token waits for it', async () => {
    const root = await leafToken(agent, person, [readDetails()]);
    await trouble('perform pg_sleep(0.8);', 'at commit');
    const began = performance.now();
    const answer = await exchange(agent, root);
    expect(answer.status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(800);
    expect(await issuedOf(claimsOf(root).task_id)).toContainEqual({ jti: claimsOf(accessTokenIn(answer)).jti });
  });

  test('a hand-off whose exchange failed on our side is not lost to a refusal: it was spent, and the child asks anew', async () => {
    const root = await rootToken(agent, person, readDetails());
    const handOff = async () =>
      accessTokenIn(await exchange(agent, root, { requested_actor: child.registration.agent_id }));
    const handoff = await handOff();
    await trouble(`raise exception 'no room for evidence';`, 'at once');
    expect((await exchange(child, handoff)).status).toBeGreaterThanOrEqual(500);
    await database.run('drop trigger trouble on evidence');
    // Never twice, even so; the parent gives another.
    expect(await exchange(child, handoff)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await exchange(child, await handOff())).toMatchObject({ status: 200 });
  });
});

async function askedFromBehind(): Promise<void> {
  const asked = await agent.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(inviteDetails({ title: 'From behind' })),
    resource: CALENDAR,
  });
  const inbox = await person.get('/inbox');
  const reviews = [...inbox.html.matchAll(/href="(\/r\/apr_[0-9a-f]+)"/g)].map(([, path]) => path ?? '');
  for (const path of new Set(reviews)) {
    const page = await person.get(path);
    if (!page.html.includes('From behind')) continue;
    await person.submit(page, { decision: 'approve', duration: 'once', number: asked.body.display_code, read: '1' });
  }
  expect(await agent.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id })).toMatchObject({ status: 200 });
}

const NAMES = ['organization', 'jti', 'txn', 'person', 'agent', 'application', 'resource', 'task'] as const;
const namesOf = (row: Partial<Record<(typeof NAMES)[number], string | null>>) =>
  Object.fromEntries(NAMES.map((name) => [name, row[name]]));
const byJti = (a: { [name: string]: unknown }, b: { [name: string]: unknown }) =>
  String(a.jti) < String(b.jti) ? -1 : 1;

/** Every field that has a value has a commitment to exactly that value, and the other way round. */
function expectToVerify(event: StoredEvent): void {
  const { commitments, fields } = event;
  expect(Object.keys(fields).toSorted()).toEqual(Object.keys(commitments).toSorted());
  for (const [name, { salt, value }] of Object.entries(fields)) {
    const stored = name.startsWith('content.') ? value : event[name as keyof StoredEvent];
    expect([event.type, name, commitmentTo(name, salt, stored)]).toEqual([event.type, name, commitments[name]]);
  }
}
