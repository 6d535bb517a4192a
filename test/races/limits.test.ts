import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import pg from 'pg';

import type { Database } from '../../adapters/postgres/database.ts';
import { up } from '../../migrations/147_open_campaigns.ts';
import { pricedShop } from '../catalogue/shop.ts';
import { ask, decideFor, metadataWith, poll } from '../protocol/support.ts';
import { operator } from '../support/admin.ts';
import {
  type Answer,
  answerOf,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  addClient,
  addEdge,
  databaseOf,
  exchange,
  rootToken,
  serveWith,
} from '../support/delegation.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { send } from '../support/send.ts';

/** A limit is a number, and not "about a number": twenty at once, at two processes, and exactly as many pass. */
const TOGETHER = 20;
const REGISTRATIONS = 60;
const FAN_OUT = 2;
const SHOP = 'https://shop.example';
const PLACE = 'shop.orders.place';

const repeatingShop = pricedShop.replace(
  'level: { default: medium }',
  'level: { default: medium }\n      standing: exact',
);

let deployment: Deployment;
let database: Database;
let person: TestPerson;
let api: string;
let organization: string;
beforeAll(async () => {
  deployment = await startDeployment({
    settings: () => ({
      COUNTERSIGN_REGISTRATIONS_PER_MINUTE: String(REGISTRATIONS),
      COUNTERSIGN_FAN_OUT: String(FAN_OUT),
    }),
  });
  database = databaseOf(deployment);
  expect((await (await operator(deployment))('POST', '/catalogue', repeatingShop)).body).toMatchObject({
    published: 1,
  });
  const shopServer = await addClient(deployment, database, 'resource_server');
  await serveWith(database, SHOP, shopServer);
  api = accessTokenIn(
    await shopServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
  );
  person = await signIn(deployment);
  const found = await database.first<{ id: string }>(`select id from organizations where slug = 'acme'`);
  organization = found?.id ?? '';
}, 240_000);
afterAll(async () => {
  await database?.close();
  await deployment?.close();
});
beforeEach(async () => {
  await database.run('truncate rate_limits');
  await database.run('delete from screens');
  await database.run('delete from approvals where status = $1', ['pending']);
  await limitTo({});
});

/** Beside that nobody here reads before they decide. */
const limitTo = (limits: Json) =>
  database.run(
    `insert into prompt_limits (organization, limits, changed_by) values ($1, $2, 'test')
     on conflict (organization) do update set limits = excluded.limits`,
    [organization, { fast_decisions: 0, ...limits }],
  );
/** The instance that the caller of this number talks to. */
const baseOf = (caller: number): string => deployment.bases[caller % 2 === 0 ? 0 : 1];
const together = (one: (base: string, caller: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: TOGETHER }, (_, caller) => one(baseOf(caller), caller)));
const tally = (answers: readonly Answer[]) => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const what = status < 300 ? String(status) : `${status} ${body.reason ?? body.error}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};
const late = (answers: readonly Answer[]) => answers.filter(({ status }) => status >= 400);

describe('questions', () => {
  const PEOPLE = ['person', 'approver', 'owner', 'admin'].map((name) => `${name}@acme.example`);
  let agents: TestClient[];
  beforeAll(async () => {
    agents = await Promise.all(Array.from({ length: 4 }, () => registerAgent(deployment)));
  });
  const MOST = 3;
  const one = (caller: number, base: string, { agent, to }: { agent: number; to: number }) =>
    ask(
      agents[agent] as TestClient,
      {
        login_hint: PEOPLE[to],
        authorization_details: detailsParameter(readDetails({ calendar: `${base} ${caller}` })),
      },
      { base },
    );
  /** Who asks whom, so that only this reach is at its limit. */
  const reaches = {
    pair: () => ({ agent: 0, to: 0 }),
    agent: (caller: number) => ({ agent: 0, to: caller % 4 }),
    person: (caller: number) => ({ agent: caller % 4, to: 0 }),
    organization: (caller: number) => ({ agent: caller % 4, to: Math.floor(caller / 4) % 4 }),
  } as const;

  test.each(
    (['open', 'hourly'] as const).flatMap((of) =>
      (Object.keys(reaches) as (keyof typeof reaches)[]).map((reach) => [of, reach] as const),
    ),
  )('ux.md §3.2 CB-82: %s, of one %s', async (of, reach) => {
    // Far away in the beginning, and brought near by an administrator: the new limit is the one that is kept.
    await database.run('delete from approvals where organization = $1', [organization]);
    await limitTo({ [of]: { [reach]: MOST } });
    const answers = await together((base, caller) => one(caller, base, reaches[reach](caller)));
    expect(tally(answers)).toEqual({ 200: MOST, '403 access_denied': TOGETHER - MOST });
    for (const { headers } of late(answers)) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    const row = await database.first<{ count: number }>('select count(*)::int as count from approvals');
    expect(row?.count).toBe(MOST);
  });

  test('U3-4: of numbers that are sent together no more are compared than may be wrong', async () => {
    const [agent] = agents as [TestClient];
    const { body } = await ask(agent);
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [agent.clientId]);
    const page = await person.get(`/r/${row?.id}`);
    const number = String(body.display_code === '10' ? 11 : Number(body.display_code) - 1);
    const fields = { decision: 'approve', duration: 'once', read: '1', number };
    await Promise.all(Array.from({ length: TOGETHER }, (_, caller) => person.at(baseOf(caller)).submit(page, fields)));
    expect(await database.first('select status, deny_reason from approvals where id = $1', [row?.id])).toMatchObject({
      status: 'denied',
    });
    // Whatever came after the second wrong one was not looked at: the right one would have been refused as well.
    expect((await person.submit(page, { ...fields, number: body.display_code })).status).toBe(409);
    expect((await poll(agent, body.auth_req_id)).body.error).toBe('access_denied');
  });
});

test('requests of one agent in a minute', async () => {
  const agent = await registerAgent(deployment, { grant_types: ['client_credentials'], redirect_uris: [] });
  const MOST = 7;
  await database.run(`update agents set limits = $2, effective_limits = $2 where id = $1`, [
    agent.registration.agent_id,
    { requests_per_minute: MOST },
  ]);
  const answers = await together((base) => agent.token({ grant_type: 'client_credentials', scope: 'none' }, { base }));
  expect(answers.filter(({ headers }) => headers.has('retry-after'))).toHaveLength(TOGETHER - MOST);
});

test('registrations in a minute', async () => {
  const metadata = await metadataWith();
  const answers: Answer[] = [];
  for (let round = 0; round < 4; round++) {
    answers.push(
      ...(await together(async (base) =>
        answerOf(
          await send(
            `${deployment.issuer}/reg`,
            {
              method: 'POST',
              headers: {
                authorization: `Bearer ${deployment.demo.initialAccessToken}`,
                'content-type': 'application/json',
              },
              body: JSON.stringify({ ...metadata, redirect_uris: ['no address'] }),
            },
            base,
          ),
        ),
      )),
    );
  }
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(4 * TOGETHER - REGISTRATIONS);
});

test('TX-17: agents that hold parts of one task', async () => {
  const planner = await registerAgent(deployment, { client_name: 'Planner' });
  const children = await Promise.all(
    Array.from({ length: 6 }, (_, index) => registerAgent(deployment, { client_name: `Child ${index}` })),
  );
  for (const child of children) await addEdge(database, planner, child, [READ]);
  const root = await rootToken(planner, person, readDetails({ calendar: 'Fan' }));
  const handOffs = await Promise.all(
    children.map(async ({ registration }) =>
      accessTokenIn(await exchange(planner, root, { requested_actor: registration.agent_id })),
    ),
  );
  const answers = await Promise.all(
    children.map((child, caller) => exchange(child, handOffs[caller] ?? '', {}, { base: baseOf(caller) })),
  );
  expect(tally(answers)).toEqual({ 200: FAN_OUT, '403 access_denied': children.length - FAN_OUT });
  const row = await database.first<{ count: number }>(
    `select count(distinct d.agent)::int as count from derived_grants d join tasks t on t.id = d.task where t.client_id = $1 and d.agent <> $2`,
    [planner.clientId, planner.registration.agent_id],
  );
  expect(row?.count).toBe(FAN_OUT);
});

describe('what a task may spend', () => {
  let agent: TestClient;
  beforeAll(async () => {
    agent = await registerAgent(deployment, { authorization_details_types: [PLACE] });
  });
  let day = 0;
  const order = (value: string, due: string, currency = 'EUR') => ({ item: 'chair', due, price: { currency, value } });
  /** A task of its own, by what it is due for. */
  async function task(duration: string): Promise<{ token: string; due: string }> {
    day += 1;
    const due = `2027-01-${String(day).padStart(2, '0')}`;
    const details = { type: PLACE, ...order('100.00', due) };
    const form = { resource: SHOP, authorization_details: detailsParameter(details) };
    const token = accessTokenIn(
      await tokenInBrowser(agent, person, form, { decision: 'approve', duration, read: '1' }),
    );
    return { token, due };
  }
  const redeem = async (token: string, parameters: Json, base: string): Promise<Answer> =>
    answerOf(
      await send(
        `${deployment.issuer}/redemptions`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${api}`, 'content-type': 'application/json' },
          body: JSON.stringify({ token, action: PLACE, parameters, idempotency_key: crypto.randomUUID() }),
        },
        base,
      ),
    );
  const spent = (due: string) =>
    database.first<Json>(
      `select a.uses, a.budget_left as left, a.day_uses from task_actions a where a.parameters ->> 'due' = $1`,
      [due],
    );

  test('the count: one use', async () => {
    const { token, due } = await task('once');
    const answers = await together((base) => redeem(token, order('1.00', due), base));
    expect(tally(answers)).toEqual({ 201: 1, '403 used_up': TOGETHER - 1 });
    expect(await spent(due)).toMatchObject({ uses: 1 });
  });

  test('the amount, to the cent, and in its own currency alone', async () => {
    const { token, due } = await task('PT1H');
    const answers = await together((base, caller) =>
      redeem(token, order(caller % 4 === 3 ? '1.00' : '9.99', due, caller % 4 === 3 ? 'USD' : 'EUR'), base),
    );
    // 15 of them ask for 9.99 each, of 100.00; the others for another currency, of which nothing was allowed.
    expect(tally(answers)).toEqual({ 201: 10, '403 used_up': 5, '403 parameters_differ': 5 });
    expect(await spent(due)).toMatchObject({ left: '0.10', uses: 10 });
  });

  test('the rate: as often as it may be in a day', async () => {
    const { token, due } = await task('PT1H');
    await database.run(`update task_actions set daily_max = 4 where parameters ->> 'due' = $1`, [due]);
    const answers = await together((base) => redeem(token, order('1.00', due), base));
    expect(tally(answers)).toEqual({ 201: 4, '403 used_up_today': TOGETHER - 4 });
    expect(await spent(due)).toMatchObject({ uses: 4, left: '96.00', day_uses: 4 });
  });

  test('given back while others draw: what was drawn in all is what was allowed', async () => {
    const { token, due } = await task('PT1H');
    const first = await redeem(token, order('100.00', due), baseOf(0));
    const release = () =>
      send(
        `${deployment.issuer}/redemptions/${first.body.redemption_id}/outcome`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${api}`, 'content-type': 'application/json' },
          body: JSON.stringify({ status: 'released' }),
        },
        baseOf(1),
      );
    const [answers] = await Promise.all([
      together((base) => redeem(token, order('30.00', due), base)),
      ...Array.from({ length: 3 }, release),
    ]);
    const drawn = answers.filter(({ status }) => status === 201).length;
    expect(drawn).toBeLessThanOrEqual(3);
    expect(await spent(due)).toMatchObject({ left: (100 - 30 * drawn).toFixed(2), uses: drawn });
  });
});

describe('a standing approval', () => {
  const form = {
    resource: SHOP,
    authorization_details: detailsParameter({
      type: PLACE,
      item: 'chair',
      due: '2027-02-01',
      price: { currency: 'EUR', value: '10.00' },
    }),
  };
  test('U6-4: is taken once, counted, and covers nothing any more the moment it ends', async () => {
    const agent = await registerAgent(deployment, { authorization_details_types: [PLACE] });
    let html = '';
    for (let time = 0; time < 3; time++) {
      const { body } = await ask(agent, form);
      const number = body.display_code;
      html = (await decideFor(deployment, agent, person, { decision: 'approve', duration: 'once', number })).result
        .html;
      await database.run(
        `update task_actions a set uses = 1 from tasks t where t.id = a.task and t.client_id = $1 and t.standing_until is null`,
        [agent.clientId],
      );
    }
    const action = /action="(\/tasks\/tsk_[0-9a-f]+\/repeat)"/.exec(html)?.[1] ?? '';
    const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
    expect(action).not.toBe('');
    await Promise.all(
      Array.from({ length: TOGETHER }, (_, caller) => person.at(baseOf(caller)).post(action, { csrf })),
    );
    const tasks = await database.rows<Json>(
      'select id from tasks where client_id = $1 and standing_until is not null',
      [agent.clientId],
    );
    expect(tasks).toHaveLength(1);
    await ends();

    async function ends(): Promise<void> {
      const asked = () => together((base) => ask(agent, form, { base }));
      expect(tally(await asked())).toEqual({ 200: TOGETHER });
      const silent = 'select count(*)::int as count from approvals where client_id = $1 and silent';
      expect((await database.first<{ count: number }>(silent, [agent.clientId]))?.count).toBe(TOGETHER);
      // By the database's clock, which all instances share.
      await database.run('update tasks set expires_at = clock_timestamp() where id = $1', [tasks[0]?.id]);
      expect(tally(await asked())).toEqual({ 200: 5, '403 access_denied': TOGETHER - 5 });
      expect((await database.first<{ count: number }>(silent, [agent.clientId]))?.count).toBe(TOGETHER);
    }
  });
});

describe('review campaigns', () => {
  test('A9: of twenty of one name that are started together at two instances one begins, and the others hear why', async () => {
    await registerAgent(deployment);
    const [one, other] = await Promise.all(deployment.bases.map((base) => operator(deployment, 'admin', base)));
    const body = { organization: 'acme', name: 'Spring', days: 30 };
    const answers = await together(
      (base) => (base === deployment.bases[0] ? one : other)?.('POST', '/review-campaigns', body) as Promise<Answer>,
    );
    expect(tally(answers)).toEqual({ 201: 1, '409 name_taken': TOGETHER - 1 });
    expect(late(answers)[0]?.body.detail).toMatch(/“Spring” runs already: give this one another name, or close/u);
    const rows = await database.rows('select from review_campaigns where lower(name) = $1', ['spring']);
    expect(rows).toHaveLength(1);
    // A closed one does not stand in the way.
    await database.run(`update review_campaigns set closed_at = clock_timestamp(), closed_by = 'test'`);
    expect((await one?.('POST', '/review-campaigns', { ...body, name: 'SPRING' }))?.status).toBe(201);
  });

  test('A9: campaigns that had one name before are told apart by a number', async () => {
    await database.run('drop index review_campaigns_name');
    await database.run('delete from campaign_agents');
    await database.run('delete from review_campaigns');
    const names = ['Spring', 'spring', 'Spring (2)', 'x'.repeat(80), 'X'.repeat(80)];
    await database.run(
      `insert into review_campaigns (organization, id, name, filter, started_by, started_at, due_at)
       select $1, 'rev_' || place, name, '', 'test', now() + place * interval '1 second', now() + interval '30 days'
       from unnest($2::text[]) with ordinality as n(name, place)`,
      [organization, names],
    );
    const owner = new pg.Client({ connectionString: deployment.databaseUrl });
    await owner.connect();
    await up({ raw: (sql: string) => owner.query(sql) } as never);
    await owner.end();
    const rows = await database.rows<{ name: string }>('select name from review_campaigns order by started_at');
    const told = rows.map(({ name }) => name);
    expect(told).toEqual(['Spring', 'spring (3)', 'Spring (2)', 'x'.repeat(80), `${'X'.repeat(76)} (2)`]);
  });
});
