import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';

import type { Database } from '../adapters/postgres/database.ts';
import { ask } from './protocol/support.ts';
import { type Api, acceptOffers, administrator, operator } from './support/admin.ts';
import { nameOf, operations, seen } from './support/admin-document.ts';
import { CALENDAR, type Json, newKey, READ, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { databaseOf } from './support/delegation.ts';
import { detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

/** What needs another server to answer: those tests hold it to the document as well. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'post /resource-claims/prove': 'test/claims.test.ts',
  'post /document-requests/allow': 'test/protocol/metadata-documents.test.ts',
  'post /sign-in-providers': 'test/federation.test.ts',
  'put /sign-in-providers/passwords': 'test/federation.test.ts',
  'put /sign-in-providers/{provider}/confirming': 'test/federation.test.ts',
  'put /sign-in-providers/{provider}/roles': 'test/federation.test.ts',
  'delete /sign-in-providers/{provider}': 'test/federation.test.ts',
};

let server: TestServer;
let database: Database;
let ada: Api;
let ben: Api;
let op: Api;
let agent: TestClient;
let child: TestClient;
let task: string;

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
  [ada, ben, op] = await Promise.all([
    administrator(server, 'admin@acme.example'),
    administrator(server, 'approver@acme.example'),
    operator(server),
  ]);
  agent = await registerAgent(server, { client_name: 'Meeting Helper' });
  child = await registerAgent(server, { client_name: 'Room Finder', agent_mode: 'sub_agent' });
  const token = await tokenInBrowser(agent, await signIn(server), {
    authorization_details: detailsParameter(readDetails()),
    resource: CALENDAR,
  });
  task = token.body.task_id;
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** What is asked for here is there, and well: the answer itself is looked at by whoever sends it (support/admin.ts). */
async function well(api: Api, method: string, path: string, body?: Json): Promise<Json> {
  const answer = await api(method, path, body);
  expect({ method, path, status: answer.status, body: answer.body }).toMatchObject({
    status: answer.status < 300 ? answer.status : 'done',
  });
  return answer.body;
}

test('organizations and people', async () => {
  await well(op, 'POST', '/organizations', { slug: 'initech', name: 'Initech', domains: ['initech.example'] });
  await well(op, 'PATCH', '/organizations/initech', { name: 'Initech Inc.' });
  for (const api of [op, ada]) {
    await well(api, 'GET', '/organizations');
    await well(api, 'GET', '/whoami');
    await well(api, 'GET', '/people');
  }
  const { id } = await well(ada, 'POST', '/people', {
    email: 'new@acme.example',
    name: 'Nora Noe',
    roles: ['auditor'],
  });
  await well(ada, 'POST', `/people/${id}/enrolment`, {});
  await well(ada, 'PUT', `/people/${id}/roles`, { roles: ['auditor', 'security'] });
  await well(ada, 'PUT', `/people/${id}/roles`, { roles: [] });
  await well(ada, 'POST', `/people/${id}/disable`, { reason: 'left' });
  await well(ada, 'POST', `/people/${id}/enable`, {});
  const recovery = await well(ada, 'POST', '/people/person@acme.example/passkey-recovery', { reason: 'lost them' });
  await well(ben, 'POST', `/passkey-recoveries/${recovery.id}/confirm`, {});
  const another = await well(ada, 'POST', '/people/person@acme.example/passkey-recovery', { reason: 'lost them' });
  await well(ben, 'POST', `/passkey-recoveries/${another.id}/cancel`, {});
  expect((await well(ada, 'GET', '/passkey-recoveries')).recoveries).toHaveLength(2);
});

test('registration', async () => {
  const people = { owner: 'owner@acme.example', deputy: 'admin@acme.example' };
  const token = await well(ada, 'POST', '/initial-access-tokens', people);
  const { initialAccessToken: _, ...demo } = server.demo;
  const pending = await registerAgent(
    { ...server, demo: { ...demo, initialAccessToken: token.initial_access_token } },
    { client_name: 'Trip Planner' },
  );
  await acceptOffers(server, pending.registration);
  await well(ada, 'POST', `/agents/${pending.registration.agent_id}/activate`, { reason: 'ready' });
  const unused = await well(ada, 'POST', '/initial-access-tokens', people);
  await well(ada, 'DELETE', `/initial-access-tokens/${unused.id}`);
  await well(ada, 'GET', '/initial-access-tokens?usable=true&owner=owner@acme.example');
  const { publicJwk } = await newKey();
  const web = { kind: 'application', name: 'Portal', redirect_uris: ['https://portal.acme.example/callback'] };
  await well(ada, 'POST', '/clients', { ...web, jwks: { keys: [publicJwk] } });
  await well(ada, 'POST', '/resource-claims', { resource: 'https://rooms.acme.example', name: 'Rooms' });
  await well(ada, 'GET', '/resource-claims?proven=false');

  // What its builder would change waits for its owner.
  const { publicJwk: other } = await newKey();
  const { registration_client_uri: uri, registration_access_token: held, ...metadata } = pending.registration;
  for (const name of ['agent_id', 'agent_status', 'agent_owner', 'organization', 'agent_expires_at'])
    delete metadata[name];
  const put = await fetch(uri, {
    method: 'PUT',
    headers: { authorization: `Bearer ${held}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...metadata, client_id_issued_at: undefined, jwks: { keys: [other] } }),
  });
  expect(await put.json()).toMatchObject({ pending_change: { waits_for: 'owner' } });
  const { changes } = await well(ada, 'GET', '/registration-changes');
  // Neither an administrator nor the operator is the agent: they may say no, and only its owner says yes.
  const waits = `/registration-changes/${changes[0].id}`;
  for (const api of [ben, op])
    expect(await api('POST', waits, { organization: 'acme', answer: 'approve' })).toMatchObject({
      status: 403,
      body: { reason: 'for_owner' },
    });
  const olga = await administrator(server, 'owner@acme.example');
  await well(olga, 'POST', waits, { answer: 'approve' });
});

test('agents, and what they are held to', async () => {
  const at = `/agents/${agent.registration.agent_id}`;
  const reason = 'a test';
  for (const path of ['/agents', at, `${at}/standing`, `${at}/explain`, '/agent-flags', '/agent-flags?flag=never_used'])
    await well(ada, 'GET', path);
  await well(ada, 'POST', `${at}/own-actions`, { actions: [] });
  await well(ada, 'POST', `${at}/client-secret`, { reason });
  await well(ada, 'POST', `${at}/client-secret/end`, { reason });
  const campaign = await well(ada, 'POST', '/review-campaigns', { name: 'Autumn', filter: 'status:active', days: 20 });
  await well(ada, 'POST', `${at}/review`, { verdict: 'confirm', reason });
  await well(ada, 'GET', '/review-campaigns');
  expect(await well(ada, 'GET', `/review-campaigns/${campaign.id}`)).toMatchObject({ settled: 1 });
  await well(ada, 'POST', `/review-campaigns/${campaign.id}/close`, {});
  await well(ada, 'POST', `${at}/offers`, { role: 'deputy', person: 'approver@acme.example' });
  for (const role of ['owner', 'deputy'])
    expect(await ben('POST', `${at}/offers`, { role, person: 'approver@acme.example' })).toMatchObject({
      status: 403,
      body: { reason: 'own_offer' },
    });
  const limits = { highest_impact: 'medium', chain_depth: 2 };
  await well(ada, 'PUT', '/blueprints', { name: 'Readers', limits });
  await well(ada, 'PUT', '/blueprints', { name: 'Calendar readers', parent: 'Readers', limits: { actions: [READ] } });
  await well(ada, 'GET', '/blueprints');
  await well(ada, 'DELETE', '/blueprints/Calendar readers');
  await well(ada, 'PUT', `${at}/limits`, { limits, blueprint: 'Readers', reason });
  await well(ada, 'PUT', `${at}/use-case`, { use_case: { people: 'all of Sales', apis: ['calendar'] } });
  for (const environment of ['production', null]) {
    await well(ada, 'PUT', `${at}/environment`, { environment, reason });
    await well(ada, 'GET', '/agents');
    await well(ada, 'GET', at);
  }
  const ends = { parent: agent.registration.agent_id, child: child.registration.agent_id };
  await well(ada, 'PUT', '/edges', { ...ends, actions: [READ], max_depth: 3 });
  await well(ada, 'PUT', '/edges', { ...ends, actions: [READ] }); // narrower: what went along it ends
  await well(ada, 'GET', '/edges');
  await well(ada, 'DELETE', '/edges', ends);
  await well(ada, 'POST', `/agents/${child.registration.agent_id}/retire`, { reason });
});

test('other issuers, and who is let in', async () => {
  const { publicJwk } = await newKey();
  const issuer = 'https://login.acme.example';
  const trusted = { issuer, name: 'Acme sign-in', profiles: ['identity'], jwks: { keys: [publicJwk] } };
  await well(ada, 'POST', '/trusted-issuers', { ...trusted, agents: [agent.registration.agent_id] });
  await well(ada, 'GET', '/trusted-issuers');
  const link = { issuer, subject: 'a1' };
  await well(ada, 'POST', '/upstream-identities', { ...link, person: 'owner@acme.example' });
  await well(ada, 'GET', '/upstream-identities?person=owner@acme.example');
  await well(ada, 'DELETE', '/upstream-identities', { ...link, reason: 'left' });
  await well(ada, 'DELETE', '/trusted-issuers', { issuer, reason: 'over' });
  const there = { agent: agent.registration.agent_id, authorization_server: 'https://as.example' };
  await well(ada, 'PUT', '/agents-elsewhere', { ...there, client_id: 'us' });
  await well(ada, 'GET', '/agents-elsewhere');
  await well(ada, 'DELETE', '/agents-elsewhere', there);
  const people = { owner: 'owner@acme.example', deputy: 'admin@acme.example' };
  await well(ada, 'PUT', '/document-policies', { domain: 'example.com', verdict: 'allow', ...people });
  await well(ada, 'GET', '/document-policies');
  await well(ada, 'DELETE', '/document-policies/example.com');
  await well(ada, 'GET', '/document-requests');
  await well(ada, 'GET', '/sign-in-providers');
  await well(ada, 'GET', `/sign-in-providers/addresses?issuer=${encodeURIComponent(issuer)}`);
});

test('how people hear of requests', async () => {
  const pair = { agent: agent.registration.agent_id, person: 'person@acme.example' };
  await well(ada, 'PUT', '/introductions', pair);
  expect((await well(ada, 'GET', '/introductions?person=person@acme.example')).introductions).toHaveLength(1);
  await well(ada, 'DELETE', '/introductions', pair);
  const { id } = await well(ada, 'POST', '/webhooks', { url: 'https://hooks.acme.example/x' });
  await well(ada, 'GET', '/webhooks');
  await well(ada, 'DELETE', `/webhooks/${id}`);
  await well(ada, 'PUT', '/backchannel', { tells_reason: true });
  await well(ada, 'GET', '/backchannel');
  await well(ada, 'GET', '/prompts');
  await well(ada, 'PUT', '/prompts/limits', { cool_off_minutes: 20 });
  await well(ada, 'GET', '/prompts/limits');
});

test('the catalogue', async () => {
  await well(ada, 'GET', '/catalogue');
  const { yaml } = await well(op, 'GET', `/catalogue/actions/${READ}`);
  for (const path of ['/catalogue/lint', '/catalogue/diff', '/catalogue/preview?language=de', '/catalogue'])
    await well(op, 'POST', path, yaml);
  const document = { openapi: '3.1.0', paths: { '/v1/rooms': { get: { operationId: 'listRooms' } } } };
  const resource = 'https://rooms.acme.example';
  await well(ada, 'POST', '/catalogue/draft', {
    resource,
    name: 'Rooms',
    owner: 'acme',
    source: 'openapi.json',
    document: JSON.stringify(document),
  });

  // What allows more than before waits for a second administrator.
  await database.run(
    `insert into resources (resource, organization, name) select $1, id, 'Rooms' from organizations where slug = 'acme'`,
    [resource],
  );
  const [shared] = parse(yaml);
  const [read] = shared.actions;
  const ours = (version: number, own: boolean) => {
    const { scope: _, ...action } = read;
    const named = { ...action, key: 'rooms.list.read', version, own };
    return stringify([{ resource, name: 'Rooms', owner: 'acme', actions: [named] }]);
  };
  const first = await op('POST', '/catalogue', ours(1, false));
  expect(first.body).toMatchObject({ published: 1 });
  for (const settle of ['remove', 'confirm'] as const) {
    expect(await ada('POST', '/catalogue', ours(2, true))).toMatchObject({ status: 409 });
    const { drafts } = await well(ada, 'GET', '/catalogue/drafts');
    const at = `/catalogue/drafts/${drafts[0].key}`;
    if (settle === 'remove') await well(ada, 'DELETE', at);
    else await well(ben, 'POST', at, { hash: drafts[0].hash });
  }
  await well(ada, 'GET', '/catalogue/actions/rooms.list.read');
});

test('rules of passkeys and of agents', async () => {
  await well(ada, 'PUT', '/passkey-rules', { device_bound: false });
  await well(ada, 'GET', '/passkey-rules');
  await well(ada, 'PUT', '/agent-rules', { review_days: 60 });
  await well(ada, 'GET', '/agent-rules');
});

test('policies and groups', async () => {
  await well(ada, 'PUT', '/groups', { name: 'Finance', members: ['owner@acme.example', 'person@acme.example'] });
  const { groups } = await well(ada, 'GET', '/groups');
  await well(ben, 'POST', '/groups/Finance/confirm', { hash: groups[0].waiting });
  await well(ada, 'DELETE', '/groups/Finance');

  const rule = (verdict: string) =>
    `rules:\n  - name: Reading\n    when: { actions: [${READ}] }\n    verdict: ${verdict}\n`;
  await well(ada, 'POST', '/policies/lint', rule('never'));
  await well(ada, 'POST', '/policies/effect', rule('never'));
  await well(ada, 'POST', '/policies', rule('never'));
  for (const settle of ['remove', 'confirm'] as const) {
    expect(await ada('POST', '/policies', rule('allow'))).toMatchObject({ status: 409 });
    const { proposal } = await well(ada, 'GET', '/policies');
    if (settle === 'remove') await well(ada, 'DELETE', '/policies/proposal');
    else await well(ben, 'POST', '/policies/proposal', { hash: proposal.hash });
  }
  await well(ada, 'POST', '/policies/try', {
    agent: agent.registration.agent_id,
    person: 'person@acme.example',
    action: READ,
    parameters: { from: '2026-11-24', to: '2026-11-28' },
  });
});

test('stops and evidence', async () => {
  const subject = agent.registration.agent_id;
  await well(ada, 'GET', `/evidence/chain/${task}`);
  await well(ada, 'GET', '/evidence?limit=500');
  await well(ada, 'GET', `/stops/effect?kind=agent&subject=${subject}`);
  const stop = await well(ada, 'POST', '/stops', { kind: 'agent', subject, reason: 'odd' });
  const asked = await well(ada, 'GET', '/approvals?q=is:allowed&limit=5');
  expect(asked.approvals).toContainEqual(
    expect.objectContaining({ actions: [READ], sentence: expect.stringContaining('calendar'), organization: 'acme' }),
  );
  await well(op, 'GET', '/approvals');
  await well(ada, 'GET', `/approvals/${asked.approvals[0].id}`);
  expect((await ask(await registerAgent(server))).status).toBe(200);
  const { approvals } = await well(ada, 'GET', '/approvals?q=is:waiting&limit=5');
  await well(ada, 'POST', `/approvals/${approvals[0].id}/deny`, { reason: 'odd' });
  const globex = await administrator(server, 'admin@globex.example');
  expect(await globex('GET', `/approvals/${asked.approvals[0].id}`)).toMatchObject({ status: 404 });
  await well(ada, 'GET', '/stops?kind=agent');
  for (const api of [ada, ben])
    await well(api, 'POST', `/stops/${stop.id}/resume`, { confirmation: 'Meeting Helper', reason: 'mended' });
  await well(ada, 'POST', '/stops', { kind: 'task', subject: task, reason: 'enough' });
  await well(ada, 'POST', `/agents/${subject}/suspend`, { reason: 'odd' });
  await well(ada, 'POST', `/agents/${subject}/resume`, { reason: 'mended' });
});

test('OpenAPI: of every endpoint some answer was seen, and it was what the document says', () => {
  const names = operations.map(nameOf);
  expect(names.filter((name) => !seen.has(name) && !(name in ELSEWHERE))).toEqual([]);
  expect(Object.keys(ELSEWHERE).filter((name) => !names.includes(name))).toEqual([]);
});
