import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { Blueprint, EndingTask, LimitAdministration, ListedBlueprint } from '../../server/admin/limits.ts';
import type { Environment } from '../../server/agents/agent.ts';
import { type Limits, narrowest } from '../../server/agents/limits.ts';
import { acted } from './admin.ts';
import { recordAgentChange } from './agent-changes.ts';
import { agentFacts } from './agent-facts.ts';
import type { Database, Statements } from './database.ts';
import { TASK_ALIVE } from './liveness.ts';
import { sendSignal } from './signals.ts';

/** What agents are held to, by their own limits and by blueprints, under row-level security. */
export const postgresLimits = (database: Database): LimitAdministration => ({
  blueprints: (organization) =>
    database.within(organization, (statements) => statements.rows<ListedBlueprint>(BLUEPRINTS, [organization])),

  putBlueprint: (act, { id, name, parent, limits }) =>
    database.within(act.organization, async (statements) => {
      const { organization } = act;
      const before = await load(statements, organization);
      if (before.some((one) => one.id !== id && one.name.toLowerCase() === name.toLowerCase())) return 'taken';
      if (parent !== null && !before.some((one) => one.id === parent)) return 'unknown_parent';
      if (isAbove(id, parent, before)) return 'circle';
      await statements.run(PUT, [organization, id, name, parent, limits, actorOf(act.caller)]);
      await settleBlueprints(statements, act, id);
      await acted(statements, act, 'blueprint.put', { id, name, parent, limits });
      return 'put';
    }),

  removeBlueprint: (act, id) =>
    database.within(act.organization, async (statements) => {
      await load(statements, act.organization);
      const used = await statements.first<{ used: boolean }>(USED, [act.organization, id]);
      if (used?.used) return 'used';
      const removed = await statements.run('delete from blueprints where organization = $1 and id = $2', [
        act.organization,
        id,
      ]);
      if (removed === 0) return 'unknown';
      await acted(statements, act, 'blueprint.removed', { id });
      return 'removed';
    }),

  hold: (act, agent, { limits, blueprint, reason }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const all = await load(statements, organization);
      if (blueprint !== undefined && blueprint !== null && !all.some(({ id }) => id === blueprint))
        return 'unknown_blueprint';
      const ended = await holdAgent(statements, { organization, agent, limits, blueprint, by: actorOf(caller) });
      const role = caller.kind === 'person' ? 'admin' : 'operator';
      const detail = { limits, blueprint, tasks_ended: ended };
      await recordAgentChange(statements, {
        organization,
        agent,
        change: 'limits',
        by: actorOf(caller),
        role,
        reason,
        detail,
      });
      return { ended };
    }),

  async withoutActions(act, agent, { actions, anything, shown, role, reason }) {
    const { organization, caller } = act;
    const by = actorOf(caller);
    try {
      return await database.within(organization, async (statements) => {
        // Whoever approves meanwhile waits for this, or this for them.
        await statements.run('select from agents where organization = $1 and id = $2 for no key update', [
          organization,
          agent,
        ]);
        const [facts] = await agentFacts(statements, organization, { agent });
        if (!facts) return undefined;
        const allowed = facts.allowed ?? anything;
        const kept = allowed.filter((action) => !actions.includes(action));
        const removed = allowed.filter((action) => actions.includes(action));
        if (removed.length === 0) return { refused: 'not_allowed' as const };
        if (kept.length === 0) return { refused: 'nothing_left' as const };
        const live = await statements.rows<EndingTask>(LIVE_TASKS, [organization, agent]);
        await holdAgent(statements, { organization, agent, limits: { ...facts.limits, actions: kept }, by });
        const left = new Set(
          (await statements.rows<EndingTask>(LIVE_TASKS, [organization, agent])).map(({ task }) => task),
        );
        const ends = live.filter(({ task }) => !left.has(task));
        const tasks = ends.map(({ task }) => task);
        if (shown === undefined || shown.length !== tasks.length || !tasks.every((task) => shown.includes(task)))
          throw new NotAsShown(ends);
        await recordAgentChange(statements, {
          organization,
          agent,
          change: 'limits',
          by,
          role,
          reason,
          detail: { removed, tasks_ended: tasks },
        });
        return { ends, done: true };
      });
    } catch (error) {
      if (error instanceof NotAsShown) return { ends: error.ends, done: false };
      throw error;
    }
  },

  setUseCase: (act, agent, useCase) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      await statements.run('update agents set use_case = $3 where organization = $1 and id = $2', [
        organization,
        agent,
        useCase,
      ]);
      const role = caller.kind === 'person' ? 'admin' : 'operator';
      await recordAgentChange(statements, {
        organization,
        agent,
        change: 'use_case',
        by: actorOf(caller),
        role,
        detail: { ...useCase },
      });
    }),

  setEnvironment: (act, agent, { environment, reason }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const before = await statements.first<{ environment: Environment | null }>(
        'select environment from agents where organization = $1 and id = $2 for no key update',
        [organization, agent],
      );
      if (!before || before.environment === environment) return;
      await statements.run('update agents set environment = $3 where organization = $1 and id = $2', [
        organization,
        agent,
        environment,
      ]);
      await recordAgentChange(statements, {
        organization,
        agent,
        change: 'environment',
        by: actorOf(caller),
        role: caller.kind === 'person' ? 'admin' : 'operator',
        reason,
        detail: { from: before.environment, to: environment },
      });
    }),
});

/** What would end is not what somebody saw before they confirmed: nothing of it has happened. */
class NotAsShown extends Error {
  readonly ends: EndingTask[];

  constructor(ends: EndingTask[]) {
    super('what would end is not what was shown');
    this.ends = ends;
  }
}

/**
 * Gives one agent other limits or another blueprint, as far as said; what it is held to follows at once, and tasks that
 * go beyond it have ended.
 *
 * @returns how many tasks ended
 */
export async function holdAgent(
  statements: Statements,
  {
    organization,
    agent,
    limits,
    blueprint,
    by,
  }: {
    organization: string;
    agent: string;
    limits?: Limits | undefined;
    blueprint?: string | null | undefined;
    by: string;
  },
): Promise<number> {
  const row = await statements.first<{ limits: Limits; effective: Limits | null }>(HOLD, [
    organization,
    agent,
    limits === undefined ? null : limits,
    blueprint !== undefined,
    blueprint ?? null,
  ]);
  if (!row) return 0;
  const effective = narrowest([row.effective ?? {}, row.limits]);
  await statements.run('update agents set effective_limits = $3 where organization = $1 and id = $2', [
    organization,
    agent,
    effective,
  ]);
  return endBeyond(statements, organization, [agent], by);
}

/** After a blueprint changed: those below it, and all their agents. One statement for each kind of agent. */
async function settleBlueprints(statements: Statements, act: Act, changed: string): Promise<void> {
  const { organization } = act;
  const all = await load(statements, organization);
  const affected = all.filter((one) => isAbove(changed, one.id, all));
  const below = [organization, affected.map(({ id }) => id)];
  const agents = await statements.rows<{ id: string }>(HOLD_BELOW, below);
  for (const blueprint of affected) {
    const effective = narrowest(chainOf(blueprint, all).map(({ limits }) => limits));
    await statements.run('update blueprints set effective = $3 where organization = $1 and id = $2', [
      organization,
      blueprint.id,
      effective,
    ]);
    const kinds = await statements.rows<{ limits: Limits }>(
      'select distinct limits from agents where organization = $1 and blueprint = $2',
      [organization, blueprint.id],
    );
    for (const { limits } of kinds) {
      await statements.run(
        'update agents set effective_limits = $4 where organization = $1 and blueprint = $2 and limits = $3',
        [organization, blueprint.id, limits, narrowest([effective, limits])],
      );
    }
  }
  await endBeyond(
    statements,
    organization,
    agents.map(({ id }) => id),
    actorOf(act.caller),
  );
}

/** Ends the live tasks of these agents that go beyond what they are held to now. */
async function endBeyond(
  statements: Statements,
  organization: string,
  agents: readonly string[],
  by: string,
): Promise<number> {
  const ended = await statements.run(END_BEYOND, [organization, agents, by]);
  if (ended > 0) await sendSignal(statements, 'stop', organization);
  return ended;
}

/** All of an organization's, one writer at a time: what is above decides what is below. */
async function load(statements: Statements, organization: string): Promise<Blueprint[]> {
  await statements.run(`select pg_advisory_xact_lock(hashtext('countersign blueprints ' || $1))`, [organization]);
  return statements.rows<Blueprint>('select id, name, parent, limits from blueprints where organization = $1', [
    organization,
  ]);
}

/** Is `upper` this blueprint, or one above it? */
const isAbove = (upper: string, below: string | null, all: readonly Blueprint[]): boolean => {
  for (let at = below; at !== null; at = all.find(({ id }) => id === at)?.parent ?? null) {
    if (at === upper) return true;
  }
  return false;
};

function chainOf(blueprint: Blueprint, all: readonly Blueprint[]): Blueprint[] {
  const above = all.find(({ id }) => id === blueprint.parent);
  return [...(above ? chainOf(above, all) : []), blueprint];
}

const BLUEPRINTS = `
  select b.id, b.name, b.parent, b.limits, b.effective,
         (select count(*)::int from agents a where a.organization = b.organization and a.blueprint = b.id) as agents
  from blueprints b where b.organization = $1 order by b.name`;

const PUT = `
  insert into blueprints (organization, id, name, parent, limits, made_by) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization, id) do update set name = excluded.name, parent = excluded.parent, limits = excluded.limits`;

// In one order, as everybody who holds several agents.
const HOLD_BELOW = `
  select id from agents where organization = $1 and blueprint = any($2) order by id for no key update`;

const USED = `
  select exists (select from agents where organization = $1 and blueprint = $2)
      or exists (select from blueprints where organization = $1 and parent = $2) as used`;

const HOLD = `
  with held as (
    update agents set limits = coalesce($3::jsonb, limits), blueprint = case when $4::boolean then $5 else blueprint end
    where organization = $1 and id = $2 returning organization, limits, blueprint)
  select h.limits, b.effective from held h
  left join blueprints b on b.organization = h.organization and b.id = h.blueprint`;

const END_BEYOND = `
  insert into stop_epochs (organization, key, at, by, reason)
  select t.organization, 'task:' || t.id, clock_timestamp(), $3, 'beyond the limits of its agent'
  from tasks t
  where t.organization = $1 and t.agent = any($2) and t.expires_at > clock_timestamp()
    and beyond_limits(t.organization, array[t.agent], (
      select jsonb_agg(jsonb_build_object('action', x.action, 'resource', x.resource, 'viaScope', x.via_scope, 'impact', x.impact))
      from task_actions x where x.organization = t.organization and x.task = t.id))
  on conflict (organization, key) do update set at = excluded.at, by = excluded.by, reason = excluded.reason`;

const LIVE_TASKS = `
  select t.id as task, t.sentence, p.name as person, t.expires_at as "expiresAt",
         (select array_agg(distinct x.action order by x.action) from task_actions x
          where x.organization = t.organization and x.task = t.id) as actions
  from tasks t join people p on p.organization = t.organization and p.id = t.person
  where t.organization = $1 and t.agent = $2 and t.expires_at > clock_timestamp()
    and ${TASK_ALIVE}
  order by p.name, t.expires_at, t.id`;
