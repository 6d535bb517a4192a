import { actorOf } from '../../server/admin/admin.ts';
import type { ClientSecretAdministration } from '../../server/admin/client-secrets.ts';
import { isSecretMethod, whyNoSecret } from '../../server/agents/client-secret.ts';
import { keysEndAt } from '../../server/agents/keys.ts';
import { newId } from '../../server/oauth/ids.ts';
import { acted } from './admin.ts';
import type { Database, Statements } from './database.ts';
import { tellEverywhere } from './notifications.ts';

/** Hashes of the secrets of a client that count now. */
export const livingSecrets = async (statements: Statements, clientId: string): Promise<Buffer[]> =>
  (
    await statements.rows<{ hash: Buffer }>(
      'select secret_hash as hash from client_secrets where client_id = $1 and expires_at > clock_timestamp()',
      [clientId],
    )
  ).map(({ hash }) => hash);

/** Under row-level security; each with its evidence, which never holds the secret. */
export const postgresClientSecrets = (database: Database): ClientSecretAdministration => ({
  clients: (organization, agent) =>
    database.within(organization, async (statements) =>
      (await statements.rows<{ id: string }>(OF_AGENT, [organization, agent])).map(({ id }) => id),
    ),

  make: (act, { agent, clientId, hash, method, reason, expiresAt, overlapSeconds }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const client = await held(statements, organization, clientId);
      if (!client) return { refused: 'it is gone' };
      const { metadata, url } = client;
      const why = whyNoSecret({ metadata, ...(url !== null && { document: { url, verified: true } }) });
      if (why !== undefined) return { refused: why };
      // The former one counts on for a while, those before it no more.
      await statements.run(END_OLDER, [organization, clientId]);
      await statements.run(END_SOON, [organization, clientId, overlapSeconds]);
      await statements.run(ADD, [organization, newId('sec'), clientId, hash, reason, actorOf(caller), expiresAt]);
      const next = { ...metadata, token_endpoint_auth_method: method };
      await statements.run(PUT_METHOD, [organization, clientId, next, expiresAt]);
      await acted(statements, act, 'client_secret.made', {
        agent,
        client_id: clientId,
        method,
        reason,
        expires_at: expiresAt.toISOString(),
        overlap_seconds: overlapSeconds,
      });
      // Whoever made it could act as the agent: those who answer for it hear of it at once.
      const answering = await statements.first<{ name: string; owner: string; deputy: string }>(ANSWERING, [
        organization,
        agent,
      ]);
      for (const person of new Set(answering ? [answering.owner, answering.deputy] : [])) {
        const expiry = { kind: 'secret_made' as const, agent, name: answering?.name ?? '', endsAt: expiresAt };
        await tellEverywhere(statements, organization, person, { expiry });
      }
      return { made: true };
    }),

  end: (act, { agent, clientId, reason }) =>
    database.within(act.organization, async (statements) => {
      const { organization } = act;
      const client = await held(statements, organization, clientId);
      const ended = await statements.run('delete from client_secrets where organization = $1 and client_id = $2', [
        organization,
        clientId,
      ]);
      if (!client || !isSecretMethod(client.metadata.token_endpoint_auth_method)) return false;
      const { metadata } = client;
      // Back to its keys, where it has some; otherwise nothing authenticates it until its builder registers one.
      const hasKey = metadata.jwks !== undefined || metadata.jwks_uri !== undefined;
      const next = { ...metadata, ...(hasKey && { token_endpoint_auth_method: 'private_key_jwt' }) };
      await statements.run(PUT_METHOD, [organization, clientId, next, keysEndAt(next)]);
      await acted(statements, act, 'client_secret.ended', { agent, client_id: clientId, reason, ended });
      return true;
    }),
});

const held = (statements: Statements, organization: string, clientId: string) =>
  statements.first<{ metadata: Record<string, unknown>; url: string | null }>(HELD, [organization, clientId]);

const OF_AGENT = 'select client_id as id from clients where organization = $1 and agent = $2 order by created_at';

const ANSWERING = 'select name, owner, deputy from agents where organization = $1 and id = $2';

const HELD = `
  select metadata, document_url as url from clients where organization = $1 and client_id = $2 for update`;

const END_OLDER = `
  delete from client_secrets s where organization = $1 and client_id = $2 and exists (
    select from client_secrets n where n.organization = $1 and n.client_id = $2 and n.made_at > s.made_at)`;

const END_SOON = `
  update client_secrets set expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $3))
  where organization = $1 and client_id = $2`;

const ADD = `
  insert into client_secrets (organization, id, client_id, secret_hash, reason, made_by, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)`;

const PUT_METHOD = `
  update clients set metadata = $3, keys_end_at = $4, updated_at = now() where organization = $1 and client_id = $2`;
