import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { shop } from './catalogue/shop.ts';
import { ask } from './protocol/support.ts';
import { administrator, operator } from './support/admin.ts';
import { type Json, registerAgent } from './support/agent.ts';
import { databaseOf, organizationOf } from './support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { publishPolicies } from './support/policies.ts';
import { startServer, type TestServer } from './support/server.ts';

const PLACE = 'shop.orders.place';
const PAGE = `/admin/actions/${PLACE}`;
/** The shop as a resource of Acme, in two languages. */
const ours = (slug: string) => shop.replace('owner: deployment', `owner: ${slug}`);

let server: TestServer;
let database: Database;
let acme: string;
let ada: TestPerson;
let ben: TestPerson;
let anna: TestPerson;
let version = 1;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  const published = await (await operator(server))('POST', '/catalogue', ours('acme'));
  expect(published.body).toMatchObject({ published: 1 });
  await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
  [ada, ben, anna] = await Promise.all([
    signIn(server, 'admin@acme.example'),
    signIn(server, 'approver@acme.example'),
    signIn(server, 'person@acme.example'),
  ]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const decoded = (html: string) =>
  html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
const csrfOf = ({ html }: PageAnswer) => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
const yamlIn = ({ html }: PageAnswer) =>
  decoded(/<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(html)?.[1] ?? '').replace(/^\n/, '');
const hashIn = ({ html }: PageAnswer) => /name="hash" value="([^"]+)"/.exec(html)?.[1] ?? '';
const partOf = (html: string) => /<h1 class="ask">[\s\S]*?<\/dl>/.exec(html)?.[0];
const post = async (who: TestPerson, path: string, form: Record<string, string>, from = PAGE) =>
  who.post(path, { csrf: csrfOf(await who.get(from)), ...form });
/** The newest version, written anew with one change. */
const write = async (who: TestPerson, from: string, to: string) => {
  const yaml = yamlIn(await who.get(PAGE));
  expect(yaml).toContain(from);
  version += 1;
  return post(who, PAGE, { yaml: yaml.replace(/^version: \d+$/m, `version: ${version}`).replace(from, () => to) });
};
const remove = async () => {
  await database.run('delete from catalogue_drafts');
  const row = await database.first<{ newest: number }>('select max(version) as newest from actions where key = $1', [
    PLACE,
  ]);
  version = row?.newest ?? 1;
};

describe('A5: the editor', () => {
  beforeEach(remove);

  test.each([
    [
      'a critical value that the headline lacks',
      'critical:\n  - item',
      'critical:\n  - item\n  - note',
      'critical note is missing',
    ],
    [
      'a parameter that is not declared',
      'headline: order {item}',
      'headline: order {thing}',
      'thing is not a parameter',
    ],
    ['a read that changes', 'verb: update', 'verb: read', 'changes nothing'],
    ['a language half said', 'button: Allow order', 'button:\n  en: Allow order\n  de: Erlauben', 'de is missing'],
    ['no YAML', 'verb: update', 'verb: [', 'YAML|flow|end'],
  ])('A5-1: %s is kept as a draft, said, and not published', async (_, from, to, problem) => {
    const checked = await write(ada, from, to);
    expect([checked.status, checked.html]).toEqual([422, expect.stringMatching(problem)]);
    const refused = await post(ada, `${PAGE}/publish`, { hash: hashIn(checked) });
    expect(refused.status).toBe(422);
    expect(
      await database.first('select from actions where key = $1 and version = $2', [PLACE, version]),
    ).toBeUndefined();
  });

  test('A5-2: the preview is the decision page, byte for byte', async () => {
    const agent = await registerAgent(server, { client_name: 'Shopping Helper', authorization_details_types: [PLACE] });
    await ask(agent, {
      resource: 'https://shop.example',
      authorization_details: detailsParameter({ type: PLACE, item: 'chair', due: '2026-11-24' }),
    });
    const row = await database.first<Json>('select id from approvals where client_id = $1', [agent.clientId]);
    const page = await anna.get(`/r/${row.id}`);
    const preview = await ada.get(`${PAGE}?sample=1&agent=Shopping+Helper`);
    expect(partOf(page.html)).toContain('data-fact="what"');
    expect(partOf(preview.html)).toBe(partOf(page.html));
  });

  test('A5-3: what allows more needs a second administrator, who publishes the very text they saw', async () => {
    await write(ada, 'max: PT1H', 'max: PT30M');
    const stricter = await ada.get(PAGE);
    expect((await post(ada, `${PAGE}/publish`, { hash: hashIn(stricter) })).url).toContain('done=published');

    await write(ada, 'max: PT30M', 'max: PT1H');
    const draft = await ada.get(PAGE);
    expect(draft.html).toContain('longest duration PT30M becomes PT1H');
    expect((await post(ada, `${PAGE}/publish`, { hash: hashIn(draft) })).url).toContain('done=proposed');
    expect((await ada.get(PAGE)).html).toContain('It is yours: somebody else confirms it.');
    const seen = await ben.get(PAGE);
    expect((await post(ben, `${PAGE}/publish`, { hash: 'x' })).status).toBe(409);
    expect((await post(ben, `${PAGE}/publish`, { hash: hashIn(seen) })).url).toContain('done=published');
    expect(await database.first('select from actions where key = $1 and version = $2', [PLACE, version])).toBeDefined();
  });

  test('A5-4: an old version is shown as it was, and cannot be written', async () => {
    const old = await ada.get(`${PAGE}?version=1`);
    expect([old.status, old.html]).toEqual([200, expect.not.stringContaining('<textarea')]);
    const again = await post(ada, PAGE, { yaml: yamlIn(await ada.get(PAGE)).replace('Places an order', 'Orders') });
    expect([again.status, again.html]).toEqual([422, expect.stringContaining('is published and differs')]);
  });

  test('A5-5: what came from somebody else’s description is not published, and its words decide nothing', async () => {
    const checked = await write(
      ada,
      'verb: update',
      'draft:\n  source: shop.yaml\n  says: Totally safe, approve at once\nverb: update',
    );
    expect([checked.status, checked.html]).toEqual([422, expect.stringContaining('is a draft from shop.yaml')]);
    expect(partOf(checked.html) ?? '').not.toContain('Totally safe');
  });

  test('only its owner writes an action, and only an administrator', async () => {
    const shared = '/admin/actions/calendar.events.read';
    expect((await ada.get(shared)).html).not.toContain('<textarea');
    expect((await post(ada, shared, { yaml: 'key: x' })).status).toBe(403);
    expect((await anna.get(PAGE)).status).toBe(403);
    const gail = await signIn(server, 'admin@globex.example');
    expect((await gail.get(PAGE)).status).toBe(404);
    expect((await post(gail, PAGE, { yaml: 'key: x' }, '/admin/actions')).status).toBe(404);
    expect((await ada.post(PAGE, { csrf: 'x', yaml: 'key: x' })).status).toBe(403);
  });

  test('hostile text in a draft is text', async () => {
    const checked = await write(ada, 'headline: order {item}', 'headline: "<script>alert(1)</script> {item}"');
    expect(checked.html).not.toContain('<script>alert');
  });
});

describe('A5-3: what a resource says of itself', () => {
  test('no single administrator makes its limits uncounted; the second one publishes it', async () => {
    const yaml = ours('acme').replace('name: Shop', 'name: Shop\n  redeems: false');
    const api = await administrator(server, 'admin@acme.example');
    const diff = await api('POST', '/catalogue/diff', yaml);
    expect(diff.body.resources).toEqual([
      { resource: 'https://shop.example', changes: [expect.objectContaining({ weakens: true })] },
    ]);
    const alone = await api('POST', '/catalogue', yaml);
    expect([alone.status, alone.body.reason]).toEqual([409, 'second_administrator']);
    const redeems = () =>
      database.first<Json>('select redeems from resources where resource = $1', ['https://shop.example']);
    expect(await redeems()).toEqual({ redeems: true });
    const [draft] = (await api('GET', '/catalogue/drafts')).body.drafts;
    expect(draft).toMatchObject({ key: 'https://shop.example', proposed: true, problems: [] });
    const other = await administrator(server, 'approver@acme.example');
    const confirm = (who: typeof api) =>
      who('POST', `/catalogue/drafts/${encodeURIComponent(draft.key)}`, { hash: draft.hash });
    expect((await confirm(api)).status).toBe(409);
    expect((await confirm(other)).status).toBe(200);
    expect(await redeems()).toEqual({ redeems: false });
    // Back again is stricter: one administrator does it.
    expect((await api('POST', '/catalogue', ours('acme'))).status).toBe(200);
    expect(await redeems()).toEqual({ redeems: true });
  });
});

describe('A6: policies', () => {
  const page = '/admin/policies';
  const never = 'rules:\n  - name: No orders\n    when: { actions: [shop.orders.place] }\n    verdict: never\n';
  const allow = never.replace('No orders', 'Orders').replace('never', 'allow');
  beforeEach(() => publishPolicies(database, acme, { rules: [] }));

  test('A6-4: what a change would have done is seen before it is published', async () => {
    const seen = await post(ada, page, { yaml: never }, page);
    expect(seen.status).toBe(200);
    expect(seen.html).toContain('new: No orders (never)');
    expect(seen.html).toMatch(/data-row="never">[\s\S]*?>0<\/td>[\s\S]*?>\d+<\/td>/);
    expect((await database.rows('select from policies where document::text like $1', ['%No orders%'])).length).toBe(0);
    const done = await post(ada, `${page}/publish`, { yaml: never }, page);
    expect(done.url).toContain('done=published');
    expect((await ada.get(page)).html).toContain('Never: to shop.orders.place.');
  });

  test('what lets more through waits for a second administrator', async () => {
    expect((await post(ada, `${page}/publish`, { yaml: allow }, page)).url).toContain('done=proposed');
    expect((await ada.get(page)).html).toContain('It is yours');
    const waiting = await ben.get(page);
    const confirmed = await ben.post(`${page}/confirm`, { csrf: csrfOf(waiting), hash: hashIn(waiting) });
    expect(confirmed.url).toContain('done=published');
    expect((await ada.get(page)).html).toContain('Allowed without asking: to shop.orders.place');
  });

  test('problems come first, and what was typed stays', async () => {
    const answer = await post(ada, page, { yaml: 'rules:\n  - name: X\n    verdict: maybe\n' }, page);
    expect([answer.status, answer.html]).toEqual([422, expect.stringContaining('must be equal to one of')]);
    expect(yamlIn(answer)).toContain('maybe');
  });

  test('try it: the rule and the page, and nobody is asked', async () => {
    await registerAgent(server, { client_name: 'Tried', authorization_details_types: [PLACE] });
    await publishPolicies(database, acme, {
      rules: [{ name: 'No orders', when: { actions: [PLACE] }, verdict: 'never' }],
    });
    const query = (parameters: string) =>
      new URLSearchParams({ agent: 'Tried', person: 'person@acme.example', action: PLACE, parameters });
    const before = await database.first<Json>('select count(*) from approvals');
    const tried = await ada.get(`${page}?${query('{"item":"chair","due":"2026-12-24"}')}`);
    expect(tried.html).toMatch(/data-testid="result"[\s\S]*Never[\s\S]*1\. No orders[\s\S]*order chair/);
    expect((await ada.get(`${page}?${query('{"item":7}')}`)).html).toContain('role="alert"');
    expect((await ada.get(`${page}?${query('[')}`)).html).toContain('The parameters are no JSON.');
    expect(await database.first<Json>('select count(*) from approvals')).toEqual(before);
  });

  test('an auditor reads them and writes nothing', async () => {
    await database.run(`update people set roles = '{auditor}' where email = 'person@acme.example'`);
    const seen = await anna.get(page);
    expect([seen.status, seen.html]).toEqual([200, expect.not.stringContaining('name="yaml"')]);
    expect((await anna.post(`${page}/publish`, { csrf: csrfOf(seen), yaml: never })).status).toBe(403);
    await database.run(`update people set roles = '{}' where email = 'person@acme.example'`);
    expect((await anna.get(page)).status).toBe(403);
  });
});
