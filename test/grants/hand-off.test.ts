import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  CALENDAR,
  claimsOf,
  clientWith,
  demoClient,
  INVITE,
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
  databaseOf,
  eventsOf,
  exchange,
  introspect,
  leafToken,
  moveTo,
  registerAgentAt,
  removeEdge,
  revoke,
  rootToken,
} from '../support/delegation.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };
const invalidDetails = { status: 400, body: { error: 'invalid_authorization_details' } };
const invalidTarget = { status: 400, body: { error: 'invalid_target' } };

let server: TestServer;
let database: Database;
let person: TestPerson;
let resourceServer: TestClient;
/** Anna's agent may hand reading to the finder (and inviting to nobody); the finder may hand it to the clerk. */
let planner: TestClient;
let finder: TestClient;
let clerk: TestClient;
/** Nobody hands it anything. */
let stranger: TestClient;
let root: string;

const idOf = (agent: TestClient): string => agent.registration.agent_id;
/** A calendar of its own for each task, so that no task covers what another test asks. */
const readOnly = (more: Json = {}) => ({
  authorization_details: detailsParameter(readDetails({ calendar: 'Main', ...more })),
});
/** Asks the server to let that agent act. */
const handTo = (from: TestClient, token: string, to: TestClient, form: Json = readOnly()) =>
  exchange(from, token, { requested_actor: idOf(to), ...form });
const handOff = async (from: TestClient, token: string, to: TestClient, form?: Json): Promise<string> =>
  accessTokenIn(await handTo(from, token, to, form));

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  resourceServer = await demoClient(server, 'resourceServer');
  [planner, finder, clerk, stranger] = await Promise.all([
    registerAgent(server, { client_name: 'Planner' }),
    registerAgent(server, { client_name: 'Room Finder', agent_mode: 'sub_agent' }),
    registerAgent(server, { client_name: 'Clerk' }),
    registerAgent(server, { client_name: 'Stranger' }),
  ]);
  await addEdge(database, planner, finder, [READ], 3);
  await addEdge(database, finder, clerk, [READ, INVITE], 3);
  root = await rootToken(planner, person, readDetails({ calendar: 'Main' }), inviteDetails());
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

describe('along an edge that the person saw', () => {
  test('X3, ACT-02, SPL-03: two hand-offs down, every link is there, the acting agent outermost', async () => {
    const given = await handTo(planner, root, finder);
    expect(given).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const handoff = claimsOf(accessTokenIn(given));
    // ACT-04: it names who may act, holds the child's key, and is good at the token endpoint alone.
    expect(handoff).toMatchObject({
      aud: server.issuer,
      sub: claimsOf(root).sub,
      may_act: { iss: server.issuer, sub: idOf(finder) },
      cnf: { jkt: finder.jkt },
      act: { sub: idOf(planner) },
      authorization_details: [{ type: READ }],
    });
    expect(handoff.exp - handoff.iat).toBeLessThanOrEqual(60);

    const found = await exchange(finder, accessTokenIn(given));
    expect(found).toMatchObject({ status: 200, body: { token_type: 'DPoP', authorization_details: [{ type: READ }] } });
    const second = claimsOf(accessTokenIn(found));
    expect(second).toMatchObject({
      aud: CALENDAR,
      sub: claimsOf(root).sub,
      client_id: finder.clientId,
      cnf: { jkt: finder.jkt },
      task_id: claimsOf(root).task_id,
      act: { iss: server.issuer, sub: idOf(finder), client_id: finder.clientId, act: { sub: idOf(planner) } },
    });
    // AP-07: what let it act is not passed on.
    expect(second.may_act).toBeUndefined();

    const third = claimsOf(accessTokenIn(await exchange(clerk, await handOff(finder, accessTokenIn(found), clerk))));
    expect(third.act).toEqual({ ...link(clerk), act: { ...link(finder), act: link(planner) } });
    expect(await introspect(resourceServer, accessTokenIn(found))).toMatchObject({ active: true, act: second.act });
  });

  test('a leaf can be handed on too, for its own resource alone', async () => {
    const leaf = await leafToken(planner, person, [readDetails({ calendar: 'Team' })]);
    const token = accessTokenIn(await exchange(finder, await handOff(planner, leaf, finder, {})));
    expect(claimsOf(token)).toMatchObject({ aud: CALENDAR, authorization_details: [{ calendar: 'Team' }] });
    expect(await handTo(planner, leaf, finder, { resource: 'https://crm.acme.example' })).toMatchObject(invalidTarget);
  });

  test('the page names everyone to whom the task may travel', async () => {
    const { page } = await decideInBrowser(planner, person, {
      authorization_details: detailsParameter(readDetails({ calendar: 'Shown' })),
      resource: CALENDAR,
    });
    expect(page.html).toContain('Room Finder');
    expect(page.html).toContain('Clerk');
    expect(page.html).not.toContain('Stranger');
  });

  test('the evidence of each step names who acts and where it comes from', async () => {
    const events = await eventsOf(database, async () => exchange(finder, await handOff(planner, root, finder)));
    expect(
      events.map(({ type, agent, application, task, fields }) => ({
        type,
        agent,
        application,
        task,
        kind: fields['content.kind']?.value,
        acting: fields['content.acting']?.value,
      })),
    ).toEqual([
      {
        type: 'token.issued',
        agent: idOf(planner),
        application: planner.clientId,
        task: claimsOf(root).task_id,
        kind: 'handoff',
        acting: [idOf(planner)],
      },
      {
        type: 'token.issued',
        agent: idOf(finder),
        application: finder.clientId,
        task: claimsOf(root).task_id,
        kind: 'leaf',
        acting: [idOf(finder), idOf(planner)],
      },
    ]);
  });

  const link = (agent: TestClient) => ({
    iss: server.issuer,
    sub: idOf(agent),
    sub_profile: 'ai_agent',
    client_id: agent.clientId,
  });
});

describe('authority only narrows on the way down', () => {
  test('X26: the hand-off may be narrower, and the child gets no more than it says', async () => {
    const narrow = await handOff(planner, root, finder, readOnly({ from: '2026-11-25', to: '2026-11-26' }));
    expect(await exchange(finder, narrow, readOnly())).toMatchObject(invalidDetails);
    const token = accessTokenIn(await exchange(finder, narrow, readOnly({ from: '2026-11-26', to: '2026-11-26' })));
    expect(claimsOf(token).authorization_details).toMatchObject([{ from: '2026-11-26', to: '2026-11-26' }]);
    expect(await exchange(finder, token, readOnly({ from: '2026-11-25', to: '2026-11-26' }))).toMatchObject(
      invalidDetails,
    );
    // Nor with its parent's token, which it never holds, should it get hold of one.
    expect(await exchange(finder, root, { resource: CALENDAR })).toMatchObject(invalidRequest);
  });

  test('an action that the edge does not carry is not handed on, alone or with another', async () => {
    const inviting = { authorization_details: detailsParameter(inviteDetails()) };
    const both = { authorization_details: detailsParameter(readDetails({ calendar: 'Main' }), inviteDetails()) };
    expect(await handTo(planner, root, finder, inviting)).toMatchObject(invalidRequest);
    expect(await handTo(planner, root, finder, both)).toMatchObject(invalidRequest);
    expect(await handTo(planner, root, finder, {})).toMatchObject(invalidRequest);
  });

  test('TX-10: no step lives longer than the one before it', async () => {
    const handoff = await handOff(planner, root, finder);
    const token = accessTokenIn(await exchange(finder, handoff));
    expect(claimsOf(handoff).exp).toBeLessThanOrEqual(claimsOf(root).exp);
    expect(claimsOf(token).exp).toBeLessThanOrEqual(claimsOf(handoff).exp);
  });

  test('X4, AP-04: no deeper than the edge allows, nor than the child itself does', async () => {
    const [a, b, c] = await Promise.all(
      ['One', 'Two', 'Three'].map((client_name) => registerAgent(server, { client_name })),
    );
    if (!a || !b || !c) throw new Error('no agents');
    await addEdge(database, a, b, [READ], 2);
    await addEdge(database, b, c, [READ], 2); // two deep at most: not below an agent that has a parent
    const token = await rootToken(a, person, readDetails({ calendar: 'Main' }));
    const second = accessTokenIn(await exchange(b, await handOff(a, token, b)));
    expect(await handTo(b, second, c)).toMatchObject(invalidRequest);
    // Raised after the approval: nobody saw it.
    await addEdge(database, b, c, [READ], 8);
    expect(await handTo(b, second, c)).toMatchObject(invalidRequest);

    const deeper = accessTokenIn(
      await exchange(
        b,
        await handOff(
          a,
          await rootToken(a, person, readDetails({ calendar: 'Deep' })),
          b,
          readOnly({ calendar: 'Deep' }),
        ),
      ),
    );
    const handoff = await handOff(b, deeper, c, {});
    await database.run('update agents set chain_limit = 2 where id = $1', [idOf(c)]);
    expect(await exchange(c, handoff)).toMatchObject(invalidRequest);
    await database.run('update agents set chain_limit = 3 where id = $1', [idOf(c)]);
    expect(await exchange(c, handoff)).toMatchObject({ status: 200 });
  });
});

describe('nobody else gets anything', () => {
  test.each<[who: string, client: () => TestClient]>([
    ['X21: an agent to which no edge leads', () => stranger],
    ['a grandchild, past its parent', () => clerk],
    ['itself', () => planner],
  ])('%s is handed nothing', async (_, client) => {
    expect(await handTo(planner, root, client())).toMatchObject(invalidRequest);
  });

  test('an agent that does not exist, or of another organization, is handed nothing', async () => {
    const foreigner = await registerAgentAt(server, database, 'globex');
    for (const actor of [
      'agt_00000000000000000000000000000000',
      idOf(foreigner),
      planner.clientId,
      claimsOf(root).sub,
    ]) {
      expect(await exchange(planner, root, { requested_actor: actor, ...readOnly() })).toMatchObject(invalidRequest);
    }
  });

  test('X22: a hand-off is worth nothing to anyone but the child it names', async () => {
    const handoff = await handOff(planner, root, finder);
    for (const client of [planner, stranger, clerk, resourceServer]) {
      expect(await exchange(client, handoff, { resource: CALENDAR }, { dpop: true })).toMatchObject(invalidRequest);
    }
    // It is no token for a resource, and nothing a resource server could see or use.
    expect(await introspect(resourceServer, handoff)).toEqual({ active: false });
    expect(await exchange(finder, handoff)).toMatchObject({ status: 200 });
  });

  test('X22: an agent that has the child’s key is still not the child', async () => {
    const { d: _, ...publicJwk } = finder.jwk;
    const { clientId } = await registerAgent(server, { client_name: 'Twin', jwks: { keys: [publicJwk] } });
    const twin = await clientWith(server, clientId, finder.jwk);
    const handoff = await handOff(planner, root, finder);
    expect(await exchange(twin, handoff)).toMatchObject(invalidRequest);
    expect(await exchange(finder, handoff)).toMatchObject({ status: 200 });
  });

  test('a child hands on its token, not the hand-off, and never back up', async () => {
    const handoff = await handOff(planner, root, finder);
    expect(await handTo(finder, handoff, clerk)).toMatchObject(invalidRequest);
    await addEdge(database, finder, planner, [READ], 8);
    await addEdge(database, clerk, finder, [READ], 8);
    const token = await rootToken(planner, person, readDetails({ calendar: 'Back' }));
    const second = accessTokenIn(
      await exchange(finder, await handOff(planner, token, finder, readOnly({ calendar: 'Back' }))),
    );
    expect(await handTo(finder, second, planner, {})).toMatchObject(invalidRequest);
    const third = accessTokenIn(await exchange(clerk, await handOff(finder, second, clerk, {})));
    expect(await handTo(clerk, third, finder, {})).toMatchObject(invalidRequest);
    expect(await exchange(finder, second, { resource: server.issuer })).toMatchObject(invalidTarget);
  });

  test('an edge that came after the approval carries nothing of it', async () => {
    const late = await registerAgent(server, { client_name: 'Latecomer' });
    await addEdge(database, planner, late, [READ]);
    await addEdge(database, finder, late, [READ], 8);
    expect(await handTo(planner, root, late)).toMatchObject(invalidRequest);
    // Not even below an agent that the person did see, and who may pass on to others.
    const second = accessTokenIn(await exchange(finder, await handOff(planner, root, finder)));
    expect(await handTo(finder, second, late)).toMatchObject(invalidRequest);
  });

  test('an edge that was taken away or narrowed carries nothing any more, not even what is on its way', async () => {
    const child = await registerAgent(server, { client_name: 'Helper' });
    await addEdge(database, planner, child, [READ, INVITE]);
    const token = await rootToken(
      planner,
      person,
      readDetails({ calendar: 'Edges' }),
      inviteDetails({ title: 'Edges' }),
    );
    const reading = readOnly({ calendar: 'Edges' });
    const [first, second] = [await handOff(planner, token, child, {}), await handOff(planner, token, child, reading)];
    await addEdge(database, planner, child, [INVITE]);
    expect(await handTo(planner, token, child, reading)).toMatchObject(invalidRequest);
    expect(await exchange(child, first)).toMatchObject(invalidRequest);
    expect(await exchange(child, second)).toMatchObject(invalidRequest);
    await removeEdge(database, planner, child);
    expect(
      await handTo(planner, token, child, {
        authorization_details: detailsParameter(inviteDetails({ title: 'Edges' })),
      }),
    ).toMatchObject(invalidRequest);
    expect(await exchange(child, first)).toMatchObject(invalidRequest);
  });

  test('a child that is suspended, or that the person paused, is handed nothing and gets nothing', async () => {
    const child = await registerAgent(server, { client_name: 'Sleeper' });
    const move = (to: 'active' | 'suspended') => moveTo(database, child, to);
    await addEdge(database, planner, child, [READ]);
    const token = await rootToken(planner, person, readDetails({ calendar: 'Sleep' }));
    const handoff = await handOff(planner, token, child, {});
    await move('suspended');
    expect(await handTo(planner, token, child, {})).toMatchObject(invalidRequest);
    expect(await exchange(child, handoff)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    await move('active');
    // The stop outlives the suspension for what was approved before it, and for nothing that is approved after.
    expect(await exchange(child, await handOff(planner, token, child, {}))).toMatchObject(invalidGrant);
    const anew = await rootToken(planner, person, readDetails({ calendar: 'Awake' }));
    expect(await exchange(child, await handOff(planner, anew, child, {}))).toMatchObject({ status: 200 });

    const agents = await person.get('/agents');
    const csrf = /name="csrf" value="([^"]*)"/.exec(agents.html)?.[1] ?? '';
    await person.post(`/agents/${idOf(child)}/pause`, { csrf });
    const paused = await rootToken(planner, person, readDetails({ calendar: 'Paused' }));
    expect(await exchange(child, await handOff(planner, paused, child, {}))).toMatchObject(invalidGrant);
  });
});

describe('once, by the key it was made for', () => {
  test('twenty children of one name, one hand-off, one token', async () => {
    const handoff = await handOff(planner, root, finder);
    const answers = await Promise.all([...Array(20)].map(() => exchange(finder, handoff)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 400 && answer.body.error === 'invalid_request')).toHaveLength(
      19,
    );
  });

  test('a refused attempt does not spend it', async () => {
    const handoff = await handOff(planner, root, finder);
    expect(await exchange(finder, handoff, readOnly({ to: '2026-12-24' }))).toMatchObject(invalidDetails);
    expect(await exchange(finder, handoff, {}, { dpop: false })).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof' },
    });
    expect(await exchange(finder, handoff)).toMatchObject({ status: 200 });
  });

  test('the child binds its token to the key it shows; without one it gets none', async () => {
    const { jwk } = await newKey();
    const token = accessTokenIn(await exchange(finder, await handOff(planner, root, finder), {}, { key: jwk }));
    expect(claimsOf(token).cnf).not.toEqual({ jkt: finder.jkt });
    expect(await exchange(finder, token)).toMatchObject(invalidGrant);
    expect(await exchange(finder, token, {}, { key: jwk })).toMatchObject({ status: 200 });

    const bearer = await registerAgent(server, { client_name: 'Bearer', dpop_bound_access_tokens: false });
    await addEdge(database, planner, bearer, [READ]);
    const anew = await rootToken(planner, person, readDetails({ calendar: 'Bearer' }));
    const handoff = await handOff(planner, anew, bearer, {});
    expect(await exchange(bearer, handoff, {}, { dpop: false })).toMatchObject(invalidGrant);
    expect(await exchange(bearer, handoff)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
  });

  test('a child that changed its keys since can no longer take it up', async () => {
    const child = await registerAgent(server, { client_name: 'Rotating' });
    await addEdge(database, planner, child, [READ]);
    const anew = await rootToken(planner, person, readDetails({ calendar: 'Keys' }));
    const handoff = await handOff(planner, anew, child, {});
    const { publicJwk } = await newKey();
    const keep = (keys: Json[]) =>
      database.run(`update clients set metadata = jsonb_set(metadata, '{jwks}', $2) where client_id = $1`, [
        child.clientId,
        JSON.stringify({ keys }),
      ]);
    const own = { ...child.jwk, d: undefined };
    await keep([{ ...publicJwk }]);
    expect(await exchange(child, handoff)).toMatchObject({ status: 401 });
    await keep([own, publicJwk]);
    expect(await exchange(child, handoff)).toMatchObject({ status: 200 });
  });
});

describe('taking it back', () => {
  test('X24: revoking the parent’s token ends what was handed on; revoking the child’s leaves the parent alone', async () => {
    const token = accessTokenIn(await exchange(planner, root, { resource: CALENDAR }));
    const child = accessTokenIn(await exchange(finder, await handOff(planner, token, finder)));
    const grandchild = accessTokenIn(await exchange(clerk, await handOff(finder, child, clerk)));
    const waiting = await handOff(planner, token, finder);
    expect(await revoke(finder, child)).toMatchObject({ status: 200 });
    expect(await introspect(resourceServer, child)).toEqual({ active: false });
    expect(await introspect(resourceServer, grandchild)).toEqual({ active: false });
    expect(await introspect(resourceServer, token)).toMatchObject({ active: true });

    const again = accessTokenIn(await exchange(finder, await handOff(planner, token, finder)));
    await revoke(planner, token);
    expect(await introspect(resourceServer, again)).toEqual({ active: false });
    expect(await exchange(finder, waiting)).toMatchObject(invalidRequest);
    expect(await introspect(planner, root)).toMatchObject({ active: true });
  });

  test('an ancestor revokes a descendant’s token; a descendant, sibling or stranger does not', async () => {
    const child = accessTokenIn(await exchange(finder, await handOff(planner, root, finder)));
    const grandchild = accessTokenIn(await exchange(clerk, await handOff(finder, child, clerk)));
    const alive = async (token: string) => (await introspect(resourceServer, token)).active;
    await revoke(clerk, child);
    await revoke(stranger, grandchild);
    expect([await alive(child), await alive(grandchild)]).toEqual([true, true]);
    const events = await eventsOf(database, () => revoke(planner, grandchild));
    expect(events).toMatchObject([
      {
        type: 'authority.stopped',
        reason: 'token',
        jti: claimsOf(grandchild).jti,
        agent: idOf(clerk),
        application: planner.clientId,
        person: claimsOf(root).sub,
        task: claimsOf(root).task_id,
      },
    ]);
    expect([await alive(child), await alive(grandchild)]).toEqual([true, false]);
  });
});
