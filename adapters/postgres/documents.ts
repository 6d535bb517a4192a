import type { DocumentPolicy } from '../../server/agents/document.ts';
import { placedId, policyForHost } from '../../server/agents/document.ts';
import type { DocumentStore, KnownDocument, PlacedDocument } from '../../server/agents/documents.ts';
import { newId } from '../../server/oauth/ids.ts';
import { hasRoom, postgresClients, replaceRegistration, waitForOwner } from './clients.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';

/** Metadata documents on the protocol path: every statement names the organization. */
export const postgresDocuments = (
  database: Database,
  agentsPerOrganization = Number.MAX_SAFE_INTEGER,
): DocumentStore => ({
  known: (url) => database.first<KnownDocument>(KNOWN, [url]),

  async remember({ url, metadata, hash }, freshSeconds) {
    await database.run(REMEMBER, [url, metadata, hash, freshSeconds]);
  },

  policies: (organization) => documentPolicies(database, organization),

  async placed(url, organization) {
    const id = placedId(url, organization);
    const row = await database.first<{ hash: string }>(
      'select document_hash as hash from clients where client_id = $1 and organization = $2',
      [id, organization],
    );
    const client = row && (await postgresClients(database).find(id));
    return client && row && { client, hash: row.hash };
  },

  names: async (organization) =>
    (
      await database.rows<{ name: string }>(
        `select name from agents where organization = $1 and status not in ('retired', 'expired')`,
        [organization],
      )
    ).map(({ name }) => name),

  place: (document) =>
    database.transaction(async (statements) => {
      await statements.run(`select pg_advisory_xact_lock(hashtext($1))`, [document.clientId]);
      if (await statements.first('select from clients where client_id = $1', [document.clientId])) return 'placed';
      // The policy by which it comes in stays as it is until it is in, and is then held to any later one.
      await holdDocumentPolicies(statements, document.organization, 'shared');
      const policies = await documentPolicies(statements, document.organization);
      const { verdict } = policyForHost(new URL(document.url).hostname, policies);
      if (verdict !== 'allow') return 'not_allowed';
      if (!(await hasRoom(statements, document.organization, agentsPerOrganization))) return 'full';
      await placeDocument(statements, document, { status: 'active', by: `policy for ${document.policy.domain}` });
      return 'placed';
    }),

  change: (document, before) =>
    database.transaction(async (statements) => {
      const { clientId, hash, metadata, policy, organization } = document;
      const agent = before.agent?.id ?? null;
      const next = { ...metadata, document_hash: hash };
      if (policy.verdict !== 'allow') {
        await waitForOwner(statements, { organization, agent, clientId, before: before.metadata, after: next });
        return 'waits';
      }
      await replaceRegistration(statements, clientId, { organization, agent, metadata: before.metadata }, next, {
        reason: 'document_changed',
      });
      return 'changed';
    }),

  async ask(organization, url, person) {
    await database.run(ASK, [organization, url, person]);
  },
});

/** Documents that count no longer, of agents that hold a task: some of them, others the next time. */
export const staleDocuments = (database: Database): Promise<{ organization: string; url: string }[]> =>
  database.rows(STALE);

export const documentPolicies = (statements: Statements, organization: string): Promise<DocumentPolicy[]> =>
  statements.rows<DocumentPolicy>(
    'select domain, verdict, owner, deputy, limits from document_policies where organization = $1',
    [organization],
  );

/** In a transaction: until it ends nobody changes what this organization says of domains, or nobody else even relies on it. */
export const holdDocumentPolicies = (statements: Statements, organization: string, how: 'alone' | 'shared' = 'alone') =>
  statements.run(`select pg_advisory_xact_lock${how === 'shared' ? '_shared' : ''}(hashtext($1))`, [
    `document policies of ${organization}`,
  ]);

/** The agent and the client of a document, in the transaction that allows it. */
export async function placeDocument(
  statements: Statements,
  { organization, clientId, url, hash, name, verified, metadata, policy }: PlacedDocument,
  { status, by }: { status: 'active' | 'pending'; by: string },
): Promise<string> {
  const agent = newId('agt');
  const purpose = `Software published at ${new URL(url).hostname}`.slice(0, 120);
  await statements.run(ADD_AGENT, [
    organization,
    agent,
    name.slice(0, 80),
    purpose,
    status,
    policy.owner,
    policy.deputy,
    policy.limits,
    status === 'active',
    by,
  ]);
  await statements.run(ADD_CLIENT, [clientId, organization, agent, metadata, url, hash, verified]);
  await writeEvent(statements, {
    organization,
    type: 'agent.registered',
    decision: 'allowed',
    reason: 'metadata_document',
    agent,
    application: clientId,
    content: { url, hash, name, status, owner: policy.owner, deputy: policy.deputy, by },
  });
  return agent;
}

const KNOWN = `
  select url, metadata, hash, fresh_until > clock_timestamp() as fresh from metadata_documents where url = $1`;

const STALE = `
  select c.organization, c.document_url as url
  from clients c
  join agents a on a.organization = c.organization and a.id = c.agent and a.status = 'active'
  join metadata_documents d on d.url = c.document_url
  where d.fresh_until <= clock_timestamp() and exists (
    select from tasks t where t.organization = a.organization and t.agent = a.id and t.expires_at > clock_timestamp())
  order by random() limit 50`;

const REMEMBER = `
  insert into metadata_documents (url, metadata, hash, fresh_until) values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
  on conflict (url) do update set metadata = excluded.metadata, hash = excluded.hash, fetched_at = clock_timestamp(), fresh_until = excluded.fresh_until`;

const ADD_AGENT = `
  with agent as (
    insert into agents (organization, id, name, purpose, mode, status, owner, deputy, limits, effective_limits, any_action, origin,
                        owner_accepted_at, deputy_accepted_at)
    select $1, $2, $3, $4, 'attended', $5, $6, $7, $8, $8, true, 'document', given.at, given.at
    from (select case when $9::boolean then clock_timestamp() end as at) given)
  insert into agent_changes (organization, agent, to_status, by) values ($1, $2, $5, $10)`;

const ADD_CLIENT = `
  insert into clients (client_id, organization, kind, agent, metadata, document_url, document_hash, document_verified)
  values ($1, $2, 'agent', $3, $4, $5, $6, $7)`;

const ASK = `
  insert into document_requests (organization, url, person) values ($1, $2, $3)
  on conflict (organization, url) do update set times = document_requests.times + 1`;
