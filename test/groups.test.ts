import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { type Api, administrator, operator } from './support/admin.ts';
import type { Json } from './support/agent.ts';
import { databaseOf, eventsIn, organizationOf } from './support/delegation.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let acme: string;
let ada: Api;
let ben: Api;
let asOperator: Api;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
  [ada, ben, asOperator] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    administrator(server, 'approver@acme.example'),
    operator(server),
  ]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(() => database.run('delete from groups'));

const ANNA = 'person@acme.example';
const BEN = 'approver@acme.example';
const ADA = 'admin@acme.example';
const OLGA = 'owner@acme.example';
const groups = async () => (await ada('GET', '/groups')).body.groups as Json[];
const counting = async () =>
  (await groups()).flatMap(({ members }) =>
    members.filter(({ counts_from }: Json) => counts_from !== null).map(({ email }: Json) => email),
  );
const set = (api: Api, members: string[], more: Json = {}) =>
  api('PUT', '/groups', { name: 'Privacy', members, ...more });
const confirm = (api: Api, hash: string) => api('POST', '/groups/Privacy/confirm', { hash });

test('whoever comes in waits for another administrator; whoever goes is gone at once', async () => {
  const put = await set(ada, [BEN, OLGA]);
  expect(put.body).toMatchObject({ name: 'Privacy', needs: 'another administrator' });
  expect(await counting()).toEqual([]);
  expect(await confirm(ada, put.body.waiting)).toMatchObject({ status: 403, body: { reason: 'second_administrator' } });
  expect(await confirm(ben, 'another')).toMatchObject({ status: 409, body: { reason: 'changed' } });
  expect(await confirm(ben, put.body.waiting)).toMatchObject({ status: 200, body: { confirmed: [BEN, OLGA] } });
  expect(await counting()).toEqual([BEN, OLGA]);
  expect(await confirm(ben, put.body.waiting)).toMatchObject({ status: 409, body: { reason: 'over' } });

  expect((await set(ada, [OLGA, ANNA])).body.members.map(({ email }: Json) => email)).toEqual([ANNA, OLGA]);
  expect(await counting()).toEqual([OLGA]);
});

test('an administrator who adds themselves counts for nothing until another one confirms it, and stands out in the evidence', async () => {
  const { body } = await set(ada, [ADA]);
  expect(await counting()).toEqual([]);
  expect((await confirm(ada, body.waiting)).status).toBe(403);
  // Said again, by the same or by hand: the database says so as well.
  await set(ada, [ADA]);
  expect(await counting()).toEqual([]);
  await expect(database.run('update group_members set counts_from = now()')).rejects.toThrow(/check constraint/);
  await expect(database.run('update group_members set counts_from = now(), confirmed_by = added_by')).rejects.toThrow(
    /check constraint/,
  );
  const events = (await eventsIn(database)).filter(({ reason }) => reason === 'group.changed');
  expect(events.at(-1)?.fields['content.adds_themselves']?.value).toBe(true);
});

test('whoever confirms names what they saw: somebody who was slipped in meanwhile is confirmed by nobody', async () => {
  const { body } = await set(ada, [BEN]);
  await set(ada, [BEN, ADA]);
  expect((await confirm(ben, body.waiting)).status).toBe(409);
  expect(await counting()).toEqual([]);
});

test('what both administrators added, neither of them confirms alone', async () => {
  await set(ada, [OLGA]);
  await set(ben, [OLGA, ANNA]);
  const [group] = await groups();
  expect((await confirm(ada, group?.waiting)).status).toBe(403);
  expect((await confirm(ben, group?.waiting)).status).toBe(403);
  expect(await counting()).toEqual([]);
});

test('the operator answers for the deployment alone', async () => {
  expect((await set(asOperator, [BEN], { organization: 'acme' })).body.needs).toBeUndefined();
  expect(await counting()).toEqual([BEN]);
});

test('two administrators at once make one group', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => set(index % 2 ? ada : ben, [OLGA])));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect((await groups()).map(({ name, members }) => [name, members.length])).toEqual([['Privacy', 1]]);
});

describe('what is refused, and changes nothing', () => {
  test.each([
    ['somebody unknown', { name: 'Privacy', members: ['nobody@acme.example'] }, 404],
    ['somebody of another organization', { name: 'Privacy', members: ['person@globex.example'] }, 404],
    ['a name like an id', { name: 'grp_00', members: [] }, 400],
    ['an invisible character in the name', { name: 'Priv\u200bacy', members: [] }, 400],
    ['a member twice', { name: 'Privacy', members: [BEN, BEN] }, 400],
    ['another organization', { name: 'Privacy', members: [], organization: 'globex' }, 403],
  ])('%s', async (_, body, status) => {
    expect((await ada('PUT', '/groups', body)).status).toBe(status);
    expect(await groups()).toEqual([]);
  });

  test('another organization sees none of it, and changes none', async () => {
    const { body } = await set(ada, [BEN]);
    const globex = await administrator(server, 'admin@globex.example');
    expect((await globex('GET', '/groups')).body.groups).toEqual([]);
    for (const name of ['Privacy', body.id]) {
      expect((await globex('POST', `/groups/${name}/confirm`, { hash: body.waiting })).status).toBe(404);
      expect((await globex('DELETE', `/groups/${name}`)).status).toBe(404);
    }
    expect(await groups()).toHaveLength(1);
  });

  test('a group that a policy asks is not removed; the list says which rules ask it', async () => {
    await set(asOperator, [BEN], { organization: 'acme' });
    const rules = `rules:
  - { name: Exports, when: { actions: [crm.contacts.export] }, verdict: two, deciders: { group: privacy } }
`;
    expect((await ada('POST', '/policies', rules)).status).toBe(200);
    expect(await groups()).toMatchObject([{ asked_by: ['Exports'] }]);
    expect(await ada('DELETE', '/groups/Privacy')).toMatchObject({ status: 409, body: { reason: 'named_by_policy' } });
    const { rules: said } = (await ada('GET', '/policies')).body;
    expect(said[0].says).toBe(
      'Asked of the person and then of one of Privacy (not of the owner or the deputy): to crm.contacts.export.',
    );
    const unknown = await ada('POST', '/policies', rules.replace('privacy', 'Law'));
    expect([unknown.status, unknown.body.problems]).toEqual([422, ['group Law is unknown']]);

    expect((await ben('POST', '/policies', 'rules: []')).status).toBe(409);
    const { proposal } = (await ada('GET', '/policies')).body;
    expect((await ada('POST', '/policies/proposal', { hash: proposal.hash })).status).toBe(200);
    expect(await ada('DELETE', '/groups/Privacy')).toMatchObject({ status: 200 });
    expect(await groups()).toEqual([]);
  });
});

test('evidence names who changed a group, and whom', async () => {
  await set(ada, [OLGA]);
  const [group] = await groups();
  await confirm(ben, group?.waiting);
  await set(ben, []);
  const olga = await database.first<{ id: string }>('select id from people where organization = $1 and email = $2', [
    acme,
    OLGA,
  ]);
  const events = (await eventsIn(database)).filter(({ reason }) => reason?.startsWith('group.')).slice(-4);
  expect(events.map(({ reason, fields }) => [reason, fields['content.by']?.value])).toEqual([
    ['group.made', expect.any(String)],
    ['group.changed', expect.any(String)],
    ['group.confirmed', expect.any(String)],
    ['group.changed', expect.any(String)],
  ]);
  expect(events[1]?.fields['content.added']?.value).toEqual([olga?.id]);
  expect(events[3]?.fields['content.removed']?.value).toEqual([olga?.id]);
});
