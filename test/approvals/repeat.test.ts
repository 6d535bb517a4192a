import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { shop } from '../catalogue/shop.ts';
import { ask, decideFor, poll, wordsOf } from '../protocol/support.ts';
import { administrator, operator } from '../support/admin.ts';
import { type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { accessTokenIn, addClient, databaseOf, eventsIn, organizationOf, serveWith } from '../support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SHOP = 'https://shop.example';
const PLACE = 'shop.orders.place';
const repeating = shop
  .replace('level: { default: medium }', 'level: { default: medium }\n      standing: exact')
  .replace('version: 1', 'version: 1');

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let api: string;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  expect((await (await operator(server))('POST', '/catalogue', repeating)).body).toMatchObject({ published: 1 });
  const resourceServer = await addClient(server, database, 'resource_server');
  await serveWith(database, SHOP, resourceServer);
  api = accessTokenIn(
    await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
  );
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  agent = await registerAgent(server, { authorization_details_types: [PLACE] });
});

const order = (more: Json = {}) => ({
  resource: SHOP,
  authorization_details: detailsParameter({ type: PLACE, item: 'chair', due: '2026-12-24', ...more }),
});
/** Asks, has it approved once, and lets the task end, so that nothing covers the next. */
const allowOnce = async (more: Json = {}): Promise<PageAnswer> => {
  const { body } = await ask(agent, order(more));
  const { result } = await decideFor(server, agent, person, {
    decision: 'approve',
    duration: 'once',
    number: body.display_code,
  });
  return result;
};
const spend = () =>
  database.run(
    `update task_actions a set uses = 1 from tasks t
     where t.id = a.task and t.client_id = $1 and t.standing_until is null and a.max_uses = 1`,
    [agent.clientId],
  );
const offeredIn = ({ html }: PageAnswer) => /action="(\/tasks\/tsk_[0-9a-f]+\/repeat)"/.exec(html)?.[1];
const allowThrice = async () => {
  await allowOnce();
  await spend();
  await allowOnce();
  await spend();
  return allowOnce();
};
const take = async (page: PageAnswer) => {
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
  return person.post(offeredIn(page) ?? '', { csrf });
};
const collected = async () => {
  const { body } = await ask(agent, order());
  return accessTokenIn(await poll(agent, body.auth_req_id));
};
const redeem = async (token: string, key: string, parameters: Json = { item: 'chair', due: '2026-12-24' }) => {
  const response = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token, action: PLACE, parameters, idempotency_key: key }),
  });
  return { status: response.status, body: (await response.json()) as Json };
};
const standing = () =>
  database.first<Json>(
    `select t.*, a.uses, a.max_uses, a.daily_max, a.day_uses from tasks t join task_actions a on a.task = t.id
     where t.client_id = $1 and t.standing_until is not null`,
    [agent.clientId],
  );

describe('U6-4: allowing exactly the same for a while', () => {
  test('is offered on the receipt of the third approval, not before, and not for something else', async () => {
    expect(offeredIn(await allowOnce())).toBeUndefined();
    await spend();
    expect(offeredIn(await allowOnce({ item: 'table' }))).toBeUndefined();
    await spend();
    expect(offeredIn(await allowOnce())).toBeUndefined();
    await spend();
    const third = await allowOnce();
    expect(offeredIn(third)).toBeDefined();
    expect(wordsOf(third)).toContain('You allowed exactly this 3 times this week. You can stop it any time.');
    expect(wordsOf(third)).toContain('Allow exactly this for 7 days, at most 20 times and 5 a day');
  });

  test('makes a task: it covers the same without a page, is counted where it is used, and ends when it is stopped', async () => {
    const receipt = await allowThrice();
    const taken = await take(receipt);
    expect(wordsOf(taken)).toContain('Allowed for 7 days, at most 20 times and 5 a day.');
    await spend();
    expect(await standing()).toMatchObject({ uses: 0, max_uses: 20, daily_max: 5 });

    const token = await collected();
    expect(await redeem(token, `${agent.clientId} 1`)).toMatchObject({ status: 201, body: { remaining: 19 } });
    expect(await redeem(token, `${agent.clientId} 2`, { item: 'table', due: '2026-12-24' })).toMatchObject({
      status: 403,
      body: { reason: 'parameters_differ' },
    });
    const mine = await person.get('/agents');
    expect(wordsOf(mine)).toMatch(/May order chair without asking · until \S+ \d+ \S+ \S+ · 1 of 20 uses/);

    const { id } = await standing();
    const csrf = /name="csrf" value="([^"]+)"/.exec(mine.html)?.[1] ?? '';
    await person.post(`/tasks/${id}/stop`, { csrf });
    expect(await redeem(token, `${agent.clientId} 3`)).toMatchObject({
      status: 403,
      body: { reason: 'token_not_active' },
    });
    const again = await ask(agent, order());
    expect((await poll(agent, again.body.auth_req_id)).body.error).toBe('authorization_pending');
  });

  test('evidence has it as a decision of the person, bound to the request', async () => {
    await take(await allowThrice());
    const { id, decision_hash, request_hash } = await standing();
    const event = (await eventsIn(database)).find(({ task, type }) => task === id && type === 'task.approved');
    expect(event).toMatchObject({ reason: 'standing', decision: 'allowed' });
    expect(event?.fields['content.decision_hash']?.value).toBe(decision_hash);
    expect(event?.fields['content.request_hash']?.value).toBe(request_hash);
  });

  test('is drawn five times a day and no sixth, however many arrive together', async () => {
    await take(await allowThrice());
    await spend();
    const token = await collected();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, key) => redeem(token, `${agent.clientId} ${key}`)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ body }) => body.reason === 'used_up_today')).toHaveLength(15);
    expect(await standing()).toMatchObject({ uses: 5, day_uses: 5 });
    // What would not be let in covers nothing: the person is asked.
    const { body } = await ask(agent, order());
    expect((await poll(agent, body.auth_req_id)).body.error).toBe('authorization_pending');

    await database.run(`update task_actions set day_began = day_began - interval '25 hours' where task = $1`, [
      (await standing()).id,
    ]);
    expect(await redeem(token, `${agent.clientId} tomorrow`)).toMatchObject({ status: 201, body: { remaining: 14 } });
    expect(await standing()).toMatchObject({ uses: 6, day_uses: 1 });
    // A use of yesterday that is given back is one more in all, and none more today.
    const given = answers.find(({ status }) => status === 201)?.body.redemption_id;
    await database.run(`update redemptions set reserved_at = reserved_at - interval '25 hours' where id = $1`, [given]);
    const released = await fetch(`${server.issuer}/redemptions/${given}/outcome`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api}`, 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'released' }),
    });
    expect([released.status, await standing()]).toEqual([204, expect.objectContaining({ uses: 5, day_uses: 1 })]);
  });

  test('U9-4 dies when nobody uses it for 14 days, as My agents says, and each use is a sign of life', async () => {
    await take(await allowThrice());
    await spend();
    const days = ({ expires_at }: Json) => Math.round((expires_at.getTime() - Date.now()) / 86_400_000);
    expect(days(await standing())).toBe(7);
    await database.run(
      `update tasks set standing_until = now() + interval '30 days', expires_at = now() + interval '3 days' where id = $1`,
      [(await standing()).id],
    );
    expect(wordsOf(await person.get('/agents'))).toMatch(/May order chair .* · expires \S+ \d+ \S+ \S+ if unused/);
    const token = await collected();
    await redeem(token, `${agent.clientId} alive`);
    expect(days(await standing())).toBe(14);
    const { id } = await standing();
    await database.run(`update tasks set expires_at = now() where id = $1`, [id]);
    expect(await redeem(token, `${agent.clientId} late`)).toMatchObject({ status: 403 });
    const again = await ask(agent, order());
    expect((await poll(agent, again.body.auth_req_id)).body.error).toBe('authorization_pending');
    expect((await person.get('/agents')).html).not.toContain(id);
  });

  test.each([
    ['forbids it', 'never' as const, 403, 'Its policy: No chairs. Nothing was allowed.'],
    ['asks two of them', 'two' as const, 409, 'This request has changed. Nothing was allowed.'],
  ])('is not taken once a policy %s', async (_, verdict, status, words) => {
    const acme = await organizationOf(database, 'acme');
    const receipt = await allowThrice();
    await publishPolicies(database, acme, { rules: [{ name: 'No chairs', when: { actions: [PLACE] }, verdict }] });
    try {
      const taken = await take(receipt);
      expect([taken.status, wordsOf(taken), await standing()]).toEqual([
        status,
        expect.stringContaining(words),
        undefined,
      ]);
      const events = (await eventsIn(database)).filter(({ agent: of }) => of === agent.registration.agent_id);
      expect(events.map(({ type }) => type)).toContain('approval.refused');
    } finally {
      await publishPolicies(database, acme, { rules: [] });
    }
  });

  test('is neither offered nor taken where the organization wants to be asked each time', async () => {
    const admin = await administrator(server, 'admin@acme.example');
    const receipt = await allowThrice();
    expect((await admin('PUT', '/prompts/limits', { fast_decisions: 0, standing: false })).status).toBe(200);
    expect((await take(receipt)).status).toBe(409);
    expect(await standing()).toBeUndefined();
    await spend();
    expect(offeredIn(await allowOnce())).toBeUndefined();
    expect((await admin('PUT', '/prompts/limits', { fast_decisions: 0 })).status).toBe(200);
    await spend();
    expect(offeredIn(await allowOnce())).toBeDefined();
  });

  test('is taken once, by the person it was offered to, and only while what it repeats lives', async () => {
    const receipt = await allowThrice();
    const path = offeredIn(receipt) ?? '';
    const other = await signIn(server, 'approver@acme.example');
    const theirs = /name="csrf" value="([^"]+)"/.exec((await other.get('/agents')).html)?.[1] ?? '';
    expect((await other.post(path, { csrf: theirs })).status).toBe(404);
    expect((await person.post(path, { csrf: 'x' })).status).toBe(403);
    expect(await standing()).toBeUndefined();

    const csrf = /name="csrf" value="([^"]+)"/.exec(receipt.html)?.[1] ?? '';
    const answers = await Promise.all(Array.from({ length: 20 }, () => person.post(path, { csrf })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(409)]);
    expect((await person.post(path, { csrf })).status).toBe(409);
  });

  test('is nothing that one person takes alone where the same took two', async () => {
    const receipt = await allowThrice();
    await database.run(`update approvals set quorum = 2 where client_id = $1`, [agent.clientId]);
    expect((await take(receipt)).status).toBe(409);
    expect(await standing()).toBeUndefined();
  });

  test('is not offered any more once what it would repeat was stopped', async () => {
    const receipt = await allowThrice();
    const csrf = /name="csrf" value="([^"]+)"/.exec(receipt.html)?.[1] ?? '';
    await person.post((offeredIn(receipt) ?? '').replace('repeat', 'stop'), { csrf });
    expect((await take(receipt)).status).toBe(404);
    expect(await standing()).toBeUndefined();
  });
});
