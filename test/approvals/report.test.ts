import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, poll } from '../protocol/support.ts';
import { CALENDAR, readDetails, registerAgent, type TestClient } from '../support/agent.ts';
import { askInBrowser, linkIn } from '../support/ceremony.ts';
import { inThisOrder } from '../support/database.ts';
import { databaseOf, eventsIn } from '../support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, text } from '../views/html.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  agent = await registerAgent(server, { client_name: 'Meeting Helper' });
});

const request = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
/** "Report this request" stands in the foot of the page, whatever the page is (WCAG 3.2.6). */
const reportIn = ({ html }: PageAnswer) =>
  /href="([^"]+)"[^>]*>(?:Report this request|Diese Anfrage melden)</u.exec(inner(html, 'footer'))?.[1] ?? '';
const alarms = async () =>
  (await eventsIn(database)).filter(
    (event) => event.type === 'person.alarm' && event.agent === agent.registration.agent_id,
  );
const isPaused = async () =>
  text((await person.get(`/agents/${agent.registration.agent_id}`)).html).includes('Paused by you.');
const asked = async () => {
  const { body } = await ask(agent, request);
  const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [agent.clientId]);
  return { body, path: `/r/${row?.id}` };
};

describe('“Report this request”', () => {
  test.each([
    { language: 'en', means: 'Meeting Helper is paused for you', done: 'This agent is paused for you.' },
    { language: 'de', means: 'Meeting Helper wird für Sie angehalten', done: 'Dieser Agent ist für Sie angehalten.' },
  ])(
    '§5, U5-3: one that waits is denied, its agent paused, and security told, in one step ($language)',
    async ({ language, means, done }) => {
      const { body, path } = await asked();
      const page = await person.get(`${path}?ui_locales=${language}`);
      const report = await person.get(reportIn(page));
      expect(text(inner(report.html, 'main'))).toContain(means);
      // To look at it is to do nothing.
      expect([await isPaused(), await alarms()]).toEqual([false, []]);
      const answer = await person.submit(report, { reason: 'not_me' });
      expect([answer.status, text(inner(answer.html, 'main'))]).toEqual([200, expect.stringContaining(done)]);
      expect([await isPaused(), await alarms()]).toEqual([true, [expect.objectContaining({ reason: 'not_started' })]]);
      expect((await poll(agent, body.auth_req_id)).body.error).toBe('access_denied');
      // Said twice, it is one alarm.
      await person.submit(await person.get(`${path}/report`), { reason: 'not_me' });
      expect(await alarms()).toHaveLength(1);
    },
  );

  test('in a browser the client hears a no, and the page waits for the link', async () => {
    const { page } = await askInBrowser(agent, person, readDetails(), { resource: CALENDAR });
    expect(reportIn(page)).toMatch(/^\/interaction\/[\w-]+\/report$/u);
    const answer = await person.submit(await person.get(reportIn(page)), { reason: 'not_me' });
    expect([answer.status, await isPaused()]).toEqual([200, true]);
    expect(answer.html).not.toContain('http-equiv="refresh"');
    const back = await person.get(linkIn(answer));
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
  });

  test('what was allowed ends with it: the way is on the receipt', async () => {
    const { body } = await tokenInBrowser(agent, person, request);
    const { href = '' } =
      /href="(?<href>\/receipts\/apr_[0-9a-f]+)"/u.exec(
        (await person.get(`/agents/${agent.registration.agent_id}`)).html,
      )?.groups ?? {};
    const report = await person.get(reportIn(await person.get(href)));
    expect(text(inner(report.html, 'main'))).not.toContain('denied');
    await person.submit(report, { reason: 'not_me' });
    const { active } = (await agent.post('/token/introspection', { token: body.access_token }, { dpop: false })).body;
    expect([active, await isPaused(), (await alarms()).length]).toEqual([false, true, 1]);
  });

  test('said twenty times of what was allowed, on twenty pages at once, it is one alarm, and every page says the same', async () => {
    await tokenInBrowser(agent, person, request);
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [agent.clientId]);
    const report = await person.get(`/r/${row?.id}/report`);
    const say = () => person.submit(report, { reason: 'not_me' });
    for (const answer of await Promise.all(Array.from({ length: 20 }, say))) {
      expect([answer.status, text(inner(answer.html, 'h1'))]).toEqual([
        200,
        'Thank you. This agent is paused for you.',
      ]);
    }
    expect([await isPaused(), (await alarms()).length]).toEqual([true, 1]);
    // Let ask again, and reported again: what the page says is so, and nobody is alarmed a second time.
    const path = `/agents/${agent.registration.agent_id}`;
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await person.get(path)).html)?.[1] ?? '';
    expect((await person.post(`${path}/resume`, { csrf, confirmation: 'Meeting Helper' })).status).toBe(200);
    expect(await isPaused()).toBe(false);
    await say();
    expect([await isPaused(), (await alarms()).length]).toEqual([true, 1]);
  });

  test.each([
    ['allowed', { decision: 'approve', duration: 'PT1H', action_0: 'allow' }],
    ['denied', { decision: 'deny' }],
  ])('a request that was %s in another tab meanwhile is reported all the same', async (_, fields) => {
    const { body, path } = await asked();
    const [page, report] = [await person.get(path), await person.get(`${path}/report`)];
    await person.submit(page, { ...fields, number: body.display_code });
    const answer = await person.submit(report, { reason: 'not_me' });
    expect([answer.status, text(inner(answer.html, 'h1'))]).toEqual([200, 'Thank you. This agent is paused for you.']);
    await person.submit(report, { reason: 'not_me' });
    expect([await isPaused(), (await alarms()).length]).toEqual([true, 1]);
  });

  test('twenty reports of one that waits deny it once, and are one alarm', async () => {
    const { path } = await asked();
    const report = await person.get(`${path}/report`);
    const answers = await Promise.all(Array.from({ length: 20 }, () => person.submit(report, { reason: 'not_me' })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const denials = (await eventsIn(database)).filter(
      ({ type, agent: of }) => type === 'task.denied' && of === agent.registration.agent_id,
    );
    expect([denials.length, (await alarms()).length]).toEqual([1, 1]);
  });

  test('whoever pauses an agent while it is reported in another tab does not wait for the report, nor it for them', async () => {
    await tokenInBrowser(agent, person, request);
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [agent.clientId]);
    const path = `/agents/${agent.registration.agent_id}`;
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await person.get(path)).html)?.[1] ?? '';
    // The report stands in the middle, and goes on once the pause waits as well.
    const answers = await inThisOrder(
      database,
      (statements) => statements.run('select from approvals where id = $1 for update', [row?.id]),
      [`/r/${row?.id}/report`, `${path}/pause`].map((one) => () => person.post(one, { csrf })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect([await isPaused(), (await alarms()).length]).toEqual([true, 1]);
  });

  test('of somebody else there is nothing to report', async () => {
    const { path } = await asked();
    const other = await signIn(server, 'approver@acme.example');
    const form = /name="csrf" value="([^"]+)"/u.exec((await other.get('/agents')).html)?.[1] ?? '';
    expect((await other.get(`${path}/report`)).status).toBe(404);
    expect((await other.post(`${path}/report`, { csrf: form, reason: 'not_me' })).status).toBe(404);
    expect((await person.post(`${path}/report`, { reason: 'not_me' })).status).toBe(403);
    expect(await alarms()).toEqual([]);
  });
});

test.each([
  ['en', 'Why? (optional)', 'Too much access', 'Your reason was noted.'],
  ['de', 'Warum? (freiwillig)', 'Zu viel Zugriff', 'Ihr Grund wurde vermerkt.'],
])(
  'U5: a no in a browser, which went back to the agent at once, is given its reason on the receipt (%s)',
  async (language, why, reason, noted) => {
    const { page } = await askInBrowser(agent, person, readDetails(), { resource: CALENDAR });
    const denied = await person.submit(page, { decision: 'deny' });
    expect(denied.html).toContain(`href="/agents/${agent.registration.agent_id}">Manage this agent<`);
    const receipt = /href="(\/receipts\/apr_[0-9a-f]+)"/u.exec(denied.html)?.[1] ?? '';
    const before = await person.get(`${receipt}?ui_locales=${language}`);
    expect(text(inner(before.html, 'main'))).toContain(why);
    const answer = await person.submit(before, { reason: 'too_much' });
    expect(text(inner(answer.html, 'main'))).toContain(noted);
    const after = text(inner((await person.get(`${receipt}?ui_locales=${language}`)).html, 'main'));
    expect([after.includes(reason), after.includes(why)]).toEqual([true, false]);
  },
);

test('U7: what was decided today is said as it was decided, and leads to its receipt', async () => {
  await tokenInBrowser(agent, person, request, { decision: 'approve', duration: 'once', read: '1' });
  const { html } = await person.get('/inbox');
  const [latest = ''] = /<li class="event">[\s\S]*?<\/li>/u.exec(html) ?? [];
  expect(text(latest)).toContain('allowed once');
  const receipt = await person.get(/href="([^"]+)"/u.exec(latest)?.[1] ?? '');
  expect(text(inner(receipt.html, 'h1'))).toContain('Meeting Helper asked to read your calendar for 24–28 Nov');
});
