import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { commitmentTo } from '../../server/evidence/evidence.ts';
import { type Api, administrator } from '../support/admin.ts';
import { CALENDAR, inviteDetails, pkce, push, registerAgent, type TestClient } from '../support/agent.ts';
import {
  authorizationUrl,
  browserOf,
  detailsParameter,
  type PageAnswer,
  signIn,
  type TestPerson,
} from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, tags, text } from '../views/html.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let person: TestPerson;
let admin: Api;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await registerAgent(server);
  person = await signIn(server);
  admin = await administrator(server, 'admin@acme.example');
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

let plans = 0;
/** A decision page about a plan that was not asked about before. */
async function ask(form: Record<string, string> = {}, who = person): Promise<PageAnswer> {
  const pushed = await push(agent, {
    code_challenge: pkce().challenge,
    authorization_details: detailsParameter(inviteDetails({ title: `Plan ${++plans}` })),
    resource: CALENDAR,
    ...form,
  });
  return who.get(authorizationUrl(agent, pushed.body.request_uri));
}
const approve = (page: PageAnswer, fields: Record<string, string> = {}) =>
  person.submit(page, { decision: 'approve', duration: 'once', read: '1', ...fields });
const receiptOf = ({ html }: PageAnswer): string => /href="(\/receipts\/apr_[0-9a-f]+)"/u.exec(html)?.[1] ?? '';
const csrfOf = (html: string) => /name="csrf" value="([^"]+)"/u.exec(html)?.[1] ?? never();
/** What of a page may be kept: no token of its forms, and no interaction that somebody could go on with. */
const withoutBearers = (html: string) =>
  html.replaceAll(csrfOf(html), '').replaceAll(/(?<=\/interaction\/)[A-Za-z0-9_-]+/gu, '');
const decisionOf = async (receipt: string) =>
  (
    await database.query(
      `select e.id, e.commitments, c.fields from evidence e
       join evidence_contents c on c.organization = e.organization and c.event = e.id
       where e.approval = $1 and e.type in ('task.approved', 'task.denied')`,
      [receipt.split('/').at(-1)],
    )
  ).rows[0];
function never(): never {
  throw new Error('not found');
}

describe('what was seen', () => {
  test('D14 the screen is shown again byte for byte, but for the bearer values in it, and says when it was decided', async () => {
    const page = await ask({ ui_locales: 'de' });
    const receipt = receiptOf(await approve(page));
    const again = await person.get(`${receipt}/screen`);
    expect([again.status, again.html]).toEqual([200, withoutBearers(page.html)]);
    expect(again.headers.get('repr-digest')).toBe(
      `sha-256=:${createHash('sha256').update(again.html).digest('base64')}:`,
    );
    // Of no origin, without script and without forms: what it once could do, it cannot do now.
    const policy = again.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox; default-src 'none';/u);
    expect(policy).not.toMatch(/allow-|script-src|form-action|unsafe/u);

    const { fields } = await decisionOf(receipt);
    expect(fields['content.shown'].value).toEqual({
      id: expect.stringMatching(/^scr_/),
      at: expect.stringMatching(/Z$/),
      language: 'de',
      template: expect.stringMatching(/^\d+\.\d+\.\d+\/[\w-]{12}$/),
      catalogue: [{ action: 'calendar.invitations.send', version: 1 }],
    });
    expect(fields).toMatchObject({
      'content.request_hash': { value: /name="request_hash" value="([^"]+)"/u.exec(page.html)?.[1] },
      'content.acr': { value: 'pwd' },
      'content.amr': { value: ['pwd'] },
      'content.seconds_to_decide': { value: expect.any(Number) },
      'content.decision': { value: expect.objectContaining({ verdict: 'approve' }) },
    });
  });

  test('D14 it keeps the style sheet that it was seen with, whatever a later release looks like', async () => {
    const page = await ask();
    const receipt = receiptOf(await approve(page));
    const [, path = '', hash] = /href="(\/static\/styles\/([\w-]{43})\.css)"/u.exec(page.html) ?? never();
    const { html } = await person.get(`${receipt}/screen`);
    expect(tags(html, 'link').filter((tag) => tag.includes('stylesheet'))).toEqual([expect.stringContaining(path)]);
    const fetched = await fetch(`${server.issuer}${path}`);
    const css = await fetched.text();
    expect([fetched.status, fetched.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    expect(createHash('sha256').update(css).digest('base64url')).toBe(hash);
    expect(css).toBe(await (await fetch(`${server.issuer}/static/app.css`)).text());

    // An older release's lies there as well, and is answered as it was.
    const old = 'body { color: rebeccapurple }';
    const oldHash = createHash('sha256').update(old).digest('base64url');
    await database.query('insert into style_sheets (hash, css) values ($1, $2)', [oldHash, old]);
    const seen = await fetch(`${server.issuer}/static/styles/${oldHash}.css`);
    expect([await seen.text(), seen.headers.get('cache-control')]).toEqual([old, expect.stringContaining('immutable')]);
    // It never changes, so the database is asked for it once.
    await database.query('delete from style_sheets where hash = $1', [oldHash]);
    expect(await (await fetch(`${server.issuer}/static/styles/${oldHash}.css`)).text()).toBe(old);
    expect((await fetch(`${server.issuer}/static/styles/${'A'.repeat(43)}.css`)).status).toBe(404);
  });

  test('of two tabs in two languages, the one that was decided on is the evidence', async () => {
    const page = await ask();
    const german = await person.get(`${new URL(page.url).pathname}?ui_locales=de`);
    expect(german.html).not.toBe(page.html);
    const receipt = receiptOf(await approve(page));
    const again = await person.get(`${receipt}/screen`);
    expect(again.html).toContain('<html lang="en"');
    expect(again.html).toContain(/name="screen" value="([^"]+)"/u.exec(page.html)?.[1] ?? never());
  });

  test('a screen that this person was never shown for this request is not taken for one', async () => {
    const [other, page] = [await ask(), await ask()];
    const foreign = /name="screen" value="([^"]+)"/u.exec(other.html)?.[1] ?? never();
    const receipt = receiptOf(await approve(page, { screen: foreign }));
    expect((await person.get(`${receipt}/screen`)).html).toBe(withoutBearers(page.html));
  });

  test('erased, it is gone for everybody, and whoever kept a copy can still prove it', async () => {
    const page = await ask();
    const receipt = receiptOf(await approve(page));
    const { id, commitments, fields } = await decisionOf(receipt);
    const { salt, value } = fields['content.screen'];
    expect(commitmentTo('content.screen', salt, value)).toBe(commitments['content.screen']);
    expect(commitmentTo('content.screen', salt, `${value} `)).not.toBe(commitments['content.screen']);
    await database.query(
      `update evidence_contents set fields = fields - 'content.screen', erased_at = now() where event = $1`,
      [id],
    );
    const gone = await person.get(`${receipt}/screen`);
    expect([gone.status, gone.html.includes(text(inner(page.html, 'h1')))]).toEqual([410, false]);
    expect(text((await person.get(receipt)).html)).toContain(
      'Its content was erased. The proof of what it said remains.',
    );
    expect((await decisionOf(receipt)).commitments['content.screen']).toBe(commitments['content.screen']);
  });

  test('it is the own person’s to see, and of whoever reads the organization’s evidence, which is recorded', async () => {
    const receipt = receiptOf(await approve(await ask()));
    const [colleague, admin, stranger] = [
      await signIn(server, 'approver@acme.example'),
      await signIn(server, 'admin@acme.example'),
      await signIn(server, 'admin@globex.example'),
    ];
    for (const path of [receipt, `${receipt}/screen`]) {
      expect((await browserOf(server.issuer).get(path)).url).toContain('/login');
      const nothing = (await stranger.get('/receipts/apr_none')).html;
      for (const other of [colleague, stranger]) {
        const answer = await other.get(path);
        expect([answer.status, text(inner(answer.html, 'main'))]).toEqual([404, text(inner(nothing, 'main'))]);
      }
    }
    expect((await admin.get(receipt)).status).toBe(404); // a history is its person's
    expect((await admin.get(`${receipt}/screen`)).status).toBe(200);
    const { rows } = await database.query(
      `select reason, person from evidence where type = 'admin.acted' and approval = $1`,
      [receipt.split('/').at(-1)],
    );
    expect(rows).toEqual([{ reason: 'screen_read', person: expect.stringMatching(/^usr_/) }]);
  });

  test('U9-6, U6-3 the receipt says what the page said, word for word, and stops it in one step', async () => {
    const page = await ask();
    const result = await approve(page);
    const receipt = await person.get(receiptOf(result));
    const asked = text(inner(page.html, 'span', 'class="asked"'));
    expect(asked).toMatch(/^invite 2 people to “Plan \d+”/u);
    expect(text(inner(receipt.html, 'span', 'class="asked"'))).toBe(asked);
    expect(text(inner(result.html, 'main'))).toContain(`may ${asked} until`);
    expect(text(inner(receipt.html, 'p', 'class="verdict"'))).toBe('✓ Decision: allowed once');
    const stop = tags(receipt.html, 'form').find((form) => form.includes('/tasks/'));
    const action = /action="([^"]+)"/u.exec(stop ?? '')?.[1] ?? never();
    await person.post(action, { csrf: csrfOf(receipt.html) });
    const after = await person.get(receiptOf(result));
    expect(after.html).not.toContain('data-testid="stop"');
    expect(text(after.html)).toContain('Was stopped');
  });

  test('what is shown and never decided is kept for a few showings and no more', async () => {
    const page = await ask();
    const path = new URL(page.url).pathname;
    for (let turn = 0; turn < 7; turn++) await person.get(path);
    const { rows } = await database.query(`select count(*)::int as kept from screens where html like $1`, [
      `%Plan ${plans}”%`,
    ]);
    expect(rows[0].kept).toBeLessThanOrEqual(5);
    // And holds nothing that a thief of the database could use.
    const { rows: stored } = await database.query('select 1 from screens where html like $1', [
      `%${csrfOf(page.html)}%`,
    ]);
    expect(stored).toEqual([]);
  });

  test('a denial keeps its screen too, and what is decided lies in the evidence and nowhere else', async () => {
    const page = await ask();
    const denied = await person.submit(page, { decision: 'deny' });
    const receipt = receiptOf(denied);
    expect((await person.get(`${receipt}/screen`)).status).toBe(200);
    const { rows } = await database.query('select count(*)::int as left from screens where approval = $1', [
      receipt.split('/').at(-1),
    ]);
    expect(rows).toEqual([{ left: 0 }]);
  });

  test.each<[string, (task: string, agent: string, person: string) => string | object]>([
    ['the person who stops it', (task) => `/tasks/${task}/stop`],
    ['the person who stops its agent', (_, id) => `/agents/${id}/stop`],
    ['the person who pauses its agent', (_, id) => `/agents/${id}/pause`],
    ['the person who stops all agents', () => '/agents/stop'],
    ['an administrator who stops the agent', (_, id) => ({ kind: 'agent', subject: id })],
    ['an administrator who stops it for the person', (_, id, who) => ({ kind: 'pair', subject: `${id}|${who}` })],
    ['an administrator who stops all of its owner', () => ({ kind: 'owner', subject: 'owner@acme.example' })],
  ])('U9-6 its receipt says when it ended: by %s', async (_, stop) => {
    agent = await registerAgent(server);
    const receipt = receiptOf(await approve(await ask(), { duration: 'PT1H' }));
    const { rows } = await database.query(
      'select id, agent, person from tasks where id = (select task from approvals where id = $1)',
      [receipt.split('/').at(-1)],
    );
    const before = await person.get(receipt);
    expect(text(before.html)).not.toContain('Was stopped');
    const order = stop(rows[0].id, rows[0].agent, rows[0].person);
    const stopped =
      typeof order === 'string'
        ? await person.post(order, { csrf: csrfOf(before.html) })
        : await admin('POST', '/stops', { ...order, reason: 'it misbehaved', security: false });
    expect(stopped.status).toBe(200);
    const { html } = await person.get(receipt);
    expect(text(html)).toMatch(/\d\d:\d\d Was stopped/u);
    expect(text(inner(html, 'dl', 'class="facts"'))).toMatch(/Ended\s*(?:\w+ \d+ \w+ )?\d\d:\d\d/u);
    expect(html).not.toContain('data-testid="stop"');
  });
});
