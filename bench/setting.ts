import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

import { createDatabase } from '../adapters/postgres/create-database.ts';
import { startEmbedded } from '../adapters/postgres/embedded.ts';
import { type Browser, hiddenOf, signIn } from './browser.ts';
import { authentication, type BenchClient, CHALLENGE, CIBA, clientWith, keyFrom, newKey, REDIRECT } from './client.ts';
import { form, send } from './load.ts';
import { freePort, type MeasuredServer, startMeasured } from './server.ts';

export type Variant = 'floor' | 'ours' | 'bare';
export const VARIANTS: readonly Variant[] = ['floor', 'ours', 'bare'];

export const CALENDAR = 'https://calendar.acme.example';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const READ = 'calendar.events.read';
const PERIOD = { from: '2026-11-24', to: '2026-11-28' };

/** Connections per pool, to each server and from each server to the database. */
export const CONNECTIONS = 10;

/** One server of the product, its database and its people. */
export interface Product {
  databaseUrl: string;
  server: MeasuredServer;
  admin: pg.Client;
  demo: { initialAccessToken: string; resourceServer: { client_id: string; jwk: object } };
  person: Browser;
  rows: ReturnType<typeof rowsOf>;
  /** Another instance of the same issuer, on the same database. */
  beside(more?: Record<string, string>): Promise<MeasuredServer>;
  /** Its `DATA_DIR`. */
  home: string;
  /** An agent, registered for bearer tokens or for bound ones. */
  register(bound: boolean): Promise<BenchClient>;
}

/** Three servers, one database, and everybody who takes part. */
export interface Setting {
  product: Product;
  /** Another server of the product, on a database of its own. */
  another(database: string): Promise<Product>;
  servers: Record<Variant, MeasuredServer>;
  /** The superuser's connection: reads counters, makes rows that stand for many approvals. */
  admin: pg.Client;
  /** Who the measured servers connect as. */
  role: string;
  postgres: { version: string; filesystem: string };
  /** Whether a commit waits for the disk. Off while CPU is measured: waiting costs none, and there is less of it to sit out. */
  waitForDisk(on: boolean): Promise<void>;
  person: Browser;
  agents: {
    /** Registered for bearer tokens, which the demonstration's initial access token allows. */
    plain: BenchClient;
    /** Registered for bound tokens. */
    bound: BenchClient;
    /** Asks real questions; holds no other task. */
    asker: BenchClient;
  };
  resourceServer: BenchClient;
  /** `auth_req_id`s that a person has approved, each with a task of its own: copies of one real approval. */
  approved(agent: BenchClient, count: number, resources?: readonly string[]): Promise<string[]>;
  /** `auth_req_id`s that wait for a person. */
  pending(agent: BenchClient, count: number): Promise<string[]>;
  /** Authorization codes, each with a task of its own. */
  codes(agent: BenchClient, count: number): Promise<string[]>;
  /** Access tokens, each of a fresh task: for the calendar, or the root when `resources` is empty. */
  tokens(agent: BenchClient, count: number, resources?: readonly string[]): Promise<string[]>;
  /** The approval behind a question just asked. */
  approvalOf(authReqId: string): Promise<string>;
  close(): Promise<void>;
}

export async function makeSetting(root: string): Promise<Setting> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    // On the disk of the checkout and durable, because what is measured includes commits that wait.
    mkdirSync(join(root, '.data'), { recursive: true });
    const dataDir = mkdtempSync(join(root, '.data', 'bench-'));
    closers.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const embedded = await startEmbedded({
      dataDir,
      durable: true,
      ephemeral: true,
      settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'top' },
    });
    closers.push(() => embedded.stop());
    const role = 'countersign';
    /** The product on a database of its own. */
    const startProduct = async (database: string, home: string): Promise<Product> => {
      await createDatabase(embedded.url('postgres'), database);
      const databaseUrl = embedded.url(database, role);
      const admin = new pg.Client({ connectionString: embedded.url(database) });
      await admin.connect();
      closers.push(() => admin.end());
      await admin.query('create extension pg_stat_statements');
      const password = randomBytes(12).toString('base64url');
      const port = await freePort();
      const env = {
        ISSUER: `http://localhost:${port}`,
        MANAGEMENT_PORT: '0',
        DATABASE_URL: databaseUrl,
        DATA_DIR: home,
        DEMO: '1',
        DEMO_PASSWORD: password,
        COUNTERSIGN_LOG_LEVEL: 'error',
        COUNTERSIGN_DATABASE_POOL_SIZE: String(CONNECTIONS),
        COUNTERSIGN_EXCHANGES_PER_MINUTE: '1000000', // one task is exchanged as fast as it goes
      };
      const server = await startMeasured('../server/main.js', {
        port,
        connections: CONNECTIONS,
        env,
      });
      closers.push(() => server.stop());
      const demo = JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8'));
      await admin.query(ASK_FREELY, [UNLIMITED]);
      const person = await signIn(server.issuer, 'person@acme.example', password);
      return {
        databaseUrl,
        server,
        admin,
        demo,
        person,
        register: (bound) => registerAgent(server.issuer, demo.initialAccessToken, bound),
        rows: rowsOf(admin, server, person),
        home,
        async beside(more = {}) {
          const other = await startMeasured('../server/main.js', {
            port: await freePort(),
            issuer: server.issuer,
            connections: CONNECTIONS,
            env: { ...env, DEMO: '0', ...more },
          });
          closers.push(() => other.stop());
          return other;
        },
      };
    };
    const product = await startProduct('countersign', dataDir);
    const { databaseUrl, server: ours, admin, demo, person, register } = product;
    const resourceServer = clientWith(demo.resourceServer.client_id, keyFrom(demo.resourceServer.jwk));
    const agents = { plain: await register(false), bound: await register(true), asker: await register(true) };
    await admin.query(`update agents set own_actions = $1`, [[READ]]); // as an admin would mark them

    const floorPort = await freePort();
    const { keys: tokenKeys } = (await (await fetch(`${ours.issuer}/jwks`)).json()) as { keys: object[] };
    const floor = await startMeasured('floor-server.js', {
      port: floorPort,
      connections: CONNECTIONS,
      configuration: { databaseUrl, poolSize: CONNECTIONS, tokenIssuer: ours.issuer, tokenKeys },
    });
    closers.push(() => floor.stop());
    const bare = await startMeasured('bare-server.js', {
      port: await freePort(),
      connections: CONNECTIONS,
      configuration: {
        resource: CALENDAR,
        clients: [agents.plain, agents.bound, resourceServer].map((client) => ({
          client_id: client.id,
          jwk: client.jwk,
          boundTokens: client.bound,
        })),
      },
    });
    closers.push(() => bare.stop());

    const { approved, pending, codes, tokens, approvalOf } = product.rows;
    return {
      product,
      another: (database) => {
        const home = join(dataDir, database);
        mkdirSync(home);
        return startProduct(database, home);
      },
      servers: { floor, ours, bare },
      admin,
      role,
      postgres: { version: embedded.version, filesystem: filesystemOf(embedded.home) },
      async waitForDisk(on) {
        await admin.query(`alter system set fsync = ${on ? 'on' : 'off'}`);
        await admin.query('select pg_reload_conf()');
        await sleep(200); // every process of the server reads it when it next does something
      },
      person,
      agents,
      resourceServer,
      approved,
      pending,
      codes,
      tokens,
      approvalOf,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function registerAgent(issuer: string, initialAccessToken: string, bound: boolean): Promise<BenchClient> {
  const key = newKey();
  const response = await fetch(`${issuer}/reg`, {
    method: 'POST',
    headers: { authorization: `Bearer ${initialAccessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Measured Helper',
      agent_purpose: 'Is measured',
      grant_types: ['authorization_code', 'client_credentials', CIBA, EXCHANGE],
      redirect_uris: [REDIRECT],
      application_type: 'native',
      jwks: { keys: [key.jwk] },
      authorization_details_types: [READ, 'calendar.invitations.send'],
      dpop_bound_access_tokens: bound,
    }),
  });
  const body = (await response.json()) as { client_id: string };
  if (response.status !== 201) throw new Error(`registration answered ${response.status}: ${JSON.stringify(body)}`);
  return clientWith(body.client_id, key, bound);
}

/** A benchmark asks one person more than anybody should be asked. */
const ASK_FREELY = `insert into prompt_limits (organization, limits, changed_by) select id, $1, 'bench' from organizations
  on conflict (organization) do update set limits = excluded.limits`;
const EVERYBODY = { pair: 10_000_000, agent: 10_000_000, person: 10_000_000, organization: 10_000_000 };
const UNLIMITED = {
  cool_off_minutes: 0,
  mute_after_denials: 10_000_000,
  mute_after_expiries: 10_000_000,
  fast_decisions: 0, // a machine decides here, faster than anybody reads
  open: EVERYBODY,
  hourly: EVERYBODY,
};

/** One real request is asked and approved per agent; the rows for thousands more are copies of its rows. */
function rowsOf(admin: pg.Client, ours: MeasuredServer, person: Browser) {
  const templates = new Map<string, string>();

  async function templateOf(agent: BenchClient): Promise<string> {
    let template = templates.get(agent.id);
    if (template === undefined) {
      const { authReqId, number } = await ask(ours, agent, { type: READ, locations: [CALENDAR], ...PERIOD });
      template = await approvalOf(authReqId);
      await decide(person, template, { duration: 'PT1H', number });
      templates.set(agent.id, template);
    }
    return template;
  }

  async function approvalOf(authReqId: string): Promise<string> {
    const { rows } = await admin.query('select id from approvals where auth_req_id_hash = $1', [sha256(authReqId)]);
    if (!rows[0]) throw new Error('no approval has this auth_req_id');
    return rows[0].id;
  }

  async function copies(agent: BenchClient, count: number, approval: object): Promise<string[]> {
    const series = randomBytes(8).toString('hex');
    const template = await templateOf(agent);
    await admin.query('begin');
    await admin.query(COPY_TASKS, [template, series, count]);
    await admin.query(COPY_TASK_ACTIONS, [template, series, count]);
    await admin.query(COPY_APPROVALS, [template, series, count, JSON.stringify(approval)]);
    await admin.query('commit');
    return Array.from({ length: count }, (_, index) => `${series}-${index + 1}`);
  }

  const approved = (agent: BenchClient, count: number, resources: readonly string[] = [CALENDAR]) =>
    copies(agent, count, { resources });

  return {
    approvalOf,
    templateOf,
    approved,
    /** Approves what this agent asks from behind now, and collects it: a token of one real task. */
    async token(agent: BenchClient, details: object, resource?: string) {
      const { authReqId, number } = await ask(ours, agent, details, resource);
      await decide(person, await approvalOf(authReqId), { duration: 'PT1H', number });
      return collect(ours, agent, authReqId);
    },
    pending: (agent: BenchClient, count: number) =>
      copies(agent, count, { status: 'pending', task: null, decided_at: null, decision: null, decision_hash: null }),
    async codes(agent: BenchClient, count: number) {
      const codes = await approved(agent, count);
      const now = Math.floor(Date.now() / 1000);
      await admin.query(ADD_CODES, [
        codes,
        codes.map(sha256),
        JSON.stringify({
          kind: 'AuthorizationCode',
          iat: now,
          exp: now + 3600,
          clientId: agent.id,
          codeChallenge: CHALLENGE,
          codeChallengeMethod: 'S256',
          redirectUri: REDIRECT,
          resource: [CALENDAR],
        }),
      ]);
      return codes;
    },
    async tokens(agent: BenchClient, count: number, resources?: readonly string[]) {
      const authReqIds = await approved(agent, count, resources);
      return Promise.all(authReqIds.map((authReqId) => collect(ours, agent, authReqId)));
    },
  };
}

/** Asks from behind. */
export async function ask(ours: MeasuredServer, agent: BenchClient, details: object, resource: string = CALENDAR) {
  const { status, body } = await send(ours, {
    path: '/backchannel',
    ...form({
      ...authentication(agent, ours),
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: JSON.stringify([details]),
      resource,
    }),
  });
  if (status !== 200) throw new Error(`/backchannel answered ${status}: ${body}`);
  const { auth_req_id: authReqId, display_code: number } = JSON.parse(body);
  return { authReqId: authReqId as string, number: number as string };
}

/** The person decides on the page of the approval. Resolves when the decision is answered, which is after its commit. */
export async function decide(
  person: Browser,
  approval: string,
  { duration, number }: { duration: string; number: string },
  before: () => void = () => {},
): Promise<void> {
  const page = await person.get(`/r/${approval}`);
  before();
  await person.post(`/r/${approval}`, { ...hiddenOf(page), decision: 'approve', duration, number, read: '1' });
}

async function collect(ours: MeasuredServer, agent: BenchClient, authReqId: string): Promise<string> {
  const { status, body } = await send(ours, {
    path: '/token',
    ...form(
      { ...authentication(agent, ours), grant_type: CIBA, auth_req_id: authReqId },
      agent.bound ? { DPoP: agent.proof(`${ours.issuer}/token`) } : {},
    ),
  });
  if (status !== 200) throw new Error(`/token answered ${status}: ${body}`);
  return JSON.parse(body).access_token;
}

const sha256 = (value: string): Buffer => createHash('sha256').update(value).digest();

function filesystemOf(path: string): string {
  const TMPFS = 0x01021994;
  return statfsSync(path).type === TMPFS ? 'memory (tmpfs)' : 'disk';
}

const SERIES = 'generate_series(1, $3::int) as series(i)';
const TASK_ID = `'tsk_' || md5($2 || series.i)`;

const COPY_TASKS = `
  insert into tasks
  select made.* from approvals a join tasks t on t.id = a.task, ${SERIES},
    jsonb_populate_record(null::tasks, to_jsonb(t) || jsonb_build_object(
    'id', ${TASK_ID}, 'bound_to', null, 'expires_at', now() + interval '8 hours')) as made
  where a.id = $1`;

const COPY_TASK_ACTIONS = `
  insert into task_actions
  select made.* from approvals a join task_actions t on t.task = a.task, ${SERIES},
    jsonb_populate_record(null::task_actions, to_jsonb(t) || jsonb_build_object('task', ${TASK_ID})) as made
  where a.id = $1`;

const COPY_APPROVALS = `
  insert into approvals
  select made.* from approvals a, ${SERIES},
    jsonb_populate_record(null::approvals, to_jsonb(a) || jsonb_build_object(
    'id', 'apr_' || md5($2 || series.i), 'task', ${TASK_ID}, 'bound_to', null, 'collected_at', null, 'polled_at', null,
    'auth_req_id_hash', sha256(convert_to($2 || '-' || series.i, 'UTF8')), 'expires_at', now() + interval '2 hours') || $4::jsonb) as made
  where a.id = $1`;

const ADD_CODES = `
  insert into engine_artefacts (id_hash, model, payload, organization, client_id, person, grant_id, expires_at)
  select sha256(convert_to(code, 'UTF8')), 'AuthorizationCode',
         $3::jsonb || jsonb_build_object('grantId', a.task, 'accountId', a.person),
         a.organization, a.client_id, a.person, a.task, now() + interval '1 hour'
  from unnest($1::text[], $2::bytea[]) as codes(code, hash) join approvals a on a.auth_req_id_hash = codes.hash`;
