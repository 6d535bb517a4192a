import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import type { Approval } from '../../server/approvals/approval.ts';
import { together } from '../../server/approvals/batch-rule.ts';
import { shop } from '../catalogue/shop.ts';
import { ask, poll } from '../protocol/support.ts';
import { administrator, operator } from '../support/admin.ts';
import { inviteDetails, type Json, readDetails, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf, organizationOf } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, tags, text } from '../views/html.ts';

describe('U7-3, ux.md §3.2: what may be decided on one page', () => {
  const one = (more: object = {}) =>
    ({
      id: 'apr_1',
      kind: 'backchannel',
      agent: 'agt_1',
      person: 'usr_1',
      actions: [{ action: 'calendar.events.read' }],
      impact: 'low',
      quorum: 1,
      hasNumber: false,
      ...more,
    }) as unknown as Approval;
  const sizes = (waiting: Approval[], hasPasskey = false) =>
    together(waiting, { person: 'usr_1', hasPasskey }).map(({ approvals }) => approvals.length);

  test.each([
    ['two alike', [one(), one()], [2]],
    ['one alone', [one()], []],
    ['another agent', [one(), one({ agent: 'agt_2' })], []],
    ['another action', [one(), one({ actions: [{ action: 'other' }] })], []],
    ['several actions', [one(), one({ actions: [{ action: 'a' }, { action: 'b' }] })], []],
    ['with a number', [one(), one({ hasNumber: true })], []],
    [
      'what has to be looked at twice',
      [one(), one(), one({ actions: [{ action: 'calendar.events.read', parameters: { title: 'ЕUR' } }] })],
      [2],
    ],
    ['high impact', [one({ impact: 'high' }), one({ impact: 'high' })], []],
    [
      'medium, from an exchange',
      [one({ impact: 'medium', kind: 'exchange' }), one({ impact: 'medium', kind: 'exchange' })],
      [2],
    ],
    ['medium, from an unattended agent', [one({ impact: 'medium' }), one({ impact: 'medium' })], [2]],
    ['in a browser', [one({ kind: 'browser' }), one({ kind: 'browser' })], []],
    ['somebody else’s', [one({ person: 'usr_2' }), one({ person: 'usr_2' })], []],
    ['for two people', [one({ quorum: 2 }), one({ quorum: 2 })], []],
    ['more than ten', Array.from({ length: 12 }, () => one()), [10]],
  ] as [string, Approval[], number[]][])('%s', (_name, waiting, expected) => {
    expect(sizes(waiting)).toEqual(expected);
  });

  test.each(['low', 'medium'])('U3: whoever has a passkey signs each %s request of an unattended agent', (impact) => {
    expect(sizes([one({ impact }), one({ impact })], true)).toEqual([]);
    // An exchange asks for no passkey at this impact: it is decided as without one.
    const exchange = { impact, kind: 'exchange' };
    expect(sizes([one(exchange), one(exchange)], true)).toEqual([2]);
  });
});

describe('the page', () => {
  let server: TestServer;
  let database: Database;
  let person: TestPerson;
  let agent: TestClient;
  beforeAll(async () => {
    server = await startServer();
    database = databaseOf(server);
    person = await signIn(server);
    agent = await registerAgent(server, { client_name: 'Night Reader', agent_mode: 'unattended' });
  });
  afterAll(async () => {
    await database?.close();
    await server?.close();
  });
  beforeEach(() =>
    database.run(`update approvals set expires_at = now() - interval '1 hour' where status = 'pending'`),
  );

  test('U7-3: changes that an unattended agent asks for stand together, each with its own answer, and none is allowed by one button', async () => {
    const invite = async (title: string) =>
      (await ask(agent, { authorization_details: detailsParameter(inviteDetails({ title })) })).body;
    const all = [await invite('One'), await invite('Two')];
    const page = await batch();
    if (!page) throw new Error('no batch');
    expect(page.html).not.toContain('value="all_reads"');
    // For how long is said where it is not chosen.
    const german = await person.get(`${new URL(page.url).pathname}${new URL(page.url).search}&ui_locales=de`);
    for (const [{ html }, lasting] of [
      [page, /· Once, within 10 minutes · answer by [^·]+·/gu],
      [german, /· Einmal, innerhalb von 10 Minuten · zu beantworten bis [^·]+·/gu],
    ] as const) {
      expect(text(inner(html, 'main')).match(lasting)).toHaveLength(2);
    }
    // Said all the same, it allows no change.
    expect((await person.submit(page, { decision: 'all_reads', read: '1' })).html).toContain('0 allowed');
    const result = await person.submit(page, { decision: 'chosen', read: '1', answer_0: 'allow', answer_1: 'deny' });
    expect(result.html).toContain('1 allowed, 1 denied');
    expect([await answer(all[0]), await answer(all[1])].toSorted()).toEqual(['access_denied', 'token']);
  });

  let week = 0;
  const asked = async (): Promise<Json> => {
    week += 1;
    const day = (offset: number) => new Date(Date.UTC(2028, 0, 3 + week * 7 + offset)).toISOString().slice(0, 10);
    const { status, body } = await ask(agent, {
      authorization_details: detailsParameter(readDetails({ from: day(0), to: day(4) })),
    });
    expect(status).toBe(200);
    return body;
  };
  const batch = async () => {
    const inbox = await person.get('/inbox');
    const href = /href="(\/inbox\/batch[^"]*)"/.exec(inbox.html)?.[1]?.replaceAll('&amp;', '&');
    return href === undefined ? undefined : person.get(href);
  };
  const answer = async ({ auth_req_id }: Json) => {
    await database.run('update approvals set polled_at = null');
    const { status, body } = await poll(agent, auth_req_id);
    return status === 200 ? 'token' : body.error;
  };

  test('U7-3: offered for two that are alike, and not for one', async () => {
    await asked();
    expect(await batch()).toBeUndefined();
    await asked();
    const page = await batch();
    expect(page?.status).toBe(200);
    expect(page?.html).not.toMatch(/<input[^>]*type="radio"[^>]*checked/);
  });

  test('each row has its own answer; what was not answered stays open', async () => {
    const [one, two, three] = [await asked(), await asked(), await asked()];
    const page = await batch();
    if (!page) throw new Error('no batch');
    const result = await person.submit(page, { decision: 'chosen', read: '1', answer_0: 'allow', answer_1: 'deny' });
    expect(result.html).toContain('1 allowed, 1 denied, 1 left open.');
    const answers = [await answer(one), await answer(two), await answer(three)];
    expect(answers.toSorted()).toEqual(['access_denied', 'authorization_pending', 'token']);
    expect(
      await database.first(
        `select c.fields -> 'content.batch' ->> 'value' as batch from evidence e
         join evidence_contents c on c.organization = e.organization and c.event = e.id where e.type = 'task.denied' and e.agent = $1`,
        [agent.registration.agent_id],
      ),
    ).toEqual({ batch: 'true' });
  });

  test('all reads are allowed by one button', async () => {
    await database.run('truncate unmutes');
    await database.run(
      `insert into unmutes (organization, agent, person) select organization, agent, person from approvals where agent = $1 limit 1 on conflict do nothing`,
      [agent.registration.agent_id],
    );
    const all = [await asked(), await asked()];
    const page = await batch();
    if (!page) throw new Error('no batch');
    expect((await person.submit(page, { decision: 'all_reads', read: '1' })).html).toContain('2 allowed');
    expect([await answer(all[0]), await answer(all[1])]).toEqual(['token', 'token']);
  });

  test.each([
    ['what was chosen', { decision: 'chosen', answer_0: 'allow', answer_1: 'deny' }, ['answer_0', 'answer_1']],
    ['all reads', { decision: 'all_reads' }, []],
  ])('U2-9: %s is not taken from a form that does not say that it was read', async (_, fields, kept) => {
    const all = [await asked(), await asked()];
    const page = await batch();
    if (!page) throw new Error('no batch');
    expect(tags(page.html, 'input').find((tag) => tag.includes('name="read"'))).not.toContain('required');
    const refused = await person.submit(page, { ...fields, read: '' });
    expect([refused.status, text(inner(refused.html, 'div', 'role="alert"'))]).toEqual([
      400,
      expect.stringContaining('Nothing was allowed.'),
    ]);
    const inputs = tags(refused.html, 'input');
    expect(inputs.find((tag) => tag.includes('name="read"'))).toContain('required');
    expect(inputs.flatMap((tag) => (/ checked/u.test(tag) ? /name="(\w+)"/u.exec(tag)?.[1] : [])).toSorted()).toEqual(
      kept,
    );
    expect([await answer(all[0] ?? {}), await answer(all[1] ?? {})]).toEqual(Array(2).fill('authorization_pending'));
    const events = await database.rows(`select from evidence where type = 'approval.refused' and reason = 'not_read'`);
    expect(events.length).toBeGreaterThan(0);
    expect((await person.submit(refused, { decision: 'all_reads', read: '1' })).html).toContain('2 allowed');
  });

  test('a row that changed, or is somebody else’s, is left; without the form nothing happens', async () => {
    const all = [await asked(), await asked()];
    const page = await batch();
    if (!page) throw new Error('no batch');
    const wrong = await person.submit(page, {
      decision: 'all_reads',
      request_hash_0: 'x'.repeat(43),
      request_1: 'apr_0',
    });
    expect(wrong.html).toContain('0 allowed, 0 denied, 2 left open.');
    expect((await person.post('/inbox/batch', { decision: 'all_reads' })).status).toBe(403);
    expect([await answer(all[0]), await answer(all[1])]).toEqual(['authorization_pending', 'authorization_pending']);
  });

  test('a row twice is one, an answer that is none leaves its row, and what needs more than a session is no row', async () => {
    const hidden = ({ html }: { html: string }, name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`, 'u').exec(html)?.[1] ?? '';
    const all = [await asked(), await asked()];
    const attended = await registerAgent(server, { client_name: 'Day Reader' });
    await ask(attended, { authorization_details: detailsParameter(inviteDetails({ title: 'By number' })) });
    const numbered = await database.first<{ id: string; request_hash: string }>(
      'select id, request_hash from approvals where client_id = $1',
      [attended.clientId],
    );
    const page = await batch();
    if (!page || !numbered) throw new Error('no batch');
    const tally = async (fields: Record<string, string>) =>
      /[^>]* left open\./u.exec((await person.submit(page, { decision: 'chosen', ...fields })).html)?.[0];
    const none = { answer_0: 'ALLOW', answer_1: 'allow ' };
    expect(await tally(none)).toBe('0 allowed, 0 denied, 2 left open.');
    expect(await tally({ 'answer_0[]': 'allow', answer_2: 'allow', answer_9: 'allow' })).toBe(
      '0 allowed, 0 denied, 2 left open.',
    );
    const more = { request_2: numbered.id, request_hash_2: numbered.request_hash, answer_2: 'allow' };
    expect(await tally(more)).toBe('0 allowed, 0 denied, 3 left open.');
    const first = { request_1: hidden(page, 'request_0'), request_hash_1: hidden(page, 'request_hash_0') };
    expect(await tally({ ...first, answer_0: 'allow', answer_1: 'allow' })).toBe('1 allowed, 0 denied, 1 left open.');
    const answers = [await answer(all[0] ?? {}), await answer(all[1] ?? {})];
    expect(answers.toSorted()).toEqual(['authorization_pending', 'token']);
  });

  test('what a policy forbids since the page was drawn is left', async () => {
    const all = [await asked(), await asked()];
    const page = await batch();
    if (!page) throw new Error('no batch');
    const acme = await organizationOf(database, 'acme');
    await publishPolicies(database, acme, {
      rules: [{ name: 'No reading', when: { actions: ['calendar.*'] }, verdict: 'never' }],
    });
    try {
      expect((await person.submit(page, { decision: 'all_reads' })).html).toContain(
        '0 allowed, 0 denied, 2 left open.',
      );
    } finally {
      await publishPolicies(database, acme, { rules: [] });
    }
    expect(await answer(all[0] ?? {})).toBe('authorization_pending');
  });

  test('a row whose action asks for a later sign-in than this one is left: its own page asks for it', async () => {
    const strict = shop.replace('      samples:', '      authentication: { acr: pwd, maxAge: 120 }\n      samples:');
    expect((await (await operator(server))('POST', '/catalogue', strict)).status).toBe(200);
    const buyer = await registerAgent(server, {
      agent_mode: 'unattended',
      authorization_details_types: ['shop.orders.place'],
    });
    for (const item of ['chair', 'table']) {
      const order = { type: 'shop.orders.place', item, due: '2026-12-24' };
      const form = { resource: 'https://shop.example', authorization_details: detailsParameter(order) };
      expect((await ask(buyer, form)).status).toBe(200);
    }
    const page = await batch();
    if (!page) throw new Error('no batch');
    const allow = { decision: 'chosen', read: '1', answer_0: 'allow', answer_1: 'allow' };
    await database.run(`update sessions set authenticated_at = authenticated_at - interval '3 minutes'`);
    expect((await person.submit(page, allow)).html).toContain('0 allowed');
    person = await signIn(server);
    expect((await person.submit((await batch()) ?? page, allow)).html).toContain('2 allowed');
  });

  test('whoever signed in a while ago shows first who they are', async () => {
    await asked();
    await asked();
    const page = await batch();
    if (!page) throw new Error('no batch');
    await database.run(`update sessions set authenticated_at = now() - interval '10 minutes'`);
    const answer = await person.submit(page, { decision: 'all_reads' });
    expect(answer.url).toContain('/login');
    await database.run('update sessions set authenticated_at = now()');
  });

  test('U7-1: the inbox has the worst first, and of the same level what ends first', async () => {
    const wanted: [number, Json][] = [
      [900, readDetails()],
      [900, inviteDetails({ title: 'Late' })],
      [600, inviteDetails({ title: 'Soon' })],
      [900, inviteDetails({ title: 'Outside', guests: ['someone@elsewhere.example'] })],
      [300, readDetails({ from: '2026-12-01', to: '2026-12-02' })],
    ];
    const ids: string[] = [];
    const other = await registerAgent(server, { client_name: 'Many Questions', agent_mode: 'unattended' });
    for (const [seconds, details] of wanted) {
      const more = { requested_expiry: String(seconds), authorization_details: detailsParameter(details) };
      expect((await ask(other, more)).status).toBe(200);
      const row = await database.first<{ id: string }>('select id from approvals order by asked_at desc limit 1');
      ids.push(row?.id ?? '');
    }
    const { html } = await person.get('/inbox');
    const shown = [...new Set([...html.matchAll(/href="\/r\/(apr_\w+)"/g)].map(([, id]) => id))];
    expect(shown.filter((id) => ids.includes(id ?? '')).map((id) => ids.indexOf(id ?? ''))).toEqual([3, 2, 1, 4, 0]);
  });

  test('is offered nowhere, and opens nowhere, where the organization wants each answered by itself', async () => {
    const other = await registerAgent(server, { client_name: 'Night Watch', agent_mode: 'unattended' });
    for (const from of ['2029-01-01', '2029-01-02'])
      await ask(other, { authorization_details: detailsParameter(readDetails({ from, to: from })) });
    const href =
      /href="(\/inbox\/batch[^"]*)"/.exec((await person.get('/inbox')).html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(href).not.toBe('');
    const admin = await administrator(server, 'admin@acme.example');
    expect(await admin('PUT', '/prompts/limits', { fast_decisions: 0, batch: false })).toMatchObject({
      body: { limits: { batch: false } },
    });
    expect([await batch(), new URL((await person.get(href)).url).pathname]).toEqual([undefined, '/inbox']);
    expect((await admin('PUT', '/prompts/limits', { fast_decisions: 0 })).body.limits).toMatchObject({
      batch: true,
      standing: true,
    });
    expect((await batch())?.status).toBe(200);
  });

  test('whoever only denies there is not held back', async () => {
    const one = await asked();
    await asked();
    const page = await batch();
    if (!page) throw new Error('no batch');
    const result = await person.submit(page, { decision: 'chosen', read: '', answer_0: 'deny' });
    expect(result.html).toContain('0 allowed, 1 denied, 1 left open.');
    expect(await answer(one)).toBe('access_denied');
  });
});
