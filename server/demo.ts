import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

import { publishCatalogue } from '../adapters/postgres/catalogue.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { DEPLOYMENT } from './agents/clients.ts';
import { CatalogueError, parseCatalogue } from './catalogue/catalogue.ts';
import { StartupError } from './config.ts';
import { hashOf, newId, newSecret } from './oauth/ids.ts';
import { hashPassword } from './people/password.ts';

/** `DATA_DIR/demo.json`: everything somebody needs to try the demonstration. */
export interface DemoFile {
  issuer: string;
  password: string;
  initialAccessToken: string;
  resourceServer: { client_id: string; jwk: JWK };
  application: { client_id: string; jwk: JWK };
}

const ORGANIZATIONS = [
  {
    slug: 'acme',
    name: 'Acme',
    domain: 'acme.example',
    people: [
      { login: 'person', name: 'Anna Berg', roles: [] },
      { login: 'approver', name: 'Ben Okafor', roles: ['approver'] },
      { login: 'owner', name: 'Olga Marin', roles: [] },
      { login: 'admin', name: 'Ada Lind', roles: ['admin'] },
    ],
  },
  {
    slug: 'globex',
    name: 'Globex',
    domain: 'globex.example',
    people: [
      { login: 'person', name: 'Gus Park', roles: [] },
      { login: 'admin', name: 'Gail Reyes', roles: ['admin'] },
    ],
  },
] as const;

const CALENDAR = 'https://calendar.acme.example';
const PAYMENTS = 'https://payments.acme.example';

/** Publishes the demonstration catalogue; a database that has it is left as it is. */
export async function publishDemonstrationCatalogue(database: Database): Promise<void> {
  const file = ['catalogue/demonstration.yaml', '../../server/catalogue/demonstration.yaml']
    .map((path) => join(import.meta.dirname, path))
    .flatMap((path) => readIfThere(path) ?? [])[0];
  if (file === undefined) throw new Error('server/catalogue/demonstration.yaml is missing');
  await publishCatalogue(database, parseCatalogue(file));
}

/**
 * The demonstration organizations, people and clients, and the file that names them (mode 600). What is there stays;
 * a file that is missing or of another issuer is made anew, with new secrets.
 *
 * @param password applied to every demonstration person when given; otherwise made once
 */
export async function fillDemonstration(
  database: Database,
  { issuer, dataDir, password }: { issuer: string; dataDir: string; password: string | undefined },
): Promise<DemoFile> {
  try {
    await publishDemonstrationCatalogue(database);
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    throw new StartupError(
      `The database has the demonstration of another release (${error.problems[0]}). To begin anew, delete DATA_DIR (${dataDir}), or set DATA_DIR or DATABASE_URL to another.`,
    );
  }
  const path = join(dataDir, 'demo.json');
  const before = parseDemoFile(readIfThere(path), issuer);
  const current = before && (await clientExists(database, before.resourceServer.client_id)) ? before : undefined;
  const chosen = password ?? current?.password ?? newSecret().slice(0, 16);
  const organizations = await addPeople(database, chosen, current === undefined || chosen !== current.password);
  for (const organization of organizations.values()) await allowDocuments(database, organization);
  const acme = organizations.get('acme') ?? '';
  const demo: DemoFile = current
    ? { ...current, password: chosen }
    : {
        issuer,
        password: chosen,
        initialAccessToken: await addInitialAccessToken(database, acme),
        resourceServer: await addClient(database, DEPLOYMENT, 'resource_server', {
          client_name: 'Acme Calendar',
          grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
          response_types: [],
          redirect_uris: [],
        }),
        application: await addClient(database, acme, 'application', {
          client_name: 'Acme Chat',
          application_type: 'native',
          grant_types: ['authorization_code'],
          response_types: ['code'],
          redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
        }),
      };
  if (!current) {
    await database.run('update resources set resource_server = $2 where resource = any($1)', [
      [CALENDAR, PAYMENTS],
      demo.resourceServer.client_id,
    ]);
  }
  writeFileSync(path, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  return demo;
}

/** The operator's command line, by a key that only this host has (`DATA_DIR/cli-key.json`, mode 600). */
export async function writeCommandLineKey(
  database: Database,
  { issuer, dataDir }: { issuer: string; dataDir: string },
): Promise<void> {
  const path = join(dataDir, 'cli-key.json');
  const text = readIfThere(path);
  if (text !== undefined) {
    const before = JSON.parse(text) as { issuer?: string; client_id?: string };
    if (before.issuer === issuer && before.client_id !== undefined && (await clientExists(database, before.client_id)))
      return;
  }
  const client = await addClient(database, DEPLOYMENT, 'command_line', {
    client_name: 'Command line',
    dpop_bound_access_tokens: true,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  });
  writeFileSync(path, `${JSON.stringify({ issuer, ...client }, undefined, 2)}\n`, { mode: 0o600 });
}

async function addPeople(database: Database, password: string, setPassword: boolean): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const secret = setPassword ? await hashPassword(password) : undefined; // one for all: they share the password
  for (const { slug, name, domain, people } of ORGANIZATIONS) {
    const row = await database.first<{ id: string }>(
      `insert into organizations (id, slug, name, domains) values ($1, $2, $3, $4)
       on conflict (slug) do update set slug = excluded.slug returning id`,
      [newId('org'), slug, name, [domain]],
    );
    if (!row) throw new Error(`organization ${slug} was not made`);
    ids.set(slug, row.id);
    // Its people are played by machines as often as not, which decide faster than anybody reads.
    await database.run(
      `insert into prompt_limits (organization, limits, changed_by) values ($1, '{"fast_decisions": 0}', 'demonstration')
       on conflict (organization) do nothing`,
      [row.id],
    );
    for (const person of people) {
      const email = `${person.login}@${domain}`;
      const found = await database.first<{ id: string }>(
        `insert into people (organization, id, email, name, roles) values ($1, $2, $3, $4, $5)
         on conflict (organization, lower(email)) do update set email = excluded.email returning id`,
        [row.id, newId('usr'), email, person.name, person.roles],
      );
      if (secret === undefined) continue;
      await database.run(
        `insert into credentials (organization, person, id, kind, identifier, secret, made_by) values ($1, $2, $3, 'password', $4, $5, 'demonstration')
         on conflict (lower(identifier)) where kind = 'password' do update set secret = excluded.secret`,
        [row.id, found?.id, newId('crd'), email, secret],
      );
    }
  }
  return ids;
}

/** Anybody's metadata document is let in, as nobody should where it matters; what is said already stays. */
async function allowDocuments(database: Database, organization: string): Promise<void> {
  await database.run(
    `insert into document_policies (organization, domain, verdict, owner, deputy, made_by)
     select $1, '*', 'allow', o.id, d.id, 'demonstration' from people o, people d
     where o.organization = $1 and d.organization = $1 and d.email like 'admin@%'
       and o.email = (select email from people where organization = $1 and email like any('{owner@%,person@%}') order by email limit 1)
     on conflict do nothing`,
    [organization],
  );
}

async function addInitialAccessToken(database: Database, organization: string): Promise<string> {
  const token = newSecret();
  await database.run(
    `insert into initial_access_tokens (organization, id, token_hash, owner, deputy, mode_ceiling, final_status, allow_unbound, made_by)
     select $1, $2, $3, o.id, d.id, 'unattended', 'active', true, 'demonstration'
     from people o, people d
     where o.organization = $1 and o.email = 'owner@acme.example' and d.organization = $1 and d.email = 'admin@acme.example'`,
    [organization, newId('iat'), hashOf(token)],
  );
  return token;
}

async function addClient(
  database: Database,
  organization: string,
  kind: string,
  metadata: object,
): Promise<{ client_id: string; jwk: JWK }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _, ...publicJwk } = jwk;
  const client_id = newId('cli');
  await database.run('insert into clients (client_id, organization, kind, metadata) values ($1, $2, $3, $4)', [
    client_id,
    organization,
    kind,
    {
      client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }] },
      id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: false,
      ...metadata,
    },
  ]);
  return { client_id, jwk: { ...jwk, kid, alg: 'ES256' } };
}

const clientExists = async (database: Database, clientId: string): Promise<boolean> =>
  (await database.first('select from clients where client_id = $1', [clientId])) !== undefined;

function parseDemoFile(text: string | undefined, issuer: string): DemoFile | undefined {
  if (text === undefined) return undefined;
  try {
    const demo = JSON.parse(text) as DemoFile;
    return demo.issuer === issuer ? demo : undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
