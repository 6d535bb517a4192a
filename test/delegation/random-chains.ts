import fc from 'fast-check';

import type { AgentEdge } from '../../server/agents/agent.ts';
import type { ClientRecord } from '../../server/agents/clients.ts';
import type { Actor, Exchanged, ExchangeFacts, ExchangeRequest } from '../../server/delegation/exchange.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import {
  catalogue,
  DECLARED,
  type Declared,
  declared,
  ISSUER,
  LEDGER,
  NOBODY,
  newest,
  SHOP,
  STOCK,
} from './small-world.ts';

export const AGENTS = ['agt_a', 'agt_b', 'agt_c', 'agt_d'] as const;
const PLACES = [SHOP, STOCK, LEDGER] as const;
const KEYS = ['agt_a', 'agt_b', 'agt_c', 'agt_d', SHOP].map((owner) => keyOf(owner));

/** The key of an agent, or of the server of a resource. */
export function keyOf(owner: string): string {
  return `key of ${owner}`;
}

/** The bytes of a chain: enough for its world and six steps. */
export const chain = fc.uint8Array({ minLength: 140, maxLength: 140 });

/** One exchange that somebody tries, with the tokens that the presented one came of, the root first. */
export interface Attempt {
  request: ExchangeRequest;
  facts: ExchangeFacts;
  path: readonly IssuedToken[];
}

/**
 * A chain of exchanges, read from bytes: each byte is one choice, and zero always the plainest, so that fewer and smaller
 * bytes mean a simpler chain. Every step begins as an honest one and is then, mostly, spoilt in a place or two.
 *
 * @param attempt answers what is given, if anything is
 */
export function walk(bytes: Uint8Array, attempt: (one: Attempt) => Exchanged | undefined): void {
  const steps = stepsOf(bytes, worldFrom);
  for (let step = steps.next(); !step.done; ) step = steps.next(attempt(step.value));
}

/** The same, step by step: what is given goes back into it. */
export function* stepsOf(
  bytes: Uint8Array,
  world: (dice: Dice) => World,
  spoils: readonly number[] = [...Array(SPOILS).keys()],
): Generator<Attempt, void, Exchanged | undefined> {
  const dice = new Dice(bytes);
  const around = world(dice);
  const path = [around.root];
  const steps = 1 + dice.roll(6);
  for (let index = 0; index < steps; index++) {
    const subject = path[path.length - 1] as IssuedToken;
    const step = honestStep(around, subject, dice);
    const spoilt = SPOILT[dice.roll(SPOILT.length)] ?? 0;
    for (let count = 0; count < spoilt; count++) spoil(dice.pick(spoils), step, around, dice);
    const one = attemptOf(step, around, path, index);
    const given = yield one;
    if (given) path.push(rowOf(given, one.facts));
  }
}

/** How many places of a step are spoilt. */
const SPOILT = [0, 0, 0, 0, 1, 1, 1, 2];

export class Dice {
  readonly #bytes: Uint8Array;
  #place = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  /** Below `sides`. */
  roll(sides: number): number {
    const byte = this.#bytes[this.#place++] ?? 0;
    return byte % sides;
  }
  /** Once in so many times. */
  seldom(times: number): boolean {
    return this.roll(times) === times - 1;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.roll(list.length)] as T;
  }
}

// -- the world of one chain ----------------------------------------------------------------------------------------

export interface World {
  root: IssuedToken;
  seen: readonly AgentEdge[];
  now: AgentEdge[];
  chainLimit: number;
}

function worldFrom(dice: Dice): World {
  const parts: TaskAction[] = [];
  const wanted = 1 + dice.roll(3);
  for (let position = 0; position < wanted; position++) parts.push(approvedPart(dice, position));
  const seen = PAIRS.map(([parent, child]): AgentEdge => edgeBetween(parent, child));
  for (let changes = dice.roll(4); changes > 0; changes--) changeEdge(seen, dice);
  const now = seen.map((one) => ({ ...one }));
  if (dice.seldom(3)) changeEdge(now, dice);
  return { root: rootFrom(dice, parts), seen, now, chainLimit: dice.pick([4, 4, 4, 3, 2, 1]) };
}

const PAIRS = AGENTS.flatMap((parent) =>
  AGENTS.flatMap((child) => (parent === child ? [] : [[parent, child] as const])),
);
const EVERYTHING = [...new Set(DECLARED.map(({ key }) => key))];
const READING = EVERYTHING.filter((key) => newest(key)?.access === 'read');

/** It carries everything, as deep as anything goes here. */
export const edgeBetween = (parent: string, child: string): AgentEdge => ({
  parent,
  child,
  childName: child,
  actions: EVERYTHING,
  maxDepth: 4,
  carriesOwn: true,
});

function changeEdge(edges: AgentEdge[], dice: Dice): void {
  const index = dice.roll(edges.length);
  const one = edges[index];
  if (!one) return;
  switch (dice.roll(4)) {
    case 0:
      edges.splice(index, 1);
      return;
    case 1:
      one.maxDepth = dice.pick([3, 2, 1]);
      return;
    case 2:
      one.actions = dice.pick([READING, [], EVERYTHING.slice(0, 2)]);
      return;
    default:
      one.carriesOwn = false;
  }
}

function rootFrom(dice: Dice, actions: readonly TaskAction[]): IssuedToken {
  const kind = dice.pick(['task', 'task', 'task', 'task', 'task', 'own', 'application']);
  const bound = !dice.seldom(4);
  const authentication = dice.pick([
    { acr: 'phr', auth_time: NOW - 60 },
    { acr: 'phr', auth_time: NOW - 60 },
    { acr: 'fed', auth_time: NOW - 600 },
    { acr: 'pwd', auth_time: NOW - 700 },
    { acr: 'other', auth_time: NOW - 950 },
    {},
  ]);
  const root = rootOf(actions, NOW + dice.pick([300, 300, 45, 1000]));
  const bare = { ...root, authentication, boundTo: bound ? root.boundTo : null };
  if (kind === 'own') return { ...bare, kind: 'own', person: null, subject: 'agt_a', task: null, act: null, depth: 0 };
  if (kind === 'application')
    return { ...bare, clientId: 'cli_application', agent: null, agents: [], act: null, depth: 0 };
  return bare;
}

/** What agent A got for a person's task. */
export function rootOf(actions: readonly TaskAction[], expiresAt = NOW + 300): IssuedToken {
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
    scopes: actions.flatMap(({ viaScope }) => viaScope ?? []),
    actions,
    act: { iss: ISSUER, sub: 'agt_a', sub_profile: 'ai_agent', client_id: 'cli_agt_a' },
    boundTo: keyOf('agt_a'),
    mayAct: null,
    depth: 1,
    txn: 'txn',
    authentication: { acr: 'phr', auth_time: NOW - 60 },
    since: new Date(NOW * 1000),
    issuedAt: new Date(NOW * 1000),
    expiresAt: new Date(expiresAt * 1000),
  };
}

/** Epoch seconds. */
const NOW = 1_764_115_200;

function approvedPart(dice: Dice, position: number): TaskAction {
  const one = dice.pick(DECLARED);
  const byScope = one.scope !== undefined && dice.seldom(2);
  return {
    action: one.key,
    version: one.version,
    resource: one.resource,
    parameters: byScope ? {} : parametersOf(one, dice),
    ...(byScope && { viaScope: one.scope as string }),
    access: one.access,
    impact: dice.seldom(4) ? dice.pick(['low', 'medium', 'high', 'critical']) : one.impact,
    max_uses: dice.pick([null, 1, 2]),
    position,
  };
}

// -- parameters ----------------------------------------------------------------------------------------------------

/** Few values each, so that two of them are often in order. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  must: ['a', 'b'],
  same: ['a', 'b'],
  only: ['a', 'A'],
  price: ['1.00', '9.99', '10.00', '010.00'].flatMap((value) => [
    { currency: 'EUR', value },
    { currency: 'USD', value },
  ]),
  pieces: [1, 0, 2, 3, 4],
  after: ['2026-11-24', '2026-11-25', '2027-01-01'],
  before: ['2027-01-01', '2026-11-25', '2026-11-24'],
  all: [['x'], ['x', 'y'], ['y', 'x'], ['y']],
  some: [['x', 'y'], ['x'], ['y', 'x'], ['y', 'z']],
  name: ['a', 'b'],
  to: ['a@acme.example', 'b@acme.example'],
  edits: [{ a: '1', b: null }, { a: '1' }, { a: 1 }, { b: null }, { constructor: 'x' }],
};

function parametersOf({ parameters }: Declared, dice: Dice): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, [, , required]] of Object.entries(parameters)) {
    if (required === undefined && !dice.seldom(2)) continue;
    values[name] = dice.pick(VALUES[name] ?? []);
  }
  return values;
}

/** A part of what is held: some of its limits tighter, some added, some, seldom, wider or gone. */
function like({ parameters }: TaskAction, one: Declared, dice: Dice): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(one.parameters)) {
    const held = Object.hasOwn(parameters, name);
    if (held && !dice.seldom(5)) values[name] = parameters[name];
    else if (held ? !dice.seldom(3) : dice.seldom(4)) values[name] = dice.pick(VALUES[name] ?? []);
  }
  return values;
}

const asked = (one: Declared, parameters: Record<string, unknown>): RequestedAction => ({
  action: one.key,
  version: one.version,
  resource: one.resource,
  parameters,
});

// -- one step ------------------------------------------------------------------------------------------------------

interface Step {
  subject: IssuedToken;
  client: ClientRecord;
  request: ExchangeRequest;
  actor: Actor | undefined;
  boundTo: string | undefined;
  registeredKeys: readonly string[];
  ownsAudience: boolean;
  child: { active: boolean; keyless: boolean; siblings: number };
  unseen: boolean;
  pace: { count: number; limit: number };
  now: number;
}

/** Whoever holds the token, with its key, along an edge or to a resource, for all of it or for a part. */
function honestStep(world: World, subject: IssuedToken, dice: Dice): Step {
  const { clientId, kind, resource, agent, mayAct } = subject;
  const move = kind === 'handoff' ? 'take_up' : dice.pick(kind === 'leaf' ? LEAF_MOVES : ROOT_MOVES);
  const further = move === 'go_further';
  const self = kind === 'handoff' ? (mayAct ?? '') : further ? resource : clientId.slice('cli_'.length);
  const others = AGENTS.filter((one) => one !== agent);
  const to = move === 'hand_off' || move === 'appoint' ? dice.pick(others) : undefined;
  const request: ExchangeRequest = {
    audience: undefined,
    scopes: undefined,
    actions: undefined,
    requestedActor: move === 'hand_off' ? to : undefined,
    ...honestlyAsked(move, subject, dice),
  };
  const key = subject.boundTo ?? keyOf(self);
  return {
    subject,
    client: further ? serverOf(resource) : clientOf(self, world.chainLimit),
    request,
    actor: move === 'appoint' && to !== undefined ? actorOf(to) : undefined,
    boundTo: kind === 'handoff' || further ? keyOf(self) : key,
    registeredKeys: kind === 'handoff' ? [keyOf(self)] : [],
    ownsAudience: further,
    child: { active: true, keyless: false, siblings: 0 },
    unseen: false,
    pace: { count: 1, limit: 10 },
    now: NOW,
  };
}

/** Everything, a scope that is held, a part of an action or the same again; or what a presented action leads to. */
function honestlyAsked(move: string, subject: IssuedToken, dice: Dice): Partial<ExchangeRequest> {
  const source = subject.actions[dice.roll(subject.actions.length)];
  if (!source) return {};
  if (move === 'go_further') {
    const target = newest(dice.pick(declared(source.action, source.version)?.downstream ?? ['ledger.entries.read']));
    if (!target) return {};
    const audience = target.resource;
    const byScope = target.scope !== undefined && dice.seldom(4);
    return byScope
      ? { audience, scopes: [target.scope as string] }
      : { audience, actions: [asked(target, like(source, target, dice))] };
  }
  const needsAudience = subject.resource === ISSUER && (move === 'continue' || move === 'appoint' || dice.seldom(3));
  const where = needsAudience ? { audience: source.resource } : {};
  const target = newest(source.action);
  const asks = dice.pick(['everything', 'a part', 'the same']);
  if (asks === 'everything' || !target) return where;
  if (source.viaScope !== undefined) return { ...where, scopes: [source.viaScope] };
  const parameters = asks === 'a part' ? like(source, target, dice) : source.parameters;
  return { ...where, actions: [asked(target, parameters)] };
}

const LEAF_MOVES = ['continue', 'hand_off', 'go_further', 'appoint'] as const;
const ROOT_MOVES = ['continue', 'hand_off', 'appoint', 'hand_off'] as const;

export const actorOf = (agent: string): Actor => ({
  agent,
  client: `cli_${agent}`,
  key: keyOf(agent),
  expiresAt: new Date((NOW + 240) * 1000),
});

const SPOILS = 22;

/** One thing goes wrong, or somebody tries something. */
function spoil(what: number, step: Step, world: World, dice: Dice): void {
  const { request, subject } = step;
  switch (what) {
    case 0:
      step.boundTo = undefined;
      return;
    case 1:
      step.boundTo = dice.pick(KEYS);
      return;
    case 2:
      step.client = clientOf(dice.pick(AGENTS), world.chainLimit);
      return;
    case 3:
      step.client = dice.pick([serverOf(SHOP), serverOf(STOCK), clientOf('application', 0)]);
      return;
    case 4:
      request.audience = dice.pick([undefined, ISSUER, SHOP, STOCK, LEDGER, NOBODY]);
      return;
    case 5:
      request.scopes = dice.pick([
        [],
        ['shop.read'],
        ['stock.read', 'ledger.read'],
        ['unknown'],
        ['openid', 'shop.count'],
        ['shop.read', 'shop.read'],
      ]);
      return;
    case 6:
    case 7: {
      const one = newest(dice.pick(EVERYTHING));
      if (one)
        request.actions = [...(dice.seldom(2) ? (request.actions ?? []) : []), asked(one, parametersOf(one, dice))];
      return;
    }
    case 8:
      request.actions = [];
      return;
    case 9: {
      const [first] = request.actions ?? [];
      if (first) request.actions = [{ ...first, parameters: { ...first.parameters, everything: true } }];
      return;
    }
    case 10:
      request.requestedActor = dice.pick([...AGENTS, 'agt_unknown']);
      return;
    case 11: {
      const actor = actorOf(dice.pick(AGENTS));
      step.actor = { ...actor, ...(dice.seldom(3) && { key: undefined }), expiresAt: new Date((NOW + 20) * 1000) };
      return;
    }
    case 12:
      step.child.active = false;
      return;
    case 13:
      step.child.keyless = true;
      if (step.actor) step.actor = { ...step.actor, key: undefined };
      return;
    case 14:
      step.child.siblings = dice.pick([3, 2, 4]);
      return;
    case 15:
      step.pace = dice.pick([
        { count: 11, limit: 10 },
        { count: 10, limit: 10 },
      ]);
      return;
    case 16:
      step.ownsAudience = !step.ownsAudience;
      return;
    case 17:
      step.subject = { ...subject, lineage: [...subject.lineage, ...Array(dice.pick([32, 31, 27])).fill('token:x')] };
      return;
    case 18:
      step.now += dice.pick([541, 240, 840, 7]);
      return;
    case 19:
      step.registeredKeys = dice.pick([[], [keyOf('agt_b'), keyOf('agt_c')]]);
      return;
    case 20:
      step.unseen = true;
      return;
    default:
      step.subject = { ...subject, boundTo: subject.boundTo === null ? keyOf('agt_b') : null };
  }
}

const SIBLINGS_LIMIT = 3;

function attemptOf(step: Step, world: World, path: readonly IssuedToken[], index: number): Attempt {
  const { subject, client, request, actor, boundTo, registeredKeys, ownsAudience, pace, unseen } = step;
  const child =
    subject.kind === 'handoff'
      ? (subject.mayAct ?? undefined)
      : (request.requestedActor ?? (actor?.agent === client.agent?.id ? undefined : actor?.agent));
  const isKnown = child !== undefined && child !== 'agt_unknown' && subject.agent !== null;
  const facts: ExchangeFacts = {
    issuer: ISSUER,
    now: new Date(step.now * 1000),
    catalogue,
    subject,
    client,
    actor,
    boundTo,
    registeredKeys,
    ownsAudience,
    grantId: `grt_${index}`,
    approvedEdges: unseen ? world.seen.slice(1) : world.seen,
    child: isKnown
      ? {
          agent: child,
          client: `cli_${child}`,
          key: actor?.agent === child ? actor.key : step.child.keyless ? undefined : keyOf(child),
          active: step.child.active,
          chainLimit: world.chainLimit,
          edge: world.now.find((one) => one.parent === subject.agent && one.child === child),
          siblings: step.child.siblings,
        }
      : undefined,
    pace,
    fanOut: SIBLINGS_LIMIT,
  };
  return { request, facts, path: [...path.slice(0, -1), subject] };
}

const clients = new Map<string, ClientRecord>();

export function clientOf(name: string, chainLimit: number): ClientRecord {
  if (name === SHOP || name === STOCK || name === LEDGER) return serverOf(name);
  const known = clients.get(`${name} ${chainLimit}`);
  if (known) return known;
  const made: ClientRecord = {
    clientId: `cli_${name}`,
    kind: name === 'application' ? 'application' : 'agent',
    organization: 'org_acme',
    organizationDomains: [],
    agent:
      name === 'application'
        ? null
        : {
            id: name,
            name,
            purpose: 'to be tested',
            mode: 'attended',
            status: 'active',
            owner: 'usr_o',
            ownActions: [],
            chainLimit,
            limits: {},
            expiresAt: null,
            environment: null,
          },
    metadata: {},
  };
  clients.set(`${name} ${chainLimit}`, made);
  return made;
}

const SERVERS = new Map(
  PLACES.map((resource): [string, ClientRecord] => [
    resource,
    {
      clientId: `cli_${resource}`,
      kind: 'resource_server',
      organization: 'org_deployment',
      organizationDomains: [],
      agent: null,
      metadata: {},
    },
  ]),
);
const serverOf = (resource: string): ClientRecord => SERVERS.get(resource) ?? (SERVERS.get(SHOP) as ClientRecord);

/** The issuance row that the exchange leaves, as `grants/` writes it. */
export function rowOf(given: Exchanged, { subject, client, now }: ExchangeFacts): IssuedToken {
  const { derived, act, agent } = given;
  return {
    ...subject,
    jti: `${subject.jti}.`,
    kind: given.kind,
    clientId: client.clientId,
    agent: agent ?? null,
    resource: given.slice.audience,
    scopes: given.slice.scopes,
    actions: given.slice.actions,
    act: act ?? null,
    boundTo: given.boundTo ?? null,
    mayAct: given.mayAct?.agent ?? null,
    depth: given.depth,
    lineage: [...subject.lineage, `token:${subject.jti}`, ...(derived ? [`grant:${derived.id}`] : [])],
    parent: subject.jti,
    issuedAt: now,
    expiresAt: given.expiresAt,
  };
}
