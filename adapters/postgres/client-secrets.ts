import { actorOf } from '../../server/admin/admin.ts';
import type { ClientSecretAdministration } from '../../server/admin/client-secrets.ts';
import { isSecretMethod, whyNoSecret } from '../../server/agents/client-secret.ts';
import { keysEndAt } from '../../server/agents/keys.ts';
import { newId } from '../../server/oauth/ids.ts';
import { acted } from './admin.ts';
import { askOwner } from './clients.ts';
import type { Database, Statements } from './database.ts';
import { tellEverywhere } from './notifications.ts';

/** Hashes of the secrets of a client that count now. */
export const livingSecrets = async (statements: Statements, clientId: string): Promise<Buffer[]> =>
  (
    await statements.rows<{ hash: Buffer }>(
      'select secret_hash as hash from client_secrets where client_id = $1 and waits_for is null and expires_at > clock_timestamp()',
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
      const { token_endpoint_auth_method: former } = metadata;
      // Whoever made it could ask in the agent's name: nothing of it counts before its owner agreed.
      const waitsFor = await askOwner(statements, {
        organization,
        agent,
        clientId,
        proposed: {
          client_secret: { made_by: actorOf(caller), reason, expires_at: expiresAt, overlap_seconds: overlapSeconds },
          ...(method !== former && { token_endpoint_auth_method: method }),
        },
        before: { client_secret: null, ...(method !== former && { token_endpoint_auth_method: former ?? null }) },
      });
      const secret = [newId('sec'), clientId, hash, reason, actorOf(caller), expiresAt, waitsFor, overlapSeconds];
      await statements.run(ADD, [organization, ...secret]);
      await acted(statements, act, 'client_secret.made', {
        agent,
        client_id: clientId,
        method,
        reason,
        expires_at: expiresAt.toISOString(),
        overlap_seconds: overlapSeconds,
        waits_for: waitsFor,
      });
      // Those who answer for it hear of it at once.
      const answering = await statements.first<{ name: string; owner: string; deputy: string }>(ANSWERING, [
        organization,
        agent,
      ]);
      for (const person of new Set(answering ? [answering.owner, answering.deputy] : [])) {
        const expiry = { kind: 'secret_made' as const, agent, name: answering?.name ?? '', endsAt: expiresAt };
        await tellEverywhere(statements, organization, person, { expiry });
      }
      return { waitsFor };
    }),

  end: (act, { agent, clientId, reason }) =>
    database.within(act.organization, async (statements) => {
      const { organization } = act;
      const client = await held(statements, organization, clientId);
      await statements.run(WITHDRAW, [organization, clientId]);
      const ended = await statements.run('delete from client_secrets where organization = $1 and client_id = $2', [
        organization,
        clientId,
      ]);
      if (!client || (ended === 0 && !isSecretMethod(client.metadata.token_endpoint_auth_method))) return false;
      const { metadata } = client;
      // Back to its keys, where it has some; otherwise nothing authenticates it until its builder registers one.
      const hasKey = metadata.jwks !== undefined || metadata.jwks_uri !== undefined;
      const next = { ...metadata, ...(hasKey && { token_endpoint_auth_method: 'private_key_jwt' }) };
      await statements.run(PUT_METHOD, [organization, clientId, next, keysEndAt(next)]);
      await acted(statements, act, 'client_secret.ended', { agent, client_id: clientId, reason, ended });
      return true;
    }),
});

/** Its owner agreed: it counts from now on, the former one for a while, and those before that no more. */
export async function secretAgreed(
  statements: Statements,
  { organization, clientId, change }: { organization: string; clientId: string; change: string },
): Promise<void> {
  await statements.run(END_OLDER, [organization, clientId]);
  await statements.run(END_SOON, [organization, clientId, change]);
  await statements.run(COUNTS, [organization, change]);
  await statements.run(ENDS_WITH_IT, [organization, clientId, change]);
}

const held = (statements: Statements, organization: string, clientId: string) =>
  statements.first<{ metadata: Record<string, unknown>; url: string | null }>(HELD, [organization, clientId]);

const OF_AGENT = 'select client_id as id from clients where organization = $1 and agent = $2 order by created_at';

const ANSWERING = 'select name, owner, deputy from agents where organization = $1 and id = $2';

const HELD = `
  select metadata, document_url as url from clients where organization = $1 and client_id = $2 for update`;

const END_OLDER = `
  delete from client_secrets s where organization = $1 and client_id = $2 and exists (
    select from client_secrets n
    where n.organization = $1 and n.client_id = $2 and n.waits_for is null and n.made_at > s.made_at)`;

const END_SOON = `
  update client_secrets s set expires_at = least(s.expires_at, clock_timestamp() + make_interval(secs => n.overlap_seconds))
  from client_secrets n
  where s.organization = $1 and s.client_id = $2 and s.waits_for is null and n.organization = $1 and n.waits_for = $3`;

const COUNTS = 'update client_secrets set waits_for = null where organization = $1 and waits_for = $2';

const ENDS_WITH_IT = `
  update clients set updated_at = now(), keys_end_at = (
    select (proposed -> 'client_secret' ->> 'expires_at')::timestamptz from registration_changes
    where organization = $1 and id = $3)
  where organization = $1 and client_id = $2`;

// Its secret goes with what follows: none is left that waits for nothing.
const WITHDRAW = `
  update registration_changes set answer = 'withdrawn', answered_at = clock_timestamp()
  where organization = $1 and client_id = $2 and answer is null and proposed ? 'client_secret'`;

const ADD = `
  insert into client_secrets (organization, id, client_id, secret_hash, reason, made_by, expires_at, waits_for, overlap_seconds)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

const PUT_METHOD = `
  update clients set metadata = $3, keys_end_at = $4, updated_at = now() where organization = $1 and client_id = $2`;
