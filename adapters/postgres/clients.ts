import { isDeepStrictEqual } from 'node:util';

import type { AgentMode, Environment } from '../../server/agents/agent.ts';
import type { ClientRecord, ClientStore, RegistrationTerms } from '../../server/agents/clients.ts';
import { isDocumentUrl, placedId } from '../../server/agents/document.ts';
import { keysEndAt, livingKeys } from '../../server/agents/keys.ts';
import { type Limits, narrowest } from '../../server/agents/limits.ts';
import { changesIdentity, splitReplacement, type WaitingChange } from '../../server/agents/registration-changes.ts';
import { hashOf, newId } from '../../server/oauth/ids.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { writeStop } from './liveness.ts';
import { offerOwnership } from './ownership-offers.ts';

/** @param agentsPerOrganization that are not retired and have not expired */
export const postgresClients = (database: Database, agentsPerOrganization = Number.MAX_SAFE_INTEGER): ClientStore => ({
  async find(named, organization) {
    // A document's address is a client of each organization that uses it, and of nobody where none is named.
    if (isDocumentUrl(named) && !named.includes('#') && organization === undefined) return undefined;
    const clientId = isDocumentUrl(named) && !named.includes('#') ? placedId(named, organization ?? '') : named;
    // A client_id is printable ASCII (RFC 6749 appendix A.1); the database could not even look for anything else.
    if (!/^[\x20-\x7e]{1,2048}$/.test(clientId)) return undefined;
    const row = await database.first<ClientRow>(FIND, [clientId]);
    return row && toClient(row);
  },

  async terms(token) {
    return await database.first<RegistrationTerms>(TERMS, [hashOf(token)]);
  },

  register: (registration) =>
    database.transaction(async (statements) => {
      const { terms, agentId, clientId, name, purpose, mode, status, expiresAt, metadata } = registration;
      if (!(await hasRoom(statements, terms.organization, agentsPerOrganization)))
        return { most: agentsPerOrganization };
      if ((await statements.run(DRAW, [terms.organization, terms.id])) === 0) return 'used_up';
      await statements.run(ADD_AGENT, [
        terms.organization,
        agentId,
        name,
        purpose,
        mode,
        status,
        terms.owner,
        terms.deputy,
        `initial access token ${terms.id}`,
        terms.finalStatus === 'active',
        terms.limits,
        terms.blueprint,
        narrowest([terms.blueprintLimits ?? {}, terms.limits]),
        expiresAt,
        terms.environment,
      ]);
      await statements.run(ADD_CLIENT, [clientId, terms.organization, 'agent', agentId, metadata, keysEndAt(metadata)]);
      if (terms.finalStatus === 'pending') await askToAnswer(statements, terms, agentId);
      await writeEvent(statements, {
        organization: terms.organization,
        type: 'agent.registered',
        decision: 'allowed',
        agent: agentId,
        application: clientId,
        content: {
          name,
          purpose,
          mode,
          status,
          owner: terms.owner,
          deputy: terms.deputy,
          ...(terms.environment && { environment: terms.environment }),
        },
      });
      return 'registered';
    }),

  update: (clientId, metadata, mode, by) =>
    database.transaction(async (statements) => {
      const before = await statements.first<Owned>(OWNED, [clientId]);
      if (!before) return;
      // The mode is the agent's; its change waits like any other.
      const [old, wanted] = [
        { ...before.metadata, agent_mode: before.mode },
        { ...metadata, agent_mode: mode ?? before.mode },
      ];
      const { now, waits } = ACTING.has(before.status ?? '')
        ? splitReplacement(old, wanted)
        : { now: wanted, waits: undefined };
      if (waits) await askOwner(statements, { ...before, clientId, ...waits });
      else await statements.run(WITHDRAW_CHANGE, [clientId]);
      await replaceRegistration(statements, clientId, before, now, {
        reason: waits ? 'registration_change_asked' : 'registration_replaced',
        waits: waits && Object.keys(waits.proposed),
        ...(by !== undefined && { by }),
      });
    }),

  waitingChange: (clientId) => database.first<WaitingChange>(WAITING_CHANGE, [clientId]),

  remove: (clientId) =>
    database.transaction(async (statements) => {
      const before = await statements.first<Owned>(OWNED, [clientId]);
      if (!before) return;
      await endClient(statements, clientId, before, 'registration deleted');
      await statements.run('delete from engine_artefacts where client_id = $1', [clientId]);
      await statements.run('delete from clients where client_id = $1', [clientId]);
      await recordChange(statements, clientId, before, 'registration_deleted', {});
    }),

  async certificatesEnd(clientId, at) {
    await database.run('update clients set keys_end_at = $2 where client_id = $1 and keys_end_at is distinct from $2', [
      clientId,
      at,
    ]);
  },

  async add({ clientId, kind, organization, metadata }) {
    await database.run(ADD_CLIENT, [clientId, organization, kind, null, metadata, null]);
  },
});

/** Is there room for one more agent? Whoever asks at the same time waits, so that twenty do not find the last place. */
export async function hasRoom(statements: Statements, organization: string, most: number): Promise<boolean> {
  if (most === Number.MAX_SAFE_INTEGER) return true;
  await statements.run('select pg_advisory_xact_lock(hashtext($1))', [`agents of ${organization}`]);
  const row = await statements.first<{ count: number }>(
    `select count(*)::int as count from agents where organization = $1 and status not in ('retired', 'expired')`,
    [organization],
  );
  return (row?.count ?? 0) < most;
}

/** Nobody answers for what they did not accept: both are asked. */
async function askToAnswer(
  statements: Statements,
  { organization, owner, deputy, madeBy: by }: RegistrationTerms,
  agent: string,
): Promise<void> {
  await offerOwnership(statements, { organization, agent, role: 'owner', person: owner, by });
  await offerOwnership(statements, { organization, agent, role: 'deputy', person: deputy, by });
}

/** From now on this waits for the owner, in the place of what waited; answers its id. */
export async function askOwner(
  statements: Statements,
  {
    organization,
    agent,
    clientId,
    proposed,
    before,
  }: { organization: string; agent: string | null; clientId: string } & Omit<WaitingChange, 'id'>,
): Promise<string> {
  const id = newId('chg');
  await statements.run(WITHDRAW_CHANGE, [clientId]);
  await statements.run(ADD_REGISTRATION_CHANGE, [organization, id, agent, clientId, proposed, before]);
  return id;
}

/** Every member that differs waits for the owner; an earlier change that waits is replaced. */
export async function waitForOwner(
  statements: Statements,
  {
    organization,
    agent,
    clientId,
    before,
    after,
  }: {
    organization: string;
    agent: string | null;
    clientId: string;
    before: Record<string, unknown>;
    after: Record<string, unknown>;
  },
): Promise<void> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );
  const pick = (from: Record<string, unknown>) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  await askOwner(statements, { organization, agent, clientId, proposed: pick(after), before: pick(before) });
}

interface Owned {
  organization: string;
  agent: string | null;
  metadata: Record<string, unknown>;
  status: string | null;
  mode: AgentMode | null;
}

const OWNED = `
  select c.organization, c.agent, c.metadata, a.status, a.mode
  from clients c left join agents a on a.organization = c.organization and a.id = c.agent
  where c.client_id = $1 for update of c`;

/** Somebody answers for it already: what it is changes with their word. */
const ACTING: ReadonlySet<string> = new Set(['active', 'suspended']);

/** Puts other metadata in force. What a person approved, they approved for the keys and addresses of then (DCR-13). */
export async function replaceRegistration(
  statements: Statements,
  clientId: string,
  before: { organization: string; agent: string | null; metadata: Record<string, unknown> },
  { agent_mode: mode, document_hash: hash, ...metadata }: Record<string, unknown>,
  { reason, by, waits }: { reason: string; by?: string; waits?: readonly string[] | undefined },
): Promise<void> {
  await statements.run(UPDATE, [clientId, metadata, keysEndAt(metadata), mode ?? null, hash ?? null]);
  const changed = [...new Set([...Object.keys(before.metadata), ...Object.keys(metadata)])].filter(
    (name) => !isDeepStrictEqual(before.metadata[name], metadata[name]),
  );
  const ended = changesIdentity(before.metadata, metadata);
  if (ended) await endClient(statements, clientId, before, 'registration changed');
  await recordChange(statements, clientId, before, reason, { changed, ended, waits, by });
}

const endClient = (
  statements: Statements,
  clientId: string,
  { organization }: { organization: string },
  reason: string,
) => writeStop(statements, { organization, kind: 'client', subject: clientId, by: clientId, reason });

async function recordChange(
  statements: Statements,
  clientId: string,
  { organization, agent }: Pick<Owned, 'organization' | 'agent'>,
  reason: string,
  content: Record<string, unknown>,
): Promise<void> {
  await writeEvent(statements, {
    organization,
    type: 'agent.changed',
    decision: 'allowed',
    reason,
    agent: agent ?? undefined,
    application: clientId,
    content,
  });
}

interface ClientRow {
  client_id: string;
  kind: ClientRecord['kind'];
  organization: string;
  domains: string[];
  metadata: Record<string, unknown>;
  agent: string | null;
  name: string;
  purpose: string | null;
  mode: 'attended';
  status: 'active';
  owner: string;
  own_actions: string[];
  chain_limit: number;
  effective_limits: Limits;
  document_url: string | null;
  document_verified: boolean;
  expires_at: Date | null;
  environment: Environment | null;
  keys_end_at: Date | null;
}

const toClient = (row: ClientRow): ClientRecord => ({
  clientId: row.client_id,
  kind: row.kind,
  organization: row.organization,
  organizationDomains: row.domains,
  metadata: livingKeys(row.metadata, Date.now()),
  keysEndAt: row.keys_end_at,
  ...(row.document_url !== null && { document: { url: row.document_url, verified: row.document_verified } }),
  agent:
    row.agent === null
      ? null
      : {
          id: row.agent,
          name: row.name,
          purpose: row.purpose,
          mode: row.mode,
          status: row.status,
          owner: row.owner,
          ownActions: row.own_actions,
          chainLimit: Math.min(row.chain_limit, row.effective_limits.chain_depth ?? row.chain_limit),
          limits: row.effective_limits,
          expiresAt: row.expires_at,
          environment: row.environment,
        },
});

const FIND = `
  select c.client_id, c.kind, c.organization, o.domains, c.metadata, c.agent, c.document_url, c.document_verified,
         a.name, a.purpose, a.mode, a.status, a.owner, a.own_actions, a.chain_limit, a.effective_limits, a.expires_at, a.environment, c.keys_end_at
  from clients c
  join organizations o on o.id = c.organization
  left join agents a on a.organization = c.organization and a.id = c.agent
  where c.client_id = $1`;

const TERMS = `
  select i.organization, i.id, owner, deputy, mode_ceiling as "modeCeiling", final_status as "finalStatus",
         allow_unbound as "allowUnbound", i.made_by as "madeBy", i.limits, blueprint, b.effective as "blueprintLimits",
         agent_seconds as "agentSeconds", preset, environment
  from initial_access_tokens i left join blueprints b on b.organization = i.organization and b.id = i.blueprint
  where token_hash = $1 and (expires_at is null or expires_at > now()) and (uses_left is null or uses_left > 0)`;

const DRAW = `
  update initial_access_tokens set uses_left = uses_left - 1
  where organization = $1 and id = $2 and (expires_at is null or expires_at > now()) and (uses_left is null or uses_left > 0)`;

// Terms that end in `active` were made with the owner's and the deputy's word given in advance.
const ADD_AGENT = `
  with agent as (
    insert into agents (organization, id, name, purpose, mode, status, owner, deputy, any_action, owner_accepted_at, deputy_accepted_at,
                        limits, blueprint, effective_limits, expires_at, environment)
    select $1, $2, $3, $4, $5, $6, $7, $8, $10, given.at, given.at, $11, $12, $13, $14, $15
    from (select case when $10::boolean then clock_timestamp() end as at) given)
  insert into agent_changes (organization, agent, to_status, by) values ($1, $2, $6, $9)`;

const ADD_CLIENT =
  'insert into clients (client_id, organization, kind, agent, metadata, keys_end_at) values ($1, $2, $3, $4, $5, $6)';

const UPDATE = `
  with client as (
    update clients set metadata = $2, document_hash = coalesce($5, document_hash), updated_at = now(),
      -- A secret ends by its own date.
      keys_end_at = case when $2::jsonb ->> 'token_endpoint_auth_method' like 'client_secret_%' then keys_end_at else $3 end
    where client_id = $1 returning organization, agent)
  update agents a
  set name = left(coalesce($2::jsonb ->> 'client_name', a.name), 80),
      purpose = coalesce($2::jsonb ->> 'agent_purpose', a.purpose),
      mode = coalesce($4, a.mode)
  from client where a.organization = client.organization and a.id = client.agent`;

const WAITING_CHANGE = 'select id, proposed, before from registration_changes where client_id = $1 and answer is null';

const WITHDRAW_CHANGE = `
  with gone as (
    update registration_changes set answer = 'withdrawn', answered_at = clock_timestamp()
    where client_id = $1 and answer is null returning organization, id)
  delete from client_secrets s using gone where s.organization = gone.organization and s.waits_for = gone.id`;

const ADD_REGISTRATION_CHANGE = `
  insert into registration_changes (organization, id, agent, client_id, proposed, before) values ($1, $2, $3, $4, $5, $6)`;

/** The client that an agent first registered with keys of its own. */
export async function clientOfAgent(database: Database, clients: ClientStore, agent: string) {
  const row = await database.first<{ client_id: string }>(
    `select client_id from clients where agent = $1 and metadata ? 'jwks' order by created_at limit 1`,
    [agent],
  );
  return row && clients.find(row.client_id);
}

/** Was this registration access token (RFC 7592) given to this client? */
export async function isRegistrationToken(database: Database, hash: Buffer, clientId: string): Promise<boolean> {
  const row = await database.first(
    `select from engine_artefacts where id_hash = $1 and model = 'RegistrationAccessToken' and client_id = $2`,
    [hash, clientId],
  );
  return row !== undefined;
}
