import { expect, test } from '@jest/globals';

import type { AgentEdge } from '../../server/agents/agent.ts';
import type { ExchangeRequest } from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { compared } from './compared.ts';
import { leadsTo, liesWithin } from './oracle.ts';
import { type Attempt, actorOf, clientOf, edgeBetween, keyOf, rootOf, rowOf } from './random-chains.ts';
import { catalogue, ISSUER, LEDGER, newest, SHOP, STOCK } from './small-world.ts';

// Whatever anybody can do in a small world: everyone presents every token that anybody ever got, with every key, and asks
// for everything, for everybody; and so on with what they get, until nothing new comes of it.

const AGENTS = ['agt_a', 'agt_b', 'agt_c', 'agt_d'] as const;

const action = (key: string, parameters: Record<string, unknown>, viaScope?: string): RequestedAction => {
  const { version = 0, resource = '' } = newest(key) ?? {};
  return { action: key, version, resource, parameters, ...(viaScope !== undefined && { viaScope }) };
};

/** Everything that could be done at all. */
const UNIVERSE: readonly RequestedAction[] = [
  ...[{ pieces: 1 }, { pieces: 2 }, { pieces: 3 }, {}, { pieces: 1, after: '2026-11-25' }].flatMap((parameters) => [
    action('shop.orders.read', parameters),
    action('stock.items.read', parameters),
  ]),
  ...[{ pieces: 1 }, { pieces: 2 }, {}].map((parameters) => action('ledger.entries.read', parameters)),
  ...[{ pieces: 1 }, { pieces: 2 }, {}].map((parameters) => action('stock.items.reserve', parameters)),
  action('shop.orders.count', {}, 'shop.count'),
  action('shop.orders.count', { pieces: 1 }),
];

const approved = (one: RequestedAction, more: Partial<TaskAction>): TaskAction => ({
  ...one,
  access: 'read',
  impact: 'low',
  max_uses: null,
  ...more,
});
const TASK: readonly TaskAction[] = [
  approved(action('shop.orders.read', { pieces: 2 }), { position: 0, max_uses: 2 }),
  approved(action('shop.orders.count', {}, 'shop.count'), { position: 1 }),
];

interface SmallWorld {
  seen: readonly AgentEdge[];
  now: readonly AgentEdge[];
  root: IssuedToken;
  chainLimit: number;
  agents: readonly string[];
}

const ASKS: readonly Pick<ExchangeRequest, 'scopes' | 'actions'>[] = [
  { scopes: undefined, actions: undefined },
  { scopes: undefined, actions: [action('shop.orders.read', { pieces: 1 })] },
  { scopes: undefined, actions: [action('shop.orders.read', { pieces: 3 })] },
  { scopes: undefined, actions: [action('shop.orders.read', {})] },
  { scopes: ['shop.count'], actions: undefined },
  { scopes: undefined, actions: [action('stock.items.read', { pieces: 2 })] },
  { scopes: undefined, actions: [action('stock.items.reserve', { pieces: 1 })] },
  { scopes: undefined, actions: [action('ledger.entries.read', { pieces: 1 })] },
];
const AUDIENCES = [undefined, ISSUER, SHOP, STOCK, LEDGER];

/** Everyone, with every key that matters, asking for everything. */
function* attempts(world: SmallWorld, path: readonly IssuedToken[]): Generator<Attempt> {
  const subject = path[path.length - 1] as IssuedToken;
  for (const presenter of [...world.agents, SHOP, STOCK]) {
    const client = clientOf(presenter, world.chainLimit);
    for (const boundTo of new Set([undefined, keyOf(presenter), subject.boundTo ?? undefined])) {
      for (const to of [undefined, ...world.agents]) {
        for (const by of to === undefined ? [undefined, ...world.agents] : [undefined]) {
          const actor = by === undefined ? undefined : actorOf(by);
          const child = subject.mayAct ?? to ?? (by === client.agent?.id ? undefined : by);
          const edge = world.now.find((one) => one.parent === subject.agent && one.child === child);
          for (const audience of AUDIENCES) {
            for (const ask of ASKS) {
              yield {
                request: { audience, requestedActor: to, ...ask },
                facts: {
                  issuer: ISSUER,
                  now: subject.issuedAt,
                  catalogue,
                  subject,
                  client,
                  actor,
                  boundTo,
                  registeredKeys: subject.kind === 'handoff' ? [keyOf(presenter)] : [],
                  ownsAudience: presenter === subject.resource,
                  grantId: 'grt_1',
                  approvedEdges: world.seen,
                  child:
                    child === undefined
                      ? undefined
                      : {
                          agent: child,
                          client: `cli_${child}`,
                          key: keyOf(child),
                          active: true,
                          chainLimit: world.chainLimit,
                          edge,
                          siblings: 0,
                        },
                  pace: { count: 1, limit: 1 },
                  fanOut: 1,
                },
                path,
              };
            }
          }
        }
      }
    }
  }
}

/** What of everything can be done by these actions, here and further on, as the bits of a number. */
function reach(actions: readonly TaskAction[]): number {
  let reached = 0;
  const waiting = [...actions];
  for (let source = waiting.pop(); source; source = waiting.pop()) {
    for (const [bit, wanted] of UNIVERSE.entries()) {
      if (liesWithin(wanted, source)) reached |= 1 << bit;
      if ((reached & (1 << bit)) !== 0 || leadsTo(source, wanted).length > 0) continue;
      reached |= 1 << bit;
      const { access = 'write' } = newest(wanted.action) ?? {};
      waiting.push({ ...wanted, access, impact: source.impact, max_uses: source.max_uses });
    }
  }
  return reached;
}

/** Two tokens that differ in nothing that a rule reads are one. */
const fingerprint = ({ kind, clientId, agent, act, resource, scopes, actions, boundTo, mayAct, depth }: IssuedToken) =>
  JSON.stringify([kind, clientId, agent, act, resource, scopes, actions, boundTo, mayAct, depth]);

function explore(world: SmallWorld) {
  const ceiling = reach(world.root.actions);
  const found = new Map([[fingerprint(world.root), [world.root] as readonly IssuedToken[]]]);
  const seen = { tokens: 0, attempts: 0, allowed: 0, deepest: 0, longest: 0 };
  for (const path of found.values()) {
    const subject = path[path.length - 1] as IssuedToken;
    const most = reach(subject.actions);
    seen.tokens += 1;
    seen.longest = Math.max(seen.longest, path.length - 1);
    for (const attempt of attempts(world, path)) {
      seen.attempts += 1;
      const given = compared(attempt);
      if (!given) continue;
      seen.allowed += 1;
      seen.deepest = Math.max(seen.deepest, given.depth);
      const row = rowOf(given, attempt.facts);
      const reached = reach(row.actions);
      if ((reached & ~most) !== 0 || (reached & ~ceiling) !== 0)
        expect({ row, reached }).toEqual({ row, reached: most });
      const name = fingerprint(row);
      if (!found.has(name)) found.set(name, [...path, row]);
    }
  }
  return seen;
}

const READING = ['shop.orders.read', 'stock.items.read'];
const LINE = [edgeBetween('agt_a', 'agt_b'), edgeBetween('agt_b', 'agt_c'), edgeBetween('agt_c', 'agt_d')];
const THREE = ['agt_a', 'agt_b', 'agt_c'];
const EACH = THREE.flatMap((parent) =>
  THREE.flatMap((child) => (parent === child ? [] : [{ ...edgeBetween(parent, child), maxDepth: 3 }])),
);
const SEEN = [
  { ...edgeBetween('agt_a', 'agt_b'), actions: READING, maxDepth: 2 },
  { ...edgeBetween('agt_b', 'agt_c'), maxDepth: 2 },
  edgeBetween('agt_a', 'agt_c'),
];
/** One wider and deeper than it was seen, one deeper, one narrower, one that nobody saw. */
const NOW = [
  edgeBetween('agt_a', 'agt_b'),
  edgeBetween('agt_b', 'agt_c'),
  { ...edgeBetween('agt_a', 'agt_c'), actions: READING, maxDepth: 2 },
  edgeBetween('agt_c', 'agt_b'),
];

test.each<[string, Partial<SmallWorld>, tokens: number, deepest: number]>([
  [
    'four agents in a line, each of whom may hand everything to the next',
    { seen: LINE, now: LINE, agents: AGENTS },
    68,
    4,
  ],
  ['three agents, each of whom may hand everything to each', { seen: EACH, now: EACH }, 87, 3],
  ['edges that changed since the person saw them', { seen: SEEN, now: NOW }, 23, 2],
  ['a token that is bound to no key', { seen: LINE, now: LINE, root: { ...rootOf(TASK), boundTo: null } }, 55, 3],
  [
    'an agent’s own authority',
    {
      now: EACH,
      root: { ...rootOf(TASK), kind: 'own', person: null, subject: 'agt_a', task: null, act: null, depth: 0 },
    },
    49,
    2,
  ],
])(
  'every chain there can be, however long, of %s',
  (_, world, tokens, deepest) => {
    const seen = explore({ seen: [], now: [], agents: THREE, root: rootOf(TASK), chainLimit: 4, ...world });
    expect([seen.tokens, seen.deepest]).toEqual([tokens, deepest]);
  },
  600_000,
);
