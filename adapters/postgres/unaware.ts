import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import { isUnaware, type ReadBefore, sensitiveIn } from '../../server/tasks/flow.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { holdAgents, holdPeople, writeStop } from './liveness.ts';
import { newestPolicies } from './policies.ts';
import { sendSignal } from './signals.ts';

/** What an agent may read for a person from now on, after which nothing goes out by an approval that did not say so. */
export interface Reading {
  organization: string;
  person: string;
  agent: string;
  /** The task that allows it. */
  task: string;
  read: readonly ReadBefore[];
}

/**
 * Is there such a reading among these actions? Then the person's row is held: an approval that is committed meanwhile is
 * either seen by {@link endUnaware}, or waits and finds itself ended. To be called before anything else holds that row.
 *
 * @param besides somebody whose row is held with it, as whoever signs for the person
 */
export async function sensitiveReading(
  statements: Statements,
  catalogue: Catalogue,
  { actions, ...of }: Omit<Reading, 'read'> & { actions: readonly ReadBefore[] },
  besides: string = of.person,
): Promise<Reading | undefined> {
  const classed = actions.filter(({ action, version }) => catalogue.version(action, version)?.dataClasses.length);
  if (classed.length === 0) return undefined;
  const { flow } = (await newestPolicies(statements, of.organization)).document;
  const read = sensitiveIn(classed, { catalogue, ...(flow && { flow }) });
  if (read.length === 0) return undefined;
  await holdAgents(statements, of.organization, [of.agent]);
  await holdPeople(statements, of.organization, [of.person, besides]);
  return { ...of, read };
}

/**
 * Ends what carries something out for this agent and person, allowed or still asked, whose page did not tell of the
 * reading. The agent asks again, and that page does.
 */
export async function endUnaware(
  statements: Statements,
  { organization, person, agent, task, read }: Reading,
  catalogue: Catalogue,
): Promise<void> {
  const earlier = await statements.rows<Earlier>(EARLIER, [organization, person, agent, task]);
  for (const { kind, id, client, actions } of earlier) {
    if (!isUnaware(actions, read, catalogue)) continue;
    const reason = 'read since';
    await writeStop(statements, { organization, kind, subject: id, by: 'countersign', reason });
    await writeEvent(statements, {
      organization,
      type: 'authority.stopped',
      decision: 'allowed',
      reason: 'read_since',
      person,
      agent,
      application: client,
      [kind === 'approval' ? 'approval' : 'task']: kind === 'grant' ? undefined : id,
      content: { kind, subject: id, read: read.map(({ action }) => action), by_task: task },
    });
    if (kind === 'approval') await sendSignal(statements, 'approval', id);
  }
}

interface Earlier {
  kind: 'task' | 'grant' | 'approval';
  id: string;
  client: string;
  actions: readonly Pick<RequestedAction, 'action' | 'version' | 'after'>[];
}

// Of a task the actions that were allowed, each as it was asked: with what its page said was read before.
const EARLIER = `
  with allowed as (
    select t.organization, t.id, t.person, t.agent, t.client_id, t.expires_at, coalesce((
      select jsonb_agg(asked)
      from approvals p, jsonb_array_elements(p.actions) asked
      where p.organization = t.organization and p.id = t.approval and exists (
        select from task_actions a where a.organization = t.organization and a.task = t.id and a.action = asked ->> 'action')),
      '[]') as actions
    from tasks t where t.organization = $1 and t.person = $2 and t.id <> $4 and t.expires_at > clock_timestamp())
  select 'task' as kind, id, client_id as client, actions from allowed t
  where agent = $3 and not exists (select from stop_epochs s where s.organization = $1 and s.key = 'task:' || t.id)
  union all
  select 'grant', d.id, d.client_id, t.actions
  from allowed t join derived_grants d on d.organization = t.organization and d.task = t.id
  where d.agent = $3 and d.expires_at > clock_timestamp()
    and not exists (select from stop_epochs s where s.organization = $1 and s.key = 'grant:' || d.id)
  union all
  select 'approval', id, client_id, actions from approvals a
  where organization = $1 and person = $2 and agent = $3 and status = 'pending' and expires_at > clock_timestamp()`;
