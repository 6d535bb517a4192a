import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Router from '@koa/router';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { Database } from '../adapters/postgres/database.ts';
import { sendSignal } from '../adapters/postgres/signals.ts';
import { makeConsole } from '../server/admin/console.ts';
import { consolePages } from '../server/admin/console-pages.ts';
import { ENDPOINTS } from '../server/admin/routes.ts';
import { roomsOf } from './catalogue/rooms.ts';
import { type Api, administrator, apiWith, commandLineRequest, operator, signInTo } from './support/admin.ts';
import { nameOf, type Operation } from './support/admin-document.ts';
import {
  type Answer,
  claimsOf,
  clientWith,
  type Json,
  newKey,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import { databaseOf } from './support/delegation.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: Database;
let document: Json;
let asAcme: Api & { token: Answer };
let asGlobex: Api;
let _asOperator: Api;
let agent: TestClient;
/** Answered for by others than `owner@acme.example`. */
let foreign: TestClient;
let by: Record<'admin' | 'security' | 'auditor' | 'owner', Api>;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  document = await (await fetch(`${server.issuer}/admin/api/openapi.json`)).json();
  [asAcme, asGlobex, _asOperator] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    administrator(server, 'admin@globex.example'),
    operator(server),
  ]);
  agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  for (const [role, email] of [
    ['security', 'approver@acme.example'],
    ['auditor', 'person@acme.example'],
  ])
    await database.run('update people set roles = $1 where email = $2', [[role], email]);
  by = {
    admin: asAcme,
    security: await administrator(server, 'approver@acme.example'),
    auditor: await administrator(server, 'person@acme.example'),
    owner: await administrator(server, 'owner@acme.example'),
  };
  await fill();
}, 120_000);
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** Every operation of the router, as somebody who has only the document would call it. */
const operations: readonly Operation[] = ENDPOINTS.map(([method, path]) => ({
  method,
  path: path.replace(/:([a-zA-Z]+)/g, '{$1}'),
}));
const operationOf = ({ method, path }: Operation): Json => document.paths[path]?.[method];

describe('the document', () => {
  test('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(document);
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('has every route of the router, and no other', () => {
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.toSorted()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).toSorted());
    const ids = Object.values(document.paths as Record<string, Json>).flatMap((methods) =>
      Object.values(methods as Json).map((operation) => (operation as Json).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(operations)('$method $path: its body is read by the schema that it shows', async (operation) => {
    const schema = operationOf(operation).requestBody?.content['application/json'].schema;
    if (operation.method === 'get') return;
    const answer = await call(asAcme, operation, { no_such_member: 1 });
    if (schema) {
      expect(answer.status).toBe(operatorOnly(operation) ? 403 : 400);
      if (!operatorOnly(operation)) expect(answer.body.detail).toContain('no_such_member is not a member');
    } else expect(answer.body.detail ?? '').not.toContain('not a member');
  });
});

describe('who may call it, from the document alone', () => {
  test.each(operations)('$method $path: nobody without a token', async (operation) => {
    expect(await call(apiWith(server, undefined), operation)).toMatchObject({
      status: 401,
      body: { reason: 'not_signed_in' },
    });
  });

  test.each(operations)('$method $path: nothing of another organization, in query, path or body', async (operation) => {
    const before = await stateOfAcme();
    for (const one of [
      call(asGlobex, operation, bodyOf(operation)),
      call(asGlobex, operation, bodyOf(operation), 'acme'),
    ]) {
      const { status, body } = await one;
      expect({ status, body: JSON.stringify(body) }).toEqual({
        status: expect.any(Number),
        body: expect.not.stringMatching(/Olga Marin|Ada Lind|Meeting Helper/),
      });
      if (status < 300) expect(JSON.stringify(body)).not.toContain(agent.registration.organization);
      // Each of these names something that is there, in acme.
      if (operation.path.includes('{') && operation.path !== '/catalogue/actions/{action}')
        expect({ status, heard: status < 300 }).toEqual({ status, heard: false });
    }
    expect(await stateOfAcme()).toEqual(before);
  });

  const rolesOf = (operation: Operation): string[] => operationOf(operation)['x-roles'];
  const changing = (role: string) =>
    operations.filter((one) => one.method !== 'get' && rolesOf(one).includes(role)).map(nameOf);

  test('what others than administrators may send is on a list that somebody wrote down', () => {
    const asks = ['lint', 'diff', 'draft', 'preview'].map((what) => `post /catalogue/${what}`);
    asks.push(...['lint', 'effect', 'try'].map((what) => `post /policies/${what}`));
    const keeps = [
      'post /agents/{agent}/suspend',
      'post /approvals/{approval}/deny',
      'post /stops',
      'post /stops/{stop}/resume',
    ];
    expect(changing('auditor').toSorted()).toEqual(asks.toSorted());
    expect(changing('security').toSorted()).toEqual([...asks, ...keeps].toSorted());
    const moves = ['activate', 'suspend', 'resume', 'retire', 'review'].map((move) => `post /agents/{agent}/${move}`);
    expect(changing('owner').toSorted()).toEqual(
      [...moves, 'post /registration-changes/{change}', 'post /stops'].toSorted(),
    );
    const admins = new Set(changing('admin'));
    expect(changing('operator').filter((name) => !admins.has(name))).toEqual([
      'post /organizations',
      'patch /organizations/{organization}',
    ]);
  });

  const roles = ['admin', 'security', 'auditor', 'owner'] as const;
  test.each(operations.flatMap((operation) => roles.map((role) => ({ ...operation, role }))))(
    '$method $path by $role: as the document says',
    async ({ role, ...operation }) => {
      const { status, body } = await call(by[role], operation, {});
      const refused = ['role_missing', 'operator_only'].includes(body.reason);
      expect({ status: refused ? status : 'heard', detail: body.detail }).toEqual({
        status: rolesOf(operation).includes(role) ? 'heard' : 403,
        detail: body.detail,
      });
    },
  );

  test.each(operations.flatMap((operation) => roles.map((role) => ({ ...operation, role }))))(
    '$method $path by $role of another organization: nothing',
    async ({ role, ...operation }) => {
      const { status, body } = await call(by[role], operation, bodyOf(operation), 'globex');
      expect(JSON.stringify(body)).not.toMatch(/Gail Reyes|Gus Park|@globex/);
      if (operation.path.includes('{') && operation.path !== '/catalogue/actions/{action}')
        expect({ status, heard: status < 300 }).toEqual({ status, heard: false });
    },
  );

  describe('whoever answers for an agent', () => {
    test('sees these alone; another one is not there, whether there is one or not', async () => {
      const { agents } = (await by.owner('GET', '/agents')).body;
      expect(agents.map(({ name }: Json) => name)).toContain('Meeting Helper');
      expect(agents.map(({ name }: Json) => name)).not.toContain('Ledger');
      const flags = (await by.owner('GET', '/agent-flags')).body.agents;
      expect(flags.map(({ name }: Json) => name)).not.toContain('Ledger');
      const at = `/agents/${foreign.registration.agent_id}`;
      const missing = (method: string, path: string, body?: Json) =>
        by.owner(method, path, body).then(({ status, body }) => [status, body.reason]);
      for (const path of [at, `${at}/standing`, `${at}/explain`, '/agents/Ledger'])
        expect(await missing('GET', path)).toEqual([404, 'not_found']);
      for (const move of ['activate', 'suspend', 'resume', 'retire'])
        expect(await missing('POST', `${at}/${move}`, { reason: 'x' })).toEqual([404, 'not_found']);
      expect(await missing('POST', `${at}/review`, { verdict: 'retire', reason: 'x' })).toEqual([404, 'not_found']);
      const subject = foreign.registration.agent_id;
      expect(await missing('POST', '/stops', { kind: 'agent', subject, reason: 'x' })).toEqual([404, 'not_found']);
      expect(await missing('GET', `/stops/effect?kind=agent&subject=${subject}`)).toEqual([404, 'not_found']);
      for (const kind of ['organization', 'owner', 'resource', 'person', 'token', 'task'])
        expect(await missing('POST', '/stops', { kind, subject, reason: 'x' })).toEqual([403, 'not_yours']);
    });

    test('suspends and resumes as its owner, and does not bring back what an administrator suspended', async () => {
      const at = `/agents/${agent.registration.agent_id}`;
      const move = (api: Api, what: string) => api('POST', `${at}/${what}`, { reason: 'x' });
      expect(await move(by.owner, 'suspend')).toMatchObject({ status: 200 });
      expect((await by.admin('GET', at)).body.changes.at(-1)).toMatchObject({ to: 'suspended', role: 'owner' });
      expect(await move(by.owner, 'resume')).toMatchObject({ status: 200 });
      expect(await move(by.admin, 'suspend')).toMatchObject({ status: 200 });
      expect(await move(by.owner, 'resume')).toMatchObject({ status: 409, body: { reason: 'not_yours' } });
      expect(await move(by.admin, 'resume')).toMatchObject({ status: 200 });
      const review = await by.owner('POST', `${at}/review`, { verdict: 'confirm', reason: 'as it is' });
      expect(review).toMatchObject({ status: 200, body: { verdict: 'confirm' } });
    });

    test('stops one of theirs at once; it takes others to let it go again', async () => {
      const subject = (await registerAgent(server, { client_name: 'Short-lived' })).registration.agent_id;
      const stopped = await by.owner('POST', '/stops', { kind: 'agent', subject, reason: 'odd' });
      expect(stopped).toMatchObject({ status: 200, body: { kind: 'agent', subject, tokens: [] } });
      const path = `/stops/${stopped.body.id}/resume`;
      expect(await by.owner('POST', path, { confirmation: 'Short-lived', reason: 'x' })).toMatchObject({
        status: 403,
        body: { reason: 'role_missing' },
      });
    });

    test('and has lost the rest of their hour when they answer for nothing any more', async () => {
      const answersFor = (email: string) =>
        database.run(`update agents set deputy = (select id from people where email = $1) where id = $2`, [
          email,
          foreign.registration.agent_id,
        ]);
      await answersFor('approver@acme.example');
      const deputy = await withRole('auditor');
      await database.run(`update people set roles = '{}' where email = 'approver@acme.example'`);
      expect(await deputy('GET', '/whoami')).toMatchObject({ status: 200, body: { kind: 'owner', roles: [] } });
      await answersFor('dora@acme.example');
      expect(await deputy('GET', '/whoami')).toMatchObject({ status: 403, body: { reason: 'not_an_administrator' } });
      await withRole('security');
    });
  });

  test('a token that may read only reads', async () => {
    const reads = await operator(server, 'admin.read');
    expect(await reads('GET', '/agents?organization=acme')).toMatchObject({ status: 200 });
    expect(await reads('POST', '/stops', { kind: 'organization', subject: 'acme', reason: 'x' })).toMatchObject({
      status: 403,
      body: { reason: 'insufficient_scope' },
      headers: expect.anything(),
    });
  });
});

describe('the key behind the token', () => {
  test('RFC 9449 §5 the command line gets no token without a proof of its key', async () => {
    const request = commandLineRequest(server);
    const person = browserOf(server.issuer, 'admin@acme.example');
    const back = await signInTo(person, await person.get(request.path), server);
    expect(await request.redeem(back, { bound: false })).toMatchObject({ status: 400 });
  });

  test.each(operations)('RFC 9449 §7 $method $path: a stolen token opens nothing', async (operation) => {
    const token = asAcme.token.body.access_token;
    const { jwk } = await newKey();
    const another = await clientWith(server, 'thief', jwk);
    for (const api of [apiWith(server, token), apiWith(server, token, another)])
      expect(await call(api, operation, bodyOf(operation))).toMatchObject({ status: 401 });
  });

  test('one that is bound to nothing, as an older key of the operator would get, opens nothing either', async () => {
    const token = (await administrator(server, 'admin@acme.example')).token.body.access_token;
    await database.run('update issued_tokens set bound_to = null where jti = $1', [claimsOf(token).jti]);
    const answer = await apiWith(server, token)('GET', '/agents');
    expect(answer).toMatchObject({ status: 401, body: { reason: 'key_required' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token", algs=/);
  });
});

test('RFC 9470 what cannot be taken back asks for a sign-in of the last minutes', async () => {
  const api = await administrator(server, 'admin@acme.example');
  await database.run(
    `update issued_tokens set authentication = jsonb_set(authentication, '{auth_time}', to_jsonb(extract(epoch from now())::int - 400)) where kind = 'root' or kind = 'leaf'`,
  );
  const retired = await api('POST', `/agents/${agent.registration.agent_id}/retire`, { reason: 'x' });
  expect(retired).toMatchObject({ status: 401, body: { reason: 'insufficient_user_authentication' } });
  expect(retired.headers.get('www-authenticate')).toMatch(/insufficient_user_authentication", max_age="300"/);
  // Stopping never waits for anything.
  const subject = (await registerAgent(server)).registration.agent_id;
  expect(await api('POST', '/stops', { kind: 'agent', subject, reason: 'x' })).toMatchObject({ status: 200 });
});

describe('Idempotency-Key', () => {
  const body = { owner: 'owner@acme.example', deputy: 'admin@acme.example' };
  const post = async (key: string, more: Json = {}, api: Api = asAcme) =>
    api('POST', '/initial-access-tokens', { ...body, ...more }, { 'idempotency-key': key });
  const count = async () =>
    Number((await database.first<{ n: string }>('select count(*) as n from initial_access_tokens'))?.n);

  test('twenty at once are done once, and all who are answered are answered alike', async () => {
    asAcme = await administrator(server, 'admin@acme.example');
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('the-same')));
    expect((await count()) - before).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(
      new Set([201, ...answers.map(({ status }) => status)]),
    );
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const again = await post('the-same');
    expect(again.body).toEqual(answers.find(({ status }) => status === 201)?.body);
    expect((await count()) - before).toBe(1);
  });

  test('another request with the same key is refused; another caller’s key is another key', async () => {
    expect(await post('the-same', { uses: 7 })).toMatchObject({
      status: 422,
      body: { reason: 'idempotency_key_reused' },
    });
    const before = await count();
    expect(await post('the-same', { organization: 'acme' }, await operator(server))).toMatchObject({
      status: 201,
    });
    expect((await count()) - before).toBe(1);
    expect(await post('x'.repeat(201))).toMatchObject({ status: 400 });
  });

  test('a refusal is answered again as it was, and the answer is nowhere in clear', async () => {
    const refused = await post('refused', { owner: 'nobody@acme.example' });
    expect([refused.status, (await post('refused', { owner: 'nobody@acme.example' })).status]).toEqual([404, 404]);
    const made = await post('secret');
    const rows = await database.rows<{ sealed: string }>(
      'select sealed from idempotent_requests where sealed is not null',
    );
    expect(JSON.stringify(rows)).not.toContain(made.body.initial_access_token);
  });
});

describe('entity tags', () => {
  const send = (method: string, path: string, headers: Record<string, string>, body?: Json) =>
    asAcme(method, path, body, headers);

  test('RFC 9110 §13.1 what was not changed is not sent again; what was is not overwritten', async () => {
    asAcme = await administrator(server, 'admin@acme.example');
    const path = `/agents/${agent.registration.agent_id}`;
    const etag = (await send('GET', path, {})).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(await send('GET', path, { 'if-none-match': etag })).toMatchObject({ status: 304 });
    const suspend = (headers: Record<string, string>) => send('POST', `${path}/suspend`, headers, { reason: 'x' });
    expect(await suspend({ 'if-match': '"another"' })).toMatchObject({
      status: 412,
      body: { reason: 'changed_meanwhile' },
    });
    expect(await suspend({ 'if-match': etag })).toMatchObject({ status: 200 });
    expect(await send('POST', `${path}/resume`, { 'if-match': etag }, { reason: 'x' })).toMatchObject({ status: 412 });
    expect(await send('POST', `${path}/resume`, { 'if-match': '*' }, { reason: 'x' })).toMatchObject({ status: 200 });
  });

  test('the tag covers what an agent is held to; a thing without an address of its own has that of its list', async () => {
    const path = `/agents/${agent.registration.agent_id}`;
    const before = (await send('GET', path, {})).headers.get('etag') ?? '';
    const put = (headers: Record<string, string>, chain_depth: number) =>
      send('PUT', `${path}/limits`, headers, { limits: { chain_depth }, reason: 'x' });
    expect(await put({ 'if-match': before }, 3)).toMatchObject({ status: 200 });
    expect(await put({ 'if-match': before }, 4)).toMatchObject({ status: 412 });
    expect(await send('PUT', '/blueprints', {}, { name: 'Tagged', limits: {} })).toMatchObject({ status: 200 });
    const list = (await send('GET', '/blueprints', {})).headers.get('etag') ?? '';
    const remove = (tag: string) => send('DELETE', '/blueprints/Tagged', { 'if-match': tag });
    expect(await remove('"another"')).toMatchObject({ status: 412 });
    expect(await remove(list)).toMatchObject({ status: 200 });
  });

  test('what was done once and asked for again is answered as the first time, though it changed by that', async () => {
    const path = `/agents/${agent.registration.agent_id}`;
    const tag = (await send('GET', path, {})).headers.get('etag') ?? '';
    const headers = { 'if-match': tag, 'idempotency-key': 'suspended-once' };
    const [first, again] = [
      await send('POST', `${path}/suspend`, headers, { reason: 'x' }),
      await send('POST', `${path}/suspend`, headers, { reason: 'x' }),
    ];
    expect([first.status, again.status, again.body]).toEqual([200, 200, first.body]);
    expect(await send('POST', `${path}/resume`, {}, { reason: 'x' })).toMatchObject({ status: 200 });
  });

  test('pages of a list are opaque cursors, and filters are those of the console', async () => {
    for (let n = 0; n < 3; n++) await registerAgent(server, { client_name: `Helper ${n}` });
    const first = await asAcme('GET', '/agents?q=helper&sort=-name&limit=2');
    const second = await asAcme('GET', `/agents?q=helper&sort=-name&limit=2&after=${first.body.next}`);
    const names = [...first.body.agents, ...second.body.agents].map(({ name }: Json) => name);
    expect(names).toEqual(names.toSorted((a: string, b: string) => b.localeCompare(a)));
    expect(new Set([...first.body.agents, ...second.body.agents].map(({ id }: Json) => id)).size).toBe(names.length);
    expect(await asAcme('GET', '/agents?q=colour:red')).toMatchObject({ status: 400 });
    expect(await asAcme('GET', '/agents?nonsense=1')).toMatchObject({ status: 400 });
  });
});

describe('pages of the console, and whoever is of another organization', () => {
  /** Every one there is: mounted on nothing, only to be read. */
  const nothing: never = new Proxy(() => {}, { get: () => nothing }) as never;
  const router = new Router();
  consolePages(router, makeConsole(nothing), nothing);
  const routes = router.stack.flatMap(({ methods, path }) =>
    methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })),
  );

  /** One of everything that an address names, all of acme and of nobody else. */
  const named: Record<string, string> = {};
  let [ada, gail, gus]: TestPerson[] = [];
  let secret: RegExp;
  beforeAll(async () => {
    const everyRole = ['admin', 'security', 'auditor', 'approver'];
    await database.run(`update people set roles = $1 where email like 'admin@%'`, [everyRole]);
    [ada, gail, gus] = await Promise.all(
      ['admin@acme.example', 'admin@globex.example', 'person@globex.example'].map((email) => signIn(server, email)),
    );
    const { registration, clientId } = agent;
    await database.run(
      `insert into resources (resource, organization, name) select 'https://rooms.example', id, 'Rooms' from organizations where slug = 'acme'`,
    );
    await sendSignal(database, 'catalogue', 'published'); // until every instance knows that it is there
    while ((await asAcme('POST', '/catalogue', roomsOf('https://rooms.example', 'acme', 'rooms.read'))).status !== 200);
    Object.assign(named, {
      agent: registration.agent_id,
      client: clientId,
      stop: VALUES.stop,
      draft: /drf_[0-9a-f]+/.exec((await ada?.get('/admin/agents/new'))?.url ?? '')?.[0],
      step: '1',
      campaign: VALUES.campaign,
      key: 'rooms.read',
      person: 'dora@acme.example',
      task: (
        await database.first<{ id: string }>('select id from tasks where organization = $1 limit 1', [
          registration.organization,
        ])
      )?.id,
    });
    const { organization } = registration;
    secret = new RegExp(
      `Olga Marin|Ada Lind|Anna Berg|Dora Deputy|Meeting Helper|Ledger|Stopped Helper|Readers|read the rooms|${organization}`,
    );
  });
  /** What forms and filters would name, of acme. */
  const fields = () => ({
    ...named,
    kind: 'agent',
    subject: named.agent ?? '',
    person: 'owner@acme.example',
    owner: 'owner@acme.example',
    deputy: 'admin@acme.example',
    members: 'owner@acme.example',
    name: 'Finance',
    group: VALUES.group ?? '',
    rule: 'Reading',
    confirm: VALUES.recovery ?? '',
    domain: 'example.com',
    resource: 'https://rooms.example',
    action: 'rooms.read',
    actions: 'calendar.events.read',
    verdict: 'confirm',
    confirmation: 'Stopped Helper',
    reason: 'because',
    yaml: 'rules: []',
    url: 'https://agent.acme.example/client.json',
    q: 'owner:owner@acme.example',
    organization: 'acme',
  });
  const csrfIn = (page: PageAnswer | undefined) => /name="csrf" value="([^"]*)"/.exec(page?.html ?? '')?.[1];
  const addressOf = (path: string): string =>
    path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(named[name] ?? `unknown-${name}`));

  test('there are pages, and each name in an address is one that is filled in here', () => {
    expect(routes.length).toBeGreaterThan(50);
    const names = new Set(routes.flatMap(({ path }) => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name)));
    expect([...names].toSorted()).toEqual(Object.keys(named).toSorted());
  });

  test.each(routes.filter(({ method, path }) => method === 'GET' && path.includes(':')))(
    '$path is there for its own administrator',
    async ({ path }) => {
      const page = await ada?.get(`${addressOf(path)}?${new URLSearchParams(fields())}`);
      expect([page?.status, secret.test(page?.html ?? '')]).toEqual([200, true]);
    },
  );

  test.each(routes)('$method $path: not there for another, with nothing of it in a word', async ({ method, path }) => {
    const [before, sent] = [await stateOfAcme(), fields()];
    const look = async (visitor: TestPerson | undefined) => {
      const csrf = method === 'POST' && csrfIn(await visitor?.get('/settings/security'));
      const page = csrf
        ? await visitor?.post(addressOf(path), { ...sent, csrf })
        : await visitor?.get(`${addressOf(path)}?${new URLSearchParams(sent)}`);
      return { says: secret.exec(page?.html ?? 'Ada Lind')?.[0], status: page?.status };
    };
    const [administrator, anybody] = await Promise.all([look(gail), look(gus)]);
    expect(anybody).toEqual({ says: undefined, status: 403 });
    expect(administrator).toEqual({ says: undefined, status: path.includes(':') ? 404 : expect.any(Number) });
    expect(await stateOfAcme()).toEqual(before);
  });
});

const operatorOnly = (operation: { method: string; path: string }): boolean =>
  /^For the operator/.test(operationOf(operation).description);

async function call(api: Api, { method, path }: { method: string; path: string }, body?: Json, organization?: string) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(VALUES[name] ?? 'none'));
  return api(
    method.toUpperCase(),
    organization === undefined ? filled : `${filled}?organization=${organization}`,
    method === 'get' ? undefined : { ...(organization !== undefined && { organization }), ...body },
  );
}

/** One of everything that an address names, all of acme. */
async function fill(): Promise<void> {
  const make = async (method: string, path: string, body: Json) => {
    const made = await asAcme(method, path, body);
    if (made.status >= 300) throw new Error(`${path}: ${JSON.stringify(made.body)}`);
    return made.body;
  };
  const { id: deputy } = await make('POST', '/people', { email: 'dora@acme.example', name: 'Dora Deputy' });
  const people = { owner: 'admin@acme.example', deputy };
  const token = await make('POST', '/initial-access-tokens', { ...people, status: 'active', uses: 2 });
  foreign = await registerAgent(
    { ...server, demo: { ...server.demo, initialAccessToken: token.initial_access_token } },
    { client_name: 'Ledger', dpop_bound_access_tokens: true },
  );
  VALUES.id = token.id;
  VALUES.blueprint = (await make('PUT', '/blueprints', { name: 'Readers', limits: {} })).name;
  VALUES.domain = (await make('PUT', '/document-policies', { domain: 'example.com', verdict: 'deny' })).domain;
  VALUES.webhook = (await make('POST', '/webhooks', { url: 'https://hooks.acme.example/x' })).id;
  VALUES.group = (await make('PUT', '/groups', { name: 'Finance', members: ['owner@acme.example'] })).name;
  const recovery = await make('POST', '/people/owner@acme.example/passkey-recovery', { reason: 'lost' });
  VALUES.recovery = recovery.id;
  VALUES.campaign = (await make('POST', '/review-campaigns', { name: 'Autumn', filter: 'status:active', days: 20 })).id;
  const subject = (await registerAgent(server, { client_name: 'Stopped Helper' })).registration.agent_id;
  VALUES.stop = (await make('POST', '/stops', { kind: 'agent', subject, reason: 'odd' })).id;
}

const VALUES: Record<string, string> = {
  get agent() {
    return agent.registration.agent_id;
  },
  organization: 'acme',
  person: 'owner@acme.example',
};

/** A body that fits the schema as far as one can know without knowing what it means. */
function bodyOf(operation: { method: string; path: string }): Json {
  const schema = operationOf(operation).requestBody?.content['application/json'].schema;
  if (!schema) return {};
  return Object.fromEntries(schema.required.map((name: string) => [name, exampleOf(schema.properties[name], name)]));
}

function exampleOf(schema: Json, name: string): Json {
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return schema.minItems > 0 ? [exampleOf(schema.items, name)] : [];
  if (schema.type === 'object')
    return Object.fromEntries(
      (schema.required ?? []).map((one: string) => [one, exampleOf(schema.properties[one], one)]),
    );
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return schema.minimum ?? 1;
  if (schema.format === 'uri') return 'https://example.com/';
  if (schema.format === 'email') return 'new@globex.example';
  if (['agent', 'parent', 'child', 'subject'].includes(name)) return agent.registration.agent_id;
  return ['owner', 'person'].includes(name) ? 'owner@acme.example' : name === 'deputy' ? 'admin@acme.example' : 'none';
}

/** Everything of acme that an administrator can change. */
async function stateOfAcme(): Promise<Json> {
  const tables = [
    'agents',
    'agent_edges',
    'people',
    'initial_access_tokens',
    'trusted_issuers',
    'stops',
    'stop_epochs',
    'clients',
    'blueprints',
    'document_policies',
    'notification_targets',
    'introductions',
    'passkey_recoveries',
    'groups',
    'group_members',
    'policies',
    'policy_drafts',
    'catalogue_drafts',
    'agent_drafts',
    'review_campaigns',
    'resource_claims',
    'ownership_offers',
    'registration_changes',
  ];
  const digests = tables.map(
    (table) =>
      `select '${table}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${table} t
       where organization = (select id from organizations where slug = 'acme')`,
  );
  return database.rows(`${digests.join(' union all ')} order by name`);
}

async function withRole(role: string): Promise<Api> {
  await database.run('update people set roles = $1 where email = $2', [[role], 'approver@acme.example']);
  return administrator(server, 'approver@acme.example');
}
