import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, poll } from '../protocol/support.ts';
import { type Api, administrator } from '../support/admin.ts';
import { CALENDAR, inviteDetails, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { cli } from '../support/cli.ts';
import { databaseOf, eventsIn } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, text } from '../views/html.ts';

/** ux.md §3.2: administrators allow nothing for others, and end what waits. */
let server: TestServer;
let database: Database;
let person: TestPerson;
let ada: Api;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, ada] = [await signIn(server), await administrator(server, 'admin@acme.example')];
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  agent = await registerAgent(server);
});

const request = { authorization_details: detailsParameter(inviteDetails({ title: 'Board' })), resource: CALENDAR };
const asked = async (): Promise<Json> => {
  const { status, body } = await ask(agent, request);
  expect(status).toBe(200);
  const row = await database.first<{ id: string }>(
    'select id from approvals where client_id = $1 order by asked_at desc limit 1',
    [agent.clientId],
  );
  return { ...body, id: row?.id };
};
const deny = ({ id }: Json, api = ada, body: Json = { reason: 'not tonight' }) =>
  api('POST', `/approvals/${id}/deny`, body);
const heading = ({ html }: { html: string }) => text(inner(html, 'h1'));

test('the agent hears a no at once, also where its poll is held; the page says that it ended, and nobody is said to have denied it', async () => {
  const one = await asked();
  const held = poll(agent, one.auth_req_id, { headers: { prefer: 'wait=20' } });
  expect(await deny(one)).toMatchObject({ status: 200, body: { id: one.id, denied: true } });
  expect((await held).body.error).toBe('access_denied');
  const page = await person.get(`/r/${one.id}`);
  expect([page.status, heading(page)]).toEqual([410, 'This request was ended.']);
  expect(heading(await person.get(`/r/${one.id}?ui_locales=de`))).toBe('Diese Anfrage wurde beendet.');
  const receipt = text(inner((await person.get(`/receipts/${one.id}`)).html, 'main'));
  expect(receipt).toContain('Decision: stopped');
  expect(receipt).toContain('It was denied for you');
  expect(text((await person.get(`/agents/${agent.registration.agent_id}`)).html)).toMatch(
    /Asked you something\s·\sstopped/u,
  );
  const [event] = (await eventsIn(database)).filter(
    ({ approval, type }) => approval === one.id && type === 'task.denied',
  );
  expect(event).toMatchObject({ reason: 'administrator', decision: 'refused', agent: agent.registration.agent_id });
  // It was not the person's no: the same may be asked again.
  expect((await ask(agent, request)).status).toBe(200);
});

test('of many who end or allow the same at once one is first, and that holds', async () => {
  const one = await asked();
  const answers = await Promise.all(Array.from({ length: 20 }, () => deny(one)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(409)]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    reason: 'not_waiting',
    detail: 'nobody waits for an answer to it any more',
  });
  for (let round = 0; round < 5; round++) {
    agent = await registerAgent(server);
    const both = await asked();
    const page = await person.get(`/r/${both.id}`);
    const yes = { decision: 'approve', duration: 'once', read: '1', number: both.display_code };
    const [allowed, denied] = await Promise.all([person.submit(page, yes), deny(both)]);
    expect([
      [200, 409],
      [409, 200],
      [410, 200], // it had ended before the yes was read
    ]).toContainEqual([allowed.status, denied.status]);
    expect((await poll(agent, both.auth_req_id)).status).toBe(allowed.status === 200 ? 200 : 400);
  }
});

test.each([
  ['an administrator of another organization', 'admin@globex.example', 404],
  ['an auditor', 'approver@acme.example', 403],
])('%s ends nothing', async (_, email, status) => {
  await database.run(`update people set roles = '{auditor}' where email = 'approver@acme.example'`);
  const one = await asked();
  expect((await deny(one, await administrator(server, email))).status).toBe(status);
  expect((await poll(agent, one.auth_req_id)).body.error).toBe('authorization_pending');
});

test('a reason is needed; what never was is unknown', async () => {
  const one = await asked();
  expect((await deny(one, ada, {})).status).toBe(400);
  expect((await deny({ id: 'apr_none' })).status).toBe(404);
  expect((await poll(agent, one.auth_req_id)).body.error).toBe('authorization_pending');
});

test('by command: as many as are named, each by itself', async () => {
  const [one, other] = [await asked(), await asked()];
  await deny(other);
  const run = (...ids: string[]) =>
    cli(server, ['approvals', 'deny', ...ids, '--organization', 'acme', '--reason', 'not tonight']);
  const { code, stderr } = await run(other.id, one.id);
  expect([code, stderr]).toEqual([7, expect.stringContaining(`${one.id}: denied`)]);
  expect((await poll(agent, one.auth_req_id)).body.error).toBe('access_denied');
  expect((await run(one.id)).code).toBe(6);
});
