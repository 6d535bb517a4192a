import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import { ENVIRONMENTS, type Environment } from '../agents/agent.ts';
import { describeRefusal, MOVES, type MoveName } from '../agents/lifecycle.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { conflict, done, malformed, type Organization, onlyOf, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, organizationsOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes, whole } from './input.ts';
import { AGENT_LISTING, FLAG_NAMES, reachFilter } from './inventory.ts';
import { LIMITS_SHAPE, USE_CASE_SHAPE } from './limits.ts';
import { parseListing } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import {
  always,
  anyObject,
  count,
  ended,
  instant,
  many,
  maybe,
  named,
  object,
  one,
  pageOfMany,
  text,
  truth,
  withMembers,
} from './shapes.ts';

const listing = input<{
  organization?: string;
  q?: string;
  status?: string;
  owner?: string;
  sort?: string;
  after?: string;
  limit?: string;
}>({
  organization: reference,
  q: { type: 'string', maxLength: 500 },
  status: oneOf(...AGENT_LISTING.filters.status),
  owner: reference,
  sort: oneOf(...AGENT_LISTING.sorts.flatMap((column) => [column, `-${column}`])),
  after: { type: 'string', maxLength: 1000 },
  limit: { type: 'string', pattern: '^([1-9][0-9]{0,2}|1000)$' },
});

/** Agents as the console lists them, a page at a time; of every organization, where the operator names none. */
export const listAgents: Answer = async (call, dependencies) => {
  const asked = listing(call.query);
  if (!asked.ok) return asked;
  const { q = '', status, owner, sort, after, limit = '200' } = asked.value;
  const parsed = parseListing(
    {
      q: [q, status && `status:${status}`, owner && `owner:${JSON.stringify(owner)}`].filter(Boolean).join(' '),
      sort,
      after,
    },
    AGENT_LISTING,
  );
  if (!parsed.ok) return malformed(parsed.problem);
  const places = await organizationsOf(call, asked.value.organization, dependencies);
  if (!places.ok) return places;
  const pages = await Promise.all(
    places.value.map(async ({ id, slug }) => {
      const reach = reachFilter(parsed.listing, dependencies.catalogue().seenBy(id));
      const asking = { listing: parsed.listing, reach, only: onlyOf(call.caller), limit: Number(limit) };
      const { rows, next } = await dependencies.inventory.list(id, asking);
      return { rows: rows.map((row) => ({ organization: slug, ...row })), next };
    }),
  );
  const [only, ...others] = pages;
  // Of several organizations the first page each: who wants more names one.
  return done({ agents: pages.flatMap(({ rows }) => rows), next: others.length === 0 ? (only?.next ?? null) : null });
};
takes(listAgents, { query: listing });
const AGENT = {
  id: text,
  organization: text,
  name: text,
  purpose: maybe(text),
  mode: one(...AGENT_LISTING.filters.mode),
  status: one(...AGENT_LISTING.filters.status),
  owner: named,
  deputy: named,
  actions: maybe(many(text)),
  last_used: maybe(instant),
  expires_at: maybe(instant),
  environment: maybe(one(...ENVIRONMENTS)),
};
gives(
  listAgents,
  pageOfMany(
    'agents',
    object({
      ...AGENT,
      registered_at: instant,
      people: count,
      asked: count,
      decided: count,
      allowed: count,
      flags: many(one(...FLAG_NAMES)),
      stopped: truth,
    }),
  ),
);

export const getAgent: Answer = async (call, dependencies) => {
  const found = await agentOf(call, call.params.agent ?? '', call.query.organization, dependencies);
  if (!found.ok) return found;
  const agent = await dependencies.store.agent(found.value.organization.id, found.value.id);
  return agent ? done(agent) : unknown(saying(REFUSED.theAgent));
};
gives(
  getAgent,
  object({
    ...AGENT,
    own_actions: many(text),
    limits: LIMITS_SHAPE,
    blueprint: maybe(text),
    use_case: USE_CASE_SHAPE,
    live_tasks: count,
    clients: many(
      object({
        client_id: text,
        name: maybe(text),
        auth_method: text,
        jwks: maybe(object({ keys: many(anyObject) })),
        jwks_uri: maybe(text),
        redirect_uris: maybe(many(text)),
        grant_types: maybe(many(text)),
      }),
    ),
    hands_on_to: many(object({ agent: text, name: text, actions: many(text), max_depth: count })),
    changes: many(
      object({
        at: instant,
        from: maybe(text),
        to: text,
        by: text,
        reason: maybe(text),
        change: text,
        role: maybe(text),
        detail: anyObject,
        evidence: maybe(text),
      }),
    ),
  }),
);

const change = input<{ organization?: string; reason: string }>({ organization: reference, reason: plain(200) }, [
  'reason',
]);

/** One step of an agent's life, as `MOVES` allows it. Leaving `active` ends everything the agent holds. */
export const commandAgent = (move: MoveName): Answer =>
  gives(
    takes(
      async (call: Call, dependencies: AdminDependencies) => {
        const asked = change(call.body);
        if (!asked.ok) return asked;
        const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
        if (!found.ok) return found;
        const { organization, id, name } = found.value;
        const act = { organization: organization.id, caller: call.caller };
        const moved = await dependencies.store.moveAgent(act, id, move, asked.value.reason);
        if (!moved) return unknown(saying(REFUSED.agent, { name }));
        if ('refused' in moved) return conflict(moved.refused.reason, describeRefusal(moved.refused, name));
        const { to } = MOVES[move];
        return done({ id, name, status: to, ...(to !== 'active' && moved) });
      },
      { body: change },
    ),
    object({ id: text, name: text, status: one(...AGENT_LISTING.filters.status) }, ended),
  );

const running = input<{ organization?: string; environment: Environment | null; reason: string }>(
  { organization: reference, environment: { enum: [...ENVIRONMENTS, null] }, reason: plain(200) },
  ['environment', 'reason'],
);

/** Where an agent runs: people read it before they decide. For administrators, and never from the agent's own words. */
export const setEnvironment: Answer = async (call, dependencies) => {
  const asked = running(call.body);
  if (!asked.ok) return asked;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  const { environment, reason } = asked.value;
  const act = { organization: organization.id, caller: call.caller };
  await dependencies.limits.setEnvironment(act, id, { environment, reason });
  return done({ id, name, environment });
};
takes(setEnvironment, { body: running });
gives(setEnvironment, object({ id: text, name: text, environment: maybe(one(...ENVIRONMENTS)) }));

const owning = input<{ organization?: string; actions: string[] }>(
  { organization: reference, actions: listOf(reference, 0, 100) },
  ['actions'],
);

/** What an agent may do without a person: only what the resource's owner marked for it. */
export const setOwnActions: Answer = async (call, dependencies) => {
  const asked = owning(call.body);
  if (!asked.ok) return asked;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  const { actions } = asked.value;
  const missing = unknownActions(actions, dependencies.catalogue(), organization);
  if (missing.length > 0) return unacceptable('unknown_action', `unknown: ${missing.join(', ')}`);
  const notOwn = actions.filter((key) => dependencies.catalogue().actions.get(key)?.own !== true);
  if (notOwn.length > 0)
    return unacceptable(
      'needs_a_person',
      `the catalogue does not let an agent do this by itself: ${notOwn.join(', ')}`,
    );
  await dependencies.store.setOwnActions({ organization: organization.id, caller: call.caller }, id, actions);
  return done({ id, name, own_actions: actions });
};
takes(setOwnActions, { body: owning });
gives(setOwnActions, object({ id: text, name: text, own_actions: many(text) }));

const someEdges = listQuery({ parent: reference, child: reference });

export const listEdges: Answer = async (call, dependencies) => {
  const edges = await listed(call, someEdges, dependencies, ({ id }, asked) => dependencies.store.edges(id, asked));
  return edges.ok ? done({ edges: edges.value.rows, next: edges.value.next }) : edges;
};
takes(listEdges, { query: someEdges });
const END = object({ id: text, name: text });
const EDGE = object({ parent: END, child: END, actions: many(text), max_depth: count, carries_own: truth });
gives(listEdges, pageOfMany('edges', withMembers(EDGE, { organization: text })));

const edge = input<Asked & { actions: string[]; max_depth?: number; carries_own?: boolean }>(
  {
    organization: reference,
    parent: reference,
    child: reference,
    actions: listOf(reference, 1, 100),
    max_depth: whole(1, 8),
    carries_own: { type: 'boolean' },
  },
  ['parent', 'child', 'actions'],
);

/**
 * Lets `parent` hand parts of its tasks to `child`: these actions, to this depth of the chain; with `carries_own` also
 * of what it may do by itself. An edge that is made narrower ends what travelled along it before, as one that is removed.
 */
export const putEdge: Answer = async (call, dependencies) => {
  const asked = edge(call.body);
  if (!asked.ok) return asked;
  const { actions, max_depth: maxDepth = 2, carries_own: carriesOwn = false } = asked.value;
  const ends = await endsOf(call, asked.value, dependencies);
  if (!ends.ok) return ends;
  const { organization, parent, child } = ends.value;
  const missing = unknownActions(actions, dependencies.catalogue(), organization);
  if (missing.length > 0) return unacceptable('unknown_action', `unknown: ${missing.join(', ')}`);
  const stopped = await dependencies.store.putEdge(
    { organization: organization.id, caller: call.caller },
    { parent: parent.id, child: child.id, actions, maxDepth, carriesOwn },
  );
  return done({ parent, child, actions, max_depth: maxDepth, carries_own: carriesOwn, ...stopped });
};
takes(putEdge, { body: edge });
gives(putEdge, withMembers(EDGE, {}, ended));

const ends = input<{ organization?: string; parent: string; child: string }>(
  { organization: reference, parent: reference, child: reference },
  ['parent', 'child'],
);

export const removeEdge: Answer = async (call, dependencies) => {
  const asked = ends(call.body ?? call.query);
  if (!asked.ok) return asked;
  const found = await endsOf(call, asked.value, dependencies);
  if (!found.ok) return found;
  const { organization, parent, child } = found.value;
  const stopped = await dependencies.store.removeEdge(
    { organization: organization.id, caller: call.caller },
    parent.id,
    child.id,
  );
  return stopped
    ? done({ parent, child, removed: true, ...stopped })
    : unknown(`an edge from ${parent.name} to ${child.name}`);
};
takes(removeEdge, { body: ends });
gives(removeEdge, object({ parent: END, child: END, removed: always(true), ...ended }));

type Asked = { organization?: string; parent: string; child: string };

async function endsOf(call: Call, asked: Asked, dependencies: AdminDependencies) {
  const parent = await agentOf(call, asked.parent, asked.organization, dependencies);
  if (!parent.ok) return parent;
  const { organization } = parent.value;
  // In the parent's organization alone: nothing is handed across.
  const child = await agentOf(call, asked.child, organization.id, dependencies);
  if (!child.ok) return child;
  if (parent.value.id === child.value.id) return unacceptable('same_agent', 'an agent needs no edge to itself');
  const name = ({ id, name }: { id: string; name: string }) => ({ id, name });
  return done({ organization, parent: name(parent.value), child: name(child.value) });
}

const unknownActions = (keys: readonly string[], catalogue: Catalogue, { id }: Organization): string[] =>
  keys.filter((key) => {
    const action = catalogue.actions.get(key);
    return !action || (action.organization !== null && action.organization !== id);
  });
