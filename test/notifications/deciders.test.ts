import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { postgresGroups } from '../../adapters/postgres/groups.ts';
import { ask } from '../protocol/support.ts';
import { inviteDetails, type Json, registerAgent } from '../support/agent.ts';
import { addColleague, addGroup, type Member, memberOf } from '../support/deciders.ts';
import { databaseOf, organizationOf } from '../support/delegation.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { detailsParameter } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let mailbox: Mailbox;
let acme: string;
let ben: Member;
let carl: Member;
beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startServer({
    COUNTERSIGN_SMTP_URL: mailbox.url,
    COUNTERSIGN_MAIL_FROM: 'Acme agents <agents@acme.example>',
  });
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  await addColleague(database, 'carl@acme.example', 'Carl Holm');
  [ben, carl] = await Promise.all([
    memberOf(server, database, 'approver@acme.example'),
    memberOf(server, database, 'carl@acme.example'),
  ]);
  const group = await addGroup(database, acme, 'Privacy', [ben, carl]);
  await publishPolicies(database, acme, {
    rules: [
      { name: 'Invitations', when: { actions: ['calendar.invitations.send'] }, verdict: 'ask', deciders: { group } },
    ],
  });
}, 30_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
  await mailbox?.close();
});
/** Every message that is due was done. */
async function settled(): Promise<void> {
  const left = `select from outbox where state = 'waiting' and kind like 'notify%'
    and (due_at <= now() + interval '1 second' or lease is not null)`;
  for (const deadline = Date.now() + 15_000; await database.first(left); await sleep(30)) {
    if (Date.now() > deadline) throw new Error('the outbox did not settle');
  }
}
beforeEach(async () => {
  await settled();
  await database.run('truncate notifications, notification_preferences, outbox');
  await database.run(`update approvals set expires_at = now() - interval '1 day' where status = 'pending'`);
  mailbox.received.length = 0;
});

/** A request of an agent that nobody introduced to anybody. */
async function asked(title: string): Promise<Json> {
  const agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  const { status } = await ask(agent, { authorization_details: detailsParameter(inviteDetails({ title })) });
  expect(status).toBe(200);
  return (await database.first<Json>('select * from approvals order by asked_at desc limit 1')) as Json;
}
const mails = async () => {
  await settled();
  return mailbox.received.filter(({ to }) => to[0] !== 'person@acme.example');
};

test('U3-2, D10: each of the group gets a mail without any detail, whatever they chose for what is their own; the person gets none', async () => {
  await database.run(
    `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, high_breaks_quiet, deputy_minutes)
     values ($1, $2, '{email}', 5, 'summary', true, 30)`,
    [acme, ben.id],
  );
  const { id } = await asked('Secret merger');
  const received = await mails();
  expect(received.flatMap(({ to }) => to).toSorted()).toEqual([ben.email, carl.email].toSorted());
  expect(mailbox.received).toHaveLength(2);
  for (const { raw, text } of received) {
    expect(text).toContain(`/r/${id}`);
    expect(`${raw}${text}`).not.toMatch(/Secret|merger|Anna|Privacy|Invitations/);
  }
  const sent = await database.rows<Json>(`select person from evidence where type = 'delivery.sent' and approval = $1`, [
    id,
  ]);
  expect(sent.map(({ person }) => person).toSorted()).toEqual([ben.id, carl.id].toSorted());
});

test('U3-10: the fourth within ten minutes rings nobody, and waits in the inbox', async () => {
  for (const title of ['One', 'Two', 'Three']) {
    await asked(title);
    expect(await mails()).toHaveLength(2);
    mailbox.received.length = 0;
  }
  const { id } = await asked('Four');
  expect(await mails()).toEqual([]);
  const rows = await database.rows<Json>('select person, suppressed from notifications where approval = $1', [id]);
  expect(rows.map(({ suppressed }) => suppressed)).toEqual(['ten_minutes', 'ten_minutes']);
  expect((await carl.person.get('/inbox')).html).toContain(id);
});

test('a muted group calls its member for nothing: it waits in the inbox, the others are called, and unmuted it rings again', async () => {
  const at = '/settings/notifications';
  const press = async (what: 'mute' | 'unmute', of: string) => {
    const csrf = /name="csrf" value="([^"]*)"/.exec((await ben.person.get(at)).html)?.[1] ?? '';
    return ben.person.post(`${at}/groups/${of}/${what}`, { csrf });
  };
  const [, id = ''] =
    /data-group="(grp_\w+)"[^>]*>\s*<span class="words">[^<]*<[^>]*>Privacy/.exec((await ben.person.get(at)).html) ??
    [];
  expect((await press('mute', id)).html).toContain('Notify me again: Privacy');
  const { id: quiet } = await asked('Quiet');
  expect((await mails()).map(({ to }) => to[0])).toEqual([carl.email]);
  const noted = await database.rows<Json>('select suppressed from notifications where approval = $1 and person = $2', [
    quiet,
    ben.id,
  ]);
  expect(noted).toEqual([{ suppressed: 'muted' }]);
  expect((await ben.person.get('/inbox')).html).toContain(quiet);

  await press('unmute', id);
  mailbox.received.length = 0;
  await asked('Loud');
  expect((await mails()).map(({ to }) => to[0]).toSorted()).toEqual([ben.email, carl.email].toSorted());
  expect((await press('mute', `grp_${'0'.repeat(32)}`)).status).toBe(404);
});

test('whoever left the group, or looked at it, is not called again', async () => {
  await database.run(
    `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, high_breaks_quiet, deputy_minutes)
     select $1, p, '{webhook,email}', 5, 'minimal', true, 30 from unnest($2::text[]) p`,
    [acme, [ben.id, carl.id]],
  );
  // Put off by quiet hours, all day long.
  await database.run('update notification_preferences set quiet_from = 0, quiet_to = 1439');
  const { id } = await asked('Later');
  await settled();
  expect(await mails()).toEqual([]);
  await database.run('delete from group_members where person = $1', [carl.id]);
  expect((await ben.person.get(`/r/${id}`)).status).toBe(200);
  await database.run('update notification_preferences set quiet_from = null, quiet_to = null');
  await database.run(`update outbox set due_at = now() where state = 'waiting' and kind = 'notify'`);
  await database.run(`insert into signals (topic, value) values ('outbox', 'notify')`);
  expect(await mails()).toEqual([]);
});

describe('who comes into a group, or goes', () => {
  const act = (client: string) => ({ organization: acme, caller: { kind: 'operator' as const, client } });
  const security = { id: `grp_${'5'.repeat(32)}`, name: 'Layoffs' };
  const told = async () => (await mails()).map(({ to, headers }) => [to[0], headers.subject]);

  test('hears of it once they count, and once they do not any more; whoever was never confirmed hears nothing', async () => {
    const groups = postgresGroups(database);
    await groups.add(act('ada'), security);
    const comes = [ben.id, carl.id];
    await groups.change(act('ada'), security, { comes, goes: [], atOnce: false });
    expect(await told()).toEqual([]);
    expect(await groups.confirm(act('ben'), security, [ben.id])).toBe(true);
    expect(await told()).toEqual([[ben.email, 'You decide with a group now']]);
    mailbox.received.length = 0;
    await groups.change(act('ada'), security, { comes: [], goes: comes, atOnce: true });
    expect(await told()).toEqual([[ben.email, 'You no longer decide with a group']]);
  });

  test('D10: without its name, unless they chose to read more; in their language', async () => {
    await database.run(
      `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, high_breaks_quiet, deputy_minutes)
       values ($1, $2, '{email}', 5, 'summary', true, 30)`,
      [acme, carl.id],
    );
    await database.run(`update people set language = 'de' where id = $1`, [carl.id]);
    await postgresGroups(database).change(act('ada'), security, { comes: [ben.id, carl.id], goes: [], atOnce: true });
    const [english, german] = (await mails()).toSorted((a, b) => (a.to[0] ?? '').localeCompare(b.to[0] ?? ''));
    expect(english?.text).toContain('/settings/notifications');
    expect(`${english?.raw}${english?.text}`).not.toMatch(/Layoffs|decision=|Approve/);
    expect(german?.text).toMatch(/Layoffs: Was Agenten diese Gruppe fragen/);
    await database.run('update people set language = null where id = $1', [carl.id]);
  });

  test('hears nothing that is not so any more: gone before the night was over', async () => {
    await database.run(
      `insert into notification_preferences (organization, person, channels, fallback_minutes, detail, quiet_from, quiet_to, high_breaks_quiet, deputy_minutes)
       values ($1, $2, '{email}', 5, 'minimal', 0, 1439, true, 30)`,
      [acme, ben.id],
    );
    await postgresGroups(database).remove(act('ada'), security);
    await postgresGroups(database).add(act('ada'), security);
    await postgresGroups(database).change(act('ada'), security, { comes: [ben.id], goes: [], atOnce: true });
    await database.run(`update outbox set due_at = now() where state = 'waiting' and kind like 'notify%'`);
    await database.run(`insert into signals (topic, value) values ('outbox', 'notify')`);
    expect((await told()).filter(([to]) => to === ben.email)).toEqual([[ben.email, 'You decide with a group now']]);
  });
});
