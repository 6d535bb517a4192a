import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  EXCHANGE,
  inviteDetails,
  type Json,
  newKey,
  type PostOptions,
  pkce,
  push,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  introspect,
  revoke,
  stop,
} from '../support/delegation.ts';
import {
  authorizationUrl,
  continuationOf,
  detailsParameter,
  signIn,
  type TestPerson,
  tokenInBrowser,
} from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
let resourceServer: TestClient;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, agent, resourceServer] = await Promise.all([
    signIn(server),
    registerAgent(server),
    demoClient(server, 'resourceServer'),
  ]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const refresh = (client: TestClient, token: string, form: Json = {}, options?: PostOptions): Promise<Answer> =>
  client.token({ grant_type: 'refresh_token', refresh_token: token, ...form }, options);
/** The answer of a task that nothing else covers. */
const approved = async (
  client: TestClient,
  calendar: string,
  decision: Record<string, string> = HOUR,
  more: Json[] = [],
) => {
  const details = detailsParameter(readDetails({ calendar }), ...more);
  const { body } = await tokenInBrowser(
    client,
    person,
    { authorization_details: details, resource: CALENDAR },
    decision,
  );
  return body as { access_token: string; refresh_token: string; task_id: string };
};

describe('who gets one', () => {
  test('a client that registered for it, whose task outlives the access token', async () => {
    expect((await approved(agent, 'Yes')).refresh_token).toEqual(expect.any(String));
  });

  test('not for one use, nor for a client that did not register, nor from an exchange', async () => {
    const { access_token, refresh_token } = await approved(agent, 'Once', {
      decision: 'approve',
      duration: 'once',
      read: '1',
    });
    expect(refresh_token).toBeUndefined();
    expect((await exchange(agent, access_token)).body).not.toHaveProperty('refresh_token');
    const plain = await registerAgent(server, { grant_types: ['authorization_code', CIBA, EXCHANGE] });
    expect((await approved(plain, 'Plain')).refresh_token).toBeUndefined();
  });
});

describe('what it is good for', () => {
  test('another token of the same task, again and again, or for less', async () => {
    const { access_token, refresh_token } = await approved(agent, 'Again', HOUR, [inviteDetails({ title: 'Again' })]);
    for (let round = 0; round < 3; round++) {
      const answer = await refresh(agent, refresh_token);
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
      expect(answer.body.refresh_token).toBeUndefined();
      const { act, sub, task_id, authorization_details, acr, auth_time } = claimsOf(access_token);
      expect(claimsOf(answer.body.access_token)).toMatchObject({
        act,
        sub,
        task_id,
        authorization_details,
        acr,
        auth_time,
        aud: CALENDAR,
      });
    }
    const less = await refresh(agent, refresh_token, {
      authorization_details: detailsParameter(readDetails({ calendar: 'Again', to: '2026-11-25' })),
    });
    expect(claimsOf(accessTokenIn(less)).authorization_details).toMatchObject([{ to: '2026-11-25' }]);
    expect(claimsOf(accessTokenIn(less)).authorization_details).toHaveLength(1);
    // OA-29: asking for less is not for ever.
    expect(claimsOf(accessTokenIn(await refresh(agent, refresh_token))).authorization_details).toHaveLength(2);
  });

  test.each<[what: string, form: Json, error: string]>([
    ['a scope', { scope: 'calendar.read' }, 'invalid_scope'],
    [
      'later days',
      { authorization_details: detailsParameter(readDetails({ calendar: 'Wider', to: '2026-12-24' })) },
      'invalid_authorization_details',
    ],
    [
      'another calendar',
      { authorization_details: detailsParameter(readDetails({ calendar: 'Other' })) },
      'invalid_authorization_details',
    ],
    ['no details at all', { authorization_details: '[]' }, 'invalid_authorization_details'],
    ['another action', { authorization_details: detailsParameter(inviteDetails()) }, 'invalid_authorization_details'],
    ['another resource', { resource: 'https://crm.acme.example' }, 'invalid_target'],
    ['two resources', { resource: [CALENDAR, 'https://crm.acme.example'] }, 'invalid_target'],
    ['nothing to refresh', { refresh_token: '' }, 'invalid_request'],
  ])('wider is refused: %s', async (_, form, error) => {
    const { refresh_token } = await approved(agent, 'Wider');
    expect(await refresh(agent, refresh_token, form)).toMatchObject({ status: 400, body: { error } });
    expect(await refresh(agent, refresh_token)).toMatchObject({ status: 200 });
  });

  test('it ends with its task', async () => {
    const { refresh_token, task_id } = await approved(agent, 'Ends');
    await database.run(`update tasks set expires_at = now() + interval '20 seconds' where id = $1`, [task_id]);
    const last = claimsOf(accessTokenIn(await refresh(agent, refresh_token)));
    expect(last.exp - last.iat).toBeLessThanOrEqual(20);
    await database.run(`update tasks set expires_at = now() - interval '1 second' where id = $1`, [task_id]);
    expect(await refresh(agent, refresh_token)).toMatchObject(invalidGrant);
  });

  test('introspection tells its own client alone', async () => {
    const { refresh_token, task_id } = await approved(agent, 'Seen');
    expect(await introspect(agent, refresh_token)).toMatchObject({
      active: true,
      client_id: agent.clientId,
      task_id,
      cnf: { jkt: agent.jkt },
    });
    expect(await introspect(resourceServer, refresh_token)).toEqual({ active: false });
  });
});

describe('in other hands', () => {
  test('no other client, and no other key', async () => {
    const { refresh_token } = await approved(agent, 'Stolen');
    const thief = await registerAgent(server);
    expect(await refresh(thief, refresh_token)).toMatchObject(invalidGrant);
    const { jwk } = await newKey();
    expect(await refresh(agent, refresh_token, {}, { key: jwk })).toMatchObject(invalidGrant);
    expect(await refresh(agent, refresh_token, {}, { dpop: false })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
    expect(await exchange(agent, refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    await revoke(thief, refresh_token);
    expect(await refresh(agent, refresh_token)).toMatchObject({ status: 200 });
  });

  test('RV-01: revoking it ends the task and everything that came of it', async () => {
    const { access_token, refresh_token } = await approved(agent, 'Revoked');
    const sibling = await approved(agent, 'Sibling');
    const derived = accessTokenIn(await exchange(agent, access_token));
    const events = await eventsOf(database, () => revoke(agent, refresh_token));
    expect(events).toMatchObject([
      {
        type: 'authority.stopped',
        reason: 'task',
        task: claimsOf(access_token).task_id,
        person: claimsOf(access_token).sub,
        agent: agent.registration.agent_id,
        application: agent.clientId,
      },
    ]);
    for (const token of [access_token, derived])
      expect(await introspect(resourceServer, token)).toEqual({ active: false });
    expect(await refresh(agent, refresh_token)).toMatchObject(invalidGrant);
    expect(await refresh(agent, sibling.refresh_token)).toMatchObject({ status: 200 });
  });

  test('a refusal and a success each leave one event with the person, the agent and the task', async () => {
    const { access_token, refresh_token } = await approved(agent, 'Told');
    const who = {
      person: claimsOf(access_token).sub,
      agent: agent.registration.agent_id,
      application: agent.clientId,
      task: claimsOf(access_token).task_id,
    };
    const events = await eventsOf(database, async () => {
      await refresh(agent, refresh_token);
      await refresh(agent, refresh_token, { scope: 'calendar.read' });
      await stop(database, claimsOf(access_token).org_id, 'task', who.task);
      await refresh(agent, refresh_token);
    });
    expect(events).toMatchObject([
      { type: 'token.issued', decision: 'allowed', reason: 'refresh_token', ...who },
      { type: 'token.refused', decision: 'refused', reason: 'scope_wider', ...who },
      { type: 'token.refused', decision: 'refused', reason: 'task_ended', ...who },
    ]);
    expect(events).toHaveLength(3);
  });
});

describe('OA-28: of a public client it rotates', () => {
  const asPublic = (client: TestClient, form: Json) => ({
    ...form,
    client_id: client.clientId,
    client_assertion: undefined,
    client_assertion_type: undefined,
  });
  let open: TestClient;
  beforeAll(async () => {
    open = await registerAgent(server, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      jwks: undefined,
    });
  });

  /** A public client authenticates by nothing but its id, so the request goes by hand. */
  async function grantOf(calendar: string): Promise<Json> {
    const { verifier, challenge } = pkce();
    const pushed = await push(
      open,
      asPublic(open, {
        code_challenge: challenge,
        resource: CALENDAR,
        authorization_details: detailsParameter(readDetails({ calendar })),
      }),
      { dpop: false },
    );
    const page = await person.get(authorizationUrl(open, pushed.body.request_uri));
    const back = await person.get(continuationOf(await person.submit(page, HOUR)) ?? '');
    const code = new URL(back.url).searchParams.get('code') ?? '';
    expect(back.url.startsWith(REDIRECT)).toBe(true);
    const answer = await open.token(
      asPublic(open, { grant_type: 'authorization_code', code, code_verifier: verifier }),
      { dpop: false },
    );
    expect(answer.status).toBe(200);
    return answer.body;
  }
  const rotate = (token: string) =>
    open.token(asPublic(open, { grant_type: 'refresh_token', refresh_token: token }), { dpop: false });

  test('each is good once; one that comes back within two seconds is refused and ends nothing', async () => {
    const first = (await grantOf('Rotates')).refresh_token;
    const answer = await rotate(first);
    expect(answer).toMatchObject({ status: 200, body: { refresh_token: expect.any(String), token_type: 'Bearer' } });
    expect(await rotate(first)).toMatchObject(invalidGrant);
    expect(await rotate(answer.body.refresh_token)).toMatchObject({ status: 200 });
  });

  test('ten at once: one new token', async () => {
    const { refresh_token } = await grantOf('Parallel');
    const answers = await Promise.all([...Array(10)].map(() => rotate(refresh_token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('one that comes back later ends the task: two parties hold it', async () => {
    const { refresh_token, task_id } = await grantOf('Thief');
    const next = await rotate(refresh_token);
    await database.run(
      `update engine_artefacts set consumed_at = consumed_at - interval '10 seconds' where grant_id = $1 and consumed_at is not null and model = 'RefreshToken'`,
      [task_id],
    );
    expect(await rotate(refresh_token)).toMatchObject(invalidGrant);
    expect(await rotate(next.body.refresh_token)).toMatchObject(invalidGrant);
    expect(await introspect(resourceServer, next.body.access_token)).toEqual({ active: false });
  });
});
