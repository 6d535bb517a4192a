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
  applicationToken,
  databaseOf,
  eventsOf,
  exchange,
  forge,
  HOUR,
  introspect,
  leafToken,
  revoke,
  rootToken,
  type StoredEvent,
  unboundToken,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

// RFC 8693 over real HTTP: what comes in, and what is answered. The rules behind the answers are in
// docs/rules-of-delegation.md; this table is the contract.

const TYPE = 'urn:ietf:params:oauth:token-type:';
const CRM = 'https://crm.acme.example';
const TYPES = [READ, 'calendar.invitations.send', 'crm.contacts.export'];

let server: TestServer;
let database: Database;
let person: TestPerson;
let calendar: TestClient;
let application: TestClient;
/** Anna's agent; whom it hands reading to; another that may hand on nothing; one that may hold unbound tokens. */
let planner: TestClient;
let finder: TestClient;
let stranger: TestClient;
let unbound: TestClient;
let root: string;
let leaf: string;
let scoped: string;
let identity: string;

const idOf = (agent: TestClient): string => agent.registration.agent_id;
const now = () => Math.floor(Date.now() / 1000);
const details = (...all: Json[]) => ({ authorization_details: detailsParameter(...all) });
const iAmHere = (agent: TestClient, claims: Json = {}): Promise<string> =>
  agent.assertion({ sub: idOf(agent), ...claims }, { typ: 'JWT' });
const handOff = async (form: Json = details(readDetails())): Promise<string> =>
  accessTokenIn(await exchange(planner, root, { requested_actor: idOf(finder), ...form }));
/** Nothing but the form: who asks does not say who it is. */
const anonymous = { client_assertion: undefined, client_assertion_type: undefined };

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  [person, calendar, application, planner, finder, stranger, unbound] = await Promise.all([
    signIn(server),
    demoClient(server, 'resourceServer'),
    demoClient(server, 'application'),
    registerAgent(server, { client_name: 'Planner', authorization_details_types: TYPES }),
    registerAgent(server, { client_name: 'Finder' }),
    registerAgent(server, { client_name: 'Stranger' }),
    registerAgent(server, { client_name: 'Bearer', dpop_bound_access_tokens: false }),
  ]);
  await addEdge(database, planner, finder, [READ]);
  await database.run(
    `update clients set metadata = jsonb_set(metadata, '{grant_types}', '["authorization_code", "${EXCHANGE}"]') where client_id = $1`,
    [application.clientId],
  );
  root = await rootToken(planner, person, readDetails(), inviteDetails());
  leaf = await leafToken(planner, person, [readDetails({ calendar: 'Team' })]);
  const answer = await tokenInBrowser(planner, person, { scope: 'openid calendar.read' }, HOUR);
  scoped = accessTokenIn(answer);
  identity = answer.body.id_token;
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

interface Row {
  id: string;
  input: string;
  attempt: () => Promise<Answer>;
  /** 200, or the status and error of the refusal. */
  answer: 200 | [status: number, error: string];
  check?: (answer: Answer, events: StoredEvent[]) => void | Promise<void>;
  /** Nobody was authenticated: a stranger fills no evidence. */
  byNobody?: true;
}

const invalidRequest: Row['answer'] = [400, 'invalid_request'];
const invalidTarget: Row['answer'] = [400, 'invalid_target'];
const invalidGrant: Row['answer'] = [400, 'invalid_grant'];

const at =
  (form: Json = {}, token: () => string | Promise<string> = () => root, options?: PostOptions) =>
  async () =>
    exchange(planner, await token(), { resource: CALENDAR, ...form }, options);
const claims = (answer: Answer): Json => claimsOf(accessTokenIn(answer));
const granted = (answer: Answer): Json[] => claims(answer).authorization_details;

const MATRIX: readonly Row[] = [
  {
    id: 'X1',
    input: 'an access token of a registered agent, no actor token',
    attempt: at(),
    answer: 200,
    check: (answer) => {
      expect(answer.body).toMatchObject({ issued_token_type: ACCESS_TOKEN, token_type: 'DPoP' });
      expect(claims(answer)).toMatchObject({ aud: CALENDAR, act: { iss: server.issuer, sub: idOf(planner) } });
    },
  },
  {
    id: 'X1b',
    input: 'the same by a client that is no agent, where nobody acts yet: impersonation is off',
    attempt: async () =>
      exchange(application, await applicationToken(application, person), { resource: CALENDAR }, { dpop: false }),
    answer: invalidRequest,
  },
  {
    id: 'X2',
    input: 'with an actor token, a JWT of the agent',
    attempt: async () => at({ actor_token: await iAmHere(planner), actor_token_type: `${TYPE}jwt` })(),
    answer: 200,
    check: (answer) => expect(claims(answer)).toMatchObject({ sub: claimsOf(root).sub, act: { sub: idOf(planner) } }),
  },
  {
    id: 'X3',
    input: 'a second hop by another agent along an edge',
    attempt: async () => exchange(finder, await handOff()),
    answer: 200,
    check: (answer) => {
      expect(claims(answer).act).toMatchObject({ sub: idOf(finder), act: { sub: idOf(planner) } });
      expect(claims(answer).act.act.act).toBeUndefined();
    },
  },
  {
    id: 'X4',
    input: 'deeper than the child may',
    attempt: async () => {
      const handed = await handOff();
      await database.run('update agents set chain_limit = 1 where id = $1', [idOf(finder)]);
      const answer = await exchange(finder, handed);
      await database.run('update agents set chain_limit = 3 where id = $1', [idOf(finder)]);
      return answer;
    },
    answer: invalidRequest,
  },
  { id: 'X5', input: 'an actor token without type', attempt: at({ actor_token: 'x' }), answer: invalidRequest },
  {
    id: 'X5',
    input: 'an actor token type without token',
    attempt: at({ actor_token_type: `${TYPE}jwt` }),
    answer: invalidRequest,
  },
  { id: 'X6', input: 'no subject token', attempt: at({ subject_token: undefined }), answer: invalidRequest },
  { id: 'X6', input: 'an empty subject token', attempt: at({ subject_token: '' }), answer: invalidRequest },
  {
    id: 'X7',
    input: 'an expired subject',
    attempt: at({}, () => forge(server, database, 'at+jwt', { ...claimsOf(root), exp: now() - 1 })),
    answer: invalidRequest,
  },
  {
    id: 'X7',
    input: 'a revoked subject',
    attempt: at({}, async () => {
      const token = accessTokenIn(await exchange(planner, root, { resource: CALENDAR }));
      await revoke(planner, token);
      return token;
    }),
    answer: invalidRequest,
  },
  {
    id: 'X7',
    input: 'a disabled person',
    attempt: async () => {
      const approver = await signIn(server, 'approver@acme.example');
      const token = await rootToken(planner, approver, readDetails());
      const status = (to: string) =>
        database.run('update people set status = $2 where id = $1', [claimsOf(token).sub, to]);
      await status('disabled');
      const answer = await exchange(planner, token, { resource: CALENDAR });
      await status('active');
      return answer;
    },
    answer: invalidRequest,
  },
  {
    id: 'X7',
    input: 'a bad signature',
    attempt: at({}, () => `${root.slice(0, -20)}${'A'.repeat(20)}`),
    answer: invalidRequest,
  },
  {
    id: 'X7',
    input: 'another issuer',
    attempt: at({}, () => forge(server, database, 'at+jwt', { ...claimsOf(root), iss: 'https://other.example' })),
    answer: invalidRequest,
  },
  { id: 'X8', input: 'an ID token as access token', attempt: at({}, () => identity), answer: invalidRequest },
  {
    id: 'X8',
    input: 'a logout token as access token',
    attempt: at({}, () => forge(server, database, 'logout+jwt', claimsOf(root))),
    answer: invalidRequest,
  },
  {
    id: 'X8',
    input: 'a client assertion as access token',
    attempt: at({}, () => planner.assertion()),
    answer: invalidRequest,
  },
  {
    id: 'X8',
    input: 'a DPoP proof as access token',
    attempt: at({}, () => planner.proof(`${server.issuer}/token`)),
    answer: invalidRequest,
  },
  {
    id: 'X9',
    input: 'an ID token for another client',
    attempt: () =>
      exchange(finder, identity, { subject_token_type: `${TYPE}id_token`, resource: CALENDAR, scope: 'calendar.read' }),
    answer: invalidRequest,
  },
  {
    id: 'X10',
    input: 'a scope wider than the subject',
    attempt: at({ scope: 'calendar.read' }),
    answer: [400, 'invalid_scope'],
    check: ({ body }) => expect(body.access_token).toBeUndefined(),
  },
  {
    id: 'X11',
    input: 'no scope',
    attempt: at({}, () => scoped),
    answer: 200,
    check: ({ body }) => expect(body.scope).toBe('calendar.read'),
  },
  { id: 'X12', input: 'an unknown resource', attempt: at({ resource: 'https://x.example' }), answer: invalidTarget },
  { id: 'X12', input: 'a relative resource', attempt: at({ resource: '/calendar' }), answer: invalidTarget },
  { id: 'X12', input: 'a resource with fragment', attempt: at({ resource: `${CALENDAR}#a` }), answer: invalidTarget },
  { id: 'X13', input: 'two resources', attempt: at({ resource: [CALENDAR, CRM] }), answer: invalidTarget },
  { id: 'X14', input: 'audience and resource, the same', attempt: at({ audience: CALENDAR }), answer: 200 },
  {
    id: 'X15',
    input: 'SAML wanted',
    attempt: at({ requested_token_type: `${TYPE}saml2` }),
    answer: invalidRequest,
  },
  ...['jwt', 'access_token'].map(
    (type): Row => ({
      id: 'X16',
      input: `${type} wanted`,
      attempt: at({ requested_token_type: `${TYPE}${type}` }),
      answer: 200,
      check: ({ body }) => expect(body.issued_token_type).toBe(`${TYPE}${type}`),
    }),
  ),
  {
    id: 'X17',
    input: 'no client authentication',
    attempt: () => exchange(planner, root, { ...anonymous, client_id: planner.clientId, resource: CALENDAR }),
    answer: [401, 'invalid_client'],
    byNobody: true,
  },
  {
    id: 'X17',
    input: 'a public client',
    attempt: async () => {
      const open = await registerAgent(server, {
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        jwks: undefined,
      });
      return exchange(open, leaf, { ...anonymous, client_id: open.clientId });
    },
    answer: [400, 'unauthorized_client'],
    byNobody: true,
  },
  {
    id: 'X18',
    input: 'a client that did not register for it',
    attempt: async () => exchange(await registerAgent(server, { grant_types: ['authorization_code'] }), leaf),
    answer: [400, 'unauthorized_client'],
  },
  {
    id: 'X19',
    input: 'a bound subject without a key',
    attempt: at({}, () => root, { dpop: false }),
    answer: [400, 'invalid_dpop_proof'],
  },
  {
    id: 'X19',
    input: 'a bound subject with another key',
    attempt: async () => at({}, () => root, { key: (await newKey()).jwk })(),
    answer: invalidGrant,
  },
  {
    id: 'X20',
    input: 'an unbound subject with a key',
    attempt: async () =>
      exchange(unbound, await unboundToken(unbound, person, { ...details(readDetails()), resource: CALENDAR })),
    answer: 200,
    check: (answer) => {
      expect(answer.body.token_type).toBe('DPoP');
      expect(claims(answer).cnf).toEqual({ jkt: unbound.jkt });
    },
  },
  {
    id: 'X21',
    input: 'an actor that may not act for this subject',
    attempt: async () =>
      at({ ...details(readDetails()), actor_token: await iAmHere(stranger), actor_token_type: `${TYPE}jwt` })(),
    answer: invalidRequest,
  },
  {
    id: 'X22',
    input: 'may_act names another agent',
    attempt: async () => exchange(stranger, await handOff(), { resource: CALENDAR }),
    answer: invalidRequest,
  },
  {
    id: 'X23',
    input: 'spliced: a victim’s token and the attacker’s actor token',
    attempt: async () =>
      exchange(stranger, leaf, { actor_token: await iAmHere(stranger), actor_token_type: `${TYPE}jwt` }),
    answer: invalidRequest,
    // Who tried, and whose token it was.
    check: (_, events) =>
      expect(events.at(-1)).toMatchObject({
        agent: idOf(stranger),
        person: claimsOf(leaf).sub,
        task: claimsOf(leaf).task_id,
        jti: claimsOf(leaf).jti,
      }),
  },
  {
    id: 'X24',
    input: 'after the grant at the root was revoked',
    attempt: async () => {
      const token = await rootToken(planner, person, readDetails({ calendar: 'Revoked' }));
      const derived = accessTokenIn(await exchange(planner, token, { resource: CALENDAR }));
      expect(await introspect(calendar, derived)).toMatchObject({ active: true });
      await revoke(planner, token);
      expect(await introspect(calendar, derived)).toEqual({ active: false });
      return exchange(planner, derived);
    },
    answer: invalidRequest,
  },
  {
    id: 'X26',
    input: 'narrower authorization_details',
    attempt: at(details(readDetails({ to: '2026-11-25' }))),
    answer: 200,
    check: (answer) => expect(granted(answer)).toMatchObject([{ from: '2026-11-24', to: '2026-11-25' }]),
  },
  {
    id: 'X26',
    input: 'wider authorization_details',
    attempt: at(details(readDetails({ to: '2026-11-29' }))),
    answer: [400, 'invalid_authorization_details'],
  },
  {
    id: 'X27',
    input: 'the life that is left to the subject',
    attempt: at(),
    answer: 200,
    check: ({ body }) => {
      expect(body.expires_in).toBeGreaterThan(0);
      expect(body.expires_in).toBeLessThanOrEqual(claimsOf(root).exp - claimsOf(body.access_token).iat);
    },
  },
  {
    id: 'X28',
    input: 'the subject, at another resource: subjects are public identifiers of the organization',
    attempt: async () => exchange(finder, await handOff()),
    answer: 200,
    check: async (answer) => {
      expect(claims(answer).sub).toBe(claimsOf(root).sub);
      expect(claims(answer).sub).toMatch(/^usr_/);
      const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Json;
      expect(metadata.subject_types_supported).toEqual(['public']);
    },
  },
];

describe('RFC 8693, the matrix', () => {
  test.each(MATRIX)('$id: $input', async ({ attempt, answer, check, byNobody }) => {
    let got: Answer | undefined;
    const events = await eventsOf(database, async () => {
      got = await attempt();
    });
    if (!got) throw new Error('no answer');
    if (answer === 200) {
      expect([got.status, got.body.error_description]).toEqual([200, undefined]);
      // No token without evidence, and none that is to be kept.
      expect(events.at(-1)).toMatchObject({ type: 'token.issued', decision: 'allowed', jti: claims(got).jti });
      expect(got.body).not.toHaveProperty('refresh_token');
    } else {
      expect([got.status, got.body.error]).toEqual(answer);
      expect(got.body).not.toHaveProperty('access_token');
      if (byNobody) expect(events.filter(({ type }) => type === 'token.refused')).toEqual([]);
      else expect(events.at(-1)).toMatchObject({ type: 'token.refused', decision: 'refused' });
    }
    expect(got.headers.get('cache-control')).toBe('no-store');
    await check?.(got, events);
  });

  test.each<[what: string, attempt: () => Promise<() => Promise<Answer>>]>([
    [
      'one DPoP proof',
      async () => {
        const proof = await planner.proof(`${server.issuer}/token`);
        return at({}, () => root, { dpop: proof });
      },
    ],
    ['one actor token', async () => at({ actor_token: await iAmHere(planner), actor_token_type: `${TYPE}jwt` })],
  ])('X25: %s ten times at once buys one token', async (_, make) => {
    const attempt = await make();
    const answers = await Promise.all(Array.from({ length: 10 }, () => attempt()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(400)]);
  });
});
