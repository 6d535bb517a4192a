import { type Authority, stopKeys } from '../../server/agents/liveness.ts';
import type { StandingStore } from '../../server/approvals/prompts.ts';
import { STANDING_WITHIN_DAYS } from '../../server/tasks/standing.ts';
import type { Task } from '../../server/tasks/task.ts';
import { APPROVAL, type ApprovalRow, toApproval } from './approval-row.ts';
import { type Database, isUniqueViolation } from './database.ts';
import { writeEvent } from './evidence.ts';
import { holdAlive } from './liveness.ts';
import { insertTask, postgresTasks } from './tasks.ts';

/** Tasks that repeat, as the person who approved them makes them. */
export const postgresStanding = (database: Database): StandingStore => ({
  find: (organization, person, id) =>
    database.within(organization, async (statements) => {
      const task = await postgresTasks(statements).find(id);
      if (!task || task.person !== person || task.approval === null || task.agent === null) return undefined;
      const row = await statements.first<ApprovalRow>(`${APPROVAL} where a.id = $1`, [task.approval]);
      const counted = await statements.first<{ approvals: number; standing: boolean; dead: string | null }>(COUNT, [
        organization,
        person,
        task.approval,
        STANDING_WITHIN_DAYS,
        id,
        stopKeys(authorityOf(task)),
        task.agent,
        task.approvedAt,
      ]);
      if (!row || !counted || counted.dead !== null) return undefined;
      return { approval: toApproval(row), task, approvals: counted.approvals, standing: counted.standing };
    }),

  add: (of, { task, until, terms, event }) =>
    database
      .within(task.organization, async (statements) => {
        if (!(await holdAlive(statements, authorityOf(of)))) return false;
        await insertTask(statements, task);
        await statements.run('update tasks set standing_until = $3 where organization = $1 and id = $2', [
          task.organization,
          task.id,
          until,
        ]);
        await statements.run('update task_actions set daily_max = $3 where organization = $1 and task = $2', [
          task.organization,
          task.id,
          terms.daily,
        ]);
        await writeEvent(statements, event);
        return true;
      })
      .catch((error) => {
        if (isUniqueViolation(error)) return false;
        throw error;
      }),
});

/** What was approved lives still, and so may what repeats it. */
const authorityOf = ({ organization, agent, clientId, person, id, approvedAt }: Task): Authority => ({
  organization,
  agents: agent === null ? [] : [agent],
  client: clientId,
  person,
  task: id,
  since: approvedAt,
});

const COUNT = `
  with it as (select * from approvals where organization = $1 and id = $3)
  select
    (select count(*)::int from approvals a join it on a.asked_hash = it.asked_hash and a.client_id = it.client_id
     where a.organization = $1 and a.person = $2 and a.status = 'approved' and not a.silent
       and a.decided_at > clock_timestamp() - make_interval(days => $4)) as approvals,
    exists (select from tasks t join approvals a on a.organization = t.organization and a.id = t.approval
            join it on a.asked_hash = it.asked_hash and a.client_id = it.client_id
            where t.organization = $1 and t.person = $2 and t.standing_until is not null and t.expires_at > clock_timestamp()
              and not exists (select from stop_epochs s where s.organization = $1 and s.key = 'task:' || t.id)) as standing,
    why_not_alive($1, $6, array[$7::text], $2, $5, $8) as dead`;
