import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

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

describe('every page of the story in a language nobody speaks', () => {
  /** What a page says that is neither ours nor one of these. */
  function english(html: string, data: readonly string[]): string[] {
    return html
      .replace(/<(pre|code|head)>[\s\S]*?<\/\1>/gu, '')
      .replace(/<(\w+)(?:\s[^>]*)?\slang="en"[^>]*>[\s\S]*?<\/\1>/gu, '') // the catalogue's, which has no other
      .split(/<[^>]*>/u)
      .map((piece) => data.reduce((rest, known) => rest.replaceAll(known, ''), text(piece)))
      .map((piece) => piece.replace(/\b(?:apr|req|rcp|tsk)_[0-9a-f]+/gu, '')) // a reference
      .filter((piece) => /[A-Za-z]{2}/u.test(piece));
  }

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
