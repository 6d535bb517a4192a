import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { wordsOf } from './protocol/support.ts';
import { addColleague, addGroup } from './support/deciders.ts';
import { databaseOf, organizationOf } from './support/delegation.ts';
import { type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let acme: string;
let ada: TestPerson;
let ben: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  await addColleague(database, 'carl@acme.example', 'Carl Holm');
  await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
  [ada, ben] = await Promise.all([signIn(server, 'admin@acme.example'), signIn(server, 'approver@acme.example')]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(() => database.run('delete from groups'));

const csrfOf = ({ html }: PageAnswer) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
const post = async (person: TestPerson, path: string, form: Record<string, string>) =>
  person.post(path, { csrf: csrfOf(await person.get('/admin/groups')), ...form });
const counting = async () =>
  (
    await database.rows<{ email: string }>(
      'select p.email from group_members m join people p on p.id = m.person where m.counts_from is not null',
    )
  ).map(({ email }) => email);
const idOf = async (email: string) =>
  (await database.first<{ id: string }>('select id from people where email = $1', [email]))?.id ?? '';

test('A6: groups by name; whoever comes in waits for another administrator, who sees who it is', async () => {
  const saved = await post(ada, '/admin/groups', { name: 'Privacy', members: 'carl@acme.example\nadmin@acme.example' });
  expect(wordsOf(saved)).toContain('Whoever came in waits for another administrator.');
  expect(wordsOf(saved)).toContain('Carl Holm waits to be confirmed, added by Ada Lind');
  // Whoever added them has no button for it.
  expect(saved.html).not.toMatch(/data-testid="confirm-group"/);
  const page = await ben.get('/admin/groups');
  const hash = /name="hash" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
  const group = /name="group" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
  expect((await post(ada, '/admin/groups/confirm', { group, hash })).status).toBe(403);
  expect(await counting()).toEqual([]);
  expect(wordsOf(await post(ben, '/admin/groups/confirm', { group, hash }))).toContain('Confirmed');
  expect((await counting()).toSorted()).toEqual(['admin@acme.example', 'carl@acme.example']);
  await post(ada, '/admin/groups', { name: 'Privacy', members: 'carl@acme.example' });
  expect(await counting()).toEqual(['carl@acme.example']);
  expect(wordsOf(await post(ada, '/admin/groups/remove', { group }))).toContain('Removed.');
});

test('what is wrong is said, and changes nothing; nobody without the role has the page', async () => {
  const unknown = await post(ada, '/admin/groups', { name: 'Privacy', members: 'nobody@acme.example' });
  expect([unknown.status, wordsOf(unknown)]).toEqual([
    422,
    expect.stringContaining('nobody@acme.example is nobody of your organization.'),
  ]);
  expect((await post(ada, '/admin/groups', { name: 'grp_00', members: '' })).status).toBe(400);
  expect(await database.rows('select from groups')).toEqual([]);
  expect((await (await signIn(server)).get('/admin/groups')).status).toBe(403);
});

const YAML = `# Ours.
rules:
  - name: Exports # of contacts
    when: { actions: [crm.contacts.export] }
    verdict: ask
`;
const decide = (form: Record<string, string>) =>
  post(ada, '/admin/policies/deciders', { yaml: YAML, rule: 'Exports', how: 'group', quorum: '1', ...form });
const yamlIn = ({ html }: PageAnswer) =>
  (/<textarea[^>]*name="yaml"[^>]*>([\s\S]*?)<\/textarea>/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&').trim();

test('A6: the form writes who decides into the rule, keeps the rest, and says what it would do before anything is published', async () => {
  const carl = { id: await idOf('carl@acme.example') };
  await addGroup(database, acme, 'Privacy', [carl, { id: await idOf('approver@acme.example') }]);
  await addGroup(database, acme, 'Night watch', [carl]);
  const page = await decide({
    group: 'Privacy',
    quorum: '2',
    may_owner: '1',
    after: '30',
    escalate: 'Night watch',
    within: '240',
  });
  expect(page.status).toBe(200);
  expect(yamlIn(page)).toContain('# Ours.');
  expect(yamlIn(page)).toContain('name: Exports # of contacts');
  expect(wordsOf(page)).toContain(
    'new: Exports (asked of 2 of Privacy (not of the person or the deputy; after 30 minutes also of Night watch; for 4 hours at most))',
  );
  expect(wordsOf(page)).toContain('! allows more');
  expect(await database.rows('select from policies where organization = $1', [acme])).toEqual([]);

  // Other people than the person: another administrator confirms it (A5-3).
  const proposed = await post(ada, '/admin/policies/publish', { yaml: `${yamlIn(page)}\n` });
  expect(wordsOf(proposed)).toContain('A proposal waits for a second administrator');
  const hash = /name="hash" value="([^"]*)"/.exec((await ben.get('/admin/policies')).html)?.[1] ?? '';
  const published = await post(ben, '/admin/policies/confirm', { hash });
  expect(wordsOf(published)).toContain('Asked of 2 of Privacy');
});

test('after the person, and the person alone; what is no number, or no group, is said', async () => {
  await addGroup(database, acme, 'Privacy', [{ id: await idOf('carl@acme.example') }]);
  const both = await decide({ how: 'both', group: 'Privacy' });
  expect(yamlIn(both)).toMatch(/verdict: two/);
  expect(wordsOf(both)).toContain('asked of the person and then of one of Privacy');
  const alone = await decide({ how: 'person', group: 'Privacy' });
  expect(yamlIn(alone)).not.toMatch(/deciders/);
  expect(wordsOf(await decide({ group: '' }))).toContain('Choose a group.');
  expect(wordsOf(await decide({ group: 'Privacy', quorum: 'two' }))).toContain('Minutes and people are whole numbers.');
  expect(wordsOf(await decide({ group: 'Privacy', rule: 'Imports' }))).toContain('There is no rule of this name');
});
