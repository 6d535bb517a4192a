import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import type { Environment } from '../agents/agent.ts';
import type { Role } from '../agents/lifecycle.ts';
import { IMPACT_LEVELS, type Limits } from '../agents/limits.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { newId } from '../oauth/ids.ts';
import { type Act, type AdminOutcome, conflict, done, type Organization, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, organizationOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes, whole } from './input.ts';
import { pageOf } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { always, count, many, maybe, object, one, pageOfMany, text, withMembers } from './shapes.ts';

/** Agents of one kind: what all of them are held to. */
export interface Blueprint {
  id: string;
  name: string;
  parent: string | null;
  limits: Limits;
}

export interface ListedBlueprint extends Blueprint {
  /** With those above. */
  effective: Limits;
  agents: number;
}

/** What an organization knows an agent to be for, in its own words. */
export interface UseCase {
  people?: string;
  tasks?: string;
  apis?: readonly string[];
  data_sources?: readonly string[];
  kinds_of_action?: readonly string[];
  consent?: string;
  business_owner?: string;
}

/** Limits, blueprints, use cases and where agents run; under row-level security. Each change writes its evidence. */
export interface LimitAdministration {
  blueprints(organization: string): Promise<ListedBlueprint[]>;
  /** Its agents, and those of the blueprints below it, are held to it when this resolves. */
  putBlueprint(act: Act, blueprint: Blueprint): Promise<'put' | 'taken' | 'unknown_parent' | 'circle'>;
  removeBlueprint(act: Act, id: string): Promise<'removed' | 'used' | 'unknown'>;
  /** What is left out stays; `ended` tasks went beyond it. */
  hold(
    act: Act,
    agent: string,
    held: { limits?: Limits | undefined; blueprint?: string | null | undefined; reason: string },
  ): Promise<'unknown_blueprint' | { ended: number }>;
  setUseCase(act: Act, agent: string, useCase: UseCase): Promise<void>;
  /** Recorded with what it was before; the same again changes nothing and is no change. */
  setEnvironment(act: Act, agent: string, said: { environment: Environment | null; reason: string }): Promise<void>;
  /**
   * Takes actions from an agent, and with them exactly the live tasks that somebody was shown, in one transaction. Where
   * other tasks would end than those, nothing happens, and the answer says which would.
   *
   * @returns undefined: there is no such agent
   */
  withoutActions(
    act: Act,
    agent: string,
    removal: {
      actions: readonly string[];
      /** All that the catalogue has for this organization: what an agent may ask for that named nothing in particular. */
      anything: readonly string[];
      /** Ids of the tasks that were shown; undefined: only to see them. */
      shown: readonly string[] | undefined;
      role: Role;
      reason: string;
    },
  ): Promise<{ ends: EndingTask[]; done: boolean } | { refused: 'not_allowed' | 'nothing_left' } | undefined>;
}

/** A live task that ends when its agent loses an action. */
export interface EndingTask {
  task: string;
  sentence: string;
  person: string;
  actions: readonly string[];
  expiresAt: Date;
}

export const LIMITS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    actions: listOf(reference, 0, 500),
    resources: listOf({ type: 'string', format: 'uri', maxLength: 2000 }, 0, 200),
    scopes: listOf(reference, 0, 200),
    highest_impact: oneOf(...IMPACT_LEVELS),
    second_person_above: oneOf(...IMPACT_LEVELS),
    chain_depth: whole(1, 8),
    delegates: listOf(reference, 0, 200),
    requests_per_minute: whole(1, 100_000),
    token_seconds: whole(10, 300),
  },
} as const;

/** The same in an answer: what it names may be gone meanwhile. */
export const LIMITS_SHAPE = object(
  {},
  {
    actions: many(text),
    resources: many(text),
    scopes: many(text),
    highest_impact: one(...IMPACT_LEVELS),
    second_person_above: one(...IMPACT_LEVELS),
    chain_depth: count,
    delegates: many(text),
    requests_per_minute: count,
    token_seconds: count,
  },
);

const someBlueprints = listQuery({ parent: reference });
const BLUEPRINT = object({ id: text, name: text, parent: maybe(text), limits: LIMITS_SHAPE });

export const listBlueprints: Answer = async (call, dependencies) => {
  const blueprints = await listed(call, someBlueprints, dependencies, async ({ id }, asked) =>
    pageOf(await dependencies.limits.blueprints(id), asked, {
      key: ({ name, id }) => `${name.toLowerCase()} ${id}`,
      words: ({ name, id }) => [name, id],
      filters: { parent: ({ parent }, value) => parent === value },
    }),
  );
  return blueprints.ok ? done({ blueprints: blueprints.value.rows, next: blueprints.value.next }) : blueprints;
};
takes(listBlueprints, { query: someBlueprints });
gives(
  listBlueprints,
  pageOfMany('blueprints', withMembers(BLUEPRINT, { organization: text, effective: LIMITS_SHAPE, agents: count })),
);

const putting = input<{ organization?: string; name: string; parent?: string | null; limits: Limits }>(
  {
    organization: reference,
    name: plain(80),
    parent: { type: ['string', 'null'], maxLength: 80 },
    limits: LIMITS_SCHEMA,
  },
  ['name', 'limits'],
);

/** Makes a blueprint, or replaces the one of this name: a hundred agents of one kind are one change. */
export const putBlueprint: Answer = async (call, dependencies) => {
  const asked = putting(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { name, limits, parent = null } = asked.value;
  const unknownOnes = unknownLimits(limits, organization.value, dependencies.catalogue());
  if (unknownOnes.length > 0) return unacceptable('unknown_limit', `unknown: ${unknownOnes.join(', ')}`);
  const all = await dependencies.limits.blueprints(organization.value.id);
  const named = (text: string) => all.find((one) => one.id === text || one.name.toLowerCase() === text.toLowerCase());
  const above = parent === null ? undefined : named(parent);
  if (parent !== null && !above) return unknown(saying(REFUSED.blueprint, { name: parent }));
  const act = { organization: organization.value.id, caller: call.caller };
  const blueprint = { id: named(name)?.id ?? newId('bpr'), name, parent: above?.id ?? null, limits };
  const put = await dependencies.limits.putBlueprint(act, blueprint);
  if (put === 'circle') return unacceptable('circle', `${parent} is below ${name}`);
  if (put !== 'put') return conflict(put, `${name} was changed by somebody else at this moment`);
  return done(blueprint);
};
takes(putBlueprint, { body: putting });
gives(putBlueprint, BLUEPRINT);

export const removeBlueprint: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const name = call.params.blueprint ?? '';
  const found = await blueprintOf(name, organization.value, dependencies);
  if (!found.ok) return found;
  const act = { organization: organization.value.id, caller: call.caller };
  const removed = await dependencies.limits.removeBlueprint(act, found.value.id);
  if (removed === 'used') return conflict('used', `agents or other blueprints are held to ${name}`);
  return removed === 'removed'
    ? done({ id: found.value.id, removed: true })
    : unknown(saying(REFUSED.blueprint, { name }));
};
gives(removeBlueprint, object({ id: text, removed: always(true) }));

const holding = input<{ organization?: string; limits?: Limits; blueprint?: string | null; reason: string }>(
  {
    organization: reference,
    limits: LIMITS_SCHEMA,
    blueprint: { type: ['string', 'null'], maxLength: 80 },
    reason: plain(200),
  },
  ['reason'],
);

/** Holds an agent to limits of its own, to a blueprint, or to both. Tasks that go beyond them end at once. */
export const holdAgent: Answer = async (call, dependencies) => {
  const asked = holding(call.body);
  if (!asked.ok) return asked;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  const { limits, blueprint, reason } = asked.value;
  const unknownOnes = limits ? unknownLimits(limits, organization, dependencies.catalogue()) : [];
  if (unknownOnes.length > 0) return unacceptable('unknown_limit', `unknown: ${unknownOnes.join(', ')}`);
  const chosen = blueprint ? await blueprintOf(blueprint, organization, dependencies) : undefined;
  if (chosen && !chosen.ok) return chosen;
  const act = { organization: organization.id, caller: call.caller };
  const held = await dependencies.limits.hold(act, id, { limits, blueprint: chosen?.value.id ?? blueprint, reason });
  if (held === 'unknown_blueprint') return unknown(saying(REFUSED.blueprint, { name: String(blueprint) }));
  return done({ id, name, limits, blueprint, tasks_ended: held.ended });
};
takes(holdAgent, { body: holding });
gives(
  holdAgent,
  object({ id: text, name: text, tasks_ended: count }, { limits: LIMITS_SHAPE, blueprint: maybe(text) }),
);

export const USE_CASE_SHAPE = object(
  {},
  {
    people: text,
    tasks: text,
    apis: many(text),
    data_sources: many(text),
    kinds_of_action: many(text),
    consent: text,
    business_owner: text,
  },
);

const words = plain(500);
const using = input<{ organization?: string; use_case: UseCase }>(
  {
    organization: reference,
    use_case: {
      type: 'object',
      additionalProperties: false,
      properties: {
        people: words,
        tasks: words,
        apis: listOf(words, 0, 50),
        data_sources: listOf(words, 0, 50),
        kinds_of_action: listOf(words, 0, 50),
        consent: words,
        business_owner: words,
      },
    },
  },
  ['use_case'],
);

/** What the agent is for, as its organization writes it down: people, tasks, APIs, data, kinds of action, consent, owner in the business. */
export const setUseCase: Answer = async (call, dependencies) => {
  const asked = using(call.body);
  if (!asked.ok) return asked;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  await dependencies.limits.setUseCase(
    { organization: organization.id, caller: call.caller },
    id,
    asked.value.use_case,
  );
  return done({ id, name, use_case: asked.value.use_case });
};
takes(setUseCase, { body: using });
gives(setUseCase, object({ id: text, name: text, use_case: USE_CASE_SHAPE }));

/** The blueprint that a request names by id or name. */
export async function blueprintOf(
  name: string,
  { id }: Organization,
  { limits }: Pick<AdminDependencies, 'limits'>,
): Promise<AdminOutcome<ListedBlueprint>> {
  const all = await limits.blueprints(id);
  const found = all.find((one) => one.id === name || one.name.toLowerCase() === name.toLowerCase());
  return found ? done(found) : unknown(saying(REFUSED.blueprint, { name }));
}

/** A limit to something misspelt would take everything away, in silence. */
export function unknownLimits(
  { actions = [], resources = [], scopes = [] }: Limits,
  { id }: Organization,
  catalogue: Catalogue,
) {
  const seen = catalogue.seenBy(id);
  return [
    ...actions.filter((key) => !seen.actions.has(key)),
    ...resources.filter((resource) => !seen.resources.has(resource)),
    ...scopes.filter((scope) => seen.byScope(scope) === undefined),
  ];
}
