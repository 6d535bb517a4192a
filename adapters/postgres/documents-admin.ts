import { isDeepStrictEqual } from 'node:util';

import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { DocumentAdministration, DocumentRequest } from '../../server/admin/documents.ts';
import { type DocumentPolicy, placedId, policyForHost } from '../../server/agents/document.ts';
import { type Limits, narrowest } from '../../server/agents/limits.ts';
import { acted } from './admin.ts';
import { holdAgent } from './agent-limits.ts';
import { moveAgent } from './agents.ts';
import type { Database, Statements } from './database.ts';
import { documentPolicies, holdDocumentPolicies, placeDocument } from './documents.ts';
import { writeStop } from './liveness.ts';
import { offerOwnership } from './ownership-offers.ts';
import { pageIn } from './paging.ts';

/** What administrators say about metadata documents, under row-level security. */
export const postgresDocumentAdministration = (database: Database): DocumentAdministration => ({
  policies: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<DocumentPolicy & { made_at: Date }>(
        statements,
        {
          select:
            'select domain, verdict, owner, deputy, limits, made_at from document_policies where organization = $1',
          parameters: [organization],
          by: ['domain', 'text'],
          id: 'domain',
          words: ['domain'],
          filters: { verdict: (value) => `verdict = ${value}` },
        },
        asked,
      ),
    ),

  policy: (organization, domain) =>
    database.within(organization, (statements) =>
      statements.first<DocumentPolicy>(
        'select domain, verdict, owner, deputy, limits from document_policies where organization = $1 and domain = $2',
        [organization, domain],
      ),
    ),

  putPolicy: (act, { domain, verdict, owner, deputy, limits }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const by = actorOf(caller);
      await holdDocumentPolicies(statements, organization);
      const before = await documentPolicies(statements, organization);
      await statements.run(PUT, [organization, domain, verdict, owner, deputy, limits, by]);
      await acted(statements, act, 'document_policy.put', { domain, verdict, owner, deputy, limits });
      await holdToPolicies(statements, act, before);
    }),

  removePolicy: (act, domain) =>
    database.within(act.organization, async (statements) => {
      await holdDocumentPolicies(statements, act.organization);
      const before = await documentPolicies(statements, act.organization);
      const removed = await statements.run('delete from document_policies where organization = $1 and domain = $2', [
        act.organization,
        domain,
      ]);
      if (removed === 0) return false;
      await acted(statements, act, 'document_policy.removed', { domain });
      await holdToPolicies(statements, act, before);
      return true;
    }),

  waiting: (organization) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ count: number }>(
        'select count(*)::int as count from document_requests where organization = $1',
        [organization],
      );
      return row?.count ?? 0;
    }),

  requests: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<DocumentRequest>(
        statements,
        {
          select: REQUESTS,
          parameters: [organization],
          by: ['asked_at', 'timestamptz'],
          id: `url || ' ' || person`,
          words: ['url', 'person'],
        },
        asked,
      ),
    ),

  allow: (act, { url, hash, name, metadata }, { owner, deputy, limits }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const clientId = placedId(url, organization);
      await statements.run('select pg_advisory_xact_lock(hashtext($1))', [clientId]);
      if (await statements.first('select from clients where client_id = $1', [clientId])) return undefined;
      const by = actorOf(caller);
      // No wider than its domain may be.
      const { hostname: domain } = new URL(url);
      const of = policyForHost(domain, await documentPolicies(statements, organization));
      const policy: DocumentPolicy = {
        domain,
        verdict: 'ask',
        owner,
        deputy,
        limits: narrowest([of.limits, limits]),
      };
      const placed = { organization, clientId, url, hash, name, verified: true, metadata, policy };
      const agent = await placeDocument(statements, placed, { status: 'pending', by });
      await offerOwnership(statements, { organization, agent, role: 'owner', person: owner, by });
      await offerOwnership(statements, { organization, agent, role: 'deputy', person: deputy, by });
      await statements.run('delete from document_requests where organization = $1 and url = $2', [organization, url]);
      await acted(statements, act, 'document.allowed', { url, name, owner, deputy });
      return agent;
    }),
});

/**
 * What was let in by the former policies is held to the new ones: ended where its domain is denied now, suspended until an
 * administrator resumes it where one is asked now and nobody ever was, and limited as its domain is. Limits that an
 * administrator gave the agent itself stay, as far as the domain has room for them.
 */
async function holdToPolicies(
  statements: Statements,
  { organization, caller }: Act,
  before: readonly DocumentPolicy[],
): Promise<void> {
  const by = actorOf(caller);
  const after = await documentPolicies(statements, organization);
  const placed = await statements.rows<Placed>(PLACED, [organization]);
  for (const { clientId: subject, url, agent, limits, unasked } of placed) {
    const { hostname } = new URL(url);
    const [former, now] = [policyForHost(hostname, before), policyForHost(hostname, after)];
    if (now.verdict === 'deny' && former.verdict !== 'deny') {
      await writeStop(statements, { organization, kind: 'client', subject, by, reason: `${now.domain} is denied` });
    }
    if (now.verdict === 'ask' && former.verdict !== 'ask' && unasked) {
      const role = caller.kind === 'person' ? 'admin' : 'operator';
      const reason = `an administrator is asked about ${hostname} now`;
      await moveAgent(statements, { organization, agent, move: 'suspend', role, by, reason });
    }
    const held = isDeepStrictEqual(limits, former.limits) ? now.limits : narrowest([limits, now.limits]);
    if (!isDeepStrictEqual(held, limits)) await holdAgent(statements, { organization, agent, limits: held, by });
  }
}

interface Placed {
  clientId: string;
  url: string;
  agent: string;
  limits: Limits;
  /** Active by a policy alone: nobody ever activated or resumed it. */
  unasked: boolean;
}

const PLACED = `
  select c.client_id as "clientId", c.document_url as url, a.id as agent, a.limits,
         a.status = 'active' and not exists (
           select from agent_changes h
           where h.organization = a.organization and h.agent = a.id and h.to_status = 'active' and h.role is not null) as unasked
  from clients c join agents a on a.organization = c.organization and a.id = c.agent
  where c.organization = $1 and c.document_url is not null and a.status not in ('retired', 'expired')`;

const PUT = `
  insert into document_policies (organization, domain, verdict, owner, deputy, limits, made_by) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (organization, domain) do update
    set verdict = excluded.verdict, owner = excluded.owner, deputy = excluded.deputy, limits = excluded.limits,
        made_by = excluded.made_by, made_at = clock_timestamp()`;

const REQUESTS = `
  select r.url, p.email as person, r.times, r.asked_at
  from document_requests r join people p on p.organization = r.organization and p.id = r.person
  where r.organization = $1`;
