import type { ReadBefore } from '../../server/tasks/flow.ts';
import { NO_POLICIES, type PolicySet } from '../../server/tasks/policies.ts';
import type { Statements } from './database.ts';

/** The newest policies of an organization; without any, every question is asked. */
export const newestPolicies = async (statements: Statements, organization: string): Promise<PolicySet> =>
  (await statements.first<PolicySet>(NEWEST, [organization])) ?? NO_POLICIES;

/**
 * What an agent was allowed to read for a person, as its own task or under somebody else's that was handed to it. What was
 * allowed counts as read: nobody can prove that it was not.
 */
export const readBefore = (
  statements: Statements,
  organization: string,
  person: string,
  agent: string,
  seconds: number,
): Promise<ReadBefore[]> => statements.rows<ReadBefore>(READ_BEFORE, [organization, person, agent, seconds]);

const NEWEST = `
  select id, version, document from policies where organization = $1 order by version desc limit 1`;

const READ_BEFORE = `
  select distinct a.action, a.version
  from tasks t join task_actions a on a.organization = t.organization and a.task = t.id
  where t.organization = $1 and t.person = $2 and a.access = 'read'
    and t.expires_at > clock_timestamp() - make_interval(secs => $4)
    and (t.agent = $3
      or exists (select from derived_grants d where d.organization = t.organization and d.task = t.id and d.agent = $3))
  order by a.action, a.version`;
