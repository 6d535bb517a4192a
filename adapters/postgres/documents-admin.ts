import { actorOf } from '../../server/admin/admin.ts';
import type { DocumentAdministration } from '../../server/admin/documents.ts';
import { covers, type DocumentPolicy, placedId } from '../../server/agents/document.ts';
import { acted } from './admin.ts';
import type { Database } from './database.ts';
import { placeDocument } from './documents.ts';
import { writeStop } from './liveness.ts';
import { offerOwnership } from './ownership-offers.ts';

/** What administrators say about metadata documents, under row-level security. */
export const postgresDocumentAdministration = (database: Database): DocumentAdministration => ({
  policies: (organization) =>
    database.within(organization, (statements) =>
      statements.rows<DocumentPolicy & { made_at: Date }>(
        'select domain, verdict, owner, deputy, limits, made_at from document_policies where organization = $1 order by domain',
        [organization],
      ),
    ),

  putPolicy: (act, { domain, verdict, owner, deputy, limits }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const by = actorOf(caller);
      await statements.run(PUT, [organization, domain, verdict, owner, deputy, limits, by]);
      await acted(statements, act, 'document_policy.put', { domain, verdict, owner, deputy, limits });
      if (verdict !== 'deny') return;
      const clients = await statements.rows<{ client_id: string; document_url: string }>(
        'select client_id, document_url from clients where organization = $1 and document_url is not null',
        [organization],
      );
      for (const { client_id: subject, document_url: url } of clients) {
        if (domain !== '*' && !covers(domain, new URL(url).hostname)) continue;
        await writeStop(statements, { organization, kind: 'client', subject, by, reason: `${domain} is denied` });
      }
    }),

  removePolicy: (act, domain) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run('delete from document_policies where organization = $1 and domain = $2', [
        act.organization,
        domain,
      ]);
      if (removed === 0) return false;
      await acted(statements, act, 'document_policy.removed', { domain });
      return true;
    }),

  requests: (organization) =>
    database.within(organization, (statements) =>
      statements.rows<{ url: string; person: string; times: number; asked_at: Date }>(REQUESTS, [organization]),
    ),

  allow: (act, { url, hash, name, metadata }, { owner, deputy, limits }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const clientId = placedId(url, organization);
      await statements.run('select pg_advisory_xact_lock(hashtext($1))', [clientId]);
      if (await statements.first('select from clients where client_id = $1', [clientId])) return undefined;
      const by = actorOf(caller);
      const policy: DocumentPolicy = { domain: new URL(url).hostname, verdict: 'ask', owner, deputy, limits };
      const placed = { organization, clientId, url, hash, name, verified: true, metadata, policy };
      const agent = await placeDocument(statements, placed, { status: 'pending', by });
      await offerOwnership(statements, { organization, agent, role: 'owner', person: owner, by });
      await offerOwnership(statements, { organization, agent, role: 'deputy', person: deputy, by });
      await statements.run('delete from document_requests where organization = $1 and url = $2', [organization, url]);
      await acted(statements, act, 'document.allowed', { url, name, owner, deputy });
      return agent;
    }),
});

const PUT = `
  insert into document_policies (organization, domain, verdict, owner, deputy, limits, made_by) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (organization, domain) do update
    set verdict = excluded.verdict, owner = excluded.owner, deputy = excluded.deputy, limits = excluded.limits,
        made_by = excluded.made_by, made_at = clock_timestamp()`;

const REQUESTS = `
  select r.url, p.email as person, r.times, r.asked_at
  from document_requests r join people p on p.organization = r.organization and p.id = r.person
  where r.organization = $1 order by r.asked_at limit 500`;
