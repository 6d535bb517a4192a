import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  type Answer,
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
} from '../support/agent.ts';
import {
  accessTokenIn,
  addEdge,
  applicationToken,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  registerAgentAt,
  rootToken,
  stop,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { addRule } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';

let server: TestServer;
let database: Database;
let person: TestPerson;
let planner: TestClient;
let finder: TestClient;
let stranger: TestClient;
let foreigner: TestClient;
let root: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, planner, finder, stranger, foreigner] = await Promise.all([
    signIn(server),
    registerAgent(server, { client_name: 'Planner' }),
    registerAgent(server, { client_name: 'Finder' }),
    registerAgent(server, { client_name: 'Stranger' }),
    registerAgentAt(server, database, 'globex'),
  ]);
  await addEdge(database, planner, finder, [READ]);
  root = await rootToken(planner, person, readDetails(), inviteDetails());
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const idOf = (agent: TestClient): string => agent.registration.agent_id;
const explained = (token: string, form: Json = {}, by = planner): Promise<Answer> =>
  exchange(by, token, { explain: 'true', ...form });
/** The rules that do not hold, each with why. */
const broken = ({ body }: Answer): unknown[] =>
  body.rules.filter(({ holds }: Json) => !holds).map(({ rule, reason, detail }: Json) => [rule, reason, detail]);
const reading = { authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })) };

/** Everything an exchange could leave behind but evidence. */
const leftBehind = async (): Promise<Json> =>
  database.first(
    `select (select count(*) from issued_tokens) as tokens, (select count(*) from derived_grants) as grants,
            (select count(*) from approvals) as approvals, (select count(*) from tasks) as tasks,
            (select sum(uses) from task_actions) as uses`,
  );
/** Runs the work, which changes nothing and is told as a dry run alone. */
async function leavesNothing(work: () => Promise<Answer>): Promise<Answer> {
  const before = await leftBehind();
  let answer: Answer | undefined;
  const events = await eventsOf(database, async () => {
    answer = await work();
  });
  expect(await leftBehind()).toEqual(before);
  if (!answer) throw new Error('no answer');
  if (answer.status === 200) {
    const reason = answer.body.allowed ? 'would_be_allowed' : 'would_be_refused';
    expect(events).toMatchObject([{ type: 'token.explained', decision: 'reported', reason }]);
  }
  return answer;
}

describe('explain=true: why an exchange would be allowed or refused, and nothing done', () => {
  test('what would be issued is what is issued', async () => {
    const form = { resource: CALENDAR, ...reading };
    const { status, body } = await leavesNothing(() => explained(root, form));
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: true, way: 'continue' });
    expect(body).not.toHaveProperty('access_token');
    expect(body.rules.length).toBeGreaterThan(10);
    expect(body.rules.every(({ holds, says }: Json) => holds && typeof says === 'string')).toBe(true);
    const claims = claimsOf(accessTokenIn(await exchange(planner, root, form)));
    expect(body.would_issue).toEqual({
      kind: 'leaf',
      aud: claims.aud,
      authorization_details: claims.authorization_details,
      acting: [claims.act.sub],
      bound: true,
      expires_in: expect.any(Number),
    });
    expect(Math.abs(body.would_issue.expires_in - (claims.exp - claims.iat))).toBeLessThanOrEqual(3);
  });

  test.each<[what: string, form: Json, error: string, rules: unknown[]]>([
    [
      'wider details',
      { resource: CALENDAR, authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })) },
      'invalid_authorization_details',
      [['R29', 'details_wider', expect.stringContaining('to')]],
    ],
    ['no resource', {}, 'invalid_target', [['R24', 'resource_ambiguous', undefined]]],
    [
      'an agent to which no edge leads',
      { requested_actor: 'agt_nobody', ...reading },
      'invalid_request',
      [
        ['R15', 'handoff_not_allowed', 'the person did not see this agent when they approved'],
        ['R16', 'handoff_not_allowed', 'no edge leads to this agent'],
        ['R17', 'handoff_not_allowed', 'the agent is not active'],
        ['R13', 'handoff_not_allowed', 'the agent has no key to bind it to'],
      ],
    ],
    [
      'more than the edge carries',
      { requested_actor: () => idOf(finder), authorization_details: detailsParameter(inviteDetails()) },
      'invalid_request',
      [['R20', 'handoff_not_allowed', `the edge does not carry ${INVITE}`]],
    ],
  ])(
    'refused: %s: every rule that it breaks, and the error of the exchange itself',
    async (_what, asked, error, rules) => {
      const form = Object.fromEntries(
        Object.entries(asked).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
      );
      const answer = await leavesNothing(() => explained(root, form));
      expect(answer).toMatchObject({ status: 200, body: { allowed: false, error } });
      expect(broken(answer)).toEqual(rules);
      const real = await exchange(planner, root, form);
      expect([real.status, real.body.error, real.body.error_description]).toEqual([
        400,
        answer.body.error,
        answer.body.error_description,
      ]);
    },
  );

  test('design §8.4: an agent of another organization is one that does not exist', async () => {
    const [there, nowhere] = await Promise.all(
      [idOf(foreigner), 'agt_nobody'].map((requested_actor) => explained(root, { requested_actor, ...reading })),
    );
    expect(there?.body).toEqual(nowhere?.body);
  });

  test('a hand-off and an actor token are spent by the exchange alone, and then the dry run says so', async () => {
    const handoff = accessTokenIn(await exchange(planner, root, { requested_actor: idOf(finder), ...reading }));
    const actor_token = await finder.assertion({ sub: idOf(finder) }, { typ: 'JWT' });
    const form = { resource: CALENDAR, actor_token, actor_token_type: JWT };
    for (const _ of [1, 2]) {
      expect(await leavesNothing(() => explained(handoff, form, finder))).toMatchObject({
        body: { allowed: true, way: 'take_up', would_issue: { acting: [idOf(finder), idOf(planner)] } },
      });
    }
    expect(await exchange(finder, handoff, form)).toMatchObject({ status: 200 });
    expect(await explained(handoff, { resource: CALENDAR }, finder)).toMatchObject({
      body: { allowed: false, error_description: 'hand-off was used already' },
    });
    const another = accessTokenIn(await exchange(planner, root, { requested_actor: idOf(finder), ...reading }));
    expect(await explained(another, form, finder)).toMatchObject({
      body: { allowed: false, error_description: 'actor token was used already' },
    });
  });

  test('of somebody else’s token it says what an exchange says: one sentence, and no rule', async () => {
    for (const other of [stranger, foreigner, finder]) {
      const [dry, real] = [await leavesNothing(() => explained(root, {}, other)), await exchange(other, root)];
      expect([dry.status, dry.body]).toEqual([real.status, real.body]);
      expect(dry).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  test('of a token that has ended it says no more either', async () => {
    const token = await rootToken(planner, person, readDetails({ to: '2026-12-01' }));
    await stop(database, claimsOf(token).org_id, 'task', claimsOf(token).task_id);
    const dry = await explained(token, { resource: CALENDAR });
    expect(dry).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(dry.body).not.toHaveProperty('rules');
  });

  test.each(['false', '1', 'TRUE', 'yes'])(
    'explain=%s gives no token to whoever may have meant a dry run',
    async (explain) => {
      const answer = await leavesNothing(() => explained(root, { resource: CALENDAR, explain }));
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );
});

describe('of a statement of who the person is: by which right it would be given', () => {
  let token: string;
  const details = readDetails({ from: '2027-01-04', to: '2027-01-08' });
  const form = { resource: CALENDAR, authorization_details: detailsParameter(details) };
  beforeAll(async () => {
    token = await applicationToken(await demoClient(server, 'application'), person);
  });

  test('a question that nobody was asked yet; nobody is asked by this', async () => {
    expect(await leavesNothing(() => explained(token, form))).toMatchObject({
      status: 200,
      body: { allowed: false, by: 'question', error: 'consent_required' },
    });
    expect((await person.get('/inbox')).html).not.toContain('4–8 Jan');
  });

  test('a live task of that person and this agent', async () => {
    const asked = await exchange(planner, token, form);
    await person.submit(await person.get(new URL(asked.body.interaction_uri).pathname), HOUR);
    const { body } = await leavesNothing(() => explained(token, form));
    const claims = claimsOf(accessTokenIn(await exchange(planner, token, form)));
    expect(body).toMatchObject({
      allowed: true,
      by: 'task',
      task_id: claims.task_id,
      would_issue: { kind: 'leaf', aud: CALENDAR, acting: [idOf(planner)], bound: true },
    });
    expect(body.would_issue.authorization_details).toEqual(claims.authorization_details);
  });

  test('a policy of the organization', async () => {
    await addRule(
      database,
      claimsOf(root).org_id,
      { name: 'Reading', when: { agents: [idOf(stranger)], actions: [READ] }, verdict: 'allow' },
      'pol_explained',
    );
    expect(await leavesNothing(() => explained(token, form, stranger))).toMatchObject({
      body: { allowed: true, by: 'policy', policy: { id: 'pol_explained', name: 'Reading' } },
    });
  });
});
