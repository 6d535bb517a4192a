import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import {
  CALENDAR,
  inviteDetails,
  type Json,
  pkce,
  push,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { askFreely, askInBrowser } from '../support/ceremony.ts';
import { authorizationUrl, detailsParameter, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, tags, text } from '../views/html.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await registerAgent(server);
  person = await signIn(server);
});
// Only so many questions of one agent wait for one person, and unanswered ones mute it: each test begins with none.
beforeEach(async () => {
  await database.query('delete from screens');
  await database.query(`delete from approvals where status = 'pending'`);
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const ask = async (details: Json = inviteDetails(), more: Record<string, string> = {}) =>
  (await askInBrowser(agent, person, details, { resource: CALENDAR, ...more })).page;
const APPROVE = { decision: 'approve', duration: 'once', read: '1' };
const approve = (page: PageAnswer, fields: Record<string, string> = {}) =>
  person.submit(page, { ...APPROVE, ...fields });
const heading = ({ html }: PageAnswer) => text(inner(html, 'h1'));
const tasksOf = async (title: string): Promise<number> =>
  (await database.query('select count(*)::int as count from tasks where sentence like $1', [`%“${title}”%`])).rows[0]
    .count;
const titled = (title: string) => inviteDetails({ title });

describe('a decision is about what was shown, once', () => {
  test('twenty requests that are open in one browser are answered at the same time: each is decided or not known any more, and none is a fault', async () => {
    const busy = await registerAgent(server);
    await askFreely(database, busy.registration.organization);
    const pages: PageAnswer[] = [];
    for (let index = 0; index < 20; index++) {
      pages.push((await askInBrowser(busy, person, titled(`Busy ${index}`), { resource: CALENDAR })).page);
    }
    const answers = await Promise.all(pages.map((page) => approve(page)));
    const decided = answers.filter(({ html }) => html.includes('Allowed'));
    expect(answers.filter(({ status }) => status !== 200 && status !== 404)).toEqual([]);
    expect(decided.length).toBeGreaterThan(0);
    await database.query('delete from prompt_limits');
  });

  test.each(['30d', 'P30D', 'PT2H', 'forever', ''])(
    'U2-5 a duration of %j that no page offered grants nothing',
    async (duration) => {
      const page = await ask(titled('Longer'));
      const answer = await approve(page, { duration });
      expect([answer.status, text(inner(answer.html, 'title')).startsWith('Error: ')]).toEqual([400, true]);
      expect(text(inner(answer.html, 'div', 'role="alert"'))).toContain('Nothing was allowed.');
      expect(await tasksOf('Longer')).toBe(0);
    },
  );

  test('U2-6, U8-2 another hash, and a request that changed after the page was drawn, are 409 and grant nothing', async () => {
    const forged = await approve(await ask(titled('Changed')), { request_hash: 'A'.repeat(43) });
    expect([forged.status, heading(forged)]).toEqual([409, 'This request has changed.']);
    const page = await ask(titled('Changed'));
    await database.query(
      `update approvals set request_hash = repeat('B', 43) where request ->> 'agent' = $1 and status = 'pending'`,
      [agent.registration.agent_id],
    );
    const late = await approve(page);
    expect([late.status, heading(late)]).toEqual([409, 'This request has changed.']);
    expect(await tasksOf('Changed')).toBe(0);
  });

  test('U2-7, U8-3 twenty decisions at once are one; all others, and the page afterwards, name it', async () => {
    const page = await ask(titled('Twenty'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => approve(page)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array(19).fill(409)]);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(heading(answer)).toMatch(/^Already decided by you at (?:\w+ \d+ \w+ )?\d\d:\d\d \(allowed once\)\.$/u);
    }
    expect(await tasksOf('Twenty')).toBe(1);
    const again = await person.get(new URL(page.url).pathname);
    expect([again.status, heading(again)]).toEqual([
      200,
      heading(answers.find(({ status }) => status === 409) ?? page),
    ]);
  });

  test('U8-1 what expired is gone: 410, with the time and what to do', async () => {
    const page = await ask(titled('Too late'));
    await database.query(
      `update approvals set expires_at = now() - interval '1 minute' where sentence like '%Too late%'`,
    );
    for (const answer of [await person.get(new URL(page.url).pathname), await approve(page)]) {
      expect([answer.status, heading(answer)]).toEqual([
        410,
        expect.stringMatching(/^This request expired at (?:\w+ \d+ \w+ )?\d\d:\d\d\.$/u),
      ]);
      expect(text(inner(answer.html, 'main'))).toContain('Ask the agent to try again.');
      expect(answer.html).toContain('href="/inbox"');
    }
    expect(await tasksOf('Too late')).toBe(0);
  });

  test('U8-4 nothing here: the same page and status for what never was and for what is another’s', async () => {
    const colleague = await signIn(server, 'approver@acme.example');
    await ask(titled('Not yours'));
    const { rows } = await database.query(`select id from approvals where sentence like '%Not yours%'`);
    const [other, never] = [await colleague.get(`/r/${rows[0].id}`), await colleague.get('/r/apr_none')];
    expect([other.status, never.status, text(inner(other.html, 'main'))]).toEqual([
      404,
      404,
      text(inner(never.html, 'main')),
    ]);
  });

  test('U2-14 a property that the catalogue does not know is refused before anybody is asked', async () => {
    for (const more of [{ approved_by: 'Security' }, { '': 'x' }, { constructor: 'x' }]) {
      const pushed = await push(agent, {
        code_challenge: pkce().challenge,
        authorization_details: detailsParameter(inviteDetails(more)),
      });
      expect([pushed.status, pushed.body.error]).toEqual([400, 'invalid_authorization_details']);
    }
  });

  test('U2-15 prompt=none never yields what was not given before', async () => {
    const pushed = await push(agent, {
      code_challenge: pkce().challenge,
      authorization_details: detailsParameter(titled('Silently')),
      resource: CALENDAR,
      prompt: 'none',
    });
    const answer = await person.get(authorizationUrl(agent, pushed.body.request_uri));
    const back = new URL(answer.url).searchParams;
    expect([back.get('code'), back.get('error')]).toEqual([
      null,
      expect.stringMatching(/consent_required|interaction_required/),
    ]);
    expect(await tasksOf('Silently')).toBe(0);
  });
});

test('U2 who is asking: whether it asked before, and how often it was allowed something, is what happened', async () => {
  const fresh = await registerAgent(server, { client_name: 'Newcomer' });
  const rows = async (details: Json, more: Record<string, string> = {}) => {
    const { page } = await askInBrowser(fresh, person, details, { resource: CALENDAR, ...more });
    const opened = inner(page.html, 'details', 'class="more"');
    return { page, pairs: text(inner(opened, 'dl')) };
  };
  const first = await rows(inviteDetails({ title: 'Newcomers' }));
  expect(first.pairs).toContain('First time it asks you');
  // The credential by which it asks, which another agent of this name would not have.
  expect(first.pairs).toContain(`Newcomer (${fresh.clientId})`);
  await person.submit(first.page, { decision: 'deny' });
  const second = await rows(readDetails(), { ui_locales: 'de' });
  expect(second.pairs).toContain('Hat Sie schon gefragt; erlaubt wurde nichts');
  await approve(second.page);
  const third = await rows(readDetails({ from: '2026-12-01', to: '2026-12-02' }));
  expect(third.pairs).toContain('Was allowed one task for you');
});

test('U2 who is asking: where it runs is said where its organization said it, and by nobody else', async () => {
  const claims = { client_name: 'Runner', agent_environment: 'production', environment: 'production' };
  const runner = await registerAgent(server, claims);
  const pairs = async (title: string, more: Record<string, string> = {}) => {
    const { page } = await askInBrowser(runner, person, inviteDetails({ title }), { resource: CALENDAR, ...more });
    return text(inner(inner(page.html, 'details', 'class="more"'), 'dl'));
  };
  const said = async () => {
    const { rows } = await database.query(
      `select c.fields -> 'content.environment' ->> 'value' as said from evidence e join evidence_contents c on c.event = e.id
       where e.agent = $1 and e.type = 'request.received' order by e.at desc limit 1`,
      [runner.registration.agent_id],
    );
    return rows[0]?.said;
  };
  expect(await pairs('Nobody said')).not.toMatch(/Environment|roduction/);
  expect(await said()).toBeNull();
  await database.query(`update agents set environment = 'staging' where id = $1`, [runner.registration.agent_id]);
  expect(await pairs('Somebody said')).toMatch(/Environment\s*Staging/);
  expect(await pairs('Jemand sagte es', { ui_locales: 'de' })).toMatch(/Umgebung\s*Staging/);
  expect(await said()).toBe('staging');
});

describe('hostile content never changes what a person understands', () => {
  const RLO = '\u{202e}';
  test.each([
    ['a right-to-left override', `${RLO}00.002,4 RUE`],
    ['zero-width characters', 'Q1\u{200b}review'],
    ['a tower of marks', `Z${'\u{0310}'.repeat(60)}`],
    ['a line break', 'Q1\nreview'],
    ['five thousand characters', 'x'.repeat(5000)],
  ])('U2-8 %s in a value or in the agent’s words is refused, not mended', async (_, hostile) => {
    for (const more of [{ title: hostile }, { purpose: hostile }]) {
      const pushed = await push(agent, {
        code_challenge: pkce().challenge,
        authorization_details: detailsParameter(inviteDetails(more)),
      });
      expect([pushed.status, pushed.body.error]).toEqual([400, 'invalid_authorization_details']);
    }
  });

  test.each([
    ['markup', '</bdi><h1>Approved</h1><img src=x>'],
    ['a borrowed seal', '✅ Approved by Security'],
    ['another sentence', '”, free of charge, Fri 27 Nov 10:00'],
    ['an amount', 'EUR 0.01 to you'],
    ['an address', 'https://evil.example/approve'],
    ['a mark of the systems', 'Q1 review ✓'],
  ])('U2-8 %s stays a value: set apart, in its place, and nowhere else', async (_, hostile) => {
    const calm = await ask(inviteDetails({ title: 'calm', purpose: 'calm words' }));
    const page = await ask(inviteDetails({ title: hostile, purpose: hostile }));
    const frame = ({ html }: PageAnswer) =>
      tags(inner(html, 'main'), '(?:h1|h2|dd|dl|p|figure|button|fieldset|form)').length;
    expect(frame(page)).toBe(frame(calm));
    expect(page.html).not.toMatch(/<img|<h1>Approved/u);
    // The value is in a stretch of its own, so that a reader sees where it begins and ends.
    const values = [...inner(page.html, 'h1').matchAll(/<bdi class="critical[^"]*">([\s\S]*?)<\/bdi>/gu)].map(
      ([, one]) => text(one ?? ''),
    );
    expect(values).toContain(hostile);
    for (const [, fact] of page.html.matchAll(/<dd data-fact="(?:changes|impact|duration)"[^>]*>([\s\S]*?)<\/dd>/gu)) {
      expect(text(fact ?? '')).not.toContain(hostile);
    }
  });

  test('U2-8 a look-alike in a value is named above the buttons', async () => {
    const page = await ask(inviteDetails({ title: 'ЕUR 0.01 to you', purpose: 'calm words' }));
    expect(text(inner(page.html, 'p', 'class="warning"'))).toBe(
      'Look twice: ЕUR holds letters or digits that only look like others.',
    );
    expect((await ask(inviteDetails({ title: 'EUR 0.01 to you' }))).html).not.toContain('Look twice');
  });

  test('as many guests as an action takes: the page says how many, names them further down, and stays small', async () => {
    const guests = Array.from({ length: 50 }, (_, index) => `guest-${index}@acme.example`);
    const page = await ask(inviteDetails({ title: 'Everybody', guests }));
    expect(page.status).toBe(200);
    expect(heading(page)).toContain('invite 50 people');
    expect(text(inner(page.html, 'details', 'class="more"'))).toContain('guest-49@acme.example');
    expect(page.html.length).toBeLessThan(100_000);
  });
});

test('a page weighs less than 100 KB with its style sheet and scripts, and asks for nothing else', async () => {
  const page = await ask(titled('Weight'));
  const own = [...page.html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/gu)].map(([, path]) => path ?? '');
  const sizes = await Promise.all(own.map(async (path) => (await fetch(`${server.issuer}${path}`)).text()));
  const weight = page.html.length + sizes.reduce((sum, { length }) => sum + length, 0);
  expect(own.length).toBeGreaterThan(1);
  expect(weight).toBeLessThan(100_000);
  expect((await person.get('/inbox')).html.length).toBeLessThan(50_000);
});

test('several questions that are covered already ask nobody: no page, and the client hears at once', async () => {
  const details = readDetails({ from: '2026-12-01', to: '2026-12-02' });
  await approve(await ask(details), { duration: 'PT1H' });
  const again = await askInBrowser(agent, person, details, { resource: CALENDAR });
  expect(new URL(again.page.url).searchParams.get('code')).toBeTruthy();
});
