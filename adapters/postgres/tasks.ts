import type { Task, TaskAction, TaskStore } from '../../server/tasks/task.ts';
import type { Statements } from './database.ts';

export const postgresTasks = (statements: Statements): TaskStore => ({
  async find(id) {
    const row = await statements.first<TaskRow>(FIND, [id]);
    return row && toTask(row);
  },
  async live(organization, person, agent) {
    return (await statements.rows<TaskRow>(LIVE, [organization, person, agent])).map(toTask);
  },
  async addSignIn(task) {
    await insertTask(statements, task);
  },
});

/** Inserts a task and its actions; `approved_at` is the instant of the insert. */
export async function insertTask(statements: Statements, task: Omit<Task, 'approvedAt'>): Promise<void> {
  await statements.run(INSERT_TASK, [
    task.organization,
    task.id,
    task.person,
    task.agent,
    task.clientId,
    task.approval,
    task.scopes,
    task.oidcScopes,
    task.resources,
    JSON.stringify(task.edges),
    task.requestHash,
    task.decisionHash,
    task.sentence,
    task.impact,
    task.boundTo,
    task.acr,
    task.amr,
    task.authTime,
    task.expiresAt,
    JSON.stringify(task.actions),
  ]);
}

interface TaskRow {
  organization: string;
  id: string;
  person: string;
  agent: string | null;
  client_id: string;
  approval: string | null;
  scopes: string[];
  oidc_scopes: string[];
  resources: string[];
  edges: Task['edges'];
  request_hash: string;
  decision_hash: string;
  sentence: string;
  impact: Task['impact'];
  bound_to: string | null;
  acr: string;
  amr: string[];
  auth_time: Date;
  approved_at: Date;
  expires_at: Date;
  actions: TaskAction[] | null;
}

const toTask = (row: TaskRow): Task => ({
  organization: row.organization,
  id: row.id,
  person: row.person,
  agent: row.agent,
  clientId: row.client_id,
  approval: row.approval,
  scopes: row.scopes,
  oidcScopes: row.oidc_scopes,
  resources: row.resources,
  edges: row.edges,
  requestHash: row.request_hash,
  decisionHash: row.decision_hash,
  sentence: row.sentence,
  impact: row.impact,
  boundTo: row.bound_to,
  acr: row.acr,
  amr: row.amr,
  authTime: row.auth_time,
  approvedAt: row.approved_at,
  expiresAt: row.expires_at,
  actions: row.actions ?? [],
});

/** A task with its actions as one JSON array, in order. */
export const SELECT_TASK = `
  select t.*, (
    select json_agg(json_strip_nulls(json_build_object(
      'action', a.action, 'version', a.version, 'resource', a.resource, 'viaScope', a.via_scope,
      'access', a.access, 'impact', a.impact, 'position', a.position))::jsonb
      || jsonb_build_object('parameters', a.parameters, 'max_uses', a.max_uses) order by a.position)
    from task_actions a where a.organization = t.organization and a.task = t.id) as actions
  from tasks t`;

const FIND = `${SELECT_TASK} where t.id = $1`;

const LIVE = `
  ${SELECT_TASK}
  where t.organization = $1 and t.person = $2 and t.agent = $3 and t.expires_at > clock_timestamp()
    and why_not_alive(t.organization,
          array['organization:' || t.organization, 'agent:' || t.agent, 'pair:' || t.agent || '|' || t.person,
                'client:' || t.client_id, 'person:' || t.person, 'task:' || t.id]
            -- A stopped resource ended what was approved for it: who asks again asks the person.
            || array(select 'resource:' || a.resource from task_actions a where a.organization = t.organization and a.task = t.id),
          array[t.agent], t.person, t.id, t.approved_at) is null
    -- A use limit that is spent covers nothing more, and one of a day nothing today.
    and not exists (select from task_actions a where a.organization = t.organization and a.task = t.id and (a.uses >= a.max_uses
      or (a.daily_max <= a.day_uses and a.day_began > clock_timestamp() - interval '1 day')))
  order by t.approved_at desc`;

const INSERT_TASK = `
  with task as (
    insert into tasks (organization, id, person, agent, client_id, approval, scopes, oidc_scopes, resources, edges, request_hash,
                       decision_hash, sentence, impact, bound_to, acr, amr, auth_time, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $15, $16, $17, $18, $19))
  insert into task_actions (organization, task, position, action, version, resource, via_scope, parameters, access, impact, max_uses,
                            budget_parameter, budget_left)
  select $1, $2, position - 1, a ->> 'action', (a ->> 'version')::int, a ->> 'resource', a ->> 'viaScope', a -> 'parameters',
         a ->> 'access', a ->> 'impact', (a ->> 'max_uses')::int,
         a -> 'budget' ->> 'parameter', (a -> 'budget' ->> 'value')::numeric
  from jsonb_array_elements($20::jsonb) with ordinality as actions(a, position)`;
