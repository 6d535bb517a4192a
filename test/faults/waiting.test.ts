import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { customFetch } from 'openid-client';
import pg from 'pg';

import { createDatabase, DATABASE_ROLE } from '../../adapters/postgres/create-database.ts';
import { type EmbeddedServer, startEmbedded } from '../../adapters/postgres/embedded.ts';
import { type Answer, askForTask } from '../../examples/agent/ask-for-task.ts';
import { type Agent, connect } from '../../examples/agent/client.ts';
import { ask, poll } from '../protocol/support.ts';
import { CALENDAR, inviteDetails, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { ROOT_CERTIFICATE } from '../support/tls.ts';

/** Minutes and days of waiting are minutes and days in which something breaks: clients come through, nothing is decided twice. */
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-faults-'));
fs.chmodSync(scratch, 0o711); // as root the database server is another user, and has to pass through
const dataDir = path.join(scratch, 'data');
const authorities = path.join(scratch, 'ca.pem');
let postgres: EmbeddedServer;
let deployment: Deployment;
let receiver: Receiver;
let person: TestPerson;
beforeAll(async () => {
  fs.mkdirSync(dataDir);
  fs.writeFileSync(authorities, ROOT_CERTIFICATE);
  receiver = await startReceiver();
  postgres = await startEmbedded({ dataDir });
  await createDatabase(postgres.url('postgres'), 'faults');
  deployment = await startDeployment({
    databaseUrl: postgres.url('faults', DATABASE_ROLE),
    settings: () => ({
      COUNTERSIGN_EGRESS_ALLOW: receiver.host,
      NODE_EXTRA_CA_CERTS: authorities,
      COUNTERSIGN_LOG_LEVEL: 'fatal', // that the database is away is what these tests are about
    }),
  });
  await query(
    `insert into backchannel_settings (organization, notification_hosts) select id, array['${receiver.host}'] from organizations where slug = 'acme'`,
  );
  person = await signIn(deployment);
}, 240_000);
afterAll(async () => {
  await deployment?.close();
  await receiver?.close();
  await postgres?.stop();
  fs.rmSync(scratch, { recursive: true, force: true });
});

/** A connection of its own each time: the database comes and goes. */
async function query(sql: string): Promise<Json[]> {
  const client = new pg.Client({ connectionString: deployment.databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error('it did not come about within a minute');
  }
}

async function restartDatabase(whileAway: () => Promise<void> = async () => {}): Promise<void> {
  await postgres.stop();
  await whileAway();
  postgres = await startEmbedded({ dataDir });
  await until(async () => (await fetch(`${deployment.issuer}/login`)).ok);
}

interface Asked {
  client: TestClient;
  answer: Promise<Answer>;
  number: string;
  path: string;
}

/** An agent that asks and waits, as the example does; its poll is being held. */
async function waiting(more: Json = {}, onItsWay: (agent: Agent) => void = () => {}): Promise<Asked> {
  const client = await registerAgent(deployment, more);
  const { clientId: client_id, jwk, registration } = client;
  const agent = await connect({ issuer: deployment.issuer, client_id, jwk, agent_id: registration.agent_id });
  onItsWay(agent);
  let number = '';
  const answer = askForTask(agent, {
    person: 'person@acme.example',
    resource: CALENDAR,
    authorization_details: [inviteDetails({ title: `Review ${client_id}` })],
    show: (shown) => {
      number = shown ?? '';
    },
  });
  const [row] = await until(async () => {
    const rows = await query(`select id from approvals where client_id = '${client_id}' and held_until > now()`);
    return rows.length > 0 && rows;
  });
  return { client, answer, number, path: `/r/${row.id}` };
}

const decide = ({ path, number }: Pick<Asked, 'path' | 'number'>) =>
  onceInTouch(async () =>
    person.submit(await person.get(path), { decision: 'approve', duration: 'once', number, read: '1' }),
  );

/** Right after the database came back, an instance may still say 503: whoever hears that comes again. */
const onceInTouch = <T extends { status: number }>(send: () => Promise<T>): Promise<T> =>
  until(async () => {
    const answer = await send();
    return answer.status !== 503 && answer;
  });

/** What happened, as the evidence has it: each once. */
const eventsOf = async ({ client }: Pick<Asked, 'client'>) =>
  (
    await query(
      `select type from evidence where application = '${client.clientId}' and type in ('request.received', 'task.approved', 'token.issued') order by at`,
    )
  ).map(({ type }) => type);

test('the database restarts while a poll is held', async () => {
  const one = await waiting();
  await restartDatabase(() => sleep(1500));
  expect((await decide(one)).status).toBe(200);
  expect((await one.answer).outcome).toBe('approved');
  expect(await eventsOf(one)).toEqual(['request.received', 'task.approved', 'token.issued']);
}, 120_000);

test('the database is away while the person decides: a fault, and nothing is decided; then once', async () => {
  const one = await waiting();
  const page = await person.get(one.path);
  const choice = { decision: 'approve', duration: 'once', number: one.number, read: '1' };
  await restartDatabase(async () => {
    expect((await person.submit(page, choice)).status).toBeGreaterThanOrEqual(500);
  });
  expect(await query(`select status from approvals where client_id = '${one.client.clientId}'`)).toEqual([
    { status: 'pending' },
  ]);
  expect((await onceInTouch(() => person.submit(page, choice))).status).toBe(200);
  expect((await onceInTouch(() => person.submit(page, choice))).status).toBe(409);
  expect((await one.answer).outcome).toBe('approved');
  expect(await eventsOf(one)).toEqual(['request.received', 'task.approved', 'token.issued']);
}, 120_000);

/** A client that is told of a decision, which was made: the endpoint has not answered when it is told. */
async function beingTold(): Promise<{ client: TestClient; body: Json }> {
  const client = await registerAgent(deployment, {
    backchannel_token_delivery_mode: 'ping',
    backchannel_client_notification_endpoint: receiver.url,
  });
  const before = receiver.received.length;
  receiver.replies.push('hang');
  const { body } = await ask(client, { client_notification_token: 'of-this-very-request.1234567890' });
  const [{ id }] = await query(`select id from approvals where client_id = '${client.clientId}'`);
  expect((await decide({ path: `/r/${id}`, number: body.display_code })).status).toBe(200);
  await receiver.until(before + 1);
  return { client, body };
}

test('the database restarts while a ping is under way: it arrives, and is evidence once', async () => {
  const { client, body } = await beingTold();
  await restartDatabase();
  await query(
    `update outbox set due_at = now() where state = 'waiting' and kind = 'backchannel.ping' and attempts > 0`,
  );
  await until(async () => {
    const rows = await query(
      `select from evidence where application = '${client.clientId}' and type = 'delivery.sent'`,
    );
    return rows.length === 1;
  });
  expect(receiver.received.every((one) => JSON.parse(one.body).auth_req_id === body.auth_req_id)).toBe(true);
}, 120_000);

test('the token is lost on its way: the agent asks again, is answered from the task, and the person is not asked twice', async () => {
  let lost = 0;
  const one = await waiting({}, ({ server }) => {
    const send = server[customFetch] as typeof fetch;
    server[customFetch] = async (...request) => {
      const response = await send(...(request as Parameters<typeof fetch>));
      if (request[0] !== `${deployment.issuer}/token` || response.status !== 200 || lost++ > 0) return response;
      throw new TypeError('the connection ended');
    };
  });
  expect((await decide(one)).status).toBe(200);
  expect((await one.answer).outcome).toBe('approved');
  expect(lost).toBe(2);
  expect(await eventsOf(one)).toEqual(['request.received', 'task.approved', 'token.issued', 'token.issued']);
}, 120_000);

test('issue 5.2 5.10: kill -9 of both processes while polls are held and pings are under way: every agent comes through, none is lost, nothing is decided or collected twice', async () => {
  const all = [await waiting(), await waiting(), await waiting()];
  const pinged = [await beingTold(), await beingTold(), await beingTold()];
  const before = receiver.received.length;
  const [first] = all;
  if (!first) throw new Error('three');
  expect((await decide(first)).status).toBe(200);
  await deployment.kill();
  await deployment.restart();
  await query(`update outbox set due_at = now() where state = 'waiting' and lease is not null`);
  for (const one of all.slice(1)) expect((await decide(one)).status).toBe(200);
  for (const one of all) {
    expect((await one.answer).outcome).toBe('approved');
    const approved = (await eventsOf(one)).filter((type) => type === 'task.approved');
    expect(approved).toHaveLength(1);
    expect(await query(`select count(*)::int as count from tasks where client_id = '${one.client.clientId}'`)).toEqual([
      { count: 1 },
    ]);
  }
  const sent = ({ client }: Pick<Asked, 'client'>) =>
    query(`select from evidence where application = '${client.clientId}' and type = 'delivery.sent'`);
  for (const one of pinged) {
    await until(async () => (await sent(one)).length > 0);
    const again = receiver.received.slice(before).filter(({ body }) => body.includes(one.body.auth_req_id));
    expect([again.length > 0, (await sent(one)).length]).toEqual([true, 1]);
    const polled = [await poll(one.client, one.body.auth_req_id), await poll(one.client, one.body.auth_req_id)];
    expect(polled.map(({ status, body }) => body.error ?? status)).toEqual([200, 'invalid_grant']);
    expect(await eventsOf(one)).toEqual(['request.received', 'task.approved', 'token.issued']);
  }
}, 180_000);
