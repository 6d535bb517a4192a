import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { isTouched, type Touch } from '../../server/approvals/critical-value.ts';
import { ask } from '../protocol/support.ts';
import { administrator } from '../support/admin.ts';
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
  sign,
} from '../support/ceremony.ts';
import { inThisOrder } from '../support/database.ts';
import { addColleague, addGroup, type Member, memberOf } from '../support/deciders.ts';
import { databaseOf, eventsIn, organizationOf } from '../support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn } from '../support/person.ts';
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

/** Everything that a person holds: nothing of it may come of a form that is not one of ours, or not this person's now. */
const holds = async () =>
  database.first<Json>(
    `select (select count(*) from tasks)::int as tasks,
            (select count(*) from approvals where status <> 'pending')::int as decided,
            (select count(*) from decisions where signed_at is not null)::int as signed`,
  );
const csrfOf = ({ html }: PageAnswer) => /name="csrf" value="([^"]+)"/u.exec(html)?.[1] ?? '';
const hiddenIn = ({ html }: PageAnswer, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`, 'u').exec(html)?.[1] ?? '';
const at = ({ url }: PageAnswer) => new URL(url).pathname;

describe('a form that is bent', () => {
  /** What the page of a click sends, with these fields instead; undefined: without. */
  const bent = (page: PageAnswer, fields: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(
      Object.entries({
        csrf: csrfOf(page),
        request_hash: hiddenIn(page, 'request_hash'),
        screen: hiddenIn(page, 'screen'),
        ...ONCE,
        read: '1',
        ...fields,
      }).filter((field): field is [string, string] => field[1] !== undefined),
    );

  test.each<[string, Record<string, string | undefined>, number]>([
    ['no decision', { decision: undefined }, 400],
    ['a decision in brackets', { decision: undefined, 'decision[]': 'approve' }, 400],
    ['a decision that is none', { decision: 'Approve' }, 400],
    ['a decision with a space', { decision: 'approve ' }, 400],
    ['a member of every object as the decision', { decision: 'constructor' }, 400],
    ['a going back that nobody offered', { decision: 'leave' }, 200],
    ['asking others where nobody is to be asked', { decision: 'ask' }, 400],
    ['a duration with a space', { duration: ' once' }, 400],
    ['a duration in another case', { duration: 'pt10m' }, 400],
    ['as long in other words', { duration: 'PT60M' }, 400],
    ['an infinite one', { duration: 'Infinity' }, 400],
    ['60 KB of it', { duration: 'P'.repeat(60_000) }, 400],
    ['70 KB of anything', { purpose: 'x'.repeat(70_000) }, 413],
    ['no hash', { request_hash: undefined }, 409],
    ['a hash in brackets', { request_hash: undefined, 'request_hash[]': 'x' }, 409],
    ['another hash', { request_hash: 'A'.repeat(43) }, 409],
    ['no token of the form', { csrf: undefined }, 403],
    ['another one', { csrf: 'A'.repeat(43) }, 403],
    ['one in characters of another length', { csrf: 'Ä'.repeat(43) }, 403],
    ['a null character', { screen: 'scr_\0' }, 400],
    ['a null character in a name', { 'a\0': '1' }, 400],
    ['a signature of nothing', { decision_hash: 'A'.repeat(43), assertion: '{}' }, 409],
    ['a sign-in that nobody made', { decision_hash: 'A'.repeat(43), proof: 'sign_in' }, 409],
    ['a provider that nobody has', { decision_hash: 'A'.repeat(43), provider: '../x' }, 409],
    ['a narrowing that is none', { narrow_0_guests_0: '1', narrow_0_guests_1: '1' }, 400],
  ])('%s decides nothing', async (_, fields, status) => {
    const page = await inBrowser(invite(), CALENDAR);
    const before = await holds();
    const answer = await anna.person.post(page.url, bent(page, fields));
    expect([answer.status, await holds()]).toEqual([status, before]);
  });

  test.each<[string, string]>([
    ['a duration', 'duration=once'],
    ['the decision', 'decision=deny'],
    ['that it was read', 'read=1'],
    ['the hash', 'request_hash=x'],
    ['a field of no name', '=1&=2'],
    ['what no page has', 'x=1&x=1'],
  ])('%s twice decides nothing', async (_, more) => {
    const page = await inBrowser(invite(), CALENDAR);
    const before = await holds();
    const twice = new URLSearchParams(`${new URLSearchParams(bent(page, {}))}&${more}`);
    const answer = await anna.person.post(page.url, twice);
    expect([answer.status, await holds()]).toEqual([400, before]);
  });

  test.each<[string, Record<string, string>, number]>([
    ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['from a sibling of this host', { 'sec-fetch-site': 'same-site' }, 403],
    ['from a site that no browser knows', { 'sec-fetch-site': 'elsewhere' }, 403],
    ['as JSON', { 'content-type': 'application/json' }, 400],
    ['as text, as a form of another site can', { 'content-type': 'text/plain' }, 400],
    ['in parts', { 'content-type': 'multipart/form-data; boundary=x' }, 400],
    ['without a type', { 'content-type': '' }, 400],
  ])('%s it decides nothing', async (_, headers, status) => {
    const page = await inBrowser(invite(), CALENDAR);
    const before = await holds();
    const answer = await anna.person.post(page.url, bent(page, {}), headers);
    expect([answer.status, await holds()]).toEqual([status, before]);
  });

  test('fields that no page has give nothing: what is granted is what was asked', async () => {
    const page = await inBrowser(invite({ title: 'As asked' }), CALENDAR);
    const more = {
      __proto__x: '1',
      constructor: '1',
      action_0: 'deny',
      action_1: 'allow',
      'actions[0][parameters][guests][]': 'eve@elsewhere.example',
      parameters: '{"guests":["eve@elsewhere.example"]}',
      narrow_0_title: 'Other',
      narrow_0_guests: 'eve@elsewhere.example',
      narrow_0_guests_9: '1',
      'narrow_0_guests_-1': '1',
      max_uses: '99',
      expires_at: '2099-01-01T00:00:00Z',
      impact: 'low',
      scope: 'calendar.read',
      person: ben.id,
      approver: ben.id,
      task: 'tsk_1',
      quorum: '0',
      confirms: 'x',
    };
    expect((await anna.person.post(page.url, bent(page, more))).status).toBe(200);
    const { decision, request } = await latest();
    const [granted] = decision.granted;
    expect([granted.parameters, granted.max_uses, decision.approver]).toEqual([
      request.actions[0].parameters,
      1,
      anna.id,
    ]);
  });

  test('a no keeps nothing of what else the form says', async () => {
    const page = await inBrowser(invite(), CALENDAR);
    const long = 'x'.repeat(25_000);
    const denied = await anna.person.post(page.url, bent(page, { decision: 'deny', duration: long, reason: long }));
    const { decision, deny_reason } = await latest();
    expect([denied.status, decision.duration, deny_reason]).toEqual([200, 'once', null]);
  });

  test.each(['', 'null', '[]', '{"id":{}}', '"x"', '['.repeat(15_000), `{"id":"${'x'.repeat(50_000)}"}`])(
    'a signature like %.20s is refused, and the decision waits for a right one',
    async (assertion) => {
      const confirm = await anna.person.submit(await inBrowser(refundDetails({ invoice: `INV-${++count}` })), CHOICES);
      const before = await holds();
      const answer = await anna.person.submit(confirm, { assertion });
      expect([answer.status, await holds()]).toEqual([400, before]);
      expect((await sign(anna.person, answer, anna.key)).status).toBe(200);
    },
  );
});

describe('a page that was open meanwhile', () => {
  const someStop = async (path: string) => {
    const csrf = csrfOf(await anna.person.get('/agents'));
    expect((await anna.person.post(path, { csrf })).status).toBe(200);
  };
  const rule = (verdict: 'never' | 'two') => ({ name: 'No invitations', when: { actions: [INVITE] }, verdict });
  /** What happens between the page and its answer, what the answer is, and what brings back what the next test needs. */
  interface Meanwhile {
    what: string;
    happens: () => Promise<unknown>;
    status: number;
    /** Brings back what the next one needs. */
    back?: () => Promise<unknown>;
  }
  const MEANWHILE: readonly Meanwhile[] = [
    { what: 'it was denied in another tab', happens: () => elsewhere({ decision: 'deny' }), status: 409 },
    {
      what: 'it expired',
      happens: () => database.run(`update approvals set expires_at = now() where status = 'pending'`),
      status: 410,
    },
    { what: 'the person stopped everything', happens: () => someStop('/agents/stop'), status: 410 },
    {
      what: 'the person stopped this agent',
      happens: () => someStop(`/agents/${agent.registration.agent_id}/stop`),
      status: 410,
    },
    {
      what: 'the person paused this agent',
      happens: () => someStop(`/agents/${agent.registration.agent_id}/pause`),
      status: 410,
      back: () => database.run('delete from pauses'),
    },
    {
      what: 'the agent was suspended',
      happens: () =>
        database.run(`update agents set status = 'suspended' where id = $1`, [agent.registration.agent_id]),
      status: 410,
      back: () => database.run(`update agents set status = 'active' where id = $1`, [agent.registration.agent_id]),
    },
    {
      what: 'a policy forbids it now',
      happens: () => publishPolicies(database, acme, { rules: [rule('never')] }),
      status: 403,
    },
    {
      what: 'a policy asks for two now',
      happens: () => publishPolicies(database, acme, { rules: [rule('two')] }),
      status: 409,
    },
    { what: 'a policy asks others now', happens: () => forGroup([ben, carl]), status: 409 },
    {
      what: 'it is of a version that this server does not know',
      happens: () =>
        database.run(`update approvals set actions = jsonb_set(actions, '{0,version}', '99') where status = 'pending'`),
      status: 409,
    },
  ];
  const elsewhere = async (fields: Record<string, string>) =>
    anna.person.submit(await anna.person.get(`/r/${(await latest()).id}`), fields);

  test.each(MEANWHILE)('$what: a yes gives nothing', async ({ happens, status, back }) => {
    const { display_code: number } = await fromBehind(invite());
    const page = await review(anna);
    await happens();
    const before = await database.first('select count(*)::int from tasks');
    try {
      const answer = await anna.person.submit(page, { ...ONCE, number });
      expect([answer.status, await database.first('select count(*)::int from tasks')]).toEqual([status, before]);
    } finally {
      await back?.();
    }
  });

  test('the same between the choice and its signature', async () => {
    const confirm = await anna.person.submit(await inBrowser(refundDetails({ invoice: `INV-${++count}` })), CHOICES);
    const before = await holds();
    await publishPolicies(database, acme, {
      rules: [{ name: 'No refunds', when: { actions: ['payments.*'] }, verdict: 'never' }],
    });
    const answer = await sign(anna.person, confirm, anna.key);
    expect([answer.status, await holds()]).toEqual([403, before]);
    expect(text(inner(answer.html, 'main'))).toContain('No refunds');
  });

  test('an agent that is suspended in the very instant of a yes is suspended, and the yes comes too late', async () => {
    const admin = await administrator(server, 'admin@acme.example');
    const move = (step: string) => admin('POST', `/agents/${agent.registration.agent_id}/${step}`, { reason: 'odd' });
    const { display_code: number } = await fromBehind(invite());
    const page = await review(anna);
    const before = await holds();
    const answers = await inThisOrder<{ status: number }>(
      database,
      // As whoever approves holds it: the suspension stands in the middle then.
      (statements) => statements.run('select from people where id = $1 for share', [anna.id]),
      [() => move('suspend'), () => anna.person.submit(page, { ...ONCE, number })],
    );
    expect([answers.map(({ status }) => status), await holds()]).toEqual([[200, 409], before]);
    expect((await move('resume')).status).toBe(200);
  });

  test('two who sign for each other in the same instant wait for one another once', async () => {
    const group = await addGroup(database, acme, `Calendars ${++count}`, [anna, ben]);
    await publishPolicies(database, acme, {
      // What either of them allows to be read ends what was allowed to go out for the other: that is written to both.
      flow: { after: ['personal'], within: 'P1D' },
      rules: [{ name: 'Calendars', when: { actions: ['calendar.*'] }, verdict: 'ask', deciders: { group } }],
    });
    const signatures: (() => Promise<PageAnswer>)[] = [];
    for (const [asks, signs] of [
      [anna, ben],
      [ben, anna],
    ] as const) {
      await ask(agent, {
        login_hint: asks.email,
        resource: CALENDAR,
        authorization_details: detailsParameter(
          readDetails({ from: '2027-03-01', to: `2027-03-0${signatures.length + 2}` }),
        ),
      });
      const confirm = await signs.person.submit(await review(signs), { ...ONCE, read: '1' });
      signatures.push(() => sign(signs.person, confirm, signs.key));
    }
    // The first waits for whom it is for; the second, which may have the other one by then, waits for the same.
    const answers = await inThisOrder(
      database,
      (statements) => statements.run('select from people where id = $1 for no key update', [anna.id]),
      signatures,
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('what was taken back does not come again by sending the form again', async () => {
    const page = await inBrowser(invite(), CALENDAR);
    const fields = { ...ONCE, duration: 'PT1H' };
    const receipt = await anna.person.submit(page, fields);
    const { task } = await latest();
    expect([receipt.status, task]).toEqual([200, expect.stringMatching(/^tsk_/u)]);
    await someStop(`/tasks/${task}/stop`);
    const before = await holds();
    const again = await anna.person.submit(page, fields);
    expect([[404, 409].includes(again.status), await holds()]).toEqual([true, before]);
  });

  test('whoever signed out, or is no more of the organization, decides nothing by it', async () => {
    const colleague = await memberOf(server, database, 'owner@acme.example');
    const { body } = await ask(agent, {
      login_hint: colleague.email,
      resource: CALENDAR,
      authorization_details: detailsParameter(invite()),
    });
    const page = await review(colleague);
    const before = await holds();
    const yes = () => colleague.person.submit(page, { ...ONCE, number: body.display_code });
    await database.run(`update people set status = 'disabled' where id = $1`, [colleague.id]);
    const gone = await yes();
    await database.run(`update people set status = 'active' where id = $1`, [colleague.id]);
    await colleague.person.post('/logout', { csrf: csrfOf(page) });
    const out = await yes();
    expect([new URL(gone.url).pathname, new URL(out.url).pathname, await holds()]).toEqual([
      '/login',
      '/login',
      before,
    ]);
  });
});

describe('the value that matters', () => {
  const name = { kind: 'name', label: 'Repository', value: 'acme/billing' } as const;
  const count = { kind: 'count', label: 'Contacts', value: 1240 } as const;
  const amount = { kind: 'amount', label: 'Amount', currency: 'EUR', value: '4200.00' } as const;
  test.each<[string, Touch, string, string?]>([
    ['a letter of another alphabet', name, 'аcme/billing'],
    ['a letter that nobody sees', name, 'acme/bil\u{200b}ling'],
    ['letters of another width', name, 'ａcme/billing'],
    ['a part of it', name, 'acme'],
    ['it, and more', name, 'acme/billing acme/billing'],
    ['nothing', name, ''],
    ['digits of another script', count, '१२४०'],
    ['a count with a part', count, '1240.5'],
    ['a count in another base', count, '0x4d8'],
    ['as many digits as a form holds', count, '1'.repeat(60_000)],
    ['another currency', amount, 'USD 4200'],
    ['the currency alone', amount, 'EUR'],
    ['digits of another width', amount, '４２００'],
    ['a number that is none', amount, 'NaN'],
    ['what English groups so, in German', amount, '4,200.00', 'de'],
    ['what German groups so, in English', amount, '4.200,00'],
    ['ten times as much', amount, '42000'],
  ])('%s is not it', (_, touch, typed, locale = 'en') => {
    expect(isTouched(touch, { typed, ticked: new Set() }, locale)).toBe(false);
  });
});

describe('whose it is', () => {
  test('another’s request, task, report, reason and token of the form are nothing to a colleague', async () => {
    await fromBehind(invite());
    const page = await review(anna);
    const { id } = await latest();
    const csrf = csrfOf(await ben.person.get('/agents'));
    const { task } =
      (await database.first<Json>('select id as task from tasks where person = $1 limit 1', [anna.id])) ?? {};
    const before = await holds();
    const form = { csrf, request_hash: hiddenIn(page, 'request_hash'), ...ONCE, read: '1', reason: 'not_me' };
    const paths = [`/r/${id}`, `/r/${id}/report`, `/r/${id}/reason`, `/tasks/${task}/stop`, `/tasks/${task}/repeat`];
    for (const path of paths) {
      expect([path, (await ben.person.post(path, form)).status]).toEqual([path, 404]);
      // Nor with the form that the person themselves was given.
      expect([path, (await ben.person.post(path, { ...form, csrf: csrfOf(page) })).status]).toEqual([
        path,
        path === `/r/${id}` || path === `/r/${id}/report` ? 404 : 403,
      ]);
    }
    expect(await holds()).toEqual(before);
  });

  test('whoever signs in next at this browser decides nothing by the page that is still open there', async () => {
    const browser = await signIn(server, anna.email);
    const { page } = await askInBrowser(agent, browser, invite(), { resource: CALENDAR });
    const before = await holds();
    await browser.post('/logout', { csrf: csrfOf(page) });
    const login = await browser.get('/login');
    await browser.post('/login', { csrf: csrfOf(login), email: ben.email, password: server.demo.password });
    const old = await browser.submit(page, ONCE);
    const own = await browser.submit(page, { ...ONCE, csrf: csrfOf(await browser.get('/agents')) });
    // The client is told nothing of the first: whoever is here now is asked anew, on a page of their own.
    expect([old.url === page.url, text(inner(old.html, 'header'))]).toEqual([false, expect.stringContaining('Ben')]);
    expect([own.status, await holds()]).toEqual([404, before]);
  });

  test('addresses that are none are not there, and no fault', async () => {
    const csrf = csrfOf(await anna.person.get('/agents'));
    const odd = [
      '%00',
      'apr_%00',
      '%ff',
      '%',
      '..%2f..%2fadmin',
      'apr_%E2%80%AE',
      'x'.repeat(4000),
      '%F0%9F%92%A9',
      "'--",
    ];
    const seen: unknown[] = [];
    for (const id of odd) {
      const shown = [`/r/${id}`, `/r/${id}/report`, `/receipts/${id}`, `/interaction/${id}`, `/agents/${id}`];
      const sent = [`/r/${id}`, `/r/${id}/report`, `/r/${id}/reason`, `/tasks/${id}/stop`, `/tasks/${id}/repeat`];
      const more = ['pause', 'stop', 'resume', 'unmute'].map((step) => `/agents/${id}/${step}`);
      for (const path of [...shown, `/inbox/quiet?agent=${id}&because=${id}`, `/inbox/batch?agent=${id}`]) {
        const { status } = await anna.person.get(path);
        if (status >= 500) seen.push([path, status]);
      }
      for (const path of [...sent, `/interaction/${id}`, ...more]) {
        const { status } = await anna.person.post(path, {
          csrf,
          decision: 'deny',
          reason: 'not_me',
          confirmation: 'x',
        });
        if (status >= 500 || status < 400) seen.push([path, status]);
      }
    }
    expect(seen).toEqual([]);
  });

  test.each([
    '?ui_locales=de&ui_locales=en',
    '?proof=passkey&proof=x',
    '?confirming=1&confirming=2',
    '?constructor=x',
    '?%00=%00',
  ])('a page at %s is the page, and its form no fault', async (search) => {
    const page = await inBrowser(invite(), CALENDAR);
    const shown = await anna.person.get(`${at(page)}${search}`);
    const answer = await anna.person.post(`${page.url}${search}`, { csrf: csrfOf(page), decision: 'deny' });
    expect([shown.status < 500, answer.status < 500]).toEqual([true, true]);
  });
});
