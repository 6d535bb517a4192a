import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask } from '../protocol/support.ts';
import { CALENDAR, INVITE, inviteDetails, type Json, readDetails, type TestClient } from '../support/agent.ts';
import {
  approveWith,
  askFreely,
  askInBrowser,
  CHOICES,
  deleteDetails,
  financeAgent,
  REPOS,
  refundDetails,
} from '../support/ceremony.ts';
import { addColleague, addGroup, type Member, memberOf } from '../support/deciders.ts';
import { databaseOf, eventsIn, organizationOf } from '../support/delegation.ts';
import { detailsParameter, type PageAnswer } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, tags, text } from '../views/html.ts';

let server: TestServer;
let database: Database;
let acme: string;
let agent: TestClient;
let anna: Member;
let ben: Member;
let carl: Member;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  await addColleague(database, 'carl@acme.example', 'Carl Holm');
  agent = await financeAgent(server);
  await askFreely({ query: (words, values) => database.run(words, values) }, acme);
  [anna, ben, carl] = (await Promise.all(
    ['person', 'approver', 'carl'].map((name) => memberOf(server, database, `${name}@acme.example`)),
  )) as [Member, Member, Member];
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  await database.run(`update approvals set expires_at = now() where status = 'pending'`);
  await publishPolicies(database, acme, { rules: [] });
});

/** A page on which somebody decides, and what a person who read it sends of it. */
interface Open {
  member: Member;
  page: PageAnswer;
  fields: Record<string, string>;
}

const ONCE = { decision: 'approve', duration: 'once' };
let count = 0;
const invite = (more: Json = {}) => inviteDetails({ title: `Two ${++count}`, ...more });
const fresh = () => `acme/repo-${++count}`;
const latest = async () =>
  (await database.first<Json>('select * from approvals order by asked_at desc limit 1')) as Json;
const review = async (member: Member) => member.person.get(`/r/${(await latest()).id}`);
const inBrowser = async (details: Json | Json[], resource?: string) =>
  (await askInBrowser(agent, anna.person, details, resource === undefined ? {} : { resource })).page;
const fromBehind = async (details: Json, resource = CALENDAR): Promise<Json> =>
  (await ask(agent, { resource, authorization_details: detailsParameter(details) })).body;
const forGroup = async (members: Member[], escalate = {}) =>
  publishPolicies(database, acme, {
    rules: [
      {
        name: 'Invitations',
        when: { actions: [INVITE] },
        verdict: 'ask',
        deciders: { group: await addGroup(database, acme, `Privacy ${++count}`, members), ...escalate },
      },
    ],
  });

/** Every page on which somebody says yes. */
const PAGES: readonly [string, () => Promise<Open>][] = [
  ['a click', async () => ({ member: anna, page: await inBrowser(invite(), CALENDAR), fields: ONCE })],
  [
    'several actions',
    async () => ({
      member: anna,
      page: await inBrowser([invite(), readDetails({ from: '2027-01-01', to: '2027-01-02' })]),
      fields: { ...ONCE, action_0: 'allow', action_1: 'deny' },
    }),
  ],
  [
    'high impact, with the right value',
    async () => ({
      member: anna,
      page: await inBrowser(refundDetails({ invoice: `INV-${++count}` })),
      fields: { ...ONCE, critical_value: CHOICES.critical_value },
    }),
  ],
  [
    'from behind, with the right number',
    async () => {
      const { display_code: number } = await fromBehind(invite());
      return { member: anna, page: await review(anna), fields: { ...ONCE, number } };
    },
  ],
  [
    'a passkey instead of the number',
    async () => {
      await fromBehind(invite());
      const page = await review(anna);
      const html = page.html.replace(/(<form class="decision"[^>]*action=")([^"]*)/u, '$1$2?proof=passkey');
      return { member: anna, page: { ...page, html }, fields: ONCE };
    },
  ],
  [
    'the second person',
    async () => {
      const repository = fresh();
      const fields = { ...ONCE, critical_value: repository };
      const page = await inBrowser(deleteDetails({ repository }), REPOS);
      await approveWith(anna.person, page, anna.key, { ...fields, read: '1' });
      return { member: ben, page: await review(ben), fields };
    },
  ],
  [
    'one of a group',
    async () => {
      await forGroup([ben, carl]);
      await fromBehind(invite());
      return { member: ben, page: await review(ben), fields: ONCE };
    },
  ],
  [
    'the next of a group',
    async () => {
      await forGroup([ben, carl], { quorum: 2 });
      await fromBehind(invite());
      await approveWith(ben.person, await review(ben), ben.key, { ...ONCE, read: '1' });
      return { member: carl, page: await review(carl), fields: ONCE };
    },
  ],
];

/** All that a form could change of the newest request. */
const state = async () => {
  const { id } = await latest();
  return database.first<Json>(
    `select a.status, a.number_tries, a.value_tries, a.others_since is not null as asked, a.task,
            (select count(*) from tasks where approval = a.id) as tasks,
            (select jsonb_agg(jsonb_build_array(d.person, d.hash, d.signed_at)) from decisions d where d.approval = a.id) as decisions
     from approvals a where a.id = $1`,
    [id],
  );
};
const refused = async () => {
  const { id } = await latest();
  return (await eventsIn(database)).filter(({ type, approval }) => type === 'approval.refused' && approval === id);
};
const boxIn = ({ html }: PageAnswer) => tags(html, 'input').filter((tag) => tag.includes('name="read"'));

describe('U2-9: a yes that does not say that its page was read decides nothing', () => {
  test.each(PAGES)('%s', async (_, open) => {
    const { member, page, fields } = await open();
    const before = await state();
    for (const read of ['', '0', 'on', '11']) {
      const answer = await member.person.submit(page, { ...fields, read });
      expect([read, answer.status, text(inner(answer.html, 'title'))]).toEqual([
        read,
        400,
        expect.stringMatching(/^Error: /u),
      ]);
      expect(text(inner(answer.html, 'div', 'role="alert"'))).toMatch(/^Nothing was allowed\. .* tick the box/u);
      // It stays although the script of the page runs: what came without it is not left to it again.
      expect(boxIn(answer)).toEqual([expect.stringMatching(/required aria-invalid="true"/u)]);
      expect(answer.html).not.toContain('data-unguarded');
      expect(await state()).toEqual(before);
    }
    expect(await refused()).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ reason: 'not_read', person: member.id })),
    );
    expect((await member.person.submit(page, { ...fields, read: '1' })).status).toBe(200);
    expect(await state()).not.toEqual(before);
  });

  test('what was chosen is still chosen; what shows that it was read is asked for again', async () => {
    const page = await inBrowser([
      readDetails({ from: '2027-02-01', to: '2027-02-05' }),
      refundDetails({ invoice: `INV-${++count}` }),
    ]);
    const choices = { narrow_0_to: '2027-02-03', action_0: 'deny', action_1: 'allow', critical_value_1: '4200' };
    const again = await anna.person.submit(page, { ...ONCE, ...choices, read: '' });
    const { html } = again;
    const chosen = tags(html, 'input').filter((tag) => / checked/u.test(tag));
    expect(chosen.map((tag) => /name="(\w+)" value="(\w+)"/u.exec(tag)?.slice(1))).toEqual([
      ['action_0', 'deny'],
      ['action_1', 'allow'],
    ]);
    expect(html).toMatch(/name="narrow_0_to" value="2027-02-03"/u);
    expect(html).not.toMatch(/name="critical_value_1"[^>]* value=/u);
    expect((await anna.person.submit(again, { ...ONCE, ...choices, read: '1' })).html).toContain(
      'name="decision_hash"',
    );
  });

  test('a no, a question to others, and a signature need no such word', async () => {
    await forGroup([ben]);
    const asking = await inBrowser(invite(), CALENDAR);
    expect((await anna.person.submit(asking, { decision: 'ask', read: '' })).status).toBe(200);
    expect((await ben.person.submit(await review(ben), { decision: 'deny', read: '' })).status).toBe(200);
    await publishPolicies(database, acme, { rules: [] });
    const confirm = await anna.person.submit(await inBrowser(refundDetails({ invoice: `INV-${++count}` })), CHOICES);
    expect(boxIn(confirm)).toEqual([]);
    const denied = await inBrowser(invite(), CALENDAR);
    expect((await anna.person.submit(denied, { decision: 'deny', read: '' })).status).toBe(200);
    expect((await latest()).status).toBe('denied');
  });
});
