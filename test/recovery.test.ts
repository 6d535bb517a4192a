import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { administrator, operator } from './support/admin.ts';
import { CALENDAR, demoClient, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { type Authenticator, addPasskey, optionsIn, SECURITY } from './support/authenticator.ts';
import {
  approveWith,
  askFreely,
  askInBrowser,
  CHOICES,
  financeAgent,
  refundDetails,
  tokenAfter,
} from './support/ceremony.ts';
import { introspect } from './support/delegation.ts';
import { type Mailbox, startMailbox } from './support/mailbox.ts';
import {
  browserOf,
  detailsParameter,
  type PageAnswer,
  signIn,
  type TestPerson,
  tokenInBrowser,
} from './support/person.ts';
import { type PushService, type Subscription, startPushService } from './support/push-service.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let mailbox: Mailbox;
let pushService: PushService;
type Admin = Awaited<ReturnType<typeof administrator>>;
let [ada, olga]: Admin[] = [];
beforeAll(async () => {
  [mailbox, pushService] = await Promise.all([startMailbox(), startPushService()]);
  server = await startServer({
    COUNTERSIGN_SMTP_URL: mailbox.url,
    COUNTERSIGN_MAIL_FROM: 'Acme agents <agents@acme.example>',
    COUNTERSIGN_PUSH_HOSTS: pushService.host,
    COUNTERSIGN_EGRESS_ALLOW: pushService.host,
  });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  await database.query(`update people set roles = '{admin}' where email = 'owner@acme.example'`);
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
  [ada, olga] = [await administrator(server, 'admin@acme.example'), await administrator(server, 'owner@acme.example')];
});
afterAll(async () => {
  await database?.end();
  await server?.close();
  await Promise.all([mailbox?.close(), pushService?.close()]);
});

const by = (admin: Admin | undefined) => {
  if (!admin) throw new Error('no administrator');
  return admin;
};
const ask = (admin: Admin | undefined, email = 'person@acme.example') =>
  by(admin)('POST', `/people/${encodeURIComponent(email)}/passkey-recovery`, { reason: 'lost the phone' });
const confirm = (admin: Admin | undefined, id: string) => by(admin)('POST', `/passkey-recoveries/${id}/confirm`, {});
const passkeysOf = async (email: string) =>
  (await database.query('select k.* from passkeys k join people p on p.id = k.person where p.email = $1', [email]))
    .rows;
const csrfOf = ({ html }: PageAnswer) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
/** A browser of this person's that shows notifications, whatever they are. */
async function device(person: TestPerson): Promise<Subscription> {
  const subscription = pushService.subscribe();
  const csrf = csrfOf(await person.get('/settings/notifications'));
  const form = { csrf, subscription: JSON.stringify(subscription.json), name: 'Phone' };
  expect((await person.post('/settings/notifications/devices', form)).status).toBe(200);
  return subscription;
}
/** Every message that is due went out. */
async function settled(): Promise<void> {
  const due = `select from outbox where state = 'waiting' and kind like 'notify%' and (due_at <= now() or lease is not null)`;
  for (const deadline = Date.now() + 15_000; (await database.query(due)).rowCount !== 0; await sleep(30)) {
    if (Date.now() > deadline) throw new Error('the outbox was not emptied');
  }
}
/** What came to the mailbox since it was emptied. */
async function mails(): Promise<{ to: string | undefined; subject: string | undefined }[]> {
  await settled();
  return mailbox.received.splice(0).map(({ to, headers }) => ({ to: to[0], subject: headers.subject }));
}
const titlesOf = ({ received }: Subscription) =>
  received.map(({ payload }) => (JSON.parse(payload) as { notification: { title: string } }).notification.title);
const hold = (hours: number) =>
  database.query(`update passkeys set may_approve_from = may_approve_from - make_interval(hours => $1)`, [hours]);

async function begin(email = 'person@acme.example'): Promise<{ person: TestPerson; key: Authenticator }> {
  await database.query(`delete from credentials where kind = 'passkey'`);
  const person = await signIn(server, email);
  return { person, key: await addPasskey(person, server.issuer) };
}

test('it takes two administrators, ends every passkey and session, and tells the person by every way there is', async () => {
  const { person } = await begin();
  const phone = await device(person);
  await mails();
  const asked = await ask(ada);
  expect(asked).toMatchObject({ status: 200, body: { email: 'person@acme.example', needs: 'another administrator' } });
  expect(await passkeysOf(person.email)).toHaveLength(1); // nothing yet
  expect(await confirm(ada, asked.body.id)).toMatchObject({ status: 403, body: { reason: 'same_person' } });
  expect(await passkeysOf(person.email)).toHaveLength(1);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 200, body: { confirmed: true } });
  expect(await passkeysOf(person.email)).toEqual([]);
  expect((await person.get('/inbox')).url).toContain('/login');
  // Really told, by the mail server and the push service, and led to the page where it can be refused.
  expect(await mails()).toEqual([
    { to: 'person@acme.example', subject: 'An administrator wants to end your passkeys' },
    { to: 'person@acme.example', subject: 'Two administrators ended your passkeys' },
  ]);
  expect(titlesOf(phone)).toEqual([
    'An administrator wants to end your passkeys',
    'Two administrators ended your passkeys',
  ]);
  expect(phone.received[0]?.payload).toContain('/settings/security');
  const { rows } = await database.query(
    `select type, decision from evidence where type like 'passkey.recover%' order by at`,
  );
  expect(rows).toEqual([
    { type: 'passkey.recovery_asked', decision: 'allowed' },
    { type: 'passkey.recovered', decision: 'allowed' },
  ]);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 409, body: { reason: 'over' } });
});

test('nobody recovers themselves, confirms their own, or does it without being an administrator of the organization', async () => {
  await begin();
  expect(await ask(ada, 'admin@acme.example')).toMatchObject({ status: 403, body: { reason: 'own_passkeys' } });
  const asked = await ask(ada, 'owner@acme.example');
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 403, body: { reason: 'same_person' } });
  const gail = await administrator(server, 'admin@globex.example');
  expect(await ask(gail)).toMatchObject({ status: 404 });
  expect(await confirm(gail, asked.body.id)).toMatchObject({ status: 404 });
  await expect(
    database.query(`update passkey_recoveries set confirmed_by = asked_by, confirmed_at = now() where id = $1`, [
      asked.body.id,
    ]),
  ).rejects.toThrow();
});

test('what nobody confirmed within a day is over', async () => {
  const { person } = await begin();
  const asked = await ask(ada);
  await database.query(`update passkey_recoveries set expires_at = now() where id = $1`, [asked.body.id]);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 409 });
  expect(await passkeysOf(person.email)).toHaveLength(1);
});

test('the hold is a day even where new passkeys do not wait, and no passkey that is held lifts it for another', async () => {
  await begin();
  const asked = await ask(ada);
  await confirm(olga, asked.body.id);
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  const second = await addPasskey(person, server.issuer, { by: key, name: 'Second' });
  for (const { may_approve_from } of await passkeysOf(person.email)) {
    expect(may_approve_from.getTime() - Date.now()).toBeGreaterThan(23 * 3_600_000);
  }
  expect((await person.get(SECURITY)).html).toMatch(/May approve high impact from/);
  const { page } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-1' }));
  expect((await person.submit(page, CHOICES)).status).toBe(403);
  expect(second.credentialId).not.toBe(key.credentialId);
});

test('a recovered passkey approves nothing for the agents of those administrators, not after the hold, nor does one it vouched for', async () => {
  await begin();
  const asked = await ask(ada);
  await confirm(olga, asked.body.id);
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  await hold(25);
  const next = await addPasskey(person, server.issuer, { by: key, name: 'Next' });
  // Olga owns the agent, Ada is its deputy.
  const { page } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-2' }));
  expect(page.html).toMatch(/was restored by somebody who answers for this agent/);
  expect((await person.submit(page, CHOICES)).status).toBe(403);
  // Removed and added anew, it is no other.
  await database.query(`delete from credentials where kind = 'passkey'`);
  const again = await addPasskey(await signIn(server), server.issuer);
  expect((await passkeysOf(person.email)).every(({ barred_by }) => barred_by.length === 2)).toBe(true);
  expect(again.credentialId).not.toBe(next.credentialId);

  // For an agent of others it does.
  await hold(25);
  await database.query(
    `update agents set owner = (select id from people where email = 'approver@acme.example'),
       deputy = (select id from people where email = 'person@acme.example') where id = $1`,
    [agent.registration.agent_id],
  );
  const other = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-3' }));
  expect((await approveWith(person, other.page, again)).html).toMatch(/Allowed once/);
});

test('a confirmed recovery is a record', async () => {
  await expect(database.query('delete from passkey_recoveries where confirmed_at is not null')).rejects.toThrow(
    /record/,
  );
});

test('U11-1 adding and removing tell the person by mail and push, whatever they chose to be told by', async () => {
  const person = await signIn(server, 'approver@acme.example');
  const phone = await device(person);
  await database.query(
    `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, quiet_from, quiet_to, high_breaks_quiet, deputy_minutes)
    select organization, id, '{}', 5, 'minimal', 0, 1439, false, 30 from people where email = $1`,
    [person.email],
  );
  await mails();
  const key = await addPasskey(person, server.issuer);
  expect(await mails()).toEqual([{ to: person.email, subject: 'A passkey was added to your account' }]);
  const page = await person.get(SECURITY);
  const [, id] = /data-passkey-id="([^"]*)"/.exec(page.html) ?? [];
  const assertion = key.get(optionsIn(page, 'request', `${SECURITY}/passkeys/${id}/remove"`));
  expect((await person.post(`${SECURITY}/passkeys/${id}/remove`, { csrf: csrfOf(page), assertion })).status).toBe(200);
  expect(await mails()).toEqual([{ to: person.email, subject: 'A passkey was removed from your account' }]);
  expect(titlesOf(phone)).toEqual(['A passkey was added to your account', 'A passkey was removed from your account']);
});

describe('a recovery that waits is called off', () => {
  const refuse = async (person: TestPerson, id: string) =>
    person.post(`${SECURITY}/recoveries/${id}/refuse`, { csrf: csrfOf(await person.get(SECURITY)) });
  const lastAlarm = async () =>
    (await database.query(`select reason from evidence where type = 'person.alarm' order by at desc, id desc limit 1`))
      .rows[0]?.reason;

  test('by the person, in one step on the page that the notice opens; nobody confirms it then, and security hears of it', async () => {
    const { person } = await begin();
    const phone = await device(person);
    const { body } = await ask(ada);
    const page = await person.get(SECURITY);
    expect(page.html).toMatch(/wants to end all your passkeys[\s\S]*lost the phone/);
    await mails();
    const answer = await refuse(person, body.id);
    expect([answer.status, answer.html.includes('Your passkeys stay as they are.')]).toEqual([200, true]);
    expect(await confirm(olga, body.id)).toMatchObject({ status: 409, body: { reason: 'over' } });
    expect(await passkeysOf(person.email)).toHaveLength(1);
    expect((await mails())[0]?.subject).toMatch(/Your passkeys stay/);
    expect(titlesOf(phone).at(-1)).toMatch(/Your passkeys stay/);
    expect(await lastAlarm()).toBe('recovery_refused');
    expect((await refuse(person, body.id)).status).toBe(409);
    const { recoveries } = (await by(ada)('GET', '/passkey-recoveries')).body;
    expect(recoveries[0]).toMatchObject({ id: body.id, state: 'refused' });
    await expect(database.query('delete from passkey_recoveries where ended_at is not null')).rejects.toThrow(/record/);
  });

  test('not by anybody else: another person finds nothing there', async () => {
    await begin();
    const { body } = await ask(ada);
    expect((await refuse(await signIn(server, 'approver@acme.example'), body.id)).status).toBe(409);
    expect(await by(ada)('POST', `/passkey-recoveries/${body.id}/cancel`, {})).toMatchObject({ status: 200 });
    expect(await confirm(olga, body.id)).toMatchObject({ status: 409 });
    expect((await by(ada)('GET', '/passkey-recoveries')).body.recoveries[0]).toMatchObject({ state: 'cancelled' });
    expect(await by(olga)('POST', `/passkey-recoveries/${body.id}/cancel`, {})).toMatchObject({ status: 409 });
  });

  test('confirmed and refused at the same moment, one of the two counts', async () => {
    const { person } = await begin();
    const { body } = await ask(ada);
    const csrf = csrfOf(await person.get(SECURITY));
    const [refused, confirmed] = await Promise.all([
      person.post(`${SECURITY}/recoveries/${body.id}/refuse`, { csrf }),
      confirm(olga, body.id),
    ]);
    expect(
      [confirmed.status === 200, refused.html.includes('Your passkeys stay as they are.')].filter(Boolean),
    ).toHaveLength(1);
    expect((await passkeysOf(person.email)).length).toBe(confirmed.status === 200 ? 0 : 1);
  });
});

test('in the console: one administrator asks, another confirms, each freshly signed in, and an auditor only looks', async () => {
  const { person } = await begin();
  const [first, second] = [await signIn(server, 'admin@acme.example'), await signIn(server, 'owner@acme.example')];
  const PAGE = '/admin/recoveries';
  expect((await first.get('/admin')).html).toContain(`href="${PAGE}"`);
  const wrong = await first.post(PAGE, {
    csrf: csrfOf(await first.get(PAGE)),
    person: 'nobody@acme.example',
    reason: 'x',
  });
  expect([wrong.status, wrong.html.includes('nobody here with this e-mail address')]).toEqual([404, true]);
  const own = await first.post(PAGE, { csrf: csrfOf(wrong), person: 'admin@acme.example', reason: 'x' });
  expect(own.status).toBe(403);
  const asked = await first.post(PAGE, { csrf: csrfOf(own), person: person.email, reason: 'seen at the office' });
  expect([asked.status, asked.html.includes('The person was told')]).toEqual([200, true]);
  expect(asked.html).not.toMatch(/name="confirm"/); // not by the one who asked
  const [, id = ''] = /name="cancel" value="([^"]*)"/.exec(asked.html) ?? [];
  expect((await first.post(PAGE, { csrf: csrfOf(asked), confirm: id })).status).toBe(403);
  const page = await second.get(PAGE);
  expect(page.html).toContain(`name="confirm" value="${id}"`);

  await database.query(`update sessions set authenticated_at = now() - interval '10 minutes'`);
  expect((await second.post(PAGE, { csrf: csrfOf(page), confirm: id })).url).toContain('/login');
  expect(await passkeysOf(person.email)).toHaveLength(1);
  await database.query(`update sessions set authenticated_at = now()`);
  const done = await second.post(PAGE, { csrf: csrfOf(page), confirm: id });
  expect([done.status, done.html.includes('Their passkeys and sessions ended')]).toEqual([200, true]);
  expect(await passkeysOf(person.email)).toEqual([]);

  await database.query(`update people set roles = '{auditor}' where email = 'approver@acme.example'`);
  const auditor = await signIn(server, 'approver@acme.example');
  const seen = await auditor.get(PAGE);
  expect([seen.status, /<form[^>]*action="\/admin\/recoveries"/.test(seen.html)]).toEqual([200, false]);
  expect((await auditor.post(PAGE, { csrf: csrfOf(seen), person: person.email, reason: 'x' })).status).toBe(403);
  expect((await (await signIn(server)).get(PAGE)).status).toBe(403);
  await database.query(`update people set roles = '{approver}' where email = 'approver@acme.example'`);
});

test('ux.md §9 (5): a person sees where they are signed in, and ends one of them, or all the others', async () => {
  const here = await signIn(server, 'approver@acme.example');
  const there = [await signIn(server, here.email), await signIn(server, here.email), await signIn(server, here.email)];
  const page = await here.get(SECURITY);
  const references = [...page.html.matchAll(/name="session" value="([^"]*)"/g)].map(([, one = '']) => one);
  expect(references.length).toBeGreaterThanOrEqual(3);
  expect(page.html).toContain('this browser');
  // What stands on the page opens nothing.
  const { rows } = await database.query(`select encode(id_hash, 'hex') as hash from sessions`);
  for (const { hash } of rows) expect(page.html).not.toContain(hash.slice(0, 32));
  const end = `${SECURITY}/sessions/end`;
  const stranger = await signIn(server);
  await stranger.post(end, { csrf: csrfOf(await stranger.get(SECURITY)), session: references[0] ?? '' });
  expect((await here.get(SECURITY)).html).toContain(references[0]); // another's is not theirs to end
  await here.post(end, { csrf: csrfOf(page), session: references[0] ?? '' });
  const open = async () =>
    (await Promise.all(there.map((one) => one.get('/inbox')))).filter(({ url }) => url.endsWith('/inbox')).length;
  expect(await open()).toBe(2);
  await here.post(end, { csrf: csrfOf(page) });
  expect(await open()).toBe(0);
  expect((await here.get('/inbox')).url).toMatch(/inbox$/);
  const { rows: told } = await database.query(
    `select reason from evidence where type = 'person.signed_out' order by at`,
  );
  expect(told.map(({ reason }) => reason)).toEqual(['another', 'all_others']);
});

describe('U6-5 a receipt by e-mail', () => {
  const want = (email: string, receipts: boolean, detail: string) =>
    database.query(
      `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, high_breaks_quiet, deputy_minutes, receipts)
       select organization, id, '{push,email}', 5, $3, true, 30, $2 from people where email = $1
       on conflict (organization, person) do update set receipts = excluded.receipts, detail = excluded.detail, channels = excluded.channels`,
      [email, receipts, detail],
    );

  test('comes to whoever asked for it, holds no secret, and leads to My agents and nowhere else', async () => {
    const { person, key } = await begin('approver@acme.example');
    const settings = await person.get('/settings/notifications');
    expect(settings.html).toMatch(/name="receipts"/);
    await want(person.email, true, 'minimal');
    await mails();
    const { page, verifier } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-R1' }));
    const receipt = await approveWith(person, page, key);
    const token = await tokenAfter(agent, person, receipt, { verifier });
    await settled();
    const [mail, ...more] = mailbox.received.splice(0);
    expect(more).toEqual([]);
    expect(mail?.headers.subject).toBe('You allowed something: Finance Agent');
    for (const part of [mail?.text ?? '', mail?.html ?? '']) {
      expect([...part.matchAll(/https?:\/\/[^\s"<]+/g)].map(([url]) => url)).toEqual([`${server.issuer}/agents`]);
      expect(part).not.toMatch(/4,200|Nordwind|INV-R1|tsk_|apr_|<form/);
    }
    expect(mail?.raw).not.toContain(token.body.access_token.slice(0, 40));
  });

  test('says what was allowed to whoever wants details, in their language; a denial and everybody else get none', async () => {
    const { person, key } = await begin('approver@acme.example');
    await want(person.email, true, 'summary');
    await database.query(`update people set language = 'de' where email = $1`, [person.email]);
    await mails();
    const denied = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-R2' }));
    await person.submit(denied.page, { decision: 'deny' });
    const { page } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-R3' }));
    const approved = await approveWith(person, page, key, { ...CHOICES, critical_value: '4.200,00' });
    expect(approved.html).toContain('Einmal erlaubt');
    await settled();
    expect(mailbox.received.splice(0).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Darf 4\.200,00 EUR an Nordwind GmbH erstatten\r?\n/),
    ]);
    await want(person.email, false, 'summary');
    const last = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-R4' }));
    await approveWith(person, last.page, key, { ...CHOICES, critical_value: '4.200,00' });
    expect(await mails()).toEqual([]);
    await database.query(`update people set language = null where email = $1`, [person.email]);
  });
});

describe('recovery codes of whoever administers (ux.md §9 (4))', () => {
  const ADA = 'admin@acme.example';
  const withPasskey = async (person: TestPerson, key: Authenticator, path = '/login') => {
    const page = await person.get(path);
    const action = /action="(\/login\/passkey[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    return person.post(action, {
      csrf: csrfOf(page),
      assertion: key.get(optionsIn(page, 'request', '/login/passkey')),
    });
  };
  const codesIn = ({ html }: PageAnswer) =>
    [...html.matchAll(/<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){5})<\/code>/g)].map(([, one = '']) => one);
  const make = async (person: TestPerson) =>
    person.post(`${SECURITY}/recovery-codes`, { csrf: csrfOf(await person.get(SECURITY)) });
  /** Ada at a browser that her passkey signed in, and ten codes. */
  async function withCodes() {
    await database.query('update people set recovered_at = null');
    await database.query('delete from recovery_codes');
    const { key } = await begin(ADA);
    const person = browserOf(server.issuer, ADA);
    await withPasskey(person, key);
    return { person, key, codes: codesIn(await make(person)) };
  }
  const use = async (code: string, { email = ADA, password = server.demo.password } = {}) => {
    const person = browserOf(server.issuer, email);
    const csrf = csrfOf(await person.get('/login/recovery'));
    return { person, page: await person.post('/login/recovery', { csrf, email, password, code }) };
  };
  const last = async (types: string[]) =>
    (
      await database.query('select type, reason from evidence where type = any($1) order by at desc, id desc limit 1', [
        types,
      ])
    ).rows[0];
  const lastRefusal = () => last(['person.sign_in_refused']);

  test('are made by a passkey that signed in just now and by nothing less, are shown once, and void the ones before', async () => {
    const { person: typed, key } = await begin(ADA);
    await mails();
    expect((await typed.get(SECURITY)).html).toContain('sign in with your passkey now');
    const refused = await make(typed);
    expect([refused.status, codesIn(refused)]).toEqual([403, []]);
    const person = browserOf(server.issuer, ADA);
    await withPasskey(person, key);
    const first = codesIn(await make(person));
    expect([first.length, new Set(first).size]).toEqual([10, 10]);
    expect(await mails()).toEqual([{ to: ADA, subject: 'New recovery codes were made for your account' }]);
    const page = await person.get(SECURITY);
    expect([page.html.includes('You have 10 left'), codesIn(page)]).toEqual([true, []]);
    const stored = JSON.stringify(
      (await database.query("select r::text, encode(code_hash, 'escape') from recovery_codes r")).rows,
    );
    for (const code of first) expect(stored).not.toContain(code.replaceAll('-', ''));

    const second = codesIn(await make(person));
    expect((await database.query('select from recovery_codes')).rowCount).toBe(10);
    expect((await use(first[0] ?? '')).page.status).toBe(401);
    expect(second.some((code) => first.includes(code))).toBe(false);
    await database.query(`update sessions set authenticated_at = now() - interval '6 minutes'`);
    expect((await make(person)).status).toBe(403);
    // Whoever administers nothing, or has no password, has administrators.
    const anna = await begin();
    expect((await anna.person.get(SECURITY)).html).not.toContain('Recovery codes');
    expect((await make(anna.person)).status).toBe(403);
  });

  test('with the password one leads to the page of passkeys and no further; it tells everybody, and works once', async () => {
    const { person: before, key: lost, codes } = await withCodes();
    const [code = ''] = codes;
    await mails();
    // As somebody types it from paper.
    const { person, page } = await use(
      ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`,
    );
    expect([page.url, page.html.includes('You used a recovery code')]).toEqual([`${server.issuer}${SECURITY}`, true]);
    expect(await passkeysOf(ADA)).toEqual([]);
    expect((await before.get('/inbox')).url).toContain('/login');
    expect((await withPasskey(browserOf(server.issuer, ADA), lost)).status).toBe(401);
    expect(await mails()).toEqual(
      expect.arrayContaining([
        { to: ADA, subject: 'A recovery code ended your passkeys and signed in to add a new one' },
        { to: 'owner@acme.example', subject: 'Somebody who administers with you used a recovery code' },
      ]),
    );
    expect(await last(['passkey.recovered'])).toEqual({ type: 'passkey.recovered', reason: 'recovery_code' });
    expect(await last(['person.alarm'])).toEqual({ type: 'person.alarm', reason: 'recovery_code' });
    const nothingElse = async () => {
      for (const path of ['/inbox', '/admin', '/agents', '/', '/settings/sign-in', '/authorize', '/admin/people']) {
        expect((await person.get(path)).url).toBe(`${server.issuer}${SECURITY}`);
      }
    };
    await nothingElse();
    const key = await addPasskey(person, server.issuer);
    await nothingElse(); // the passkey signs in; this does not become more than it was
    const [row] = await passkeysOf(ADA);
    expect(row.may_approve_from.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    expect((await make(person)).status).toBe(403);
    const done = await person.get(SECURITY);
    const [, onward = ''] = /href="([^"]*)"[^>]*data-testid="now-sign-in"/.exec(done.html) ?? [];
    expect((await withPasskey(person, key, onward.replaceAll('&amp;', '&'))).url).toBe(`${server.issuer}/inbox`);
    expect((await person.get('/admin')).status).toBe(200);
    // Whoever took a code voids no other within the day.
    expect((await person.get(SECURITY)).html).toContain('Within a day of beginning anew no codes are made.');
    expect((await make(person)).status).toBe(403);
    expect((await use(code)).page.status).toBe(401);
    expect(await passkeysOf(ADA)).toHaveLength(1);
    expect((await use(codes[1] ?? '')).page.url).toBe(`${server.issuer}${SECURITY}`);
    expect(await passkeysOf(ADA)).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, { email?: string; password?: string; code?: string }, string]>([
    ['the wrong password', async () => {}, { password: 'wrong' }, 'wrong_password'],
    ['another code', async () => {}, { code: '0000-0000-0000-0000-0000-0000' }, 'wrong_recovery_code'],
    ['no code', async () => {}, { code: '' }, 'wrong_recovery_code'],
    ['somebody else’s password', async () => {}, { email: 'owner@acme.example' }, 'wrong_recovery_code'],
    ['somebody who administers nothing', async () => {}, { email: 'person@acme.example' }, 'recovery_code_not_used'],
    [
      'a role that they lost',
      () => database.query(`update people set roles = '{}' where email = $1`, [ADA]),
      {},
      'recovery_code_not_used',
    ],
    [
      'passwords that sign nobody in',
      () => database.query(`update organizations set passwords = 'nobody'`),
      {},
      'recovery_code_not_used',
    ],
    [
      'a person who is disabled',
      () => database.query(`update people set status = 'disabled' where email = $1`, [ADA]),
      {},
      'disabled',
    ],
  ])('with %s it is refused as anything is, and ends nothing', async (_name, change, typed, reason) => {
    const { codes } = await withCodes();
    try {
      await change();
      const { page } = await use(typed.code ?? codes[0] ?? '', typed);
      expect([page.status, page.html.includes('The e-mail address, the password or the code is not right.')]).toEqual([
        401,
        true,
      ]);
      expect(await lastRefusal()).toEqual({ type: 'person.sign_in_refused', reason });
      expect(await passkeysOf(ADA)).toHaveLength(1);
    } finally {
      await database.query(`update people set roles = '{admin}', status = 'active' where email = $1`, [ADA]);
      await database.query(`update organizations set passwords = 'everyone'`);
    }
  });

  test('the password for emergencies tells the same people, each time it is used', async () => {
    const { key } = await begin(ADA);
    await database.query(`update organizations set passwords = 'administrators' where slug = 'acme'`);
    await mails();
    try {
      await expect(signIn(server, ADA, 'wrong')).rejects.toThrow('401');
      expect(await mails()).toEqual([]);
      await expect(signIn(server, ADA)).rejects.toThrow('401'); // the passkey does, and somebody has the password
      expect((await mails()).toSorted((one, other) => (one.to ?? '').localeCompare(other.to ?? ''))).toEqual([
        { to: ADA, subject: 'Your password for emergencies was used' },
        { to: 'owner@acme.example', subject: 'Somebody who administers with you used their password for emergencies' },
      ]);
      expect((await withPasskey(browserOf(server.issuer, ADA), key)).status).toBe(200);
      expect(await mails()).toEqual([]);
    } finally {
      await database.query(`update organizations set passwords = 'everyone'`);
    }
  });

  test('tries are counted with those of the password', async () => {
    const { codes } = await withCodes();
    await Promise.all(Array.from({ length: 10 }, () => use('nothing', { password: 'wrong' })));
    const { page } = await use(codes[0] ?? '');
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    await expect(signIn(server, ADA)).rejects.toThrow('429');
    await database.query(`delete from rate_limits`);
  });

  test('two administrators who end somebody’s passkeys end their codes with them', async () => {
    const { codes } = await withCodes();
    await database.query(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
    const ben = await administrator(server, 'approver@acme.example');
    const asked = await ask(olga, ADA);
    expect((await confirm(ben, asked.body.id)).status).toBe(200);
    expect((await use(codes[0] ?? '')).page.status).toBe(401);
    await database.query(`update people set roles = '{approver}' where email = 'approver@acme.example'`);
  });
});

describe('people who leave, come back, or do something else (ux.md §9 (5), (6))', () => {
  const ANNA = 'person@acme.example';
  const rolesOf = async (email: string) =>
    (await database.query('select roles from people where email = $1', [email])).rows[0].roles;
  const set = (admin: Admin | undefined, roles: string[], email = ANNA) =>
    by(admin)('PUT', `/people/${email}/roles`, { roles });

  test('more roles take two administrators, who set the same; fewer take one; every session ends with each change', async () => {
    const person = await signIn(server, ANNA);
    expect((await set(ada, ['approver'])).body).toMatchObject({ state: 'asked', roles: [] });
    expect((await set(ada, ['approver'])).body).toMatchObject({ reason: 'same_person' });
    const waits = (await by(olga)('GET', `/people?q=${ANNA}`)).body.people;
    expect(waits).toMatchObject([{ roles: [], roles_asked: ['approver'] }]);
    // Another set is another question.
    expect((await set(olga, ['approver', 'auditor'])).body).toMatchObject({ state: 'asked' });
    expect((await set(olga, ['approver'])).body).toMatchObject({ state: 'asked' });
    expect((await person.get('/inbox')).url).toMatch(/inbox$/);
    expect((await set(ada, ['approver'])).body).toMatchObject({ state: 'set', roles: ['approver'] });
    expect((await person.get('/inbox')).url).toContain('/login');
    const again = await signIn(server, ANNA);
    expect((await set(ada, [])).body).toMatchObject({ state: 'set', roles: [] });
    expect((await again.get('/inbox')).url).toContain('/login');
    const { rows } = await database.query(
      `select reason from evidence e join people p on p.id = e.person where type = 'person.roles_changed' and p.email = $1`,
      [ANNA],
    );
    expect(rows).toEqual([{ reason: 'by_hand' }, { reason: 'by_hand' }]);
    for (const roles of [['owner'], ['admin', 'admin']]) expect((await set(ada, roles)).status).toBe(400);
    expect((await set(ada, ['auditor'], 'person@globex.example')).status).toBe(404);
    await database.query(`update sessions set authenticated_at = now()`);
  });

  test('somebody who left: nobody acts for them, they sign in no more, and what had ended stays so when they come back', async () => {
    const person = await signIn(server, ANNA);
    const reader = await registerAgent(server, { client_name: 'Meeting Helper' });
    const asked = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const { access_token } = (await tokenInBrowser(reader, person, asked)).body;
    const calendar = await demoClient(server, 'resourceServer');
    const live = async () => (await introspect(calendar, access_token)).active;
    expect(await live()).toBe(true);
    const disable = (email: string, admin = ada) => by(admin)('POST', `/people/${email}/disable`, { reason: 'left' });
    expect((await disable(ANNA)).body).toMatchObject({ status: 'disabled', stopped_at: expect.any(String) });
    expect([(await disable(ANNA)).status, await live()]).toEqual([409, false]);
    expect((await person.get('/inbox')).url).toContain('/login');
    await expect(signIn(server, ANNA)).rejects.toThrow('401');
    expect((await by(ada)('POST', `/people/${ANNA}/enable`, {})).body).toMatchObject({ status: 'active' });
    await signIn(server, ANNA);
    expect(await live()).toBe(false);
    expect((await disable('admin@acme.example')).body).toMatchObject({ reason: 'own_account' });
    expect((await disable('person@globex.example')).status).toBe(404);
  });

  test('one administrator makes no second of themselves: where there are two, a third takes both', async () => {
    const [email, roles] = ['pat@acme.example', ['admin', 'auditor']];
    const made = await by(ada)('POST', '/people', { email, name: 'Pat Puppet', roles });
    expect(made).toMatchObject({ status: 201, body: { roles: ['auditor'], roles_asked: roles } });
    expect([made.body.enrolment_uri, await rolesOf(email)]).toEqual([expect.any(String), ['auditor']]);
    // Twice one is still one.
    expect((await set(ada, roles, email)).body).toMatchObject({ reason: 'same_person' });
    expect((await set(olga, roles, email)).body).toMatchObject({ state: 'set', roles });
    // Who is alone has nobody to ask.
    const gail = await administrator(server, 'admin@globex.example');
    const alone = await by(gail)('POST', '/people', { email: 'gina@globex.example', name: 'Gina', roles: ['admin'] });
    expect([alone.body.roles, alone.body.roles_asked]).toEqual([['admin'], undefined]);
    await database.query(`update people set roles = '{}' where email in ($1, 'gina@globex.example')`, [email]);
  });

  test('the last administrator is neither disabled nor something else', async () => {
    const asOperator = await operator(server);
    const place = { organization: 'globex' };
    const disabled = await asOperator('POST', '/people/admin@globex.example/disable', { ...place, reason: 'x' });
    expect([disabled.status, disabled.body.reason]).toEqual([409, 'last_administrator']);
    const lost = await asOperator('PUT', '/people/admin@globex.example/roles', { ...place, roles: ['auditor'] });
    expect([lost.status, await rolesOf('admin@globex.example')]).toEqual([409, ['admin']]);
    // The operator answers alone.
    const more = await asOperator('PUT', '/people/person@globex.example/roles', {
      ...place,
      roles: ['auditor', 'admin'],
    });
    expect(more.body).toMatchObject({ state: 'set', roles: ['admin', 'auditor'] });
    expect((await asOperator('PUT', '/people/person@globex.example/roles', { ...place, roles: [] })).status).toBe(200);

    // Gail is alone, and was not always: who lets the others go makes no second of themselves.
    const gail = await administrator(server, 'admin@globex.example');
    const body = { email: 'gwen@globex.example', name: 'Gwen', roles: ['admin'] };
    expect((await by(gail)('POST', '/people', body)).body).toMatchObject({ roles: [], roles_asked: ['admin'] });
    const confirmed = await asOperator('PUT', '/people/gwen@globex.example/roles', { ...place, roles: ['admin'] });
    expect(confirmed.body).toMatchObject({ state: 'set' });

    // Who takes the only other administrator away is seen to do it: by that one, by themselves, by whoever hears alarms.
    for (const [method, path, asked] of [
      ['PUT', 'roles', { roles: [] }],
      ['POST', 'disable', { reason: 'left' }],
    ] as const) {
      await database.query(`update people set roles = '{admin}' where email = 'person@globex.example'`);
      await mails();
      expect((await by(gail)(method, `/people/person@globex.example/${path}`, asked)).status).toBe(200);
      const told = await mails();
      expect(told).toContainEqual({
        to: 'person@globex.example',
        subject: expect.stringContaining('You administer no more'),
      });
      expect(told).toContainEqual({
        to: 'admin@globex.example',
        subject: expect.stringContaining('of the only other one'),
      });
    }
    const alarms = await database.query(
      `select p.email from evidence e join people p on p.id = e.person where type = 'person.alarm' and reason = 'administers_alone'`,
    );
    expect(alarms.rows).toEqual([{ email: 'person@globex.example' }, { email: 'person@globex.example' }]);
  });
});
