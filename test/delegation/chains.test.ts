import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { AgentEdge } from '../../server/agents/agent.ts';
import type { ClientRecord } from '../../server/agents/clients.ts';
import { actorsOf } from '../../server/delegation/chain.ts';
import {
  decideExchange,
  type Exchanged,
  type ExchangeFacts,
  type ExchangeRequest,
} from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { catalogue } from '../catalogue/demonstration.ts';

const ISSUER = 'https://auth.example';
const CALENDAR = 'https://calendar.acme.example';
const CRM = 'https://crm.acme.example';
const AGENTS = ['agt_a', 'agt_b', 'agt_c', 'agt_d'] as const;
type AgentName = (typeof AGENTS)[number];
const day = (n: number) => `2026-12-${String(n).padStart(2, '0')}`;

/** A period, as the oracle sees it: two numbers. */
interface Period {
  from: number;
  to: number;
}
const within = (inner: Period, outer: Period) => inner.from >= outer.from && inner.to <= outer.to;
const periodOf = ({ parameters }: Pick<TaskAction, 'parameters'>): Period => ({
  from: Number(String(parameters.from).slice(-2)),
  to: Number(String(parameters.to).slice(-2)),
});

const reading = ({ from, to }: Period): TaskAction => ({
  action: 'calendar.events.read',
  version: 1,
  resource: CALENDAR,
  parameters: { from: day(from), to: day(to) },
  access: 'read',
  impact: 'low',
  max_uses: null,
  position: 0,
});

const client = (agent: AgentName, chainLimit: number): ClientRecord => ({
  clientId: `cli_${agent}`,
  kind: 'agent',
  organization: 'org_acme',
  organizationDomains: [],
  agent: {
    id: agent,
    name: agent,
    purpose: 'to be tested',
    mode: 'attended',
    status: 'active',
    owner: 'usr_o',
    ownActions: [],
    chainLimit,
    expiresAt: null,
  },
  metadata: {},
});

const keyOf = (agent: string) => `key of ${agent}`;

/** One step of somebody: as whom, with which key, asking for what. Most of it is nonsense, as an attacker's would be. */
interface Step {
  by: AgentName;
  keyOf: AgentName | undefined;
  audience: string | undefined;
  period: Period | undefined;
  scope: boolean;
  to: AgentName | undefined;
}

const period = fc
  .tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1, max: 28 }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const step: fc.Arbitrary<Step> = fc.record({
  by: fc.constantFrom(...AGENTS),
  keyOf: fc.option(fc.constantFrom(...AGENTS), { nil: undefined, freq: 8 }),
  audience: fc.option(fc.constantFrom(CALENDAR, CALENDAR, CRM, ISSUER), { nil: undefined }),
  period: fc.option(period, { nil: undefined }),
  scope: fc.boolean().map((asked) => asked),
  to: fc.option(fc.constantFrom(...AGENTS), { nil: undefined }),
});
const edge = fc.record({
  parent: fc.constantFrom(...AGENTS),
  child: fc.constantFrom(...AGENTS),
  maxDepth: fc.integer({ min: 2, max: 4 }),
  carries: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
});

const world = fc.record({
  task: period,
  bound: fc.boolean(),
  chainLimit: fc.integer({ min: 1, max: 4 }),
  seen: fc.array(edge, { minLength: 4, maxLength: 12 }),
  now: fc.array(edge, { maxLength: 6 }),
  /** More often than chance would have it, what was seen is still there. */
  unchanged: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  /** Most steps are by whoever may take them, or no chain would grow. */
  honest: fc.array(
    fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    { minLength: 8, maxLength: 8 },
  ),
});

test('no chain of exchanges, honest or not, gives more than the person approved: dates, audience, depth, key, actor', () => {
  let allowed = 0;
  let deepest = 0;
  fc.assert(
    fc.property(world, ({ task, bound, chainLimit, seen, now, unchanged, steps, honest }) => {
      const edgesOf = (list: typeof seen): AgentEdge[] =>
        list
          .filter(({ parent, child }) => parent !== child)
          .map(({ parent, child, maxDepth, carries }) => ({
            parent,
            child,
            childName: child,
            maxDepth,
            carriesOwn: false,
            actions: [carries ? 'calendar.events.read' : 'calendar.invitations.send'],
          }));
      const approvedEdges = edgesOf(seen);
      const edges = unchanged ? approvedEdges : edgesOf(now);
      let token = rootOf(task, bound);
      steps.forEach((wanted, index) => {
        const trusty = honest[index] ?? false;
        const by = trusty ? ((token.mayAct ?? token.agent) as AgentName) : wanted.by;
        const boundTo = trusty ? keyOf(by) : wanted.keyOf && keyOf(wanted.keyOf);
        const request: ExchangeRequest = {
          audience: trusty && (wanted.audience === CRM || wanted.audience === ISSUER) ? CALENDAR : wanted.audience,
          scopes: wanted.scope && !trusty ? ['calendar.read'] : undefined,
          actions: wanted.period && [reading(trusty ? inside(wanted.period, token) : wanted.period)],
          requestedActor: trusty && token.mayAct !== null ? undefined : wanted.to,
        };
        const child = token.mayAct ?? wanted.to;
        const parent = token.agent ?? '';
        const facts: ExchangeFacts = {
          issuer: ISSUER,
          catalogue,
          subject: token,
          client: client(by, chainLimit),
          now: new Date(0),
          actor: undefined,
          pace: { count: 1, limit: 1 },
          fanOut: 1,
          boundTo,
          registeredKeys: [keyOf(by)],
          ownsAudience: false,
          grantId: `grt_${index}`,
          approvedEdges,
          child:
            child === undefined
              ? undefined
              : {
                  agent: child,
                  client: `cli_${child}`,
                  key: keyOf(child),
                  active: true,
                  chainLimit,
                  siblings: 0,
                  edge: edges.find((one) => one.parent === parent && one.child === child),
                },
        };
        const decision = decideExchange(request, facts);
        if (!decision.ok) return;
        allowed += 1;
        deepest = Math.max(deepest, decision.value.depth);
        judge(decision.value, token, { task, by, boundTo, chainLimit, approvedEdges, edges });
        token = next(token, decision.value, by, index);
      });
    }),
    { numRuns: 2000 },
  );
  // The property says something only if chains really grow.
  expect(allowed).toBeGreaterThan(500);
  expect(deepest).toBeGreaterThanOrEqual(3);
});

/** An honest agent asks for days that it has. */
function inside({ from, to }: Period, token: IssuedToken): Period {
  const [first] = token.actions.map(periodOf);
  const clamp = (n: number) => Math.min(Math.max(n, first?.from ?? 1), first?.to ?? 28);
  return { from: clamp(from), to: clamp(to) };
}

/** The rules as `docs/architecture.md` and the issue of a token state them, in words of its own: no code is shared. */
function judge(
  given: Exchanged,
  from: IssuedToken,
  truth: {
    task: Period;
    by: string;
    boundTo: string | undefined;
    chainLimit: number;
    approvedEdges: readonly { parent: string; child: string }[];
    edges: readonly AgentEdge[];
  },
): void {
  const before = from.actions.map(periodOf);
  for (const action of given.slice.actions) {
    expect(within(periodOf(action), truth.task)).toBe(true);
    expect(before.some((outer) => within(periodOf(action), outer))).toBe(true);
    expect(action.resource).toBe(CALENDAR);
  }
  expect(given.slice.actions.length).toBeGreaterThan(0);
  expect(given.slice.scopes).toEqual([]); // nothing was approved as a scope
  expect([CALENDAR, ISSUER]).toContain(given.slice.audience);
  if (from.kind === 'leaf' && given.kind !== 'handoff') expect(given.slice.audience).toBe(from.resource);

  const actors = actorsOf(given.act);
  const earlier = actorsOf(from.act ?? undefined);
  expect(new Set(actors).size).toBe(actors.length);
  if (given.kind === 'handoff') {
    expect(actors).toEqual(earlier);
    expect(given.mayAct?.agent).not.toBe(from.agent);
    expect(given.boundTo).toBe(keyOf(given.mayAct?.agent ?? ''));
    const along = (list: readonly { parent: string; child: string }[]) =>
      list.some(({ parent, child }) => parent === from.agent && child === given.mayAct?.agent);
    expect([along(truth.approvedEdges), along(truth.edges)]).toEqual([true, true]);
    return;
  }
  expect(given.mayAct).toBeUndefined();
  if (from.kind === 'handoff') {
    expect(actors).toEqual([from.mayAct, ...earlier]);
    expect(truth.by).toBe(from.mayAct);
    expect(given.depth).toBeLessThanOrEqual(truth.chainLimit);
    expect(given.spends).toBe(true);
    expect(given.boundTo).toBeDefined();
  } else {
    expect(actors).toEqual(earlier);
    expect(`cli_${truth.by}`).toBe(from.clientId);
  }
  // A bound token is good for nothing without its key: only a child's hand-off is taken up by authenticating.
  if (from.boundTo !== null && from.kind !== 'handoff') expect(truth.boundTo).toBe(from.boundTo);
  // A bound token never yields an unbound one, nor one of another key without a proof of it.
  if (from.boundTo !== null) expect(given.boundTo).toBeDefined();
  if (given.boundTo !== undefined && given.boundTo !== from.boundTo) expect(given.boundTo).toBe(truth.boundTo);
}

function rootOf(task: Period, bound: boolean): IssuedToken {
  const at = new Date(0);
  return {
    organization: 'org_acme',
    jti: 'root',
    kind: 'root',
    clientId: 'cli_agt_a',
    agent: 'agt_a',
    agents: ['agt_a'],
    person: 'usr_p',
    subject: 'usr_p',
    task: 'tsk_1',
    lineage: [],
    parent: null,
    resource: ISSUER,
    scopes: [],
    actions: [reading(task)],
    act: { iss: ISSUER, sub: 'agt_a', sub_profile: 'ai_agent', client_id: 'cli_agt_a' },
    boundTo: bound ? keyOf('agt_a') : null,
    mayAct: null,
    depth: 1,
    txn: 'txn',
    authentication: {},
    since: at,
    issuedAt: at,
    expiresAt: at,
  };
}

/** The row that `grants/` would write. */
const next = (from: IssuedToken, given: Exchanged, by: string, index: number): IssuedToken => ({
  ...from,
  jti: `t${index}`,
  kind: given.kind,
  clientId: `cli_${by}`,
  agent: given.agent ?? null,
  agents: actorsOf(given.act),
  lineage: [...from.lineage, `token:${from.jti}`],
  parent: from.jti,
  resource: given.slice.audience,
  scopes: given.slice.scopes,
  actions: given.slice.actions,
  act: given.act ?? null,
  boundTo: given.boundTo ?? null,
  mayAct: given.mayAct?.agent ?? null,
  depth: given.depth,
});
