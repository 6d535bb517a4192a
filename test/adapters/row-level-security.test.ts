import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { Database } from '../../adapters/postgres/database.ts';
import {
  ACCESS_TOKEN,
  CALENDAR,
  claimsOf,
  demoClient,
  EXCHANGE,
  inviteDetails,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
} from '../support/agent.ts';
import { addPasskey } from '../support/authenticator.ts';
import { approveWith, askInBrowser, financeAgent, refundDetails } from '../support/ceremony.ts';
import { authorizationUrl, detailsParameter, signIn, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
/** The owner of the tables, as the protocol path has it. */
let owner: pg.Client;
let acme: string;
let globex: string;
beforeAll(async () => {
  server = await startServer();
  database = new Database({ url: server.databaseUrl });
  owner = new pg.Client({ connectionString: server.databaseUrl });
  await owner.connect();
  const idOf = async (slug: string) =>
    (await owner.query('select id from organizations where slug = $1', [slug])).rows[0].id;
  [acme, globex] = [await idOf('acme'), await idOf('globex')];
  await tellStory();
});
afterAll(async () => {
  await owner?.end();
  await database?.close();
  await server?.close();
});

/** The tables of customer data, and the column that says whose a row is. */
const TABLES = [
  ['organizations', 'id'],
  ...[
    'catalogue_drafts',
    'people',
    'credentials',
    'passkeys',
    'passkey_recoveries',
    'sessions',
    'enrolments',
    'agents',
    'agent_changes',
    'agent_edges',
    'ownership_offers',
    'agent_use',
    'blueprints',
    'registration_changes',
    'document_policies',
    'document_requests',
    'resource_claims',
    'pauses',
    'clients',
    'initial_access_tokens',
    'policies',
    'policy_drafts',
    'prompt_limits',
    'unmutes',
    'trusted_issuers',
    'agents_elsewhere',
    'sign_in_providers',
    'mapped_roles',
    'recovery_codes',
    'approvals',
    'decisions',
    'screens',
    'tasks',
    'task_actions',
    'redemptions',
    'outcomes',
    'derived_grants',
    'issued_tokens',
    'stop_epochs',
    'stops',
    'stops_heard',
    'agent_drafts',
    'evidence',
    'evidence_contents',
    'outbox',
    'backchannel_settings',
    'user_codes',
    'notification_preferences',
    'push_subscriptions',
    'notification_targets',
    'introductions',
    'notifications',
    'notification_digests',
    'groups',
    'group_members',
    'client_secrets',
    'expiry_notices',
    'review_campaigns',
    'campaign_agents',
  ].map((table) => [table, 'organization'] as const),
] as const;
/** Those of the deployment itself that everybody may see: servers of shared resources. */
const SHARED: Record<string, string> = { clients: ` or organization = 'org_deployment'` };

/** What a page may remove of a table is less than all of its own rows: of credentials, who somebody is elsewhere. */
const REMOVABLE: Record<string, string> = { credentials: ` and kind = 'upstream'` };

const ANSWERS = { denied: '42501', refused: 'P0001' } as const;

/** What a statement within Globex that names no organization does: how many rows, or which code. */
async function within(sql: string, parameters: unknown[] = []): Promise<number | string> {
  let answer: number | string = 0;
  await database
    .within(globex, async (statements) => {
      answer = await statements.run(sql, parameters);
      throw new Error('undone');
    })
    .catch((error) => {
      if (error.message !== 'undone') answer = error.code;
    });
  return answer;
}

const count = async (table: string, condition: string): Promise<number> =>
  Number((await owner.query(`select count(*) from ${table} where ${condition}`)).rows[0].count);

/** What reads these tables with the reader's own eyes (security_invoker). */
const VIEWS = ['agent_use_now'] as const;

test.each(VIEWS)(
  '%s, a view within another organization: its own rows only, and none where none was set',
  async (view) => {
    expect(await count(view, `organization = '${acme}'`)).toBeGreaterThan(0);
    expect(await within(`select from ${view}`)).toBe(await count(view, `organization = '${globex}'`));
    expect(await within(`select from ${view} where organization = '${acme}'`)).toBe(0);
    await owner.query('begin; set local role countersign_pages');
    const { rows } = await owner.query(`select count(*)::int from ${view}`);
    await owner.query('rollback');
    expect(rows[0].count).toBe(0);
  },
);

describe.each(TABLES)('%s, within another organization, with the condition forgotten', (table, column) => {
  test('shows its own rows only', async () => {
    expect(await count(table, `${column} = '${acme}'`)).toBeGreaterThan(0); // there is something to hide
    const own = await count(table, `${column} = '${globex}'${SHARED[table] ?? ''}`);
    expect(await within(`select ${column} from ${table}`)).toBe(own);
  });

  test('changes and removes its own rows only, where it may at all', async () => {
    const own = await count(table, `${column} = '${globex}'`);
    expect([own, ANSWERS.denied]).toContain(await within(`update ${table} set ${column} = ${column}`));
    const removable = await count(table, `${column} = '${globex}'${REMOVABLE[table] ?? ''}`);
    expect([removable, ANSWERS.denied]).toContain(await within(`delete from ${table}`));
    expect(await within(`truncate ${table} cascade`)).toBe(ANSWERS.denied);
  });

  test('takes no row of another organization', async () => {
    const { rows } = await owner.query(`select to_jsonb(t) as row from ${table} t where ${column} = $1 limit 1`, [
      acme,
    ]);
    const insert = `insert into ${table} select (jsonb_populate_record(null::${table}, $1)).*`;
    // A task of high impact is looked at before: the decisions behind it cannot be seen from here.
    const allowed = table === 'tasks' ? [ANSWERS.denied, ANSWERS.refused] : [ANSWERS.denied];
    expect(allowed).toContain(await within(insert, [rows[0].row]));
  });

  test('gives no row away', async () => {
    const own = await count(table, `${column} = '${globex}'`);
    const answer = await within(`update ${table} set ${column} = $1`, [acme]);
    expect(answer).toBe(own === 0 && answer === 0 ? 0 : ANSWERS.denied);
  });

  test('shows nothing where no organization was set', async () => {
    await owner.query('begin; set local role countersign_pages');
    const { rows } = await owner.query(
      `select count(*)::int from ${table}${table === 'clients' ? ` where organization <> 'org_deployment'` : ''}`,
    );
    await owner.query('rollback');
    expect(rows[0].count).toBe(0);
  });
});

test('every table that pages can reach and that says whose a row is, is in the table above', async () => {
  const { rows } = await owner.query(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization' and not attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
       and has_any_column_privilege('countersign_pages', c.oid, 'select, insert, update') order by name`,
  );
  const known = [...TABLES.map(([table]) => table), ...VIEWS, 'resources'].filter((table) => table !== 'organizations');
  expect(rows.map(({ name }) => name)).toEqual(known.toSorted());
});

test('row-level security binds the owner of the tables too, but for what only the deployment edits', async () => {
  const { rows } = await owner.query(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and not relforcerowsecurity order by relname`,
  );
  expect(rows.map(({ relname }) => relname)).toEqual(['actions', 'resources']);
});

test("a resource and its actions are their organization's alone, unless they are shared", async () => {
  const resource = 'https://private.acme.example';
  await owner.query('insert into resources (resource, organization, name) values ($1, $2, $3)', [
    resource,
    acme,
    'Private',
  ]);
  await owner.query(`insert into actions (key, version, resource, document) values ('private.read', 1, $1, '{}')`, [
    resource,
  ]);
  const shared = await count('resources', 'organization is null');
  expect(shared).toBeGreaterThan(0);
  expect(await within('select * from resources')).toBe(shared);
  expect(await within(`select * from actions where resource = $1`, [resource])).toBe(0);
  expect([0, ANSWERS.denied]).toContain(await within('update resources set resource_server = null'));
});

describe('the role of the pages', () => {
  test('owns nothing, logs in nowhere, is above no rule and makes nothing', async () => {
    const { rows } = await owner.query(
      `select rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb,
              (select count(*)::int from pg_class where relowner = r.oid) as owns,
              (select count(*)::int from pg_auth_members where member = r.oid) as member_of
       from pg_roles r where rolname = 'countersign_pages'`,
    );
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcanlogin: false,
        rolcreaterole: false,
        rolcreatedb: false,
        owns: 0,
        member_of: 0,
      },
    ]);
    expect(await within('create table mine (id int)')).toBe(ANSWERS.denied);
  });

  test.each([
    'engine_artefacts',
    'replays',
    'signing_keys',
    'settings',
    'jobs',
    'rate_limits',
    'migrations',
    'issued_tokens_rest',
  ])('reads nothing in %s', async (table) => {
    expect(await within(`select * from ${table}`)).toBe(ANSWERS.denied);
  });

  test('says who somebody is at another issuer, and makes no other credential', async () => {
    const [one] = (await owner.query('select id from people where organization = $1', [globex])).rows;
    const insert = (kind: string) =>
      within(
        `insert into credentials (organization, person, id, kind, identifier, made_by) values ($1, $2, 'crd_x', '${kind}', '["https://x.example","1"]', 'test')`,
        [globex, one.id],
      );
    expect(await insert('upstream')).toBe(1);
    expect(await insert('passkey')).toBe(ANSWERS.denied);
    expect(await insert('password')).toBe(ANSWERS.denied);
    expect(await within(`delete from credentials where kind = 'password'`)).toBe(0);
  });

  test('reads no password hash, and hears no signal', async () => {
    expect(await within('select secret from credentials')).toBe(ANSWERS.denied);
    expect(await within('select value from signals')).toBe(ANSWERS.denied);
  });
});

describe('evidence is only ever added', () => {
  const CHANGES = ['update evidence set reason = null', 'delete from evidence', 'truncate evidence cascade'];

  test.each(CHANGES)('pages may not: %s', async (sql) => {
    expect(await within(sql)).toBe(ANSWERS.denied);
  });

  test.each(CHANGES)('nor may the owner: %s', async (sql) => {
    await expect(owner.query(sql)).rejects.toThrow(/is refused: it is a record/);
  });

  test('nor may anybody change an action that was published', async () => {
    for (const sql of [`update actions set document = '{}'`, 'delete from actions', 'truncate actions']) {
      await expect(owner.query(sql)).rejects.toThrow(/is refused: it is a record/);
    }
  });
});

test.each([`globex'; set local role postgres; select '`, `globex\\'; reset role; --`, '', 'ORGANIZATION'])(
  'whatever stands for an organization is a value: %j sees nothing',
  async (organization) => {
    const seen = await database.within(organization, async (statements) => [
      await statements.first(
        `select current_user as role, current_setting('countersign.organization') as organization`,
      ),
      await statements.rows('select from people'),
    ]);
    expect(seen).toEqual([{ role: 'countersign_pages', organization }, []]);
  },
);

/** Something of Acme's in every table. */
async function tellStory(): Promise<void> {
  const agent = await registerAgent(server);
  const child = await registerAgent(server, { client_name: 'Room Finder' });
  const [organization, parent] = [agent.registration.organization, agent.registration.agent_id];
  await owner.query('insert into agent_edges (organization, parent, child, actions) values ($1, $2, $3, $4)', [
    organization,
    parent,
    child.registration.agent_id,
    [READ],
  ]);
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  await owner.query(
    `insert into passkey_recoveries (organization, id, person, reason, asked_by)
     select $1, 'rec_1', p.id, 'test', a.id from people p, people a where p.email = 'person@acme.example' and a.email = 'admin@acme.example'`,
    [organization],
  );
  const finance = await financeAgent(server);
  await approveWith(person, (await askInBrowser(finance, person, refundDetails())).page, key);
  const details = detailsParameter(readDetails());
  const root = await tokenInBrowser(agent, person, { authorization_details: details });
  const exchange = { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN };
  const handOff = await agent.token({
    ...exchange,
    subject_token: root.body.access_token,
    requested_actor: child.registration.agent_id,
    authorization_details: details,
  });
  const handed = await child.token({ ...exchange, subject_token: handOff.body.access_token, resource: CALENDAR });
  if (handed.status !== 200) throw new Error(`hand-off: ${handed.status} ${JSON.stringify(handed.body)}`);

  const invite = await tokenInBrowser(
    agent,
    person,
    { authorization_details: detailsParameter(inviteDetails()), resource: CALENDAR },
    { decision: 'approve', duration: 'once', read: '1' },
  );
  const token = invite.body.access_token;
  // A page that is looked at and left.
  const waiting = await push(agent, {
    code_challenge: pkce().challenge,
    authorization_details: detailsParameter(inviteDetails({ title: 'Later' })),
  });
  await person.get(authorizationUrl(agent, waiting.body.request_uri));
  const resourceServer = await demoClient(server, 'resourceServer');
  const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const call = (path: string, body: unknown) =>
    fetch(`${server.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const { type: action, locations: _, ...parameters } = inviteDetails();
  const redeemed = await call('/redemptions', { token, action, parameters, idempotency_key: 'one' });
  const { jti } = claimsOf(token);
  const reported = await call('/outcomes', [
    { jti, action, decision: 'accepted', status: 'succeeded', request_id: 'one', at: new Date().toISOString() },
  ]);
  if (redeemed.status !== 201 || reported.status !== 202)
    throw new Error(`redemption: ${redeemed.status}, ${reported.status}`);

  await owner.query(
    `insert into ownership_offers (organization, id, agent, role, person, made_by)
     select organization, 'off_1', id, 'deputy', deputy, 'test' from agents where organization = $1 limit 1`,
    [organization],
  );
  await owner.query(
    `insert into blueprints (organization, id, name, made_by) values ($1, 'bpr_1', 'Readers', 'test')`,
    [organization],
  );
  await owner.query(
    `insert into registration_changes (organization, id, agent, client_id, proposed, before)
     select organization, 'chg_1', agent, client_id, '{}', '{}' from clients where organization = $1 and agent is not null limit 1`,
    [organization],
  );
  await owner.query(
    `insert into document_requests (organization, url, person) select organization, 'https://agent.example/client.json', owner from agents where organization = $1 limit 1`,
    [organization],
  );
  await owner.query(
    `insert into resource_claims (organization, resource, name, challenge, made_by, expires_at) values ($1, 'https://rooms.example', 'Rooms', 'c', 'test', now())`,
    [organization],
  );
  await owner.query(
    `insert into agent_use (organization, agent, action, used_at) select organization, id, $2, now() from agents where organization = $1 limit 1`,
    [organization, READ],
  );
  await owner.query(
    `insert into policies (organization, version, id, document, yaml, made_by) values ($1, 1, 'pol_1', '{"rules": []}', '', 'test')`,
    [organization],
  );
  for (const one of [organization, globex]) {
    await owner.query(
      `insert into credentials (organization, person, id, kind, identifier, made_by)
       select organization, id, 'crd_there', 'upstream', '["https://login.example","1"]', 'test' from people where organization = $1 limit 1`,
      [one],
    );
  }
  await owner.query(
    `insert into trusted_issuers (organization, issuer, name, jwks, algorithms, profiles, made_by)
     values ($1, 'https://login.example', 'Login', '{"keys": []}', '{ES256}', '{identity}', 'test')`,
    [organization],
  );
  await owner.query(
    `insert into agents_elsewhere (organization, authorization_server, agent, client_id, made_by)
     values ($1, 'https://as.example', $2, 'us', 'test')`,
    [organization, parent],
  );
  await owner.query(
    `insert into catalogue_drafts (organization, key, resource, yaml, proposed, saved_by)
     values ($1, $2, $3, 'key: draft', false, 'test')`,
    [organization, READ, CALENDAR],
  );

  await owner.query('insert into backchannel_settings (organization) values ($1)', [organization]);
  await owner.query(
    `insert into user_codes (organization, person, code_hash) select $1, id, sha256('x') from people where organization = $1 limit 1`,
    [organization],
  );
  await owner.query(
    `insert into policy_drafts (organization, yaml, proposed, saved_by) values ($1, '', false, 'test')`,
    [organization],
  );
  await owner.query(
    `insert into prompt_limits (organization, limits, changed_by) values ($1, '{}', 'test') on conflict do nothing`,
    [organization],
  );
  await owner.query(
    `insert into unmutes (organization, agent, person) select $1, $2, id from people where organization = $1`,
    [organization, parent],
  );
  for (const insert of [
    `insert into notification_preferences select organization, id, '{push}', 5, 'minimal', null, null, true, null, 30`,
    `insert into push_subscriptions (organization, id, person, endpoint_hash, sealed, host, name) select organization, 'dev_1', id, sha256('e'), 'x', 'h', 'Phone'`,
    `insert into notification_targets (organization, id, person, kind, sealed, host, made_by) select organization, 'trg_1', id, 'ntfy', 'x', 'h', 'test'`,
    `insert into introductions (organization, agent, person, by) select organization, '${parent}', id, 'test'`,
    `insert into groups (organization, id, name, made_by) select organization, 'grp_1', 'Finance', 'test'`,
    `insert into group_members (organization, of_group, person, added_by) select organization, 'grp_1', id, 'test'`,
    `insert into client_secrets (organization, id, client_id, secret_hash, reason, made_by, expires_at)
     select organization, 'sec_1', (select client_id from clients c where c.organization = $1 limit 1), sha256('x'), 'x', 'test', now()`,
    `insert into expiry_notices (organization, kind, subject, ends_at, days) select organization, 'credentials', 'x', now(), 14`,
    `insert into review_campaigns (organization, id, name, filter, started_by, due_at)
     select organization, 'rev_' || substr(md5(organization), 1, 8), 'x', '', 'test', now() + interval '1 day'`,
    `insert into campaign_agents (organization, campaign, agent)
     select organization, (select id from review_campaigns c where c.organization = $1 limit 1), '${parent}'`,
    `insert into notification_digests (organization, person) select organization, id`,
    `insert into notifications (organization, approval, channel, person, agent) select organization, 'apr_1', 'push', id, '${parent}'`,
  ]) {
    await owner.query(`${insert} from people where organization = $1 limit 1`, [organization]);
  }
  await owner.query(`insert into outbox (organization, kind, payload) values ($1, 'test', '{}')`, [organization]);
  await owner.query(
    `insert into sign_in_providers (organization, id, name, issuer, client_id, made_by)
     values ($1, 'idp_1', 'Login', 'https://login.example', 'us', 'test')`,
    [organization],
  );
  await owner.query(
    `insert into mapped_roles (organization, person, provider, roles, said)
     select organization, id, 'idp_1', '{}', '{}' from people where organization = $1 limit 1`,
    [organization],
  );
  await owner.query(
    `insert into recovery_codes (organization, person, code_hash)
     select organization, id, sha256('x') from people where organization = $1 limit 1`,
    [organization],
  );

  await owner.query(
    `insert into stops (organization, id, kind, subject, security, reason, stopped_by)
     values ($1, 'stp_' || substr(md5($1), 1, 8), 'agent', $2, true, 'test', 'test')`,
    [organization, child.registration.agent_id],
  );
  await owner.query(
    `insert into stops_heard (organization, stop, instance) select organization, id, 'ins_1' from stops where organization = $1 limit 1`,
    [organization],
  );
  await owner.query(
    `insert into agent_drafts (organization, id, made_by) values ($1, 'drf_' || substr(md5($1), 1, 8), 'test')`,
    [organization],
  );
  const pages = await person.get('/agents');
  const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec(pages.html)?.[1] ?? '';
  await person.post(`/agents/${child.registration.agent_id}/pause`, { csrf });
  await owner.query(
    `insert into pauses (organization, agent, person) select $1, $2, id from people where organization = $1 limit 1 on conflict do nothing`,
    [organization, child.registration.agent_id],
  );
  await owner.query(
    `insert into enrolments (token_hash, organization, person, made_by, expires_at)
     select sha256('link'), organization, id, 'test', now() + interval '1 hour' from people where organization = $1 limit 1`,
    [organization],
  );
}
