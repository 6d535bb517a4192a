import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { type Api, administrator, apiWith, commandLineRequest, operator } from './support/admin.ts';
import type { TestClient } from './support/agent.ts';
import {
  type Authenticator,
  addingForm,
  addPasskey,
  newAuthenticator,
  optionsIn,
  SECURITY,
} from './support/authenticator.ts';
import { askFreely, askInBrowser, CHOICES, financeAgent, refundDetails, sign } from './support/ceremony.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});
beforeEach(() => database.query(`delete from credentials where kind = 'passkey'`));

let invoices = 0;
const refund = () => refundDetails({ invoice: `HPP-${++invoices}` });
const csrfIn = ({ html }: PageAnswer) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
const lastRefusal = async () =>
  (
    await database.query(
      `select type, reason from evidence where decision = 'refused' order by at desc, id desc limit 1`,
    )
  ).rows[0];

/** Signs in with a passkey on the page that is shown. */
const withPasskey = (person: TestPerson, page: PageAnswer, key: Authenticator) => {
  const action = /action="(\/login\/passkey[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const assertion = key.get(optionsIn(page, 'request', '/login/passkey'));
  return person.post(action, { csrf: csrfIn(page), assertion });
};
const typeIn = (person: TestPerson, page: PageAnswer) => {
  const action = /action="(\/login(?:\?[^"]*)?)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return person.post(action, { csrf: csrfIn(page), email: person.email, password: server.demo.password });
};

describe('WCAG 3.3.7 WCAG 3.3.8: whoever asked for it chooses the value among three', () => {
  let person: TestPerson;
  let key: Authenticator;
  beforeEach(async () => {
    person = await signIn(server);
    key = await addPasskey(person, server.issuer);
    await person.post(`${SECURITY}/value`, { csrf: csrfIn(await person.get(SECURITY)), chooses: '1' });
  });
  afterAll(() => database.query('update people set chooses = false'));
  const offered = ({ html }: PageAnswer) =>
    [...html.matchAll(/<input[^>]*type="radio"[^>]*name="critical_value"[^>]*>/g)].map(([input]) => ({
      value: /value="([^"]*)"/.exec(input)?.[1] ?? '',
      checked: input.includes(' checked'),
    }));

  test('three different amounts of one look, none chosen, in any order, and each page has others', async () => {
    const places = new Set<number>();
    const decoys = new Set<string>();
    for (let page = 0; page < 12; page++) {
      const choices = offered((await askInBrowser(agent, person, refund())).page);
      expect(choices.map(({ checked }) => checked)).toEqual([false, false, false]);
      expect(new Set(choices.map(({ value }) => value)).size).toBe(3);
      expect(choices.every(({ value }) => /^EUR \d,\d{3}\.00$/.test(value))).toBe(true);
      places.add(choices.findIndex(({ value }) => value === 'EUR 4,200.00'));
      for (const { value } of choices) decoys.add(value);
    }
    expect(places.has(-1)).toBe(false);
    expect(places.size).toBeGreaterThan(1);
    expect(decoys.size).toBeGreaterThan(5);
  });

  test('the right one goes on to the passkey; a wrong one is said, and the second denies', async () => {
    const right = await askInBrowser(agent, person, refund());
    const confirm = await person.submit(right.page, { ...CHOICES, critical_value: 'EUR 4,200.00' });
    expect((await sign(person, confirm, key)).html).toContain('Allowed once');
    const { page } = await askInBrowser(agent, person, refund());
    const wrong = { ...CHOICES, critical_value: 'EUR 4,300.00' };
    const again = await person.submit(page, wrong);
    expect([again.status, offered(again).length, again.html.includes('data-passkey')]).toEqual([400, 3, false]);
    expect(again.html).toMatch(/<fieldset aria-describedby="critical_value-problem"/);
    expect((await person.submit(again, wrong)).html).toContain('The value was wrong twice');
    expect(await lastRefusal()).toEqual({ type: 'task.denied', reason: 'value_mismatch' });
  });

  test('in German, and nobody else’s page changes', async () => {
    await database.query(`update people set language = 'de' where email = $1`, [person.email]);
    const choices = offered((await askInBrowser(agent, person, refund())).page);
    expect(choices.map(({ value }) => value)).toContain('4.200,00 EUR');
    await database.query(`update people set language = null where email = $1`, [person.email]);
    const ben = await signIn(server, 'approver@acme.example');
    await addPasskey(ben, server.issuer); // nobody types what is then refused
    expect((await askInBrowser(agent, ben, refund())).page.html).toContain('Type to confirm');
  });
});

describe('an organization that takes only passkeys that stay on one device (ux.md §9)', () => {
  let ada: Api;
  const rule = (device_bound: boolean) => ada('PUT', '/passkey-rules', { device_bound });
  beforeEach(async () => {
    ada = await administrator(server, 'admin@acme.example');
  });
  afterAll(() => database.query('update organizations set device_bound = false'));

  test('refuses what can be synced when it is added, and says what to use', async () => {
    expect((await rule(true)).body).toEqual({ organization: 'acme', device_bound: true });
    expect((await ada('GET', '/passkey-rules')).body).toEqual({ organization: 'acme', device_bound: true });
    const person = await signIn(server);
    const page = await person.get(SECURITY);
    expect(page.html).toContain('takes a passkey that stays on one device');
    expect(optionsIn(page, 'creation')).toMatchObject({ hints: ['security-key'] });
    const synced = newAuthenticator(server.issuer, { syncs: true });
    const answer = await person.post(`${SECURITY}/passkeys`, addingForm(page, synced));
    expect([answer.status, answer.html.includes('Use a security key')]).toEqual([403, true]);
    expect(await lastRefusal()).toEqual({ type: 'passkey.added', reason: 'not_device_bound' });
    await addPasskey(person, server.issuer);
    // Another organization is asked for nothing.
    const elsewhere = await signIn(server, 'person@globex.example');
    await addPasskey(elsewhere, server.issuer, { syncs: true });
  });

  test('approves nothing by one that was there before, and it vouches for one that stays', async () => {
    await rule(false);
    const person = await signIn(server);
    const synced = await addPasskey(person, server.issuer, { syncs: true });
    const before = await askInBrowser(agent, person, refund());
    const confirm = await person.submit(before.page, CHOICES);
    await rule(true);
    expect((await sign(person, confirm, synced)).status).toBe(409); // set between the two pages
    const { page } = await askInBrowser(agent, person, refund());
    expect(page.html).toContain('only with a passkey that stays on one device');
    expect((await person.submit(page, CHOICES)).status).toBe(403);
    expect((await person.get(SECURITY)).html).toContain('Approves nothing of high impact');
    await database.query(`update passkeys set may_approve_from = now() - interval '1 day'`);
    const bound = await addPasskey(person, server.issuer, { by: synced, name: 'Key' });
    const asked = await askInBrowser(agent, person, refund());
    expect((await sign(person, await person.submit(asked.page, CHOICES), bound)).html).toContain('Allowed once');
  });

  test('Web Authentication §7.2: one that says of itself today what it did not say yesterday is another', async () => {
    await rule(false);
    const person = await signIn(server);
    const key = await addPasskey(person, server.issuer);
    const confirm = await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
    expect((await sign(person, confirm, key, { syncs: true })).status).toBe(409);
  });

  test('is said by its administrators who signed in just now, and by nobody of another organization', async () => {
    const gail = await administrator(server, 'admin@globex.example');
    expect(await gail('PUT', '/passkey-rules', { organization: 'acme', device_bound: true })).toMatchObject({
      status: 403,
    });
    const { body } = (await ada('GET', '/openapi.json')) as {
      body: { paths: Record<string, { put: { description: string } }> };
    };
    expect(body.paths['/passkey-rules']?.put.description).toMatch(/with their passkey if they have one/);
  });
});

describe('an administrator who has a passkey', () => {
  const DESTRUCTIVE = ['PUT', '/passkey-rules', { device_bound: false }] as const;

  test('is asked for it where something cannot be taken back (RFC 9470), on the API and by the command line’s sign-in', async () => {
    const person = await signIn(server, 'admin@acme.example');
    const withPassword = await administrator(server, 'admin@acme.example');
    expect((await withPassword(...DESTRUCTIVE)).status).toBe(200); // has none yet
    const key = await addPasskey(person, server.issuer);
    const refused = await withPassword(...DESTRUCTIVE);
    expect(refused).toMatchObject({ status: 401, body: { reason: 'insufficient_user_authentication' } });
    expect(refused.headers.get('www-authenticate')).toBe(
      'DPoP error="insufficient_user_authentication", max_age="300", acr_values="phr"',
    );
    expect((await withPassword('GET', '/people')).status).toBe(200); // reading goes on

    // What `countersign login` opens: a password alone does not come through any more.
    const request = commandLineRequest(server, { acr_values: 'phr' });
    const browser = browserOf(server.issuer, 'admin@acme.example');
    const again = await typeIn(browser, await browser.get(request.path));
    expect(again.url).toContain('/login');
    expect(again.html).toContain('asks for your passkey');
    const back = await withPasskey(browser, again, key);
    const token = await request.redeem(back);
    expect(token.status).toBe(200);
    const api = apiWith(server, token.body.access_token, await request.key);
    expect((await api(...DESTRUCTIVE)).status).toBe(200);
  });

  test('and signs in with a password where they have none, or is the operator', async () => {
    const request = commandLineRequest(server, { acr_values: 'phr' });
    const browser = browserOf(server.issuer, 'admin@acme.example');
    const token = await request.redeem(await typeIn(browser, await browser.get(request.path)));
    expect(token.status).toBe(200);
    const asOperator = await operator(server);
    expect((await asOperator('PUT', '/passkey-rules', { organization: 'acme', device_bound: false })).status).toBe(200);
  });

  test('A8-2 resumes a stop in the console with it, and not with a password', async () => {
    const person = await signIn(server, 'admin@acme.example');
    const key = await addPasskey(person, server.issuer);
    const asOperator = await operator(server);
    const { agent_id } = agent.registration;
    const stopped = await asOperator('POST', '/stops', {
      organization: 'acme',
      kind: 'agent',
      subject: agent_id,
      reason: 'x',
      security: false,
    });
    const path = `/admin/stops/${stopped.body.id}/resume`;
    const page = await person.get(path);
    expect(page.html).toContain('asks for your passkey');
    const form = await withPasskey(person, page, key);
    expect(form.url).toBe(`${server.issuer}${path}`);
    const resumed = await person.submit(form, { confirmation: 'Finance Agent', reason: 'all is well' });
    expect(resumed.status).toBe(200);
    const { rows } = await database.query('select resumed_at from stops where id = $1', [stopped.body.id]);
    expect(rows[0].resumed_at).not.toBeNull();
  });
});

test('ux.md §9 (3): whoever administers adds a passkey from the second sign-in on, also where passwords are everyone’s', async () => {
  const asOperator = await operator(server);
  const email = 'nora@acme.example';
  const [password, body] = ['a long enough password', { organization: 'acme', email, name: 'Nora', roles: ['admin'] }];
  const { enrolment_uri } = (await asOperator('POST', '/people', body)).body;
  const { pathname } = new URL(enrolment_uri);
  const nora = browserOf(server.issuer, email);
  await nora.post(pathname, { csrf: csrfIn(await nora.get(pathname)), password });
  const first = await signIn(server, email, password);
  expect((await first.get('/admin')).status).toBe(200);
  const second = await signIn(server, email, password);
  expect((await second.get('/admin')).url).toBe(`${server.issuer}${SECURITY}`);
  await addPasskey(second, server.issuer);
  expect((await second.get('/admin')).url).toBe(`${server.issuer}/admin`);
  await expect(signIn(server, email, password)).rejects.toThrow('401');
  expect(await lastRefusal()).toEqual({ type: 'person.sign_in_refused', reason: 'passkey_needed' });
  // Nobody is alarmed where passwords are how people sign in.
  const { rows } = await database.query(`select from evidence where type = 'person.alarm'`);
  expect(rows).toEqual([]);
  await database.query(`update people set status = 'disabled' where email = $1`, [email]);
});

describe('the password for emergencies (break-glass)', () => {
  beforeAll(() => database.query(`update organizations set passwords = 'administrators' where slug = 'acme'`));
  afterAll(() => database.query(`update organizations set passwords = 'everyone'`));
  const alarms = async () =>
    Number(
      (await database.query(`select count(*) from evidence where type = 'person.alarm' and reason = 'break_glass'`))
        .rows[0].count,
    );

  test('opens everything once; from the second time on nothing but adding a passkey, which then signs in', async () => {
    const before = await alarms();
    const first = await signIn(server, 'admin@acme.example');
    expect((await first.get('/admin')).url).toBe(`${server.issuer}/admin`);
    const second = await signIn(server, 'admin@acme.example');
    for (const path of ['/inbox', '/admin', '/agents', '/admin/stop', '/', '/settings/sign-in', '/authorize']) {
      expect((await second.get(path)).url).toBe(`${server.issuer}${SECURITY}`);
    }
    const page = await second.get(SECURITY);
    expect(page.html).toContain('Whoever administers signs in with a password once.');
    const tried = await second.post('/admin/stop', { csrf: csrfIn(page), target: 'organization:acme' });
    expect(tried.url).toBe(`${server.issuer}${SECURITY}`);
    const key = await addPasskey(second, server.issuer);
    expect((await second.get('/admin')).url).toBe(`${server.issuer}/admin`);

    // And from now on the password is not enough, although it is right; each use was an alarm.
    const browser = browserOf(server.issuer, 'admin@acme.example');
    const form = await browser.get('/login');
    const told = await typeIn(browser, form);
    expect([told.status, told.html.includes('You have a passkey: use it.')]).toEqual([401, true]);
    expect(await lastRefusal()).toEqual({ type: 'person.sign_in_refused', reason: 'passkey_needed' });
    expect(await alarms()).toBe(before + 3);
    expect((await withPasskey(browser, told, key)).url).toBe(`${server.issuer}/inbox`);
  });

  test('a wrong password is told nothing of it, and raises no alarm', async () => {
    const person = await signIn(server, 'admin@acme.example');
    await addPasskey(person, server.issuer);
    const before = await alarms();
    const browser = browserOf(server.issuer, 'admin@acme.example');
    const csrf = csrfIn(await browser.get('/login'));
    const answer = await browser.post('/login', { csrf, email: browser.email, password: 'wrong' });
    expect([answer.status, answer.html.includes('not right'), answer.html.includes('You have a passkey')]).toEqual([
      401,
      true,
      false,
    ]);
    expect(await alarms()).toBe(before);
  });
});
