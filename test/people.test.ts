import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { CALENDAR, inviteDetails, registerAgent } from './support/agent.ts';
import { browserOf, detailsParameter, signIn } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { inner, text } from './views/html.ts';

let server: TestServer;
let database: pg.Client;
beforeAll(async () => {
  server = await startServer({ COUNTERSIGN_SESSION_HOURS: '12', COUNTERSIGN_SESSION_IDLE_MINUTES: '60' });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const GENERIC = 'The e-mail address or the password is not right.';
const isSignIn = (html: string) => html.includes('name="password"');

describe('signing in with a local account', () => {
  test.each([
    { because: 'the password is wrong', email: 'person@acme.example', password: 'not-the-password' },
    { because: 'nobody has this address', email: 'nobody@acme.example', password: 'not-the-password' },
    { because: 'the address is markup', email: '"><script>alert(1)</script>', password: 'x' },
  ])('U1: one generic error when $because', async ({ email, password }) => {
    const browser = browserOf(server.issuer);
    const answer = await browser.submit(await browser.get('/login'), { email, password });
    expect(answer.status).toBe(401);
    expect(answer.html).toContain(GENERIC);
    expect(answer.html).not.toContain('<script>alert');
  });

  test.each([
    ['en', 'You are signing in to Countersign'],
    ['de', 'Sie melden sich bei Countersign an'],
  ])('U1: the page says whose it is, and at which address that has to be (%s)', async (language, words) => {
    const { html } = await browserOf(server.issuer).get(`/login?ui_locales=${language}`);
    expect(text(inner(html, 'main'))).toContain(`${words} (${new URL(server.issuer).host}).`);
  });

  test('whoever is refused waits as long, whether the account is here or not', async () => {
    for (const email of ['owner@acme.example', 'nobody@acme.example']) {
      const browser = browserOf(server.issuer);
      const page = await browser.get('/login');
      const begun = performance.now();
      expect((await browser.submit(page, { email, password: 'wrong' })).status).toBe(401);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(245);
    }
  });

  test('a disabled person is told the same', async () => {
    await database.query(`update people set status = 'disabled' where email = 'approver@acme.example'`);
    const browser = browserOf(server.issuer);
    const answer = await browser.submit(await browser.get('/login'), {
      email: 'approver@acme.example',
      password: server.demo.password,
    });
    expect([answer.status, answer.html.includes(GENERIC)]).toEqual([401, true]);
    await database.query(`update people set status = 'active' where email = 'approver@acme.example'`);
  });

  test('U1-5: ten wrong passwords are told the same and are evidence; then the account waits, and so does whoever knows the right one', async () => {
    const browser = browserOf(server.issuer);
    const [statuses, texts]: [number[], string[]] = [[], []];
    for (let tries = 0; tries < 11; tries++) {
      const answer = await browser.submit(await browser.get('/login'), {
        email: 'admin@globex.example',
        password: 'wrong',
      });
      statuses.push(answer.status);
      texts.push(text(inner(answer.html, 'div', 'role="alert"')));
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    expect(texts.slice(0, 10)).toEqual(Array(10).fill(GENERIC));
    const { rows } = await database.query(
      `select e.reason from evidence e join people p on p.id = e.person
       where e.type = 'person.sign_in_refused' and p.email = 'admin@globex.example'`,
    );
    // Those that are not tried any more are no news.
    expect(rows).toEqual(Array(10).fill({ reason: 'wrong_password' }));
    const right = await browser.submit(await browser.get('/login'), {
      email: 'admin@globex.example',
      password: server.demo.password,
    });
    expect(right.status).toBe(429);
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('a form without its token signs nobody in: another site cannot (login CSRF)', async () => {
    const browser = browserOf(server.issuer);
    await browser.get('/login');
    const forged = await browser.post('/login', { email: 'person@acme.example', password: server.demo.password });
    expect(forged.status).toBe(403);
    const crossSite = await browser.submit(
      { ...(await browser.get('/login')) },
      { email: 'person@acme.example', password: server.demo.password, csrf: 'x'.repeat(43) },
    );
    expect(crossSite.status).toBe(403);
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/login',
    '/r/../../evil',
  ])('BCP-14: a sign-in never leads to %s', async (target) => {
    const browser = browserOf(server.issuer);
    const form = await browser.get(`/login?return_to=${encodeURIComponent(target)}`);
    const after = await browser.submit(form, { email: 'person@acme.example', password: server.demo.password });
    expect(after.url).toBe(`${server.issuer}/inbox`);
  });

  test('passwords are stored as argon2id, sessions as hashes', async () => {
    const { rows: credentials } = await database.query('select secret from credentials');
    for (const { secret } of credentials) expect(secret).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const { rows: sessions } = await database.query('select id_hash from sessions');
    expect(sessions.length).toBeGreaterThan(0);
  });
});

describe('a session', () => {
  test('ends when the person signs out, at the server and not only in the browser', async () => {
    const person = await signIn(server);
    const inbox = await person.get('/inbox');
    const csrf = /name="csrf" value="([^"]*)"/.exec(inbox.html)?.[1] ?? '';
    const { rows: before } = await database.query('select count(*)::int as n from sessions');
    const out = await person.post('/logout', { csrf });
    expect(out.status).toBe(200);
    const { rows: after } = await database.query('select count(*)::int as n from sessions');
    expect(after[0].n).toBe(before[0].n - 1);
    expect(isSignIn((await person.get('/inbox')).html)).toBe(true);
  });

  test.each([
    { limit: 'absolute', sql: `update sessions set expires_at = now() - interval '1 second'` },
    { limit: 'idle', sql: `update sessions set seen_at = now() - interval '61 minutes'` },
    {
      limit: 'the person being disabled',
      sql: `update people set status = 'disabled' where email = 'owner@acme.example'`,
    },
  ])('ends at its limit: $limit', async ({ sql }) => {
    const person = await signIn(server, 'owner@acme.example');
    expect(isSignIn((await person.get('/inbox')).html)).toBe(false);
    await database.query(sql);
    expect(isSignIn((await person.get('/inbox')).html)).toBe(true);
    await database.query(`update people set status = 'active'`);
  });

  test('is kept by use, and not by a page that refreshes itself', async () => {
    const person = await signIn(server, 'owner@acme.example');
    const age = async () => {
      const { rows } = await database.query(
        `select extract(epoch from now() - seen_at) as age from sessions s join people p on p.id = s.person where p.email = 'owner@acme.example' order by authenticated_at desc limit 1`,
      );
      return Number(rows[0].age);
    };
    await database.query(`update sessions set seen_at = now() - interval '30 minutes'`);
    await person.post('/nowhere', {}, { 'x-countersign-refresh': '1' });
    expect(await age()).toBeGreaterThan(1700);
    await person.get('/inbox');
    expect(await age()).toBeLessThan(60);
  });

  test('sign-in and sign-out are evidence of the organization', async () => {
    const { rows } = await database.query(
      `select distinct type from evidence where type like 'person.%' order by type`,
    );
    expect(rows.map(({ type }) => type)).toEqual(['person.sign_in_refused', 'person.signed_in', 'person.signed_out']);
  });
});

describe('nothing crosses organizations or persons', () => {
  test('U3-1: another person, another organization and nobody see the same as for an id that never was', async () => {
    const agent = await registerAgent(server);
    const asked = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(inviteDetails()),
      resource: CALENDAR,
    });
    expect(asked.status).toBe(200);
    const { rows } = await database.query('select id from approvals order by asked_at desc limit 1');
    const path = `/r/${rows[0].id}`;
    for (const email of ['owner@acme.example', 'person@globex.example']) {
      const stranger = await signIn(server, email);
      const [real, never] = [await stranger.get(path), await stranger.get(`/r/apr_${'0'.repeat(32)}`)];
      expect(real.status).toBe(404);
      const plain = (html: string) => html.replace(/req_\w+/g, '').replace(/value="[^"]*"/g, '');
      expect(plain(real.html)).toBe(plain(never.html));
      const forced = await stranger.post(path, { decision: 'approve' });
      expect(forced.status).toBe(404);
    }
    // U1-1: signed out, the page is the sign-in page and says nothing of the request.
    const nobody = await browserOf(server.issuer).get(path);
    expect(isSignIn(nobody.html)).toBe(true);
    expect(nobody.html).not.toContain('Q1 review');
    const { rows: still } = await database.query('select status from approvals where id = $1', [rows[0].id]);
    expect(still[0].status).toBe('pending');
  });

  test('a person of another organization is unknown to the agent (CB-12)', async () => {
    const agent = await registerAgent(server);
    const answer = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@globex.example',
      authorization_details: detailsParameter(inviteDetails()),
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'unknown_user_id' } });
  });

  test('a page reads under row-level security: the role of pages sees one organization, whatever the statement says', async () => {
    const { rows: organizations } = await database.query(
      `select id from organizations where slug in ('acme', 'globex') order by slug`,
    );
    await database.query('begin');
    await database.query('set local role countersign_pages');
    await database.query(`select set_config('countersign.organization', $1, true)`, [organizations[1].id]);
    const { rows } = await database.query('select distinct organization from people');
    expect(rows).toEqual([{ organization: organizations[1].id }]);
    await expect(
      database.query(`insert into people (organization, id, email, name) values ($1, 'usr_x', 'x@acme.example', 'X')`, [
        organizations[0].id,
      ]),
    ).rejects.toThrow(/row-level security/);
    await database.query('rollback');
  });
});
