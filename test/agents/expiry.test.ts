import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { warnOfExpiry } from '../../adapters/postgres/expiry.ts';
import { attendToReviews } from '../../adapters/postgres/reviews.ts';
import { type Api, administrator } from '../support/admin.ts';
import { type Json, registerAgent } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { type Mail, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { signIn } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let other: Database;
let mailbox: Mailbox;
let admin: Api;
beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startServer({
    COUNTERSIGN_SMTP_URL: mailbox.url,
    COUNTERSIGN_MAIL_FROM: 'Acme agents <agents@acme.example>',
  });
  [database, other] = [databaseOf(server), databaseOf(server)];
  admin = await administrator(server, 'admin@acme.example');
});
afterAll(async () => {
  await database?.close();
  await other?.close();
  await server?.close();
  await mailbox?.close();
});

/** Everything is looked for by two instances at once; the server's own job may have been faster than both. */
const look = () => Promise.all([warnOfExpiry(database), warnOfExpiry(other)]);
const subjectOf = ({ raw }: Mail): string => /^Subject: (.*(?:\r\n .*)*)/m.exec(raw)?.[1]?.replace(/\r\n /g, ' ') ?? '';

/** Whom a mail about this reached, once every message that is due has gone out. */
async function toldOf(what: string): Promise<string[]> {
  for (;;) {
    const waiting = await database.first(
      `select from outbox where payload ?| '{expiry,offer,review,handedOver}' and state = 'waiting' and (due_at <= now() or lease is not null) limit 1`,
    );
    if (!waiting) break;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return mailbox.received.flatMap((mail) => (subjectOf(mail).includes(what) ? [String(mail.to)] : [])).toSorted();
}

test('of the last key of an agent, its owner and its deputy hear, once for each threshold', async () => {
  const { registration, clientId } = await registerAgent(server, { client_name: 'Key Holder' });
  const endsIn = (days: number) =>
    database.run(
      `update clients set keys_end_at = date_trunc('second', now()) + make_interval(days => $2), updated_at = now() - interval '60 days' where client_id = $1`,
      [clientId, days],
    );
  await endsIn(20);
  await look();
  expect(await toldOf('Key Holder')).toEqual([]);
  await endsIn(10);
  for (let times = 0; times < 3; times++) await look();
  const both = ['admin@acme.example', 'owner@acme.example'];
  expect(await toldOf('Key Holder')).toEqual(both);
  await database.run(`update expiry_notices set ends_at = ends_at - interval '5 days' where subject = $1`, [clientId]);
  await database.run(`update clients set keys_end_at = keys_end_at - interval '5 days' where client_id = $1`, [
    clientId,
  ]);
  for (let times = 0; times < 3; times++) await look();
  expect(await toldOf('Key Holder')).toEqual([...both, ...both].toSorted());
  const flagged = (await admin('GET', '/agents?q=flag:key_expiring')).body.agents.map(({ id }: Json) => id);
  expect(flagged).toContain(registration.agent_id);
});

test('who hears that a day is left does not hear that a week was', async () => {
  const { clientId } = await registerAgent(server, { client_name: 'Late Bird' });
  await database.run(
    `update clients set keys_end_at = now() + interval '20 hours', updated_at = now() - interval '60 days' where client_id = $1`,
    [clientId],
  );
  for (let times = 0; times < 3; times++) await look();
  expect(await toldOf('Late Bird')).toHaveLength(2);
});

test('a secret, and a certificate, end like a key; what is made for a day warns of nothing when it is made', async () => {
  const { registration, clientId } = await registerAgent(server, { client_name: 'Secret Holder' });
  const made = await admin('POST', `/agents/${registration.agent_id}/client-secret`, {
    reason: 'x',
    expires_in: 43_200,
  });
  expect(made.status).toBe(201);
  // An administrator could act as the agent once its owner agreed: those who answer for it hear of it.
  expect(await toldOf('Secret Holder is to get a secret')).toEqual(['admin@acme.example', 'owner@acme.example']);
  const owner = await signIn(server, 'owner@acme.example');
  const asked = await owner.get(`/owned/changes/${made.body.pending_change.id}`);
  expect((await owner.submit(asked, { answer: 'approve' })).status).toBe(200);
  await look();
  expect(await toldOf('key of Secret Holder')).toEqual([]);
  await database.run(`update clients set updated_at = now() - interval '60 days' where client_id = $1`, [clientId]);
  await look();
  expect(await toldOf('key of Secret Holder')).toHaveLength(2);
  const { body } = await admin('GET', '/agents?q=flag:key_expiring');
  expect(body.agents.map(({ id }: Json) => id)).toContain(registration.agent_id);
});

test('an initial access token: whoever would own what is registered with it, and only while it has a use left', async () => {
  const tokens: string[] = [];
  for (let count = 0; count < 2; count++) {
    const { body } = await admin('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
      expires_in: 86_400 * 3,
    });
    tokens.push(body.id);
  }
  await database.run(`update initial_access_tokens set created_at = now() - interval '60 days' where id = any($1)`, [
    tokens,
  ]);
  await database.run('update initial_access_tokens set uses_left = 0 where id = $1', [tokens[0]]);
  const before = (await toldOf('registration code in your name')).length;
  for (let times = 0; times < 3; times++) await look();
  expect((await toldOf('registration code in your name')).length).toBe(before + 2);
  const { body } = await admin('GET', '/initial-access-tokens');
  expect(body.initial_access_tokens.find(({ id }: Json) => id === tokens[1]).ends_soon).toBe(true);
});

test('agents that have ended, and people of other organizations, hear nothing', async () => {
  const { registration, clientId } = await registerAgent(server, { client_name: 'Gone Away' });
  await database.run(
    `update clients set keys_end_at = now() + interval '2 days', updated_at = now() - interval '60 days' where client_id = $1`,
    [clientId],
  );
  await admin('POST', `/agents/${registration.agent_id}/retire`, { reason: 'done' });
  await look();
  expect(await toldOf('Gone Away')).toEqual([]);
  expect((await toldOf('')).filter((email) => email.endsWith('@globex.example'))).toEqual([]);
});

test('the message says which agent and until when, and leads to the owner’s page', async () => {
  await toldOf('Key Holder');
  const mail = mailbox.received.find((one) => subjectOf(one).includes('Key Holder'));
  expect(mail?.text).toMatch(/ends on \d/);
  expect(mail?.text).toMatch(/\/owned\/agt_/);
});

describe('whoever is asked to answer for an agent hears of it', () => {
  const BEN = 'approver@acme.example';
  const mails = (agent: string) =>
    mailbox.received.filter((mail) => mail.to.includes(BEN) && subjectOf(mail).includes(agent));
  const offer = async (agent: string, role = 'deputy') => {
    const { registration } = await registerAgent(server, { client_name: agent });
    return admin('POST', `/agents/${registration.agent_id}/offers`, { role, person: BEN });
  };
  const answered = () =>
    database.run(`update ownership_offers set answer = 'declined', answered_at = now() where answer is null`);

  test('by whom, of which agent and in what capacity; opening the message accepts nothing', async () => {
    expect((await offer('Offered One', 'owner')).status).toBe(201);
    await toldOf('Offered One');
    const [mail, ...others] = mails('Offered One');
    expect(others).toEqual([]);
    expect(subjectOf(mail as Mail)).toBe('Ada Lind asks you to answer for Offered One');
    expect(mail?.text).toContain('As its owner. It does not act before you and a deputy accepted it.');
    expect(mail?.text).toContain(`${server.issuer}/owned`);
    expect(mail?.text).not.toContain('accept=');
    const ben = await signIn(server, BEN);
    expect((await ben.get('/owned')).html).toContain('Offered One');
  });

  test('a hundred agents are no hundred mails: not again while a question as new waits beside it', async () => {
    await offer('Offered Two');
    await toldOf('Offered Two');
    expect(mails('Offered Two')).toEqual([]);
    await answered();
    await offer('Offered Three');
    await toldOf('Offered Three');
    expect(mails('Offered Three')).toHaveLength(1);
    await answered();
  });

  test('not in their quiet hours, and not once it was answered', async () => {
    const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
    const quiet = [(minute + 1440 - 60) % 1440, (minute + 60) % 1440];
    await database.run(
      `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, high_breaks_quiet, deputy_minutes, quiet_from, quiet_to)
       select organization, id, '{email}', 5, 'minimal', true, 30, $2, $3 from people where email = $1`,
      [BEN, ...quiet],
    );
    await database.run(`update people set time_zone = 'UTC' where email = $1`, [BEN]);
    await offer('Offered Four');
    const put = await database.first<{ minutes: number }>(
      `select extract(epoch from due_at - now())::int / 60 as minutes from outbox where payload ? 'offer' and state = 'waiting'`,
    );
    expect(put?.minutes).toBeGreaterThan(50);
    await answered();
    await database.run(`update outbox set due_at = now() where payload ? 'offer' and state = 'waiting'`);
    await toldOf('Offered Four');
    expect(mails('Offered Four')).toEqual([]);
  });
});

describe('whoever answered for an agent hears of it when somebody else does', () => {
  const BEN = 'approver@acme.example';
  const OLGA = 'owner@acme.example';
  const saying = (title: string) => mailbox.received.filter(({ html }) => html.includes(`${title}</h1>`));
  /** An administrator asks somebody else, who accepts. */
  async function passOn(name: string, role: 'owner' | 'deputy', by = server.demo.initialAccessToken) {
    const as = { ...server, demo: { ...server.demo, initialAccessToken: by } };
    const { registration } = await registerAgent(as, { client_name: name });
    const { body } = await admin('POST', `/agents/${registration.agent_id}/offers`, { role, person: BEN });
    const ben = await signIn(server, BEN);
    await database.run('delete from notification_preferences');
    const answered = await ben.submit(await ben.get(`/offers/${body.id}`), { answer: 'accept' });
    expect(answered.status).toBe(200);
    await toldOf(name);
  }

  test('by whom it is answered for now, in their language', async () => {
    await database.run(`update people set language = 'de' where email = $1`, [OLGA]);
    await passOn('Passed On', 'owner');
    await database.run('update people set language = null where email = $1', [OLGA]);
    const [mail, ...others] = saying('Sie sind nicht mehr verantwortlich für Passed On');
    expect([mail?.to, others]).toEqual([[OLGA], []]);
    expect(mail?.text).toMatch(/Verantwortlich ist jetzt \S.*\. Wenn Sie den Grund nicht kennen/u);
    expect(mail?.text).toContain(`${server.issuer}/owned`);
  });

  test('as its deputy, too', async () => {
    await passOn('Deputed On', 'deputy');
    const told = saying('You are no longer the deputy for Deputed On');
    expect(told.map(({ to }) => to)).toEqual([['admin@acme.example']]);
  });

  test('not who never agreed to', async () => {
    const people = { owner: OLGA, deputy: 'admin@acme.example' };
    const { body } = await admin('POST', '/initial-access-tokens', { ...people, status: 'pending', uses: 1 });
    await passOn('Never Agreed', 'owner', body.initial_access_token);
    expect(saying('You no longer answer for Never Agreed')).toEqual([]);
  });
});

test('A9: of a campaign its owners hear when it begins, and two weeks, a week and a day before: one mail for all agents', async () => {
  const agents: string[] = [];
  for (const name of ['Spring One', 'Spring Two'])
    agents.push((await registerAgent(server, { client_name: name })).registration.agent_id);
  const attend = () => Promise.all([attendToReviews(database), attendToReviews(other)]);
  const owner = 'owner@acme.example';
  const { status } = await admin('POST', '/review-campaigns', { name: 'Spring', filter: 'spring', days: 30 });
  expect(status).toBe(201);
  expect(await toldOf('Spring: review 2 agents')).toEqual([owner]);
  await attend();
  expect(await toldOf('wait for your review')).toEqual([]);
  const dueIn = (days: number) =>
    database.run(`update agents set review_at = now() + make_interval(days => $2, hours => 12) where id = any($1)`, [
      agents,
      days,
    ]);
  for (const [days, reminders] of [
    [12, 1],
    [6, 2],
    [0, 3],
  ] as const) {
    await dueIn(days);
    for (let times = 0; times < 2; times++) await attend();
    // Of the same date nobody is reminded twice, and of another one anew.
    expect([days, await toldOf('2 agents wait for your review')]).toEqual([days, Array(reminders).fill(owner)]);
  }
  // Begun within a threshold, its beginning is the reminder.
  await dueIn(80);
  await admin('POST', '/review-campaigns', { name: 'Late spring', filter: 'spring', days: 5 });
  await attend();
  expect(await toldOf('2 agents wait for your review')).toHaveLength(3);
  expect(await toldOf('Late spring: review 2 agents')).toEqual([owner]);
});
