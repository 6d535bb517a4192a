import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { OWN_REASONS } from '../views/words/console-lifecycle.ts';
import { STOP_REASONS } from '../views/words/console-stop.ts';
import { CALENDAR, inviteDetails, pkce, push, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { authorizationUrl, browserOf, detailsParameter, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { inner, text } from './views/html.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer({}, { pseudoLanguages: true });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await registerAgent(server);
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const languageOf = (html: string) => /<html lang="([^"]+)"/u.exec(html)?.[1];
const choose = (person: TestPerson, language: string) =>
  database.query('update people set language = $2 where email = $1', [person.email, language || null]);

/** A browser request up to the page that a person sees first. */
async function ask(form: Record<string, string> = {}): Promise<string> {
  const pushed = await push(agent, {
    code_challenge: pkce().challenge,
    authorization_details: detailsParameter(readDetails()),
    resource: CALENDAR,
    ...form,
  });
  expect(pushed.status).toBe(201);
  return authorizationUrl(agent, pushed.body.request_uri);
}

describe('the language of a page', () => {
  test('U1-6 ui_locales of the request decides from the sign-in page to the receipt, before anything else', async () => {
    const browser = browserOf(server.issuer);
    const entrance = await browser.get(await ask({ ui_locales: 'fr-CA de-CH en' }));
    expect([new URL(entrance.url).pathname, languageOf(entrance.html)]).toEqual(['/login', 'de']);
    expect(text(inner(entrance.html, 'h1'))).toBe('Anmelden');
    const page = await browser.submit(entrance, { email: 'person@acme.example', password: server.demo.password });
    expect(languageOf(page.html)).toBe('de');
    expect(text(inner(page.html, 'h1'))).toMatch(/ möchte Ihren Kalender/u);
    expect(text(inner(page.html, 'button', 'data-testid="deny"'))).toBe('Ablehnen');
    const receipt = await browser.submit(page, { decision: 'approve', duration: 'once', read: '1' });
    expect([languageOf(receipt.html), text(inner(receipt.html, 'h1'))]).toEqual(['de', 'Einmal erlaubt.']);
  });

  test('then what the person chose, then the browser, then the organization', async () => {
    const person = await signIn(server);
    const seen = async (accept: string) => {
      const answer = await person.get('/inbox');
      const french = await fetch(`${server.issuer}/`, { headers: { accept: 'text/html', 'accept-language': accept } });
      expect(french.headers.get('vary')).toMatch(/Accept-Language/i);
      return [languageOf(answer.html), languageOf(await french.text())];
    };
    expect(await seen('fr, de;q=0.8, en;q=0.3')).toEqual(['en', 'de']);
    await choose(person, 'de');
    expect(await seen('fr')).toEqual(['de', 'en']);
    await choose(person, '');
    await database.query(`update organizations set language = 'de' where slug = 'acme'`);
    expect(await seen('*')).toEqual(['de', 'en']);
    await database.query(`update organizations set language = 'en' where slug = 'acme'`);
  });

  test('a person changes it on the page they are on, once and for all; only by a form, to a language of ours', async () => {
    const person = await signIn(server, 'owner@acme.example');
    const agents = await person.get('/agents');
    const form = inner(agents.html, 'form', 'action="/language"');
    const csrf = /name="csrf" value="([^"]+)"/u.exec(form)?.[1] ?? '';
    const change = (fields: Record<string, string>) =>
      person.post('/language', { csrf, return_to: '/agents', ...fields });
    const changed = await change({ language: 'de' });
    expect([new URL(changed.url).pathname, languageOf(changed.html)]).toEqual(['/agents', 'de']);
    expect(languageOf((await person.get('/inbox')).html)).toBe('de');
    expect((await change({ language: 'xx' })).status).toBe(400);
    expect((await change({ language: 'en', csrf: 'guessed' })).status).toBe(403);
    const elsewhere = await change({ language: 'de', return_to: 'https://evil.example/' });
    expect(new URL(elsewhere.url).pathname).toBe('/inbox');
    expect((await browserOf(server.issuer).get('/language')).status).toBe(404);
  });

  test('an error page and an ended form speak it too', async () => {
    const german = { 'accept-language': 'de' };
    const person = await signIn(server);
    const gone = await person.post('/agents/agt_none/pause', { csrf: 'x' }, german);
    expect(text(gone.html)).toContain('Dieses Formular ist nicht mehr gültig.');
    const wrong = await person.post('/login', { csrf: 'x' }, german);
    expect(text(wrong.html)).toContain('Bitte versuchen Sie es noch einmal.');
  });
});

/** What a page says that is neither ours nor one of these. */
function english(html: string, data: readonly string[]): string[] {
  const attributes = html.matchAll(/\s(?:aria-label|title|alt|data-(?!note|testid)[a-z-]+)="([^"{]* [^"]*)"/gu);
  return (
    [
      ...html
        .replace(/<(pre|code|head|textarea)\b[^>]*>[\s\S]*?<\/\1>/gu, '')
        .replace(/<span class="held">([\s\S]*?)<\/span>/gu, '$1') // a part of its sentence
        .replace(/<(\w+)(?:\s[^>]*)?\slang="en"[^>]*>[\s\S]*?<\/\1>/gu, '') // the catalogue's, which has no other
        .split(/<[^>]*>/u),
      ...[...attributes].map(([, value = '']) => value),
    ]
      .map((piece) => data.reduce((rest, known) => rest.replaceAll(known, ''), text(piece)))
      // A reference, a filter, an action.
      .map((piece) => piece.replace(/\b[a-z]{3}_[0-9a-f]+|\b[a-z]+:[a-z0-9_]+|\b[a-z]+(?:\.[a-z]+){2}/gu, ''))
      .filter((piece) => /[A-Za-z]{2}/u.test(piece))
  );
}

describe('every page of the story in a language nobody speaks', () => {
  test.each(['en-XA', 'ar-XB'])('%s', async (language) => {
    const words = (path: string) => `${path}${path.includes('?') ? '&' : '?'}ui_locales=${language}`;
    const data = [
      ...['English', 'Deutsch', 'Countersign', 'Acme', 'person@acme.example', 'Meeting Helper', 'Anna Berg', 'UTC'],
      ...[
        'Find a free hour',
        'read your calendar for 24–28 Nov',
        'invite 2 people to “Plan en-XA”, Thu 26 Nov, 10:00',
        'invite 2 people to “Plan ar-XB”, Thu 26 Nov, 10:00',
        'Once, 10 min',
        '1 hour',
        'Today',
        'Olga Marin',
        'ben@acme.example',
        'olga@acme.example',
      ],
      ...['Finds free hours for meetings', 'Ihren Kalender lesen, 24.–28. Nov.'],
    ];
    const check = (html: string) => {
      expect(languageOf(html)).toBe(language);
      expect(english(html, data)).toEqual([]);
    };
    const visitor = browserOf(server.issuer);
    for (const path of ['/', '/login', '/nothing', '/enrol/none']) check((await visitor.get(words(path))).html);
    const person = await signIn(server);
    for (const path of ['/inbox', '/agents', '/r/apr_none']) check((await person.get(words(path))).html);
    const page = await person.get(
      await ask({
        ui_locales: language,
        authorization_details: detailsParameter(inviteDetails({ title: `Plan ${language}` })),
      }),
    );
    check(page.html);
    check((await person.submit(page, { decision: 'approve', duration: 'once', read: '1' })).html);
  });
});

describe('whatever can be opened, and what is said where a form is refused, in a language nobody speaks', () => {
  const LANGUAGE = 'en-XA';
  /** The same in every language; an example of what is searched for; what is typed here. */
  const NAMES = ['Countersign', 'English', 'Deutsch', 'ntfy', 'Slack', 'Teams', 'UTC', 'q7', 'finance'];
  /** What the catalogue says of a request: it has no other language. */
  const CATALOGUE = ['read your calendar for 24–28 Nov', 'Once, 10 min', '1 hour', 'Today'];

  beforeAll(async () => {
    // To the database it is no language.
    const { rows } = await database.query<{ name: string }>(
      `select conname as name from pg_constraint
       where conrelid = 'people'::regclass and contype = 'c' and pg_get_constraintdef(oid) ~ 'language'`,
    );
    for (const { name } of rows) await database.query(`alter table people drop constraint ${name}`);
    await database.query(`update people set language = '${LANGUAGE}'`);
    // A request that was denied, and the same once more, which is refused.
    const person = await signIn(server);
    const details = { authorization_details: detailsParameter(inviteDetails({ title: 'q7' })) };
    await person.submit(await person.get(await ask(details)), { decision: 'deny' });
    expect((await person.get(await ask(details))).url).toContain('error=access_denied');
    // Something that stands stopped, and a review that runs: they have pages and forms of their own.
    const admin = await signIn(server, 'admin@acme.example');
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await admin.get('/admin/stop')).html)?.[1] ?? '';
    const { rows: pairs } = await database.query<{ pair: string }>(
      `select agent || '|' || person as pair from tasks where agent is not null limit 1`,
    );
    const stopped = await admin.post('/admin/stop', {
      csrf,
      target: `pair:${pairs[0]?.pair}`,
      reason: 'other',
      note: 'q7',
    });
    expect(new URL(stopped.url).pathname).toMatch(/^\/admin\/stops\/stp_/u);
    expect(
      (await admin.post('/admin/reviews/new', { csrf, name: 'q7', days: '14', filter: '', start: '=' })).url,
    ).toMatch(/\/admin\/reviews\//u);
  });

  /** Everything that people, agents and the catalogue said: all texts of the database but the codes of one word. */
  async function whatOthersSaid(): Promise<string[]> {
    const said = new Set<string>();
    const { rows: tables } = await database.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name
       from pg_tables where schemaname !~ '^pg_|^information_schema$'`,
    );
    const add = (value: unknown): void => {
      if (typeof value === 'string') for (const line of [value, ...value.split('\n')]) said.add(line.trim());
      else if (typeof value === 'object' && value !== null && !(value instanceof Date) && !Buffer.isBuffer(value))
        for (const [name, inner] of Object.entries(value)) {
          if (name.includes('.')) said.add(name);
          add(inner);
        }
    };
    for (const { name } of tables) for (const row of (await database.query(`select * from ${name}`)).rows) add(row);
    const texts = [...said].filter((one) => one.length > 2 && !/^[a-z_]+$/u.test(one) && !isRecordedInEnglish(one));
    return [...texts, ...NAMES, ...CATALOGUE].sort((one, other) => other.length - one.length);
  }

  /** Reasons of ours that evidence keeps in English, and a page says in another language. */
  const isRecordedInEnglish = (one: string) =>
    [...Object.values(STOP_REASONS), ...Object.values(OWN_REASONS)].some(({ en }) => one.startsWith(en));

  interface Form {
    page: string;
    action: string;
    markup: string;
    manyParts: boolean;
  }

  /** Opens every page that links lead to from here, one of a kind. */
  async function walk(person: TestPerson, start: readonly string[]) {
    const pages = new Map<string, string>();
    const forms = new Map<string, Form>();
    const kindOf = (path: string) => path.replace(/_[0-9a-f]{8,}/gu, '');
    const queue = [...start];
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (pages.has(kindOf(path))) continue;
      const answer = await person.get(path);
      expect([path, answer.status < 500]).toEqual([path, true]);
      pages.set(kindOf(path), answer.html);
      for (const [, href = ''] of answer.html.matchAll(/<a [^>]*href="([^"]*)"/gu)) {
        const { origin, pathname, search } = new URL(href.replaceAll('&amp;', '&'), answer.url);
        // A list in another order is the same list; a preview in another language is not in this one.
        const same = /\.(?:csv|jsonl?)$|^\/static/u.test(pathname) || /sort=|show=/u.test(search);
        if (origin === server.issuer && !same) queue.push(pathname + search);
      }
      for (const [markup, attributes = ''] of answer.html.matchAll(/<form([^>]*)>[\s\S]*?<\/form>/gu)) {
        const action = /action="([^"]*)"/u.exec(attributes)?.[1]?.replaceAll('&amp;', '&');
        if (action === undefined || !/method="post"/iu.test(attributes) || /logout|language|\/stop$/u.test(action))
          continue;
        const kind = kindOf(action);
        if (!forms.has(kind))
          forms.set(kind, { page: path, action, markup, manyParts: attributes.includes('multipart') });
      }
    }
    return { pages, forms: [...forms.values()] };
  }

  /** The form with this in every field, and what the page says. */
  async function fill(person: TestPerson, { page, action, markup, manyParts }: Form, value: string): Promise<string> {
    const fields: Record<string, string> = {};
    for (const [field, name = ''] of markup.matchAll(
      /<(?:input|select|textarea|button)[^>]*\sname="([^"]*)"[^>]*>/gu,
    )) {
      const hidden = /type="hidden"/u.test(field);
      fields[name] = hidden ? text(/value="([^"]*)"/u.exec(field)?.[1] ?? '') : value;
    }
    const parts = new FormData();
    for (const [name, content] of Object.entries(fields)) parts.append(name, content);
    const path = new URL(action, new URL(page, server.issuer)).href;
    const answer = await person.post(path, manyParts ? parts : fields);
    expect([action, answer.status < 500]).toEqual([action, true]);
    return answer.html;
  }

  test.each([
    ['admin@acme.example', ['/admin', '/admin/stop?find=Meeting+Helper']],
    ['owner@acme.example', ['/admin', '/owned']],
    ['approver@acme.example', ['/admin', '/inbox']],
    ['person@acme.example', ['/inbox', '/agents']],
  ])('%s', async (email, start) => {
    const person = await signIn(server, email);
    const { pages, forms } = await walk(person, [...start, '/settings/security', '/settings/notifications']);
    const answers = [...pages];
    for (const form of forms)
      for (const value of ['', 'q7']) answers.push([`${form.action} with "${value}"`, await fill(person, form, value)]);
    const data = await whatOthersSaid();
    const left = answers.flatMap(([where, html]) => english(html, data).map((piece) => [where, piece]));
    expect(left).toEqual([]);
    expect(answers.length).toBeGreaterThan(10);
  });
});
