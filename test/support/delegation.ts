import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';

import { moveAgent } from '../../adapters/postgres/agents.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { writeStop } from '../../adapters/postgres/liveness.ts';
import type { StopKind } from '../../server/agents/liveness.ts';
import { keyRing } from '../../server/keys/keys.ts';
import { sealingWith } from '../../server/keys/seal.ts';
import { hashOf, newId, newSecret } from '../../server/oauth/ids.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  CALENDAR,
  clientWith,
  EXCHANGE,
  type Json,
  newKey,
  type PostOptions,
  pkce,
  push,
  REDIRECT,
  registerAgent,
  type TestClient,
} from './agent.ts';
import { authorizationUrl, continuationOf, detailsParameter, type TestPerson, tokenInBrowser } from './person.ts';
import type { TestServer } from './server.ts';

/** An hour, everything read: how most tests approve. */
export const HOUR = { decision: 'approve', duration: 'PT1H', read: '1', action_0: 'allow', action_1: 'allow' };

type Form = Record<string, string | string[] | undefined>;

/** RFC 8693: this client exchanges that token. */
export const exchange = (client: TestClient, token: string, form: Form = {}, options?: PostOptions): Promise<Answer> =>
  client.token({ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, ...form }, options);

/** A root token (audience the issuer) that the person approved for an hour. */
export const rootToken = async (agent: TestClient, person: TestPerson, ...details: Json[]): Promise<string> =>
  accessTokenIn(await tokenInBrowser(agent, person, { authorization_details: detailsParameter(...details) }, HOUR));

/** A leaf token of one resource that the person approved for an hour. */
export const leafToken = async (
  agent: TestClient,
  person: TestPerson,
  details: Json[],
  { resource = CALENDAR, decision = HOUR }: { resource?: string; decision?: Record<string, string> } = {},
): Promise<string> =>
  accessTokenIn(
    await tokenInBrowser(agent, person, { authorization_details: detailsParameter(...details), resource }, decision),
  );

/** A token of a browser request for which no key was shown: good in anybody's hands. Only for clients that may. */
export async function unboundToken(client: TestClient, person: TestPerson, form: Form): Promise<string> {
  const { verifier, challenge } = pkce();
  const pushed = await push(client, { code_challenge: challenge, ...form }, { dpop: false });
  if (pushed.status !== 201) throw new Error(`push: ${pushed.status} ${JSON.stringify(pushed.body)}`);
  let page = await person.get(authorizationUrl(client, pushed.body.request_uri));
  if (!page.url.startsWith(REDIRECT)) {
    const next = continuationOf(await person.submit(page, HOUR));
    if (next === undefined) throw new Error('the decision leads nowhere');
    page = await person.get(next);
  }
  const code = new URL(page.url).searchParams.get('code') ?? '';
  return accessTokenIn(
    await client.token({ grant_type: 'authorization_code', code, code_verifier: verifier }, { dpop: false }),
  );
}

/** The token of the company's own web app, in which this person signed in. */
export const applicationToken = (application: TestClient, person: TestPerson): Promise<string> =>
  unboundToken(application, person, { scope: 'openid' });

/** The access token of an answer that has to be a success. */
export function accessTokenIn(answer: Answer): string {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.access_token;
}

/** What the server says about a token to this client (RFC 7662). */
export const introspect = async (client: TestClient, token: string): Promise<Json> =>
  (await client.post('/token/introspection', { token }, { dpop: false })).body;

export const revoke = (client: TestClient, token: string): Promise<Answer> =>
  client.post('/token/revocation', { token }, { dpop: false });

/** The server's database, as the tests look behind it. The caller closes it. */
export const databaseOf = (server: TestServer): Database => new Database({ url: server.databaseUrl, poolSize: 4 });

export async function organizationOf(database: Database, slug: string): Promise<string> {
  const row = await database.first<{ id: string }>('select id from organizations where slug = $1', [slug]);
  if (!row) throw new Error(`no organization ${slug}`);
  return row.id;
}

/** An agent of another organization, registered with an initial access token of that organization. */
export async function registerAgentAt(
  server: TestServer,
  database: Database,
  slug: string,
  more: Json = {},
): Promise<TestClient> {
  const token = newSecret();
  await database.run(
    `insert into initial_access_tokens (organization, id, token_hash, owner, deputy, mode_ceiling, final_status, allow_unbound, made_by)
     select o.id, $2, $3, a.id, b.id, 'unattended', 'active', true, 'test'
     from organizations o, people a, people b
     where o.slug = $1 and a.organization = o.id and a.email like 'person@%' and b.organization = o.id and b.email like 'admin@%'`,
    [slug, newId('iat'), hashOf(token)],
  );
  return registerAgent({ ...server, demo: { ...server.demo, initialAccessToken: token } }, more);
}

/** Takes an agent to another status, as an administrator or the date would. */
export async function moveTo(
  database: Database,
  { registration }: TestClient,
  to: 'active' | 'suspended' | 'retired' | 'expired',
): Promise<void> {
  const { organization, agent_id: agent } = registration;
  const move = { active: 'resume', suspended: 'suspend', retired: 'retire', expired: 'expire' } as const;
  const role = to === 'expired' ? 'job' : 'admin';
  if (to === 'expired') await database.run('update agents set expires_at = now() where id = $1', [agent]);
  const problem = await database.transaction((statements) =>
    moveAgent(statements, { organization, agent, move: move[to], role, by: 'test' }),
  );
  if (problem !== undefined) throw new Error(JSON.stringify(problem));
}

/** A client that is no agent, as the command line makes them. */
export async function addClient(
  server: TestServer,
  database: Database,
  kind: 'resource_server' | 'application',
  { organization = 'org_deployment', metadata = {} }: { organization?: string; metadata?: Json } = {},
): Promise<TestClient> {
  const { jwk, publicJwk } = await newKey();
  const clientId = newId('cli');
  await database.run('insert into clients (client_id, organization, kind, metadata) values ($1, $2, $3, $4)', [
    clientId,
    organization,
    kind,
    {
      client_id: clientId,
      client_name: 'Another server',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials', EXCHANGE],
      response_types: [],
      redirect_uris: [],
      jwks: { keys: [publicJwk] },
      id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: false,
      ...metadata,
    },
  ]);
  return clientWith(server, clientId, jwk);
}

/** From now on this client is the server of that resource. */
export const serveWith = (database: Database, resource: string, client: TestClient): Promise<number> =>
  database.run('update resources set resource_server = $2 where resource = $1', [resource, client.clientId]);

/** An edge as an admin makes it: the parent may hand these actions to the child. */
export const addEdge = (
  database: Database,
  parent: TestClient,
  child: TestClient,
  actions: string[],
  maxDepth = 2,
): Promise<number> =>
  database.run(
    `insert into agent_edges (organization, parent, child, actions, max_depth)
     select organization, $1, $2, $3, $4 from agents where id = $1
     on conflict (organization, parent, child) do update set actions = excluded.actions, max_depth = excluded.max_depth`,
    [parent.registration.agent_id, child.registration.agent_id, actions, maxDepth],
  );

export const removeEdge = (database: Database, parent: TestClient, child: TestClient): Promise<number> =>
  database.run('delete from agent_edges where parent = $1 and child = $2', [
    parent.registration.agent_id,
    child.registration.agent_id,
  ]);

/** A stop of any kind, as the operator writes it. */
export const stop = (database: Database, organization: string, kind: StopKind, subject: string): Promise<void> =>
  database.transaction((statements) => writeStop(statements, { organization, kind, subject, by: 'test' }));

export interface StoredEvent {
  organization: string;
  id: string;
  at: Date;
  type: string;
  decision: string;
  reason: string | null;
  person: string | null;
  agent: string | null;
  application: string | null;
  resource: string | null;
  task: string | null;
  approval: string | null;
  jti: string | null;
  txn: string | null;
  outcome: string | null;
  commitments: Record<string, string>;
  fields: Record<string, { salt: string; value?: unknown }>;
}

/** Every event there is, oldest first, with its readable content. */
export const eventsIn = (database: Database): Promise<StoredEvent[]> =>
  database.rows<StoredEvent>(
    `select e.*, c.fields from evidence e join evidence_contents c on c.organization = e.organization and c.event = e.id
     order by e.at, e.id`,
  );

/** What the outbox did later about something earlier: it belongs to no request. */
const isDelivery = ({ type }: StoredEvent): boolean => /^(delivery|push)\./.test(type);

/** Runs the work and answers what it left in the evidence. */
export async function eventsOf(database: Database, work: () => Promise<unknown>): Promise<StoredEvent[]> {
  const before = new Set((await eventsIn(database)).map(({ id }) => id));
  await work();
  return (await eventsIn(database)).filter((event) => !before.has(event.id) && !isDelivery(event));
}

/** A token with the server's own signature: what whoever steals the key could make. */
export async function forge(
  server: TestServer,
  database: Database,
  typ: string,
  payload: object,
  header: object = {},
): Promise<string> {
  const sealing = sealingWith(
    Buffer.from(readFileSync(join(server.dataDir, 'sealing.key'), 'utf8').trim(), 'base64url'),
  );
  const rows = await database.rows<{ sealed: string }>('select sealed from signing_keys');
  const keys = rows.map(({ sealed }) => JSON.parse(sealing.open('signing key', sealed)) as JWK);
  return keyRing(keys).sign({ typ, ...header }, payload);
}

/** Another text for the same bytes: the last character of a signature has spare bits. */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.at(-1) ?? '') ^ 1]}`;
}
