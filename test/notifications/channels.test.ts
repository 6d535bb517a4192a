import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { withoutAddresses } from '../../adapters/channels/unlinked.ts';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, decideFor, type Form, poll } from '../protocol/support.ts';
import { type Api, administrator } from '../support/admin.ts';
import { type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { type PushService, type Subscription, startPushService } from '../support/push-service.ts';
import { type Receiver, startReceiver, trustTestAuthority } from '../support/receiver.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let mailbox: Mailbox;
let pushService: PushService;
let receiver: Receiver;
let admin: Api;
let person: TestPerson;
beforeAll(async () => {
  trustTestAuthority();
  [mailbox, pushService, receiver] = await Promise.all([startMailbox(), startPushService(), startReceiver()]);
  server = await startServer({
    COUNTERSIGN_SMTP_URL: mailbox.url,
    COUNTERSIGN_MAIL_FROM: 'Acme agents <agents@acme.example>',
    COUNTERSIGN_PUSH_HOSTS: pushService.host,
    COUNTERSIGN_EGRESS_ALLOW: `${pushService.host},${receiver.host}`,
  });
  database = databaseOf(server);
  [admin, person] = await Promise.all([administrator(server, 'admin@acme.example'), signIn(server)]);
}, 30_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
  await Promise.all([mailbox?.close(), pushService?.close(), receiver?.close()]);
});
/** Nobody was told anything, nobody prefers anything, and no message of an earlier test is left. */
beforeEach(async () => {
  await settled();
  await database.run(
    'truncate notifications, notification_digests, introductions, push_subscriptions, notification_targets, notification_preferences, outbox, rate_limits',
  );
  await database.run(`update approvals set expires_at = now() - interval '1 day' where status = 'pending'`);
  mailbox.received.length = 0;
  mailbox.refusals.length = 0;
  receiver.received.length = 0;
  receiver.replies.length = 0;
});

const csrfOf = ({ html }: PageAnswer) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
const SETTINGS = '/settings/notifications';
const post = async (path: string, form: Record<string, string> = {}, by = person) =>
  by.post(path, { csrf: csrfOf(await by.get(SETTINGS)), ...form });
const device = async (name = 'Phone', by = person): Promise<Subscription> => {
  const subscription = pushService.subscribe();
  const answer = await post(`${SETTINGS}/devices`, { subscription: JSON.stringify(subscription.json), name }, by);
  expect([answer.status, answer.html.includes(name)]).toEqual([200, true]);
  return subscription;
};
const prefer = (form: Record<string, string>, by = person) =>
  post(
    SETTINGS,
    { channel_0: 'push', channel_1: 'email', fallback_minutes: '5', detail: 'minimal', deputy_minutes: '30', ...form },
    by,
  );
const enabled = async (more: Json = {}, by = person): Promise<TestClient> => {
  const client = await registerAgent(server, { client_name: 'Finance Agent', ...more });
  await post(`/agents/${client.registration.agent_id}/contact`, { notify: '1' }, by);
  return client;
};
const asked = async (client: TestClient, form: Form = {}): Promise<{ body: Json; path: string }> => {
  const { status, body } = await ask(client, form);
  if (status !== 200) throw new Error(JSON.stringify(body));
  const row = await database.first<{ id: string }>(
    'select id from approvals where client_id = $1 order by asked_at desc limit 1',
    [client.clientId],
  );
  return { body, path: `/r/${row?.id}` };
};
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await holds()); await sleep(30)) {
    if (Date.now() > deadline) throw new Error('it did not come about within 15 seconds');
  }
}
/** Every message that is due was done. */
const settled = () =>
  until(
    async () =>
      (await database.first(
        `select from outbox where state = 'waiting' and kind like 'notify%' and (due_at <= now() + interval '1 second' or lease is not null)`,
      )) === undefined,
  );
const suppressed = () =>
  database.rows<{ suppressed: string }>('select suppressed from notifications where suppressed is not null');
/** What was put off is due now. */
const later = () => database.run(`update outbox set due_at = now() where state = 'waiting' and lease is null`);

describe('relationship first', () => {
  test('the first request of an agent that nobody introduced waits in the inbox, and rings nowhere', async () => {
    const phone = await device();
    const client = await registerAgent(server, { client_name: 'Stranger' });
    const { path } = await asked(client);
    await until(async () => (await suppressed()).length === 1);
    await settled();
    expect([phone.received, mailbox.received, await suppressed()]).toEqual([[], [], [{ suppressed: 'first_contact' }]]);
    expect((await person.get('/inbox')).html).toContain(path);
    expect((await person.get(path)).html).toContain(`/agents/${client.registration.agent_id}/contact`);
  });

  test('enabled by the person in a browser, it rings', async () => {
    const phone = await device();
    const client = await registerAgent(server, { client_name: 'Finance Agent', agent_purpose: 'Pays what is due' });
    const contact = `/agents/${client.registration.agent_id}/contact`;
    const page = await person.get(contact);
    expect(page.html).toContain('Pays what is due');
    await person.submit(page, { notify: '1' });
    expect((await person.get(SETTINGS)).html).toContain('Finance Agent');
    await asked(client);
    await until(() => phone.received.length === 1);
  });

  test('assigned by an administrator, it rings; taken back, it does not', async () => {
    const phone = await device();
    const client = await registerAgent(server);
    const pair = { agent: client.registration.agent_id, person: 'person@acme.example' };
    expect((await admin('PUT', '/introductions', pair)).status).toBe(200);
    const { path } = await asked(client);
    await until(() => phone.received.length === 1);
    await person.submit(await person.get(path), { decision: 'deny' });
    expect((await admin('DELETE', '/introductions', pair)).status).toBe(200);
    await registerAgent(server).then((other) => asked(other));
    await until(async () => (await suppressed()).length === 1);
    expect(phone.received).toHaveLength(1);
  });

  test('whoever is asked for another does not introduce it to them', async () => {
    const other = await signIn(server, 'approver@acme.example');
    const client = await enabled({}, other);
    const phone = await device();
    await asked(client);
    await until(async () => (await suppressed()).length === 1);
    expect(phone.received).toEqual([]);
  });
});

describe('Web Push', () => {
  test('U3-2: the payload, decrypted by the push service of the test, names nothing of the task', async () => {
    const phone = await device();
    const client = await enabled();
    const title = 'Secret merger with Nordwind';
    const { path } = await asked(client, {
      authorization_details: JSON.stringify([
        {
          type: 'calendar.invitations.send',
          locations: ['https://calendar.acme.example'],
          title,
          start: '2026-11-26T10:00:00Z',
          guests: ['ben@acme.example'],
        },
      ]),
    });
    await until(() => phone.received.length === 1);
    const [push] = phone.received;
    const payload = JSON.parse(push?.payload ?? '');
    expect(payload).toEqual({
      web_push: 8030,
      notification: {
        title: 'Finance Agent is waiting for you',
        body: expect.stringMatching(/^Medium-impact task · expires (?:\w+ \d+ \w+ )?\d\d:\d\d · open it to review$/),
        navigate: `${server.issuer}${path}`,
        tag: path.slice(3),
      },
      id: path.slice(3),
    });
    expect(push?.payload).not.toMatch(/Nordwind|ben@|merger/);
    expect(push?.wire.includes('Finance Agent')).toBe(false);
    expect(Buffer.byteLength(push?.payload ?? '')).toBeLessThan(1024);
  });

  test('RFC 8030 §5 RFC 8292: how long, how urgent, in place of what, and by whom', async () => {
    const phone = await device();
    await asked(await enabled());
    await until(() => phone.received.length === 1);
    const { headers = {}, vapid = {} } = phone.received[0] ?? {};
    expect(Number(headers.ttl)).toBeGreaterThan(200);
    expect(Number(headers.ttl)).toBeLessThanOrEqual(300);
    expect([headers.urgency, headers['content-encoding']]).toEqual(['normal', 'aes128gcm']);
    expect(headers.topic).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(vapid).toMatchObject({ aud: `http://${pushService.host}`, sub: 'mailto:agents@acme.example' });
  });

  test('a person who asked for it gets the task in one line', async () => {
    const phone = await device();
    await prefer({ detail: 'summary' });
    await asked(await enabled(), {
      authorization_details: JSON.stringify([
        {
          type: 'calendar.events.read',
          locations: ['https://calendar.acme.example'],
          from: '2026-11-24',
          to: '2026-11-28',
        },
      ]),
    });
    await until(() => phone.received.length === 1);
    expect(JSON.parse(phone.received[0]?.payload ?? '').notification.body).toMatch(/^read your calendar.*\n/i);
  });

  test.each([404, 410])(
    '%i: the browser is gone, is forgotten, and the mail takes its place at once',
    async (status) => {
      const phone = await device();
      phone.replies.push(status);
      const client = await enabled();
      await asked(client);
      await mailbox.until(1);
      await settled();
      expect(await database.first('select from push_subscriptions where gone_at is null')).toBeUndefined();
      expect((await person.get(SETTINGS)).html.includes('/devices/dev_')).toBe(false);
    },
  );

  test('429: tried again when the push service said', async () => {
    const phone = await device();
    phone.replies.push(429);
    await asked(await enabled());
    await until(async () => (await database.first(`select from outbox where error = 'it answered 429'`)) !== undefined);
    await later();
    await until(() => phone.received.length === 1);
  });

  test('every device of the person, and of nobody else', async () => {
    const [phone, laptop] = [await device('Phone'), await device('Laptop')];
    const other = await signIn(server, 'approver@acme.example');
    const stranger = await device('Not theirs', other);
    await asked(await enabled());
    await until(() => phone.received.length === 1 && laptop.received.length === 1);
    await settled();
    expect(stranger.received).toEqual([]);
  });

  test('a browser that somebody else signs in at shows no longer what waits for the person before', async () => {
    const shared = await device();
    const other = await signIn(server, 'approver@acme.example');
    await post(`${SETTINGS}/devices`, { subscription: JSON.stringify(shared.json), name: 'Shared' }, other);
    expect((await person.get(SETTINGS)).html).not.toContain('data-device=');
  });

  test('only push services are written to', async () => {
    for (const endpoint of ['https://internal.example/x', `http://${receiver.host}/x`, 'http://127.0.0.1:1/x']) {
      const subscription = JSON.stringify({ ...pushService.subscribe().json, endpoint });
      const answer = await post(`${SETTINGS}/devices`, { subscription, name: 'x' });
      expect(answer.status).toBe(400);
    }
    expect(await database.first('select from push_subscriptions')).toBeUndefined();
  });

  test('no endpoint lies in the database in clear', async () => {
    const phone = await device();
    const rows = await database.rows<{ row: string }>('select to_jsonb(s)::text as row from push_subscriptions s');
    expect(rows.filter(({ row }) => row.includes(phone.json.endpoint) || row.includes(phone.json.keys.auth))).toEqual(
      [],
    );
  });
});

test.each([
  ['en', 'Notifications: on', 'Notifications: off'],
  ['de', 'Benachrichtigungen: an', 'Benachrichtigungen: aus'],
])(
  'U7: the inbox says whether anything reaches the person elsewhere, and where that is set (%s)',
  async (language, on, off) => {
    const said = async () => {
      const { html } = await person.get(`/inbox?ui_locales=${language}`);
      return /href="\/settings\/notifications" data-testid="notified">([^<]*)</u.exec(html)?.[1];
    };
    await prefer({ channel_0: 'email', channel_1: '' });
    expect(await said()).toBe(on);
    // Chosen, and leading nowhere: no browser was added.
    await prefer({ channel_0: 'push', channel_1: '' });
    expect(await said()).toBe(off);
    await device();
    expect(await said()).toBe(on);
    await prefer({ channel_0: '', channel_1: '' });
    expect(await said()).toBe(off);
  },
);

describe('e-mail', () => {
  test('U3-2 D10: one link, no details, marked as automatic', async () => {
    await prefer({ channel_0: 'email', channel_1: '' });
    const { body, path } = await asked(await enabled(), { binding_message: 'K7-QX' });
    const [mail] = await mailbox.until(1);
    expect(mail).toMatchObject({ to: ['person@acme.example'], from: 'agents@acme.example' });
    expect(mail?.headers).toMatchObject({
      subject: 'Finance Agent is waiting for you',
      'auto-submitted': 'auto-generated',
      from: expect.stringContaining('Acme agents'),
    });
    for (const part of [mail?.text ?? '', mail?.html ?? '']) {
      expect(part.match(/https?:\/\/[^\s"<]+/g)).toEqual([`${server.issuer}${path}`]);
      expect(part).not.toMatch(
        new RegExp(`K7-QX|Review|ben@acme|${body.display_code}\\b|${body.auth_req_id}|<img|<script`),
      );
    }
  });

  test.each([
    ['en', 'We never ask you to approve by clicking a link.', 'Nothing happens without you.'],
    ['de', 'Wir bitten Sie nie, etwas durch einen Klick auf einen Link freizugeben.', 'Ohne Sie geschieht nichts.'],
  ])('§7: it says how to know it from one that only looks like it (%s)', async (language, never, without) => {
    await prefer({ channel_0: 'email', channel_1: '' });
    await database.run(`update people set language = $1 where email = 'person@acme.example'`, [language]);
    await asked(await enabled());
    const [mail] = await mailbox.until(1);
    await database.run(`update people set language = null where email = 'person@acme.example'`);
    for (const part of [mail?.text ?? '', mail?.html ?? '']) {
      expect([part.replaceAll(/\s+/g, ' ')]).toEqual([expect.stringContaining(never)]);
      expect(part).toContain(without);
    }
  });

  test('451 is tried again, 550 is not', async () => {
    await prefer({ channel_0: 'email', channel_1: '' });
    const client = await enabled();
    mailbox.refusals.push(451);
    const first = await asked(client);
    await until(async () => (await database.first(`select from outbox where error like '%451%'`)) !== undefined);
    await later();
    await mailbox.until(1);
    await person.submit(await person.get(first.path), { decision: 'deny' });
    await database.run('truncate notifications, unmutes');
    mailbox.refusals.push(550);
    await asked(await enabled());
    await until(
      async () =>
        (await database.first(`select from outbox where state = 'dead' and error like '%550%'`)) !== undefined,
    );
    expect(mailbox.received).toHaveLength(1);
  });

  test('a name that would be markup is text', async () => {
    await prefer({ channel_0: 'email', channel_1: '' });
    await asked(await enabled({ client_name: '<b>Bank</b> & "Co" https://evil.example' }));
    const [mail] = await mailbox.until(1);
    expect(mail?.html).not.toContain('<b>');
    // Nor does a program that reads it make an address of it.
    expect(mail?.html).toContain('https[:]//evil[.]example');
    expect(`${mail?.text} ${mail?.html}`).not.toContain('evil.example');
  });

  test.each([
    ['evil.example/x', 'evil[.]example/x'],
    ['HTTPS://EVIL.example', 'HTTPS[:]//EVIL[.]example'],
    ['j.doe@nordwind.example', 'j[.]doe@nordwind[.]example'],
    ['evil。example', 'evil[.]example'],
    [
      'EUR 4,200.00 and 4.200,00 on 24.11.2026 at 14:12. Then',
      'EUR 4,200.00 and 4.200,00 on 24.11.2026 at 14:12. Then',
    ],
    ['z. B. 1,5 Std. heute.', 'z. B. 1,5 Std. heute.'],
  ])('%s is written as %s', (said, written) => expect(withoutAddresses(said)).toBe(written));
});

describe('other places', () => {
  const add = async (kind: string) => {
    const answer = await post(`${SETTINGS}/targets`, { kind, address: receiver.url });
    expect(answer.status).toBe(200);
    return answer;
  };

  test('a webhook is signed, and says where and not what', async () => {
    const { html } = await add('webhook');
    const secret = /whsec_[A-Za-z0-9+/=]+/.exec(html)?.[0] ?? '';
    await prefer({ channel_0: 'webhook', channel_1: '' });
    const { path } = await asked(await enabled());
    const [hook] = await receiver.until(1);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = hook?.headers ?? {};
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${id}.${at}.${hook?.body}`).digest('base64')}`);
    expect(JSON.parse(hook?.body ?? '')).toMatchObject({
      type: 'request.waiting',
      data: { id: path.slice(3), url: `${server.issuer}${path}`, impact: 'medium' },
    });
    expect(hook?.body).not.toContain('Review');
    expect((await person.get(SETTINGS)).html).not.toContain(secret);
  });

  test.each([
    ['ntfy', (body: string) => Object.values(JSON.parse(body)).map((value) => JSON.stringify(value))],
    [
      'slack',
      (body: string) => {
        const { text, blocks, unfurl_links, unfurl_media } = JSON.parse(body);
        // Slack asks nobody about the link, and takes nothing of the name for a link or a call of its own.
        expect([unfurl_links, unfurl_media]).toEqual([false, false]);
        const [said, link] = blocks;
        expect([said.text.type, said.text.text]).toEqual(['plain_text', expect.stringContaining('<!channel>')]);
        expect(link.text).toMatchObject({ type: 'mrkdwn', verbatim: true });
        return [text, link.text.text];
      },
    ],
    ['teams', (body: string) => [JSON.stringify(JSON.parse(body).attachments[0].content)]],
  ] as [string, (body: string) => string[]][])('%s only tells, and opens the page', async (kind, parts) => {
    await add(kind);
    await prefer({ channel_0: 'chat', channel_1: '' });
    const { path } = await asked(
      await enabled({ client_name: kind === 'ntfy' ? 'Finance' : 'Finance *Agent* <!channel>' }),
    );
    const [got] = await receiver.until(1);
    const said = parts(got?.body ?? '').join('\n');
    expect(said).toContain(`${server.issuer}${path}`);
    expect(said).not.toMatch(/<!channel>|\*Agent\*(?!\*)|Review|Action\.Submit|Action\.Execute|"http"/);
  });

  test('an organization’s own webhook hears of every request, first contact too', async () => {
    const url = `https://${receiver.host}/organization`;
    const added = await admin('POST', '/webhooks', { url });
    expect(added).toMatchObject({
      status: 201,
      body: { host: receiver.host, secret: expect.stringMatching(/^whsec_/) },
    });
    await asked(await registerAgent(server));
    const [hook] = await receiver.until(1);
    const key = Buffer.from(added.body.secret.slice('whsec_'.length), 'base64');
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = hook?.headers ?? {};
    expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${id}.${at}.${hook?.body}`).digest('base64')}`);

    const listed = await admin('GET', '/webhooks');
    expect(listed.body.webhooks).toMatchObject([{ id: added.body.id, host: receiver.host }]);
    expect(JSON.stringify(listed.body)).not.toMatch(/whsec_|organization\/?"\s*:\s*"https/);
    const globex = await administrator(server, 'admin@globex.example');
    expect((await globex('GET', '/webhooks')).body.webhooks).toEqual([]);
    expect(await globex('DELETE', `/webhooks/${added.body.id}`)).toMatchObject({ status: 404 });
    expect(await admin('DELETE', `/webhooks/${added.body.id}`)).toMatchObject({ status: 200 });
    expect(await admin('DELETE', `/webhooks/${added.body.id}`)).toMatchObject({ status: 404 });
    const evidence = await admin('GET', '/evidence?type=admin.acted&limit=5');
    expect(evidence.body.events.map(({ reason }: Json) => reason)).toEqual(
      expect.arrayContaining(['webhook.added', 'webhook.removed']),
    );
  });

  test.each([
    'http://hooks.example/x',
    'https://user:password@hooks.example/x',
    'https://hooks.example/x#y',
    'ftp://hooks.example/x',
  ])('a webhook of the organization at %s is refused', async (url) => {
    expect(await admin('POST', '/webhooks', { url })).toMatchObject({ status: 422, body: { reason: 'url' } });
  });

  test('an organization has as many webhooks as there may be, twenty, and not one more of two at once', async () => {
    const url = (n: number) => `https://hooks.example/${n}`;
    const added = await Promise.all(Array.from({ length: 24 }, (_, n) => admin('POST', '/webhooks', { url: url(n) })));
    expect(added.map(({ status }) => status).toSorted()).toEqual([...Array(20).fill(201), ...Array(4).fill(409)]);
  });

  test('an address that is none of its kind is refused on the page', async () => {
    const answer = await post(`${SETTINGS}/targets`, { kind: 'slack', address: 'https://evil.example/x' });
    expect(answer.status).toBe(400);
    expect(answer.html).toContain('That is no address of this kind');
  });
});

describe('order, quiet, fatigue', () => {
  test('what nobody opens goes to the next channel, and no further once it was opened', async () => {
    const phone = await device();
    const client = await enabled();
    const first = await asked(client);
    await until(() => phone.received.length === 1);
    await later();
    await mailbox.until(1);
    await person.submit(await person.get(first.path), { decision: 'deny' });
    const second = await asked(await enabled());
    await until(() => phone.received.length === 2);
    await person.get(second.path); // opened
    await later();
    await settled();
    expect(mailbox.received).toHaveLength(1);
  });

  test('U3-10: the fourth within ten minutes is not sent; it is in the inbox, and evidence says push.suppressed', async () => {
    const phone = await device();
    const paths: string[] = [];
    for (let count = 0; count < 4; count++)
      paths.push((await asked(await enabled({ client_name: `Agent ${count}` }))).path);
    await until(async () => (await suppressed()).length === 1);
    await settled();
    expect(phone.received).toHaveLength(3);
    expect(await suppressed()).toEqual([{ suppressed: 'ten_minutes' }]);
    const inbox = await person.get('/inbox');
    for (const path of paths) expect(inbox.html).toContain(path);
    // U7: "Show" leads to which it was, and to what became of it.
    const show = /href="(\/inbox\/quiet[^"]*)"/u.exec(inbox.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const last = paths[3] ?? '';
    const shown = async (at = person) => (await at.get(show)).html;
    expect(await shown()).toContain(`href="${last}"`);
    for (const path of paths.slice(0, 3)) expect(await shown()).not.toContain(path);
    await person.submit(await person.get(last), { decision: 'deny' });
    expect(await shown()).toContain(`href="${last.replace('/r/', '/receipts/')}"`);
    const colleague = await signIn(server, 'approver@acme.example');
    const bent = show.replace('ten_minutes', 'first_contact');
    expect([(await colleague.get(show)).status, (await person.get(bent)).status]).toEqual([404, 404]);
    expect(
      await database.first(`select reason from evidence where type = 'push.suppressed' order by at desc limit 1`),
    ).toEqual({ reason: 'ten_minutes' });
  });

  test('one open notice per agent', async () => {
    const phone = await device();
    const client = await enabled();
    await asked(client);
    await until(() => phone.received.length === 1);
    await asked(client);
    await until(async () => (await suppressed()).length === 1);
    expect([phone.received.length, await suppressed()]).toEqual([1, [{ suppressed: 'open_push' }]]);
  });

  test('ux.md §3.2: what was not announced is one mail, which names nothing, and the next comes hours later', async () => {
    await device();
    const client = await enabled();
    await asked(client);
    const digests = () =>
      database.rows<{ hours: number }>(
        `select extract(epoch from due_at - now())::float8 / 3600 as hours from outbox where kind = 'notify.digest' and state = 'waiting'`,
      );
    const paths = [(await asked(client)).path, (await asked(client)).path];
    await until(async () => (await suppressed()).length === 2);
    await settled();
    expect(await digests()).toHaveLength(1);
    await database.run(`update outbox set due_at = now() where kind = 'notify.digest'`);
    const [mail] = await mailbox.until(1);
    expect(mail?.headers.subject).toBe('2 requests wait for you');
    expect(mail?.text).toContain(`${server.issuer}/inbox`);
    for (const word of ['Finance Agent', 'Review', ...paths]) expect(mail?.raw).not.toContain(word);

    await settled();
    await asked(client);
    await until(async () => (await suppressed()).length === 3);
    await settled();
    const [next, ...more] = await digests();
    expect([Math.round(next?.hours ?? 0), more]).toEqual([6, []]);
    // Answered meanwhile, nothing is left to be said.
    await database.run(`update approvals set expires_at = now() where status = 'pending'`);
    await database.run(`update outbox set due_at = now() where kind = 'notify.digest' and state = 'waiting'`);
    await settled();
    expect(mailbox.received).toHaveLength(1);
  });

  test('ux.md §3.2: whoever wants no mail gets none about what was not announced either', async () => {
    await prefer({ channel_0: 'push', channel_1: '' });
    await device();
    const client = await enabled();
    await asked(client);
    await asked(client);
    await until(async () => (await suppressed()).length === 1);
    expect(await database.first(`select from outbox where kind = 'notify.digest'`)).toBeUndefined();
  });

  test('ux.md §8: answered at one device, it is taken off the screen of the others, in the place of what was not delivered', async () => {
    const [phone, laptop] = [await device('Phone'), await device('Laptop')];
    const client = await enabled();
    const { path } = await asked(client);
    await until(() => phone.received.length + laptop.received.length === 2);
    await decideFor(server, client, person, { decision: 'deny' });
    await until(() => phone.over.length + laptop.over.length === 2);
    const [ring, over] = [phone.received[0], phone.over[0]];
    const { notification } = JSON.parse(over?.payload ?? '');
    expect(notification).toMatchObject({ title: 'Answered', tag: path.slice('/r/'.length), silent: true });
    expect(over?.headers.topic).toBe(ring?.headers.topic);
    expect(over?.headers.urgency).toBe('normal');
    expect(Number(over?.headers.ttl)).toBeGreaterThan(0);
  });

  test('ux.md §8: what was never announced is not taken away either', async () => {
    const phone = await device();
    const client = await registerAgent(server, { client_name: 'Stranger' });
    await asked(client);
    await until(async () => (await suppressed()).length === 1);
    await decideFor(server, client, person, { decision: 'deny' });
    await settled();
    expect([phone.received, phone.over]).toEqual([[], []]);
  });

  test('ux.md §8: a browser that is reached elsewhere now says so at the next sign-in; one that is none of theirs does not', async () => {
    const phone = await device();
    phone.replies.push(410);
    await asked(await enabled());
    await until(
      async () => (await database.first('select from push_subscriptions where gone_at is not null')) !== undefined,
    );
    const moved = pushService.subscribe();
    const again = (by: TestPerson, before: string, subscription: Subscription) =>
      post(`${SETTINGS}/devices/again`, { before, subscription: JSON.stringify(subscription.json) }, by);
    const other = await signIn(server, 'approver@acme.example');
    expect((await again(other, phone.json.endpoint, moved)).status).toBe(204);
    expect((await person.get(SETTINGS)).html.includes('/devices/dev_')).toBe(false);
    expect((await again(person, phone.json.endpoint, moved)).status).toBe(204);
    expect((await person.get(SETTINGS)).html.includes('/devices/dev_')).toBe(true);
    await asked(await enabled());
    await until(() => moved.received.length === 1);
    // Never added, never taken.
    const strange = pushService.subscribe();
    await again(person, strange.json.endpoint, strange);
    expect(await database.rows('select from push_subscriptions')).toHaveLength(1);
    expect((await person.post(`${SETTINGS}/devices/again`, { subscription: '{}' })).status).toBe(403);
  });

  test('in quiet hours it waits until they are over', async () => {
    const phone = await device();
    await prefer({ quiet_from: '00:00', quiet_to: '23:59' });
    const client = await enabled({ agent_mode: 'unattended' });
    await asked(client, { requested_expiry: '259200' });
    await settled();
    const row = await database.first<{ hour: string }>(
      `select to_char(due_at at time zone coalesce((select time_zone from people where email = 'person@acme.example'), (select time_zone from organizations where slug = 'acme')), 'HH24:MI') as hour
       from outbox where state = 'waiting' and kind = 'notify'`,
    );
    expect([phone.received, row]).toEqual([[], { hour: '23:59' }]);
  });

  test('a deputy hears that somebody waits, without details and without a decision', async () => {
    await prefer({ channel_0: 'push', channel_1: '', deputy: 'approver@acme.example', deputy_minutes: '1' });
    const phone = await device();
    const { path } = await asked(await enabled());
    await until(() => phone.received.length === 1);
    await later();
    const [mail] = await mailbox.until(1);
    expect([mail?.to, mail?.headers.subject]).toEqual([
      ['approver@acme.example'],
      expect.stringMatching(/^Finance Agent is waiting for /),
    ]);
    expect(mail?.text).toContain(`${server.issuer}/inbox`);
    expect(mail?.text).not.toContain(path);
    const deputy = await signIn(server, 'approver@acme.example');
    expect((await deputy.get(path)).status).toBe(404);
  });

  test('what was decided before it could ring does not ring', async () => {
    const phone = await device();
    phone.replies.push(503);
    const client = await enabled();
    const { body } = await asked(client);
    await until(async () => (await database.first(`select from outbox where error = 'it answered 503'`)) !== undefined);
    await decideFor(server, client, person, { decision: 'deny' });
    await later();
    await settled();
    expect(phone.received).toEqual([]);
    expect((await poll(client, body.auth_req_id)).body.error).toBe('access_denied');
  });
});

describe('the page', () => {
  test('U11-5: a test reaches the device, the mailbox and the other place, and is no request', async () => {
    const phone = await device();
    await post(`${SETTINGS}/targets`, { kind: 'ntfy', address: receiver.url });
    const { html } = await person.get(SETTINGS);
    for (const [, action] of html.matchAll(/action="([^"]*\/test)"/g)) {
      expect((await post(action ?? '')).html).toContain('A test is on its way.');
    }
    await until(() => phone.received.length === 1);
    await Promise.all([mailbox.until(1), receiver.until(1)]);
    expect(mailbox.received[0]?.text).toContain('Nothing is waiting for you');
  });

  test('tests are no way to flood', async () => {
    for (let count = 0; count < 10; count++) expect((await post(`${SETTINGS}/email/test`)).status).toBe(200);
    expect((await post(`${SETTINGS}/email/test`)).status).toBe(400);
  });

  test('what was chosen stands there again; what is wrong is said at its field', async () => {
    await prefer({
      channel_0: 'email',
      channel_1: 'push',
      quiet_from: '22:00',
      quiet_to: '07:00',
      deputy: 'approver@acme.example',
    });
    const { html } = await person.get(SETTINGS);
    expect(html).toContain('value="22:00"');
    expect(html).toContain('value="approver@acme.example"');
    for (const wrong of [
      { quiet_from: '22:00', quiet_to: '' },
      { deputy: 'nobody@acme.example' },
      { deputy: 'person@globex.example' },
      { deputy: 'person@acme.example' },
    ]) {
      expect((await prefer(wrong as never)).status).toBe(400);
    }
    expect((await person.get(SETTINGS)).html).toContain('value="22:00"');
  });

  test('a code set there is the user_code of CIBA', async () => {
    await post(`${SETTINGS}/code`, { code: 'only friends' });
    const client = await registerAgent(server, { backchannel_user_code_parameter: true });
    expect((await ask(client)).body.error).toBe('missing_user_code');
    expect((await ask(client, { user_code: 'only friends' })).status).toBe(200);
    await post(`${SETTINGS}/code/remove`);
    expect((await ask(client)).status).toBe(200);
    expect((await post(`${SETTINGS}/code`, { code: 'abc' })).status).toBe(400);
  });

  test('nobody changes anything without the form', async () => {
    for (const path of [SETTINGS, `${SETTINGS}/devices`, `${SETTINGS}/email/test`, `${SETTINGS}/code`]) {
      expect((await person.post(path, {})).status).toBe(403);
    }
  });

  test('others’ devices and places are none of theirs', async () => {
    await device('Mine');
    const other = await signIn(server, 'approver@acme.example');
    const id = /data-device="([^"]*)"/.exec((await person.get(SETTINGS)).html)?.[1];
    expect((await post(`${SETTINGS}/devices/${id}/test`, {}, other)).status).toBe(404);
    await post(`${SETTINGS}/devices/${id}/remove`, {}, other);
    expect((await person.get(SETTINGS)).html).toContain('Mine');
    await post(`${SETTINGS}/devices/${id}/remove`);
    expect((await person.get(SETTINGS)).html).not.toContain('Mine');
  });
});
