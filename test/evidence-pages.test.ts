import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { isInstant } from '../server/admin/listing.ts';
import { administrator } from './support/admin.ts';
import { answerOf, claimsOf, demoClient, INVITE, inviteDetails, type Json, registerAgent } from './support/agent.ts';
import { accessTokenIn, databaseOf, leafToken } from './support/delegation.ts';
import { signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { inner, tags, text } from './views/html.ts';

let server: TestServer;
let database: Database;
/** An administrator, an auditor, the person who decided, and an administrator of another organization. */
let ada: TestPerson;
let olga: TestPerson;
let anna: TestPerson;
let gail: TestPerson;
let task: string;
let jti: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [ada, olga, anna, gail] = await Promise.all([
    signIn(server, 'admin@acme.example'),
    signIn(server, 'owner@acme.example'),
    signIn(server, 'person@acme.example'),
    signIn(server, 'admin@globex.example'),
  ]);
  await database.run(`update people set roles = '{auditor}' where email = 'owner@acme.example'`);
  const agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  const token = await leafToken(agent, anna, [inviteDetails({ title: 'Told' })], {
    decision: { decision: 'approve', duration: 'once', read: '1' },
  });
  const calendar = await demoClient(server, 'resourceServer');
  const key = accessTokenIn(
    await calendar.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
  );
  const call = async (path: string, body: Json) =>
    answerOf(
      await fetch(`${server.issuer}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const { type: _, locations: __, ...parameters } = inviteDetails({ title: 'Told' });
  const { body } = await call('/redemptions', { token, action: INVITE, parameters, idempotency_key: 'told' });
  await call(`/redemptions/${body.redemption_id}/outcome`, { status: 'succeeded', reference: 'evt_77', affected: 2 });
  ({ jti } = claimsOf(token) as { jti: string });
  const row = await database.first<{ task: string }>('select task from issued_tokens where jti = $1', [jti]);
  task = row?.task ?? '';
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const search = (q: string, as: TestPerson = ada) => as.get(`/admin/audit?q=${encodeURIComponent(q)}`);
const rowsOf = (html: string): string[] => tags(html, 'tr').filter((tag) => tag.includes('data-row'));
const storyOf = (as: TestPerson) => as.get(`/admin/audit/chain/${task}`);
/** Events of this reason that some reading left. */
const left = async (reason: string) =>
  (await database.rows(`select from evidence where type = 'admin.acted' and reason = $1`, [reason])).length;

describe('the story of one task', () => {
  test('A7-1 one run shows all seven parts, and every event of one task', async () => {
    const { status, html } = await storyOf(ada);
    expect(status).toBe(200);
    const parts = inner(html, 'ol', 'data-testid="story"').split('<li>').slice(1).map(text);
    expect(parts).toEqual([
      expect.stringMatching(/^Asked\d.*Anna Berg, through Meeting Helper/u),
      expect.stringMatching(/^AgentMeeting Helper requested calendar\.invitations\.send, version \d/u),
      expect.stringMatching(/^Shown\d.*English, template .*See the screen as shown$/u),
      expect.stringMatching(/^Decided\d.*Allowed by Anna Berg: once · A click/u),
      expect.stringMatching(new RegExp(`^Issued\\d.*T1 for Acme Calendar.*jti ${jti}`, 'u')),
      expect.stringMatching(/^Used\d.*calendar\.invitations\.send at Acme Calendar, by Meeting Helper$/u),
      expect.stringMatching(/^Outcome\d.*: done · reference evt_77 · 2 affected · as Acme Calendar says$/u),
    ]);
    const events = await database.rows<{ id: string }>('select id from evidence where task = $1', [task]);
    for (const { id } of events) expect(html).toContain(`data-row="${id}"`);
  });

  test('A7-2 the screen as shown is the one whose hash the story tells', async () => {
    const { html } = await storyOf(ada);
    const [link] = tags(html, 'a').filter((tag) => tag.includes('/screen"'));
    const screen = await ada.get(/href="([^"]+)"/u.exec(link ?? '')?.[1] ?? '');
    expect(html).toContain(createHash('sha256').update(screen.html).digest('hex'));
  });

  test('a task that nothing came of: what is missing is said', async () => {
    const agent = await registerAgent(server, { client_name: 'Idle Helper' });
    const token = await leafToken(agent, anna, [inviteDetails({ title: 'Idle' })]);
    const row = await database.first<{ task: string }>('select task from issued_tokens where jti = $1', [
      (claimsOf(token) as { jti: string }).jti,
    ]);
    const { html } = await ada.get(`/admin/audit/chain/${row?.task}`);
    expect(text(html)).toContain('Not used yet.');
    expect(text(html)).toContain('Acme Calendar has reported no outcome yet.');
  });

  test('it goes away as a file, and that is evidence', async () => {
    const before = await left('evidence_taken');
    const { html } = await olga.get(`/admin/audit/chain/${task}.json`);
    expect(JSON.parse(html)).toMatchObject({ task: { id: task, sentence: expect.stringContaining('Told') } });
    expect(await left('evidence_taken')).toBe(before + 1);
  });
});

describe('the list', () => {
  test.each<[q: string, finds: (html: string) => void]>([
    ['agent:"Meeting Helper" type:redemption.closed', (html) => expect(rowsOf(html)).toHaveLength(1)],
    [
      'agent:"meeting helper" person:person@acme.example decision:allowed',
      (html) => expect(rowsOf(html).length).toBeGreaterThan(2),
    ],
    ['system:"acme calendar" type:redemption.reserved', (html) => expect(rowsOf(html)).toHaveLength(1)],
    ['level:critical', (html) => expect(rowsOf(html)).toEqual([])],
    ['Told type:task.approved', (html) => expect(rowsOf(html)).toHaveLength(1)],
    ['nobody', (html) => expect(text(html)).toContain('Nothing like that happened.')],
    ['before:2026-01-01', (html) => expect(rowsOf(html)).toEqual([])],
    ['type:task.approved after:2026-01-01T00:00Z', (html) => expect(rowsOf(html).length).toBeGreaterThan(1)],
  ])('finds %s', async (q, finds) => {
    const { status, html } = await search(q);
    expect(status).toBe(200);
    finds(html);
  });

  test.each([
    ['after:2026-02-30', '“2026-02-30” is no date.'],
    ['before:yesterday', '“yesterday” is no date.'],
    ['after:9999-12-31T00:00Z', 'is no date.'],
    ['decision:maybe', 'decision'],
    ['organization:globex', 'organization'],
  ])('A7-7 %s is refused in words, and widens nothing', async (q, problem) => {
    const { status, html } = await search(q);
    expect(status).toBe(200);
    expect(text(inner(html, 'p', 'id="q-problem"'))).toContain(problem);
    expect(rowsOf(html)).toEqual([]);
  });

  test('it goes on where a page ended, and repeats nothing', async () => {
    await database.run(
      `insert into evidence (organization, id, type, decision, commitments)
       select organization, 'evt_' || md5(n::text), 'person.signed_out', 'allowed', '{}' from people, generate_series(1, 60) n
       where email = 'admin@acme.example'`,
    );
    const first = await search('type:person.signed_out');
    const [next] = tags(first.html, 'a').filter((tag) => tag.includes('rel="next"'));
    const second = await ada.get(/href="([^"]+)"/u.exec(next ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '');
    const seen = [...rowsOf(first.html), ...rowsOf(second.html)];
    expect([rowsOf(first.html).length, seen.length]).toEqual([50, new Set(seen).size]);
    expect(seen.length).toBeGreaterThanOrEqual(60);
  });

  test('a file says what was asked for, and whether it is all of it', async () => {
    const { html } = await ada.get('/admin/audit.jsonl?q=type%3Aredemption.closed');
    const [head, ...events] = html
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(head).toMatchObject({ query: 'type:redemption.closed', events: 1, complete: true });
    expect(events).toEqual([expect.objectContaining({ type: 'redemption.closed', outcome: 'succeeded', task })]);
    const csv = await ada.get('/admin/audit.csv?q=type%3Aredemption.closed');
    expect(csv.html.split('\r\n')[1]).toContain(
      `,redemption.closed,reported,,succeeded,person@acme.example,Meeting Helper,`,
    );
  });

  test('whoever searches leaves evidence, with what they looked for', async () => {
    await search('agent:"Meeting Helper"', olga);
    const { html } = await ada.get('/admin/audit.jsonl?q=reason%3Aevidence_read');
    const [, latest] = html
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(latest).toMatchObject({
      by: { email: 'owner@acme.example' },
      content: { q: 'agent:"Meeting Helper"', through: 'console' },
    });
  });
});

test('the admin API and the command line look for the same, and page by event', async () => {
  const api = await administrator(server, 'admin@acme.example');
  const look = (more: string) => api('GET', `/evidence?q=${encodeURIComponent('type:person.signed_out')}&${more}`);
  const first = await look('limit=50');
  const second = await look(`limit=50&before=${first.body.before}`);
  const seen = [...second.body.events, ...first.body.events];
  expect(new Set(seen.map(({ id }: Json) => id)).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThanOrEqual(60);
  expect(seen.every(({ type }: Json) => type === 'person.signed_out')).toBe(true);
  expect((await look('type=task.approved')).status).toBe(400);
  expect(await api('GET', '/evidence?q=after%3Ayesterday')).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('“yesterday” is no date') },
  });
});

describe('who reads it', () => {
  test('A7-4 an auditor reads and takes away, and changes nothing', async () => {
    for (const path of ['/admin/audit', `/admin/audit/chain/${task}`, '/admin/audit.csv', '/admin/audit.jsonl'])
      expect([path, (await olga.get(path)).status]).toEqual([path, 200]);
    // What is there to change would be refused, form and all.
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await olga.get('/admin/audit')).html)?.[1] ?? '';
    expect(csrf).not.toBe('');
    for (const path of ['/admin/policies', '/admin/recoveries', '/admin/systems', '/admin/groups'])
      expect([path, (await olga.post(path, { csrf })).status]).toEqual([path, 403]);
  });

  test.each(['/admin/audit', '/admin/audit.csv', '/admin/audit.jsonl'])(
    'nobody without a role that sees the whole organization: %s',
    async (path) => expect((await anna.get(path)).status).toBe(403),
  );

  test('A7-7 another organization finds nothing of it, by whatever it asks for', async () => {
    expect((await storyOf(gail)).status).toBe(404);
    expect((await gail.get(`/admin/audit/chain/${task}.json`)).status).toBe(404);
    for (const q of [`task:${task}`, 'agent:"Meeting Helper"', 'person:person@acme.example', 'Told']) {
      const { html } = await search(q, gail);
      expect([q, html.includes(`chain/${task}`)]).toEqual([q, false]);
    }
    const { html } = await gail.get('/admin/audit.jsonl');
    expect(html).not.toContain('"organization":"acme"');
  });
});

describe('a place in a list that somebody wrote', () => {
  const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  test.each([
    '/admin/audit?',
    '/admin/approvals?sort=asked&',
    '/admin/agents?sort=last_used&',
    '/admin/agents?sort=registered&',
    '/admin/reviews?',
  ])('%s: what is no instant is refused, and is no fault', async (list) => {
    for (const key of ['x', '', '2026-02-30 10:00:00+00', '2026-01-01 10:00:00+99', '99999-01-01 00:00:00+00'])
      expect([key, (await ada.get(`${list}after=${place(key, 'x')}`)).status]).toEqual([key, 400]);
  });

  test.each<[string, boolean]>([
    ['2026-11-27T01:25:22.277Z', true],
    ['2026-11-27 01:25:22.277123+00', true],
    ['2026-11-27 01:25:22-05:30', true],
    ['2026-11-27', false],
    ['2026-02-29T00:00Z', false],
    ['2026-11-27 25:00:00+00', false],
    ['2026-11-27 01:25:22+15', false],
    ['1999-11-27 01:25:22+00', false],
  ])('%s is an instant of this century: %s', (text, is) => expect(isInstant(text)).toBe(is));
});
