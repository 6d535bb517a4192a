import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { importJWK, SignJWT } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  ACCESS_TOKEN,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
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
  addClient,
  applicationToken,
  databaseOf,
  eventsOf,
  exchange,
  forge,
  HOUR,
  introspect,
  leafToken,
  organizationOf,
  registerAgentAt,
  respelled,
  revoke,
  rootToken,
  serveWith,
  unboundToken,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CRM = 'https://crm.acme.example';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const invalidTarget = { status: 400, body: { error: 'invalid_target' } };
const invalidScope = { status: 400, body: { error: 'invalid_scope' } };
const invalidDetails = { status: 400, body: { error: 'invalid_authorization_details' } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

let server: TestServer;
let database: Database;
let person: TestPerson;
/** Anna's agent, the task it holds for her, and the tokens of that task. */
let agent: TestClient;
let root: string;
let leaf: string;
/** Others who may get hold of its tokens. */
let stranger: TestClient;
let foreigner: TestClient;
let resourceServer: TestClient;
let otherServer: TestClient;
let application: TestClient;
/** May hold tokens that are bound to no key. */
let unbound: TestClient;
let unboundLeaf: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  [agent, stranger, foreigner, resourceServer, application, otherServer, unbound] = await Promise.all([
    registerAgent(server),
    registerAgent(server, { client_name: 'Stranger' }),
    registerAgentAt(server, database, 'globex'),
    demoClient(server, 'resourceServer'),
    demoClient(server, 'application'),
    addClient(server, database, 'resource_server'),
    registerAgent(server, { dpop_bound_access_tokens: false }),
  ]);
  await serveWith(database, CRM, otherServer);
  root = await rootToken(agent, person, readDetails(), inviteDetails());
  leaf = await leafToken(agent, person, [readDetails({ calendar: 'Team' })]);
  unboundLeaf = await unboundToken(unbound, person, {
    authorization_details: detailsParameter(readDetails()),
    resource: CALENDAR,
  });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

describe('what an exchange gives', () => {
  test('X1: a root becomes a leaf that says for whom, who acts, and no more than was asked', async () => {
    const answer = await exchange(agent, root, { resource: CALENDAR });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        issued_token_type: ACCESS_TOKEN,
        token_type: 'DPoP',
        authorization_details: [{ type: READ }, { type: INVITE }],
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    // TX-12, TX-14, TX-15: subject and authentication are the person's, the client is the one that asked.
    const [before, after] = [claimsOf(root), claimsOf(accessTokenIn(answer))];
    expect(after).toMatchObject({
      iss: server.issuer,
      sub: before.sub,
      aud: CALENDAR,
      client_id: agent.clientId,
      act: { iss: server.issuer, sub: agent.registration.agent_id, sub_profile: 'ai_agent', client_id: agent.clientId },
      acr: before.acr,
      amr: before.amr,
      auth_time: before.auth_time,
      task_id: before.task_id,
      task_hash: before.task_hash,
      cnf: { jkt: agent.jkt },
      org_id: before.org_id,
    });
    expect(after.txn).not.toBe(before.txn);
    expect(after.may_act).toBeUndefined();
    // ACT-01: what means nothing inside `act` is not there.
    expect(Object.keys(after.act).toSorted()).toEqual(['client_id', 'iss', 'sub', 'sub_profile']);
    expect(answer.body.refresh_token).toBeUndefined();
  });

  test('X27, TX-10: never longer than the token it was cut from', async () => {
    const { exp } = claimsOf(root);
    const answer = await exchange(agent, root, { resource: CALENDAR });
    expect(claimsOf(accessTokenIn(answer)).exp).toBeLessThanOrEqual(exp);
    expect(answer.body.expires_in).toBeLessThanOrEqual(exp - Math.floor(Date.now() / 1000));
  });

  test('X26: a leaf becomes a narrower leaf, with the limits of both the task and the request', async () => {
    const answer = await exchange(agent, leaf, {
      authorization_details: detailsParameter(readDetails({ calendar: 'Team', from: '2026-11-25', to: '2026-11-26' })),
    });
    expect(claimsOf(accessTokenIn(answer))).toMatchObject({
      aud: CALENDAR,
      authorization_details: [{ type: READ, calendar: 'Team', from: '2026-11-25', to: '2026-11-26', access: 'read' }],
    });
    // And from there no way back, though the task itself would allow it.
    const narrower = accessTokenIn(answer);
    expect(
      await exchange(agent, narrower, { authorization_details: detailsParameter(readDetails({ calendar: 'Team' })) }),
    ).toMatchObject(invalidDetails);
  });

  test('X11: without a scope everything there is at the resource, and the answer names it', async () => {
    const scoped = accessTokenIn(await tokenInBrowser(agent, person, { scope: 'calendar.read' }, HOUR));
    expect(await exchange(agent, scoped, { resource: CALENDAR })).toMatchObject({
      status: 200,
      body: { scope: 'calendar.read' },
    });
    expect(await exchange(agent, scoped, { resource: CALENDAR, scope: 'calendar.read calendar.read' })).toMatchObject({
      status: 200,
      body: { scope: 'calendar.read' },
    });
    // Neither form is within the other: nobody saw limits when they approved a scope.
    expect(
      await exchange(agent, scoped, { resource: CALENDAR, authorization_details: detailsParameter(readDetails()) }),
    ).toMatchObject(invalidDetails);
  });

  test('X14: a resource named twice, as resource and as audience, is one', async () => {
    expect(await exchange(agent, root, { resource: CALENDAR, audience: CALENDAR })).toMatchObject({ status: 200 });
    expect(await exchange(agent, root, { audience: CALENDAR })).toMatchObject({ status: 200 });
  });

  test('X16: an access token, asked for as such or as a JWT', async () => {
    for (const type of [`${TYPE}access_token`, `${TYPE}jwt`]) {
      expect(await exchange(agent, root, { resource: CALENDAR, requested_token_type: type })).toMatchObject({
        status: 200,
        body: { issued_token_type: type },
      });
    }
  });

  test('X20: an unbound token gains the key that is shown, and never loses it again', async () => {
    const answer = await exchange(unbound, unboundLeaf, {});
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(claimsOf(accessTokenIn(answer)).cnf).toEqual({ jkt: unbound.jkt });
    expect(await exchange(unbound, accessTokenIn(answer), {}, { dpop: false })).toMatchObject(invalidGrant);
  });

  test('TX-11: an exchange takes nothing from the token that was presented', async () => {
    await exchange(agent, root, { resource: CALENDAR });
    expect(await introspect(agent, root)).toMatchObject({ active: true });
    expect(await exchange(agent, root, { resource: CALENDAR })).toMatchObject({ status: 200 });
  });
});

describe('requests that cannot be understood', () => {
  test.each<[id: string, form: Json, answer: object]>([
    [
      'X2: actor_token: the authenticated client is the actor',
      { actor_token: 'x', actor_token_type: ACCESS_TOKEN },
      invalidRequest,
    ],
    ['X5: actor_token without its type', { actor_token: 'x' }, invalidRequest],
    ['X5: actor_token_type without a token', { actor_token_type: ACCESS_TOKEN }, invalidRequest],
    ['X6: subject_token missing', { subject_token: undefined }, invalidRequest],
    ['X6: subject_token empty', { subject_token: '' }, invalidRequest],
    ['X6: subject_token_type missing', { subject_token_type: undefined }, invalidRequest],
    ['X9: an ID token as subject', { subject_token_type: `${TYPE}id_token` }, invalidRequest],
    ['any other JWT as subject', { subject_token_type: `${TYPE}jwt` }, invalidRequest],
    ['a refresh token as subject', { subject_token_type: `${TYPE}refresh_token` }, invalidRequest],
    ['a type nobody knows', { subject_token_type: 'access_token' }, invalidRequest],
    ['X15: SAML wanted', { requested_token_type: `${TYPE}saml2` }, invalidRequest],
    ['a refresh token wanted', { requested_token_type: `${TYPE}refresh_token` }, invalidRequest],
    ['X12: a resource nobody knows', { resource: 'https://nobody.example' }, invalidTarget],
    ['X12: a relative resource', { resource: '/calendar' }, invalidTarget],
    ['X12: a resource with a fragment', { resource: `${CALENDAR}#top` }, invalidTarget],
    ['X12: a resource spelled otherwise', { resource: `${CALENDAR}/` }, invalidTarget],
    ['X12: an audience that is no URI', { audience: 'calendar' }, invalidTarget],
    ['X13: two resources', { resource: [CALENDAR, CRM] }, invalidTarget],
    ['X13: a resource and another audience', { resource: CALENDAR, audience: CRM }, invalidTarget],
    ['TX-06: no resource at all, for a root', { resource: undefined }, invalidTarget],
    ['TX-06: the issuer as resource', { resource: 'ISSUER' }, invalidTarget],
    ['a resource that the task says nothing about', { resource: CRM }, invalidTarget],
    ['subject_token twice', { subject_token: ['a', 'b'] }, invalidRequest],
    ['scope twice', { scope: ['calendar.read', 'calendar.read'] }, invalidRequest],
    ['requested_actor nobody knows', { requested_actor: 'agt_0123456789abcdef' }, invalidRequest],
    ['requested_actor with a null character', { requested_actor: 'agt_\0' }, invalidRequest],
  ])('%s', async (_, form, answer) => {
    const resource = form.resource === 'ISSUER' ? server.issuer : form.resource;
    const sent = { subject_token: root, subject_token_type: ACCESS_TOKEN, resource: CALENDAR, ...form };
    expect(await agent.token({ grant_type: EXCHANGE, ...sent, ...('resource' in form && { resource }) })).toMatchObject(
      answer,
    );
  });
});

describe('wider in any dimension is refused', () => {
  const read = (more: Json) => ({ authorization_details: detailsParameter(readDetails(more)) });
  const invite = (more: Json) => ({ authorization_details: detailsParameter(inviteDetails(more)) });
  const without = (details: Json, ...names: string[]) => ({
    authorization_details: detailsParameter(
      Object.fromEntries(Object.entries(details).filter(([name]) => !names.includes(name))),
    ),
  });

  test.each<[what: string, form: Json, answer: object]>([
    ['X10: a scope the task does not have', { scope: 'calendar.read' }, invalidScope],
    ['a scope nobody knows', { scope: 'calendar.everything' }, invalidScope],
    ['a scope with a null character', { scope: 'calendar\0read' }, invalidScope],
    ['an earlier first day (date-from)', read({ from: '2026-11-23' }), invalidDetails],
    ['a later last day (date-to)', read({ to: '2026-11-29' }), invalidDetails],
    ['the days left out (limit)', without(readDetails(), 'from', 'to'), invalidDetails],
    ['half of the days left out', without(readDetails(), 'to'), invalidDetails],
    ['another guest (set-subset)', invite({ guests: ['ben@acme.example', 'eve@acme.example'] }), invalidDetails],
    ['the guests left out', without(inviteDetails(), 'guests'), invalidDetails],
    ['another title (equal)', invite({ title: 'Q2 review' }), invalidDetails],
    ['another spelling of the same instant (equal)', invite({ start: '2026-11-26T11:00:00+01:00' }), invalidDetails],
    [
      'another action of the same resource',
      {
        authorization_details: detailsParameter({
          type: 'calendar.attendees.update',
          event: 'e',
          attendees: ['ben@acme.example'],
        }),
      },
      invalidDetails,
    ],
    [
      'an action of another resource',
      { authorization_details: detailsParameter({ type: 'repos.repository.delete', repository: 'a/b' }) },
      invalidDetails,
    ],
    [
      'a type nobody knows',
      { authorization_details: detailsParameter({ type: 'calendar.everything' }) },
      invalidDetails,
    ],
    ['a parameter nobody knows', read({ everything: true }), invalidDetails],
    ['uses of its own', read({ max_uses: 5 }), invalidDetails],
    ['an impact of its own', read({ impact: 'low' }), invalidDetails],
    ['an end of its own', read({ expires_at: '2027-01-01T00:00:00Z' }), invalidDetails],
    ['locations elsewhere', read({ locations: [CRM] }), invalidDetails],
    [
      'one of two objects is wider',
      { authorization_details: detailsParameter(readDetails(), inviteDetails({ title: 'x' })) },
      invalidDetails,
    ],
    [
      'the same member twice, with another value',
      { authorization_details: `[${JSON.stringify(readDetails()).replace('}', ',"to":"2026-12-31"}')}]` },
      invalidDetails,
    ],
    [
      'a null character as a member name, twice',
      { authorization_details: '[{"\\u0000":1,"\\u0000":2}]' },
      invalidDetails,
    ],
    ['half a character', { authorization_details: '[{"type":"\\ud800"}]' }, invalidDetails],
    ['an empty array', { authorization_details: '[]' }, invalidDetails],
    ['no array', { authorization_details: '{}' }, invalidDetails],
  ])('%s', async (_, form, answer) => {
    expect(await exchange(agent, root, { resource: CALENDAR, ...form })).toMatchObject(answer);
  });

  test('a leaf becomes neither a root nor a leaf of another resource', async () => {
    expect(await exchange(agent, leaf, { resource: server.issuer })).toMatchObject(invalidTarget);
    expect(await exchange(agent, leaf, { resource: CRM })).toMatchObject(invalidTarget);
  });

  test('RAR §10: a type outside its registration is not asked for by exchange either', async () => {
    const reader = await registerAgent(server, { authorization_details_types: [READ] });
    const token = await rootToken(reader, person, readDetails({ to: '2026-11-27' }));
    expect(
      await exchange(reader, token, { resource: CALENDAR, authorization_details: detailsParameter(inviteDetails()) }),
    ).toMatchObject(invalidDetails);
  });
});

describe('what is not a live access token of ours', () => {
  const first = async (form: Promise<Json>) => (await form).body;

  test.each<[what: string, token: () => Promise<string> | string]>([
    ['nothing like a token', () => 'nothing.like.atoken'],
    ['X7: another signature', () => `${root.slice(0, -20)}${'A'.repeat(20)}`],
    ['no signature (alg none)', () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${root.split('.')[1]}.`],
    ['a signature by a key of the caller', async () => forgeWith(agent, claimsOf(root))],
    [
      'X7: expired',
      () => forge(server, database, 'at+jwt', { ...claimsOf(root), exp: Math.floor(Date.now() / 1000) - 1 }),
    ],
    [
      'X7: of another issuer',
      () => forge(server, database, 'at+jwt', { ...claimsOf(root), iss: 'https://other.example' }),
    ],
    [
      'X8: an ID token',
      async () =>
        (
          await first(
            tokenInBrowser(
              agent,
              person,
              {
                authorization_details: detailsParameter(readDetails({ to: '2026-12-24' })),
                resource: CALENDAR,
                scope: 'openid',
              },
              HOUR,
            ),
          )
        ).id_token,
    ],
    ['X8: a client assertion', () => agent.assertion()],
    ['X8: a DPoP proof', () => agent.proof(`${server.issuer}/token`)],
    ['X8: a logout token with our signature', () => forge(server, database, 'logout+jwt', claimsOf(root))],
    ['X8: a token of ours with another typ', () => forge(server, database, 'JWT', claimsOf(root))],
    [
      'SPL-05: an agent’s or server’s own token',
      async () =>
        (await first(resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false })))
          .access_token,
    ],
    ['the same token spelled otherwise', () => respelled(root)],
  ])('%s is refused, and says nothing about itself', async (_, make) => {
    const token = await make();
    expect(token).toBeTruthy();
    expect(await exchange(agent, token, { resource: CALENDAR })).toMatchObject(invalidRequest);
    expect(
      await exchange(agent, token, { resource: CALENDAR, requested_actor: stranger.registration.agent_id }),
    ).toMatchObject(invalidRequest);
    // Revocation is no oracle, and never ends the real thing.
    if (claimsIn(token)?.jti === claimsOf(root).jti) expect(await introspect(agent, token)).toEqual({ active: false });
  });

  test('X7: revoked, and what was derived from it with it (X24)', async () => {
    const mine = await rootToken(agent, person, readDetails({ from: '2026-11-26' }));
    const derived = accessTokenIn(await exchange(agent, mine, { resource: CALENDAR }));
    const sibling = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
    expect(await introspect(resourceServer, derived)).toMatchObject({ active: true });
    expect(await revoke(agent, mine)).toMatchObject({ status: 200 });
    expect(await introspect(resourceServer, derived)).toEqual({ active: false });
    expect(await exchange(agent, mine, { resource: CALENDAR })).toMatchObject(invalidRequest);
    expect(await exchange(agent, derived)).toMatchObject(invalidRequest);
    expect(await introspect(resourceServer, sibling)).toMatchObject({ active: true });
  });

  test('a signature of ours without an issuance row is inactive everywhere, and an alarm', async () => {
    const forged = await forge(server, database, 'at+jwt', { ...claimsOf(root), jti: 'never-issued' });
    const events = await eventsOf(database, async () => {
      expect(await exchange(agent, forged, { resource: CALENDAR })).toMatchObject(invalidRequest);
      expect(await introspect(agent, forged)).toEqual({ active: false });
    });
    expect(events.filter(({ type }) => type === 'token.alarm')).toMatchObject([
      {
        decision: 'refused',
        reason: 'signed_without_issuance',
        jti: 'never-issued',
        organization: claimsOf(root).org_id,
      },
      {},
    ]);
  });

  test('what a forger adds to a token that was issued has no say: the row is the only source', async () => {
    const forged = await forge(server, database, 'at+jwt', {
      ...claimsOf(leaf),
      aud: server.issuer,
      scope: 'calendar.read',
      authorization_details: [],
      act: { iss: server.issuer, sub: stranger.registration.agent_id },
      exp: claimsOf(leaf).exp + 3600,
    });
    expect(await introspect(agent, forged)).toEqual(await introspect(agent, leaf));
    expect(await exchange(agent, forged, { scope: 'calendar.read' })).toMatchObject(invalidScope);
  });
});

describe('a token in other hands', () => {
  const attempts: [who: string, client: () => TestClient][] = [
    ['TX-04: another agent of the organization', () => stranger],
    ['an agent of another organization', () => foreigner],
    ['the server of another resource', () => otherServer],
    ['an application of the organization', () => application],
  ];
  test.each(attempts)('%s exchanges neither root nor leaf', async (_, client) => {
    for (const token of [root, leaf, unboundLeaf]) {
      for (const resource of [CALENDAR, CRM, undefined]) {
        const answer = await exchange(client(), token, { resource }, { dpop: true });
        expect(answer.status).toBe(400);
        expect(['invalid_request', 'unauthorized_client']).toContain(answer.body.error);
      }
    }
  });

  test.each(attempts)('%s learns nothing by introspection, and ends nothing by revocation', async (_, client) => {
    for (const token of [root, leaf]) {
      expect(await introspect(client(), token)).toEqual({ active: false });
      expect(await revoke(client(), token)).toMatchObject({ status: 200, body: '' });
      expect(await introspect(agent, token)).toMatchObject({ active: true });
    }
  });

  test('the resource server sees what is for its resource and no root; only declared actions lead further', async () => {
    expect(await introspect(resourceServer, leaf)).toMatchObject({
      active: true,
      iss: server.issuer,
      aud: CALENDAR,
      sub: claimsOf(leaf).sub,
      client_id: agent.clientId,
      act: claimsOf(leaf).act,
      authorization_details: claimsOf(leaf).authorization_details,
      cnf: { jkt: agent.jkt },
      task_id: claimsOf(leaf).task_id,
      task_hash: claimsOf(leaf).task_hash,
      txn: claimsOf(leaf).txn,
      acr: 'pwd',
      token_type: 'DPoP',
    });
    expect(await introspect(resourceServer, root)).toEqual({ active: false });
    expect(await exchange(resourceServer, root, { resource: CALENDAR })).toMatchObject(invalidRequest);
    expect(
      await exchange(resourceServer, leaf, {
        resource: CRM,
        authorization_details: detailsParameter({ type: 'crm.contacts.export', tag: 'a', fields: ['name'], limit: 1 }),
      }),
    ).toMatchObject(invalidDetails);
    expect(
      await exchange(resourceServer, leaf, {
        resource: CALENDAR,
        authorization_details: detailsParameter(readDetails({ calendar: 'Team' })),
      }),
    ).toMatchObject(invalidTarget);
  });

  test('X1b, promise 1: an application exchanges nothing for itself: impersonation does not exist', async () => {
    const theirs = await applicationToken(application, person);
    await database.run(
      `update clients set metadata = jsonb_set(metadata, '{grant_types}', '["authorization_code", "${EXCHANGE}"]') where client_id = $1`,
      [application.clientId],
    );
    expect(await exchange(application, theirs, { resource: CALENDAR }, { dpop: false })).toMatchObject(invalidRequest);
    expect(
      await exchange(application, theirs, { resource: CALENDAR, scope: 'calendar.read' }, { dpop: false }),
    ).toMatchObject(invalidRequest);
    expect(await exchange(application, leaf, {}, { dpop: false })).toMatchObject(invalidRequest);
  });

  test('X23: the victim’s token and the thief’s own as actor: refused, and the evidence names both', async () => {
    const own = await leafToken(stranger, person, [readDetails()]);
    const events = await eventsOf(database, async () => {
      // AP-05: it acts for somebody itself.
      expect(await exchange(stranger, leaf, { actor_token: own, actor_token_type: ACCESS_TOKEN })).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
      expect(await exchange(stranger, leaf)).toMatchObject(invalidRequest);
    });
    expect(events).toMatchObject([
      {
        type: 'token.refused',
        agent: stranger.registration.agent_id,
        reason: 'actor_token_acts',
        jti: claimsOf(leaf).jti,
      },
      {
        type: 'token.refused',
        decision: 'refused',
        reason: 'subject_token_invalid',
        agent: stranger.registration.agent_id,
        application: stranger.clientId,
        person: claimsOf(leaf).sub,
        task: claimsOf(leaf).task_id,
        jti: claimsOf(leaf).jti,
        resource: CALENDAR,
      },
    ]);
  });

  test('another organization’s evidence hears of a stranger, and never of the person behind the token', async () => {
    const events = await eventsOf(database, () => exchange(foreigner, leaf));
    expect(events).toMatchObject([
      {
        organization: await organizationOf(database, 'globex'),
        type: 'token.refused',
        person: null,
        task: null,
        jti: null,
      },
    ]);
  });

  test('X17, X18: who proves nothing, or did not register for it, exchanges nothing', async () => {
    const form = { grant_type: EXCHANGE, subject_token: leaf, subject_token_type: ACCESS_TOKEN };
    expect(
      await agent.token({
        ...form,
        client_assertion: undefined,
        client_assertion_type: undefined,
        client_id: agent.clientId,
      }),
    ).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await agent.token({ ...form, client_assertion: undefined, client_assertion_type: undefined })).toMatchObject(
      { status: 400, body: { error: 'invalid_request' } },
    );
    const without = await registerAgent(server, { grant_types: ['authorization_code'] });
    expect(await without.token(form)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    const open = await registerAgent(server, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      jwks: undefined,
    });
    expect(
      await open.token({
        ...form,
        client_id: open.clientId,
        client_assertion: undefined,
        client_assertion_type: undefined,
      }),
    ).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
  });
});

describe('the key a token is bound to', () => {
  test.each<[what: string, options: (other: Json) => PostOptions, error: string]>([
    ['X19: no proof at all', () => ({ dpop: false }), 'invalid_dpop_proof'],
    ['X19: a proof with another key', (other) => ({ key: other }), 'invalid_grant'],
    ['a broken proof', () => ({ dpop: 'x.y.z' }), 'invalid_dpop_proof'],
  ])('%s', async (_, options, error) => {
    const { jwk } = await newKey();
    for (const token of [root, leaf]) {
      expect(await exchange(agent, token, { resource: CALENDAR }, options(jwk))).toMatchObject({
        status: 400,
        body: { error },
      });
    }
  });

  test('a client that may hold unbound tokens cannot turn a bound one into a bearer token', async () => {
    const bound = accessTokenIn(await exchange(unbound, unboundLeaf));
    const { jwk } = await newKey();
    expect(await exchange(unbound, bound, {}, { dpop: false })).toMatchObject(invalidGrant);
    expect(await exchange(unbound, bound, {}, { key: jwk })).toMatchObject(invalidGrant);
  });

  test('X25: one proof in ten parallel exchanges buys one token', async () => {
    const proof = await agent.proof(`${server.issuer}/token`);
    const answers = await Promise.all(
      [...Array(10)].map(() => exchange(agent, root, { resource: CALENDAR }, { dpop: proof })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 400 && body.error === 'invalid_dpop_proof')).toHaveLength(9);
  });

  test('a proof made for another endpoint is worth nothing here', async () => {
    const proof = await agent.proof(`${server.issuer}/request`);
    expect(await exchange(agent, root, { resource: CALENDAR }, { dpop: proof })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
  });
});

test('TX-17: a loop of exchanges ends', async () => {
  let token = leaf;
  const statuses: number[] = [];
  for (let round = 0; round < 40; round++) {
    const answer = await exchange(agent, token);
    statuses.push(answer.status);
    if (answer.status !== 200) {
      expect(answer).toMatchObject(invalidRequest);
      break;
    }
    token = accessTokenIn(answer);
  }
  expect(statuses.at(-1)).toBe(400);
  expect(statuses.length).toBeGreaterThan(20);
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function forgeWith({ jwk }: TestClient, payload: Json): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(await importJWK(jwk, 'ES256'));
}

function claimsIn(token: string): Json {
  try {
    return claimsOf(token);
  } catch {
    return undefined;
  }
}
