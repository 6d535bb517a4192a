import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { publishCatalogue } from '../../adapters/postgres/catalogue.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { StopKind } from '../../server/agents/liveness.ts';
import { parseCatalogue } from '../../server/catalogue/catalogue.ts';
import {
  CALENDAR,
  claimsOf,
  demoClient,
  type Json,
  newKey,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  addClient,
  addEdge,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  introspect,
  leafToken,
  organizationOf,
  registerAgentAt,
  revoke,
  rootToken,
  serveWith,
  stop,
} from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const REPORTS = 'https://reports.acme.example';
const LEDGER = 'https://ledger.acme.example';
const VAULT = 'https://vault.globex.example';

/** Reports lead to the ledger: to reading it, to more than that by mistake of its owner, and not back. */
const catalogueFor = (globex: string, reportVersion: number, further: string) => `
- resource: ${REPORTS}
  name: Acme Reports
  owner: deployment
  actions:
    - ${reading('reports.summary.read', 'reports', { version: reportVersion, scope: 'reports.read' })}
      compare: { from: date-from, to: date-to, account: limit, rows: count-max }
      downstream: [ledger.entries.read, ledger.entries.export, ledger.entry.update, ledger.entry.mark, ledger.holders.read, vault.items.read${further}]
    - ${reading('reports.draft.read', 'drafts', {})}
      compare: { from: date-from, to: date-to, account: limit, rows: count-max }
    - ${updating('reports.note.update', 'note')}
      downstream: [ledger.entry.update]
- resource: ${LEDGER}
  name: Acme Ledger
  owner: deployment
  actions:
    - ${reading('ledger.entries.read', 'entries', { scope: 'ledger.read' })}
      compare: { from: date-from, to: date-to, account: limit, rows: count-max }
      downstream: [reports.draft.read]
    - ${reading('ledger.holders.read', 'holders', {})}
      compare: { from: date-to, to: date-from, account: limit, rows: count-max }
    - ${reading('ledger.balance.read', 'balances', {})}
      compare: { from: date-from, to: date-to, account: limit, rows: count-max }
    - ${exporting('ledger.entries.export')}
    - ${updating('ledger.entry.update', 'entry')}
    - ${updating('ledger.entry.mark', 'mark', 'low')}
- resource: ${VAULT}
  name: Globex Vault
  owner: ${globex}
  actions:
    - ${reading('vault.items.read', 'items', { scope: 'vault.read' })}
      compare: { from: date-from, to: date-to, account: limit, rows: count-max }
`;

const parameters = `{ type: string, minLength: 1, maxLength: 60, x-label: Account, x-format: text }`;
const reading = (
  key: string,
  what: string,
  { version = 1, scope }: { version?: number; scope?: string },
) => `key: ${key}
      version: ${version}
      verb: read
      ${scope ? `scope: ${scope}` : 'own: false'}
      parameters:
        type: object
        additionalProperties: false
        dependentRequired: { from: [to], to: [from] }
        properties:
          from: { type: string, format: date, x-label: From, x-format: date }
          to: { type: string, format: date, x-label: To, x-format: date }
          account: ${parameters}
          rows: { type: integer, minimum: 1, maximum: 1000, x-label: Rows, x-format: count }
      critical: [from, to]
      headline: "read ${what}[ of “{account}”][ for {from..to}|, all dates]"
      button: Allow reading
      effect: Reads only
      facts:
        what: Read ${what}[, up to {rows|count:row,rows}]
        system: "{@system}, {@email}"
        data: "[Account “{account}”|All accounts], [{from..to|full} only|all dates]"
        changes: Nothing. It cannot create, change or send
        impact: It will see what is booked
      reversible: true
      level: { default: low }
      durations: { default: once, max: P1D }
      samples: [{ from: "2026-11-24", to: "2026-11-28", account: Rent, rows: 5 }, {}]`;
const exporting = (key: string) => `key: ${key}
      version: 1
      verb: export
      parameters:
        type: object
        additionalProperties: false
        required: [account]
        properties: { account: ${parameters} }
      compare: { account: limit }
      critical: [account]
      headline: "export {account}"
      button: Approve export
      effect: Copies bookings out
      undo: Cannot be recalled
      facts:
        what: Copy the bookings out
        system: "{@system}, {@email}"
        data: "Account {account}"
        changes: "Nothing in {@system}; makes a copy elsewhere"
        impact: Bookings leave the ledger
      reversible: false
      level: { default: high }
      durations: { default: once, max: PT10M }
      samples: [{ account: Rent }]`;
const updating = (key: string, what: string, level = 'medium') => `key: ${key}
      version: 1
      verb: update
      parameters:
        type: object
        additionalProperties: false
        required: [account]
        properties: { account: ${parameters} }
      compare: { account: equal }
      critical: [account]
      headline: "change the ${what} of {account}"
      button: Allow change
      effect: Changes a ${what}
      undo: Can be changed back
      facts:
        what: Change one ${what}
        system: "{@system}, {@email}"
        data: "Account {account}"
        changes: Yes, one ${what} is changed
        impact: Others see the new ${what}
      reversible: true
      level: { default: ${level} }
      durations: { default: once, max: PT1H }
      samples: [{ account: Rent }]`;

const report = (more: Json = {}) => ({
  type: 'reports.summary.read',
  from: '2026-11-01',
  to: '2026-11-30',
  account: 'Rent',
  rows: 50,
  ...more,
});
const entries = (more: Json = {}) => ({
  type: 'ledger.entries.read',
  from: '2026-11-01',
  to: '2026-11-30',
  account: 'Rent',
  rows: 50,
  ...more,
});
const note = (more: Json = {}) => ({ type: 'reports.note.update', account: 'Rent', ...more });
const ask = (...details: Json[]) => ({ resource: LEDGER, authorization_details: detailsParameter(...details) });

const invalidRequest = { status: 400, body: { error: 'invalid_request' } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };
const invalidDetails = { status: 400, body: { error: 'invalid_authorization_details' } };
const invalidTarget = { status: 400, body: { error: 'invalid_target' } };
const invalidScope = { status: 400, body: { error: 'invalid_scope' } };

let server: TestServer;
let database: Database;
let globex: string;
let person: TestPerson;
let agent: TestClient;
let reports: TestClient;
let ledger: TestClient;
let leaf: string;
/** The agent of all tests asks for these. */
const TYPES = [
  'ledger.entries.read',
  'reports.summary.read',
  'reports.draft.read',
  'reports.note.update',
  'calendar.events.read',
];

const supported = async (): Promise<string[]> => {
  const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
  return ((await response.json()) as Json).scopes_supported;
};
const publish = (version: number, further = ''): Promise<number> =>
  publishCatalogue(database, parseCatalogue(catalogueFor(globex, version, further)));
/** What is published reaches the server by a signal, a moment later. */
async function until(happened: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await happened()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not happen');
}

beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  globex = await organizationOf(database, 'globex');
  await publish(1);
  await until(async () => (await supported()).includes('reports.read'));
  person = await signIn(server);
  [agent, reports, ledger] = await Promise.all([
    registerAgent(server, { authorization_details_types: TYPES }),
    addClient(server, database, 'resource_server'),
    addClient(server, database, 'resource_server'),
  ]);
  await serveWith(database, REPORTS, reports);
  await serveWith(database, LEDGER, ledger);
  await serveWith(database, VAULT, ledger);
  leaf = await leafToken(agent, person, [report()], { resource: REPORTS });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

describe('the server of a resource goes further with the token it received', () => {
  test('the declared action, for the same person, by the same agent, bound to the server’s own key', async () => {
    const answer = await exchange(reports, leaf, ask(entries()));
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    const token = accessTokenIn(answer);
    expect(claimsOf(token)).toMatchObject({
      aud: LEDGER,
      sub: claimsOf(leaf).sub,
      client_id: reports.clientId,
      act: claimsOf(leaf).act,
      cnf: { jkt: reports.jkt },
      task_id: claimsOf(leaf).task_id,
      authorization_details: [{ ...entries(), access: 'read', impact: 'low', locations: [LEDGER] }],
    });
    expect(claimsOf(token).exp).toBeLessThanOrEqual(claimsOf(leaf).exp);
    expect(await introspect(ledger, token)).toMatchObject({ active: true, act: claimsOf(leaf).act });
    expect(await introspect(agent, token)).toEqual({ active: false });
    // And once more from there, as its own actions say; an action that says nothing leads nowhere.
    expect(
      await exchange(ledger, token, {
        resource: REPORTS,
        authorization_details: detailsParameter({
          type: 'reports.draft.read',
          from: '2026-11-02',
          to: '2026-11-03',
          account: 'Rent',
          rows: 1,
        }),
      }),
    ).toMatchObject({ status: 200 });
    expect(
      await exchange(ledger, token, { resource: REPORTS, authorization_details: detailsParameter(report()) }),
    ).toMatchObject(invalidDetails);
  });

  test('a change leads to a change', async () => {
    const writing = await leafToken(agent, person, [note()], { resource: REPORTS });
    expect(await exchange(reports, writing, ask({ type: 'ledger.entry.update', account: 'Rent' }))).toMatchObject({
      status: 200,
      body: { authorization_details: [{ access: 'write', impact: 'medium' }] },
    });
    expect(await exchange(reports, writing, ask({ type: 'ledger.entry.update', account: 'Other' }))).toMatchObject(
      invalidDetails,
    );
  });

  test('a task that was approved without limits leads to the declared scope; one with limits does not', async () => {
    const free = accessTokenIn(await tokenInBrowser(agent, person, { scope: 'reports.read', resource: REPORTS }, HOUR));
    expect(await exchange(reports, free, { resource: LEDGER, scope: 'ledger.read' })).toMatchObject({
      status: 200,
      body: { scope: 'ledger.read' },
    });
    expect(await exchange(reports, leaf, { resource: LEDGER, scope: 'ledger.read' })).toMatchObject(invalidDetails);
  });
});

describe('and never wider', () => {
  const without = (details: Json, ...names: string[]) =>
    Object.fromEntries(Object.entries(details).filter(([name]) => !names.includes(name)));

  test.each<[what: string, form: Json, answer: object]>([
    ['an earlier day', ask(entries({ from: '2026-10-31' })), invalidDetails],
    ['a later day', ask(entries({ to: '2026-12-01' })), invalidDetails],
    ['the days left out', ask(without(entries(), 'from', 'to')), invalidDetails],
    ['the account left out', ask(without(entries(), 'account')), invalidDetails],
    ['another account', ask(entries({ account: 'Salaries' })), invalidDetails],
    ['the number of rows left out', ask(without(entries(), 'rows')), invalidDetails],
    ['more rows', ask(entries({ rows: 51 })), invalidDetails],
    ['a scope, which says no limits', { resource: LEDGER, scope: 'ledger.read' }, invalidDetails],
    ['a scope beside the details', { ...ask(entries()), scope: 'ledger.read' }, invalidDetails],
    ['a scope of another resource', { resource: LEDGER, scope: 'calendar.read' }, invalidTarget],
    ['a scope nobody knows', { resource: LEDGER, scope: 'ledger.everything' }, invalidScope],
    ['a change, from reading', ask({ type: 'ledger.entry.update', account: 'Rent' }), invalidDetails],
    ['a change of low impact, from reading', ask({ type: 'ledger.entry.mark', account: 'Rent' }), invalidDetails],
    ['high impact, from low', ask({ type: 'ledger.entries.export', account: 'Rent' }), invalidDetails],
    ['an action that is not declared', ask({ ...entries(), type: 'ledger.balance.read' }), invalidDetails],
    ['an action whose days mean the opposite', ask({ ...entries(), type: 'ledger.holders.read' }), invalidDetails],
    ['one of two objects is wider', ask(entries(), entries({ rows: 51 })), invalidDetails],
    ['nothing asked', { resource: LEDGER }, invalidScope],
    ['no resource', { authorization_details: detailsParameter(entries()) }, invalidTarget],
    [
      'another resource than the action’s',
      { resource: CALENDAR, authorization_details: detailsParameter(entries()) },
      invalidTarget,
    ],
    ['its own resource', { resource: REPORTS, authorization_details: detailsParameter(report()) }, invalidTarget],
    ['this server', { resource: 'ISSUER', authorization_details: detailsParameter(entries()) }, invalidTarget],
    [
      'another organization’s resource, which the catalogue even names',
      { resource: VAULT, authorization_details: detailsParameter({ ...entries(), type: 'vault.items.read' }) },
      invalidDetails,
    ],
    ['another organization’s scope', { resource: VAULT, scope: 'vault.read' }, invalidScope],
    ['a child', { ...ask(entries()), requested_actor: 'agt_0' }, invalidRequest],
  ])('%s is refused', async (_, form, answer) => {
    const events = await eventsOf(database, async () => {
      expect(
        await exchange(reports, leaf, form.resource === 'ISSUER' ? { ...form, resource: server.issuer } : form),
      ).toMatchObject(answer);
    });
    // The evidence is the person's organization's, and names the server that tried.
    expect(events).toMatchObject([
      {
        type: 'token.refused',
        organization: claimsOf(leaf).org_id,
        application: reports.clientId,
        agent: agent.registration.agent_id,
        person: claimsOf(leaf).sub,
        task: claimsOf(leaf).task_id,
        jti: claimsOf(leaf).jti,
      },
    ]);
  });

  test('an action of the task that says nothing of it lends it nothing: two halves make no whole', async () => {
    const two = await leafToken(
      agent,
      person,
      [report({ account: 'Rent', rows: 1 }), { ...report({ account: 'Rent', rows: 900 }), type: 'reports.draft.read' }],
      { resource: REPORTS },
    );
    expect(await exchange(reports, two, ask(entries({ rows: 900 })))).toMatchObject(invalidDetails);
    expect(await exchange(reports, two, ask(entries({ rows: 1 })))).toMatchObject({ status: 200 });
  });

  test('the second presented action serves where the first does not reach', async () => {
    const two = await leafToken(agent, person, [report({ account: 'Food' }), report({ account: 'Fuel' })], {
      resource: REPORTS,
    });
    expect(await exchange(reports, two, ask(entries({ account: 'Fuel' })))).toMatchObject({ status: 200 });
    expect(await exchange(reports, two, ask(entries({ account: 'Rent' })))).toMatchObject(invalidDetails);
  });

  test('the presented token is the ceiling, not the task behind it', async () => {
    const narrow = accessTokenIn(
      await exchange(agent, leaf, { authorization_details: detailsParameter(report({ rows: 5 })) }),
    );
    expect(await exchange(reports, narrow, ask(entries({ rows: 6 })))).toMatchObject(invalidDetails);
    expect(await exchange(reports, narrow, ask(entries({ rows: 5 })))).toMatchObject({ status: 200 });
  });

  test('only by the server of that resource, and only with the token that was for it', async () => {
    const further = accessTokenIn(await exchange(reports, leaf, ask(entries())));
    const calendar = await demoClient(server, 'resourceServer');
    for (const client of [ledger, calendar, agent]) {
      expect((await exchange(client, leaf, ask(entries()))).status).toBe(400);
    }
    expect(await exchange(reports, further, ask(entries()), { dpop: false })).toMatchObject(invalidGrant);
    expect(await exchange(calendar, further, ask(entries()))).toMatchObject(invalidRequest);
    const other = await leafToken(agent, person, [readDetails()]);
    expect(await exchange(reports, other, ask(entries()))).toMatchObject(invalidRequest);
  });

  test('TX-05: what was bound does not become a bearer token', async () => {
    expect(await exchange(reports, leaf, ask(entries()), { dpop: false })).toMatchObject(invalidGrant);
    const { jwk } = await newKey();
    const token = accessTokenIn(await exchange(reports, leaf, ask(entries()), { key: jwk }));
    // The server is its holder now, with that key, and may narrow it.
    expect(await exchange(reports, token, ask(entries({ rows: 1 })))).toMatchObject(invalidGrant);
    expect(await exchange(reports, token, ask(entries({ rows: 1 })), { key: jwk })).toMatchObject({ status: 200 });
    expect(await exchange(reports, token, ask(entries({ rows: 51 })), { key: jwk })).toMatchObject(invalidDetails);
  });

  test('a server that holds a token of the chain does not hand it to the agent’s children', async () => {
    const child = await registerAgent(server, { client_name: 'Child' });
    await addEdge(database, agent, child, ['reports.summary.read', 'ledger.entries.read']);
    // The agent itself may hand on both; what the server holds is one of them.
    const root = await rootToken(agent, person, report({ account: 'Handed' }), entries({ account: 'Handed' }));
    const mine = accessTokenIn(await exchange(agent, root, { resource: REPORTS }));
    const token = accessTokenIn(await exchange(reports, mine, ask(entries({ account: 'Handed' }))));
    const form = { requested_actor: child.registration.agent_id };
    expect(await exchange(reports, token, form)).toMatchObject(invalidRequest);
    expect(await exchange(agent, root, { ...form, resource: LEDGER })).toMatchObject({ status: 200 });
  });
});

describe('a stop reaches what went further', () => {
  const further = async () => accessTokenIn(await exchange(reports, leaf, ask(entries())));

  test('revoking the presented token; another one of the same task goes on', async () => {
    const mine = accessTokenIn(await exchange(agent, leaf));
    const [token, sibling] = [accessTokenIn(await exchange(reports, mine, ask(entries()))), await further()];
    await revoke(agent, mine);
    expect(await introspect(ledger, token)).toEqual({ active: false });
    expect(await introspect(ledger, sibling)).toMatchObject({ active: true });
    expect(await exchange(reports, mine, ask(entries()))).toMatchObject(invalidRequest);
  });

  test('the server itself may give up what it got, and ends nothing else', async () => {
    const token = await further();
    await revoke(reports, token);
    expect(await introspect(ledger, token)).toEqual({ active: false });
    expect(await introspect(reports, leaf)).toMatchObject({ active: true });
  });

  test.each<[what: string, kind: StopKind, subject: (token: string) => Promise<string> | string, leafLives: boolean]>([
    ['its derived grant', 'grant', async (token) => (await grantOf(token)).id, true],
    ['the server that went further', 'client', () => reports.clientId, true],
    ['the resource that it came through', 'resource', () => REPORTS, false],
  ])('a stop of %s', async (what, kind, subject, leafLives) => {
    const mine = await leafToken(agent, person, [report({ account: what })], { resource: REPORTS });
    const unrelated = await leafToken(agent, person, [readDetails({ calendar: what })]);
    const token = accessTokenIn(await exchange(reports, mine, ask(entries({ account: what }))));
    expect(await grantOf(token)).toMatchObject({
      client_id: reports.clientId,
      agent: null,
      task: claimsOf(mine).task_id,
    });
    await stop(database, claimsOf(mine).org_id, kind, await subject(token));
    expect(await introspect(ledger, token)).toEqual({ active: false });
    expect((await introspect(reports, mine)).active).toBe(leafLives);
    expect(await introspect(agent, unrelated)).toMatchObject({ active: true });
  });

  const grantOf = async (token: string): Promise<Json> =>
    database.first(
      `select g.* from derived_grants g join issued_tokens t on t.jti = $1 and 'grant:' || g.id = t.lineage[cardinality(t.lineage)]`,
      [claimsOf(token).jti],
    );
});

test('an organization’s own resource is its own agents’ to ask for, root to leaf, and nobody else’s', async () => {
  const [theirs, gus] = await Promise.all([
    registerAgentAt(server, database, 'globex', { authorization_details_types: ['vault.items.read'] }),
    signIn(server, 'person@globex.example'),
  ]);
  const items = { ...entries(), type: 'vault.items.read' };
  const root = await rootToken(theirs, gus, items);
  const narrower = { resource: VAULT, authorization_details: detailsParameter({ ...items, rows: 1 }) };
  expect(await exchange(theirs, root, narrower)).toMatchObject({
    status: 200,
    body: { authorization_details: [{ rows: 1 }] },
  });
  expect(await exchange(agent, await rootToken(agent, person, report({ account: 'Vault' })), narrower)).toMatchObject(
    invalidDetails,
  );
});

test('what a later version declares was approved by nobody', async () => {
  const fresh = await registerAgent(server, { authorization_details_types: TYPES, client_name: 'Versions' });
  await database.run('delete from stop_epochs');
  const before = await leafToken(fresh, person, [report({ account: 'Old' })], { resource: REPORTS });
  await publish(2, ', ledger.balance.read');
  const balance = (account: string) => ({ ...entries({ account }), type: 'ledger.balance.read' });
  // A question that is asked when the server has heard of it leads to the new action.
  await until(async () => {
    const after = await leafToken(fresh, person, [report({ account: 'New' })], { resource: REPORTS });
    if ((await exchange(reports, after, ask(balance('New')))).status === 200) return true;
    await database.run('delete from task_actions where task = $1', [claimsOf(after).task_id]);
    return false;
  });
  expect(await exchange(reports, before, ask(balance('Old')))).toMatchObject(invalidDetails);
  // And what was approved under the first version goes on as it was approved.
  expect(await exchange(reports, before, ask(entries({ account: 'Old' })))).toMatchObject({ status: 200 });
});
