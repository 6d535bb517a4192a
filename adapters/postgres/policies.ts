import type { Policy } from '../../server/tasks/policies.ts';
import type { Statements } from './database.ts';

/** The policies of an organization that stand now, the oldest first. */
export const standingPolicies = (statements: Statements, organization: string): Promise<Policy[]> =>
  statements.rows<Policy>(STANDING, [organization]);

const STANDING = `
  select organization, id, name, agent, actions, seconds from policies
  where organization = $1 and ended_at is null order by created_at, id`;
