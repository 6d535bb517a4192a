import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
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
  addEdge,
  databaseOf,
  eventsOf,
  exchange,
  introspect,
  leafToken,
  registerAgentAt,
  removeEdge,
  revoke,
  rootToken,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

let server: TestServer;
let database: Database;
let person: TestPerson;
let resourceServer: TestClient;
/** Anna's agent; whom it may hand reading to; and two to whom it hands nothing, one of another organization. */
let planner: TestClient;
let finder: TestClient;
let stranger: TestClient;
let foreigner: TestClient;
let root: string;

const grant_types = ['authorization_code', 'client_credentials', EXCHANGE];
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, resourceServer, planner, finder, stranger, foreigner] = await Promise.all([
    signIn(server),
    demoClient(server, 'resourceServer'),
    registerAgent(server, { client_name: 'Planner', grant_types }),
    registerAgent(server, { client_name: 'Finder', grant_types }),
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
const now = () => Math.floor(Date.now() / 1000);
/** What an agent signs to say that it is there, now, and willing to act (SPL-04). */
const iAmHere = (agent: TestClient, claims: Json = {}, header: Json = {}): Promise<string> =>
  agent.assertion({ sub: idOf(agent), ...claims }, { typ: 'JWT', ...header });
const withActor = (actor_token: string, form: Json = {}, options?: PostOptions, by = planner): Promise<Answer> =>
  exchange(by, root, { resource: CALENDAR, actor_token, actor_token_type: JWT, ...form }, options);
const ownToken = async (agent: TestClient, form: Json = {}): Promise<string> => {
  await database.run('update agents set own_actions = $2 where id = $1', [idOf(agent), [READ]]);
  return accessTokenIn(await agent.token({ grant_type: 'client_credentials', resource: server.issuer, ...form }));
};
const reading = { authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })) };

describe('the agent that asks proves itself as the actor', () => {
  test('X2, SPL-01: by a JWT of its own; who acts is the same with and without it', async () => {
    const claims = claimsOf(accessTokenIn(await withActor(await iAmHere(planner))));
    expect(claims).toMatchObject({ sub: claimsOf(root).sub, act: { sub: idOf(planner), client_id: planner.clientId } });
    expect(claims.act.act).toBeUndefined();
  });

  test('SPL-04, X25: by an access token that it was issued for itself, at this server alone; it counts once', async () => {
    const own = await ownToken(planner);
    expect(claimsOf(own)).toMatchObject({ sub: idOf(planner), aud: server.issuer });
    expect(claimsOf(own)).not.toHaveProperty('scope');
    const form = { actor_token_type: ACCESS_TOKEN };
    expect(claimsOf(accessTokenIn(await withActor(own, form))).act).toMatchObject({ sub: idOf(planner) });
    expect(await withActor(own, form)).toMatchObject({ body: { error_description: 'actor token was used already' } });
  });

  test.each<[what: string, token: () => Promise<string>, answer: object]>([
    ['another agent’s, which it handed over', () => ownToken(finder), invalidRequest],
    ['one for a resource', () => ownToken(planner, { scope: 'calendar.read', resource: undefined }), invalidRequest],
    [
      'one that acts for a person (AP-05)',
      () => leafToken(planner, person, [readDetails({ calendar: 'Acts' })]),
      invalidGrant,
    ],
    ['none of ours', async () => 'x.y.z', invalidRequest],
    [
      'one that was revoked',
      async () => {
        const token = await ownToken(planner);
        await revoke(planner, token);
        return token;
      },
      invalidRequest,
    ],
  ])('SPL-01, SPL-04: and by no other access token: %s', async (_what, token, answer) => {
    expect(await withActor(await token(), { actor_token_type: ACCESS_TOKEN })).toMatchObject(answer);
  });

  test('TX-10: what comes of it ends with it', async () => {
    const answer = await withActor(await iAmHere(planner, { exp: now() + 30 }));
    expect(answer.body.expires_in).toBeLessThanOrEqual(30);
  });

  test('SPL-01: for a hand-off, and for taking it up', async () => {
    const asked = { requested_actor: idOf(finder), resource: undefined, ...reading };
    const handoff = accessTokenIn(await withActor(await iAmHere(planner), asked));
    const another = await iAmHere(stranger);
    const taking = { actor_token_type: JWT, resource: CALENDAR };
    expect(await exchange(finder, handoff, { actor_token: another, ...taking })).toMatchObject(invalidRequest);
    const taken = await exchange(finder, handoff, { actor_token: await iAmHere(finder), ...taking });
    expect(claimsOf(accessTokenIn(taken)).act).toMatchObject({ sub: idOf(finder), act: { sub: idOf(planner) } });
  });
});

describe('another agent proves to be there: a part is handed to it in one step', () => {
  test('X3, ACT-02: it acts, through the one that handed on; its token is bound to its own key and ends with its word', async () => {
    const word = await iAmHere(finder, { exp: now() + 40 });
    const answer = await withActor(word, reading);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', issued_token_type: ACCESS_TOKEN } });
    expect(answer.body.expires_in).toBeLessThanOrEqual(40);
    const claims = claimsOf(answer.body.access_token);
    expect(claims).toMatchObject({
      sub: claimsOf(root).sub,
      aud: CALENDAR,
      client_id: planner.clientId, // TX-15: who asked, which is not who acts
      task_id: claimsOf(root).task_id,
      cnf: { jkt: finder.jkt },
      act: { sub: idOf(finder), client_id: finder.clientId, act: { sub: idOf(planner), client_id: planner.clientId } },
    });
    expect(claims.authorization_details).toMatchObject([{ type: READ, to: '2026-11-25' }]);
    expect(await introspect(resourceServer, answer.body.access_token)).toMatchObject({ active: true, act: claims.act });
  });

  test('X24: it ends with what it came from, and with the edge’s other end; its own end leaves the parent alone', async () => {
    const mine = accessTokenIn(await exchange(planner, root, { resource: CALENDAR, ...reading }));
    const appoint = async () => {
      const form = { actor_token: await iAmHere(finder), actor_token_type: JWT };
      return accessTokenIn(await exchange(planner, mine, form));
    };
    const [first, second] = [await appoint(), await appoint()];
    await revoke(planner, first);
    expect((await introspect(resourceServer, first)).active).toBe(false);
    expect((await introspect(resourceServer, second)).active).toBe(true);
    await revoke(planner, mine);
    expect((await introspect(resourceServer, second)).active).toBe(false);
    expect((await introspect(planner, root)).active).toBe(true);
  });

  test.each<[what: string, actor: () => TestClient, form: Json, error: string]>([
    ['SPL-02: nobody made an edge to it', () => stranger, reading, 'invalid_request'],
    ['SPL-01 design §8.4: it is of another organization', () => foreigner, reading, 'invalid_request'],
    [
      'the edge does not carry the action',
      () => finder,
      { authorization_details: detailsParameter(inviteDetails()) },
      'invalid_request',
    ],
    ['all there is, of which the edge carries a part', () => finder, {}, 'invalid_request'],
    [
      'wider than the parent’s own',
      () => finder,
      { authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })) },
      'invalid_authorization_details',
    ],
    ['to be handed on at once', () => finder, { ...reading, requested_actor: 'agt_x' }, 'invalid_request'],
  ])('refused: %s', async (_what, actor, form, error) => {
    const events = await eventsOf(database, async () => {
      expect(await withActor(await iAmHere(actor()), form)).toMatchObject({ status: 400, body: { error } });
    });
    expect(events).toMatchObject([{ type: 'token.refused', agent: idOf(planner), task: claimsOf(root).task_id }]);
  });

  test('X23, SPL-02: with a victim’s token in the wrong hands it changes nothing', async () => {
    for (const actor of [stranger, planner, finder]) {
      expect(await withActor(await iAmHere(actor), reading, {}, stranger)).toMatchObject(invalidRequest);
    }
    expect(await withActor(await iAmHere(finder), reading, {}, finder)).toMatchObject(invalidRequest);
  });

  test('a claim of who the person is is nobody’s but the agent’s that asks', async () => {
    const idToken = 'urn:ietf:params:oauth:token-type:id_token';
    const signedIn = await leafToken(planner, person, [readDetails({ calendar: 'With ID token' })]);
    expect(signedIn).toBeDefined();
    const answer = await planner.token({
      grant_type: EXCHANGE,
      subject_token: await iAmHere(finder),
      subject_token_type: idToken,
      actor_token: await iAmHere(finder),
      actor_token_type: JWT,
    });
    expect(answer).toMatchObject(invalidRequest);
  });

  test('X21: the edge is gone, or the agent is suspended', async () => {
    const child = await registerAgent(server, { client_name: 'For a while' });
    await addEdge(database, planner, child, [READ]);
    const token = await rootToken(planner, person, readDetails({ to: '2026-12-20' }));
    const appoint = async () =>
      exchange(planner, token, { resource: CALENDAR, actor_token: await iAmHere(child), actor_token_type: JWT });
    expect((await appoint()).body).toMatchObject({ token_type: 'DPoP' });
    await removeEdge(database, planner, child);
    expect(await appoint()).toMatchObject(invalidRequest);
    await addEdge(database, planner, child, [READ]);
    expect(await appoint()).toMatchObject({ status: 200 });
    await database.run(`update agents set status = 'suspended' where id = $1`, [idOf(child)]);
    expect(await appoint()).toMatchObject(invalidRequest);
  });
});

describe('SPL-04: an actor token is fresh, for this server alone, of the agent that it names, and counts once', () => {
  test.each<[what: string, make: () => Promise<string> | string, detail: string]>([
    ['no JWT', () => 'nonsense', 'not a JWT'],
    ['for another server', () => iAmHere(finder, { aud: 'https://as.example' }), 'not for this server alone'],
    ['for several servers', () => iAmHere(finder, { aud: [server.issuer, 'x'] }), 'not for this server alone'],
    ['without a jti', () => iAmHere(finder, { jti: undefined }), 'jti is required'],
    ['without iat', () => iAmHere(finder, { iat: undefined }), 'iat and exp are required'],
    ['without exp', () => iAmHere(finder, { exp: undefined }), 'iat and exp are required'],
    ['expired', () => iAmHere(finder, { iat: now() - 100, exp: now() - 1 }), 'not fresh'],
    ['made too long ago', () => iAmHere(finder, { iat: now() - 301, exp: now() + 10 }), 'not fresh'],
    ['for too long', () => iAmHere(finder, { exp: now() + 301 }), 'not fresh'],
    ['dated ahead', () => iAmHere(finder, { iat: now() + 90, exp: now() + 100 }), 'not fresh'],
    ['a client assertion (X8)', () => finder.assertion(), 'wrong typ'],
    ['a client assertion that does not say so', () => iAmHere(finder, { sub: finder.clientId }), 'not of an agent'],
    ['a DPoP proof (X8)', () => finder.proof(`${server.issuer}/token`), 'wrong typ'],
    [
      'an access token as a JWT (TX-02)',
      () => leafToken(planner, person, [readDetails({ calendar: 'As a JWT' })]),
      'wrong typ',
    ],
    ['of one agent, by another’s key', () => iAmHere(stranger, { iss: finder.clientId, sub: idOf(finder) }), 'signed'],
    ['of one agent, by another’s client', () => iAmHere(stranger, { sub: idOf(finder) }), 'not of an agent'],
    ['of a client that does not exist', () => iAmHere(finder, { iss: 'cli_nobody' }), 'not of an agent'],
    ['of a resource server', () => resourceServer.assertion({}, { typ: 'JWT' }), 'not of an agent'],
    ['of another organization', () => iAmHere(foreigner), 'of another organization'],
  ])('refused: %s', async (_what, make, detail) => {
    const actor = await make();
    const events = await eventsOf(database, async () => {
      expect(await withActor(actor, reading)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: 'actor token is invalid' },
      });
    });
    expect(events).toMatchObject([
      {
        reason: 'actor_token_invalid',
        fields: { 'content.refusal': { value: { detail: expect.stringContaining(detail) } } },
      },
    ]);
  });

  test('AP-05: one that acts for somebody itself is invalid_grant', async () => {
    const acting = await iAmHere(finder, { act: { sub: idOf(stranger) } });
    expect(await withActor(acting, reading)).toMatchObject(invalidGrant);
  });

  test('SPL-06: one token is not both sides', async () => {
    expect(await withActor(root, { actor_token_type: ACCESS_TOKEN })).toMatchObject(invalidRequest);
  });

  test('X25: ten at once, one token; a refusal spends nothing', async () => {
    const actor = await iAmHere(finder);
    expect(
      await withActor(actor, { authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })) }),
    ).toMatchObject({ status: 400 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => withActor(actor, reading)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
    expect(await withActor(actor, reading)).toMatchObject({
      body: { error_description: 'actor token was used already' },
    });
  });

  test('TX-05: a bound subject is not handed on without its key, whoever is the actor', async () => {
    const { jwk } = await newKey();
    expect(await withActor(await iAmHere(finder), reading, { key: jwk })).toMatchObject(invalidGrant);
    expect(await withActor(await iAmHere(planner), {}, { key: jwk })).toMatchObject(invalidGrant);
  });
});
