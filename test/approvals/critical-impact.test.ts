import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { LATEST_LIKE } from '../../adapters/postgres/person-approvals.ts';
import { askForTask } from '../../examples/agent/ask-for-task.ts';
import { connect } from '../../examples/agent/client.ts';
import { decisionHash } from '../../server/tasks/decision.ts';
import { CIBA, claimsOf, type Json, type TestClient } from '../support/agent.ts';
import { type Authenticator, addPasskey, optionsIn } from '../support/authenticator.ts';
import {
  approveWith,
  askFreely,
  askInBrowser,
  DELETE,
  deleteDetails,
  financeAgent,
  linkIn,
  REPOS,
  refundDetails,
  sign,
  tokenAfter,
} from '../support/ceremony.ts';
import { continuationOf, detailsParameter, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, text } from '../views/html.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let [anna, ben, olga]: { person: TestPerson; key: Authenticator }[] = [];
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
  const member = async (email: string) => {
    const person = await signIn(server, email);
    return { person, key: await addPasskey(person, server.issuer) };
  };
  // Olga owns the agent, Ada is its deputy, Ben approves for others.
  [anna, ben, olga] = [
    await member('person@acme.example'),
    await member('approver@acme.example'),
    await member('owner@acme.example'),
  ];
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const at = (member: { person: TestPerson; key: Authenticator } | undefined) => {
  if (!member) throw new Error('nobody');
  return member;
};
/** What stands beside the request for whoever compares it; empty where nothing does. */
const comparedOn = ({ html }: PageAnswer): string => {
  const [section = ''] = /<section class="compared"[\s\S]*?<\/section>/.exec(html) ?? [];
  return section
    .replace(/<\/?bdi[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
};
let count = 0;
const fresh = () => `acme/repo-${++count}`;
const tasks = async () =>
  Number((await database.query(`select count(*) from tasks where impact = 'critical'`)).rows[0].count);
const lastApproval = async () =>
  (await database.query('select * from approvals order by asked_at desc limit 1')).rows[0];
const choices = (repository: string) => ({
  decision: 'approve',
  duration: 'once',
  read: '1',
  critical_value: repository,
});
const giveRole = (email: string, roles: string[]) =>
  database.query('update people set roles = $2 where email = $1', [email, roles]);

/** Anna's half of a request in the browser. */
async function firstHalf(repository = fresh()) {
  const { person, key } = at(anna);
  const asked = await askInBrowser(agent, person, deleteDetails({ repository }));
  const waiting = await approveWith(person, asked.page, key, choices(repository));
  const { id } = await lastApproval();
  return { asked, waiting, repository, review: `/r/${id}`, id: String(id) };
}

test('A6: two people with their own passkeys make one task; the first one’s page leads back to the client', async () => {
  const before = await tasks();
  const { asked, waiting, repository, review, id } = await firstHalf();
  expect(waiting.html).toMatch(/Waiting for a second person\./);
  expect(waiting.html).toMatch(/src="\/static\/waiting\.js"/);
  expect(await tasks()).toBe(before);

  // Whoever may be the second is told, and nobody else: of three with a passkey, Ben.
  const { person, key } = at(ben);
  const { rows: told } = await database.query(
    `select payload from outbox where kind = 'notify' and (payload = '{}' or payload ->> 'approval' = $1)`,
    [id],
  );
  expect(told).toHaveLength(1);
  const inbox = await person.get('/inbox');
  expect(inbox.html).toMatch(
    new RegExp(`href="${review}"[\\s\\S]*${repository}[\\s\\S]*second approval, for Anna Berg`),
  );
  const page = await person.get(review);
  expect([...page.html.matchAll(/<dd data-fact="(\w+)"/g)].map(([, name]) => name)).toEqual([
    'what',
    'system',
    'data',
    'changes',
    'impact',
    'duration',
  ]);
  expect(page.html).toMatch(/First approval: Anna Berg \(passkey\) \d\d:\d\d/);
  expect(comparedOn(page)).toMatch(/Nobody has decided such a request of .+ for Anna Berg before\./);
  const done = await approveWith(person, page, key, choices(repository));
  expect(done.html).toMatch(/Allowed once\./);
  expect(done.html).not.toMatch(/data-testid="stop"/); // the task is Anna's
  expect(await tasks()).toBe(before + 1);

  const back = await at(anna).person.get(new URL(asked.page.url).pathname);
  expect(back.html).toMatch(/Already decided/);
  const { status, body } = await tokenAfter(agent, at(anna).person, back, asked);
  expect(status).toBe(200);
  const claims = claimsOf(body.access_token);
  expect(claims).toMatchObject({ acr: 'phr' });
  expect(claims.authorization_details).toEqual([
    expect.objectContaining({ type: DELETE, impact: 'critical', max_uses: 1 }),
  ]);
  // The token names the last decision, which names the first.
  const { rows } = await database.query('select hash, decided from decisions where approval = $1 order by signed_at', [
    review.slice(3),
  ]);
  expect(rows.map(({ hash }) => hash)[1]).toBe(claims.task_hash);
  expect(rows[1].decided.decision).toMatchObject({ confirms: rows[0].hash });
  expect(rows[1].decided.decision.granted).toEqual(rows[0].decided.decision.granted);
  // Ten minutes from the second approval.
  const { rows: kept } = await database.query(
    'select expires_at - approved_at as lasts from tasks where decision_hash = $1',
    [claims.task_hash],
  );
  expect(kept[0].lasts.minutes ?? 0).toBeLessThanOrEqual(10);
});

describe('A6 what the second person compares', () => {
  test('with the latest decision of this person about the same: what was allowed then, and what is asked now', async () => {
    const earlier = await firstHalf();
    const { person, key } = at(ben);
    await approveWith(person, await person.get(earlier.review), key, choices(earlier.repository));
    const { asked, review, repository } = await firstHalf();
    const page = await person.get(review);
    const then = `${earlier.repository} → ${repository}`;
    expect(comparedOn(page)).toMatch(/Last time, for Anna Berg: allowed once, by 2 people, \d\d:\d\d\./);
    expect(comparedOn(page)).toContain(then);
    expect(comparedOn(await person.get(`${review}?ui_locales=de`))).toMatch(
      /von 2 Personen, \d\d:\d\d\. Damals erlaubt → jetzt/,
    );
    // Who asked reads nothing of it.
    expect(comparedOn(asked.page)).toBe('');

    // Neither what the agent asked of others, nor what others asked of the person, nor what nobody decided.
    const { rows } = await database.query(`select id from people where email = 'owner@acme.example'`);
    const [of, as] = [`update approvals set person = $1 where person = $2 and id <> $3`, String(rows[0].id)];
    const { person: her } = await lastApproval();
    await database.query(of, [as, her, review.slice(3)]);
    expect(comparedOn(await person.get(review))).toMatch(/Nobody has decided such/);
    await database.query(of, [her, as, review.slice(3)]);
    expect(comparedOn(await person.get(review))).toContain(then);

    await person.submit(await person.get(review), { decision: 'deny' });
    const next = await firstHalf();
    expect(comparedOn(await person.get(next.review))).toMatch(
      new RegExp(`for Anna Berg: denied, .* What was asked then → .*${repository} → ${next.repository}`),
    );
  });

  test('found along its own index, however many requests there were', async () => {
    const { organization, person, agent: asking, actions, id } = await lastApproval();
    const keys = JSON.stringify(actions.map(({ action }: { action: string }) => action));
    await database.query('begin');
    await database.query('set local enable_seqscan = off');
    await database.query('set local enable_sort = off');
    const { rows } = await database.query(`explain ${LATEST_LIKE}`, [organization, person, asking, keys, id]);
    await database.query('rollback');
    expect(rows.map((line) => line['QUERY PLAN']).join('\n')).toMatch(
      /Index Scan (?:Backward )?using approvals_alike on approvals a.*\n\s*Index Cond: .*jsonb_path_query_array/,
    );
  });

  test('with what was asked, where the first one allowed less', async () => {
    const first = at(anna);
    const amount = { currency: 'EUR', value: '7000.00' };
    const asked = await askInBrowser(agent, first.person, refundDetails({ amount }));
    const less = { ...choices('6,000.00'), narrow_0_amount: '6,000.00' };
    await approveWith(first.person, asked.page, first.key, less);
    const { id } = await lastApproval();
    expect(comparedOn(await at(ben).person.get(`/r/${id}`))).toMatch(
      /^Anna Berg approved less than was asked: \S.* EUR 7,000.00 → EUR 6,000.00 Compared with/,
    );
  });
});

test.each([
  ['en', 'Once, within 10 minutes after both approvals', /^Once, until /],
  ['de', 'Einmal, innerhalb von 10 Minuten nach beiden Freigaben', /^Einmal, bis /],
])(
  '§7 T5: how long is said from when it begins, with the second approval, also where the first one signs (%s)',
  async (language, after, until) => {
    const { person, key } = at(anna);
    const repository = fresh();
    const asked = await askInBrowser(agent, person, deleteDetails({ repository }), { ui_locales: language });
    expect(text(inner(asked.page.html, 'dd', 'data-fact="duration"'))).toBe(after);
    const confirm = await person.submit(asked.page, choices(repository));
    const howLong = ({ html }: PageAnswer) => text(inner(inner(html, 'dl', 'class="facts"'), 'dd'));
    expect(howLong(confirm)).toBe(after);
    await sign(person, confirm, key);
    const { id } = await lastApproval();
    const second = at(ben).person;
    const last = await second.submit(await second.get(`/r/${id}?ui_locales=${language}`), choices(repository));
    // Theirs is the last: from now on the clock says it.
    expect(howLong(last)).toMatch(until);
  },
);

test('A6-5 the second person may read no more of it once somebody else decided', async () => {
  const { review, repository } = await firstHalf();
  const { person, key } = at(ben);
  await approveWith(person, await person.get(review), key, choices(repository));
  expect((await person.get(review)).html).toMatch(/Already decided by you at/);
  // Whose request it was is told that it was decided, and not that it was by them on another device.
  expect((await at(anna).person.get(review)).html).toMatch(/Already decided at/);
  await giveRole('admin@acme.example', ['admin', 'approver']);
  // Ada is the deputy; and the decision was another's.
  expect((await (await signIn(server, 'admin@acme.example')).get(review)).status).toBe(404);
  await giveRole('admin@acme.example', ['admin']);
});

describe('A6-1 who may not be the second', () => {
  const unknown = async (person: TestPerson) => person.get('/r/apr_00000000000000000000000000000000');
  const withoutReference = ({ html }: PageAnswer) => html.replaceAll(/req_[0-9a-f]+|apr_[0-9a-f]+/g, '');

  test.each([
    ['the agent’s owner, with the role', 'owner@acme.example', ['approver']],
    ['its deputy, with the role', 'admin@acme.example', ['admin', 'approver']],
    ['a colleague without the role', 'owner@acme.example', []],
    ['an administrator without the role', 'admin@acme.example', ['admin']],
    ['somebody of another organization, with the role', 'person@globex.example', ['approver']],
  ])('%s: the same body and status as for an id that never was', async (_, email, roles) => {
    const { review } = await firstHalf();
    await giveRole(email, roles);
    const person = await signIn(server, email);
    const [seen, never] = [await person.get(review), await unknown(person)];
    expect(seen.status).toBe(404);
    expect(withoutReference(seen)).toBe(withoutReference(never));
    const posted = await person.post(review, { decision: 'deny', csrf: 'x' });
    expect(posted.status).toBe(404);
    expect((await person.get('/inbox')).html).not.toContain(review);
    await giveRole(email, email.startsWith('admin') ? ['admin'] : []);
  });

  test('nobody before the first signed', async () => {
    const { person } = at(anna);
    await askInBrowser(agent, person, deleteDetails({ repository: fresh() }));
    const { id } = await lastApproval();
    expect((await at(ben).person.get(`/r/${id}`)).status).toBe(404);
    expect((await at(ben).person.get('/inbox')).html).not.toContain(id);
  });

  test('the requester, even with the role: their second form is no second person', async () => {
    await giveRole('person@acme.example', ['approver']);
    const { review, asked, repository } = await firstHalf();
    const before = await tasks();
    const { person, key } = at(anna);
    expect((await person.get(review)).html).toMatch(/Waiting for a second person/);
    const again = await person.submit(asked.page, choices(repository));
    expect(again.status).toBe(409);
    expect(await tasks()).toBe(before);
    await expect(
      person.post(review, {
        ...choices(repository),
        csrf: /name="csrf" value="([^"]*)"/.exec(asked.page.html)?.[1] ?? '',
        request_hash: /name="request_hash" value="([^"]*)"/.exec(asked.page.html)?.[1] ?? '',
        decision_hash: 'x',
        assertion: key.get({ challenge: 'eHg' }),
      }),
    ).resolves.toMatchObject({ status: 409 });
    expect(await tasks()).toBe(before);
    await giveRole('person@acme.example', []);
  });

  test('somebody whom the requester, the owner or the deputy made', async () => {
    const { review } = await firstHalf();
    await database.query(
      `update people set made_by = array[(select id from people where email = 'person@acme.example')] where email = 'approver@acme.example'`,
    );
    expect((await at(ben).person.get(review)).status).toBe(404);
    await database.query(`update people set made_by = '{}' where email = 'approver@acme.example'`);
    expect((await at(ben).person.get(review)).status).toBe(200);
  });

  test('somebody who lost the role, or became the owner, between page and signature', async () => {
    const { review, repository } = await firstHalf();
    const { person, key } = at(ben);
    const confirm = await person.submit(await person.get(review), choices(repository));
    const before = await tasks();
    await giveRole('approver@acme.example', []);
    expect((await sign(person, confirm, key)).status).toBe(404);
    await giveRole('approver@acme.example', ['approver']);
    await database.query(
      `update agents set deputy = (select id from people where email = 'approver@acme.example') where id = $1`,
      [agent.registration.agent_id],
    );
    expect((await sign(person, confirm, key)).status).toBe(404);
    await database.query(
      `update agents set deputy = (select id from people where email = 'admin@acme.example') where id = $1`,
      [agent.registration.agent_id],
    );
    expect(await tasks()).toBe(before);
    expect((await sign(person, confirm, key)).html).toMatch(/Allowed once/);
  });
});

test('a denial by the second ends it, and needs no passkey', async () => {
  const { review, asked } = await firstHalf();
  const { person } = at(ben);
  const denied = await person.submit(await person.get(review), { decision: 'deny' });
  expect(denied.html).toMatch(/Denied\./);
  const back = await at(anna).person.get(new URL(asked.page.url).pathname);
  const client = await at(anna).person.get(linkIn(back));
  expect(client.url).toMatch(/error=access_denied/);
  const { deny_reason } = (await database.query('select deny_reason from approvals where id = $1', [review.slice(3)]))
    .rows[0];
  expect(deny_reason).toBe('second_person');
});

test('the second one touches the value, too; and signs with their own passkey', async () => {
  const { review, repository } = await firstHalf();
  const { person } = at(ben);
  const page = await person.get(review);
  expect((await person.submit(page, choices('acme/other'))).status).toBe(400);
  const confirm = await person.submit(page, choices(repository));
  const before = await tasks();
  expect((await sign(person, confirm, at(anna).key)).status).toBe(409);
  expect(await tasks()).toBe(before);
});

test('the first one’s signature is none for the second', async () => {
  const { review, repository } = await firstHalf();
  const { person } = at(ben);
  const confirm = await person.submit(await person.get(review), choices(repository));
  const [{ proof, hash }] = (
    await database.query('select proof, hash from decisions where approval = $1 and signed_at is not null', [
      review.slice(3),
    ])
  ).rows;
  const { authenticatorData, clientDataJSON, signature } = proof;
  const replayed = JSON.stringify({
    id: at(anna).key.credentialId,
    rawId: at(anna).key.credentialId,
    type: 'public-key',
    response: { authenticatorData, clientDataJSON, signature },
    clientExtensionResults: {},
  });
  expect((await person.submit(confirm, { assertion: replayed })).status).toBe(409);
  expect((await person.submit(confirm, { assertion: replayed, decision_hash: hash })).status).toBe(409);
});

test('twenty second approvals at the same moment, by two people, make one task', async () => {
  await giveRole('owner@acme.example', ['approver']);
  await database.query(
    `update agents set owner = (select id from people where email = 'person@acme.example') where id = $1`,
    [agent.registration.agent_id],
  );
  const { review, repository } = await firstHalf();
  const confirms = await Promise.all(
    [at(ben), at(olga)].map(async ({ person, key }) => {
      const confirm = await person.submit(await person.get(review), choices(repository));
      return { person, confirm, assertion: key.get(optionsIn(confirm, 'request')) };
    }),
  );
  const before = await tasks();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const { person, confirm, assertion } = confirms[index % 2] as (typeof confirms)[number];
      return person.submit(confirm, { assertion });
    }),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.every(({ status }) => [200, 404, 409].includes(status))).toBe(true);
  expect(await tasks()).toBe(before + 1);
  await giveRole('owner@acme.example', []);
  await database.query(
    `update agents set owner = (select id from people where email = 'owner@acme.example') where id = $1`,
    [agent.registration.agent_id],
  );
});

test('the client need not wait: it is told to ask again, and is then covered without a page', async () => {
  const { asked, waiting, repository, review } = await firstHalf();
  const left = await at(anna).person.submit(waiting, { decision: 'leave' });
  const client = await at(anna).person.get(continuationOf(left) ?? '');
  expect(client.url).toMatch(/error=access_denied&error_description=a\+second\+person\+has\+to\+approve/);
  const { person, key } = at(ben);
  await approveWith(person, await person.get(review), key, choices(repository));
  const again = await askInBrowser(agent, at(anna).person, deleteDetails({ repository }));
  expect(again.page.url).toMatch(/callback\?code=/);
  expect(asked.page.url).not.toBe(again.page.url);
});

test('from behind: the poll waits for the second, for half an hour', async () => {
  const repository = fresh();
  const asked = await agent.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(deleteDetails({ repository })),
  });
  expect(asked.body.expires_in).toBe(1800);
  const poll = async () => {
    await database.query('update approvals set polled_at = null');
    return agent.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id });
  };
  const { id } = await lastApproval();
  const { person, key } = at(anna);
  const own = await person.get(`/r/${id}`);
  await approveWith(person, own, key, { ...choices(repository), number: asked.body.display_code });
  expect((await poll()).body.error).toBe('authorization_pending');
  await approveWith(at(ben).person, await at(ben).person.get(`/r/${id}`), at(ben).key, choices(repository));
  expect((await poll()).status).toBe(200);
});

describe('T5 the safer offer', () => {
  const ARCHIVE = 'repos.repository.archive';
  let keeper: TestClient;
  beforeAll(async () => {
    const metadata = { client_name: 'Keeper', authorization_details_types: [DELETE, ARCHIVE] };
    keeper = await financeAgent(server, metadata);
  });
  const offered = ({ html }: PageAnswer) => {
    const [part = ''] = /<div data-instead[\s\S]*?<\/div>/.exec(html) ?? [];
    return text(part);
  };
  const limitsOf = (limits: object) =>
    database.query('update prompt_limits set limits = limits || $2 where organization = $1', [
      keeper.registration.organization,
      limits,
    ]);
  /** What was denied until now is no reason to be quiet. */
  const longAgo = () =>
    database.query(`update approvals set decided_at = decided_at - interval '1 hour' where status = 'denied'`);
  const askBehind = (by: TestClient, details: Json) =>
    by.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(details),
    });
  const poll = async (by: TestClient, { body }: { body: Json }) => {
    await database.query('update approvals set polled_at = null');
    return by.token({ grant_type: CIBA, auth_req_id: body.auth_req_id });
  };

  test.each([
    ['en', 'Safer: archive the repository', 'Locks a repository · Medium impact · Can be undone'],
    ['de', 'Sicherer: das Repository', 'Sperrt ein Repository · Mittlere Auswirkung · Kann rückgängig gemacht werden'],
  ])(
    'U2: in the browser it is a no that names the other action, and nothing of it in the address (%s)',
    async (language, words, line) => {
      const { person } = at(anna);
      const repository = fresh();
      const before = await tasks();
      const { page } = await askInBrowser(keeper, person, deleteDetails({ repository }), { ui_locales: language });
      expect(offered(page)).toContain(words);
      expect(offered(page)).toContain(repository);
      expect(offered(page)).toContain(line);

      const result = await person.submit(page, { decision: 'instead' });
      expect(text(inner(result.html, 'main'))).toMatch(
        language === 'en'
          ? new RegExp(`Denied\\..* may ask for this instead: archive the repository ${repository}\\.`)
          : new RegExp(`Abgelehnt\\..* stattdessen bitten kann: das Repository ${repository} archivieren\\.`),
      );
      // It is read, and not passed over.
      expect(continuationOf(result)).toBeUndefined();
      const back = new URL((await person.get(linkIn(result))).url);
      expect(back.searchParams.get('error')).toBe('access_denied');
      expect(back.searchParams.get('error_description')).toBe(
        `the person denied the request: ask for ${ARCHIVE} instead`,
      );
      expect(back.href).not.toContain(encodeURIComponent(repository));

      expect(await tasks()).toBe(before);
      const { status, decision, decision_hash, deny_reason, id } = await lastApproval();
      const instead = { action: ARCHIVE, version: 1, resource: REPOS, parameters: { repository } };
      expect({ status, deny_reason, decision }).toMatchObject({
        status: 'denied',
        deny_reason: 'instead',
        decision: { verdict: 'deny', granted: [], instead },
      });
      // What the evidence names by its hash says it too.
      expect(decisionHash(decision)).toBe(decision_hash);
      expect(decisionHash({ ...decision, instead: { ...instead, parameters: { repository: 'acme/other' } } })).not.toBe(
        decision_hash,
      );
      const { rows } = await database.query(
        `select c.fields -> 'content.decision' -> 'value' -> 'instead' as instead, e.type from evidence e
         join evidence_contents c on c.event = e.id where e.approval = $1 and e.type = 'task.denied'`,
        [id],
      );
      expect(rows).toEqual([{ type: 'task.denied', instead }]);
      const receipt = text(inner((await person.get(`/receipts/${id}`)).html, 'main'));
      expect(receipt).toMatch(/Suggested instead\s*archive the repository/);
    },
  );

  test('from behind the agent gets the whole of it, asks, and gets that and nothing else; it is neither quiet nor mute', async () => {
    const { person } = at(anna);
    const repository = fresh();
    await longAgo();
    await limitsOf({ mute_after_denials: 1, cool_off_minutes: 15 });
    try {
      const asked = await askBehind(keeper, deleteDetails({ repository }));
      expect(asked).toMatchObject({ status: 200 });
      const page = await person.get(`/r/${(await lastApproval()).id}`);
      expect(offered(page)).toContain(repository);
      // Once, however often it is pressed.
      const answers = await Promise.all(Array.from({ length: 20 }, () => person.submit(page, { decision: 'instead' })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(409)]);
      const denied = await poll(keeper, asked);
      expect([denied.status, denied.body.error]).toEqual([400, 'access_denied']);
      const details = [{ type: ARCHIVE, locations: [REPOS], repository }];
      expect(denied.body.authorization_details).toEqual(details);
      const muted = `/agents/${keeper.registration.agent_id}/unmute`;
      expect((await person.get('/agents')).html.includes(muted)).toBe(false);

      // The same again is what the person said no to.
      expect((await askBehind(keeper, deleteDetails({ repository }))).status).toBe(403);
      const instead = await askBehind(keeper, details[0]);
      expect(instead.status).toBe(200);
      const other = await person.get(`/r/${(await lastApproval()).id}`);
      expect(text(inner(other.html, 'h1'))).toMatch(
        new RegExp(`^Keeper wants to archive the repository ${repository}`),
      );
      expect(offered(other)).toBe('');
      await person.submit(other, {
        decision: 'approve',
        duration: 'once',
        read: '1',
        number: instead.body.display_code,
      });
      const token = await poll(keeper, instead);
      expect(claimsOf(token.body.access_token).authorization_details).toEqual([
        expect.objectContaining({ type: ARCHIVE, repository, impact: 'medium' }),
      ]);
      expect(token.body.authorization_details).toHaveLength(1);
    } finally {
      await limitsOf({ mute_after_denials: 1000, cool_off_minutes: 0 });
    }
  });

  test('the second person may say so as well', async () => {
    const repository = fresh();
    const { clientId, jwk, registration } = keeper;
    const agent = await connect({ issuer: server.issuer, client_id: clientId, jwk, agent_id: registration.agent_id });
    const { promise: shown, resolve: show } = Promise.withResolvers<string | undefined>();
    const wish = { person: 'person@acme.example', authorization_details: [deleteDetails({ repository })], show };
    const answer = askForTask(agent, wish);
    const number = (await shown) ?? '';
    const { id } = await lastApproval();
    const { person, key } = at(anna);
    await approveWith(person, await person.get(`/r/${id}`), key, { ...choices(repository), number });
    const second = at(ben).person;
    const result = await second.submit(await second.get(`/r/${id}`), { decision: 'instead' });
    expect(text(inner(result.html, 'main'))).toContain(`archive the repository ${repository}`);
    expect(await answer).toMatchObject({ outcome: 'denied', instead: [{ type: ARCHIVE, repository }] });
    expect(await lastApproval()).toMatchObject({ status: 'denied', deny_reason: 'second_person' });
  });

  describe('is none, and whoever posts it says no and nothing else, where', () => {
    const policy = (rules: object[]) =>
      database.query(
        `insert into policies (organization, version, id, document, yaml, made_by)
         select $1, next, 'pol_instead_' || next, $2, '', 'test'
         from (select coalesce(max(version), 0) + 1 as next from policies where organization = $1) as numbered`,
        [keeper.registration.organization, JSON.stringify({ rules })],
      );
    const nothing = async () => {};
    test.each<[string, () => TestClient, () => Promise<unknown>, () => Promise<unknown>]>([
      ['the agent is not registered for it', () => agent, nothing, nothing],
      [
        'a policy forbids it',
        () => keeper,
        () => policy([{ name: 'No archive', when: { actions: [ARCHIVE] }, verdict: 'never' }]),
        () => policy([]),
      ],
      [
        'the person denied it a short while ago',
        () => keeper,
        async () => {
          await longAgo();
          await limitsOf({ cool_off_minutes: 15 });
          await askBehind(keeper, { type: ARCHIVE, locations: [REPOS], repository: fresh() });
          const { person } = at(anna);
          await person.submit(await person.get(`/r/${(await lastApproval()).id}`), { decision: 'deny' });
        },
        () => limitsOf({ cool_off_minutes: 0 }),
      ],
    ])('%s', async (_, by, prepare, restore) => {
      await prepare();
      try {
        const asked = await askBehind(by(), deleteDetails({ repository: fresh() }));
        expect(asked.status).toBe(200);
        const { person } = at(anna);
        const page = await person.get(`/r/${(await lastApproval()).id}`);
        expect(offered(page)).toBe('');
        const result = await person.submit(page, { decision: 'instead' });
        expect(text(inner(result.html, 'main'))).toMatch(/^.*Denied\./);
        expect(result.html).not.toContain('archive the repository');
        const { body } = await poll(by(), asked);
        expect(body).toEqual({ error: 'access_denied', error_description: 'the person denied the request' });
        expect((await lastApproval()).decision).not.toHaveProperty('instead');
      } finally {
        await restore();
      }
    });
  });
});

test('a refund above the limit is critical by its amount; below it, one person is enough', async () => {
  const { person, key } = at(anna);
  const above = await askInBrowser(agent, person, refundDetails({ amount: { currency: 'EUR', value: '5000.01' } }));
  expect(above.page.html).toMatch(/Needs a second person/);
  const waiting = await approveWith(person, above.page, key, { ...choices('5,000.01') });
  expect(waiting.html).toMatch(/Waiting for a second person/);
  const below = await askInBrowser(agent, person, refundDetails({ amount: { currency: 'EUR', value: '5000.00' } }));
  expect((await approveWith(person, below.page, key, choices('5000'))).html).toMatch(/Allowed once/);
});

test('an agent whose limits ask for two gets two, at any impact', async () => {
  const limited = await financeAgent(server, { client_name: 'Careful Agent' });
  await database.query(`update agents set effective_limits = '{"second_person_above":"low"}' where id = $1`, [
    limited.registration.agent_id,
  ]);
  const { person, key } = at(anna);
  const details = {
    type: 'calendar.invitations.send',
    locations: ['https://calendar.acme.example'],
    title: 'Two',
    start: '2026-11-26T10:00:00Z',
    guests: ['ben@acme.example'],
  };
  const asked = await askInBrowser(limited, person, details as Json);
  const waiting = await approveWith(person, asked.page, key, choices(''));
  expect(waiting.html).toMatch(/Waiting for a second person/);
  const { id } = await lastApproval();
  const second = await approveWith(at(ben).person, await at(ben).person.get(`/r/${id}`), at(ben).key, choices(''));
  expect(second.html).toMatch(/Allowed once/);
});

test('the database makes no task of critical impact with one signature', async () => {
  const { id } = await firstHalf();
  await expect(
    database.query(
      `insert into tasks select (jsonb_populate_record(t, jsonb_build_object('id', 'tsk_0', 'approval', d.approval, 'decision_hash', d.hash))).*
       from tasks t, decisions d where t.impact = 'critical' and d.approval = $1 limit 1`,
      [id],
    ),
  ).rejects.toThrow(/tasks_are_proven/);
});

test('a signed decision is a record', async () => {
  await firstHalf();
  await expect(
    database.query('update decisions set signed_at = null, proof = null where signed_at is not null'),
  ).rejects.toThrow(/record/);
  await expect(database.query('delete from decisions where signed_at is not null')).rejects.toThrow(/record/);
});
