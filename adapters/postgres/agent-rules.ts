import type { AgentRuleAdministration } from '../../server/admin/agent-rules.ts';
import type { AgentRules } from '../../server/agents/lifecycle.ts';
import { acted } from './admin.ts';
import type { Database, Statements } from './database.ts';

/** What an organization says about all of its agents: when they are reviewed, and how long one goes on without an owner. */
export async function agentRules(statements: Statements, organization: string): Promise<AgentRules> {
  const rules = await statements.first<AgentRules>(
    'select review_days as "reviewDays", unowned_grace_days as "unownedGraceDays" from organizations where id = $1',
    [organization],
  );
  if (!rules) throw new Error(`there is no organization ${organization}`);
  return rules;
}

export const postgresAgentRules = (database: Database): AgentRuleAdministration => ({
  get: (organization) => database.within(organization, (statements) => agentRules(statements, organization)),
  set: (act, changed) =>
    database.within(act.organization, async (statements) => {
      // Agents before the organization, as whoever stops an agent, its people, and asks who else administers.
      if (changed.reviewDays !== undefined) await statements.run(HOLD_AGENTS, [act.organization]);
      await statements.run('select from organizations where id = $1 for no key update', [act.organization]);
      const before = await agentRules(statements, act.organization);
      const rules = { ...before, ...changed };
      const { reviewDays, unownedGraceDays } = rules;
      await statements.run('update organizations set review_days = $2, unowned_grace_days = $3 where id = $1', [
        act.organization,
        reviewDays,
        unownedGraceDays,
      ]);
      if (reviewDays < before.reviewDays) await statements.run(SOONER, [act.organization, reviewDays]);
      const [from, to] = [before, rules].map((one) => ({
        review_days: one.reviewDays,
        unowned_grace_days: one.unownedGraceDays,
      }));
      await acted(statements, act, 'agents.ruled', { from, to });
      return rules;
    }),
});

const HOLD_AGENTS = `
  select from agents where organization = $1 and status in ('pending', 'active', 'suspended') order by id for no key update`;

const SOONER = `
  update agents set review_at = clock_timestamp() + make_interval(days => $2::int)
  where organization = $1 and status in ('pending', 'active', 'suspended')
    and review_at > clock_timestamp() + make_interval(days => $2::int)`;
