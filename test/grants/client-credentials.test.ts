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
  newKey,
  type PostOptions,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  databaseOf,
  eventsOf,
  exchange,
  introspect,
  moveTo,
  revoke,
  stop,
} from '../support/delegation.ts';
import { detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let agent: TestClient;
let resourceServer: TestClient;
let application: TestClient;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [agent, resourceServer, application] = await Promise.all([
    registerAgent(server, { grant_types: ['client_credentials'], redirect_uris: undefined }),
    demoClient(server, 'resourceServer'),
    demoClient(server, 'application'),
  ]);
  await mark([READ]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** What an admin marked as the agent's own. */
const mark = (actions: string[]) =>
  database.run('update agents set own_actions = $2 where id = $1', [agent.registration.agent_id, actions]);
const own = (client: TestClient, form: Json = { scope: 'calendar.read' }, options?: PostOptions): Promise<Answer> =>
  client.token({ grant_type: 'client_credentials', ...form }, options);

describe('an agent by itself', () => {
  test('is the subject, acts for nobody, and has a token for one resource that is bound to its key', async () => {
    const answer = await own(agent);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', scope: 'calendar.read' } });
    expect(answer.body.refresh_token).toBeUndefined();
    const claims = claimsOf(accessTokenIn(answer));
    expect(claims).toMatchObject({
      sub: agent.registration.agent_id,
      aud: CALENDAR,
      sub_profile: 'ai_agent',
      client_profile: 'ai_agent',
      cnf: { jkt: agent.jkt },
    });
    for (const absent of ['act', 'task_id', 'acr', 'auth_time']) expect(claims).not.toHaveProperty(absent);
    expect(await introspect(resourceServer, accessTokenIn(answer))).toMatchObject({
      active: true,
      sub: agent.registration.agent_id,
      sub_profile: 'ai_agent',
    });
  });

  test('by details with limits of its own choice, and without words of its own in the token', async () => {
    const answer = await own(agent, { authorization_details: detailsParameter(readDetails({ purpose: 'I need it' })) });
    expect(answer.status).toBe(200);
    expect(claimsOf(accessTokenIn(answer)).authorization_details).toMatchObject([
      { type: READ, to: '2026-11-28', access: 'read' },
    ]);
    expect(claimsOf(accessTokenIn(answer)).authorization_details[0]).not.toHaveProperty('purpose');
  });

  test.each<[what: string, form: Json, error: string]>([
    ['nothing', {}, 'invalid_scope'],
    ['openid alone', { scope: 'openid' }, 'invalid_scope'],
    ['a scope nobody knows', { scope: 'everything' }, 'invalid_scope'],
    ['what servers of resources may', { scope: 'redemptions' }, 'invalid_scope'],
    ['what administrators may', { scope: 'admin' }, 'invalid_scope'],
    ['an action nobody marked', { authorization_details: detailsParameter(inviteDetails()) }, 'invalid_scope'],
    [
      'one of two was not marked',
      { scope: 'calendar.read', authorization_details: detailsParameter(inviteDetails()) },
      'invalid_scope',
    ],
    ['another resource', { scope: 'calendar.read', resource: 'https://crm.acme.example' }, 'invalid_target'],
    ['this server, a root', { scope: 'calendar.read', resource: 'ISSUER' }, 'invalid_target'],
    ['two resources', { scope: 'calendar.read', resource: [CALENDAR, 'https://crm.acme.example'] }, 'invalid_target'],
  ])('is refused: %s', async (_, form, error) => {
    expect(await own(agent, form.resource === 'ISSUER' ? { ...form, resource: server.issuer } : form)).toMatchObject({
      status: 400,
      body: { error },
    });
  });

  test('what the catalogue does not offer as an agent’s own, or what is of high impact, no mark makes its own', async () => {
    await mark([READ, INVITE, 'calendar.events.export']);
    const registered = { ...agent };
    await database.run(
      `update clients set metadata = jsonb_set(metadata, '{authorization_details_types}', $2) where client_id = $1`,
      [agent.clientId, JSON.stringify([READ, INVITE, 'calendar.events.export'])],
    );
    for (const details of [inviteDetails(), { type: 'calendar.events.export', from: '2026-11-24', to: '2026-11-24' }]) {
      expect(await own(registered, { authorization_details: detailsParameter(details) })).toMatchObject({
        status: 400,
        body: { error: 'invalid_scope' },
      });
    }
    await mark([READ]);
  });

  test('SPL-05: its token is no person’s, and is exchanged for nothing', async () => {
    const both = await registerAgent(server, {
      grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      redirect_uris: undefined,
    });
    await database.run('update agents set own_actions = $2 where id = $1', [both.registration.agent_id, [READ]]);
    const token = accessTokenIn(await own(both));
    for (const form of [
      {},
      { resource: CALENDAR },
      { scope: 'calendar.read' },
      { requested_actor: agent.registration.agent_id },
    ]) {
      expect(await exchange(both, token, form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  test('a key is needed, and one that proves itself', async () => {
    const { jwk } = await newKey();
    expect(await own(agent, undefined, { dpop: false })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
    expect(claimsOf(accessTokenIn(await own(agent, undefined, { key: jwk }))).cnf.jkt).not.toBe(agent.jkt);
  });

  test('suspended: refused, its live token inactive; resumed: the old one stays dead, a new one works', async () => {
    const token = accessTokenIn(await own(agent));
    const move = (to: 'active' | 'suspended') => moveTo(database, agent, to);
    await move('suspended');
    expect(await own(agent)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await introspect(resourceServer, token)).toEqual({ active: false });
    await move('active');
    expect(await introspect(resourceServer, token)).toEqual({ active: false });
    expect(await introspect(resourceServer, accessTokenIn(await own(agent)))).toMatchObject({ active: true });
  });

  test('RV-01: it may give its token up; a stop of the resource ends it', async () => {
    const [one, two] = [accessTokenIn(await own(agent)), accessTokenIn(await own(agent))];
    await revoke(agent, one);
    expect(await introspect(resourceServer, one)).toEqual({ active: false });
    expect(await introspect(resourceServer, two)).toMatchObject({ active: true });
    await stop(database, agent.registration.organization, 'resource', CALENDAR);
    expect(await introspect(resourceServer, two)).toEqual({ active: false });
    expect(await own(agent)).toMatchObject({ status: 200 });
  });

  test('what is given and what is refused each leave one event', async () => {
    const events = await eventsOf(database, async () => {
      await own(agent);
      await own(agent, { authorization_details: detailsParameter(inviteDetails()) });
    });
    const who = { agent: agent.registration.agent_id, application: agent.clientId, person: null, task: null };
    expect(events).toMatchObject([
      { type: 'token.issued', decision: 'allowed', reason: 'client_credentials', resource: CALENDAR, ...who },
      { type: 'token.refused', decision: 'refused', reason: 'not_own_action', ...who },
    ]);
    expect(events).toHaveLength(2);
  });
});

describe('clients that are no agents', () => {
  test('the server of a resource gets what it needs to redeem, at this server alone', async () => {
    const answer = await own(resourceServer, { scope: 'redemptions' }, { dpop: false });
    expect(claimsOf(accessTokenIn(answer))).toMatchObject({
      sub: resourceServer.clientId,
      aud: server.issuer,
      scope: 'redemptions',
      sub_profile: 'service',
    });
    expect(claimsOf(accessTokenIn(answer)).act).toBeUndefined();
  });

  test.each<[what: string, form: Json, error: string]>([
    ['no scope', {}, 'invalid_scope'],
    ['an administrator’s', { scope: 'admin' }, 'invalid_scope'],
    ['one too many', { scope: 'redemptions admin' }, 'invalid_scope'],
    ['an action', { scope: 'calendar.read' }, 'invalid_scope'],
    ['details', { scope: 'redemptions', authorization_details: detailsParameter(readDetails()) }, 'invalid_scope'],
    ['a resource', { scope: 'redemptions', resource: CALENDAR }, 'invalid_target'],
  ])('and nothing else: %s', async (_, form, error) => {
    expect(await own(resourceServer, form, { dpop: false })).toMatchObject({ status: 400, body: { error } });
  });

  test('an application has nothing of its own', async () => {
    for (const scope of ['calendar.read', 'redemptions', 'admin', '']) {
      expect((await own(application, { scope }, { dpop: false })).status).toBe(400);
    }
  });
});
