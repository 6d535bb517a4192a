import type { ClientRecord, ClientStore, RegistrationTerms } from '../../server/agents/clients.ts';
import { prepareEvent } from '../../server/evidence/evidence.ts';
import { hashOf } from '../../server/oauth/ids.ts';
import type { Database } from './database.ts';
import { eventParameters, insertEvent } from './evidence.ts';

export const postgresClients = (database: Database): ClientStore => ({
  async find(clientId) {
    const row = await database.first<ClientRow>(FIND, [clientId]);
    return row && toClient(row);
  },

  async terms(token) {
    return await database.first<RegistrationTerms>(TERMS, [hashOf(token)]);
  },

  register: (registration) =>
    database.transaction(async (statements) => {
      const { terms, agentId, clientId, name, purpose, mode, status, metadata } = registration;
      if ((await statements.run(DRAW, [terms.organization, terms.id])) === 0) return false;
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
      ]);
      await statements.run(ADD_CLIENT, [clientId, terms.organization, 'agent', agentId, metadata]);
      const event = prepareEvent({
        organization: terms.organization,
        type: 'agent.registered',
        decision: 'allowed',
        agent: agentId,
        application: clientId,
        content: { name, purpose, mode, status, owner: terms.owner, deputy: terms.deputy },
      });
      await statements.run(`with ${insertEvent(1)} select`, eventParameters(event));
      return true;
    }),

  async update(clientId, metadata) {
    await database.run(UPDATE, [clientId, metadata]);
  },

  remove: (clientId) =>
    database.transaction(async (statements) => {
      await statements.run(STOP_CLIENT, [clientId]);
      await statements.run('delete from engine_artefacts where client_id = $1', [clientId]);
      await statements.run('delete from clients where client_id = $1', [clientId]);
    }),

  async add({ clientId, kind, organization, metadata }) {
    await database.run(ADD_CLIENT, [clientId, organization, kind, null, metadata]);
  },
});

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
  expires_at: Date | null;
}

const toClient = (row: ClientRow): ClientRecord => ({
  clientId: row.client_id,
  kind: row.kind,
  organization: row.organization,
  organizationDomains: row.domains,
  metadata: row.metadata,
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
          chainLimit: row.chain_limit,
          expiresAt: row.expires_at,
        },
});

const FIND = `
  select c.client_id, c.kind, c.organization, o.domains, c.metadata, c.agent,
         a.name, a.purpose, a.mode, a.status, a.owner, a.own_actions, a.chain_limit, a.expires_at
  from clients c
  join organizations o on o.id = c.organization
  left join agents a on a.organization = c.organization and a.id = c.agent
  where c.client_id = $1`;

const TERMS = `
  select organization, id, owner, deputy, mode_ceiling as "modeCeiling", final_status as "finalStatus", allow_unbound as "allowUnbound"
  from initial_access_tokens
  where token_hash = $1 and (expires_at is null or expires_at > now()) and (uses_left is null or uses_left > 0)`;

const DRAW = `
  update initial_access_tokens set uses_left = uses_left - 1
  where organization = $1 and id = $2 and (expires_at is null or expires_at > now()) and (uses_left is null or uses_left > 0)`;

const ADD_AGENT = `
  with agent as (
    insert into agents (organization, id, name, purpose, mode, status, owner, deputy)
    values ($1, $2, $3, $4, $5, $6, $7, $8))
  insert into agent_changes (organization, agent, to_status, by) values ($1, $2, $6, $9)`;

const ADD_CLIENT = 'insert into clients (client_id, organization, kind, agent, metadata) values ($1, $2, $3, $4, $5)';

const UPDATE = `
  with client as (
    update clients set metadata = $2, updated_at = now() where client_id = $1 returning organization, agent)
  update agents a
  set name = left(coalesce($2::jsonb ->> 'client_name', a.name), 80),
      purpose = coalesce($2::jsonb ->> 'agent_purpose', a.purpose)
  from client where a.organization = client.organization and a.id = client.agent`;

const STOP_CLIENT = `
  insert into stop_epochs (organization, key, at, by, reason)
  select organization, 'client:' || client_id, clock_timestamp(), client_id, 'registration deleted'
  from clients where client_id = $1
  on conflict (organization, key) do update set at = excluded.at`;
