import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { postgresApprovals } from '../../adapters/postgres/approvals.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { formatChain } from '../../server/cli/format.ts';
import type { Deciders, Rule } from '../../server/tasks/policies.ts';
import { ask, poll, wordsOf } from '../protocol/support.ts';
import { administrator } from '../support/admin.ts';
import { claimsOf, type Json, type TestClient } from '../support/agent.ts';
import { optionsIn } from '../support/authenticator.ts';
import {
  type Asked,
  approveWith,
  askFreely,
  askInBrowser,
  DELETE,
  deleteDetails,
  financeAgent,
  linkIn,
  sign,
  tokenAfter,
} from '../support/ceremony.ts';
import { addColleague, addGroup, joinGroup, type Member, memberOf, toldOf } from '../support/deciders.ts';
import { accessTokenIn, databaseOf, eventsIn, organizationOf } from '../support/delegation.ts';
import { continuationOf, detailsParameter, type PageAnswer, signIn } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CALENDAR = 'https://calendar.acme.example';
const INVITE = 'calendar.invitations.send';
/** Medium impact: a click is enough for the person, and never for others. */
let count = 0;
const invite = (title = `Two ${++count}`): Json => ({
  type: INVITE,
  locations: [CALENDAR],
  title,
  start: '2026-11-26T10:00:00Z',
  guests: ['ben@acme.example'],
});

let server: TestServer;
let database: Database;
let acme: string;
let agent: TestClient;
let anna: Member;
let ben: Member;
let carl: Member;
let dora: Member;
let olga: Member;
let group: string;
let later: string;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  await addColleague(database, 'carl@acme.example', 'Carl Holm');
  await addColleague(database, 'dora@acme.example', 'Dora Vik');
  agent = await financeAgent(server);
  await askFreely({ query: (text, values) => database.run(text, values) }, acme);
  // Olga owns the agent, Ada is its deputy.
  [anna, ben, carl, dora, olga] = (await Promise.all(
    ['person', 'approver', 'carl', 'dora', 'owner'].map((name) => memberOf(server, database, `${name}@acme.example`)),
  )) as [Member, Member, Member, Member, Member];
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  await database.run('delete from groups');
  group = await addGroup(database, acme, 'Privacy', [ben, carl, olga]);
  later = await addGroup(database, acme, 'Night watch', [dora]);
});

const rules = (...given: Rule[]) => publishPolicies(database, acme, { rules: given });
const decidedBy = (deciders: Partial<Deciders> = {}, more: Partial<Rule> = {}) =>
  rules({
    name: 'Invitations',
    when: { actions: [INVITE, DELETE] },
    verdict: 'ask',
    deciders: { group, ...deciders },
    ...more,
  });
const choices = (value = '') => ({ decision: 'approve', duration: 'once', read: '1', critical_value: value });
const approval = async () =>
  (await database.first<Json>('select * from approvals order by asked_at desc limit 1')) as Json;
const review = async (member: Member) => member.person.get(`/r/${(await approval()).id}`);
const decide = async (member: Member, value = '') =>
  approveWith(member.person, await review(member), member.key, choices(value));
const asking = (title?: string) => askInBrowser(agent, anna.person, invite(title));
const fromBehind = (...details: Json[]) => {
  const asked = details.length > 0 ? details : [invite()];
  const resource = asked.flatMap(({ locations }) => locations as string[]);
  return ask(agent, { resource, authorization_details: detailsParameter(...asked) });
};
const polled = async (asked: Json) => {
  await database.run('update approvals set polled_at = null');
  return poll(agent, asked.body.auth_req_id);
};
const tasks = async () => Number((await database.first<Json>('select count(*) from tasks'))?.count);
const told = async (count: number) => toldOf(database, (await approval()).id, count);
/** Messages that are to tell somebody of the newest request, told or not. */
const notices = async () =>
  Number((await database.first<Json>(`select count(*) from outbox where kind = 'notify'`))?.count);
const evidence = async (type: string) => {
  const { id } = await approval();
  return (await eventsIn(database)).filter((event) => event.type === type && event.approval === id);
};

describe('A6-5, U2: whoever may not decide asks for approval', () => {
  test('the page says who may, by which policy, and what would pass without them', async () => {
    await rules({
      name: 'Many guests',
      when: { actions: [INVITE], where: [{ count_above: { parameter: 'guests', value: 0 } }] },
      verdict: 'ask',
      deciders: { group, quorum: 2 },
      say: { en: 'Invitations are for Privacy', de: 'Einladungen macht die Abteilung Datenschutz' },
    });
    const { page } = await asking();
    const words = wordsOf(page);
    expect([...page.html.matchAll(/<dd data-fact="(\w+)"/g)]).toHaveLength(6);
    expect(words).toContain('Only Privacy may allow this.');
    // The owner belongs to it, and does not decide: Olga is not named.
    expect(words).toContain('2 of these have to give it: Ben Okafor and Carl Holm A policy');
    expect(words).toContain('A policy of your organization says so: Invitations are for Privacy.');
    expect(words).toMatch(/What would pass without them: .+\./);
    expect(page.html).toMatch(/data-testid="ask-for-approval"/);
    expect(page.html).not.toMatch(/data-testid="approve"|name="duration"|data-testid="passkey/);
    const german = await anna.person.get(`${new URL(page.url).pathname}?ui_locales=de`);
    expect(wordsOf(german)).toMatch(/Um Freigabe bitten|Ask for approval/);
  });

  test('nobody is asked before the person asks; a page that was loaded disturbs nobody', async () => {
    await decidedBy();
    const before = await notices();
    await asking();
    expect(await notices()).toBe(before);
    expect((await review(ben)).status).toBe(404);
    expect((await ben.person.get('/inbox')).html).not.toContain((await approval()).id);
  });

  test('they ask, one of the group decides with a passkey, and the page leads back to the client with a code', async () => {
    await decidedBy();
    const asked = await asking();
    const waiting = await anna.person.submit(asked.page, { decision: 'ask' });
    expect(wordsOf(waiting)).toContain('Waiting for Privacy.');
    expect(waiting.html).toMatch(/waiting\.js/);
    const before = await tasks();

    const inbox = await ben.person.get('/inbox');
    expect(wordsOf(inbox)).toContain('for Anna Berg, as one of Privacy');
    const page = await review(ben);
    expect(wordsOf(page)).toContain('You decide this for Anna Berg, as one of Privacy.');
    const done = await approveWith(ben.person, page, ben.key, choices());
    expect(wordsOf(done)).toContain('Allowed once.');
    expect(done.html).not.toMatch(/data-testid="(stop|repeat)"/);
    expect(await tasks()).toBe(before + 1);

    const back = await anna.person.get(new URL(asked.page.url).pathname);
    const { status, body } = await tokenAfter(agent, anna.person, back, asked);
    expect(status).toBe(200);
    // The token is for Anna, and says how she had signed in: nobody claims that she used a passkey.
    expect(claimsOf(body.access_token)).toMatchObject({ sub: anna.id, acr: 'pwd' });
  });

  test('the client need not wait: access_denied, and covered without a page once it is approved', async () => {
    await decidedBy();
    const asked = await asking('Covered');
    const waiting = await anna.person.submit(asked.page, { decision: 'ask' });
    const left = await anna.person.submit(waiting, { decision: 'leave' });
    const client = await anna.person.get(continuationOf(left) ?? '');
    expect(client.url).toMatch(/error=access_denied&error_description=others\+have\+to\+approve/);
    expect(client.url).not.toMatch(/Privacy|Ben/);
    await decide(ben);
    const again = await askInBrowser(agent, anna.person, invite('Covered'));
    expect(again.page.url).toMatch(/callback\?code=/);
  });

  test('the person says no at any time, also after they asked: it needs nobody else', async () => {
    await decidedBy();
    const asked = await asking();
    const waiting = await anna.person.submit(asked.page, { decision: 'ask' });
    expect(waiting.html).toMatch(/data-testid="withdraw"/);
    const denied = await anna.person.submit(waiting, { decision: 'deny' });
    expect(wordsOf(denied)).toContain('Denied.');
    const back = await anna.person.get(continuationOf(denied) ?? linkIn(denied));
    expect(back.url).toMatch(/error=access_denied/);
    expect((await review(ben)).status).toBe(404);
  });

  test.each(['approve', 'ask'] as const)(
    'the person who posts %s by hand decides nothing, and asks once',
    async (decision) => {
      await decidedBy();
      const { page } = await asking();
      const before = [await tasks(), await notices()];
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => anna.person.submit(page, { ...choices(), decision })),
      );
      expect(await tasks()).toBe(before[0]);
      expect(answers.every(({ status }) => [200, 409].includes(status))).toBe(true);
      expect((await evidence('approval.asked')).length).toBe(decision === 'ask' ? 1 : 0);
      expect((await notices()) - (before[1] ?? 0)).toBe(decision === 'ask' ? 2 : 0);
    },
  );

  test('nobody of the group asks in the person’s place, and a page of the group has no such button', async () => {
    await decidedBy();
    await fromBehind();
    const page = await review(ben);
    expect((await ben.person.submit(page, { decision: 'ask' })).status).toBe(400);
  });
});

describe('U2, §3.2: a browser that asks again while others decide', () => {
  const counts = async () => [
    Number((await database.first<Json>('select count(*) from approvals'))?.count),
    await notices(),
    (await eventsIn(database)).filter(({ type }) => type === 'request.received').length,
  ];
  /** The request comes back to its client, with the task that was approved. */
  const taskOf = async (asked: Asked, person = anna.person) => {
    const back = await person.get(new URL(asked.page.url).pathname);
    const { status, body } = await tokenAfter(agent, person, back, asked);
    expect(status).toBe(200);
    return claimsOf(body.access_token).task_id;
  };

  test('shows the question that waits: nobody is called again, no budget is touched, and both come back', async () => {
    await decidedBy();
    const first = await asking('Again');
    await anna.person.submit(first.page, { decision: 'ask' });
    const before = await counts();
    const elsewhere = await signIn(server, anna.email);
    const second = await askInBrowser(agent, elsewhere, invite('Again'));
    expect(wordsOf(second.page)).toContain('Waiting for Privacy.');
    expect(new URL(second.page.url).pathname).not.toBe(new URL(first.page.url).pathname);
    expect(await counts()).toEqual(before);
    await decide(ben);
    expect(await taskOf(second, elsewhere)).toBe(await taskOf(first));
  });

  test('two windows that ask at once ask once; the other one shows the same, and counts against no agent', async () => {
    await decidedBy();
    const windows = await Promise.all(
      [anna.person, await signIn(server, anna.email)].map(async (person) => ({
        person,
        asked: await askInBrowser(agent, person, invite('At once')),
      })),
    );
    const before = await notices();
    const answers = await Promise.all(
      windows.map(({ person, asked }) => person.submit(asked.page, { decision: 'ask' })),
    );
    expect(answers.map((page) => [page.status, wordsOf(page).includes('Waiting for Privacy.')])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(await notices()).toBe(before + 2); // Ben and Carl, once each
    const [waits, ended] = await database
      .rows<Json>('select id, others_since from approvals order by asked_at desc limit 2')
      .then((rows) => rows.toSorted((one) => (one.others_since ? -1 : 1)));
    expect([waits?.others_since, ended?.others_since]).toEqual([expect.any(Date), null]);
    expect((await anna.person.get('/inbox')).html).not.toContain(ended?.id);
    expect((await ben.person.get('/inbox')).html).toContain(waits?.id);
    expect((await ben.person.get(`/r/${ended?.id}`)).status).toBe(404);
    await database.run(`update approvals set expires_at = clock_timestamp() where id = $1`, [ended?.id]);
    const { history } = await postgresApprovals(database).promptHistory({
      organization: acme,
      agent: agent.registration.agent_id,
      person: anna.id,
    });
    expect(history.expired).toEqual([]);

    const page = await ben.person.get(`/r/${waits?.id}`);
    await approveWith(ben.person, page, ben.key, choices());
    expect(new Set(await Promise.all(windows.map(({ asked, person }) => taskOf(asked, person)))).size).toBe(1);
  });

  test('another key, person, client or question is another one', async () => {
    await decidedBy();
    const first = await asking('Key');
    const store = postgresApprovals(database);
    const { id } = await approval();
    const own = await store.find(id);
    if (!own) throw new Error('no approval');
    expect(await store.findAsked(own)).toBeUndefined();
    await anna.person.submit(first.page, { decision: 'ask' });
    expect((await store.findAsked(own))?.id).toBe(id);
    for (const other of [
      { boundTo: 'A'.repeat(43) },
      { boundTo: null },
      { person: ben.id },
      { clientId: 'another' },
      { askedHash: 'another' },
      { oidc: { ...own.oidc, acrValues: 'phr' } },
    ]) {
      expect(await store.findAsked({ ...own, ...other })).toBeUndefined();
    }
  });
});

describe('from behind the group is asked at once', () => {
  test('a held poll answers when they decided; the acknowledgement shows no number, because nobody could type it', async () => {
    await decidedBy({ within: 'PT4H' });
    const asked = await fromBehind();
    expect(asked.body).toMatchObject({ expires_in: 4 * 3600 });
    expect(asked.body.display_code).toBeUndefined();
    expect(await told(2)).toEqual([ben.id, carl.id].toSorted());
    expect((await polled(asked)).body.error).toBe('authorization_pending');
    await database.run('update approvals set polled_at = null');
    const held = agent.token(
      { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: asked.body.auth_req_id },
      { headers: { prefer: 'wait=20' } },
    );
    await decide(carl);
    const answer = await held;
    expect(answer.status).toBe(200);
    // No authentication of hers stands for it (RFC 9068 §2.2.1).
    for (const jwt of [accessTokenIn(answer), answer.body.id_token]) {
      const { sub, acr, amr, auth_time } = claimsOf(jwt);
      expect({ sub, acr, amr, auth_time }).toEqual({ sub: anna.id });
    }
  });

  test('the person is not called; they find it in their inbox, and may say no', async () => {
    await decidedBy();
    const asked = await fromBehind();
    expect(wordsOf(await anna.person.get('/inbox'))).toContain('waits for Privacy');
    const page = await review(anna);
    expect(wordsOf(page)).toContain('Waiting for Privacy.');
    expect(wordsOf(await anna.person.submit(page, { decision: 'deny' }))).toContain('Denied.');
    expect((await polled(asked)).body.error).toBe('access_denied');
  });

  test('a longer wait than the policy allows is cut; the end is a no', async () => {
    await decidedBy({ within: 'PT10M' });
    const asked = await fromBehind();
    expect(asked.body.expires_in).toBe(600);
    await database.run(`update approvals set expires_at = clock_timestamp() where id = $1`, [(await approval()).id]);
    expect((await polled(asked)).body.error).toBe('expired_token');
    expect((await review(ben)).status).toBe(404);
  });

  test('where so few may decide that it could only expire, the agent hears so now, and the person reads it', async () => {
    await decidedBy({ quorum: 3 });
    const refused = await fromBehind();
    expect([refused.status, refused.body.error_description]).toEqual([
      403,
      'only Privacy may allow this, and too few of them can: Invitations',
    ]);
    const { page } = await asking();
    expect(wordsOf(page)).toContain('Only Privacy may allow this, and too few of them can.');
  });

  test('actions that different people decide are asked one by one', async () => {
    await rules(
      { name: 'A', when: { actions: [INVITE] }, verdict: 'ask', deciders: { group } },
      { name: 'B', when: { actions: [DELETE] }, verdict: 'ask', deciders: { group: later } },
    );
    const refused = await fromBehind(invite(), deleteDetails());
    expect([refused.status, refused.body.error_description]).toEqual([
      403,
      'different people decide these actions: ask for each by itself',
    ]);
  });
});

describe('a quorum', () => {
  test('two of the group: the second reads and confirms what the first one signed; evidence names both, in order', async () => {
    await decidedBy({ quorum: 2 });
    const asked = await fromBehind();
    const first = await decide(ben);
    expect(wordsOf(first)).toContain('Waiting for Privacy.');
    expect(wordsOf(first)).toContain('1 of 2 approved so far.');
    expect((await polled(asked)).body.error).toBe('authorization_pending');
    expect(wordsOf(await ben.person.get('/inbox'))).not.toContain((await approval()).id);
    const page = await review(carl);
    expect(wordsOf(page)).toMatch(/First approval: Ben Okafor \(passkey\) \d\d:\d\d/);
    // How long is no choice of theirs: it is what the first one chose.
    expect(page.html).toMatch(/<dd data-fact="duration">[^<]*[Oo]nce/);
    expect(page.html).not.toContain('Your choice below');
    await approveWith(carl.person, page, carl.key, choices());
    const token = claimsOf(accessTokenIn(await polled(asked)));

    const decisions = await database.rows<Json>(
      'select person, part, hash, decided from decisions where approval = $1 order by signed_at',
      [(await approval()).id],
    );
    expect(decisions.map(({ person, part }) => [person, part])).toEqual([
      [ben.id, 'group'],
      [carl.id, 'group'],
    ]);
    expect(decisions[1]?.decided.decision).toMatchObject({ confirms: decisions[0]?.hash, approver: carl.id });
    expect(decisions[1]?.hash).toBe(token.task_hash);
    // So does the chain, as the auditor reads it.
    const admin = await administrator(server, 'admin@acme.example');
    const chain = await admin('GET', `/evidence/chain/${token.task_id}`);
    const told = formatChain(chain.body as never, { width: 400 });
    expect(told).toMatch(
      /Ben Okafor.*approved it \(1 of 2, passkey, as one of Privacy, by the policy Invitations, version \d+\)/,
    );
    expect(told).toMatch(
      /Carl Holm.*allowed Finance Agent .*\(2 of 2, passkey, as one of Privacy, by the policy Invitations/,
    );
    const [given] = await evidence('approval.given');
    const [approved] = await evidence('task.approved');
    expect([given?.person, approved?.person]).toEqual([ben.id, carl.id]);
    // The person's receipt says the same, and claims no proof of theirs.
    const receipt = wordsOf(await anna.person.get(`/receipts/${(await approval()).id}`));
    expect(receipt).toMatch(
      /Approved by Ben Okafor, as one of the group \(passkey\), \S+ Carl Holm, as one of the group \(passkey\)/,
    );
    expect(receipt).toMatch(/Policy Invitations, version \d+/);
    expect(receipt).not.toMatch(/You allowed it|A click|Signed with|The screen as shown/);
    for (const [event, order] of [
      [given, 1],
      [approved, 2],
    ] as const) {
      const content = (name: string) => event?.fields[`content.${name}`]?.value as Json;
      expect([content('order'), content('of'), content('part')]).toEqual([order, 2, 'group']);
      expect(content('deciders')).toMatchObject({ rule: 'Invitations', group: { id: group, name: 'Privacy' } });
      expect(content('deciders').version).toBeGreaterThan(0);
      expect(content('proof')).toMatchObject({ method: 'passkey' });
    }
  });

  test('the same person twice counts once', async () => {
    await decidedBy({ quorum: 2 });
    await fromBehind();
    const page = await review(ben);
    await approveWith(ben.person, page, ben.key, choices());
    const before = await tasks();
    expect((await ben.person.submit(page, choices())).status).toBe(409);
    expect(wordsOf(await review(ben))).toContain('Waiting for Privacy.');
    expect(await tasks()).toBe(before);
  });

  test('one no of them ends it, whoever said yes before; it needs no passkey', async () => {
    await decidedBy({ quorum: 2 });
    const asked = await fromBehind();
    await decide(ben);
    const page = await review(carl);
    expect(wordsOf(await carl.person.submit(page, { decision: 'deny' }))).toContain('Denied.');
    expect((await polled(asked)).body.error).toBe('access_denied');
    expect(await evidence('task.denied')).toMatchObject([{ person: carl.id, reason: 'group_member' }]);
  });

  test('two who decide first at once: one of them did, and the other reads what they approved', async () => {
    await decidedBy({ quorum: 2 });
    await fromBehind();
    const [confirmed, waiting] = [
      await ben.person.submit(await review(ben), choices()),
      await carl.person.submit(await review(carl), choices()),
    ];
    await sign(ben.person, confirmed, ben.key);
    const before = await tasks();
    const late = await sign(carl.person, waiting, carl.key);
    expect([late.status, await tasks()]).toEqual([409, before]);
    expect(wordsOf(late)).toContain('Somebody else approved it first.');
    const done = await approveWith(carl.person, late, carl.key, choices());
    expect(wordsOf(done)).toContain('Allowed once.');
  });

  test('after the person: they decide first, then as many of the group; the database wants every signature', async () => {
    await decidedBy({ quorum: 2 }, { verdict: 'two' });
    const { page } = await asking();
    expect(wordsOf(page)).toContain('After you, 2 of Privacy are asked as well.');
    expect((await approval()).quorum).toBe(3);
    await approveWith(anna.person, page, anna.key, choices());
    await decide(ben);
    const { id } = await approval();
    await expect(
      database.run(
        `insert into tasks select (jsonb_populate_record(t, jsonb_build_object('id', 'tsk_0', 'approval', $1::text))).* from tasks t limit 1`,
        [id],
      ),
    ).rejects.toThrow(/tasks_are_signed: 2 of 3/);
    const before = await tasks();
    expect(wordsOf(await review(carl))).toMatch(/Approvals so far: Anna Berg .* and Ben Okafor/);
    await decide(carl);
    expect(await tasks()).toBe(before + 1);
  });

  test('at critical impact two of the group, whatever the rule says, and nobody who is close', async () => {
    await decidedBy({ quorum: 1, may_include: ['requester', 'owner', 'deputy'] });
    const repository = `acme/group-${Date.now()}`;
    const asked = await fromBehind(deleteDetails({ repository }));
    expect(asked.status).toBe(200);
    expect((await review(olga)).status).toBe(404);
    const first = await decide(ben, repository);
    expect(wordsOf(first)).toContain('Waiting for Privacy.');
    expect((await polled(asked)).body.error).toBe('authorization_pending');
    expect(wordsOf(await decide(carl, repository))).toContain('Allowed once.');
    expect((await polled(asked)).status).toBe(200);
  });
});

describe('U4-4 the value that matters most, where several decide', () => {
  test('a wrong one is counted, whoever wrote it, the first or the second: three end the request', async () => {
    await decidedBy({ quorum: 2 });
    const repository = `acme/counted-${++count}`;
    const asked = await fromBehind(deleteDetails({ repository }));
    const wrong = async (member: Member) => member.person.submit(await review(member), choices('acme/other'));
    expect((await wrong(ben)).status).toBe(400);
    await decide(ben, repository);
    expect((await wrong(carl)).status).toBe(400);
    expect((await polled(asked)).body.error).toBe('authorization_pending');
    expect(wordsOf(await wrong(carl))).toContain('wrong three times');
    expect((await polled(asked)).body.error).toBe('access_denied');
    expect(await evidence('task.denied')).toMatchObject([{ person: carl.id, reason: 'value_mismatch' }]);
  });
});

describe('A6-1 who does not count', () => {
  const never = async (member: Member) => {
    const [seen, unknown] = [await review(member), await member.person.get(`/r/apr_${'0'.repeat(32)}`)];
    const bare = ({ html }: PageAnswer) => html.replaceAll(/req_[0-9a-f]+|apr_[0-9a-f]+/g, '');
    expect([seen.status, bare(seen)]).toEqual([404, bare(unknown)]);
    expect((await member.person.get('/inbox')).html).not.toContain((await approval()).id);
  };

  test('the owner, though they belong to the group; unless the rule says so', async () => {
    await decidedBy();
    await fromBehind();
    await never(olga);
    await decidedBy({ may_include: ['owner'] });
    await fromBehind(invite('Owner'));
    expect(wordsOf(await decide(olga))).toContain('Allowed once.');
  });

  test('the person it is for, though they belong to the group; unless the rule says so: then with a passkey', async () => {
    await joinGroup(database, acme, group, anna.id, '1 hour');
    await decidedBy();
    expect((await asking()).page.html).toMatch(/data-testid="ask-for-approval"/);
    await decidedBy({ may_include: ['requester'] });
    const { page } = await asking('Mine');
    expect(page.html).toMatch(/data-testid="approve"/);
    const done = await approveWith(anna.person, page, anna.key, choices());
    expect(wordsOf(done)).toContain('Allowed once.');
    expect(await evidence('task.approved')).toMatchObject([{ person: anna.id }]);
  });

  test('somebody of another group, or whom nobody confirmed', async () => {
    await decidedBy();
    await database.run('insert into group_members (organization, of_group, person, added_by) values ($1, $2, $3, $4)', [
      acme,
      group,
      dora.id,
      'usr_0',
    ]);
    await fromBehind();
    await never(dora);
  });

  test('somebody who came in after it was asked: nobody is added for one request', async () => {
    await decidedBy();
    await fromBehind();
    await joinGroup(database, acme, group, dora.id);
    await never(dora);
    await fromBehind(invite('Later'));
    expect((await review(dora)).status).toBe(200);
  });

  test('somebody who was asked and is removed since: they read nothing, and their no is none', async () => {
    await decidedBy();
    const asked = await fromBehind();
    const page = await review(carl);
    await database.run('delete from group_members where person = $1', [carl.id]);
    await never(carl);
    expect((await carl.person.submit(page, { decision: 'deny' })).status).toBe(404);
    expect((await polled(asked)).body.error).toBe('authorization_pending');
  });

  test('the owner and the person, in a quorum: with them it would be enough, and without them it is too few', async () => {
    await joinGroup(database, acme, group, anna.id, '1 hour');
    await decidedBy({ quorum: 4 });
    expect((await fromBehind()).status).toBe(403);
    await decidedBy({ quorum: 4, may_include: ['owner', 'requester'] });
    expect((await fromBehind()).status).toBe(200);
  });

  test('somebody whom one of those made who do not count', async () => {
    await decidedBy();
    await fromBehind();
    await database.run('update people set made_by = array[$2] where id = $1', [ben.id, olga.id]);
    await never(ben);
    await database.run(`update people set made_by = '{}' where id = $1`, [ben.id]);
    expect((await review(ben)).status).toBe(200);
  });

  test('two of whom one made the other count once', async () => {
    await decidedBy({ quorum: 2 });
    await fromBehind();
    await database.run('update people set made_by = array[$2] where id = $1', [carl.id, ben.id]);
    await decide(ben);
    await never(carl);
    await database.run(`update people set made_by = '{}' where id = $1`, [carl.id]);
    expect(wordsOf(await decide(carl))).toContain('Allowed once.');
  });

  test.each([
    ['left the group', () => database.run('delete from group_members where person = $1', [carl.id])],
    ['belonged to a group that is gone', () => database.run('delete from groups where id = $1', [group])],
    ['was disabled', () => database.run(`update people set status = 'disabled' where id = $1`, [carl.id])],
    [
      'became the agent’s owner',
      () => database.run('update agents set owner = $1 where id = $2', [carl.id, agent.registration.agent_id]),
    ],
  ])('somebody who %s between page and signature', async (_, happens) => {
    await decidedBy();
    await fromBehind();
    const confirm = await carl.person.submit(await review(carl), choices());
    const before = await tasks();
    const assertion = carl.key.get(optionsIn(confirm, 'request'));
    await happens();
    const late = await carl.person.submit(confirm, { assertion });
    expect([200, 401, 404]).toContain(late.status);
    expect(wordsOf(late)).not.toContain('Allowed');
    expect(await tasks()).toBe(before);
    await database.run(`update people set status = 'active' where id = $1`, [carl.id]);
    await database.run('update agents set owner = $1 where id = $2', [olga.id, agent.registration.agent_id]);
    carl = await again(carl);
  });

  test('a second person who lost the role between page and signature', async () => {
    await rules({ name: 'Invitations', when: { actions: [INVITE] }, verdict: 'two' });
    const { page } = await asking();
    await approveWith(anna.person, page, anna.key, choices());
    await database.run(`update people set roles = '{approver}' where id = $1`, [dora.id]);
    const confirm = await dora.person.submit(await review(dora), choices());
    const before = await tasks();
    const assertion = dora.key.get(optionsIn(confirm, 'request'));
    await database.run(`update people set roles = '{}' where id = $1`, [dora.id]);
    expect((await dora.person.submit(confirm, { assertion })).status).toBe(404);
    expect((await dora.person.submit(confirm, { decision: 'deny' })).status).toBe(404);
    expect([await tasks(), (await approval()).status]).toEqual([before, 'pending']);
    expect(wordsOf(await decide(ben))).toContain('Allowed once.');
  });

  test('whoever signed and left the group before the last one signed does not count any more', async () => {
    await decidedBy({ quorum: 2 });
    await joinGroup(database, acme, group, dora.id, '1 hour');
    const asked = await fromBehind();
    await decide(ben);
    await database.run('delete from group_members where person = $1', [ben.id]);
    await decide(carl);
    expect((await polled(asked)).body.error).toBe('authorization_pending');
    expect(wordsOf(await decide(dora))).toContain('Allowed once.');
  });

  test('without a passkey, nobody decides for another, whatever the impact', async () => {
    await decidedBy();
    await fromBehind();
    await database.run(`delete from credentials where kind = 'passkey' and person = $1`, [carl.id]);
    const page = await review(carl);
    expect(page.html).toMatch(/data-cannot-approve/);
    const before = await tasks();
    expect((await carl.person.submit(page, choices())).status).toBe(403);
    expect(await tasks()).toBe(before);
    carl = await again(carl);
  });
});

describe('escalation', () => {
  /** What is put off is due now; and once more, as by an instance that did not hear of the first time. */
  const timePasses = async () => {
    const { id, organization } = await approval();
    await database.run(`update outbox set due_at = now() where kind = 'approval.escalate' and state = 'waiting'`);
    await database.run(
      `insert into outbox (organization, kind, payload) select $1, 'approval.escalate', jsonb_build_object('approval', $2::text) from generate_series(1, 5)`,
      [organization, id],
    );
    await database.run(`insert into signals (topic, value) values ('outbox', 'approval.escalate')`);
    for (const deadline = Date.now() + 15_000; ; await sleep(30)) {
      const left = `select from outbox where kind = 'approval.escalate' and state = 'waiting' and due_at <= now() + interval '1 minute'`;
      if (!(await database.first(left))) return;
      if (Date.now() > deadline) throw new Error('nothing was escalated');
    }
  };
  const escalating = (more: object): Partial<Deciders> => ({ escalate: { after: 'PT10M', ...more } });

  test('nobody decided in time: another group may as well, is told once, and the page says why', async () => {
    await decidedBy(escalating({ group: later }));
    const asked = await fromBehind();
    expect(await told(2)).toEqual([ben.id, carl.id].toSorted());
    expect((await review(dora)).status).toBe(404);
    await timePasses();
    expect(await told(3)).toEqual([ben.id, carl.id, dora.id].toSorted());
    expect(await evidence('approval.escalated')).toHaveLength(1);
    expect(wordsOf(await dora.person.get('/inbox'))).toContain('for Anna Berg, because nobody decided in time');
    const page = await review(dora);
    expect(wordsOf(page)).toContain('Nobody decided this in time. You are asked as well, for Anna Berg.');
    await approveWith(dora.person, page, dora.key, choices());
    expect((await polled(asked)).status).toBe(200);
    expect((await evidence('task.approved'))[0]?.fields['content.part']?.value).toBe('escalation');
  });

  test('decided in time, nobody else hears of it', async () => {
    await decidedBy(escalating({ group: later }));
    await fromBehind();
    await decide(ben);
    await timePasses();
    expect(await evidence('approval.escalated')).toEqual([]);
    expect((await review(dora)).status).toBe(404);
  });

  test('after the person, too: they may still decide themselves', async () => {
    await rules({ name: 'Slow', when: { actions: [INVITE] }, verdict: 'ask', deciders: escalating({ group: later }) });
    const asked = await fromBehind();
    expect(asked.body.display_code).toMatch(/^\d\d$/);
    expect((await review(anna)).html).toMatch(/data-testid="approve"/);
    await timePasses();
    expect((await review(anna)).html).toMatch(/data-testid="approve"/);
    // Whoever decides for her cannot see the number, and signs.
    const page = await review(dora);
    expect(page.html).not.toMatch(/name="number"/);
    await approveWith(dora.person, page, dora.key, choices());
    expect((await polled(asked)).status).toBe(200);
  });

  test('to the deputy of the agent; at critical impact never', async () => {
    await database.run('update agents set deputy = $1 where id = $2', [dora.id, agent.registration.agent_id]);
    await decidedBy(escalating({ deputy: true }));
    await fromBehind();
    await timePasses();
    expect((await review(dora)).status).toBe(200);
    const repository = `acme/deputy-${++count}`;
    await fromBehind(deleteDetails({ repository }));
    await timePasses();
    expect((await review(dora)).status).toBe(404);
    await database.run(
      `update agents set deputy = (select id from people where email = 'admin@acme.example') where id = $1`,
      [agent.registration.agent_id],
    );
  });
});

describe('U3-10, §3.2: nobody of a group is worn down', () => {
  const limits = (more: object) =>
    database.run('update prompt_limits set limits = limits || $2 where organization = $1', [
      acme,
      JSON.stringify(more),
    ]);
  const ofNobody = { cool_off_minutes: 0, mute_after_denials: 1000, open: { pair: 1000, person: 1000 } };

  test('what the group denied, the agent does not ask them again soon, for whomever', async () => {
    await decidedBy();
    await fromBehind();
    await ben.person.submit(await review(ben), { decision: 'deny' });
    await limits({ cool_off_minutes: 15 });
    const again = await ask(agent, {
      login_hint: 'owner@acme.example',
      authorization_details: detailsParameter(invite()),
    });
    await limits(ofNobody);
    expect([again.status, again.body.error, Number(again.headers.get('retry-after')) > 0]).toEqual([
      403,
      'access_denied',
      true,
    ]);
  });

  test('many who each ask for somebody else are counted together', async () => {
    await decidedBy();
    await database.run(`update approvals set expires_at = now() - interval '2 days' where status = 'pending'`);
    await limits({ open: { pair: 2 } });
    const asked = [];
    for (const login_hint of ['person', 'owner', 'admin'].map((name) => `${name}@acme.example`)) {
      asked.push(await ask(agent, { login_hint, authorization_details: detailsParameter(invite()) }));
    }
    await limits(ofNobody);
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 403]);
  });
});

/** The same colleague, signed in anew where their session or passkey has ended. */
async function again(member: Member): Promise<Member> {
  await database.run(`delete from credentials where kind = 'passkey' and person = $1`, [member.id]);
  return memberOf(server, database, member.email);
}
