import { execFile as execFileCallback } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create } from 'qrcode';

import { addUpUse, sweepAgents } from '../adapters/postgres/agent-jobs.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { attendToReviews, DUE } from '../adapters/postgres/reviews.ts';
import { csvOf, parseListing, partsOf } from '../server/admin/listing.ts';
import { inEnglish } from '../views/words/saying.ts';
import { speakerOf } from '../views/words/speaker.ts';
import { acceptOffers, administrator } from './support/admin.ts';
import {
  CALENDAR,
  claimsOf,
  clientWith,
  INVITE,
  inviteDetails,
  type Json,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import { databaseOf, introspect, registerAgentAt } from './support/delegation.ts';
import { browserOf, detailsParameter, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { inner, tags, text } from './views/html.ts';

const execFile = promisify(execFileCallback);

let server: TestServer;
let database: Database;
let ada: TestPerson;
let olga: TestPerson;
let anna: TestPerson;
let gail: TestPerson;
let helper: TestClient;
let foreign: TestClient;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [ada, olga, anna, gail] = await Promise.all([
    signIn(server, 'admin@acme.example'),
    signIn(server, 'owner@acme.example'),
    signIn(server, 'person@acme.example'),
    signIn(server, 'admin@globex.example'),
  ]);
  helper = await registerAgent(server, {
    client_name: 'Meeting Helper',
    authorization_details_types: [READ],
    agent_purpose: 'Finds a free hour',
  });
  await registerAgent(server, {
    client_name: '=cmd|evil',
    agent_mode: 'sub_agent',
    agent_purpose: 'Looks harmless',
    authorization_details_types: ['repos.repository.delete'],
  });
  foreign = await registerAgentAt(server, database, 'globex');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const names = (html: string): string[] =>
  [...html.matchAll(/<a class="row-link"[^>]*>([\s\S]*?)<\/a>/g)].map(([, name = '']) => text(name));
/** All rows of a list of approvals, page after page. */
async function countOf(href = ''): Promise<number> {
  const { html } = await ada.get(href);
  const rows = [...html.matchAll(/<tr role="row" data-row=/g)].length;
  const next = /<a class="button" href="([^"]*)" rel="next"/.exec(html)?.[1];
  return next === undefined ? rows : rows + (await countOf(next.replaceAll('&amp;', '&')));
}
const rolesOf = (person: string, ...roles: string[]) =>
  database.run('update people set roles = $2 where email = $1', [person, roles]);

describe('people, and the link of somebody new (ux.md §9 (4))', () => {
  const PAGE = '/admin/people';
  const csrfIn = (html: string) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
  const post = async (path: string, form: Record<string, string>, who = ada) =>
    who.post(path, { csrf: csrfIn((await who.get(PAGE)).html), ...form });
  const linkIn = (html: string) => /data-testid="link"><code>([^<]*)</.exec(html)?.[1] ?? '';
  const squaresIn = (html: string) => {
    const side = Number(/<svg class="qr" viewBox="-4 -4 (\d+)/.exec(html)?.[1]) - 8;
    const dark = Array.from({ length: side }, () => Array.from({ length: side }, () => 0));
    for (const [, x, y, length] of (/<path d="([^"]*)"/.exec(html)?.[1] ?? '').matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
      dark[Number(y)]?.fill(1, Number(x), Number(x) + Number(length));
    }
    return dark.flat();
  };

  test('one who is added gets a link, and its code says the same; each new link ends the one before', async () => {
    const added = await post(PAGE, { name: 'Lena Sommer', email: 'lena@acme.example', role_approver: '1' });
    expect(added.status).toBe(200);
    const link = linkIn(added.html);
    expect(link).toMatch(new RegExp(`^${server.issuer}/enrol/[\\w-]{43}$`));
    expect(squaresIn(added.html)).toEqual([...create(link, { errorCorrectionLevel: 'M' }).modules.data].map(Number));
    const row = await database.first<{ id: string; roles: string[] }>(
      `select id, roles from people where email = 'lena@acme.example'`,
    );
    expect(row?.roles).toEqual(['approver']);
    expect((await ada.get(`${PAGE}?q=lena`)).html).toContain(`action="${PAGE}/${row?.id}/enrolment"`);

    const again = await post(`${PAGE}/${row?.id}/enrolment`, {});
    expect([again.status, linkIn(again.html) === link]).toEqual([200, false]);
    expect((await fetch(link)).status).toBe(410);
    const { pathname } = new URL(linkIn(again.html));
    const lena = browserOf(server.issuer, 'lena@acme.example');
    const form = await lena.get(pathname);
    await lena.post(pathname, { csrf: csrfIn(form.html), password: 'a long enough password' });
    // Who can sign in gets no link: it would hand their account over.
    const late = await post(`${PAGE}/${row?.id}/enrolment`, {});
    expect([late.status, late.html.includes('They can sign in already')]).toEqual([409, true]);
    expect((await ada.get(`${PAGE}?q=lena`)).html).not.toContain('data-testid="new-link"');
  });

  test('one person: two administrators set more roles, one sets fewer, and whoever left is disabled and comes back', async () => {
    await rolesOf('owner@acme.example', 'admin');
    const second = await signIn(server, 'owner@acme.example');
    const ben = await database.first<{ id: string }>(`select id from people where email = 'approver@acme.example'`);
    const page = `${PAGE}/${ben?.id}`;
    const rolesNow = async () =>
      (await database.first<{ roles: string[] }>('select roles from people where id = $1', [ben?.id]))?.roles;
    expect((await ada.get(PAGE)).html).toContain(`href="${page}"`);
    const asked = await post(`${page}/roles`, { role_approver: '1', role_auditor: '1' });
    expect([asked.html.includes('It holds once another administrator'), await rolesNow()]).toEqual([
      true,
      ['approver'],
    ]);
    expect((await post(`${page}/roles`, { role_approver: '1', role_auditor: '1' })).status).toBe(403);
    const waiting = await second.get(page);
    expect(text(waiting.html)).toContain('Ada Lind asked for these roles: Auditor, Approver.');
    expect(waiting.html).not.toMatch(/name="role_auditor"[^>]*checked/); // whoever confirms it ticks it
    expect((await second.submit(waiting, { role_approver: '1', role_auditor: '1' })).html).toContain('Set.');
    expect(await rolesNow()).toEqual(['auditor', 'approver']);
    expect((await post(`${page}/roles`, { role_approver: '1' })).html).toContain('Set.');
    expect(await rolesNow()).toEqual(['approver']);

    expect((await post(`${page}/disable`, { reason: '' })).status).toBe(400);
    expect((await post(`${page}/disable`, { reason: 'left' })).html).toContain('Disabled: nobody acts for them');
    await expect(signIn(server, 'approver@acme.example')).rejects.toThrow('401');
    expect((await post(`${page}/enable`, {})).html).toContain('Enabled.');
    const self = await database.first<{ id: string }>(`select id from people where email = 'admin@acme.example'`);
    expect((await post(`${PAGE}/${self?.id}/disable`, { reason: 'x' })).html).toContain(
      'Another administrator disables',
    );
    const gus = await database.first<{ id: string }>(`select id from people where email = 'person@globex.example'`);
    expect((await ada.get(`${PAGE}/${gus?.id}`)).status).toBe(404);
    await rolesOf('owner@acme.example');
  });

  test('by an administrator who signed in just now, and nobody else; what was typed stays', async () => {
    const taken = await post(PAGE, { name: 'Anna', email: 'person@acme.example', role_auditor: '1' });
    expect([taken.status, taken.html.includes('has this e-mail address already')]).toEqual([409, true]);
    expect(taken.html).toMatch(/name="role_auditor"[^>]*checked/);
    expect((await post(PAGE, { name: '', email: 'no address' })).status).toBe(400);
    // Of another organization there is nobody here.
    const gus = await database.first<{ id: string }>(`select id from people where email = 'person@globex.example'`);
    expect((await post(`${PAGE}/${gus?.id}/enrolment`, {})).status).toBe(404);
    expect((await post(PAGE, { name: 'Eve', email: 'eve@acme.example' }, anna)).status).toBe(403);
    await rolesOf('approver@acme.example', 'auditor');
    const auditor = await signIn(server, 'approver@acme.example');
    expect((await auditor.get(PAGE)).html).not.toContain(`action="${PAGE}" `);
    expect((await post(PAGE, { name: 'Eve', email: 'eve@acme.example' }, auditor)).status).toBe(403);
    await rolesOf('approver@acme.example', 'approver');
    await database.run(`update sessions set authenticated_at = now() - interval '10 minutes'`);
    expect((await post(PAGE, { name: 'Eve', email: 'eve@acme.example' })).url).toContain('/login');
    await database.run('update sessions set authenticated_at = now()');
    expect(await database.rows(`select from people where email = 'eve@acme.example'`)).toEqual([]);
    expect((await ada.get(`${PAGE}?q=colour:red`)).html).toContain('id="q-problem"');
  });
});

describe('who opens the console', () => {
  const pages = ['/admin/agents', '/admin/agents.csv', '/admin/agents.jsonl'];

  test.each(pages)('%s: nobody without a session, nobody without a role', async (path) => {
    const stranger = await fetch(`${server.issuer}${path}`, { redirect: 'manual', headers: { accept: 'text/html' } });
    expect([stranger.status, stranger.headers.get('location')]).toEqual([
      303,
      expect.stringMatching(/^\/login\?return_to=%2Fadmin/),
    ]);
    const page = await anna.get(path);
    expect([page.status, names(page.html)]).toEqual([403, []]);
    expect(page.html).toContain('The console is for people who administer agents.');
  });

  test.each(['admin', 'security', 'auditor'])('%s sees the whole organization and nothing of another', async (role) => {
    await rolesOf('person@acme.example', role);
    const page = await anna.get('/admin/agents');
    expect([page.status, names(page.html)]).toEqual([200, ['=cmd|evil', 'Meeting Helper']]);
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect((await anna.get(`/admin/agents/${foreign.registration.agent_id}`)).status).toBe(404);
    expect((await anna.get('/admin/agents.jsonl')).html).not.toContain(foreign.registration.agent_id);
    await rolesOf('person@acme.example');
  });

  test('an owner sees the agents they answer for, and no other', async () => {
    const theirs = await olga.get('/admin/agents');
    expect(names(theirs.html)).toEqual(['=cmd|evil', 'Meeting Helper']);
    await database.run(
      `update agents set owner = (select id from people where email = 'approver@acme.example'),
                         deputy = (select id from people where email = 'person@acme.example') where name = '=cmd|evil'`,
    );
    expect(names((await olga.get('/admin/agents')).html)).toEqual(['Meeting Helper']);
    expect(names((await anna.get('/admin/agents')).html)).toEqual(['=cmd|evil']);
    expect((await anna.get(`/admin/agents/${helper.registration.agent_id}`)).status).toBe(404);
    expect((await anna.get('/admin/agents?q=Meeting')).html).toContain('No agent fits.');
  });

  test('an auditor reads and changes nothing; the try is evidence', async () => {
    await rolesOf('approver@acme.example', 'auditor');
    const ben = await signIn(server, 'approver@acme.example');
    await database.run(
      `update agents set owner = (select id from people where email = 'owner@acme.example') where name = '=cmd|evil'`,
    );
    const page = await ben.get('/admin/agents');
    expect(page.html).not.toContain('Pause');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    const path = `/admin/agents/${helper.registration.agent_id}/pause`;
    expect((await ben.post(path, { csrf, reason: 'try' })).status).toBe(403);
    const [event] = await database.rows(
      `select decision, reason from evidence where type = 'admin.acted' order by at desc limit 1`,
    );
    expect(event).toEqual({ decision: 'refused', reason: 'role_missing' });
    await rolesOf('approver@acme.example');
  });

  test('a form of another page, or of nobody, is refused', async () => {
    const path = `/admin/agents/${helper.registration.agent_id}/pause`;
    expect((await ada.post(path, { reason: 'x' })).status).toBe(403);
    expect((await ada.post(path, { csrf: 'x', reason: 'x' })).status).toBe(403);
    const { html } = await ada.get('/admin/agents');
    const csrf = /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
    expect((await ada.post(path, { csrf, reason: 'x' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(await statusOf(helper)).toBe('active');
    expect((await gail.post(path, { csrf: csrfIn((await gail.get('/admin/agents')).html), reason: 'x' })).status).toBe(
      404,
    );
    expect(await statusOf(helper)).toBe('active');
  });
});

describe('A2 the inventory', () => {
  test('A2-1 filters combine, survive a reload, and each can be taken away', async () => {
    const address = '/admin/agents?q=status%3Aactive+level%3Alow+helper&sort=-last_used';
    const page = await ada.get(address);
    expect(names(page.html)).toEqual(['Meeting Helper']);
    expect((await ada.get(address)).html.replace(/req_\w+/g, '')).toBe(page.html.replace(/req_\w+/g, ''));
    const chips = [...inner(page.html, 'ul', 'class="chips"').matchAll(/href="([^"]*)"/g)].map(([, href = '']) =>
      new URL(href.replaceAll('&amp;', '&'), server.issuer).searchParams.get('q'),
    );
    expect(chips).toEqual(['level:low helper', 'status:active helper', 'status:active level:low']);
    expect(tags(page.html, 'th').filter((tag) => tag.includes('aria-sort="descending"'))).toHaveLength(1);
    expect(text(inner(page.html, 'code'))).toBe(
      "countersign agents list --filter 'status:active level:low helper' --sort -last_used",
    );
  });

  test.each([
    ['status:retired', []],
    ['flag:never_used', ['=cmd|evil', 'Meeting Helper']],
    ['flag:parentless', ['=cmd|evil']],
    ['system:"Acme Calendar" mode:attended', ['Meeting Helper']],
    ['owner:owner@acme.example helper', ['Meeting Helper']],
    ['level:critical', ['=cmd|evil']],
    ['"free hour"', ['Meeting Helper']],
    ['100%', []],
  ])('%s', async (q, expected) => {
    expect(names((await ada.get(`/admin/agents?q=${encodeURIComponent(q)}`)).html)).toEqual(expected);
  });

  test('what cannot be looked for is said, and nothing is shown', async () => {
    const page = await ada.get('/admin/agents?q=colour:red');
    expect(page.html).toContain('There is no filter colour.');
    expect(names(page.html)).toEqual([]);
    expect((await ada.get('/admin/agents?after=nonsense')).html).toContain('There is no such place in this list.');
    expect((await ada.get('/admin/agents.csv?q=colour:red')).status).toBe(400);
  });

  test('a file for a spreadsheet carries no formula', async () => {
    const { html, headers } = await ada.get('/admin/agents.csv');
    expect(headers.get('content-disposition')).toBe('attachment; filename="agents.csv"');
    expect(html).toContain("'=cmd|evil");
    expect(csvOf([['=1+1', '-2', 'a,"b"', ['x', 'y']]])).toBe(`'=1+1,'-2,"a,""b""",x y\r\n`);
  });

  test('A2-4 paused from the list with one reason: the list says so, and the agent gets nothing more', async () => {
    const token = await tokenInBrowser(helper, anna, { authorization_details: detailsParameter(readDetails()) });
    expect(claimsOf(token.body.access_token).act.sub).toBe(helper.registration.agent_id);
    const page = await ada.get('/admin/agents?q=helper');
    const after = await ada.post(`/admin/agents/${helper.registration.agent_id}/pause`, {
      csrf: csrfIn(page.html),
      reason: 'It asked too often',
    });
    expect(after.status).toBe(200);
    expect(after.html).toMatch(/role="status">Paused\./);
    expect(text(inner(after.html, 'th', 'scope="row"'))).toBe('Meeting Helper ■ suspended');
    expect(await helper.token({ grant_type: 'client_credentials' })).toMatchObject({ status: 401 });
    const changes = await ada.get(`/admin/agents/${helper.registration.agent_id}/changes`);
    expect(changes.html).toContain('It asked too often');
  });
});

test('A3 where it runs stands on its page, its change among its changes, and the list is narrowed to it', async () => {
  const { registration } = await registerAgent(server, { client_name: 'Runs Somewhere' });
  const at = `/admin/agents/${registration.agent_id}`;
  const main = async (path: string) => text(inner((await ada.get(path)).html, 'main'));
  expect(await main(at)).toMatch(/Environment\s*not said/);
  const api = await administrator(server, 'admin@acme.example');
  const said = { environment: 'staging', reason: 'as its team says' };
  expect((await api('PUT', `/agents/${registration.agent_id}/environment`, said)).status).toBe(200);
  expect(await main(at)).toMatch(/Environment\s*Staging/);
  expect(await main(`${at}/changes`)).toMatch(/Environment: not said → Staging/);
  expect(await main(`${at}/changes?ui_locales=de`)).toMatch(/Umgebung: nicht angegeben → Staging/);
  expect(await main('/admin/agents?q=environment:staging')).toContain('Runs Somewhere');
  expect(await main('/admin/agents?q=environment:production')).not.toContain('Runs Somewhere');
  expect((await ada.get('/admin/agents.csv?q=environment:staging')).html).toMatch(
    /,environment,[\s\S]*Runs Somewhere.*,staging,/,
  );
});

test('A2-2 its owner leaves: the list flags it within one run of the job, and shows it paused after the grace', async () => {
  const agent = await registerAgent(server, { client_name: 'Left Alone' });
  const { agent_id: id } = agent.registration;
  await database.run(
    `insert into people (organization, id, email, name, roles, status)
     select id, 'usr_' || n, n || '@acme.example', n, '{}', 'active' from organizations, unnest('{oda,dan}'::text[]) n where slug = 'acme'`,
  );
  await database.run(`update agents set owner = 'usr_oda', deputy = 'usr_dan' where id = $1`, [id]);
  const left = (person: string) => database.run(`update people set status = 'disabled' where id = $1`, [person]);
  const rowOf = async (q: string) => {
    const { html } = await ada.get(`/admin/agents?q=${encodeURIComponent(q)}`);
    return text(new RegExp(`data-row="${id}">([\\s\\S]*?)</tr>`).exec(html)?.[1] ?? '');
  };
  expect(await rowOf('flag:ownerless')).toBe('');

  await left('usr_oda');
  await sweepAgents(database);
  expect([await rowOf('flag:ownerless'), await rowOf('flag:no_deputy')]).toEqual(['', expect.stringContaining('dan')]);
  await left('usr_dan');
  await sweepAgents(database);
  expect(await rowOf('flag:ownerless')).toMatch(/^Left Alone ● active.*ownerless/);

  await database.run(`update agents set unowned_since = now() - interval '8 days' where id = $1`, [id]);
  await sweepAgents(database);
  expect(await rowOf('flag:ownerless')).toMatch(/^Left Alone ■ suspended.*ownerless/);
  expect((await ada.get(`/admin/agents/${id}/changes`)).html).toContain('nobody answers for it');
  expect((await ada.get(`/admin/agents/${id}/changes?ui_locales=de`)).html).toContain('Erstzugangstoken iat_');
  expect(await agent.token({ grant_type: 'client_credentials' })).toMatchObject({ status: 401 });
});

describe('A6 the approvals that wait', () => {
  test('A6-2 A6-3 the highest level first, then what ends first; nothing on the page decides', async () => {
    const agent = await registerAgent(server, {
      client_name: 'Asks Much',
      agent_mode: 'unattended',
      authorization_details_types: [READ, 'repos.repository.delete'],
    });
    const ask = (detail: Json) =>
      agent.post('/backchannel', {
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(detail),
      });
    const days = ['2027-02-01', '2027-02-02'];
    for (const day of days) expect(await ask(readDetails({ from: day, to: day }))).toMatchObject({ status: 200 });
    const repository = { type: 'repos.repository.delete', repository: 'acme/old' };
    expect((await ask({ ...repository, locations: ['https://repos.acme.example'] })).status).toBe(200);

    const page = await ada.get('/admin/approvals');
    const levels = [...page.html.matchAll(/class="level" data-level="(\w+)"/g)].map(([, level]) => level);
    expect(levels).toEqual(['critical', 'low', 'low']);
    expect(page.html).toContain('acme/old');
    // The search is the one form beside those around every page.
    expect(tags(page.html, 'button').filter((tag) => /approve|allow|deny/i.test(tag))).toEqual([]);
    expect(tags(inner(page.html, 'main'), 'form').filter((tag) => tag.includes('post'))).toEqual([]);
    // Whoever is asked goes to decide; the administrator who only looks has nowhere to go.
    expect(page.html).not.toContain('href="/r/');

    const hers = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'admin@acme.example',
      authorization_details: detailsParameter(readDetails({ from: '2027-02-03', to: '2027-02-03' })),
    });
    expect(hers.status).toBe(200);
    const [review, ...others] = [...(await ada.get('/admin/approvals')).html.matchAll(/href="(\/r\/apr_[0-9a-f]+)"/g)];
    expect(others).toEqual([]);
    expect(inner((await ada.get(review?.[1] ?? '')).html, 'h1')).toContain('Asks Much');

    const rows = async (q: string) =>
      tags((await ada.get(`/admin/approvals?q=${encodeURIComponent(q)}`)).html, 'tr').filter((tag) =>
        tag.includes('data-row'),
      ).length;
    expect(await rows('is:waiting level:critical')).toBe(1);
    expect(await rows('is:waiting agent:"Asks Much" action:repos.repository.delete')).toBe(1);
    expect(await rows('is:waiting person:person@acme.example level:low within:1h')).toBe(2);
    expect(await rows('is:denied')).toBe(0);
    expect((await gail.get('/admin/approvals')).html).not.toContain('Asks Much');
    expect((await anna.get('/admin/approvals')).status).toBe(403);
    // A stop is no longer waiting, in the list and in the figure.
    await ada.post(`/admin/agents/${agent.registration.agent_id}/pause`, { csrf: csrfIn(page.html), reason: 'x' });
    expect(await rows('is:waiting')).toBe(0);
    expect(await rows('is:stopped')).toBe(4);
  });
});

describe('A1 the overview', () => {
  test('A1 every figure leads to the list that counts the same', async () => {
    await database.run(
      `insert into document_requests (organization, url, person)
       select organization, 'https://agents.example/' || n, id from people, generate_series(1, 3) n where email = 'person@acme.example'`,
    );
    const { html } = await ada.get('/admin');
    const figures = [...html.matchAll(/<li class="figure"[^>]*>([\s\S]*?)<\/li>/g)].map(([, inside = '']) => ({
      count: Number(/figure-count">([\d,]+)</.exec(inside)?.[1]?.replaceAll(',', '')),
      href: /href="([^"]*)"/.exec(inside)?.[1]?.replaceAll('&amp;', '&'),
    }));
    expect(figures.length).toBeGreaterThan(10);
    for (const { count, href } of figures)
      expect({ href, count: names((await ada.get(href ?? '')).html).length }).toEqual({ href, count });
  });

  test('A1 prompts that nobody reads are those of the API’s report, each figure a way to what it counts', async () => {
    expect((await ada.get('/admin')).html).not.toContain('Prompts that people do not read');
    const { agent_id: agent } = helper.registration;
    const answered = (status: string, how: { times: number; daysAgo?: number }) =>
      database.run(
        `insert into approvals (organization, id, kind, client_id, agent, person, actions, scopes, resources, request,
           request_hash, asked_hash, impact, status, asked_at, shown_at, decided_at, expires_at)
         select a.organization, 'apr_' || gen_random_uuid(), 'backchannel', a.id, a.id, p.id, $3, '{}', '{}', '{}', 'x', 'x', 'low', $2,
           at, at, case $2 when 'pending' then null else clock_timestamp() - interval '1 day' end, clock_timestamp()
         from agents a join people p on p.organization = a.organization and p.email = 'person@acme.example',
           generate_series(1, $4::int),
           lateral (select clock_timestamp() - make_interval(days => $5::int, secs => 1.4) as at) as asked
         where a.id = $1`,
        [
          agent,
          status,
          JSON.stringify([{ action: READ, version: 1, resource: CALENDAR, parameters: {} }]),
          how.times,
          how.daysAgo ?? 1,
        ],
      );
    await answered('approved', { times: 60 });
    await answered('denied', { times: 1 });
    await answered('pending', { times: 3 });
    // Decided in these seven days and asked before them: in no figure, and in none of its lists.
    await answered('approved', { times: 1, daysAgo: 8 });

    const { html } = await ada.get('/admin');
    expect(html).toContain('Prompts that people do not read (1)');
    const api = await administrator(server, 'admin@acme.example');
    const report: Json[] = (await api('GET', '/prompts')).body.actions.filter(
      ({ advice }: Json) => advice === 'not_read',
    );
    const cellsOf = ({ action }: Json) => {
      const row = new RegExp(`data-row="${action}">([\\s\\S]*?)</tr>`).exec(html)?.[1] ?? '';
      return [...row.matchAll(/<a[^>]*href="([^"]*)"[^>]*>([^<]*)</g)].map(([, href = '', said]) => ({
        href: href.replaceAll('&amp;', '&'),
        said,
      }));
    };
    expect(report.map(({ action }) => action)).toEqual([READ]);
    for (const one of report) {
      const { action, prompts, approved, denied, median_seconds: median } = one;
      const [name, asked, allowed, seconds, policy] = cellsOf(one);
      expect([name?.said, asked?.said, allowed?.said, seconds?.said, policy?.said]).toEqual([
        action,
        String(prompts),
        `${Math.round((1000 * approved) / (approved + denied)) / 10} %`,
        `${Math.round(10 * median) / 10} s`,
        'Review policy',
      ]);
      expect([await countOf(asked?.href), await countOf(allowed?.href), await countOf(seconds?.href)]).toEqual([
        prompts,
        approved,
        approved + denied,
      ]);
      expect((await ada.get(name?.href ?? '')).status).toBe(200);
      expect((await ada.get(policy?.href ?? '')).html).toMatch(new RegExp(`id="action"[^>]* value="${action}"`));
    }
    // Whoever only owns agents sees nothing of how people answer.
    expect((await olga.get('/admin')).html).not.toContain('Prompts that people do not read');
    await database.run(`delete from approvals where request_hash = 'x'`);
  });
});

describe('A3 one agent', () => {
  const sides = ['', '/may-do', '/people', '/sub-agents', '/activity', '/changes'];

  test.each(sides)('%s: whoever may see it, and nobody of another organization', async (side) => {
    const path = `/admin/agents/${helper.registration.agent_id}${side}`;
    expect((await ada.get(path)).status).toBe(200);
    expect((await olga.get(path)).status).toBe(200);
    expect((await gail.get(path)).status).toBe(404);
    expect((await anna.get(path)).status).toBe(404); // she answers for another one
  });

  test('A3-1 what it may do says what was used, as the evidence does', async () => {
    const agent = await registerAgent(server, { client_name: 'Counted', authorization_details_types: [READ] });
    const before = await ada.get(`/admin/agents/${agent.registration.agent_id}/may-do`);
    expect(before.html).toContain('not yet');
    const id = agent.registration.agent_id;
    const neverUsed = async () =>
      (await ada.get(`/admin/agents?q=flag%3Anever_used+${id}`)).html.includes(`data-row="${id}"`);
    expect(await neverUsed()).toBe(true);
    await tokenInBrowser(agent, anna, { authorization_details: detailsParameter(readDetails()), resource: CALENDAR });
    // Also before any job has added it up, and no less after.
    expect(await neverUsed()).toBe(false);
    expect((await ada.get(`/admin/agents/${id}/may-do`)).html).not.toContain('not yet');
    await addUpUse(database);
    expect(await neverUsed()).toBe(false);
    const after = await ada.get(`/admin/agents/${agent.registration.agent_id}/may-do`);
    expect(after.html).not.toContain('not yet');
    // The time that the page says is that of the evidence, and the activity has as many tokens as it.
    const issued = await database.rows<{ at: Date; zone: string }>(
      `select e.at, coalesce(p.time_zone, o.time_zone) as zone
       from evidence e join people p on p.email = 'admin@acme.example' join organizations o on o.id = p.organization
       where e.agent = $1 and e.type = 'token.issued' order by e.at desc`,
      [id],
    );
    const [last] = issued;
    const row = new RegExp(`data-row="${READ}">([\\s\\S]*?)</tr>`).exec(after.html)?.[1] ?? '';
    expect(text(inner(row, 'td', 'data-label="Used in 90 days"'))).toBe(
      speakerOf('en').clock(last?.at ?? new Date(0), last?.zone ?? ''),
    );
    const activity = (await ada.get(`/admin/agents/${id}/activity`)).html;
    expect(activity.match(/got a token/g)).toHaveLength(issued.length);
    expect((await ada.get(`/admin/agents/${agent.registration.agent_id}/people`)).html).toContain(
      'person@acme.example',
    );
  });

  test('A3-2 a new key counts, and the old one until the time that was chosen; then it is refused', async () => {
    const agent = await registerAgent(server, { client_name: 'Gets A Key' });
    const { client_id: clientId, agent_id: id } = agent.registration as { client_id: string; agent_id: string };
    const { jwk, publicJwk } = await newKey();
    const next = await clientWith(server, clientId, jwk, agent.registration);
    // With a key that counts it is told what it may not; with another it is nobody.
    const counts = async (client: TestClient) =>
      (await client.token({ grant_type: 'client_credentials' })).status !== 401;
    const path = `/admin/agents/${id}/clients/${clientId}/key`;
    expect((await ada.get(`/admin/agents/${id}`)).html).toContain(`href="${path}"`);

    const page = await olga.get(path);
    for (const [keys, problem] of [
      ['not a key', 'This is no public key in JSON'],
      [JSON.stringify(jwk), 'This is a private key.'],
      [JSON.stringify({ ...publicJwk, crv: 'P-384' }), 'This cannot be registered: '],
      ['http://keys.example/jwks', 'Choose “not at all”'],
    ] as const)
      expect((await olga.submit(page, { keys, overlap: 's3600' })).html).toContain(problem);
    expect([await counts(agent), await counts(next)]).toEqual([true, false]);

    // Whoever does not answer for it asks; whoever does has said it.
    expect((await ada.submit(await ada.get(path), { keys: JSON.stringify(publicJwk), overlap: 's0' })).html).toContain(
      'The new key waits for its owner.',
    );
    expect([await counts(agent), await counts(next)]).toEqual([true, false]);
    const done = await olga.submit(page, { keys: JSON.stringify(publicJwk), overlap: 's3600' });
    expect(done.html).toContain('The new key counts now.');
    expect([await counts(agent), await counts(next)]).toEqual([true, true]);

    // An hour goes by.
    await database.run(
      `update clients set metadata = jsonb_set(metadata, '{jwks,keys,1,exp}', to_jsonb((metadata #>> '{jwks,keys,1,exp}')::bigint - 3601))
       where client_id = $1`,
      [clientId],
    );
    expect([await counts(agent), await counts(next)]).toEqual([false, true]);
    expect((await gail.get(path)).status).toBe(404);
  });

  test('A3-3 what losing an action would end is shown first; confirmed, exactly that ends', async () => {
    const pair = { authorization_details_types: [READ, INVITE] };
    const agent = await registerAgent(server, { client_name: 'Loses One', ...pair });
    const sibling = await registerAgent(server, { client_name: 'Loses Nothing', ...pair });
    const tokenFor = async (client: TestClient, details: Json): Promise<string> =>
      (await tokenInBrowser(client, anna, { authorization_details: detailsParameter(details), resource: CALENDAR }))
        .body.access_token;
    const reading = await tokenFor(agent, readDetails());
    const inviting = await tokenFor(agent, inviteDetails());
    const others = await tokenFor(sibling, inviteDetails());
    const active = async () => [
      (await introspect(agent, reading)).active,
      (await introspect(agent, inviting)).active,
      (await introspect(sibling, others)).active,
    ];
    expect(await active()).toEqual([true, true, true]);

    const path = `/admin/agents/${agent.registration.agent_id}/remove`;
    expect((await ada.get(path.replace('remove', 'may-do'))).html).toContain(`${path}?actions=${INVITE}`);
    const shown = await ada.get(`${path}?actions=${INVITE}`);
    expect(shown.html).toContain('One live task of one person ends at once:');
    expect(tags(shown.html, 'tr').filter((tag) => tag.includes('data-row'))).toHaveLength(1);
    expect(inner(shown.html, 'main')).toContain('Anna');
    // To look ends nothing, and neither does a word that was given to something else.
    const stale = await ada.post(path, { csrf: csrfIn(shown.html), actions: INVITE, shown: '' });
    expect([stale.status, await active()]).toEqual([409, [true, true, true]]);
    expect(stale.html).toContain('What would end has changed since you looked.');
    expect(
      (await ada.post(path, { csrf: csrfIn(shown.html), actions: `${READ},${INVITE}`, shown: '' })).html,
    ).toContain('Nothing would be left');

    const done = await ada.submit(shown, { reason: 'reads only' });
    expect(done.html).toContain('Removed. It can no longer ask for this');
    expect(await active()).toEqual([true, false, true]);
    expect((await ada.get(path.replace('remove', 'changes'))).html).toContain('reads only');
    expect((await gail.get(`${path}?actions=${READ}`)).status).toBe(404);
  });

  test('coming back and ending are typed; keeping it is a review', async () => {
    const agent = await registerAgent(server, { client_name: 'Retired Soon' });
    const path = `/admin/agents/${agent.registration.agent_id}`;
    const csrf = csrfIn((await ada.get(path)).html);
    expect((await ada.post(`${path}/review`, { csrf, verdict: 'confirm' })).html).toContain(
      'Kept as it is, until its next review.',
    );
    expect((await ada.post(`${path}/retire`, { csrf, confirmation: 'retired soon', reason: 'x' })).status).toBe(422);
    expect(await statusOf(agent)).toBe('active');
    const done = await ada.post(`${path}/retire`, { csrf, confirmation: 'Retired Soon', reason: 'x' });
    expect([done.status, await statusOf(agent)]).toEqual([200, 'retired']);
    expect((await ada.post(`${path}/pause`, { csrf, reason: 'x' })).status).toBe(409);
  });

  test('somebody else is asked to answer for it, and not by themselves; it passes to them when they accept', async () => {
    const agent = await registerAgent(server, { client_name: 'Changes Hands' });
    const path = `/admin/agents/${agent.registration.agent_id}`;
    const link = `href="${path}/offer"`;
    expect([(await ada.get(path)).html.includes(link), (await olga.get(path)).html.includes(link)]).toEqual([
      true,
      false,
    ]);
    expect((await olga.get(`${path}/offer`)).status).toBe(403);
    const page = await ada.get(`${path}/offer`);
    for (const [typed, status, problem] of [
      [{ role: 'owner', person: 'nobody@acme.example' }, 404, 'person nobody@acme.example of acme is unknown.'],
      [{ role: 'owner', person: 'admin@acme.example' }, 422, 'wner and deputy are two people.'],
      [{ role: 'deputy', person: 'admin@acme.example' }, 403, 'nobody takes an agent by themselves.'],
      [{ person: 'person@acme.example' }, 400, 'Choose in what capacity, and say whom.'],
    ] as const) {
      const answer = await ada.submit(page, typed);
      expect([answer.status, text(inner(answer.html, 'main'))]).toEqual([
        status,
        expect.stringMatching(new RegExp(problem, 'i')),
      ]);
    }
    const asked = await ada.submit(page, { role: 'deputy', person: 'person@acme.example' });
    expect(text(inner(asked.html, 'main'))).toMatch(/Asked\. They were told.*Asked to stand in ?person@acme\.example/);
    const [offer] = [...(await anna.get('/owned')).html.matchAll(/href="(\/offers\/[^"]*)"/g)].at(-1)?.slice(1) ?? [];
    expect((await anna.submit(await anna.get(offer ?? ''), { answer: 'accept' })).status).toBe(200);
    expect(text(inner((await ada.get(path)).html, 'main'))).toMatch(/Deputy ?Anna[^<]*<?person@acme\.example/);
  });

  test('an owner pauses what they answer for, and may let it go on; what an administrator paused they may not', async () => {
    const agent = await registerAgent(server, { client_name: 'Paused By Its Owner' });
    const path = `/admin/agents/${agent.registration.agent_id}`;
    const [owners, admins] = [csrfIn((await olga.get(path)).html), csrfIn((await ada.get(path)).html)];
    const resume = () =>
      olga.post(`${path}/resume`, { csrf: owners, confirmation: 'Paused By Its Owner', reason: 'fine' });
    await olga.post(`${path}/pause`, { csrf: owners, reason: 'odd' });
    expect(await statusOf(agent)).toBe('suspended');
    await resume();
    expect(await statusOf(agent)).toBe('active');
    await ada.post(`${path}/pause`, { csrf: admins, reason: 'odd' });
    expect((await resume()).status).toBe(409);
    expect(await statusOf(agent)).toBe('suspended');
  });
});

describe('A9 reviews', () => {
  test('nothing is chosen; what is answered is applied, one review and one piece of evidence each', async () => {
    const [used, unused] = [
      await registerAgent(server, { client_name: 'Used Half', authorization_details_types: [READ, INVITE] }),
      await registerAgent(server, { client_name: 'Never Used', authorization_details_types: [READ] }),
    ];
    const ids = [used, unused].map(({ registration }) => registration.agent_id as string);
    await database.run(
      `update agents set review_at = now() + interval '3 days', created_at = now() - interval '100 days' where id = any($1)`,
      [ids],
    );
    await database.run(
      `insert into agent_use (organization, agent, action, used_at) select organization, id, $2, now() from agents where id = $1`,
      [ids[0], READ],
    );
    const page = await olga.get('/admin/reviews');
    expect(names(page.html)).toEqual(expect.arrayContaining(['Used Half', 'Never Used']));
    expect(page.html).not.toContain('selected');
    const done = await olga.post('/admin/reviews', {
      csrf: csrfIn(page.html),
      [`verdict ${ids[0]}`]: 'narrow',
      [`verdict ${ids[1]}`]: 'narrow',
      'verdict agt_0': 'retire',
    });
    expect(done.status).toBe(409);
    expect(done.html).toContain('0 kept, 1 narrowed, 0 ended.');
    expect(done.html).toContain('Never Used used nothing within 90 days');
    expect(done.html).toContain('not yours to review');
    const limits = await database.first<{ actions: string[] }>(
      `select limits -> 'actions' as actions from agents where id = $1`,
      [ids[0]],
    );
    expect(limits?.actions).toEqual([READ]);
    const changes = await database.rows(`select from agent_changes where agent = any($1) and change = 'review'`, [ids]);
    expect(changes).toHaveLength(1);
    expect((await gail.get('/admin/reviews')).html).not.toContain('Never Used');
  });
});

describe('A9 campaigns', () => {
  test('looked at, started, answered by owners, closed when nothing is left; its agents are due no later than it ends', async () => {
    const registered = [
      await registerAgent(server, { client_name: 'Autumn Reader', authorization_details_types: [READ] }),
      await registerAgent(server, {
        client_name: 'Autumn Deleter',
        authorization_details_types: ['repos.repository.delete'],
      }),
      await registerAgent(server, { client_name: 'Autumn Idler', authorization_details_types: [READ, INVITE] }),
    ];
    const [reader = '', deleter = '', idler = ''] = registered.map(
      ({ registration }) => registration.agent_id as string,
    );
    await database.run(`update agents set created_at = now() - interval '100 days' where id = $1`, [idler]);
    await database.run(
      `insert into agent_use (organization, agent, action, used_at) select organization, id, $2, now() from agents where id = $1`,
      [idler, READ],
    );
    const form = async (fields: Record<string, string>) =>
      ada.post('/admin/reviews/new', { csrf: csrfIn((await ada.get('/admin/reviews/new')).html), ...fields });
    const asked = { name: 'Autumn 2026', filter: 'autumn', days: '30' };
    for (const [wrong, problem] of [
      [{ ...asked, name: '' }, 'A name has 1 to 80 characters.'],
      [{ ...asked, days: '181' }, 'a whole number from 1 to 180'],
      [{ ...asked, filter: 'level:huge' }, 'level is one of low, medium, high, critical.What'],
      [
        { ...asked, filter: 'nobody-is-called-so', start: '=nobody-is-called-so' },
        'No agent that is active or suspended',
      ],
    ] as const) {
      const answer = await form(wrong);
      expect([answer.status >= 400, text(answer.html)]).toEqual([true, expect.stringContaining(problem)]);
    }
    expect(text((await form(asked)).html)).toContain('3 agents fit. 1 person answers for them.');
    // Another filter than the one that was looked at starts nothing.
    expect((await form({ ...asked, start: '=level:low' })).status).toBe(200);
    const began = await form({ ...asked, start: '=autumn' });
    const path = new URL(began.url).pathname;
    expect(text(began.html)).toContain('0 of 3');
    // Nobody could tell two of one name apart; what was typed stays.
    const twice = await form({ ...asked, name: 'autumn 2026', start: '=autumn' });
    expect([twice.status, text(inner(twice.html, 'main'))]).toEqual([
      409,
      expect.stringContaining('A campaign called “autumn 2026” runs already: give this one another name'),
    ]);
    expect(twice.html).toMatch(/value="autumn 2026"[^>]*>/u);
    const due = await database.rows<{ days: number }>(
      `select round(extract(epoch from review_at - now()) / 86400)::int as days from agents where id = any($1)`,
      [[reader, deleter, idler]],
    );
    expect(due).toEqual([{ days: 30 }, { days: 30 }, { days: 30 }]);

    // Its owner finds it; nobody of another organization and nobody without agents does.
    const mine = await olga.get(path);
    expect(names(mine.html).toSorted()).toEqual(['Autumn Deleter', 'Autumn Idler', 'Autumn Reader']);
    expect((await olga.get('/admin/reviews')).html).toContain(`href="${path}"`);
    for (const other of [gail, anna]) expect([403, 404]).toContain((await other.get(path)).status);
    expect((await olga.post(`${path}/close`, { csrf: csrfIn(mine.html) })).status).toBe(403);

    // All the rest at once: what was not used is taken away, and only what cannot do much is kept.
    const open = { [`verdict ${reader}`]: '', [`verdict ${deleter}`]: '', [`verdict ${idler}`]: '' };
    const narrowed = await olga.post(path, { csrf: csrfIn(mine.html), ...open, rest: 'narrow' });
    expect(text(narrowed.html)).toContain('0 kept, 1 narrowed, 0 ended.');
    const kept = await olga.post(path, { csrf: csrfIn(mine.html), ...open, rest: 'confirm' });
    expect(text(kept.html)).toContain('2 kept'); // the reader, and the idler once more; the deleter never so
    expect(names(kept.html)).toEqual(['Autumn Deleter']);
    expect(text((await ada.get(path)).html)).toContain('2 of 3');

    const ended = await olga.post(path, { csrf: csrfIn(mine.html), [`verdict ${deleter}`]: 'retire' });
    expect(text(ended.html)).toContain('Nothing waits for an answer here.');
    await attendToReviews(database);
    const answers = await database.rows<Json>(
      `select m.verdict, p.email, c.closed_by from campaign_agents m join people p on p.id = m.answered_by
       join review_campaigns c on c.id = m.campaign where c.name = 'Autumn 2026' order by m.verdict`,
    );
    const email = 'owner@acme.example';
    expect(answers).toEqual(
      ['confirm', 'narrow', 'retire'].map((verdict) => ({ verdict, email, closed_by: 'countersign' })),
    );
  });

  test('what is due is read along its index, a page at a time', async () => {
    const plan = await database.transaction(async (statements) => {
      await statements.run('set local enable_seqscan = off');
      return statements.rows<Json>(`explain ${DUE}`, [helper.registration.organization, '-infinity', '', 51, null]);
    });
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(
      /Index Only Scan using agents_review_due.*\n.*Index Cond:.*review_at <=/,
    );
  });

  test('how often, and how long without an owner: an administrator says so on a page, within bounds', async () => {
    const say = async (review_days: string, unowned_grace_days: string) =>
      ada.post('/admin/reviews/rules', {
        csrf: csrfIn((await ada.get('/admin/reviews/rules')).html),
        review_days,
        unowned_grace_days,
      });
    expect(text((await say('10', '')).html)).toMatch(/from 30 to 366.*from 0 to 30/);
    expect(text((await say('60', '3')).html)).toContain('reviewed after 60 days.');
    expect((await olga.get('/admin/reviews/rules')).status).toBe(403);
    await say('90', '7');
  });
});

describe('A4 registering an agent in five steps', () => {
  const step = async (path: string, fields: Record<string, string>) => {
    const page = await ada.get(path);
    return ada.post(path, { csrf: csrfIn(page.html), ...fields });
  };
  const at = ({ url }: { url: string }) => new URL(url).pathname;

  test('A4-1 what only the registration itself refuses is said in the language of the page, by whichever part refused it', async () => {
    await database.run(`update people set language = 'de' where email = 'admin@acme.example'`);
    const draft = at(await ada.get('/admin/agents/new')).replace(/\/1$/, '');
    const { publicJwk } = await newKey();
    await step(`${draft}/1`, { name: 'Twice Refused', purpose: 'Refusals' });
    await step(`${draft}/2`, { owner: 'owner@acme.example', deputy: 'admin@acme.example' });
    for (const [redirect_uris, because] of [
      ['http://127.0.0.1/cb#x', 'In redirect_uris steht kein Benutzer, kein Fragment'],
      [
        'http://127.0.0.1/cb https://localhost/cb',
        'Mit https darf redirect_uris einer nativen Anwendung nicht auf localhost',
      ],
    ] as const) {
      await step(`${draft}/3`, { mode: 'attended', redirect_uris });
      await step(`${draft}/4`, { keys: 'given', jwks: JSON.stringify(publicJwk) });
      await step(`${draft}/5`, { [`action ${READ}`]: '1', days: '30' });
      const { status, html } = await step(`${draft}/review`, {});
      const problem = text(inner(html, 'main')).toLowerCase();
      expect([status, problem]).toEqual([422, expect.stringContaining(because.toLowerCase())]);
    }
    await database.run(`update people set language = null where email = 'admin@acme.example'`);
  });

  test('A4-1 A4-3 A4-4 errors are said, what was typed stays, and the key is nowhere but on the page', async () => {
    const first = at(await ada.get('/admin/agents/new'));
    const draft = first.replace(/\/1$/, '');
    for (const [name, problem] of [
      ['', 'A name has 1 to 80 characters.'],
      ['Meeting-Helper', 'There is an agent called Meeting Helper.'],
      ['Refund\u202eWorker', 'may not hold a bidirectional control character'],
      ['R\u0435fund Worker', 'may not hold letters or digits that look like others'],
      ['Refund Worker \u2705', 'may not hold a sign that looks like a seal of approval'],
    ] as const)
      expect((await step(first, { name, purpose: 'Refunds' })).html).toContain(problem);
    expect((await ada.get(first)).html).toContain('value="Refunds"');
    expect(at(await step(first, { name: 'Refund Worker', purpose: 'Refunds' }))).toBe(`${draft}/2`);
    // Not complete: the review leads back to what is missing.
    expect(at(await ada.get(`${draft}/review`))).toBe(`${draft}/2`);
    expect((await step(`${draft}/2`, { owner: 'olga', deputy: 'olga' })).html).toContain('two people');
    await step(`${draft}/2`, { owner: 'owner@acme.example', deputy: 'admin@acme.example' });
    expect((await step(`${draft}/3`, { mode: 'attended', redirect_uris: 'nowhere' })).html).toContain('not an address');
    await step(`${draft}/3`, { mode: 'attended', redirect_uris: 'http://127.0.0.1/callback' });
    const { jwk } = await newKey();
    const given = await step(`${draft}/4`, { keys: 'given', jwks: JSON.stringify(jwk) });
    expect(given.html).toContain('This is a private key.');
    await step(`${draft}/4`, { keys: 'made', jwks: '' });
    expect((await step(`${draft}/5`, { days: '30' })).html).toContain('Choose at least one action.');
    const last = await step(`${draft}/5`, { [`action ${READ}`]: '1', days: '30', highest_impact: 'low' });
    expect(at(last)).toBe(`${draft}/review`);
    expect((await ada.get(first)).html).toContain('value="Refund Worker"');

    // What people will see, in the words of the decision page itself.
    expect(text(inner(last.html, 'article', 'class="phone"'))).toMatch(/^Refund Worker wants to read .*calendar/);

    // Nobody else's, whoever knows the address.
    expect((await gail.get(`${draft}/1`)).status).toBe(404);
    expect((await olga.get(`${draft}/1`)).status).toBe(403);

    const done = await step(`${draft}/review`, {});
    expect(done.status).toBe(201);
    const shown = inner(done.html, 'pre', 'data-testid="private-key"')
      .replaceAll('&quot;', '"')
      .replace(/<[^>]*>/g, '');
    const { d } = JSON.parse(shown);
    expect(d).toMatch(/^[\w-]{43}$/);
    const tables = await database.rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const row = await database.first<{ n: string }>(
        `select count(*) as n from "${name}" t where position($1 in t::text) > 0`,
        [d],
      );
      expect([name, Number(row?.n)]).toEqual([name, 0]);
    }
    const agent = await database.first<{ status: string; limits: object; days: number }>(
      `select status, limits, round(extract(epoch from expires_at - now()) / 86400)::int as days from agents where name = 'Refund Worker'`,
    );
    expect(agent).toEqual({ status: 'pending', limits: { highest_impact: 'low' }, days: 30 });
    expect((await ada.get(`${draft}/1`)).status).toBe(404); // it is done

    // Whatever the form let through: what lacks an owner who accepted it begins nothing.
    const { id: made } = (await database.first<{ id: string }>(
      `select id from agents where name = 'Refund Worker'`,
    )) as { id: string };
    const begun = await ada.post(`/admin/agents/${made}/activate`, {
      csrf: csrfIn((await ada.get(`/admin/agents/${made}`)).html),
      confirmation: 'Refund Worker',
      reason: 'x',
    });
    expect([begun.status, text(inner(begun.html, 'main'))]).toEqual([409, expect.stringContaining('owner')]);

    const token = /[\w-]{40,}/.exec(done.html.split('What changes its registration')[1] ?? '')?.[0] ?? '';
    const snippet = (name: string) =>
      inner(done.html, 'pre', `data-testid="snippet-${name}"`)
        .replace(/<[^>]*>/g, '')
        .replaceAll('&quot;', '"')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&')
        .trim();
    const ran = await execFile('sh', ['-c', snippet('curl')], {
      env: { PATH: process.env.PATH, REGISTRATION_ACCESS_TOKEN: token },
      timeout: 20_000,
    });
    const registration = JSON.parse(ran.stdout);
    expect(registration).toMatchObject({ client_name: 'Refund Worker', agent_status: 'pending' });
    expect(snippet('mcp')).toContain(`new StreamableHTTPClientTransport(new URL("${CALENDAR}")`);

    // [Activate] says what it waits for, and works when that came.
    const activate = `/admin/agents/${registration.agent_id}/activate`;
    expect(done.html).toContain(`href="${activate}"`);
    const early = await ada.get(activate);
    expect(text(early.html)).toContain('It lacks an active owner who accepted it, an active deputy who accepted it.');
    const typed = { confirmation: 'Refund Worker', reason: 'ready' };
    expect((await ada.post(activate, { csrf: csrfIn(early.html), ...typed })).status).toBe(409);
    await acceptOffers(server, registration);
    await step(activate, typed);
    expect(await statusOf({ registration })).toBe('active');

    // Where the packages of this repository are found, as whoever runs it has installed them.
    const place = mkdtempSync('node_modules/.first-');
    try {
      writeFileSync(join(place, 'agent-key.json'), shown);
      writeFileSync(join(place, 'first.mjs'), snippet('openidClient'));
      const run = execFile('node', ['first.mjs'], {
        cwd: place,
        env: { PATH: process.env.PATH, PERSON: 'person@acme.example' },
        timeout: 30_000,
      });
      const [number] = await new Promise<string[]>((resolve) =>
        run.child.stderr?.on('data', (said) => resolve(/\d\d/.exec(String(said)) ?? [])),
      );
      const approval = await database.first<{ id: string }>('select id from approvals where client_id = $1', [
        registration.client_id,
      ]);
      await anna.submit(await anna.get(`/r/${approval?.id}`), {
        read: '1',
        decision: 'approve',
        duration: 'once',
        number: number ?? '',
      });
      expect(JSON.parse((await run).stdout)).toMatchObject({
        token_type: 'dpop',
        authorization_details: [{ type: READ, locations: [CALENDAR] }],
      });
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

describe('how a list is asked for', () => {
  const rules = { filters: { status: ['active'], owner: undefined }, sorts: ['name', 'at'], order: '-at' };

  test('parts', () => {
    expect(partsOf('a status:active owner:"Olga M" "b c"').map(({ name, value }) => [name, value])).toEqual([
      [undefined, 'a'],
      ['status', 'active'],
      ['owner', 'Olga M'],
      [undefined, 'b c'],
    ]);
    expect(parseListing({}, rules)).toEqual({
      ok: true,
      listing: { filters: [], words: [], sort: 'at', descending: true, after: undefined },
    });
  });

  test.each<[Json, RegExp]>([
    [{ q: 'status:dead' }, /status is one of active/],
    [{ q: 'constructor:x' }, /There is no filter|at most/],
    [{ q: 'owner:""' }, /owner: has no value/],
    [{ sort: 'secret' }, /sorts by name, at/],
    [{ q: 'x'.repeat(501) }, /at most 500/],
    [{ q: 'x '.repeat(21) }, /at most 20/],
    [{ after: Buffer.from('{"a":1}').toString('base64url') }, /no such place/],
    [{ after: Buffer.from('["a",1]').toString('base64url') }, /no such place/],
  ])('%j is refused', (query, problem) => {
    const parsed = parseListing(query, rules);
    expect(parsed.ok ? 'taken' : inEnglish(parsed.problem)).toMatch(problem);
  });
});

const csrfIn = (html: string): string => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

async function statusOf({ registration }: Pick<TestClient, 'registration'>): Promise<string | undefined> {
  const row = await database.first<{ status: string }>('select status from agents where id = $1', [
    registration.agent_id,
  ]);
  return row?.status;
}
