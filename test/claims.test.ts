import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { DOCUMENT_MEMBER, placesOf, resourceProblem } from '../server/admin/claims.ts';
import { roomsOf } from './catalogue/rooms.ts';
import { wordsOf } from './protocol/support.ts';
import { type Api, administrator } from './support/admin.ts';
import type { Json } from './support/agent.ts';
import { databaseOf, eventsOf } from './support/delegation.ts';
import { type NameServer, startNameServer } from './support/name-server.ts';
import { type PageAnswer, signIn } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let http: Server;
let origin: string;
let names: NameServer;
/** TXT records, by name. */
const records = new Map<string, string[]>();
let acme: Api;
let globex: Api;
/** What stands at the well-known address, by path. */
const shelf = new Map<string, string>();
beforeAll(async () => {
  http = createServer((request, response) => {
    const found = shelf.get(request.url ?? '');
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(found);
  });
  await new Promise<void>((resolve) => http.listen(0, 'localhost', resolve));
  const { port } = http.address() as AddressInfo;
  origin = `http://localhost:${port}`;
  names = await startNameServer((name, type) => (type === 'TXT' ? (records.get(name) ?? []) : []));
  server = await startServer({
    COUNTERSIGN_EGRESS_ALLOW: `localhost:${port}`,
    COUNTERSIGN_DNS_SERVERS: names.address,
  });
  database = databaseOf(server);
  [acme, globex] = [
    await administrator(server, 'admin@acme.example'),
    await administrator(server, 'admin@globex.example'),
  ];
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  http?.close();
  await names?.close();
});

const claim = (by: Api, resource: string) => by('POST', '/resource-claims', { resource, name: 'Rooms' });
const prove = (by: Api, resource: string) => by('POST', '/resource-claims/prove', { resource });
const show = (resource: string, more: Json) =>
  shelf.set(
    new URL(placesOf({ resource, challenge: '' }).document.url).pathname,
    JSON.stringify({ resource, ...more }),
  );
describe('a resource of an organization', () => {
  test('is registered by whoever proves to control it, and then its catalogue is theirs to publish', async () => {
    const resource = `${origin}/rooms`;
    expect(await acme('POST', '/catalogue', roomsOf(resource, 'acme'))).toMatchObject({ status: 403 });
    const { status, body } = await claim(acme, resource);
    expect([status, body.document.url, body.dns.name]).toEqual([
      201,
      `${origin}/.well-known/oauth-protected-resource/rooms`,
      '_countersign-challenge.localhost',
    ]);
    expect(await prove(acme, resource)).toMatchObject({ status: 422, body: { reason: 'not_proven' } });
    show(resource, { [DOCUMENT_MEMBER]: body.challenge });
    const events = await eventsOf(database, async () => {
      expect(await prove(acme, resource)).toMatchObject({ status: 200, body: { proven_by: 'document' } });
    });
    expect(events).toMatchObject([{ type: 'admin.acted', reason: 'resource.proven' }]);
    expect((await acme('POST', '/catalogue', roomsOf(resource, 'acme'))).status).toBeLessThan(300);
  });

  test('has one owner in the deployment: the first who proves it; the challenge of one proves nothing for another', async () => {
    const resource = `${origin}/contested`;
    const [mine, theirs] = [await claim(acme, resource), await claim(globex, resource)];
    show(resource, { [DOCUMENT_MEMBER]: theirs.body.challenge });
    expect(await prove(acme, resource)).toMatchObject({ status: 422 });
    expect(await prove(globex, resource)).toMatchObject({ status: 200 });
    show(resource, { [DOCUMENT_MEMBER]: mine.body.challenge });
    expect(await prove(acme, resource)).toMatchObject({ status: 409, body: { reason: 'taken' } });
    expect(await claim(acme, resource)).toMatchObject({ status: 409, body: { reason: 'taken' } });
    expect(await acme('POST', '/catalogue', roomsOf(resource, 'acme'))).toMatchObject({ status: 403 });
  });

  test('proven by twenty at once, it is there once', async () => {
    const resource = `${origin}/once`;
    const { body } = await claim(acme, resource);
    show(resource, { [DOCUMENT_MEMBER]: body.challenge });
    const answers = await Promise.all([...Array(20)].map(() => prove(acme, resource)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('a shared one is nobody’s to claim, and another organization’s claim is not there', async () => {
    expect(await claim(acme, 'https://calendar.acme.example')).toMatchObject({
      status: 409,
      body: { reason: 'taken' },
    });
    await claim(acme, `${origin}/private`);
    expect(await prove(globex, `${origin}/private`)).toMatchObject({ status: 404 });
    const { body } = await globex('GET', '/resource-claims');
    expect(body.resource_claims.map(({ resource }: Json) => resource)).not.toContain(`${origin}/private`);
  });

  test('says nothing of itself to another organization that names its actions', async () => {
    const [mine, theirs] = [`${origin}/mine`, `${origin}/theirs`];
    for (const [by, resource] of [[acme, mine] as const, [globex, theirs] as const]) {
      show(resource, { [DOCUMENT_MEMBER]: (await claim(by, resource)).body.challenge });
      expect((await prove(by, resource)).status).toBe(200);
    }
    const key = 'payroll.read';
    const secret = roomsOf(mine, 'acme', key).replace('read the rooms', 'read what all of us earn');
    expect((await acme('POST', '/catalogue', secret)).status).toBeLessThan(300);
    const probing = roomsOf(theirs, 'globex', key);
    const taken = [`${key}: declared by two resources`];
    // Whichever version of it they name.
    for (const text of [
      probing,
      probing.replace('version: 1', 'version: 2'),
      secret.replaceAll(mine, theirs).replace('acme', 'globex'),
    ]) {
      const { body } = await globex('POST', '/catalogue/diff', text);
      expect(body.problems).toEqual(taken);
      expect(body.actions).toEqual([expect.objectContaining({ key, resource: theirs, state: 'new', changes: [] })]);
      expect(await globex('POST', '/catalogue', text)).toMatchObject({ status: 422, body: { problems: taken } });
    }
    // Nor may an action of theirs lead there: whether there is such a one is nobody's to try.
    const leading = (to: string) =>
      roomsOf(theirs, 'globex', 'halls.read').replace('durations:', `downstream: [${to}]\n      durations:`);
    for (const to of [key, 'nothing.read']) {
      expect((await globex('POST', '/catalogue/lint', leading(to))).body.problems).toEqual([
        `halls.read v1: downstream action ${to} is unknown`,
      ]);
    }
    expect((await globex('POST', '/catalogue/lint', leading('calendar.events.read'))).body.problems).toEqual([]);
  });

  test('is not taken under a name, or at an address, that no catalogue takes: it would stand in everybody’s', async () => {
    const fits = { resource: `${origin}/${'r'.repeat(199 - origin.length)}`, name: 'n'.repeat(40) };
    for (const longer of [
      { ...fits, name: `${fits.name}n` },
      { ...fits, resource: `${fits.resource}r` },
    ]) {
      expect(await acme('POST', '/resource-claims', longer)).toMatchObject({ status: 400 });
    }
    const { body } = await acme('POST', '/resource-claims', fits);
    show(fits.resource, { [DOCUMENT_MEMBER]: body.challenge });
    expect(await prove(acme, fits.resource)).toMatchObject({ status: 200 });
    const published = await acme('POST', '/catalogue', roomsOf(fits.resource, 'acme').replace('Rooms', fits.name));
    expect(published.status).toBeLessThan(300);
  });

  test.each([
    [
      'the document of another resource',
      (challenge: string) => ({ resource: 'https://other.example', [DOCUMENT_MEMBER]: challenge }),
    ],
    ['another challenge', () => ({ [DOCUMENT_MEMBER]: 'guess' })],
    ['none', () => ({})],
  ])('%s proves nothing', async (_, made) => {
    const resource = `${origin}/unproven`;
    const { body } = await claim(acme, resource);
    show(resource, made(body.challenge));
    expect(await prove(acme, resource)).toMatchObject({ status: 422 });
  });

  test('many claims are read a page at a time, each once; words and proof choose among them', async () => {
    for (const n of [1, 2, 3, 4, 5]) await claim(acme, `${origin}/paged/${n}`);
    const read = async (query: string) => {
      const found: string[] = [];
      let after = '';
      do {
        const { body } = await acme(
          'GET',
          `/resource-claims?${query}${after && `&after=${encodeURIComponent(after)}`}`,
        );
        found.push(...body.resource_claims.map(({ resource }: Json) => resource));
        after = body.next ?? '';
      } while (after !== '');
      return found;
    };
    const all = [1, 2, 3, 4, 5].map((n) => `${origin}/paged/${n}`);
    expect(await read('q=%2Fpaged%2F&limit=2')).toEqual(all);
    expect(await read('q=%2Fpaged%2F&proven=true')).toEqual([]);
    expect(await read('q=%2Fpaged%2F&proven=false&limit=3')).toEqual(all);
  });

  test('a claim that expired proves nothing', async () => {
    const resource = `${origin}/late`;
    const { body } = await claim(acme, resource);
    show(resource, { [DOCUMENT_MEMBER]: body.challenge });
    await database.run('update resource_claims set expires_at = now() where resource = $1', [resource]);
    expect(await prove(acme, resource)).toMatchObject({ status: 409, body: { reason: 'expired' } });
  });
});

describe('in the console', () => {
  const PAGE = '/admin/systems';
  const csrfIn = ({ html }: PageAnswer) => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

  test('a system is named, shown with what proves it, and proven; then it is described', async () => {
    const ada = await signIn(server, 'admin@acme.example');
    const resource = `${origin}/console`;
    const typed = { csrf: csrfIn(await ada.get(PAGE)), resource, name: 'Console Rooms' };
    const wrong = await ada.post(PAGE, { ...typed, resource: 'http://api.example' });
    expect([wrong.status, wordsOf(wrong)]).toEqual([422, expect.stringContaining('It is an https address')]);
    expect((await ada.post(PAGE, { ...typed, resource: 'https://calendar.acme.example' })).status).toBe(409);

    const named = await ada.post(PAGE, typed);
    expect(wordsOf(named)).toContain('Named. Put one of the two in place');
    const { body } = await acme('GET', `/resource-claims?q=${encodeURIComponent(resource)}`);
    const [{ challenge, document }] = body.resource_claims;
    expect(wordsOf(named)).toContain(`&quot;countersign_challenge&quot;: &quot;${challenge}&quot;`);
    expect(wordsOf(named)).toContain(document.url);
    const looked = await ada.post(`${PAGE}/prove`, typed);
    expect([looked.status, wordsOf(looked)]).toEqual([422, expect.stringContaining('Neither is there yet.')]);

    show(resource, { [DOCUMENT_MEMBER]: challenge });
    expect(wordsOf(await ada.post(`${PAGE}/prove`, typed))).toContain('Proven. It is yours to describe.');
    expect((await ada.get('/admin/actions/new')).html).toContain(`value="${resource}"`);
    expect((await ada.post(`${PAGE}/prove`, typed)).status).toBe(409);
    // Nothing of it is anybody else's to see or to prove.
    const gail = await signIn(server, 'admin@globex.example');
    const theirs = await gail.get(PAGE);
    expect(theirs.html).not.toContain(resource);
    expect((await gail.post(`${PAGE}/prove`, { ...typed, csrf: csrfIn(theirs) })).status).toBe(404);
  });
});

test.each([
  ['https://api.example', undefined],
  ['https://api.example/v1', undefined],
  ['https://api.example/', undefined],
  ['http://localhost:1234/v1', undefined],
  ['http://api.example', 'must use https'],
  ['https://api.example/#x', 'must have no user, query or fragment'],
  ['https://api.example/?a=b', 'must have no user, query or fragment'],
  ['https://user@api.example/', 'must have no user, query or fragment'],
  ['https://API.example/', 'must be written as https://api.example/'],
  ['https://api.example:443/v1', 'must be written as https://api.example/v1'],
  ['https://api.example/a/../v1', 'must be written as https://api.example/v1'],
])('the identifier %s: %s', (resource, expected) => {
  expect(resourceProblem(resource, ['localhost:1234'])).toBe(expected);
});

describe('the DNS proves it, as a real name server answers', () => {
  const RESOURCE = 'https://rooms.acme.example/api';
  const NAME = '_countersign-challenge.rooms.acme.example';

  test('with this challenge, alone or among others, in one piece or several', async () => {
    const { challenge } = (await claim(acme, RESOURCE)).body;
    for (const wrong of [[], [`${challenge}x`], [challenge.slice(1)], [challenge.toUpperCase()], ['v=spf1 -all']]) {
      records.set(NAME, wrong);
      expect((await prove(acme, RESOURCE)).status).toBe(422);
    }
    records.set('rooms.acme.example', [challenge]); // not the name that was asked for
    expect((await prove(acme, RESOURCE)).status).toBe(422);
    records.set(NAME, ['v=spf1 -all', challenge]);
    expect(await prove(acme, RESOURCE)).toMatchObject({ status: 200, body: { proven_by: 'dns' } });
    expect(names.asked).toContain(`TXT ${NAME}`);
  });

  test('what proves it for one organization proves nothing for another', async () => {
    const resource = 'https://desks.acme.example';
    const name = '_countersign-challenge.desks.acme.example';
    const [ours, theirs] = [(await claim(acme, resource)).body, (await claim(globex, resource)).body];
    records.set(name, [ours.challenge]);
    expect(theirs.challenge).not.toBe(ours.challenge);
    expect((await prove(globex, resource)).status).toBe(422);
    expect((await prove(acme, resource)).status).toBe(200);
    records.set(name, [theirs.challenge]);
    expect((await prove(globex, resource)).status).toBe(409);
  });
});
