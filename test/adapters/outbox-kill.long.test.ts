import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, decideFor, poll } from '../protocol/support.ts';
import { type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { signIn } from '../support/person.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { ROOT_CERTIFICATE } from '../support/tls.ts';

let deployment: Deployment;
let database: Database;
let receiver: Receiver;
const authorities = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-ca-')), 'ca.pem');
beforeAll(async () => {
  fs.writeFileSync(authorities, ROOT_CERTIFICATE);
  receiver = await startReceiver();
  deployment = await startDeployment({
    settings: () => ({
      COUNTERSIGN_EGRESS_ALLOW: receiver.host,
      COUNTERSIGN_BACKCHANNEL_PUSH: '1',
      NODE_EXTRA_CA_CERTS: authorities,
    }),
  });
  database = databaseOf(deployment);
  await database.run(
    `insert into backchannel_settings (organization, notification_hosts) select id, $1 from organizations where slug = 'acme'`,
    [[receiver.host]],
  );
}, 60_000);
afterAll(async () => {
  await database?.close();
  await deployment?.close();
  await receiver?.close();
  fs.rmSync(path.dirname(authorities), { recursive: true, force: true });
});

const TOKEN = 'a-notification-token-of-128-bits.7f';
interface Asked {
  client: TestClient;
  body: Json;
}

/** Clients that are told, each with a question that is approved; what the endpoint does is already set. */
async function approved(mode: 'ping' | 'push', count: number): Promise<Asked[]> {
  const person = await signIn(deployment);
  const all: Asked[] = [];
  for (let n = 0; n < count; n++) {
    const client = await registerAgent(deployment, {
      backchannel_token_delivery_mode: mode,
      backchannel_client_notification_endpoint: receiver.url,
    });
    const { status, body } = await ask(client, { client_notification_token: TOKEN });
    expect(status).toBe(200);
    all.push({ client, body });
  }
  for (const { client, body } of all) {
    const { result } = await decideFor(deployment, client, person, {
      decision: 'approve',
      duration: 'once',
      number: body.display_code,
    });
    expect(result.status).toBe(200);
  }
  return all;
}

/** kill -9 of both processes while messages are under way; what they had leased is due at once. */
async function killAndRestart(): Promise<void> {
  await deployment.kill();
  await deployment.restart();
  await database.run(`update outbox set due_at = now() where state = 'waiting' and lease is not null`);
}

async function untilEnded(clients: readonly Asked[]): Promise<void> {
  const ids = clients.map(({ client }) => client.clientId);
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    const row = await database.first<{ count: number }>(
      `select count(*)::int as count from outbox o join approvals a on a.organization = o.organization and a.id = o.payload ->> 'approval'
       where o.state = 'waiting' and o.kind like 'backchannel.%' and o.due_at < now() + interval '1 minute' and a.client_id = any($1)`,
      [ids],
    );
    if (row?.count === 0) return;
    if (Date.now() > deadline) throw new Error(`${row?.count} messages are waiting still`);
  }
}

const evidenceOf = ({ client }: Asked) =>
  database.rows<{ type: string }>(
    `select type from evidence where application = $1 and type in ('delivery.sent', 'delivery.failed', 'task.approved') order by type`,
    [client.clientId],
  );

test('kill -9 while pings are under way loses none, and each has its effect once', async () => {
  receiver.replies.push(...Array.from({ length: 6 }, () => 'hang' as const));
  const all = await approved('ping', 8);
  await killAndRestart();
  await untilEnded(all);
  const told = receiver.received.map(({ body }) => JSON.parse(body).auth_req_id);
  for (const one of all) {
    expect(told).toContain(one.body.auth_req_id);
    expect(await evidenceOf(one)).toEqual([{ type: 'delivery.sent' }, { type: 'task.approved' }]);
    expect((await poll(one.client, one.body.auth_req_id)).status).toBe(200);
    expect((await poll(one.client, one.body.auth_req_id)).body.error).toBe('invalid_grant');
  }
}, 180_000);

test('kill -9 while pushes are under way: each client gets tokens of one grant, and the same ones each time', async () => {
  receiver.received.length = 0;
  receiver.replies.push(...Array.from({ length: 4 }, () => 'hang' as const));
  const all = await approved('push', 6);
  await killAndRestart();
  await untilEnded(all);
  for (const one of all) {
    const pushes = receiver.received
      .map(({ body }) => body)
      .filter((body) => JSON.parse(body).auth_req_id === one.body.auth_req_id);
    expect(pushes.length).toBeGreaterThan(0);
    expect(new Set(pushes).size).toBe(1);
    expect(await evidenceOf(one)).toEqual([{ type: 'delivery.sent' }, { type: 'task.approved' }]);
    const tasks = await database.first<{ count: number }>(
      'select count(*)::int as count from tasks where client_id = $1',
      [one.client.clientId],
    );
    expect(tasks?.count).toBe(1);
  }
}, 180_000);
