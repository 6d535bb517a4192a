import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Database } from '../../adapters/postgres/database.ts';
import { sendSignal } from '../../adapters/postgres/signals.ts';
import type { AgentEdge } from '../../server/agents/agent.ts';
import type { Act } from '../../server/delegation/chain.ts';
import type { Exchanged } from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { ApprovedEdge, TaskAction } from '../../server/tasks/task.ts';
import { type Answer, claimsOf, EXCHANGE, type Json, registerAgent, type TestClient } from '../support/agent.ts';
import { accessTokenIn, addClient, addEdge, databaseOf, exchange, HOUR, serveWith } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { judge } from './oracle.ts';
import { rowsOf } from './page.ts';
import { AGENTS, type Attempt, chain, edgeBetween, keyOf, rootOf, stepsOf, type World } from './random-chains.ts';
import { DECLARED, type Declared, declared, documents, ISSUER, LEDGER, newest, SHOP, STOCK } from './small-world.ts';

// The small world of the other proofs, served: the same chains, tried by real clients with real keys over HTTP, and
// what comes back held to the same oracle. Names of agents and resources in the model stand for real ones here.

const CHAINS = Number(process.env.CHAINS_OVER_HTTP ?? 300);
const TOGETHER = 8;

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const RESOURCES = [SHOP, STOCK, LEDGER];
const READING = ['shop.orders.read', 'shop.orders.count', 'stock.items.read'];

/** What is spoilt can be sent: keys, clients, audiences, scopes, details, requested actors and actor tokens. */
const SPOILS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11];

/** What Anna approves, each a task of its own. */
const TASKS: readonly { details: readonly Json[]; scopes: readonly string[] }[] = [
  { details: [{ type: 'shop.orders.read', pieces: 2 }], scopes: ['shop.count'] },
  {
    details: [
      { type: 'shop.orders.place', must: 'a', pieces: 2, only: 'a' },
      { type: 'shop.orders.read', after: '2026-11-25' },
    ],
    scopes: [],
  },
  {
    details: [
      { type: 'shop.orders.read', pieces: 3, after: '2026-11-24' },
      { type: 'stock.items.read', pieces: 3 },
    ],
    scopes: [],
  },
  { details: [{ type: 'stock.items.reserve', pieces: 3, only: 'a' }], scopes: ['stock.read'] },
];

/** What the model knows of a task, and the refresh token that gets its root again. */
interface Approved {
  root: IssuedToken;
  seen: readonly AgentEdge[];
  refreshToken: string;
}

let server: TestServer;
let database: Database;
let person: TestPerson;
const clients = new Map<string, TestClient>();
const tasks: Approved[] = [];

const clientNamed = (name: string): TestClient => {
  const client = clients.get(name);
  if (!client) throw new Error(`no client ${name}`);
  return client;
};
const idOf = (name: string): string => clients.get(name)?.registration.agent_id ?? name;
/** The name in the model of a real agent. */
const nameOf = (id: string): string => AGENTS.find((name) => idOf(name) === id) ?? id;

const EACH = AGENTS.flatMap((parent) =>
  AGENTS.flatMap((child) => (parent === child || child === 'agt_a' ? [] : [edgeBetween(parent, child)])),
);
const changed = (parent: string, child: string, change: Partial<AgentEdge>) => (one: AgentEdge) =>
  one.parent === parent && one.child === child ? { ...one, ...change } : one;
/** As the person sees them; and as they are then: one gone, one narrower, one shorter, two deeper and wider again. */
const SEEN = EACH.map(changed('agt_c', 'agt_d', { actions: READING })).map(changed('agt_b', 'agt_d', { maxDepth: 2 }));
const NOW = EACH.filter(({ parent, child }) => parent !== 'agt_b' || child !== 'agt_c')
  .map(changed('agt_a', 'agt_d', { actions: READING }))
  .map(changed('agt_a', 'agt_c', { maxDepth: 2 }));

beforeAll(async () => {
  server = await startServer({ COUNTERSIGN_EXCHANGES_PER_MINUTE: '1000000' });
  database = databaseOf(server);
  await publish(1, 'shop.read');
  person = await signIn(server);
  const grant_types = ['authorization_code', 'refresh_token', EXCHANGE];
  const authorization_details_types = [...new Set(DECLARED.map(({ key }) => key))];
  for (const name of AGENTS) {
    clients.set(name, await registerAgent(server, { client_name: name, grant_types, authorization_details_types }));
  }
  for (const resource of RESOURCES) {
    const client = await addClient(server, database, 'resource_server');
    await serveWith(database, resource, client);
    clients.set(resource, client);
  }
  clients.set('application', await addClient(server, database, 'application'));
  await database.run('update agents set chain_limit = 4');
  await setEdges(SEEN);
  for (const task of TASKS) tasks.push(await approve(task));
  await setEdges(NOW);
  await publish(2, 'shop.place');
}, 600_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
});

test('random chains over HTTP: what a client gets is what the rules say', async () => {
  const seen = { allowed: 0, refused: 0, deepest: 0, longest: 0 };
  const genomes = fc.sample(chain, { numRuns: CHAINS, seed: 8693 });
  for (let begin = 0; begin < CHAINS; begin += TOGETHER * 4) {
    // A root lives five minutes: each batch gets its own, however slow the machine is.
    const roots = await Promise.all(tasks.map(rootAgain));
    const waiting = genomes.slice(begin, begin + TOGETHER * 4);
    const worker = async () => {
      for (let bytes = waiting.pop(); bytes; bytes = waiting.pop()) await tryChain(bytes, roots, seen);
    };
    const worked = await Promise.allSettled(Array.from({ length: TOGETHER }, worker));
    for (const one of worked) if (one.status === 'rejected') throw one.reason;
  }
  expect(seen.allowed).toBeGreaterThan(CHAINS);
  expect(seen.refused).toBeGreaterThan(CHAINS);
  expect(seen.deepest).toBeGreaterThanOrEqual(3);
  expect(seen.longest).toBeGreaterThanOrEqual(4);
}, 600_000);

async function tryChain(
  bytes: Uint8Array,
  roots: readonly string[],
  seen: { allowed: number; refused: number; deepest: number; longest: number },
): Promise<void> {
  let token = '';
  const steps = stepsOf(
    bytes,
    (dice): World => {
      const index = dice.roll(tasks.length);
      token = roots[index] ?? '';
      const { root, seen } = tasks[index] as Approved;
      return { root, seen, now: NOW, chainLimit: 4 };
    },
    SPOILS,
  );
  for (let step = steps.next(); !step.done; ) {
    const attempt = asServed(step.value);
    const answer = await send(attempt, token);
    const given = expected(attempt);
    if (given === undefined || typeof given === 'string') {
      seen.refused += 1;
      expect({ attempt: told(attempt), status: answer.status }).toEqual({ attempt: told(attempt), status: 400 });
      if (given !== undefined)
        expect({ attempt: told(attempt), error: answer.body.error }).toEqual({ attempt: told(attempt), error: given });
      step = steps.next(undefined);
      continue;
    }
    seen.allowed += 1;
    seen.deepest = Math.max(seen.deepest, given.depth);
    seen.longest = Math.max(seen.longest, attempt.path.length);
    expect({ attempt: told(attempt), error: answer.body.error }).toEqual({ attempt: told(attempt), error: undefined });
    const before = claimsOf(token);
    token = accessTokenIn(answer);
    judgeToken(claimsOf(token), before, given, attempt);
    step = steps.next(given);
  }
}

/** What the server finds out by itself is not for the model to invent; and a form has no empty list. */
function asServed({ request, facts, path }: Attempt): Attempt {
  const { subject, client, actor, child } = facts;
  const owner = client.clientId.slice('cli_'.length);
  const scopes = request.scopes?.filter((scope) => scope !== 'openid');
  return {
    request: { ...request, scopes: scopes?.length ? scopes : undefined },
    path,
    facts: {
      ...facts,
      // Nobody signs without a key.
      actor: actor && { ...actor, key: keyOf(actor.agent) },
      child: child && { ...child, key: keyOf(child.agent) },
      ownsAudience: owner === subject.resource,
      registeredKeys: subject.kind === 'handoff' ? [keyOf(owner)] : [],
    },
  };
}

async function send({ request, facts }: Attempt, token: string): Promise<Answer> {
  const { audience, scopes, actions, requestedActor } = request;
  const { client, actor, boundTo } = facts;
  const caller = clientNamed(client.clientId.slice('cli_'.length));
  const seconds = actor && Math.round((actor.expiresAt.getTime() - facts.now.getTime()) / 1000);
  const at = Math.floor(Date.now() / 1000);
  return exchange(
    caller,
    token,
    {
      resource: audience === ISSUER ? server.issuer : audience,
      scope: scopes?.join(' '),
      authorization_details:
        actions && detailsParameter(...actions.map((one) => ({ ...one.parameters, type: one.action }))),
      requested_actor: requestedActor && idOf(requestedActor),
      actor_token:
        actor &&
        (await clientNamed(actor.agent).assertion(
          { sub: idOf(actor.agent), exp: at + (seconds ?? 0) },
          { typ: 'JWT' },
        )),
      actor_token_type: actor && JWT,
    },
    boundTo === undefined ? { dpop: false } : { key: clientNamed(ownerOf(boundTo)).jwk },
  );
}

const ownerOf = (key: string): string => key.slice('key of '.length);

/** What the oracle says: what is given, the error, or undefined for any error at all. */
function expected({ request, facts }: Attempt): Exchanged | string | undefined {
  const { unknown, broken, given } = judge(request, facts);
  // Asked for the same twice, or for what the newest version does not know: not understood, whatever the rules say.
  const names = (request.actions ?? []).map(({ action, parameters }) => JSON.stringify([action, parameters]));
  if (new Set(names).size < names.length) return undefined;
  for (const { action, parameters } of request.actions ?? []) {
    const known = newest(action)?.parameters ?? {};
    if (Object.keys(parameters).some((name) => !Object.hasOwn(known, name))) return undefined;
    if (Object.entries(known).some(([name, [, , required]]) => required && !Object.hasOwn(parameters, name)))
      return undefined;
  }
  // An application registered no types, and is told that first.
  if (facts.client.kind === 'application') return undefined;
  // An agent always shows a key: it registered so.
  if (facts.boundTo === undefined && facts.client.kind === 'agent') return 'invalid_dpop_proof';
  if (unknown !== undefined) return 'invalid_scope';
  const [first] = broken;
  if (first === undefined) return given;
  const [, , , reason = ''] = rowsOf(/^R\d+$/).find(([id]) => id === first) ?? [];
  return ERRORS[reason];
}

/** docs/errors.md. */
const ERRORS: Readonly<Record<string, string>> = {
  subject_token_invalid: 'invalid_request',
  actor_not_allowed: 'invalid_request',
  handoff_not_allowed: 'invalid_request',
  chain_too_deep: 'invalid_request',
  key_mismatch: 'invalid_grant',
  resource_ambiguous: 'invalid_target',
  resource_unknown: 'invalid_target',
  scope_wider: 'invalid_scope',
  nothing_asked: 'invalid_scope',
  details_wider: 'invalid_authorization_details',
  authentication_insufficient: 'insufficient_user_authentication',
};

function judgeToken(claims: Json, before: Json, given: Exchanged, attempt: Attempt): void {
  const { slice, act, boundTo, mayAct } = given;
  const { client } = attempt.facts;
  expect({
    attempt: told(attempt),
    sub: claims.sub,
    aud: claims.aud,
    client_id: claims.client_id,
    scope: claims.scope?.split(' '),
    details: (claims.authorization_details ?? []).map(({ locations: _, expires_at: __, ...detail }: Json) => detail),
    act: claims.act,
    cnf: claims.cnf,
    may_act: claims.may_act?.sub,
    task_id: claims.task_id,
    acr: claims.acr,
    auth_time: claims.auth_time,
  }).toEqual({
    attempt: told(attempt),
    sub: before.sub,
    aud: slice.audience === ISSUER ? server.issuer : slice.audience,
    client_id: clientNamed(client.clientId.slice('cli_'.length)).clientId,
    scope: slice.scopes.length === 0 ? undefined : slice.scopes,
    details: slice.actions
      .filter(({ viaScope }) => viaScope === undefined)
      .map(({ action, parameters, access, impact, max_uses }) => ({
        ...parameters,
        type: action,
        access,
        impact,
        max_uses,
      })),
    act: served(act),
    cnf: boundTo === undefined ? undefined : { jkt: clientNamed(ownerOf(boundTo)).jkt },
    may_act: mayAct && idOf(mayAct.agent),
    task_id: before.task_id,
    acr: before.acr,
    auth_time: before.auth_time,
  });
  const most = [before.exp, claims.iat + (given.kind === 'handoff' ? 60 : 300)];
  expect(claims.exp).toBeLessThanOrEqual(Math.min(...most));
}

const served = (act: Act | undefined): Json =>
  act && {
    iss: server.issuer,
    sub: idOf(act.sub),
    sub_profile: 'ai_agent',
    client_id: clientNamed(act.client_id.slice('cli_'.length)).clientId,
    ...(act.act && { act: served(act.act) }),
  };

/** Who tried what, for whoever reads a failure. */
const told = ({ request, facts, path }: Attempt) => ({
  broken: judge(request, facts).broken,
  holds: facts.subject.actions,
  request,
  client: facts.client.clientId,
  key: facts.boundTo,
  actor: facts.actor?.agent,
  path: path.map(({ kind, clientId, resource, mayAct }) => ({ kind, clientId, resource, mayAct })),
});

// -- the small world, served ---------------------------------------------------------------------------------------

/** Published long ago, as far as the server is told: what its sentences look like is nothing that these tests speak of. */
async function publish(version: number, scope: string): Promise<void> {
  await database.transaction(async (statements) => {
    for (const { resource, name, actions } of documents) {
      await statements.run('insert into resources (resource, name) values ($1, $2) on conflict do nothing', [
        resource,
        name,
      ]);
      for (const one of actions.filter((action) => action.version === version)) {
        await statements.run('insert into actions (key, version, resource, document) values ($1, $2, $3, $4)', [
          one.key,
          one.version,
          resource,
          JSON.stringify(one),
        ]);
      }
    }
    await sendSignal(statements, 'catalogue', 'published');
  });
  for (;;) {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Json;
    if (metadata.scopes_supported.includes(scope)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function setEdges(edges: readonly AgentEdge[]): Promise<void> {
  await database.run('delete from agent_edges');
  for (const { parent, child, actions, maxDepth } of edges) {
    await addEdge(database, clientNamed(parent), clientNamed(child), [...actions], maxDepth);
  }
}

async function approve({ details, scopes }: (typeof TASKS)[number]): Promise<Approved> {
  const answer = await tokenInBrowser(
    clientNamed('agt_a'),
    person,
    { authorization_details: detailsParameter(...details), scope: scopes.join(' ') || undefined },
    { ...HOUR, action_2: 'allow' },
  );
  const row = await database.first<{ edges: ApprovedEdge[] }>('select edges from tasks where id = $1', [
    answer.body.task_id,
  ]);
  const byScope = scopes.map((scope) => ({ type: DECLARED.find((one) => one.scope === scope)?.key ?? '', scope }));
  const actions = [...byScope, ...details].map(({ type, scope, ...parameters }: Json, position): TaskAction => {
    const { access, impact, resource } = declared(type, 1) as Declared;
    const via = scope === undefined ? {} : { viaScope: scope };
    return { action: type, version: 1, resource, parameters, ...via, access, impact, max_uses: null, position };
  });
  return {
    root: { ...rootOf(actions), authentication: { acr: 'pwd', auth_time: rootOf([]).issuedAt.getTime() / 1000 } },
    seen: (row?.edges ?? []).map((edge) => ({
      ...edge,
      parent: nameOf(edge.parent),
      child: nameOf(edge.child),
      carriesOwn: false,
    })),
    refreshToken: answer.body.refresh_token,
  };
}

/** The same task, five minutes anew. */
async function rootAgain(task: Approved): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: task.refreshToken };
  const answer = await clientNamed('agt_a').token(form);
  task.refreshToken = answer.body.refresh_token ?? task.refreshToken;
  return accessTokenIn(answer);
}
