import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  clientWith,
  demoClient,
  inviteDetails,
  type Json,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  applicationToken,
  databaseOf,
  eventsOf,
  exchange,
  introspect,
  registerAgentAt,
  revoke,
  stop,
  unboundToken,
} from '../support/delegation.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const consentRequired = { status: 400, body: { error: 'consent_required' } };

let server: TestServer;
let database: Database;
let anna: TestPerson;
let ben: TestPerson;
let application: TestClient;
let resourceServer: TestClient;
/** Anna is signed in at her company's web app, and this is the token that it gives its agents. */
let theirs: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [anna, ben, application, resourceServer] = await Promise.all([
    signIn(server),
    signIn(server, 'approver@acme.example'),
    demoClient(server, 'application'),
    demoClient(server, 'resourceServer'),
  ]);
  theirs = await applicationToken(application, anna);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const reading = (more: Json = {}) => ({
  resource: CALENDAR,
  authorization_details: detailsParameter(readDetails(more)),
});
const pathOf = ({ body }: Answer): string => new URL(body.interaction_uri).pathname;
const approve = async (person: TestPerson, path: string, decision = 'approve') =>
  person.submit(await person.get(path), { decision, duration: 'PT1H', read: '1' });

test('an application’s token says for whom, and nothing about what: it has no actor and opens no resource', async () => {
  expect(claimsOf(theirs)).toMatchObject({
    aud: server.issuer,
    client_id: application.clientId,
    sub_profile: 'user',
    client_profile: 'web_app',
  });
  expect(claimsOf(theirs).act).toBeUndefined();
  expect(claimsOf(theirs).scope).toBeUndefined();
  expect(await introspect(resourceServer, theirs)).toEqual({ active: false });
});

describe('an agent receives it', () => {
  let agent: TestClient;
  beforeAll(async () => {
    agent = await registerAgent(server, { client_name: 'Assistant' });
  });

  test('no task covers: the person is asked, at an address that is theirs alone; then the same exchange succeeds', async () => {
    const asked = await exchange(agent, theirs, reading());
    expect(asked).toMatchObject({
      status: 400,
      body: {
        error: 'consent_required',
        interaction_uri: expect.stringMatching(`^${server.issuer}/r/apr_[0-9a-f]+$`),
        authorization_details: [readDetails()],
        expires_in: expect.any(Number),
      },
    });
    expect(asked.headers.get('cache-control')).toBe('no-store');
    // The same question asked twice is one question.
    expect((await exchange(agent, theirs, reading())).body.interaction_uri).toBe(asked.body.interaction_uri);
    expect((await exchange(agent, theirs, reading({ to: '2026-11-27' }))).body.interaction_uri).not.toBe(
      asked.body.interaction_uri,
    );

    const wrong = await ben.get(pathOf(asked));
    expect(wrong.status).toBe(404);
    expect(wrong.html).toContain('Nothing to review here');
    expect(wrong.html).not.toContain('Assistant');

    expect((await approve(anna, pathOf(asked))).status).toBe(200);
    const answer = await exchange(agent, theirs, reading());
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const claims = claimsOf(accessTokenIn(answer));
    expect(claims).toMatchObject({
      aud: CALENDAR,
      sub: claimsOf(theirs).sub,
      client_id: agent.clientId,
      cnf: { jkt: agent.jkt },
      act: { iss: server.issuer, sub: agent.registration.agent_id },
      authorization_details: [{ type: READ, access: 'read' }],
    });
    expect(claims.act.act).toBeUndefined();
    expect(claims.exp).toBeLessThanOrEqual(claimsOf(theirs).exp);
    expect(answer.body.refresh_token).toBeUndefined();
  });

  test('what a live task covers needs no question, and what it does not is never given', async () => {
    expect(await exchange(agent, theirs, reading({ from: '2026-11-25' }))).toMatchObject({ status: 200 });
    expect(await exchange(agent, theirs, reading({ to: '2026-12-24' }))).toMatchObject(consentRequired);
    expect(await exchange(agent, theirs, { resource: CALENDAR, scope: 'calendar.read' })).toMatchObject(
      consentRequired,
    );
    expect(
      await exchange(agent, theirs, {
        resource: CALENDAR,
        authorization_details: detailsParameter(readDetails(), inviteDetails()),
      }),
    ).toMatchObject(consentRequired);
  });

  test.each<[what: string, form: Json, error: string]>([
    ['nothing asked', { resource: CALENDAR }, 'invalid_scope'],
    ['a scope nobody knows', { resource: CALENDAR, scope: 'calendar.everything' }, 'invalid_scope'],
    [
      'another resource than the action’s',
      { resource: 'https://crm.acme.example', authorization_details: detailsParameter(readDetails()) },
      'invalid_target',
    ],
    ['a hand-off', { ...reading(), requested_actor: 'agt_0' }, 'invalid_request'],
  ])('%s is refused without bothering anybody', async (_, form, error) => {
    const events = await eventsOf(database, async () => {
      expect(await exchange(agent, theirs, form)).toMatchObject({ status: 400, body: { error } });
    });
    expect(events.map(({ type }) => type)).toEqual(['token.refused']);
  });

  test('high impact is asked, like anything else: the ceremony is on the page', async () => {
    const other = await registerAgent(server);
    const details = detailsParameter({ ...inviteDetails(), guests: ['eve@elsewhere.example'] });
    expect(await exchange(other, theirs, { authorization_details: details })).toMatchObject(consentRequired);
  });

  test('a denial is an answer, and the next question is another one', async () => {
    const other = await registerAgent(server);
    const asked = await exchange(other, theirs, reading({ to: '2026-12-27' }));
    await approve(anna, pathOf(asked), 'deny');
    expect(await exchange(other, theirs, reading({ to: '2026-12-27' }))).toMatchObject({
      status: 403,
      body: { error: 'access_denied' },
    });
    // A quarter of an hour later it may ask again.
    await database.run(`update approvals set decided_at = decided_at - interval '16 minutes' where client_id = $1`, [
      other.clientId,
    ]);
    const again = await exchange(other, theirs, reading({ to: '2026-12-27' }));
    expect(again).toMatchObject(consentRequired);
    expect(again.body.interaction_uri).not.toBe(asked.body.interaction_uri);
  });

  test('only for the person that it names', async () => {
    const bens = await applicationToken(application, ben);
    const asked = await exchange(agent, bens, reading());
    expect(asked).toMatchObject(consentRequired);
    expect((await anna.get(pathOf(asked))).html).toContain('Nothing to review here');
  });

  test('only with the key that the task was approved for', async () => {
    const keyed = await registerAgent(server);
    await approve(anna, pathOf(await exchange(keyed, theirs, reading())));
    const { jwk } = await newKey();
    expect(await exchange(keyed, theirs, reading(), { key: jwk })).toMatchObject(consentRequired);
    expect(await exchange(keyed, theirs, reading())).toMatchObject({ status: 200 });
  });

  test('the evidence tells the question, the answer and the token apart, each with who and what', async () => {
    const told = await registerAgent(server);
    const events = await eventsOf(database, async () => {
      await approve(anna, pathOf(await exchange(told, theirs, reading())));
      await exchange(told, theirs, reading());
    });
    const who = {
      person: claimsOf(theirs).sub,
      agent: told.registration.agent_id,
      application: told.clientId,
      resource: CALENDAR,
    };
    const [received, refused, approved, issued] = events;
    expect(events).toHaveLength(4);
    expect(received).toMatchObject({
      type: 'request.received',
      decision: 'reported',
      ...who,
      approval: expect.stringMatching(/^apr_/),
    });
    expect(refused).toMatchObject({
      type: 'token.refused',
      decision: 'refused',
      reason: 'consent_required',
      ...who,
      approval: received?.approval,
    });
    expect(approved).toMatchObject({
      type: 'task.approved',
      decision: 'allowed',
      ...who,
      approval: received?.approval,
      task: expect.stringMatching(/^tsk_/),
    });
    expect(issued).toMatchObject({ type: 'token.issued', decision: 'allowed', ...who, task: approved?.task });
  });
});

describe('in other hands, and after a stop', () => {
  test('an agent of another organization, or a client that is no agent, gets nothing from it', async () => {
    const foreigner = await registerAgentAt(server, database, 'globex');
    for (const client of [foreigner, resourceServer]) {
      expect(await exchange(client, theirs, reading(), { dpop: true })).toMatchObject(invalidRequest);
    }
  });

  test('another agent of the organization inherits no task: it has to ask for itself', async () => {
    const [one, other] = await Promise.all([registerAgent(server), registerAgent(server)]);
    await approve(anna, pathOf(await exchange(one, theirs, reading())));
    expect(await exchange(one, theirs, reading())).toMatchObject({ status: 200 });
    expect(await exchange(other, theirs, reading())).toMatchObject(consentRequired);
  });

  test('a client of the same agent, even with the same key, does not use the task of another of its clients', async () => {
    const one = await registerAgent(server);
    const { d: _, ...publicJwk } = one.jwk;
    const { clientId } = await registerAgent(server, { jwks: { keys: [publicJwk] } });
    await database.run('update clients set agent = $2 where client_id = $1', [clientId, one.registration.agent_id]);
    const other = await clientWith(server, clientId, one.jwk);
    await approve(anna, pathOf(await exchange(one, theirs, reading())));
    expect(await exchange(one, theirs, reading())).toMatchObject({ status: 200 });
    expect(await exchange(other, theirs, reading())).toMatchObject(consentRequired);
  });

  test('revoking the application’s token, or stopping the application, ends what its agents got with it', async () => {
    const agent = await registerAgent(server);
    const [first, second] = [await applicationToken(application, anna), await applicationToken(application, anna)];
    await approve(anna, pathOf(await exchange(agent, first, reading())));
    const [one, two] = [
      accessTokenIn(await exchange(agent, first, reading())),
      accessTokenIn(await exchange(agent, second, reading())),
    ];
    await revoke(application, first);
    expect(await introspect(resourceServer, one)).toEqual({ active: false });
    expect(await introspect(resourceServer, two)).toMatchObject({ active: true });
    expect(await exchange(agent, first, reading())).toMatchObject(invalidRequest);
    await stop(database, claimsOf(theirs).org_id, 'client', application.clientId);
    expect(await introspect(resourceServer, two)).toEqual({ active: false });
    expect(await exchange(agent, second, reading())).toMatchObject(invalidRequest);
    // The task itself is the person's decision, and lives: a new sign-in at the application reaches it.
    const third = await applicationToken(application, anna);
    expect(await exchange(agent, third, reading())).toMatchObject({ status: 200 });
    theirs = third;
  });

  test('TX-05: a token that the application bound to its key is worth nothing to an agent', async () => {
    const agent = await registerAgent(server);
    const { parameters, verifier } = await decideInBrowser(application, anna, { scope: 'openid' });
    const bound = accessTokenIn(
      await application.token({
        grant_type: 'authorization_code',
        code: parameters.get('code') ?? '',
        code_verifier: verifier,
      }),
    );
    expect(claimsOf(bound).cnf).toEqual({ jkt: application.jkt });
    expect(await exchange(agent, bound, reading())).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('a paused agent is not even listened to; more than five questions are not asked', async () => {
    const agent = await registerAgent(server, { client_name: 'Nagging' });
    for (let day = 1; day <= 5; day++) {
      expect(await exchange(agent, theirs, reading({ to: `2026-12-0${day}` }))).toMatchObject(consentRequired);
    }
    const sixth = await exchange(agent, theirs, reading({ to: '2026-12-06' }));
    expect(sixth).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await exchange(agent, theirs, reading({ to: '2026-12-01' }))).toMatchObject(consentRequired);

    const csrf = /name="csrf" value="([^"]*)"/.exec((await anna.get('/agents')).html)?.[1] ?? '';
    await anna.post(`/agents/${agent.registration.agent_id}/pause`, { csrf });
    const events = await eventsOf(database, async () => {
      expect(await exchange(agent, theirs, reading({ to: '2026-12-09' }))).toMatchObject({
        status: 403,
        body: { error: 'access_denied' },
      });
    });
    expect(events).toMatchObject([
      {
        type: 'token.refused',
        reason: 'agent_paused',
        agent: agent.registration.agent_id,
        person: claimsOf(theirs).sub,
      },
    ]);
  });

  test('an agent’s own token of a person is not mistaken for an application’s', async () => {
    const agent = await registerAgent(server, { dpop_bound_access_tokens: false });
    const other = await registerAgent(server);
    const root = await unboundToken(agent, anna, {
      authorization_details: detailsParameter(readDetails({ calendar: 'Mine' })),
    });
    expect(await exchange(other, root, reading({ calendar: 'Mine' }))).toMatchObject(invalidRequest);
  });
});
