import type { Approval } from '../../server/approvals/approval.ts';
import type { Database } from './database.ts';

/**
 * What was between this person and this agent before the request. A task that nobody was asked for counts as well: it is
 * as much of the past as one that was.
 */
export async function historyBefore(
  database: Database,
  { organization, person, agent, id }: Approval,
): Promise<{ asked: boolean; allowed: number }> {
  const row = await database.within(organization, (statements) =>
    statements.first<{ asked: boolean; allowed: number }>(
      `select exists (select from approvals
                      where organization = $1 and person = $2 and agent = $3 and id <> $4
                        and asked_at <= (select asked_at from approvals where organization = $1 and id = $4)) as asked,
              (select count(*)::int from tasks where organization = $1 and person = $2 and agent = $3) as allowed`,
      [organization, person, agent, id],
    ),
  );
  return { asked: (row?.asked ?? false) || (row?.allowed ?? 0) > 0, allowed: row?.allowed ?? 0 };
}
