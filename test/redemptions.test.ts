import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import {
  type Answer,
  answerOf,
  CALENDAR,
  claimsOf,
  demoClient,
  INVITE,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import {
  accessTokenIn,
  addClient,
  addEdge,
  databaseOf,
  eventsIn,
  eventsOf,
  exchange,
  HOUR,
  leafToken,
  rootToken,
  serveWith,
  stop,
  unboundToken,
} from './support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { type MonitoredServer, startServer } from './support/server.ts';
import { inner, text } from './views/html.ts';

const CRM = 'https://crm.acme.example';
const ONCE = { decision: 'approve', duration: 'once', read: '1' };

let server: MonitoredServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let calendar: TestClient;
let crm: TestClient;
/** What the two servers call with. */
let calendarKey: string;
let crmKey: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, agent, calendar, crm] = await Promise.all([
    signIn(server),
    registerAgent(server),
    demoClient(server, 'resourceServer'),
    addClient(server, database, 'resource_server'),
  ]);
  await serveWith(database, CRM, crm);
  const own = async (client: TestClient) =>
    accessTokenIn(await client.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }));
  [calendarKey, crmKey] = [await own(calendar), await own(crm)];
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const call = async (
  path: string,
  body: unknown,
  key = calendarKey,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  answerOf(
    await fetch(`${server.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
let keys = 0;
const newIdempotencyKey = () => `key-${++keys}`;
const parametersOf = ({ type: _, locations: __, ...parameters }: Json): Json => parameters;
const redeem = (token: string, action: string, parameters: Json, more: Json = {}, key?: string): Promise<Answer> =>
  call('/redemptions', { token, action, parameters, idempotency_key: newIdempotencyKey(), ...more }, key);
const close = (id: string, outcome: Json, key?: string): Promise<Answer> =>
  call(`/redemptions/${id}/outcome`, outcome, key);
/** A task of its own, for sending these invitations. */
const invited = (title: string, decision = ONCE) => leafToken(agent, person, [inviteDetails({ title })], { decision });
const invitation = (title: string, more: Json = {}) => parametersOf(inviteDetails({ title, ...more }));

describe('what is executed is what was approved', () => {
  let token: string;
  beforeAll(async () => {
    token = await invited('Compared', HOUR);
  });

  test.each<[what: string, parameters: () => Json]>([
    ['exactly that', () => invitation('Compared')],
    ['fewer guests', () => invitation('Compared', { guests: ['olga@acme.example'] })],
    [
      'the same guests in another order',
      () => invitation('Compared', { guests: ['olga@acme.example', 'ben@acme.example'] }),
    ],
  ])('allowed: %s', async (_, parameters) => {
    expect(await redeem(token, INVITE, parameters())).toMatchObject({
      status: 201,
      body: { redemption_id: expect.stringMatching(/^rdm_/), remaining: null },
    });
  });

  test.each<[what: string, parameters: () => Json]>([
    ['another guest', () => invitation('Compared', { guests: ['ben@acme.example', 'eve@acme.example'] })],
    ['another title', () => invitation('Compared!')],
    ['another time', () => invitation('Compared', { start: '2026-11-26T10:00:01Z' })],
    ['a parameter left out', () => ({ title: 'Compared', start: '2026-11-26T10:00:00Z' })],
    ['a parameter more', () => invitation('Compared', { urgent: true })],
    ['nothing', () => ({})],
    ['guests that are no list', () => invitation('Compared', { guests: 'ben@acme.example' })],
  ])('refused: %s', async (_, parameters) => {
    const events = await eventsOf(database, async () => {
      expect(await redeem(token, INVITE, parameters())).toMatchObject({
        status: 403,
        body: { reason: 'parameters_differ', detail: expect.any(String) },
      });
    });
    expect(events).toMatchObject([
      {
        type: 'redemption.alarm',
        decision: 'refused',
        reason: 'parameters_differ',
        ...whose(token),
        application: calendar.clientId,
        fields: { 'content.action': { value: INVITE }, 'content.parameters': { value: parameters() } },
      },
    ]);
  });

  test.each<[what: string, action: string]>([
    ['another action', READ],
    ['an action nobody knows', 'calendar.everything'],
    ['a scope in the place of an action', 'calendar.read'],
  ])('refused: %s', async (_, action) => {
    expect(await redeem(token, action, {})).toMatchObject({ status: 403, body: { reason: 'action_not_granted' } });
  });

  test('a task that was approved as a scope was approved without limits, and still for nothing that is not in the catalogue', async () => {
    const scoped = accessTokenIn(
      await tokenInBrowser(agent, person, { scope: 'calendar.read', resource: CALENDAR }, HOUR),
    );
    expect(await redeem(scoped, READ, { from: '2020-01-01', to: '2030-01-01' })).toMatchObject({ status: 201 });
    expect(await redeem(scoped, READ, { everything: true })).toMatchObject({
      status: 403,
      body: { reason: 'parameters_differ' },
    });
  });

  test('what a narrower token says is the limit, not the task', async () => {
    const wide = await leafToken(agent, person, [readDetails({ calendar: 'Wide' })]);
    const narrow = accessTokenIn(
      await exchange(agent, wide, {
        authorization_details: detailsParameter(readDetails({ calendar: 'Wide', to: '2026-11-24' })),
      }),
    );
    const parameters = parametersOf(readDetails({ calendar: 'Wide' }));
    expect(await redeem(narrow, READ, parameters)).toMatchObject({
      status: 403,
      body: { reason: 'parameters_differ' },
    });
    expect(await redeem(wide, READ, parameters)).toMatchObject({ status: 201 });
  });
});

describe('each use is drawn once', () => {
  test('one use: drawn, and no second one, whatever token of the task asks', async () => {
    const token = await invited('One');
    const narrower = accessTokenIn(await exchange(agent, token));
    const first = await redeem(token, INVITE, invitation('One'));
    expect(first).toMatchObject({ status: 201, body: { remaining: 0 } });
    expect(Date.parse(first.body.expires_at) - Date.now()).toBeGreaterThan(9 * 60_000);
    for (const again of [token, narrower]) {
      expect(await redeem(again, INVITE, invitation('One'))).toMatchObject({
        status: 403,
        body: { reason: 'used_up' },
      });
    }
  });

  test('the same key answers the same, and draws nothing more', async () => {
    const token = await invited('Repeated');
    const events = await eventsOf(database, async () => {
      const first = await redeem(token, INVITE, invitation('Repeated'), { idempotency_key: 'repeated' });
      expect(first.status).toBe(201);
      expect((await redeem(token, INVITE, invitation('Repeated'), { idempotency_key: 'repeated' })).body).toEqual(
        first.body,
      );
      // Anything else under that key is no repetition.
      expect(
        await redeem(token, INVITE, invitation('Repeated', { guests: ['ben@acme.example'] }), {
          idempotency_key: 'repeated',
        }),
      ).toMatchObject({ status: 409, body: { reason: 'key_reused' } });
    });
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ['redemption.reserved', null],
      ['redemption.refused', 'key_reused'],
    ]);
  });

  test('twenty at once: one use', async () => {
    const token = await invited('Parallel');
    const answers = await Promise.all([...Array(20)].map(() => redeem(token, INVITE, invitation('Parallel'))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.reason === 'used_up')).toHaveLength(19);
  });

  test('twenty at once with one key: one use, and twenty times the same answer', async () => {
    const token = await invited('Same key');
    const answers = await Promise.all(
      [...Array(20)].map(() => redeem(token, INVITE, invitation('Same key'), { idempotency_key: 'same-key' })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 201, body: { remaining: 0 } });
    const reserved = (await eventsIn(database)).filter(
      ({ type, task }) => type === 'redemption.reserved' && task === claimsOf(token).task_id,
    );
    expect(reserved).toHaveLength(1);
  });

  test('the same key while its first use is being drawn: the same answer, not "used up"', async () => {
    const token = await invited('Crossing');
    const { task_id } = claimsOf(token);
    const waiting = () =>
      database.rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    let answers: Promise<Answer[]> | undefined;
    await database.transaction(async (statements) => {
      await statements.run('select from task_actions where task = $1 for update', [task_id]);
      const request = () => redeem(token, INVITE, invitation('Crossing'), { idempotency_key: 'crossing' });
      answers = Promise.all([...Array(5)].map(request));
      while ((await waiting()).length < 5) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const all = (await answers) ?? [];
    expect(all.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(all.map(({ body }) => body.redemption_id)).size).toBe(1);
  });

  test('one server’s key is nothing to another’s', async () => {
    const token = await invited('Two servers', HOUR);
    await redeem(token, INVITE, invitation('Two servers'), { idempotency_key: 'shared' });
    expect(await redeem(token, INVITE, invitation('Two servers'), { idempotency_key: 'shared' }, crmKey)).toMatchObject(
      { status: 403, body: { reason: 'foreign_resource' } },
    );
  });

  test('what was approved twice is used twice, in any order', async () => {
    const token = await leafToken(
      agent,
      person,
      [readDetails({ calendar: 'Twice' }), readDetails({ calendar: 'Twice', to: '2026-11-25' })],
      { decision: { ...ONCE, action_0: 'allow', action_1: 'allow' } },
    );
    const short = parametersOf(readDetails({ calendar: 'Twice', to: '2026-11-25' }));
    expect(await redeem(token, READ, short)).toMatchObject({ status: 201 });
    expect(await redeem(token, READ, short)).toMatchObject({ status: 201 });
    expect(await redeem(token, READ, short)).toMatchObject({ status: 403, body: { reason: 'used_up' } });
  });

  test('a child draws from the same uses as its parent, and the evidence names the child', async () => {
    const child = await registerAgent(server, { client_name: 'Child' });
    await addEdge(database, agent, child, [INVITE]);
    const root = accessTokenIn(
      await tokenInBrowser(
        agent,
        person,
        { authorization_details: detailsParameter(inviteDetails({ title: 'Shared' })) },
        ONCE,
      ),
    );
    const parent = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
    const theirs = accessTokenIn(
      await exchange(
        child,
        accessTokenIn(await exchange(agent, root, { requested_actor: child.registration.agent_id })),
      ),
    );
    const events = await eventsOf(database, async () => {
      const { body } = await redeem(theirs, INVITE, invitation('Shared'));
      await close(body.redemption_id, { status: 'succeeded' });
      expect(await redeem(parent, INVITE, invitation('Shared'))).toMatchObject({
        status: 403,
        body: { reason: 'used_up' },
      });
    });
    const who = {
      agent: child.registration.agent_id,
      person: claimsOf(root).sub,
      task: claimsOf(root).task_id,
      jti: claimsOf(theirs).jti,
      txn: claimsOf(theirs).txn,
    };
    expect(events).toMatchObject([
      { type: 'redemption.reserved', ...who },
      { type: 'redemption.closed', ...who, outcome: 'succeeded' },
      { type: 'redemption.alarm', agent: agent.registration.agent_id, jti: claimsOf(parent).jti },
    ]);
  });
});

describe('more than was approved is an alarm: evidence of its own type, a count, and a line in the log', () => {
  const counted = async (reason: string): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${server.managementPort}/metrics`)).text();
    const line = new RegExp(`^countersign_alarms_total\\{type="redemption.alarm",reason="${reason}"\\} (\\d+)$`, 'm');
    return Number(line.exec(metrics)?.[1] ?? 0);
  };

  test.each<[reason: string, attempt: (token: string) => Promise<Answer>]>([
    ['used_up', (token) => redeem(token, INVITE, invitation('Alarming'))],
    ['parameters_differ', (token) => redeem(token, INVITE, invitation('Alarming', { guests: ['eve@acme.example'] }))],
    ['action_not_granted', (token) => redeem(token, READ, {})],
    ['foreign_resource', (token) => redeem(token, INVITE, invitation('Alarming'), {}, crmKey)],
  ])('%s', async (reason, attempt) => {
    const token = await invited('Alarming');
    expect(await redeem(token, INVITE, invitation('Alarming'))).toMatchObject({ status: 201 });
    const before = await counted(reason);
    const events = await eventsOf(database, async () => {
      expect(await attempt(token)).toMatchObject({ status: 403, body: { reason } });
    });
    expect(events).toMatchObject([{ type: 'redemption.alarm', decision: 'refused', reason, jti: claimsOf(token).jti }]);
    expect(await counted(reason)).toBe(before + 1);
  });

  test('none: an answer that was lost and is asked for again, a key that is used for something else, a task that ended', async () => {
    const token = await invited('Calm', HOUR);
    const again = { idempotency_key: 'calm' };
    const events = await eventsOf(database, async () => {
      for (const _ of [1, 2]) await redeem(token, INVITE, invitation('Calm'), again);
      await redeem(token, INVITE, invitation('Calm', { guests: ['ben@acme.example'] }), again);
      await stop(database, claimsOf(token).org_id, 'task', claimsOf(token).task_id);
      await redeem(token, INVITE, invitation('Calm'));
    });
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ['redemption.reserved', null],
      ['redemption.refused', 'key_reused'],
      ['redemption.refused', 'token_not_active'],
    ]);
  });
});

describe('what came of it', () => {
  const reserved = async (title: string) => {
    const token = await invited(title);
    const { body } = await redeem(token, INVITE, invitation(title), { tool: 'send_invitation', request_id: 'r-1' });
    return { token, id: body.redemption_id as string };
  };

  test('succeeded: told once, repeated as often as needed, never otherwise', async () => {
    const { token, id } = await reserved('Succeeded');
    const outcome = { status: 'succeeded', reference: 'evt-1', affected: 2 };
    const events = await eventsOf(database, async () => {
      expect(await close(id, outcome)).toMatchObject({ status: 204, body: '' });
      expect(await close(id, outcome)).toMatchObject({ status: 204 });
      for (const other of [
        { status: 'failed' },
        { status: 'released' },
        { ...outcome, reference: 'evt-2' },
        { ...outcome, affected: 3 },
      ]) {
        expect(await close(id, other)).toMatchObject({ status: 409, body: { reason: 'already_closed' } });
      }
    });
    // T4: whoever allowed it reads what it came to, and by which name the system knows it.
    const task = await database.first<{ approval: string }>('select approval from tasks where id = $1', [
      claimsOf(token).task_id,
    ]);
    for (const [language, line] of [
      ['en', 'Finished · done · evt-1'],
      ['de', 'Wurde fertig · erledigt · evt-1'],
    ]) {
      const receipt = await person.get(`/receipts/${task?.approval}?ui_locales=${language}`);
      expect(text(inner(receipt.html, 'ol', 'class="timeline"')).replaceAll('\u00a0', ' ')).toContain(line);
    }
    expect(events).toHaveLength(5);
    expect(events[0]).toMatchObject({
      type: 'redemption.closed',
      decision: 'reported',
      outcome: 'succeeded',
      ...whose(token),
      application: calendar.clientId,
      resource: CALENDAR,
      fields: {
        'content.reference': { value: 'evt-1' },
        'content.affected': { value: 2 },
        'content.tool': { value: 'send_invitation' },
      },
    });
    for (const event of events.slice(1))
      expect(event).toMatchObject({ type: 'redemption.refused', reason: 'outcome_conflict', outcome: null });
  });

  test('released in time: the use is there again, for another key', async () => {
    const { token, id } = await reserved('Released');
    expect(await close(id, { status: 'released' })).toMatchObject({ status: 204 });
    expect(await redeem(token, INVITE, invitation('Released'))).toMatchObject({ status: 201, body: { remaining: 0 } });
    expect(await close(id, { status: 'succeeded' })).toMatchObject({ status: 409 });
  });

  test('whoever repeats the key of a released reservation holds none', async () => {
    const token = await invited('Ghost');
    const { body } = await redeem(token, INVITE, invitation('Ghost'), { idempotency_key: 'ghost' });
    await close(body.redemption_id, { status: 'released' });
    expect(await redeem(token, INVITE, invitation('Ghost'), { idempotency_key: 'ghost' })).toMatchObject({
      status: 409,
      body: { reason: 'released' },
    });
  });

  test('released late: refused, because it may have happened; succeeded and failed are told at any time', async () => {
    const { token, id } = await reserved('Late');
    await database.run(`update redemptions set expires_at = now() - interval '1 second' where id = $1`, [id]);
    const events = await eventsOf(database, async () => {
      expect(await close(id, { status: 'released' })).toMatchObject({ status: 409, body: { reason: 'too_late' } });
    });
    expect(events).toMatchObject([
      {
        type: 'redemption.refused',
        reason: 'outcome_expired',
        ...whose(token),
        fields: { 'content.claimed': { value: 'released' } },
      },
    ]);
    expect(await redeem(token, INVITE, invitation('Late'))).toMatchObject({ status: 403, body: { reason: 'used_up' } });
    expect(await close(id, { status: 'failed' })).toMatchObject({ status: 204 });
  });

  test('ten at once: released once, one use given back', async () => {
    const { token, id } = await reserved('Giving back');
    const answers = await Promise.all([...Array(10)].map(() => close(id, { status: 'released' })));
    expect(answers.every(({ status }) => status === 204)).toBe(true);
    const [row] = await database.rows<{ uses: number }>('select uses from task_actions where task = $1', [
      claimsOf(token).task_id,
    ]);
    expect(row?.uses).toBe(0);
  });

  test('of another server, or of nobody: not found, and evidence of the one who asked', async () => {
    const { id } = await reserved('Foreign');
    for (const unknown of [id, 'rdm_0', 'x'.repeat(500)]) {
      const events = await eventsOf(database, async () => {
        expect(await close(unknown, { status: 'succeeded' }, crmKey)).toMatchObject({
          status: 404,
          body: { reason: 'not_found' },
        });
      });
      expect(events).toMatchObject([
        {
          type: 'redemption.refused',
          reason: 'outcome_unknown',
          organization: 'org_deployment',
          application: crm.clientId,
          person: null,
        },
      ]);
    }
    expect(await close(id, { status: 'succeeded' })).toMatchObject({ status: 204 });
  });
});

describe('whose token it is', () => {
  test.each<[what: string, token: () => Promise<string> | string, reason: string]>([
    ['a token for another server’s resource', () => invited('Not theirs', HOUR), 'foreign_resource'],
    [
      'a root, which is for this server alone',
      () => rootToken(agent, person, readDetails({ calendar: 'Root' })),
      'foreign_resource',
    ],
    ['the server’s own token', () => crmKey, 'foreign_resource'],
    ['no token at all', () => 'x.y.z', 'token_not_active'],
  ])('another server redeems nothing with %s', async (_, make, reason) => {
    const token = await make();
    const events = await eventsOf(database, async () => {
      expect(await redeem(token, INVITE, invitation('Not theirs'), {}, crmKey)).toMatchObject({
        status: 403,
        body: { reason },
      });
    });
    const type = reason === 'foreign_resource' ? 'redemption.alarm' : 'redemption.refused';
    expect(events).toMatchObject([{ type, reason, application: crm.clientId }]);
  });

  test('nothing with a hand-off', async () => {
    const child = await registerAgent(server);
    await addEdge(database, agent, child, [READ]);
    const root = await rootToken(agent, person, readDetails({ calendar: 'Hand-off' }));
    const handoff = accessTokenIn(await exchange(agent, root, { requested_actor: child.registration.agent_id }));
    expect(await redeem(handoff, READ, {})).toMatchObject({ status: 403, body: { reason: 'foreign_resource' } });
  });

  test('a stopped task is redeemed no more, and what was reserved before is still told', async () => {
    const token = await invited('Stopped', HOUR);
    const { body } = await redeem(token, INVITE, invitation('Stopped'));
    await stop(database, claimsOf(token).org_id, 'task', claimsOf(token).task_id);
    expect(await redeem(token, INVITE, invitation('Stopped'))).toMatchObject({
      status: 403,
      body: { reason: 'token_not_active' },
    });
    expect(await close(body.redemption_id, { status: 'succeeded' })).toMatchObject({ status: 204 });
  });
});

describe('reports in batches', () => {
  const entry = (token: string, more: Json = {}) => ({
    jti: claimsOf(token).jti,
    action: INVITE,
    decision: 'accepted',
    status: 'succeeded',
    request_id: newIdempotencyKey(),
    at: new Date().toISOString(),
    ...more,
  });
  const report = (entries: unknown, key?: string) => call('/outcomes', entries, key);

  test('each entry becomes one event, however often it is sent', async () => {
    const token = await invited('Reported', HOUR);
    const entries = [
      entry(token, { reference: 'evt-9', tool: 'send' }),
      entry(token, { decision: 'refused', status: undefined }),
    ];
    const events = await eventsOf(database, async () => {
      expect(await report(entries)).toMatchObject({ status: 202, body: '' });
      expect(await report([...entries].reverse())).toMatchObject({ status: 202 });
      await Promise.all([...Array(10)].map((_, round) => report(round % 2 ? entries : [...entries].reverse())));
    });
    expect(events).toHaveLength(2);
    expect(events.toSorted((a, b) => String(a.reason).localeCompare(String(b.reason)))).toMatchObject([
      {
        type: 'outcome.reported',
        decision: 'reported',
        reason: 'accepted',
        outcome: 'succeeded',
        ...whose(token),
        application: calendar.clientId,
        resource: CALENDAR,
        fields: {
          'content.reference': { value: 'evt-9' },
          'content.tool': { value: 'send' },
          'content.request_id': { value: entries[0]?.request_id },
        },
      },
      { type: 'outcome.reported', reason: 'refused', outcome: null },
    ]);
  });

  test('another server’s tokens, and tokens of nobody, are passed over in silence', async () => {
    const token = await invited('Silent', HOUR);
    const root = await rootToken(agent, person, readDetails({ calendar: 'Silent' }));
    const events = await eventsOf(database, async () => {
      expect(await report([entry(token), entry(token, { jti: 'nobody' })], crmKey)).toMatchObject({
        status: 202,
        body: '',
      });
      expect(await report([entry(root), entry(token, { at: '2020-01-01T00:00:00Z' })])).toMatchObject({
        status: 202,
        body: '',
      });
    });
    expect(events).toEqual([]);
  });

  test('500 at once, each as long as it may be; 501 are too many; none is fine', async () => {
    const token = await invited('Many', HOUR);
    const many = [...Array(500)].map((_, n) =>
      entry(token, { request_id: `many-${n}-${'x'.repeat(240)}`, reference: 'r'.repeat(500), tool: 't'.repeat(200) }),
    );
    const events = await eventsOf(database, async () => {
      expect(await report(many)).toMatchObject({ status: 202 });
    });
    expect(events).toHaveLength(500);
    expect(await report([...many, many[0]])).toMatchObject({ status: 400, body: { reason: 'invalid_request' } });
    expect(await report([])).toMatchObject({ status: 202 });
  });

  test('one broken entry, and nothing of the batch is taken', async () => {
    const token = await invited('Broken', HOUR);
    const broken: [Json, string][] = [
      [{ jti: undefined }, 'jti'],
      [{ action: '' }, 'action'],
      [{ decision: 'maybe' }, 'decision'],
      [{ status: 'released' }, 'status'],
      [{ at: 'yesterday' }, 'at'],
      [{ at: '+275760-01-01T00:00:00Z' }, 'at'],
      [{ at: undefined }, 'at'],
      [{ reference: 'x'.repeat(501) }, 'reference'],
      [{ request_id: 7 }, 'request_id'],
    ];
    const events = await eventsOf(database, async () => {
      for (const [wrong, name] of broken) {
        const answer = await report([entry(token), entry(token, wrong)]);
        expect(answer).toMatchObject({ status: 400, body: { reason: 'invalid_request' } });
        expect(answer.body.detail).toContain(`entry 1: ${name}`);
      }
    });
    expect(events).toEqual([]);
  });
});

describe('who may call', () => {
  const paths = ['/redemptions', '/redemptions/rdm_0/outcome', '/outcomes'];

  test.each(paths)('%s: nobody without an access token for it', async (path) => {
    const none = await answerOf(await fetch(`${server.issuer}${path}`, { method: 'POST', body: '{}' }));
    expect(none).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    expect(await call(path, {}, 'x.y.z')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    const own = await registerAgent(server, {
      grant_types: ['client_credentials'],
      redirect_uris: undefined,
      dpop_bound_access_tokens: false,
    });
    await database.run('update agents set own_actions = $2 where id = $1', [own.registration.agent_id, [READ]]);
    const agents = accessTokenIn(
      await own.token({ grant_type: 'client_credentials', scope: 'calendar.read' }, { dpop: false }),
    );
    const events = await eventsOf(database, async () => {
      const refused = await call(path, {}, agents);
      expect(refused).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
      expect(refused.headers.get('www-authenticate')).toContain('scope="redemptions"');
    });
    expect(events).toMatchObject([
      {
        type: 'request.refused',
        reason: 'insufficient_scope',
        application: own.clientId,
        agent: own.registration.agent_id,
      },
    ]);
  });

  test('DP-05: a bound token of the server only with its key; a bound token of an agent not as Bearer', async () => {
    const bound = accessTokenIn(await calendar.token({ grant_type: 'client_credentials', scope: 'redemptions' }));
    expect(await call('/outcomes', [], bound)).toMatchObject({ status: 401 });
    const proof = await calendar.proof(`${server.issuer}/outcomes`, { accessToken: bound });
    const proven = { authorization: `DPoP ${bound}`, DPoP: proof };
    expect(await call('/outcomes', [], bound, proven)).toMatchObject({ status: 202 });
    expect(await call('/outcomes', [], bound, proven)).toMatchObject({ status: 401 });
    const other = await calendar.proof(`${server.issuer}/redemptions`, { accessToken: bound });
    expect(await call('/outcomes', [], bound, { ...proven, DPoP: other })).toMatchObject({ status: 401 });
    const unbound = await unboundToken(await registerAgent(server, { dpop_bound_access_tokens: false }), person, {
      authorization_details: detailsParameter(readDetails({ calendar: 'Unbound' })),
      resource: CALENDAR,
    });
    expect(await call('/outcomes', [], unbound)).toMatchObject({ status: 403 });
  });
});

describe('what cannot be understood', () => {
  test.each<[what: string, body: unknown]>([
    ['no JSON', 'nothing'],
    ['no object', '[]'],
    ['null', 'null'],
    ['no token', { action: READ, parameters: {}, idempotency_key: 'k' }],
    ['no action', { token: 't', parameters: {}, idempotency_key: 'k' }],
    ['no parameters', { token: 't', action: READ, idempotency_key: 'k' }],
    ['parameters that are a list', { token: 't', action: READ, parameters: [], idempotency_key: 'k' }],
    ['no key', { token: 't', action: READ, parameters: {} }],
    ['a key that is too long', { token: 't', action: READ, parameters: {}, idempotency_key: 'k'.repeat(256) }],
    ['a key with a line break', { token: 't', action: READ, parameters: {}, idempotency_key: 'a\nb' }],
    ['a tool that is no text', { token: 't', action: READ, parameters: {}, idempotency_key: 'k', tool: 1 }],
    ['a member twice', '{"token":"t","action":"a","action":"b","parameters":{},"idempotency_key":"k"}'],
    ['a parameter twice', '{"token":"t","action":"a","parameters":{"limit":1,"limit":1000},"idempotency_key":"k"}'],
    ['half a character', '{"token":"t","action":"a","parameters":{"a":"\\ud800"},"idempotency_key":"k"}'],
    ['a null character', '{"token":"t","action":"a","parameters":{"a":"\\u0000"},"idempotency_key":"k"}'],
    ['a prototype', '{"token":"t","action":"a","parameters":{"__proto__":{}},"idempotency_key":"k"}'],
    [
      'a very deep value',
      `{"token":"t","action":"a","parameters":{"a":${'['.repeat(50)}${']'.repeat(50)}},"idempotency_key":"k"}`,
    ],
  ])('a redemption with %s is a 400', async (_, body) => {
    expect((await call('/redemptions', body)).status).toBe(400);
  });

  test('a redemption that is too large is a 413, one of another type a 400', async () => {
    expect((await call('/redemptions', { token: 't'.repeat(70_000) })).status).toBe(413);
    expect(
      (await call('/redemptions', 'token=t', calendarKey, { 'content-type': 'application/x-www-form-urlencoded' }))
        .status,
    ).toBe(400);
  });

  test.each([
    { status: 'done' },
    {},
    { status: 'succeeded', affected: -1 },
    { status: 'succeeded', affected: 1.5 },
    { status: 'succeeded', affected: 2 ** 31 },
    { status: 'succeeded', reference: '' },
  ])('an outcome %j is a 400', async (outcome) => {
    expect(await close('rdm_0', outcome)).toMatchObject({ status: 400, body: { reason: 'invalid_request' } });
  });
});

/** What the evidence of a use has to name. */
const whose = (token: string) => {
  const { sub, act, task_id, jti, txn, org_id } = claimsOf(token);
  return { organization: org_id, person: sub, agent: act.sub, task: task_id, jti, txn };
};
