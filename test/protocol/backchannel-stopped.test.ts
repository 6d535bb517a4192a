import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { PING, PUSH } from '../../server/approvals/tell-client.ts';
import { type Api, operator } from '../support/admin.ts';
import { CALENDAR, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf, moveTo } from '../support/delegation.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { type Receiver, startReceiver, trustTestAuthority } from '../support/receiver.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ask, decideFor, poll } from './support.ts';

/** Whatever ends a question that waits, its agent hears of it then and not at the question's own end. */
let server: TestServer;
let database: Database;
let person: TestPerson;
let receiver: Receiver;
let asOperator: Api;
beforeAll(async () => {
  trustTestAuthority();
  receiver = await startReceiver();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: receiver.host, COUNTERSIGN_BACKCHANNEL_PUSH: '1' });
  database = databaseOf(server);
  await database.run(
    `insert into backchannel_settings (organization, notification_hosts) select id, $1 from organizations where slug = 'acme'`,
    [[receiver.host]],
  );
  [person, asOperator] = await Promise.all([signIn(server), operator(server)]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await receiver?.close();
});
beforeEach(() => {
  receiver.received.length = 0;
});

type Mode = 'poll' | 'ping' | 'push';
const TOKEN = 'a-notification-token-of-128-bits.7f';
const agent = (mode: Mode): Promise<TestClient> =>
  registerAgent(
    server,
    mode === 'poll'
      ? {}
      : { backchannel_token_delivery_mode: mode, backchannel_client_notification_endpoint: receiver.url },
  );

/** A form of a page that the person has before them. */
const post = async (path: string, more: Record<string, string> = {}): Promise<void> => {
  const { html } = await person.get('/agents');
  const { status } = await person.post(path, { csrf: /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '', ...more });
  if (status !== 200) throw new Error(`${path}: ${status}`);
};
const order = async (kind: string, subject: string): Promise<void> => {
  const { status, body } = await asOperator('POST', '/stops', {
    organization: 'acme',
    kind,
    subject,
    reason: 'a test',
  });
  if (status !== 200) throw new Error(`${kind}: ${status} ${JSON.stringify(body)}`);
};
const idOf = ({ registration }: TestClient): string => registration.agent_id;

/** Each way in which what waits ends before anybody decided. */
const ENDS: readonly (readonly [because: string, end: (client: TestClient) => Promise<unknown>])[] = [
  ['the person pauses the agent', (client) => post(`/agents/${idOf(client)}/pause`)],
  ['the person removes the agent', (client) => post(`/agents/${idOf(client)}/stop`)],
  ['the person stops everything', () => post('/agents/stop')],
  [
    '“I did not start this” is said of another question',
    async (client) => {
      await ask(client, { client_notification_token: TOKEN });
      const { path } = await decideFor(server, client, person, { decision: 'deny' });
      await post(`${path}/reason`, { reason: 'not_me' });
    },
  ],
  ['an administrator suspends the agent', (client) => moveTo(database, client, 'suspended')],
  ['the agent is past its date', (client) => moveTo(database, client, 'expired')],
  ['the agent is stopped', (client) => order('agent', idOf(client))],
  ['the agent is stopped for this person', (client) => order('pair', `${idOf(client)}|person@acme.example`)],
  ['the person’s authority is stopped', () => order('person', 'person@acme.example')],
  ['every agent of the owner is stopped', () => order('owner', 'owner@acme.example')],
  ['the resource is stopped', () => order('resource', CALENDAR)],
  ['the organization is stopped', () => order('organization', 'acme')],
];

/** As if what stands had been resumed long ago. */
async function forgetStops(): Promise<void> {
  await database.run(`update stop_epochs set held_by = '{}', at = clock_timestamp() - interval '1 hour'`);
  await database.run('update initial_access_tokens set expires_at = null where uses_left is null');
}

const waiting = async (client: TestClient): Promise<Json> => {
  const { status, body } = await ask(client, { client_notification_token: TOKEN });
  if (status !== 200) throw new Error(`asking: ${status} ${JSON.stringify(body)}`);
  return body;
};
/** Others of the same person may be told at the same time; this one is told exactly this. */
async function heard(message: Json): Promise<void> {
  const about = () => receiver.received.map(({ body }) => JSON.parse(body)).filter(isAbout);
  const isAbout = (said: Json) => said.auth_req_id === message.auth_req_id;
  await looking(async () => about().length > 0);
  expect(about()).toEqual([message]);
}
const isHeld = (client: TestClient) =>
  database.first('select from approvals where client_id = $1 and held_until > now()', [client.clientId]);

describe.each(ENDS)('%s', (_, end) => {
  afterEach(forgetStops);

  test('CB-43 CB-48: a poll that is held says access_denied', async () => {
    const client = await agent('poll');
    const { auth_req_id } = await waiting(client);
    const held = poll(client, auth_req_id, { headers: { prefer: 'wait=25' } });
    await looking(() => isHeld(client));
    const before = await database.first<{ now: Date }>('select clock_timestamp() as now');
    await end(client);
    const { status, body } = await held;
    expect([status, body.error]).toEqual([400, 'access_denied']);
    // Said when it ended, and not when the hold did.
    const row = await database.first<{ early: boolean }>(
      `select clock_timestamp() < $1::timestamptz + interval '20 seconds' as early`,
      [before?.now],
    );
    expect(row?.early).toBe(true);
  });

  test('CB-60: a client that is pinged is pinged', async () => {
    const client = await agent('ping');
    const { auth_req_id } = await waiting(client);
    await end(client);
    await heard({ auth_req_id });
  });

  test('CB-71: a client that is pushed to gets access_denied, and no token', async () => {
    const client = await agent('push');
    const { auth_req_id } = await waiting(client);
    await end(client);
    await heard({ auth_req_id, error: 'access_denied' });
  });
});

test('CB-60: what was told once is not told again at the end of the question', async () => {
  const client = await agent('ping');
  const { display_code: number } = await waiting(client);
  await decideFor(server, client, person, { decision: 'approve', duration: 'once', number });
  await receiver.until(1);
  await told(client);
  await untilDone(client);
  expect(receiver.received).toHaveLength(1);
});

test('CB-70: tokens that were pushed once are not pushed again at the end of the question', async () => {
  const client = await agent('push');
  const { display_code: number } = await waiting(client);
  await decideFor(server, client, person, { decision: 'approve', duration: 'once', number });
  await receiver.until(1);
  await told(client);
  await untilDone(client);
  expect(receiver.received).toHaveLength(1);
});

test('a question that was being asked while the stop was written is told as well', async () => {
  const client = await agent('ping');
  const { auth_req_id } = await waiting(client);
  // As its transaction looks to the stop's first look: there is nothing yet.
  await database.run('update approvals set told_at = now() where client_id = $1', [client.clientId]);
  await post(`/agents/${idOf(client)}/pause`);
  await doneOf('backchannel.stopped', 1);
  await database.run('update approvals set told_at = null where client_id = $1', [client.clientId]);
  await database.run(`update outbox set due_at = now() where kind = 'backchannel.stopped' and state = 'waiting'`);
  const [ping] = await receiver.until(1);
  expect(JSON.parse(ping?.body ?? '')).toEqual({ auth_req_id });
  await forgetStops();
});

const looking = async (found: () => Promise<unknown>): Promise<void> => {
  while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 20));
};
const told = (client: TestClient) =>
  looking(() =>
    database.first('select from approvals where client_id = $1 and told_at is not null', [client.clientId]),
  );
/** What was to be said at the question's own end is done now. */
async function untilDone(client: TestClient): Promise<void> {
  const mine = `kind = any($2) and payload ->> 'approval' in (select id from approvals where client_id = $1)`;
  await database.run(`update outbox set due_at = now() where state = 'waiting' and ${mine}`, [
    client.clientId,
    [PING, PUSH],
  ]);
  await looking(
    async () =>
      !(await database.first(`select from outbox where state = 'waiting' and ${mine}`, [
        client.clientId,
        [PING, PUSH],
      ])),
  );
}
const doneOf = (kind: string, count: number) =>
  looking(async () => {
    const row = await database.first<{ count: number }>(
      `select count(*)::int as count from outbox where kind = $1 and state = 'done' and created_at > now() - interval '2 seconds'`,
      [kind],
    );
    return (row?.count ?? 0) >= count;
  });
