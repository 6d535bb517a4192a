import type { Accountability } from '../../server/admin/accountability.ts';
import { actorOf } from '../../server/admin/admin.ts';
import type { Requirement } from '../../server/agents/lifecycle.ts';
import type { Accountable, AskedChange } from '../../server/agents/ownership.ts';
import { recordAgentChange } from './agent-changes.ts';
import { agentFacts } from './agent-facts.ts';
import type { Database } from './database.ts';
import { ASKED_CHANGES, answerChange, HOLD_CHANGING, reviewed } from './ownership.ts';
import { offerOwnership } from './ownership-offers.ts';
import { pageIn } from './paging.ts';

/** What administrators do about who answers for an agent. */
export const postgresAccountability = (database: Database): Accountability => ({
  facts: (organization, only = {}) =>
    database.within(organization, (statements) => agentFacts(statements, organization, only)),

  standing: (organization, agent) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ lacks: Requirement[] }>(
        'select agent_lacks($1, $2) as lacks from agents where organization = $1 and id = $2',
        [organization, agent],
      );
      if (!row) return undefined;
      const asked = await statements.rows<{ role: Accountable; person: string; since: Date }>(ASKED, [
        organization,
        agent,
      ]);
      return { lacks: row.lacks, asked };
    }),

  offer: (act, agent, role, person) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const by = actorOf(caller);
      const id = await offerOwnership(statements, { organization, agent, role, person, by });
      await recordAgentChange(statements, {
        organization,
        agent,
        change: `${role}_offered`,
        by,
        role: caller.kind === 'person' ? 'admin' : 'operator',
        detail: { to: person },
      });
      return id;
    }),

  changes: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<AskedChange>(
        statements,
        {
          select: ASKED_CHANGES,
          parameters: [organization],
          by: ['"askedAt"', 'timestamptz'],
          id: 'id',
          words: ['"agentName"', '"clientId"'],
          filters: {
            agent: (value) => `${value} in (agent, "agentName")`,
            owner: (value) =>
              `exists (select from agents o where o.organization = $1 and o.id = listed.agent and o.owner = ${value}
                       and o.owner_accepted_at is not null)`,
          },
        },
        asked,
      ),
    ),

  answerChange: (act, change, approves) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      await statements.run(HOLD_CHANGING, [organization, change]);
      const asked = await statements.first<AskedChange>(`${ASKED_CHANGES} and h.id = $2 for no key update of h`, [
        organization,
        change,
      ]);
      if (!asked) return undefined;
      const by = actorOf(caller);
      const owns = (await statements.first(OWNS, [organization, asked.agent, by])) !== undefined;
      // With a key or an address of their own in its place somebody is the agent: no single administrator gets there.
      if (approves && !owns) return 'for_owner';
      const role = owns ? 'owner' : caller.kind === 'person' ? 'admin' : 'operator';
      await answerChange(statements, { organization, asked, approves, by, role });
      return 'answered';
    }),

  review: (act, agent, verdict, reason) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const [facts] = await agentFacts(statements, organization, { agent });
      if (!facts) return undefined;
      const role = caller.kind === 'person' ? 'admin' : 'operator';
      return reviewed(statements, { organization, facts, verdict, by: actorOf(caller), role, reason });
    }),
});

const OWNS = `
  select from agents where organization = $1 and id = $2 and owner = $3 and owner_accepted_at is not null`;

const ASKED = `
  select f.role, p.email as person, f.made_at as since
  from ownership_offers f join people p on p.organization = f.organization and p.id = f.person
  where f.organization = $1 and f.agent = $2 and f.answer is null order by f.role desc`;
