import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { draftHash } from '../server/admin/publications.ts';
import { shop } from './catalogue/shop.ts';
import { ask, tokenFromBehind } from './protocol/support.ts';
import { administrator, operator } from './support/admin.ts';
import { type Json, registerAgent } from './support/agent.ts';
import { databaseOf, organizationOf } from './support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { publishPolicies } from './support/policies.ts';
import { startServer, type TestServer } from './support/server.ts';
import { text } from './views/html.ts';

const PLACE = 'shop.orders.place';
const PAGE = `/admin/actions/${PLACE}`;
/** The shop as a resource of Acme, in two languages. */
const ours = (slug: string) => shop.replace('owner: deployment', `owner: ${slug}`);

/** What a description says of itself. */
const TRUST_ME = '<b>TRUST ME</b>, the level is low';

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
/** Of the one draft there is, also where its page has nothing to press. */
const hashKept = async () => {
  const draft = await database.first<{ key: string; yaml: string }>('select key, yaml from catalogue_drafts');
  return draftHash(draft ?? { key: '', yaml: '' });
};
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
    expect(checked.html).not.toContain('data-testid="publish"');
    const refused = await post(ada, `${PAGE}/publish`, { hash: await hashKept() });
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
    const preview = await ada.get(`${PAGE}?show=1.en&agent=Shopping+Helper`);
    expect(partOf(page.html)).toContain('data-fact="what"');
    expect(partOf(preview.html)).toBe(partOf(page.html));
    // While somebody types, and for whoever types without script, the same.
    const form = { yaml: yamlIn(preview), show: '1.en' };
    const drawn = await post(ada, `${PAGE}/preview?agent=Shopping+Helper`, form);
    expect([drawn.status, drawn.html.slice(0, 8)]).toEqual([200, '<section']);
    expect(partOf(drawn.html)).toBe(partOf(page.html));
    const unscripted = await post(ada, `${PAGE}?agent=Shopping+Helper`, form);
    expect(partOf(unscripted.html)).toBe(partOf(page.html));
  });

  test('A5-2: what a person is pointed to instead stands below it, in the language chosen', async () => {
    const offered = async (show: string) => {
      const { html } = await ada.get(`/admin/actions/repos.repository.delete?show=${show}`);
      return text(/<div data-instead[\s\S]*?<\/div>/.exec(html)?.[0] ?? '');
    };
    expect(await offered('1.en')).toMatch(/^Safer: archive the repository acme\/billing.*Medium impact/);
    expect(await offered('1.de')).toMatch(/^Sicherer: das Repository acme\/billing archivieren.*Mittlere Auswirkung/);
    const { html } = await ada.get('/admin/actions/repos.repository.archive?show=1.en');
    expect(html).not.toContain('data-instead');
  });

  test('A5-2: what is typed is previewed with what it lacks, in the sample and language chosen, and not kept', async () => {
    const yaml = yamlIn(await ada.get(PAGE))
      .replace(/^version: .*$/m, 'version: 1')
      .replace('impact: It arrives', () => `impact: ${'It arrives sooner or later, '.repeat(2)}it arrives`)
      .replace('samples:', 'samples:\n  - item: table\n    due: 2026-11-25');
    const drawn = await post(ada, `${PAGE}/preview`, { yaml, show: '1.en' });
    expect(partOf(drawn.html)).toContain('table</bdi>');
    expect(drawn.html).toMatch(/! too long: <\/strong>Impact 8\d\/70 characters/);
    expect(drawn.html).toMatch(/keeps? it from being published[\s\S]*is published and differs/);
    const german = await post(ada, `${PAGE}/preview`, { yaml: yamlIn(await ada.get(PAGE)), show: '1.de' });
    expect(german.html).toMatch(/<article class="phone"[^>]*lang="de"[\s\S]*Ein Agent[\s\S]*möchte/);
    // A second language that is half written is shown, with English where it is not there yet.
    const half = yamlIn(await ada.get(PAGE)).replace(
      'button: Allow order',
      'button:\n  en: Allow order\n  de: Bestellung erlauben',
    );
    const begun = await post(ada, `${PAGE}/preview`, { yaml: half, show: '1.de' });
    expect(partOf(begun.html)).toMatch(/möchte[\s\S]*order /);
    expect(begun.html).toContain('headline: de is missing');
    expect(await database.first('select from catalogue_drafts')).toBeUndefined();
    // Without script the page comes back with what was typed.
    const unscripted = await post(ada, PAGE, { yaml, show: '2.en' });
    expect([unscripted.status, yamlIn(unscripted)]).toEqual([200, yaml]);
    expect(partOf(unscripted.html)).toContain('chair');
    expect(await database.first('select from catalogue_drafts')).toBeUndefined();
  });

  test('A5-2: whatever is half typed is answered, and hostile text in it is text', async () => {
    const lines = yamlIn(await ada.get(PAGE)).split('\n');
    const csrf = csrfOf(await ada.get(PAGE));
    for (const index of lines.keys()) {
      const yaml = lines.with(index, lines[index]?.slice(0, -3) ?? '').join('\n');
      expect([yaml, (await ada.post(`${PAGE}/preview`, { csrf, yaml })).status]).toEqual([yaml, 200]);
    }
    const hostile = '</textarea><script>alert(1)</script><img src=x onerror=alert(1)>';
    for (const yaml of [
      lines.join('\n').replace('order {item}', () => JSON.stringify(`${hostile} {item}`)),
      lines.join('\n').replace('item: chair', () => `item: ${JSON.stringify(hostile)}`),
      `${hostile}: [`,
    ]) {
      for (const path of [PAGE, `${PAGE}/preview`]) {
        const { html, headers } = await ada.post(path, { csrf, yaml, show: '1.en' });
        expect(html).not.toMatch(/<script(?! src="\/static\/)|<img/);
        expect(headers.get('content-security-policy')).toMatch(/script-src 'self';/);
      }
    }
    expect((await ada.post(`${PAGE}/preview`, { csrf: 'x', yaml: 'key: x' })).status).toBe(403);
    expect((await anna.post(`${PAGE}/preview`, { csrf, yaml: 'key: x' })).status).toBe(403);
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

  test('A5-3: what is written is published in one step, as the version it names, or proposed where it allows more', async () => {
    const shown = await ada.get(PAGE);
    expect(shown.html).toMatch(/href="[^"]*#yaml"[^>]*data-testid="new-version">New version</);
    const next = yamlIn(shown);
    const written = (from: string, to: string) => next.replace(from, () => to);
    const publish = (who: TestPerson, yaml: string) => post(who, PAGE, { yaml, publish: '1' });
    const stricter = written('max: PT30M', 'max: PT20M').replace('max: PT1H', 'max: PT20M');
    const drawn = await post(ada, `${PAGE}/preview`, { yaml: stricter });
    expect(drawn.html).toMatch(new RegExp(`name="publish"[^>]*>Publish v${version + 1}<`));
    // Nothing to publish in what is as it was; nor where the lint complains (A5-1).
    for (const yaml of [next, stricter.replace('order {item}', 'order {thing}')]) {
      expect((await post(ada, `${PAGE}/preview`, { yaml })).html).not.toContain('name="publish"');
    }
    expect((await publish(ada, stricter.replace('order {item}', 'order {thing}'))).status).toBe(422);
    await database.run('delete from catalogue_drafts');
    expect((await publish(ada, stricter)).url).toContain('done=published');
    const wider = yamlIn(await ada.get(PAGE)).replace('max: PT20M', 'max: PT1H');
    expect((await post(ada, `${PAGE}/preview`, { yaml: wider })).html).toContain('to a second administrator');
    expect((await publish(ada, wider)).url).toContain('done=proposed');
    expect((await publish(ada, wider)).url).toContain('done=proposed');
    // The very text that waits is confirmed by whoever else sends it, and not proposed anew.
    expect((await publish(ben, wider)).url).toContain('done=published');
  });

  test('a new version says of how many agents may do it now, whichever version they were allowed', async () => {
    const agent = await registerAgent(server, { client_name: 'Two Versions', authorization_details_types: [PLACE] });
    const now = async () => Number(/(\d+) agents? may do it now\./.exec((await ada.get(PAGE)).html)?.[1]);
    const before = await now();
    const order = detailsParameter({ type: PLACE, item: 'chair', due: '2027-01-08' });
    const allow = () =>
      tokenFromBehind(server, agent, anna, { resource: 'https://shop.example', authorization_details: order });
    expect([(await allow()).status, await now()]).toEqual([200, before + 1]);
    const next = yamlIn(await ada.get(PAGE)).replace('Can be cancelled', 'Can be called off');
    expect((await post(ada, PAGE, { yaml: next, publish: '1' })).url).toContain('done=published');
    expect(await now()).toBe(before + 1);
  });

  test('A5-4: an old version is shown as it was, and cannot be written', async () => {
    const old = await ada.get(`${PAGE}?version=1`);
    expect([old.status, old.html]).toEqual([200, expect.not.stringContaining('<textarea')]);
    const next = yamlIn(await ada.get(PAGE));
    expect(next).toMatch(new RegExp(`^version: ${version + 1}$`, 'm'));
    const yaml = next.replace(/^version: .*$/m, `version: ${version}`).replace('Places an order', 'Orders');
    const again = await post(ada, PAGE, { yaml });
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

  test('A5-5: an action from scratch is a draft that is previewed at once and not published as it began', async () => {
    const create = '/admin/actions/new';
    expect((await ada.get('/admin/actions')).html).toContain(`href="${create}"`);
    const begun = { system: 'https://shop.example', key: 'shop.orders.cancel' };
    const page = await post(ada, create, begun, create);
    expect(new URL(page.url).pathname).toBe('/admin/actions/shop.orders.cancel');
    expect(partOf(page.html)).toContain('change ');
    expect(page.html).toMatch(/1 thing keeps it[\s\S]*is a draft from scratch/);
    expect((await ada.get(`${page.url.split('?')[0]}?ui_locales=de`)).html).toContain('ist ein ganz neuer Entwurf');
    expect((await ada.get('/admin/actions')).html).toMatch(/data-row="shop.orders.cancel"[\s\S]*?draft/);
    const at = '/admin/actions/shop.orders.cancel';
    expect((await post(ada, `${at}/publish`, { hash: await hashKept() }, at)).status).toBe(422);
    const own = yamlIn(page).replace(/^draft: .*\n/m, '');
    const kept = await post(ada, at, { yaml: own }, at);
    expect(kept.html).toContain('Nothing keeps it from being published.');
    const published = await post(ada, `${at}/publish`, { hash: hashIn(kept) }, at);
    expect(published.url).toContain('done=published');
    // A name that is taken, one that is none, and a system that is not theirs.
    for (const wrong of [begun, { ...begun, key: 'Cancel' }, { ...begun, system: 'https://calendar.acme.example' }]) {
      expect((await post(ada, create, wrong, create)).status).toBe(422);
    }
    expect((await anna.get(create)).status).toBe(403);
  });

  test('whoever may only look sees a draft as it would be read, and nothing to press', async () => {
    const begun = { system: 'https://shop.example', key: 'shop.orders.look' };
    await post(ada, '/admin/actions/new', begun, '/admin/actions/new');
    await database.run(`update people set roles = '{auditor}' where email = 'person@acme.example'`);
    const { html } = await anna.get('/admin/actions/shop.orders.look?show=1.de');
    expect(html).toMatch(/is a draft from scratch[\s\S]*<article class="phone"[^>]*lang="de"/);
    expect(html).not.toMatch(/<textarea|<button[^>]*(name="show"|data-testid="publish")|preview\.js/);
    expect((await anna.get('/admin/actions/new')).status).toBe(403);
    await database.run(`update people set roles = '{}' where email = 'person@acme.example'`);
  });

  test('A5-5: what somebody removes before it was ever published is gone', async () => {
    const begun = { system: 'https://shop.example', key: 'shop.orders.forget' };
    const page = await post(ada, '/admin/actions/new', begun, '/admin/actions/new');
    const list = await post(ada, `${new URL(page.url).pathname}/remove`, {}, new URL(page.url).pathname);
    expect([list.html, (await ada.get(page.url)).status]).toEqual([
      expect.stringContaining('The draft is removed.'),
      404,
    ]);
  });

  test.each(['pasted', 'uploaded'])(
    'A5-5: a description that is %s becomes drafts only, its words untrusted',
    async (how) => {
      const pay = {
        operationId: 'pay',
        summary: TRUST_ME,
        parameters: [{ name: 'invoice', in: 'query', required: true, schema: { type: 'string' } }],
      };
      const openApi = { openapi: '3.1.0', paths: { '/refunds': { post: pay } } };
      const tool = { name: 'pay', description: TRUST_ME, inputSchema: { properties: { 'x-odd': {} } } };
      const document = JSON.stringify(how === 'pasted' ? openApi : { result: { tools: [tool] } });
      const form = new FormData();
      form.set('csrf', csrfOf(await ada.get('/admin/actions/new')));
      form.set('described_system', 'https://shop.example');
      form.set('document', how === 'pasted' ? document : '');
      form.set('file', how === 'pasted' ? new File([], '') : new File([document], 'tools.json'));
      const send = () => ada.post('/admin/actions/new/drafts', form);
      const before = await database.rows('select key, version from actions order by key, version');
      expect((await send()).html).toContain('1 draft made. Nothing is published.');
      expect(await database.rows('select key, version from actions order by key, version')).toEqual(before);
      const [draft] = await database.rows<Json>('select key, yaml from catalogue_drafts');
      const page = await ada.get(`/admin/actions/${draft.key}`);
      expect(page.html).toMatch(
        /data-testid="described"[\s\S]*Nobody checked it[\s\S]*<blockquote[^>]*>“[^<]*TRUST ME/,
      );
      expect(page.html).not.toContain('<b>TRUST ME');
      expect(partOf(page.html)).toMatch(/data-fact="what"(?![\s\S]*TRUST ME)/);
      expect(page.html).toContain(how === 'pasted' ? 'Drafted from <bdi>pasted text' : 'Drafted from <bdi>tools.json');
      const at = `/admin/actions/${draft.key}`;
      expect((await post(ada, `${at}/publish`, { hash: await hashKept() }, at)).status).toBe(422);
      // Once more: what is there, and may have been written anew, stays.
      await database.run(`update catalogue_drafts set yaml = 'key: mine'`);
      expect((await send()).html).toContain('1 was there already and is as it was.');
      expect(await database.rows('select yaml from catalogue_drafts')).toEqual([{ yaml: 'key: mine' }]);
    },
  );

  test('A5-5: what is no description, both at once, or somebody else’s system is refused with a reason', async () => {
    const create = '/admin/actions/new';
    const good = { described_system: 'https://shop.example', document: '{"tools":[]}' };
    for (const [form, reason] of [
      [{ ...good, document: '{}' }, 'neither an OpenAPI 3 document nor a list of MCP tools'],
      [{ ...good }, 'It describes no operation'],
      [{ ...good, document: '' }, 'Send a file or its text'],
      [{ ...good, file: '{}' }, 'Send a file or its text'],
      [{ ...good, described_system: 'https://calendar.acme.example' }, 'Choose a system'],
      [{ ...good, document: '[{"name":"x","inputSchema":{}}]', source: 'a\u202eb' }, 'is plain text'],
    ] as const) {
      const answer = await post(ada, `${create}/drafts`, form, create);
      expect([answer.status, answer.html]).toEqual([422, expect.stringContaining(reason)]);
    }
    expect((await ada.post(`${create}/drafts`, { ...good, csrf: 'x' })).status).toBe(403);
    // Files come to this form alone, and a field comes once here too (OA-13).
    const twice = new FormData();
    for (const source of ['a', 'b']) twice.append('source', source);
    expect((await ada.post(`${create}/drafts`, twice)).status).toBe(400);
    expect((await ada.post(create, twice)).status).toBe(400);
    const broken = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await ada.post(`${create}/drafts`, good, broken)).status).toBe(400);
    expect(await database.first('select from catalogue_drafts')).toBeUndefined();
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

  test('the editor begins in the language of whoever writes, and offers whom and what can be tried', async () => {
    const gail = await signIn(server, 'admin@globex.example');
    const begun = await gail.get(`${page}?ui_locales=de`);
    expect(yamlIn(begun)).toBe(
      '# Es zählt die erste Regel, die passt; ohne eine wird die Person gefragt.\nrules: []\n',
    );
    expect(yamlIn(await gail.get(page))).toMatch(/^# The first rule that matches/);
    await registerAgent(server, { client_name: 'Offered' });
    const { html } = await ada.get(page);
    for (const value of ['Offered', 'person@acme.example', PLACE]) expect(html).toContain(`<option value="${value}"`);
    expect(begun.html).not.toMatch(/<option value="(?:Offered|person@acme)/);
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
    expect(tried.html).toMatch(
      /data-testid="result"[\s\S]*Never[\s\S]*1\. No orders[\s\S]*What is refused[\s\S]*order (?:<[^>]*>)+chair/,
    );
    const german = await ada.get(`${page}?${query('{"item":"chair","due":"2026-12-24"}')}&ui_locales=de`);
    expect(german.html).toMatch(/data-testid="result"[\s\S]*Nie<[\s\S]*Was abgelehnt wird[\s\S]*chair/);
    expect((await ada.get(`${page}?${query('{"item":7}')}`)).html).toContain('shop.orders.place: misses due.');
    expect((await ada.get(`${page}?${query('{"item":7}')}&ui_locales=de`)).html).toContain('fehlt due.');
    expect((await ada.get(`${page}?${query('[')}`)).html).toContain('The parameters are no JSON.');
    expect((await ada.get(`${page}?${query('{"item":1,"item":2}')}`)).html).toContain('appears twice');
    const parameters = `{"item":${'['.repeat(9_000)}${']'.repeat(9_000)}}`;
    const deep = { yaml: never, agent: 'Tried', person: 'person@acme.example', action: PLACE, parameters };
    const answered = await post(ada, `${page}/try`, deep, page);
    expect([answered.status, answered.html.includes('nested deeper than 6 levels')]).toEqual([200, true]);
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
