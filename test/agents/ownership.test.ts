import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { addUpUse, sweepAgents } from '../../adapters/postgres/agent-jobs.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { AgentStatus } from '../../server/agents/agent.ts';
import { MOVES, type Move } from '../../server/agents/lifecycle.ts';
import { newId } from '../../server/oauth/ids.ts';
import { initialAccessToken, metadataWith, registerWith, setAgentStatus } from '../protocol/support.ts';
import { type Api, administrator } from '../support/admin.ts';
import { CALENDAR, type Json, READ, readDetails, registerAgent, type TestClient } from '../support/agent.ts';
import { inThisOrder } from '../support/database.ts';
import { databaseOf, eventsOf, leafToken } from '../support/delegation.ts';
import { signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let admin: Api;
let owner: TestPerson;
let deputy: TestPerson;
let person: TestPerson;
let ids: Record<string, string>;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  const rows = await database.rows<{ id: string; email: string }>('select id, email from people');
  ids = Object.fromEntries(rows.map(({ id, email }) => [email, id]));
  admin = await administrator(server, 'admin@acme.example');
  owner = await signIn(server, 'owner@acme.example');
  deputy = await signIn(server, 'admin@acme.example');
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** Registered on terms that leave it pending, for `owner@` and `admin@`. */
async function pending(more: Json = {}): Promise<Json> {
  const { body } = await admin('POST', '/initial-access-tokens', {
    owner: 'owner@acme.example',
    deputy: 'admin@acme.example',
  });
  const registered = await registerWith(server, await metadataWith(more), body.initial_access_token);
  expect(registered.body).toMatchObject({ agent_status: 'pending' });
  return registered.body;
}

const standing = async ({ agent_id }: Json): Promise<Json> => (await admin('GET', `/agents/${agent_id}/standing`)).body;
const lacks = async (registration: Json) => (await standing(registration)).lacks.map(({ name }: Json) => name);
const activate = (registration: Json) =>
  admin('POST', `/agents/${registration.agent_id}/activate`, { reason: 'ready' });

async function offerOf(registration: Json, role: 'owner' | 'deputy'): Promise<string> {
  const row = await database.first<{ id: string }>(
    'select id from ownership_offers where agent = $1 and role = $2 and answer is null',
    [registration.agent_id, role],
  );
  return `/offers/${row?.id}`;
}

async function answer(who: TestPerson, path: string, what: 'accept' | 'decline') {
  return who.submit(await who.get(path), { answer: what });
}

async function accepted(more: Json = {}): Promise<Json> {
  const registration = await pending(more);
  await answer(owner, await offerOf(registration, 'owner'), 'accept');
  await answer(deputy, await offerOf(registration, 'deputy'), 'accept');
  return registration;
}

async function until(happened: () => Promise<boolean>): Promise<void> {
  while (!(await happened())) await sleep(20);
}

const csrfOf = (html: string): string => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

describe('nobody answers for what they did not accept', () => {
  test('owner and deputy are asked by name, read what it is, and accept; then it can be activated', async () => {
    const registration = await pending({ client_name: 'Trip Planner' });
    expect(await lacks(registration)).toEqual(['owner', 'deputy']);
    expect((await activate(registration)).body).toMatchObject({
      reason: 'not_ready',
      detail:
        'Trip Planner cannot become active without an active owner who accepted it, an active deputy who accepted it',
    });
    const list = await owner.get('/owned');
    expect(list.html).toContain('Ada Lind');
    const page = await owner.get(await offerOf(registration, 'owner'));
    for (const words of ['asks you to answer for', 'Trip Planner', 'Finds free hours', READ, '127.0.0.1:9', '(asked)'])
      expect(page.html).toContain(words);
    const events = await eventsOf(database, async () => {
      expect((await owner.submit(page, { answer: 'accept' })).status).toBe(200);
    });
    expect(events).toMatchObject([
      { type: 'agent.changed', reason: 'owner_accepted', person: ids['owner@acme.example'] },
    ]);
    expect(await lacks(registration)).toEqual(['deputy']);
    await answer(deputy, await offerOf(registration, 'deputy'), 'accept');
    expect(await activate(registration)).toMatchObject({ status: 200, body: { status: 'active' } });
  });

  test('an offer is answered once, by the person it was made to, with a form of theirs', async () => {
    const registration = await pending();
    const path = await offerOf(registration, 'owner');
    for (const stranger of [person, await signIn(server, 'admin@globex.example')]) {
      expect((await stranger.get(path)).status).toBe(404);
      const csrf = csrfOf((await stranger.get('/owned')).html);
      expect((await stranger.post(path, { csrf, answer: 'accept' })).status).toBe(404);
    }
    expect((await owner.post(path, { answer: 'accept' })).status).toBe(403);
    const csrf = csrfOf((await owner.get(path)).html);
    expect((await owner.post(path, { csrf, answer: 'maybe' })).status).toBe(400);
    const answers = await Promise.all([...Array(20)].map(() => owner.post(path, { csrf, answer: 'accept' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('whoever answers for more agents than a page holds reads all of them, each once, and looks at the last', async () => {
    const id = ids['person@acme.example'];
    await database.run(
      `insert into agents select (jsonb_populate_record(a, jsonb_build_object(
          'id', 'agt_many' || lpad(n::text, 3, '0'), 'name', 'Many ' || n, 'owner', $2::text,
          'owner_accepted_at', clock_timestamp(), 'deputy_accepted_at', clock_timestamp()))).*
       from agents a, generate_series(1, 120) n where a.id = $1`,
      [(await pending()).agent_id, id],
    );
    const shown: string[] = [];
    let at: string | undefined = '/owned';
    for (let pages = 0; at !== undefined && pages < 9; pages++) {
      const { html } = await person.get(at);
      shown.push(...[...html.matchAll(/data-agent="([^"]*)"/g)].map(([, id]) => String(id)));
      at = /href="([^"]*)" rel="next"/.exec(html)?.[1];
    }
    const all = await database.rows<{ id: string }>(
      'select id from agents where owner = $1 and owner_accepted_at is not null order by id',
      [id],
    );
    expect(shown).toEqual(all.map(({ id }) => id));
    expect(shown.length).toBeGreaterThanOrEqual(120);
    expect((await person.get('/owned/agt_many120/review')).status).toBe(200);
    expect((await owner.get('/owned/agt_many120/review')).status).toBe(404);
    await database.run(`delete from agents where id like 'agt_many%'`);
  });

  test('declined: it stays pending, and an administrator asks somebody else, but not its deputy', async () => {
    const registration = await pending();
    await answer(owner, await offerOf(registration, 'owner'), 'decline');
    await answer(deputy, await offerOf(registration, 'deputy'), 'accept');
    expect(await lacks(registration)).toEqual(['owner']);
    const offer = (who: string) =>
      admin('POST', `/agents/${registration.agent_id}/offers`, { role: 'owner', person: who });
    expect(await offer('admin@acme.example')).toMatchObject({ status: 422, body: { reason: 'same_person' } });
    expect(await offer('person@globex.example')).toMatchObject({ status: 404 });
    expect(await offer('approver@acme.example')).toMatchObject({ status: 201 });
    const approver = await signIn(server, 'approver@acme.example');
    await answer(approver, await offerOf(registration, 'owner'), 'accept');
    expect(await lacks(registration)).toEqual([]);
    expect(await standing(registration)).toMatchObject({ owner: { email: 'approver@acme.example', accepted: true } });
  });

  test('a new owner answers for a live agent from the moment they accept, and not before', async () => {
    const agent = await registerAgent(server);
    await admin('POST', `/agents/${agent.registration.agent_id}/offers`, {
      role: 'owner',
      person: 'person@acme.example',
    });
    expect(await standing(agent.registration)).toMatchObject({
      owner: { email: 'owner@acme.example' },
      status: 'active',
    });
    await answer(person, await offerOf(agent.registration, 'owner'), 'accept');
    expect(await standing(agent.registration)).toMatchObject({
      owner: { email: 'person@acme.example', accepted: true },
    });
  });

  test('terms that end in active were made with both words given in advance', async () => {
    const agent = await registerAgent(server);
    expect(agent.registration.agent_status).toBe('active');
    expect(await standing(agent.registration)).toMatchObject({
      owner: { accepted: true },
      deputy: { accepted: true },
      lacks: [],
      asked: [],
    });
  });
});

describe('without all of it, no activation', () => {
  test.each([
    ['a purpose', { agent_purpose: undefined }, ['purpose']],
    ['an action', { authorization_details_types: [] }, ['action']],
    ['an action that it names', { authorization_details_types: undefined }, ['action']],
  ] as [string, Json, string[]][])('%s', async (_, more, missing) => {
    const registration = await accepted(more);
    expect(await lacks(registration)).toEqual(missing);
    expect(await activate(registration)).toMatchObject({ status: 409, body: { reason: 'not_ready' } });
  });

  test('a key', async () => {
    const registration = await accepted();
    await database.run(`update clients set metadata = metadata - 'jwks' where client_id = $1`, [
      registration.client_id,
    ]);
    expect(await lacks(registration)).toEqual(['key']);
  });

  test('an active owner and deputy, also to be resumed', async () => {
    const registration = await accepted();
    await activate(registration);
    await admin('POST', `/agents/${registration.agent_id}/suspend`, { reason: 'odd' });
    await setPerson('owner@acme.example', 'disabled');
    expect(await admin('POST', `/agents/${registration.agent_id}/resume`, { reason: 'fine' })).toMatchObject({
      status: 409,
      body: { reason: 'not_ready' },
    });
    await setPerson('owner@acme.example', 'active');
    expect(await admin('POST', `/agents/${registration.agent_id}/resume`, { reason: 'fine' })).toMatchObject({
      status: 200,
    });
  });
});

const setPerson = (email: string, status: string) =>
  database.run('update people set status = $2 where id = $1', [ids[email], status]);

describe('the database holds the line by itself', () => {
  const STATUSES: AgentStatus[] = ['pending', 'active', 'suspended', 'retired', 'expired'];
  const legal = new Set(
    Object.values<Move>(MOVES).flatMap(({ from, to }) => from.map((status) => `${status} → ${to}`)),
  );
  const pairs = STATUSES.flatMap((from) => STATUSES.filter((to) => to !== from).map((to) => [from, to] as const));
  let agent: TestClient;
  beforeAll(async () => {
    agent = await registerAgent(server);
  });

  test.each(pairs)('%s → %s: as the rules say', async (from, to) => {
    await database.run('update agents set expires_at = null where id = $1', [agent.registration.agent_id]);
    await setAgentStatus(database, agent, from);
    // A date that is reached for what expires by it, and none for what has to be complete.
    const change = database.run(
      `update agents set status = $2, expires_at = case when $2 = 'expired' then clock_timestamp() end where id = $1`,
      [agent.registration.agent_id, to],
    );
    if (legal.has(`${from} → ${to}`)) await change;
    else await expect(change).rejects.toMatchObject({ code: '23514' });
  });

  test('no statement makes an incomplete agent act, and none expires one before its date', async () => {
    const registration = await pending();
    const set = (status: string) =>
      database.run('update agents set status = $2 where id = $1', [registration.agent_id, status]);
    await expect(set('active')).rejects.toThrow(/may not become active without owner, deputy/);
    await expect(set('expired')).rejects.toThrow(/by date alone/);
    await expect(
      database.run(
        `insert into agents (organization, id, name, purpose, mode, status, owner, deputy)
         select organization, $2, 'Bare', 'Nothing', 'attended', 'active', owner, deputy from agents where id = $1`,
        [registration.agent_id, newId('agt')],
      ),
    ).rejects.toThrow(/may not become active without/);
    await expect(
      database.run('update agents set deputy = owner where id = $1', [registration.agent_id]),
    ).rejects.toMatchObject({ code: '23514' });
  });

  test('every change of status is recorded, through whatever statement it came', async () => {
    const other = await registerAgent(server);
    await database.run(`update agents set status = 'suspended' where id = $1`, [other.registration.agent_id]);
    await admin('POST', `/agents/${other.registration.agent_id}/resume`, { reason: 'looked at' });
    const changes = await database.rows(
      `select from_status, to_status, by, role, reason, evidence is not null as evidence from agent_changes where agent = $1 order by at`,
      [other.registration.agent_id],
    );
    expect(changes).toMatchObject([
      { to_status: 'active' },
      { to_status: 'suspended', by: expect.stringMatching(/^database user /) },
      { to_status: 'active', by: ids['admin@acme.example'], role: 'admin', reason: 'looked at', evidence: true },
    ]);
  });
});

describe('who answers for an agent', () => {
  const moveBy = async (
    who: TestPerson,
    { registration }: TestClient,
    move: string,
    form: Record<string, string> = {},
  ) =>
    who.post(`/owned/${registration.agent_id}/${move}`, {
      csrf: csrfOf((await who.get('/owned')).html),
      ...form,
    });
  const statusOf = async ({ registration }: TestClient) => (await standing(registration)).status;

  test('suspends it in one step, and brings back what they suspended themselves by typing its name', async () => {
    const agent = await registerAgent(server, { client_name: 'Courier' });
    expect((await moveBy(deputy, agent, 'suspend')).status).toBe(200);
    expect(await statusOf(agent)).toBe('suspended');
    expect((await moveBy(deputy, agent, 'resume', { confirmation: 'Courier' })).status).toBe(409);
    expect((await moveBy(owner, agent, 'resume', { confirmation: 'courier' })).status).toBe(400);
    expect((await moveBy(owner, agent, 'resume', { confirmation: 'Courier' })).status).toBe(200);
    expect(await statusOf(agent)).toBe('active');
  });

  test('does not bring back what an administrator suspended', async () => {
    const agent = await registerAgent(server, { client_name: 'Stopped' });
    await admin('POST', `/agents/${agent.registration.agent_id}/suspend`, { reason: 'injected' });
    const answer = await moveBy(owner, agent, 'resume', { confirmation: 'Stopped' });
    expect([answer.status, answer.html]).toEqual([409, expect.stringContaining('An administrator has to do this')]);
    expect(await statusOf(agent)).toBe('suspended');
  });

  test.each(['suspend', 'retire', 'review', 'expire'])('%s: to anybody else it is not there', async (move) => {
    const agent = await registerAgent(server, { client_name: 'Private' });
    const stranger = await signIn(server, 'admin@globex.example');
    for (const who of [person, stranger])
      expect((await moveBy(who, agent, move, { confirmation: 'Private', verdict: 'confirm' })).status).toBe(404);
    expect(await statusOf(agent)).toBe('active');
  });
});

describe('review', () => {
  /** Older than the 90 days it had to use what it may. */
  async function old(used: Record<string, number> = {}, more: Json = {}): Promise<TestClient> {
    const agent = await registerAgent(server, { client_name: 'Veteran', ...more });
    const { agent_id, organization } = agent.registration;
    await database.run(`update agents set created_at = now() - interval '200 days' where id = $1`, [agent_id]);
    for (const [action, days] of Object.entries(used)) {
      await database.run(
        'insert into agent_use (organization, agent, action, used_at) values ($1, $2, $3, now() - make_interval(days => $4))',
        [organization, agent_id, action, days],
      );
    }
    return agent;
  }
  const reviewOf = (agent: TestClient) => `/owned/${agent.registration.agent_id}/review`;
  const due = ({ registration }: TestClient) =>
    database.run('update agents set review_at = now() where id = $1', [registration.agent_id]);

  test('narrowed: what was not used for 90 days is gone, with its evidence', async () => {
    const agent = await old({ [READ]: 3 });
    expect(await standing(agent.registration)).toMatchObject({
      flags: expect.arrayContaining(['over_privileged']),
      unused: ['calendar.invitations.send'],
    });
    const page = await owner.get(reviewOf(agent));
    expect(page.html).toContain('take away calendar.invitations.send');
    const events = await eventsOf(database, () => owner.submit(page, { verdict: 'narrow' }));
    expect(events).toMatchObject([{ reason: 'review', agent: agent.registration.agent_id }]);
    expect(await standing(agent.registration)).toMatchObject({ limits: { actions: [READ] }, unused: [] });
  });

  test('confirmed: the next is in 90 days; retired: it ends', async () => {
    const agent = await old();
    await due(agent);
    await owner.submit(await owner.get(reviewOf(agent)), { verdict: 'confirm' });
    const { review_at } = await standing(agent.registration);
    expect(new Date(review_at).getTime()).toBeGreaterThan(Date.now() + 89 * 86_400_000);
    const csrf = csrfOf((await owner.get('/owned')).html);
    await owner.post(reviewOf(agent), { csrf, verdict: 'retire' });
    expect(await standing(agent.registration)).toMatchObject({ status: 'retired' });
  });

  test('a rule of the organization, an agent that stops, and an administrator who leaves do not wait for one another', async () => {
    const agent = await old();
    await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
    const left = `/people/${ids['approver@acme.example']}`;
    const answers = await inThisOrder<{ status: number }>(
      database,
      (statements) => statements.run(`select from organizations where slug = 'acme' for no key update`),
      [
        () => admin('PUT', '/agent-rules', { review_days: 60 }),
        () => admin('POST', `${left}/disable`, { reason: 'left' }),
        () => admin('POST', `/agents/${agent.registration.agent_id}/suspend`, { reason: 'odd' }),
      ],
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await admin('POST', `${left}/enable`, {})).status).toBe(200);
    await database.run(`update people set roles = '{approver}' where email = 'approver@acme.example'`);
    expect((await admin('PUT', '/agent-rules', { review_days: 90 })).status).toBe(200);
  });

  test('how often, its organization says: sooner counts for every agent at once, later from its next review on', async () => {
    const agent = await old();
    const inDays = async () =>
      Math.round((new Date((await standing(agent.registration)).review_at).getTime() - Date.now()) / 86_400_000);
    const rule = (review_days: number) => admin('PUT', '/agent-rules', { review_days });
    const confirm = () =>
      admin('POST', `/agents/${agent.registration.agent_id}/review`, { verdict: 'confirm', reason: 'fine' });
    expect(await inDays()).toBe(90);
    const events = await eventsOf(database, () => rule(30));
    expect(events).toMatchObject([{ type: 'admin.acted', reason: 'agents.ruled', person: ids['admin@acme.example'] }]);
    expect(await inDays()).toBe(30);
    expect(await rule(180)).toMatchObject({ body: { organization: 'acme', review_days: 180, unowned_grace_days: 7 } });
    expect(await inDays()).toBe(30);
    await confirm();
    expect(await inDays()).toBe(180);
    const next = await registerAgent(server);
    expect(new Date((await standing(next.registration)).review_at).getTime()).toBeGreaterThan(
      Date.now() + 179 * 86_400_000,
    );
    const elsewhere = await database.first<Json>(`select review_days from organizations where slug = 'globex'`);
    expect(elsewhere).toEqual({ review_days: 90 });
    await rule(90);
  });

  test.each([
    { review_days: 29 },
    { review_days: 367 },
    { unowned_grace_days: 31 },
    { unowned_grace_days: -1 },
    { review_days: 90.5 },
  ])('no rule: %j', async (rule) => {
    expect((await admin('PUT', '/agent-rules', rule)).status).toBe(400);
  });

  test('an agent that used nothing is not narrowed to nothing', async () => {
    const agent = await old();
    const csrf = csrfOf((await owner.get('/owned')).html);
    expect((await owner.post(reviewOf(agent), { csrf, verdict: 'narrow' })).status).toBe(409);
    expect(
      await admin('POST', `/agents/${agent.registration.agent_id}/review`, { verdict: 'narrow', reason: 'unused' }),
    ).toMatchObject({ status: 409, body: { reason: 'nothing_used' } });
  });

  test('overdue: suspended by the job, and back after its owner confirmed it', async () => {
    const agent = await old({ [READ]: 1 }, { client_name: 'Overdue' });
    await due(agent);
    await Promise.all([sweepAgents(database), sweepAgents(database), sweepAgents(database)]);
    expect(await standing(agent.registration)).toMatchObject({ status: 'suspended' });
    const changes = await database.rows(
      `select role, reason from agent_changes where agent = $1 and to_status = 'suspended'`,
      [agent.registration.agent_id],
    );
    expect(changes).toEqual([{ role: 'job', reason: 'its review is overdue' }]); // once, by three at a time
    await owner.submit(await owner.get(reviewOf(agent)), { verdict: 'confirm' });
    const csrf = csrfOf((await owner.get('/owned')).html);
    await owner.post(`/owned/${agent.registration.agent_id}/resume`, { csrf, confirmation: 'Overdue' });
    expect(await standing(agent.registration)).toMatchObject({ status: 'active' });
  });
});

describe('by date', () => {
  test('it expires, whatever it does at that moment', async () => {
    const agent = await registerAgent(server);
    const { agent_id } = agent.registration;
    await database.run(`update agents set expires_at = now() where id = $1`, [agent_id]);
    const events = await eventsOf(database, () => sweepAgents(database));
    expect(events).toMatchObject([{ type: 'authority.stopped', agent: agent_id }]);
    expect(await standing(agent.registration)).toMatchObject({ status: 'expired', flags: [] });
    expect(await sweepAgents(database)).toMatchObject({ expired: 0 });
  });

  test('its owner leaves: it passes to the deputy; the deputy leaves too: suspended after a week', async () => {
    const registered = await registerWith(server, await metadataWith(), await initialAccessToken(database, 'globex'));
    const registration = registered.body;
    const facts = () =>
      database.first<Json>(
        `select o.email as owner, d.email as deputy, a.status, a.deputy_accepted_at is not null as accepted, unowned_since is not null as grace
         from agents a join people o on o.id = a.owner join people d on d.id = a.deputy where a.id = $1`,
        [registration.agent_id],
      );
    await setPerson('person@globex.example', 'disabled');
    expect(await sweepAgents(database)).toMatchObject({ passedOn: 1 });
    expect(await facts()).toMatchObject({
      owner: 'admin@globex.example',
      deputy: 'person@globex.example',
      accepted: false,
      status: 'active',
    });
    await setPerson('admin@globex.example', 'disabled');
    await sweepAgents(database);
    expect(await facts()).toMatchObject({ grace: true, status: 'active' });
    expect(await sweepAgents(database)).toMatchObject({ unowned: 0 });
    await database.run(`update agents set unowned_since = now() - interval '8 days' where id = $1`, [
      registration.agent_id,
    ]);
    const grace = (days: number) =>
      database.run(`update organizations set unowned_grace_days = $1 where slug = 'globex'`, [days]);
    await grace(14);
    expect(await sweepAgents(database)).toMatchObject({ unowned: 0 });
    await grace(7);
    expect(await sweepAgents(database)).toMatchObject({ unowned: 1 });
    expect(await facts()).toMatchObject({ status: 'suspended' });
    await setPerson('person@globex.example', 'active');
    await setPerson('admin@globex.example', 'active');
    await sweepAgents(database);
    expect(await facts()).toMatchObject({ grace: false, status: 'suspended' });
  });

  test('one that cannot be moved keeps no other from being moved, and is told of', async () => {
    const [bad, good] = [await registerAgent(server), await registerAgent(server)];
    const idOf = ({ registration }: TestClient) => registration.agent_id;
    await database.run(`update agents set expires_at = now() - interval '1 hour' where id = $1`, [idOf(bad)]);
    await database.run('update agents set expires_at = now() where id = $1', [idOf(good)]);
    await database.run(
      `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$`,
    );
    await database.run(
      `create trigger refuse before update on agents for each row when (new.id = '${idOf(bad)}') execute function refuse()`,
    );
    try {
      await expect(sweepAgents(database)).rejects.toMatchObject({
        message: '1 agents could not be moved',
        errors: [expect.objectContaining({ message: 'not this one' })],
      });
    } finally {
      await database.run('drop function refuse cascade');
    }
    expect(await standing(good.registration)).toMatchObject({ status: 'expired' });
    expect(await sweepAgents(database)).toMatchObject({ expired: 1 });
    expect(await standing(bad.registration)).toMatchObject({ status: 'expired' });
  });

  test('killed in the midst of an agent: another instance does the rest, and nothing twice', async () => {
    const agents: string[] = [];
    for (let n = 0; n < 3; n++) agents.push((await registerAgent(server)).registration.agent_id);
    await database.run(
      `update agents set expires_at = now() - make_interval(mins => 9 - array_position($1, id)) where id = any($1)`,
      [agents],
    );
    // The second waits here, after its status was written and before its stop and its evidence were.
    const meanwhile = database.transaction(async (statements) => {
      await statements.run(
        `insert into stop_epochs (organization, key, at, by) select organization, 'agent:' || id, now(), 'test' from agents where id = $1`,
        [agents[1]],
      );
      await killedWhileWaiting();
      throw new Error('as if nothing was');
    });
    await expect(meanwhile).rejects.toThrow('as if nothing was');
    const done = async () =>
      (await database.rows<Json>(`select id from agents where id = any($1) and status = 'expired'`, [agents])).length;
    expect(await done()).toBe(1);
    await until(async () => {
      await sweepAgents(database);
      return (await done()) === 3;
    });
    const moves = await database.rows<Json>(
      `select c.agent, count(*)::int as moves, count(e.id)::int as events
       from agent_changes c left join evidence e on e.id = c.evidence
       where c.agent = any($1) and c.to_status = 'expired' group by c.agent order by c.agent`,
      [agents],
    );
    expect(moves).toEqual(agents.toSorted().map((agent) => ({ agent, moves: 1, events: 1 })));
  });

  /** The job of an instance of its own, killed (-9) as soon as it waits for somebody else's transaction. */
  async function killedWhileWaiting(): Promise<void> {
    const at = (path: string) => JSON.stringify(new URL(`../../adapters/postgres/${path}`, import.meta.url).href);
    const program = `
      import { Database } from ${at('database.ts')};
      import { sweepAgents } from ${at('agent-jobs.ts')};
      await sweepAgents(new Database({ url: process.argv[1] }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, server.databaseUrl], {
      stdio: 'inherit',
      env: { ...process.env, PGAPPNAME: 'killed' },
    });
    const gone = once(child, 'exit');
    await until(async () => {
      expect(child.exitCode).toBeNull();
      const waits = await database.first(
        `select from pg_stat_activity where application_name = 'killed' and wait_event_type = 'Lock'`,
      );
      return waits !== undefined;
    });
    child.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
  }

  test('what it used is counted for longer than its tokens are kept, and twice changes nothing', async () => {
    const agent = await registerAgent(server);
    await leafToken(agent, person, [readDetails()], { resource: CALENDAR });
    expect(await standing(agent.registration)).toMatchObject({ last_used: expect.any(String), flags: [] });
    expect((await Promise.all([addUpUse(database), addUpUse(database)])).includes(true)).toBe(true);
    const first = await standing(agent.registration);
    expect(first).toMatchObject({
      last_used: expect.any(String),
      actions: expect.arrayContaining([{ action: READ, last_used: expect.any(String) }]),
      flags: [],
    });
    await addUpUse(database);
    expect(await standing(agent.registration)).toEqual(first);
  });
});

test('flags are listed a page at a time, of one organization only', async () => {
  const { body } = await admin('GET', '/agent-flags?flag=never_used');
  expect(body.next).toBeNull();
  expect(body.agents.length).toBeGreaterThan(0);
  for (const { flags } of body.agents) expect(flags).toContain('never_used');
  expect(await admin('GET', '/agent-flags?organization=globex')).toMatchObject({ status: 403 });
  expect(await admin('GET', '/agent-flags?flag=odd')).toMatchObject({ status: 400 });
});
