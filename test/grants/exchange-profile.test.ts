import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign, importJWK } from 'jose';

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
  introspect,
  leafToken,
  registerAgentAt,
  respelled,
  rootToken,
  type StoredEvent,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

// The profile of actors over RFC 8693, and what attackers make of a chain: each attempt refused, and told to the
// organization whose client made it.

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** So many exchanges in a minute, and holders at a time, as some test here has to exceed. */
const [PACE, FAN_OUT] = [60, 2];

let server: TestServer;
let database: Database;
let person: TestPerson;
let calendar: TestClient;
let application: TestClient;
/** Anna's agent, whom it hands reading to, and who may hand it on; and those to whom nobody hands anything. */
let planner: TestClient;
let finder: TestClient;
let clerk: TestClient;
let stranger: TestClient;
let foreigner: TestClient;
let root: string;
let leaf: string;

const idOf = (agent: TestClient): string => agent.registration.agent_id;
const now = () => Math.floor(Date.now() / 1000);
/** A calendar for each task, so that none covers what another test asks. */
const main = (more: Json = {}) => readDetails({ calendar: 'Main', ...more });
const reading = (more: Json = {}) => ({ authorization_details: detailsParameter(main(more)) });
const iAmHere = (agent: TestClient, claims: Json = {}): Promise<string> =>
  agent.assertion({ sub: idOf(agent), ...claims }, { typ: 'JWT' });
const handOff = async (from: TestClient, token: string, to: TestClient): Promise<string> =>
  accessTokenIn(await exchange(from, token, { requested_actor: idOf(to), ...reading() }));

beforeAll(async () => {
  server = await startServer({
    COUNTERSIGN_EXCHANGES_PER_MINUTE: String(PACE),
    COUNTERSIGN_FAN_OUT: String(FAN_OUT),
  });
  database = databaseOf(server);
  [person, calendar, application, planner, finder, clerk, stranger, foreigner] = await Promise.all([
    signIn(server),
    demoClient(server, 'resourceServer'),
    demoClient(server, 'application'),
    registerAgent(server, { client_name: 'Planner' }),
    registerAgent(server, { client_name: 'Finder' }),
    registerAgent(server, { client_name: 'Clerk' }),
    registerAgent(server, { client_name: 'Stranger' }),
    registerAgentAt(server, database, 'globex'),
  ]);
  await addEdge(database, planner, finder, [READ], 3);
  await addEdge(database, finder, clerk, [READ], 3);
  await addEdge(database, clerk, finder, [READ], 8);
  root = await rootToken(planner, person, main(), inviteDetails());
  leaf = await leafToken(planner, person, [readDetails({ calendar: 'Team' })]);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** A task of its own, so that what a test uses up is its own. */
const another = (calendar: string) => rootToken(planner, person, readDetails({ calendar }));
const at = (token: string, form: Json = {}, by = planner): Promise<Answer> =>
  exchange(by, token, { resource: CALENDAR, ...form });

describe('errors say what is wrong, and to whom it matters', () => {
  test('TX-ERR-1: a bad subject or actor token is invalid_request; which token is said, and not why', async () => {
    const expired = await forge(server, database, 'at+jwt', { ...claimsOf(root), exp: now() - 1 });
    for (const token of ['x', expired, await planner.assertion(), leaf.slice(0, -9)]) {
      expect((await at(token)).body).toEqual({
        error: 'invalid_request',
        error_description: 'subject token is invalid',
      });
    }
    for (const actor of ['x', await planner.assertion(), await iAmHere(planner, { aud: 'https://x.example' })]) {
      expect((await at(root, { actor_token: actor, actor_token_type: JWT })).body).toEqual({
        error: 'invalid_request',
        error_description: 'actor token is invalid',
      });
    }
  });

  test('TX-ERR-2: another key, or an actor token that acts itself, is invalid_grant', async () => {
    const { jwk } = await newKey();
    expect((await exchange(planner, leaf, {}, { key: jwk })).body).toMatchObject({ error: 'invalid_grant' });
    const acting = await iAmHere(finder, { act: { sub: 'agt_x' } });
    expect((await at(root, { actor_token: acting, actor_token_type: JWT })).body).toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('TX-ERR-3, AP-09: an actor that may not act for this subject is invalid_request; the profile’s own code is not offered', async () => {
    const form = { actor_token: await iAmHere(stranger), actor_token_type: JWT, ...reading() };
    expect(await at(root, form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test.each<[what: string, attempt: () => Promise<Answer>, status: number, error: string]>([
    [
      'the grant',
      async () => exchange(await registerAgent(server, { grant_types: ['authorization_code'] }), leaf),
      400,
      'unauthorized_client',
    ],
    [
      'the client',
      async () =>
        exchange(planner, leaf, {
          client_assertion: await stranger.assertion({ iss: planner.clientId, sub: planner.clientId }),
        }),
      401,
      'invalid_client',
    ],
    ['the scope', () => at(root, { scope: 'calendar.read' }), 400, 'invalid_scope'],
    ['the details', () => at(root, reading({ to: '2027-01-01' })), 400, 'invalid_authorization_details'],
    ['the target', () => at(root, { resource: 'https://x.example' }), 400, 'invalid_target'],
  ])('TX-ERR-4: %s has an error of its own', async (_, attempt, status, error) => {
    expect(await attempt()).toMatchObject({ status, body: { error } });
  });
});

describe('who acts', () => {
  test('TX-13: an actor token, or the agent that the client is, or the chain there is; and nobody otherwise', async () => {
    const form = { actor_token: await iAmHere(planner), actor_token_type: JWT };
    for (const token of [
      accessTokenIn(await at(root, form)),
      accessTokenIn(await at(root)),
      accessTokenIn(await at(leaf)),
    ]) {
      expect(claimsOf(token).act).toMatchObject({ sub: idOf(planner) });
    }
    await database.run(
      `update clients set metadata = jsonb_set(metadata, '{grant_types}', '["authorization_code", "${EXCHANGE}"]') where client_id = $1`,
      [application.clientId],
    );
    const theirs = await applicationToken(application, person);
    expect(await exchange(application, theirs, { resource: CALENDAR }, { dpop: false })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  test('AP-01, AP-02: an actor is its issuer and its name; a client is not one because its name is another than the subject’s', async () => {
    const theirs = claimsOf(await applicationToken(application, person));
    expect(theirs.sub).not.toBe(theirs.client_id);
    expect(theirs).not.toHaveProperty('act');
    expect(claimsOf(root).act).toEqual({
      iss: server.issuer,
      sub: idOf(planner),
      sub_profile: 'ai_agent',
      client_id: planner.clientId,
    });
    expect(idOf(planner)).not.toBe(planner.clientId);
    // The client’s name is nobody to hand to.
    expect(await exchange(planner, root, { requested_actor: finder.clientId, ...reading() })).toMatchObject({
      body: { error: 'invalid_request' },
    });
  });

  test('ACT-03, AP-03: whoever acted before stands in the chain, unchanged, and has no say', async () => {
    const second = accessTokenIn(await exchange(finder, await handOff(planner, root, finder)));
    const third = accessTokenIn(await exchange(clerk, await handOff(finder, second, clerk)));
    expect(claimsOf(third).act.act).toEqual(claimsOf(second).act);
    expect(claimsOf(second).act.act).toEqual(claimsOf(root).act);
    for (const [client, token] of [
      [planner, second],
      [planner, third],
      [finder, third],
    ] as const) {
      expect(await exchange(client, token)).toMatchObject({ body: { error: 'invalid_request' } });
      expect(await introspect(client, token)).toEqual({ active: false });
    }
  });

  test('ACT-05: that a token names nobody who may act is no permission', async () => {
    expect(claimsOf(root)).not.toHaveProperty('may_act');
    expect(await at(root, {}, finder)).toMatchObject({ body: { error: 'invalid_request' } });
  });

  test('AP-06: who brings no actor token proves the key of what it presents, and stays who acts', async () => {
    const { jwk } = await newKey();
    expect(await exchange(planner, leaf, {}, { key: jwk })).toMatchObject({ body: { error: 'invalid_grant' } });
    expect(claimsOf(accessTokenIn(await exchange(planner, leaf)))).toMatchObject({
      act: claimsOf(leaf).act,
      cnf: claimsOf(leaf).cnf,
    });
  });

  test('AP-08: no wider scope, the same subject, the key of whoever presents it', async () => {
    const taken = claimsOf(accessTokenIn(await exchange(finder, await handOff(planner, root, finder))));
    expect(taken).toMatchObject({ sub: claimsOf(root).sub, cnf: { jkt: finder.jkt } });
    expect(taken).not.toHaveProperty('scope');
    expect(await at(root, { scope: 'calendar.read' })).toMatchObject({ body: { error: 'invalid_scope' } });
  });

  test('AP-10, ACT-06: introspection tells the whole chain, to everyone who may ask, and who may act', async () => {
    const handed = await handOff(planner, root, finder);
    expect(await introspect(planner, handed)).toMatchObject({ may_act: claimsOf(handed).may_act });
    const token = accessTokenIn(await exchange(finder, handed));
    const seen = await introspect(calendar, token);
    expect(seen.act).toEqual(claimsOf(token).act);
    expect(seen).not.toHaveProperty('chain_complete');
  });

  test('AP-11: the profile’s announcements are not made, for nothing here depends on them', async () => {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Json;
    expect(metadata).not.toHaveProperty('entity_profiles_supported');
    expect(metadata).not.toHaveProperty('actor_profile_required');
  });

  test('AP-12: evidence of a use names both, for whom and who acts', async () => {
    const token = accessTokenIn(await exchange(finder, await handOff(planner, root, finder)));
    const own = accessTokenIn(
      await calendar.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
    );
    const { type: _, locations: __, ...parameters } = main();
    const events = await eventsOf(database, async () => {
      const response = await fetch(`${server.issuer}/redemptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
        body: JSON.stringify({ token, action: READ, parameters, idempotency_key: 'once' }),
      });
      expect(response.status).toBe(201);
    });
    expect(events).toMatchObject([{ person: claimsOf(root).sub, agent: idOf(finder), jti: claimsOf(token).jti }]);
  });
});

test('TX-07: one target for one token, however it is named', async () => {
  const both = { resource: [CALENDAR, 'https://crm.acme.example'] };
  expect(await exchange(planner, root, both)).toMatchObject({ body: { error: 'invalid_target' } });
  expect(await exchange(planner, root, { resource: CALENDAR, audience: server.issuer })).toMatchObject({
    body: { error: 'invalid_target' },
  });
  const one = await exchange(planner, root, { resource: [CALENDAR, CALENDAR], audience: CALENDAR });
  expect(claimsOf(accessTokenIn(one)).aud).toBe(CALENDAR);
});

test('TX-16: evidence of an exchange: whose, by whom, through whom, for what, from what, and why', async () => {
  const handed = await handOff(planner, root, finder);
  const events = await eventsOf(database, async () => exchange(finder, handed));
  expect(events).toMatchObject([
    {
      type: 'token.issued',
      decision: 'allowed',
      reason: 'token-exchange',
      organization: claimsOf(root).org_id,
      person: claimsOf(root).sub,
      agent: idOf(finder),
      application: finder.clientId,
      resource: CALENDAR,
      task: claimsOf(root).task_id,
      fields: {
        'content.kind': { value: 'leaf' },
        'content.acting': { value: [idOf(finder), idOf(planner)] },
        'content.parent': { value: claimsOf(handed).jti },
        'content.actions': { value: [{ action: READ }] },
        'content.bound_to': { value: finder.jkt },
      },
    },
  ]);
});

/** Signed as it stands: the text of the content, whatever a JSON library would make of it. */
const signed = async ({ jwk }: TestClient, content: string): Promise<string> =>
  new CompactSign(Buffer.from(content))
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .sign(await importJWK(jwk, 'ES256'));
const part = (token: string, index: number): string => token.split('.')[index] ?? '';
const withPart = (token: string, index: number, text: string): string => token.split('.').with(index, text).join('.');
const encoded = (text: string): string => Buffer.from(text).toString('base64url');
const decoded = (text: string): string => Buffer.from(text, 'base64url').toString();

describe('attempts on a chain: each is refused, and evidence', () => {
  interface Attempt {
    what: string;
    attempt: () => Promise<Answer>;
    error: string;
    reason: string;
    /** Of the evidence, which is told more than the client. */
    detail?: string;
    status?: number;
  }
  const invalid = { error: 'invalid_request', reason: 'subject_token_invalid' };
  const spelled = (what: string, spell: (token: string) => string): Attempt => ({
    what: `another spelling of the token: ${what}`,
    attempt: () => exchange(planner, spell(leaf)),
    ...invalid,
  });

  const ATTEMPTS: readonly Attempt[] = [
    {
      what: 'a loop: back to the agent it came from',
      attempt: async () => {
        const second = accessTokenIn(await exchange(finder, await handOff(planner, root, finder)));
        const third = accessTokenIn(await exchange(clerk, await handOff(finder, second, clerk)));
        return exchange(clerk, third, { requested_actor: idOf(finder) });
      },
      error: 'invalid_request',
      reason: 'handoff_not_allowed',
      detail: 'the agent is in the chain already',
    },
    {
      what: 'depth: below an agent that may have nobody above it',
      attempt: async () => {
        const handed = await handOff(planner, root, finder);
        await database.run('update agents set chain_limit = 1 where id = $1', [idOf(finder)]);
        const answer = await exchange(finder, handed);
        await database.run('update agents set chain_limit = 3 where id = $1', [idOf(finder)]);
        return answer;
      },
      error: 'invalid_request',
      reason: 'chain_too_deep',
    },
    {
      what: 'fan-out (TX-17): one holder more than there may be, by hand-off or appointed',
      attempt: async () => {
        const children = await Promise.all(
          ['One', 'Two', 'Three'].map((client_name) => registerAgent(server, { client_name })),
        );
        const [one, two, three] = children as [TestClient, TestClient, TestClient];
        for (const child of children) await addEdge(database, planner, child, [READ]);
        const task = await another('Fan');
        const form = { requested_actor: idOf(one), ...reading({ calendar: 'Fan' }) };
        accessTokenIn(await exchange(one, accessTokenIn(await exchange(planner, task, form))));
        const appointed = { actor_token: await iAmHere(two), actor_token_type: JWT };
        expect(claimsOf(accessTokenIn(await at(task, appointed))).act.sub).toBe(idOf(two));
        return at(task, { actor_token: await iAmHere(three), actor_token_type: JWT });
      },
      status: 403,
      error: 'access_denied',
      reason: 'too_many_hand_offs',
    },
    {
      what: 'rate (TX-17): one exchange more in a minute than there may be',
      attempt: async () => {
        const task = await another('Rate');
        const answers = await Promise.all(Array.from({ length: PACE }, () => at(task)));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(PACE);
        return at(task);
      },
      status: 403,
      error: 'access_denied',
      reason: 'too_many_exchanges',
    },
    {
      what: 'splicing (SPL-02): a victim’s token and the thief’s own word',
      attempt: async () => exchange(stranger, leaf, { actor_token: await iAmHere(stranger), actor_token_type: JWT }),
      ...invalid,
      detail: 'issued to another client',
    },
    {
      what: 'spoofing (SPL-01): another agent’s name over one’s own signature',
      attempt: async () =>
        at(root, { actor_token: await iAmHere(stranger, { sub: idOf(finder) }), actor_token_type: JWT }),
      error: 'invalid_request',
      reason: 'actor_token_invalid',
      detail: 'not of an agent',
    },
    {
      what: 'subject and actor are one token (SPL-06)',
      attempt: () => at(root, { actor_token: root, actor_token_type: ACCESS_TOKEN }),
      error: 'invalid_request',
      reason: 'invalid_request',
    },
    {
      what: 'subject and actor swapped',
      attempt: async () =>
        exchange(planner, await iAmHere(planner), {
          subject_token_type: JWT,
          actor_token: root,
          actor_token_type: ACCESS_TOKEN,
          resource: CALENDAR,
          scope: 'calendar.read',
        }),
      ...invalid,
    },
    {
      what: 'the actor is the person themselves',
      attempt: async () =>
        at(root, { actor_token: await iAmHere(planner, { sub: claimsOf(root).sub }), actor_token_type: JWT }),
      error: 'invalid_request',
      reason: 'actor_token_invalid',
    },
    {
      what: 'the wrong type: an access token under the name of a mere JWT',
      attempt: () => at(root, { subject_token_type: JWT }),
      ...invalid,
    },
    {
      what: 'the wrong type: the media type spelled in full',
      attempt: async () => at(await forge(server, database, 'application/at+jwt', claimsOf(root))),
      ...invalid,
    },
    {
      what: 'the wrong issuer: its signature is ours',
      attempt: async () => at(await forge(server, database, 'at+jwt', { ...claimsOf(root), iss: `${server.issuer}/` })),
      ...invalid,
    },
    {
      what: 'another organization',
      attempt: () => at(root, {}, foreigner),
      ...invalid,
      detail: 'of another organization',
    },
    spelled('padding', (token) => `${token}=`),
    spelled('padding within', (token) => withPart(token, 0, `${part(token, 0)}=`)),
    spelled('the alphabet of base64', (token) =>
      withPart(token, 1, Buffer.from(part(token, 1), 'base64url').toString('base64')),
    ),
    spelled('spare bits of the signature', respelled),
    spelled('a dot more', (token) => `${token}.`),
    spelled('a dot before', (token) => `.${token}`),
    spelled('an empty part', (token) => token.replace('.', '..')),
    spelled('white space before', (token) => ` ${token}`),
    spelled('white space after', (token) => `${token} `),
    spelled('white space within', (token) => token.replace('.', '. ')),
    spelled('the header with white space', (token) => withPart(token, 0, encoded(`${decoded(part(token, 0))} `))),
    spelled('a member twice', (token) =>
      withPart(token, 1, encoded(decoded(part(token, 1)).replace('{', `{"sub":"usr_x",`))),
    ),
    {
      what: 'the algorithm in another case, signed as we sign',
      attempt: async () => at(await forge(server, database, 'at+jwt', claimsOf(root), { alg: 'es256' })),
      ...invalid,
    },
    {
      what: 'no algorithm, signed as we sign',
      attempt: async () => at(await forge(server, database, 'at+jwt', claimsOf(root), { alg: 'none' })),
      ...invalid,
    },
    {
      what: 'an extension that has to be understood, signed as we sign',
      attempt: async () => at(await forge(server, database, 'at+jwt', claimsOf(root), { crit: ['x'], x: 1 })),
      ...invalid,
    },
    {
      what: 'an actor token that was used, spelled otherwise',
      attempt: async () => {
        const actor = await iAmHere(planner);
        accessTokenIn(await at(root, { actor_token: actor, actor_token_type: JWT }));
        return at(root, { actor_token: respelled(actor), actor_token_type: JWT });
      },
      error: 'invalid_request',
      reason: 'actor_token_invalid',
      detail: 'not canonically encoded',
    },
    {
      what: 'an actor token that was used, signed again',
      attempt: async () => {
        const jti = 'the same';
        accessTokenIn(await at(root, { actor_token: await iAmHere(planner, { jti }), actor_token_type: JWT }));
        return at(root, { actor_token: await iAmHere(planner, { jti }), actor_token_type: JWT });
      },
      error: 'invalid_request',
      reason: 'actor_token_used',
    },
    {
      what: 'an actor token that says twice who it is',
      attempt: async () => {
        const [iss, sub] = [planner.clientId, idOf(planner)].map((text) => JSON.stringify(text));
        const times = `"iat":${now()},"exp":${now() + 60},"jti":"twice"`;
        const content = `{"iss":${iss},"sub":"${idOf(finder)}","sub":${sub},"aud":"${server.issuer}",${times}}`;
        return at(root, { actor_token: await signed(planner, content), actor_token_type: JWT });
      },
      error: 'invalid_request',
      reason: 'actor_token_invalid',
      detail: 'appears twice',
    },
  ];

  test.each(ATTEMPTS)('$what', async ({ attempt, error, reason, detail, status = 400 }) => {
    let answer: Answer | undefined;
    const events: StoredEvent[] = await eventsOf(database, async () => {
      answer = await attempt();
    });
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer?.body).not.toHaveProperty('access_token');
    expect(events.at(-1)).toMatchObject({
      type: 'token.refused',
      decision: 'refused',
      reason,
      ...(detail !== undefined && {
        fields: { 'content.refusal': { value: { detail: expect.stringContaining(detail) } } },
      }),
    });
  });

  test('TX-17: attempts of others with a stolen token do not use up the pace of whose task it is', async () => {
    const task = await another('Stolen');
    const thefts = await Promise.all(Array.from({ length: PACE + 1 }, () => at(task, {}, stranger)));
    expect(new Set(thefts.map(({ body }) => body.error))).toEqual(new Set(['invalid_request']));
    expect(await at(task)).toMatchObject({ status: 200 });
  });

  test('a proof of a key that was used, spelled otherwise, is used', async () => {
    const proof = await planner.proof(`${server.issuer}/token`);
    accessTokenIn(await exchange(planner, leaf, {}, { dpop: proof }));
    expect(await exchange(planner, leaf, {}, { dpop: respelled(proof) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
  });
});
