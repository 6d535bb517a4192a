import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { pricedShop } from './catalogue/shop.ts';
import { operator } from './support/admin.ts';
import { type Json, registerAgent, type TestClient } from './support/agent.ts';
import { accessTokenIn, addClient, databaseOf, serveWith } from './support/delegation.ts';
import { detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const SHOP = 'https://shop.example';
const PLACE = 'shop.orders.place';
let server: TestServer;
let database: Database;
let agent: TestClient;
let api: string;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  expect((await (await operator(server))('POST', '/catalogue', pricedShop)).body).toMatchObject({ published: 1 });
  const resourceServer = await addClient(server, database, 'resource_server');
  await serveWith(database, SHOP, resourceServer);
  const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  api = accessTokenIn(own);
  agent = await registerAgent(server, { authorization_details_types: [PLACE] });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const order = (value: string, due: string) => ({ item: 'chair', due, price: { currency: 'EUR', value } });
const tokenFor = async (due: string, duration: string): Promise<string> => {
  const details = { type: PLACE, ...order('100.00', due) };
  const form = { resource: SHOP, authorization_details: detailsParameter(details) };
  return accessTokenIn(
    await tokenInBrowser(agent, await signIn(server), form, { decision: 'approve', duration, read: '1' }),
  );
};
const send = async (path: string, body: Json) => {
  const response = await fetch(`${server.issuer}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: response.status === 204 ? {} : ((await response.json()) as Json) };
};
const redeem = (token: string, parameters: Json) =>
  send('/redemptions', { token, action: PLACE, parameters, idempotency_key: crypto.randomUUID() });
const left = async () =>
  (
    await database.first<{ left: string }>(
      'select budget_left as left from task_actions where budget_left is not null order by task desc limit 1',
    )
  )?.left;

test('what was allowed for a time may be spent in all, and not each time', async () => {
  const due = '2026-12-01';
  const token = await tokenFor(due, 'PT1H');
  expect((await redeem(token, order('60.00', due))).status).toBe(201);
  expect(await redeem(token, order('40.01', due))).toMatchObject({ status: 403, body: { reason: 'used_up' } });
  expect((await redeem(token, order('40.00', due))).status).toBe(201);
  expect(await redeem(token, order('0.01', due))).toMatchObject({ status: 403, body: { reason: 'used_up' } });
  // More at once than was allowed at all is another matter.
  expect(await redeem(token, order('100.01', due))).toMatchObject({
    status: 403,
    body: { reason: 'parameters_differ' },
  });
});

test('twenty at once at the limit spend exactly the budget', async () => {
  const due = '2026-12-02';
  const token = await tokenFor(due, 'PT1H');
  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(token, order('10.00', due))));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
  expect(answers.filter(({ body }) => body.reason === 'used_up')).toHaveLength(10);
});

test('a use that is given back gives its amount back, once', async () => {
  const due = '2026-12-03';
  const token = await tokenFor(due, 'PT1H');
  const { body } = await redeem(token, order('100.00', due));
  expect((await redeem(token, order('1.00', due))).status).toBe(403);
  const release = () => send(`/redemptions/${body.redemption_id}/outcome`, { status: 'released' });
  expect((await release()).status).toBe(204);
  expect((await release()).status).toBe(204);
  expect((await redeem(token, order('100.00', due))).status).toBe(201);
  expect((await redeem(token, order('1.00', due))).status).toBe(403);
});

test('once is one use, whatever it costs', async () => {
  const due = '2026-12-04';
  const token = await tokenFor(due, 'once');
  expect((await redeem(token, order('1.00', due))).status).toBe(201);
  expect(await redeem(token, order('1.00', due))).toMatchObject({ body: { reason: 'used_up' } });
  expect(await left()).toBeDefined();
});
