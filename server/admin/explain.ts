import { REACH, REQUIRED } from '../../views/words/console-lifecycle.ts';
import { STATUS } from '../../views/words/console-shell.ts';
import { inEnglish, listed, type Saying, saying } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import type { AgentStatus } from '../agents/agent.ts';
import type { Requirement } from '../agents/lifecycle.ts';
import { beyondLimits, type Limits } from '../agents/limits.ts';
import type { Action } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { isProven } from '../tasks/ask.ts';
import { covers, type Rule } from '../tasks/policies.ts';
import { done, unknown } from './admin.ts';
import { type Answer, agentOf } from './call.ts';
import { gives } from './input.ts';
import { LIMITS_SHAPE, USE_CASE_SHAPE, type UseCase } from './limits.ts';
import { instant, many, maybe, object, one, text } from './shapes.ts';

/** Everything that decides what one agent could reach now. */
export interface ReachFacts {
  agent: {
    id: string;
    name: string;
    status: AgentStatus;
    lacks: readonly Requirement[];
    expiresAt: Date | null;
    ownActions: readonly string[];
    /** As its registrations say; null: any. */
    types: readonly string[] | null;
    /** It has a key, and is not only a public client. */
    confidential: boolean;
    blueprint: string | null;
    /** All that it is held to. */
    limits: Limits;
    useCase: UseCase;
  };
  /** People who can be asked; those who paused it cannot. */
  people: number;
  pausedBy: number;
  policies: readonly Rule[];
  /** Live tasks: what was approved, for whom, until when. */
  tasks: readonly { id: string; person: string; actions: readonly string[]; until: Date }[];
  /** Agents that may hand a part of theirs to it. */
  from: readonly { agent: string; actions: readonly string[] }[];
  /** When it used each action last. */
  usedAt: Readonly<Record<string, Date | string>>;
}

export interface ReachReader {
  /** Undefined: there is no such agent in this organization. */
  facts(organization: string, agent: string): Promise<ReachFacts | undefined>;
}

/** One way in which an action can be reached. */
export interface Reached {
  action: string;
  resource: string;
  /** At its highest. */
  impact: Action['level']['default'];
  /** By which rule, and for whom. */
  ways: readonly { rule: 'own' | 'task' | 'policy' | 'ask' | 'handed'; forWhom: Saying; says: Saying }[];
  /** What stands against it, where nothing leads to it. */
  because?: Saying | undefined;
  lastUsed: Date | string | null;
}

/**
 * What could this agent reach now, for whom, by which rule, and what it used. Pure: the same facts and catalogue in, the
 * same answer out. An agent that is not active reaches nothing, whatever it is registered for.
 *
 * @param timeZone of the person who reads it; a machine reads instants
 */
export function explainReach(facts: ReachFacts, catalogue: Catalogue, now: Date, timeZone?: string): Reached[] {
  const stopped = whyNothing(facts, now);
  return [...catalogue.actions.values()]
    .map((action) => {
      const { key, resource } = action;
      const impact = action.level.default;
      const because = stopped ?? whyNot(action, facts);
      const ways = because === undefined ? waysTo(action, facts, timeZone) : [];
      const lastUsed = facts.usedAt[key] ?? null;
      const none = because ?? saying(REACH.nobody);
      return { action: key, resource, impact, ways, ...(ways.length === 0 && { because: none }), lastUsed };
    })
    .sort((one, other) => other.ways.length - one.ways.length || one.action.localeCompare(other.action));
}

function whyNothing({ agent }: ReachFacts, now: Date): Saying | undefined {
  if (agent.status !== 'active') {
    const status = saying(STATUS[agent.status]);
    return agent.status === 'pending' && agent.lacks.length > 0
      ? saying(REACH.itLacks, { status, lacks: listed(agent.lacks.map((one) => REQUIRED[one])) })
      : saying(REACH.itIs, { status });
  }
  return agent.expiresAt !== null && agent.expiresAt <= now ? saying(REACH.dateReached) : undefined;
}

/** What keeps it from this action, however it would come to it. */
function whyNot({ key, resource, scope, level }: Action, { agent }: ReachFacts): Saying | undefined {
  return beyondLimits(agent.limits, { action: key, resource, scope, impact: level.default });
}

function waysTo(action: Action, facts: ReachFacts, timeZone: string | undefined): Reached['ways'] {
  const { agent, people, pausedBy, policies, tasks, from } = facts;
  const { key, scope, own, level } = action;
  const ways: Reached['ways'][number][] = [];
  if (own && agent.ownActions.includes(key) && agent.confidential) {
    ways.push({ rule: 'own', forWhom: saying(REACH.itself), says: saying(REACH.own) });
  }
  const clock = (at: Date) =>
    timeZone === undefined ? at.toISOString() : (speaker: Speaker) => speaker.clock(at, timeZone);
  for (const { id, person, actions, until } of tasks) {
    if (actions.includes(key))
      ways.push({
        rule: 'task',
        forWhom: () => asItIs(person),
        says: saying(REACH.task, { person, task: id, until: clock(until) }),
      });
  }
  const registered = agent.types === null || agent.types.includes(key);
  const asks = registered || scope !== undefined;
  const policy = policies.find(({ when: { actions, agents } = {} }) => {
    const isAbout = actions === undefined || actions.some((pattern) => covers(pattern, key));
    return isAbout && (agents === undefined || agents.includes(agent.id));
  });
  if (policy?.verdict === 'allow' && asks && agent.confidential)
    ways.push({
      rule: 'policy',
      forWhom: saying(REACH.anybody),
      says: saying(REACH.policy, { name: policy.name }),
    });
  if (asks && (agent.confidential || !isProven(level.default)) && people > pausedBy) {
    ways.push({
      rule: 'ask',
      forWhom: pausedBy === 0 ? saying(REACH.anybody) : saying(REACH.someOf, { count: people - pausedBy, people }),
      says: registered ? saying(REACH.registered) : saying(REACH.scope, { scope: scope ?? '' }),
    });
  }
  for (const parent of from) {
    if (parent.actions.includes(key))
      ways.push({
        rule: 'handed',
        forWhom: saying(REACH.whoever, { agent: parent.agent }),
        says: saying(REACH.handed, { agent: parent.agent }),
      });
  }
  return ways;
}

/** `explain`: what could this agent reach now, for whom, by which rule, and what it used. */
export const explainAgent: Answer = async (call, dependencies) => {
  const found = await agentOf(call, call.params.agent ?? '', call.query.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id } = found.value;
  const facts = await dependencies.reach.facts(organization.id, id);
  if (!facts) return unknown('the agent');
  const reached = explainReach(facts, dependencies.catalogue().seenBy(organization.id), new Date());
  const { agent } = facts;
  return done({
    id,
    name: agent.name,
    status: agent.status,
    blueprint: agent.blueprint,
    limits: agent.limits,
    use_case: agent.useCase,
    reaches: reached
      .filter(({ ways }) => ways.length > 0)
      .map(({ action, resource, impact, ways, lastUsed }) => ({
        action,
        resource,
        impact,
        by: ways.map(({ rule, forWhom, says }) => ({ rule, for: inEnglish(forWhom), says: inEnglish(says) })),
        last_used: lastUsed,
      })),
    not: reached
      .filter(({ ways }) => ways.length === 0)
      .map(({ action, because, lastUsed }) => ({
        action,
        because: because && inEnglish(because),
        last_used: lastUsed,
      })),
  });
};
gives(
  explainAgent,
  object({
    id: text,
    name: text,
    status: text,
    blueprint: maybe(text),
    limits: LIMITS_SHAPE,
    use_case: USE_CASE_SHAPE,
    reaches: many(
      object({
        action: text,
        resource: text,
        impact: text,
        by: many(object({ rule: one('own', 'task', 'policy', 'ask', 'handed'), for: text, says: text })),
        last_used: maybe(instant),
      }),
    ),
    not: many(object({ action: text, because: text, last_used: maybe(instant) })),
  }),
);
