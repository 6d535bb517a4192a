import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { watchClock } from '../../server/http/clock.ts';
import { ask, poll } from '../protocol/support.ts';
import { administrator } from '../support/admin.ts';
import {
  CALENDAR,
  claimsOf,
  demoClient,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { accessTokenIn, databaseOf, exchange, rootToken } from '../support/delegation.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { send } from '../support/send.ts';
import { type Line, startLine } from '../support/silence.ts';

/** Three processes on one database; the clock of the third one is turned. The database's clock decides. */
const DAY = 86_400_000;
let deployment: Deployment;
let database: Database;
let person: TestPerson;
let third: string;
/** The third one's way to the database. */
let line: Line;
let dial: string;
beforeAll(async () => {
  deployment = await startDeployment({ settings: () => ({ COUNTERSIGN_LOG_LEVEL: 'fatal' }) });
  database = databaseOf(deployment);
  dial = path.join(deployment.dataDir, 'clock');
  fs.writeFileSync(dial, '0');
  line = await startLine(deployment.databaseUrl);
  third = await deployment.add({
    DATABASE_URL: line.url,
    TURNED_CLOCK: dial,
    NODE_OPTIONS: `--import=${pathToFileURL(path.join(import.meta.dirname, '../support/turned-clock.js')).href}`,
  });
  person = await signIn(deployment);
}, 240_000);
afterAll(async () => {
  await database?.close();
  await deployment?.close();
  await line?.close();
});
afterEach(() => turn(0));

const looking = async (found: () => Promise<unknown>): Promise<void> => {
  while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 20));
};
const serves = async () => (await send(`${deployment.issuer}/jwks`, { method: 'GET' }, third)).status === 200;
/** Turns the third one's clock; when it has noticed. */
async function turn(byMs: number): Promise<void> {
  fs.writeFileSync(dial, String(byMs));
  await looking(async () => (await serves()) === (byMs === 0));
}
const approvalOf = (client: TestClient) =>
  database.first<{ id: string; status: string }>(
    'select id, status from approvals where client_id = $1 order by asked_at desc limit 1',
    [client.clientId],
  );
const tokensOf = async (client: TestClient) =>
  (await database.rows('select jti from issued_tokens where client_id = $1', [client.clientId])).length;
const eventsOf = async (client: TestClient) =>
  (
    await database.rows<{ type: string }>(
      `select type from evidence where application = $1 and type in ('request.received', 'task.approved', 'token.issued') order by at`,
      [client.clientId],
    )
  ).map(({ type }) => type);

describe.each([
  ['a day ahead', DAY],
  ['a day behind', -DAY],
])('an instance whose clock is set %s', (_, byMs) => {
  test('serves nothing, and says when to come back', async () => {
    await turn(byMs);
    const client = await registerAgent(deployment);
    const answer = await ask(client, {}, { base: third });
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await approvalOf(client)).toBeUndefined();
    expect((await person.at(third).get('/inbox')).status).toBe(503);
    expect((await person.at(deployment.bases[1]).get('/inbox')).status).toBe(200);
  });

  test('while it holds a poll: the question is decided elsewhere, once; the client comes through, and no token is dated by it', async () => {
    const client = await registerAgent(deployment);
    const { body: asked } = await ask(client, {}, { base: third });
    const held = poll(client, asked.auth_req_id, { base: third, headers: { prefer: 'wait=25' } });
    await looking(() =>
      database.first('select from approvals where client_id = $1 and held_until > now()', [client.clientId]),
    );
    await turn(byMs);
    const review = `/r/${(await approvalOf(client))?.id}`;
    const elsewhere = person.at(deployment.bases[1]);
    const decision = { decision: 'approve', duration: 'once', read: '1', number: asked.display_code };
    expect((await elsewhere.submit(await elsewhere.get(review), decision)).status).toBe(200);
    expect((await held).status).toBe(503);
    expect((await poll(client, asked.auth_req_id, { base: third })).status).toBe(503);
    expect(await tokensOf(client)).toBe(0);

    await turn(0);
    const collected = await poll(client, asked.auth_req_id, { base: third });
    expect(collected.status).toBe(200);
    const { iat, exp } = claimsOf(collected.body.access_token);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
    expect(exp - iat).toBe(300);
    expect(await eventsOf(client)).toEqual(['request.received', 'task.approved', 'token.issued']);
  });

  test('while a hold goes on: it ends when the question ends by the database’s clock, and not later or earlier', async () => {
    const client = await registerAgent(deployment);
    const { body: asked } = await ask(client, {}, { base: deployment.bases[1] });
    const held = poll(client, asked.auth_req_id, { base: third, headers: { prefer: 'wait=2' } });
    await looking(() =>
      database.first('select from approvals where client_id = $1 and held_until > now()', [client.clientId]),
    );
    await turn(byMs);
    // Two seconds by a clock that nobody sets, and the question waits on.
    expect([(await held).status, (await held).body.error]).toEqual([400, 'authorization_pending']);
    expect(await approvalOf(client)).toMatchObject({ status: 'pending' });
  });
});

test('issue 6.6 an instance without fresh stop state for 2 s refuses, and whatever was stopped meanwhile stays stopped', async () => {
  const [agent, resourceServer, asAda] = await Promise.all([
    registerAgent(deployment),
    demoClient(deployment, 'resourceServer'),
    administrator(deployment, 'admin@acme.example'),
  ]);
  const root = await rootToken(agent, person, readDetails());
  const narrowed = (base: string) => exchange(agent, root, { resource: CALENDAR }, { base });
  const isActive = (token: string) =>
    resourceServer.post('/token/introspection', { token }, { dpop: false, base: third });
  const leaf = accessTokenIn(await narrowed(third));
  expect(await isActive(leaf)).toMatchObject({ status: 200, body: { active: true } });

  line.cut();
  // Asked while nobody knows yet that the line is dead: it is answered once the answer can be known.
  const early = narrowed(third);
  const stopped = await asAda('POST', '/stops', { kind: 'agent', subject: agent.registration.agent_id, reason: 'x' });
  expect(stopped.status).toBe(200);
  expect((await narrowed(deployment.bases[1])).status).toBe(400);
  await looking(async () => !(await serves()));
  const refused = { status: 503, body: { error: 'temporarily_unavailable' } };
  expect(await narrowed(third)).toMatchObject(refused);
  expect(await isActive(leaf)).toMatchObject(refused);
  expect((await person.at(third).get('/inbox')).status).toBe(503);

  line.mend();
  await looking(serves);
  expect([(await early).status, (await narrowed(third)).status]).toEqual([400, 400]);
  expect(await isActive(leaf)).toMatchObject({ status: 200, body: { active: false } });
}, 60_000);

describe('whether two clocks agree', () => {
  const at = (offsetMs: number, tookMs = 0) => {
    const said: Json[] = [];
    const clock = watchClock((agrees, ahead) => said.push([agrees, ahead]));
    clock.looked(Date.now() - offsetMs, tookMs);
    return { agrees: clock.agrees(), said };
  };
  test.each([
    ['the same', 0, 0, true],
    ['a little ahead', 9000, 0, true],
    ['a little behind', -9000, 0, true],
    ['ahead', 12_000, 0, false],
    ['behind', -12_000, 0, false],
    ['a look that took long says less', 20_000, 15_000, true],
    ['and still something', 40_000, 15_000, false],
  ])('%s', (_name, offset, took, agrees) => {
    expect(at(offset, took).agrees).toBe(agrees);
  });

  test.each([60, -60])('by %s seconds: it is said once when it begins, and once when it ends', (seconds) => {
    const said: Json[] = [];
    const clock = watchClock((agrees, ahead) => said.push([agrees, ahead]));
    for (const offset of [0, seconds, seconds, 0, 0]) clock.looked(Date.now() - offset * 1000, 0);
    expect(said).toEqual([
      [false, seconds],
      [true, 0],
    ]);
  });

  test('issue 5.10: when the clock of the database is set, every instance stops until its own is set too', () => {
    const clock = watchClock(() => {});
    clock.looked(Date.now(), 0);
    expect(clock.agrees()).toBe(true);
    clock.looked(Date.now() + 3_600_000, 0);
    expect(clock.agrees()).toBe(false);
    expect(() => clock.mustAgree()).toThrow('the clock of this instance is wrong');
    clock.looked(Date.now(), 0);
    expect(clock.agrees()).toBe(true);
  });
});
