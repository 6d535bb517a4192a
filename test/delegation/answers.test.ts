import { expect, test } from '@jest/globals';

import {
  decideExchange,
  type ExchangeFacts,
  type ExchangeRequest,
  explainExchange,
} from '../../server/delegation/exchange.ts';
import { sliceOf, type Want } from '../../server/delegation/slice.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { Refusal } from '../../server/oauth/refusal.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { actorOf, clientOf, edgeBetween, keyOf, rootOf } from './random-chains.ts';
import { catalogue, ISSUER, LEDGER, newest, SHOP, STOCK } from './small-world.ts';

const action = (key: string, parameters: Record<string, unknown>, version?: number): RequestedAction => ({
  action: key,
  version: version ?? newest(key)?.version ?? 0,
  resource: newest(key)?.resource ?? '',
  parameters,
});
const approved = (key: string, parameters: Record<string, unknown>, more: Partial<TaskAction> = {}): TaskAction => ({
  ...action(key, parameters, 1),
  access: newest(key)?.access ?? 'write',
  impact: newest(key)?.impact ?? 'critical',
  max_uses: 2,
  position: 0,
  ...more,
});

const ORDERS = approved('shop.orders.read', { pieces: 2 });
const PLACING = approved('shop.orders.place', { must: 'a', pieces: 2, same: 'a' }, { position: 1 });
const root = rootOf([ORDERS, PLACING]);
const leaf: IssuedToken = { ...root, kind: 'leaf', resource: SHOP };
const handOff: IssuedToken = { ...root, kind: 'handoff', mayAct: 'agt_b', boundTo: keyOf('agt_b') };
const own: IssuedToken = { ...root, kind: 'own', person: null, subject: 'agt_a', task: null, act: null, depth: 0 };
const edge = edgeBetween('agt_a', 'agt_b');
const child = {
  agent: 'agt_b',
  client: 'cli_agt_b',
  key: keyOf('agt_b'),
  active: true,
  chainLimit: 4,
  edge,
  siblings: 0,
};

const request: ExchangeRequest = {
  audience: undefined,
  scopes: undefined,
  actions: undefined,
  requestedActor: undefined,
};
const facts: ExchangeFacts = {
  issuer: ISSUER,
  now: root.issuedAt,
  catalogue,
  subject: root,
  client: clientOf('agt_a', 4),
  actor: undefined,
  boundTo: keyOf('agt_a'),
  registeredKeys: [],
  ownsAudience: false,
  grantId: 'grt_1',
  approvedEdges: [edge],
  child: undefined,
  pace: { count: 10, limit: 10 },
  fanOut: 1,
};

interface Attempt {
  request: ExchangeRequest;
  facts: ExchangeFacts;
}
type Change = Omit<Partial<ExchangeRequest & ExchangeFacts>, 'child'> & { child?: Partial<typeof child> | undefined };

/** Each way, as it is meant: nothing is wrong with any of these. */
const HONEST = {
  continue: { request: { ...request, audience: SHOP }, facts },
  hand_off: { request: { ...request, requestedActor: 'agt_b' }, facts: { ...facts, child } },
  appoint: { request: { ...request, audience: SHOP }, facts: { ...facts, child, actor: actorOf('agt_b') } },
  take_up: {
    request,
    facts: { ...facts, subject: handOff, client: clientOf('agt_b', 4), boundTo: keyOf('agt_b'), child },
  },
  go_further: {
    request: { ...request, audience: STOCK, actions: [action('stock.items.read', { pieces: 2 })] },
    facts: { ...facts, subject: leaf, client: clientOf(SHOP, 0), boundTo: keyOf(SHOP), ownsAudience: true },
  },
} satisfies Record<string, Attempt>;
type Way = keyof typeof HONEST;

test.each(Object.entries(HONEST))('%s, as it is meant, breaks no rule', (way, honest) => {
  const explained = explainExchange(honest.request, honest.facts);
  expect(explained.way).toBe(way);
  expect(explained.rules.filter(({ refusal }) => refusal)).toEqual([]);
  expect(explained.outcome.ok).toBe(true);
});

function changed(way: Way, { audience, scopes, actions, requestedActor, child: other, ...more }: Change): Attempt {
  const honest: Attempt = HONEST[way];
  const asked = { audience, scopes, actions, requestedActor };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return {
    request: { ...honest.request, ...given },
    facts: { ...honest.facts, ...(other && { child: { ...child, ...other } }), ...more },
  };
}

const stranger = (detail: string): Refusal => ({ reason: 'subject_token_invalid', detail });
const noHandOff = (detail: string): Refusal => ({ reason: 'handoff_not_allowed', detail });
const noActor = (detail: string): Refusal => ({ reason: 'actor_not_allowed', detail });
const elsewhere = (resource: string): Refusal => ({ reason: 'resource_unknown', resource });
const wider = (type: string, detail: string): Refusal => ({ reason: 'details_wider', type, detail });
const MISMATCH: Refusal = { reason: 'key_mismatch' };
const later = new Date(root.issuedAt.getTime() + 1000 * 1000);
const high = (subject: IssuedToken): IssuedToken => ({
  ...subject,
  boundTo: null,
  actions: [{ ...ORDERS, impact: 'high' }],
});
const line = (length: number) => [...Array(length)].map((_, index) => `token:${index}`);

test.each<[rule: string, way: Way, change: Change, answer: Refusal]>([
  ['R1', 'continue', { subject: own }, stranger('no person stands behind it')],
  [
    'R1',
    'hand_off',
    { subject: own, child: { edge: { ...edge, carriesOwn: false } } },
    stranger('no person stands behind it'),
  ],
  ['R1', 'go_further', { subject: { ...leaf, person: null } }, stranger('no person stands behind it')],
  ['R2', 'continue', { client: clientOf('agt_b', 4) }, stranger('issued to another client')],
  ['R2', 'hand_off', { client: clientOf('agt_b', 4) }, stranger('issued to another client')],
  ['R3', 'take_up', { client: clientOf('agt_c', 4) }, stranger('handed to another agent')],
  ['R3', 'take_up', { client: clientOf('application', 0) }, stranger('handed to another agent')],
  ['R4', 'go_further', { ownsAudience: false }, stranger('issued to another client')],
  ['R4', 'go_further', { subject: root }, stranger('issued to another client')],
  ['R5', 'continue', { subject: { ...root, act: null } }, noActor('no agent acts: impersonation does not exist')],
  ['R5', 'go_further', { subject: { ...leaf, act: null } }, noActor('no agent acts: impersonation does not exist')],
  [
    'R6',
    'hand_off',
    { subject: { ...root, clientId: `cli_${SHOP}` }, client: clientOf(SHOP, 0) },
    noHandOff('not the acting agent'),
  ],
  ['R6', 'hand_off', { subject: { ...root, act: null } }, noHandOff('not the acting agent')],
  [
    'R7',
    'continue',
    { subject: { ...root, agent: 'agt_c' }, actor: actorOf('agt_a') },
    noActor('the actor token is of another agent'),
  ],
  ['R7', 'hand_off', { actor: actorOf('agt_c') }, noActor('the actor token is of another agent')],
  ['R7', 'take_up', { actor: actorOf('agt_a') }, noActor('the actor token is of another agent')],
  ['R7', 'go_further', { actor: actorOf('agt_a') }, noActor('the actor token is of another agent')],
  ['R8', 'take_up', { requestedActor: 'agt_c' }, noHandOff('exchange it first')],
  ['R8', 'go_further', { requestedActor: 'agt_b' }, noHandOff('not an agent')],
  ['R9', 'continue', { boundTo: undefined }, MISMATCH],
  ['R9', 'continue', { boundTo: keyOf('agt_b') }, MISMATCH],
  ['R10', 'hand_off', { boundTo: undefined }, MISMATCH],
  ['R10', 'appoint', { boundTo: keyOf('agt_b') }, MISMATCH],
  ['R11', 'take_up', { boundTo: keyOf('agt_c'), registeredKeys: [keyOf('agt_d')] }, MISMATCH],
  ['R11', 'take_up', { subject: { ...handOff, boundTo: null } }, MISMATCH],
  ['R12', 'take_up', { boundTo: undefined, registeredKeys: [keyOf('agt_b')] }, MISMATCH],
  ['R12', 'go_further', { boundTo: undefined }, MISMATCH],
  ['R14', 'continue', { subject: high(root), boundTo: undefined }, MISMATCH],
  ['R14', 'go_further', { subject: high(leaf), boundTo: undefined }, MISMATCH],
  ['R15', 'hand_off', { approvedEdges: [] }, noHandOff('the person did not see this agent when they approved')],
  [
    'R15',
    'appoint',
    {
      approvedEdges: [
        { ...edge, parent: 'agt_c' },
        { ...edge, child: 'agt_c' },
      ],
    },
    noHandOff('the person did not see this agent when they approved'),
  ],
  ['R16', 'hand_off', { child: { edge: undefined as never } }, noHandOff('no edge leads to this agent')],
  ['R16', 'take_up', { child: { edge: undefined as never } }, noHandOff('the edge was taken away')],
  ['R17', 'hand_off', { child: { active: false } }, noHandOff('the agent is not active')],
  ['R13', 'hand_off', { child: { key: undefined as never } }, noHandOff('the agent has no key to bind it to')],
  ['R13', 'appoint', { child: { key: undefined as never } }, noHandOff('the agent has no key to bind it to')],
  [
    'R18',
    'hand_off',
    { subject: { ...root, act: { ...root.act, sub: 'agt_a', act: { ...root.act, sub: 'agt_b' } } as never } },
    noHandOff('the agent is in the chain already'),
  ],
  ['R19', 'hand_off', { child: { edge: { ...edge, maxDepth: 1 } } }, { reason: 'chain_too_deep', depth: 2, limit: 1 }],
  ['R19', 'hand_off', { approvedEdges: [{ ...edge, maxDepth: 1 }] }, { reason: 'chain_too_deep', depth: 2, limit: 1 }],
  ['R19', 'appoint', { child: { chainLimit: 1 } }, { reason: 'chain_too_deep', depth: 2, limit: 1 }],
  ['R19', 'take_up', { child: { chainLimit: 1 } }, { reason: 'chain_too_deep', depth: 2, limit: 1 }],
  ['R19', 'take_up', { child: { edge: { ...edge, maxDepth: 1 } } }, { reason: 'chain_too_deep', depth: 2, limit: 1 }],
  [
    'R20',
    'hand_off',
    { approvedEdges: [{ ...edge, actions: ['shop.orders.read'] }] },
    noHandOff('the edge does not carry shop.orders.place'),
  ],
  [
    'R20',
    'take_up',
    { child: { edge: { ...edge, actions: ['shop.orders.place'] } } },
    noHandOff('the edge does not carry shop.orders.read'),
  ],
  ['R21', 'hand_off', { child: { siblings: 1 } }, { reason: 'too_many_hand_offs', limit: 1 }],
  ['R22', 'continue', { pace: { count: 11, limit: 10 } }, { reason: 'too_many_exchanges', retryAfter: 60 }],
  ['R23', 'continue', { subject: { ...root, lineage: line(32) } }, { reason: 'chain_too_deep', depth: 33, limit: 32 }],
  ['R24', 'go_further', { audience: '' }, elsewhere('')],
  ['R25', 'continue', { audience: ISSUER }, elsewhere(ISSUER)],
  ['R25', 'continue', { subject: leaf, audience: ISSUER }, elsewhere(ISSUER)],
  ['R25', 'hand_off', { subject: leaf, audience: ISSUER }, elsewhere(ISSUER)],
  ['R26', 'go_further', { audience: SHOP, actions: [action('shop.orders.count', {})] }, elsewhere(SHOP)],
  ['R26', 'go_further', { actions: [action('ledger.entries.read', { pieces: 2 })] }, elsewhere(STOCK)],
  ['R27', 'continue', { audience: LEDGER }, elsewhere(LEDGER)],
  ['R28', 'continue', { scopes: ['shop.count'] }, { reason: 'scope_wider', scope: 'shop.count' }],
  ['R30', 'continue', { scopes: [] }, { reason: 'scope_wider', scope: '' }],
  [
    'R29',
    'continue',
    { actions: [action('shop.orders.read', { pieces: 3 })] },
    wider('shop.orders.read', 'pieces is not within what was approved'),
  ],
  [
    'R29',
    'continue',
    { actions: [action('shop.orders.count', {})] },
    wider('shop.orders.count', 'not among the actions of the task'),
  ],
  [
    'R29: the last reason there is',
    'continue',
    {
      subject: { ...root, actions: [ORDERS, { ...ORDERS, parameters: { after: '2026-11-25' } }] },
      actions: [action('shop.orders.read', { pieces: 3 })],
    },
    wider('shop.orders.read', 'after is missing'),
  ],
  [
    'R29: not a limit, and never approved',
    'continue',
    { actions: [action('shop.orders.place', { ...PLACING.parameters, all: ['x'] })] },
    wider('shop.orders.place', 'all was not approved'),
  ],
  [
    'R29: the same action elsewhere',
    'continue',
    { actions: [{ ...action('shop.orders.read', { pieces: 1 }), resource: STOCK }] },
    wider('shop.orders.read', 'not among the actions of the task'),
  ],
  [
    'R29: details asked as a scope',
    'continue',
    { actions: [{ ...action('shop.orders.read', {}), viaScope: 'shop.read' }] },
    wider('shop.orders.read', 'not among the actions of the task'),
  ],
  [
    'R29: approved in no version that is known',
    'continue',
    {
      subject: { ...root, actions: [{ ...ORDERS, version: 9 }] },
      actions: [action('shop.orders.read', { pieces: 1 })],
    },
    wider('shop.orders.read', 'not among the actions of the task'),
  ],
  [
    'R34: an address, which is inside for nobody here',
    'go_further',
    {
      subject: { ...leaf, actions: [approved('shop.orders.place', { must: 'a', to: 'a@acme.example' })] },
      actions: [action('stock.items.reserve', { pieces: 1, to: 'a@acme.example' })],
    },
    wider('stock.items.reserve', 'its impact is above what was approved'),
  ],
  [
    'R34: what its resource would state weighs more',
    'go_further',
    { audience: LEDGER, actions: [action('ledger.sums.read', {})] },
    wider('ledger.sums.read', 'its impact is above what was approved'),
  ],
  [
    'R34: what its resource would state is all that bounds it',
    'go_further',
    { audience: LEDGER, actions: [action('ledger.secrets.read', {})] },
    wider('ledger.secrets.read', 'what its resource would state of it is unknown'),
  ],
  [
    'R35: shown as something else',
    'go_further',
    {
      subject: { ...leaf, actions: [approved('shop.orders.place', { must: 'a', name: 'a' })] },
      actions: [action('stock.items.reserve', { pieces: 1, name: 'a' })],
    },
    wider('stock.items.reserve', 'name has another meaning there'),
  ],
  [
    'R35: no parameter of the presented action',
    'go_further',
    {
      subject: {
        ...leaf,
        resource: STOCK,
        actions: [approved('stock.items.reserve', { price: { currency: 'EUR', value: '1.00' } })],
      },
      audience: LEDGER,
      actions: [action('ledger.entries.write', { price: { currency: 'EUR', value: '1.00' } })],
    },
    wider('ledger.entries.write', 'price has another meaning there'),
  ],
  [
    'R35: the last reason there is',
    'go_further',
    {
      subject: { ...leaf, actions: [ORDERS, { ...ORDERS, parameters: { after: '2026-11-25' } }] },
      actions: [action('stock.items.read', { pieces: 3, after: 'a' })],
    },
    wider('stock.items.read', 'after has another meaning there'),
  ],
  ['R31', 'go_further', { actions: [] }, { reason: 'nothing_asked' }],
  [
    'R32',
    'go_further',
    { audience: LEDGER, actions: [action('ledger.entries.write', { pieces: 1 })] },
    wider('ledger.entries.write', 'not declared downstream'),
  ],
  [
    'R32: by no version that is known',
    'go_further',
    { subject: { ...leaf, actions: [{ ...ORDERS, version: 9 }] } },
    wider('stock.items.read', 'not declared downstream'),
  ],
  [
    'R32: the wanted version is not known',
    'go_further',
    { actions: [{ ...action('stock.items.read', { pieces: 1 }), version: 9 }] },
    wider('stock.items.read', 'not declared downstream'),
  ],
  [
    'R33',
    'go_further',
    { subject: { ...leaf, actions: [ORDERS] }, actions: [action('stock.items.reserve', { pieces: 1 })] },
    wider('stock.items.reserve', 'reading does not lead to a change'),
  ],
  [
    'R34',
    'go_further',
    {
      subject: { ...leaf, actions: [approved('shop.orders.place', { must: 'a' })] },
      actions: [action('stock.items.reserve', { pieces: 4 })],
    },
    wider('stock.items.reserve', 'its impact is above what was approved'),
  ],
  [
    'R35',
    'go_further',
    { subject: { ...leaf, actions: [PLACING] }, actions: [action('stock.items.reserve', { pieces: 2, same: 'a' })] },
    wider('stock.items.reserve', 'same has another meaning there'),
  ],
  [
    'R35: another format',
    'go_further',
    {
      subject: { ...leaf, actions: [{ ...ORDERS, parameters: { after: '2026-11-25' } }] },
      actions: [action('stock.items.read', { after: '2026-11-25' })],
    },
    wider('stock.items.read', 'after has another meaning there'),
  ],
  [
    'R36',
    'go_further',
    { actions: [action('stock.items.read', { pieces: 3 })] },
    wider('stock.items.read', 'pieces is not within what was approved'),
  ],
  [
    'R36: left out',
    'go_further',
    { actions: [action('stock.items.read', {})] },
    wider('stock.items.read', 'pieces is missing'),
  ],
  [
    'R36: an action that declares it tells why, also before one that does not',
    'go_further',
    {
      subject: {
        ...leaf,
        actions: [ORDERS, approved('shop.orders.refund', { price: { currency: 'EUR', value: '1.00' } })],
      },
      actions: [action('stock.items.read', {})],
    },
    wider('stock.items.read', 'pieces is missing'),
  ],
  [
    'R36: or behind it',
    'go_further',
    {
      subject: {
        ...leaf,
        actions: [approved('shop.orders.refund', { price: { currency: 'EUR', value: '1.00' } }), ORDERS],
      },
      actions: [action('stock.items.read', {})],
    },
    wider('stock.items.read', 'pieces is missing'),
  ],
  [
    'a scope that nobody declared',
    'go_further',
    { scopes: ['unknown'] },
    { reason: 'scope_unknown', scope: 'unknown' },
  ],
  [
    'R37: too weak',
    'continue',
    {
      subject: {
        ...root,
        actions: [approved('shop.orders.refund', { price: { currency: 'EUR', value: '1.00' } })],
        authentication: { acr: 'pwd', auth_time: 0 },
      },
      now: new Date(1000),
    },
    { reason: 'authentication_insufficient', acr: 'fed', maxAge: 600 },
  ],
  [
    'R37: too long ago',
    'continue',
    {
      subject: { ...root, actions: [approved('shop.orders.refund', { price: { currency: 'EUR', value: '1.00' } })] },
      now: later,
    },
    { reason: 'authentication_insufficient', acr: 'fed', maxAge: 600 },
  ],
  [
    'R37: nobody knows when',
    'continue',
    {
      subject: {
        ...root,
        actions: [approved('shop.orders.refund', { price: { currency: 'EUR', value: '1.00' } })],
        authentication: { acr: 'phr' },
      },
    },
    { reason: 'authentication_insufficient', acr: 'fed', maxAge: 600 },
  ],
])('%s, %s: this is the answer', (_, way, change, answer) => {
  const one = changed(way, change);
  expect(decideExchange(one.request, one.facts)).toEqual({ ok: false, refusal: answer });
  expect(explainExchange(one.request, one.facts).outcome).toEqual({ ok: false, refusal: answer });
});

test.each<[what: string, way: Way, change: Change]>([
  [
    'an unbound token needs no key to go further',
    'go_further',
    { subject: { ...leaf, boundTo: null }, boundTo: undefined },
  ],
  [
    'as deep as the edge allows',
    'hand_off',
    { child: { chainLimit: 1, edge: { ...edge, maxDepth: 2 } }, approvedEdges: [{ ...edge, maxDepth: 2 }] },
  ],
  ['as deep as the child may', 'take_up', { child: { chainLimit: 2 } }],
  ['one holder fewer than there may be', 'hand_off', { child: { siblings: 1 }, fanOut: 2 }],
  [
    'as many exchanges in a line as there may be',
    'continue',
    { subject: { ...root, lineage: [...line(31), 'grant:1', 'client:1'] } },
  ],
  ['an agent’s own authority, of which no person was asked', 'hand_off', { subject: own, approvedEdges: [] }],
  ['nor to be continued', 'continue', { subject: { ...root, boundTo: null }, boundTo: undefined }],
  [
    'a hand-off is taken up with another key than the one that authenticates',
    'take_up',
    { boundTo: keyOf('agt_c'), registeredKeys: [keyOf('agt_b')] },
  ],
  ['the agent that acts proves that it is there', 'continue', { actor: actorOf('agt_a') }],
  [
    'the second of two actions leads where the first does not',
    'go_further',
    { subject: { ...leaf, actions: [PLACING, ORDERS] } },
  ],
  [
    'what was not checked weighs no more than what was approved',
    'go_further',
    {
      subject: { ...leaf, actions: [{ ...ORDERS, impact: 'medium' }] },
      audience: LEDGER,
      actions: [action('ledger.sums.read', {})],
    },
  ],
])('allowed: %s', (_, way, change) => {
  const one = changed(way, change);
  expect(decideExchange(one.request, one.facts)).toMatchObject({ ok: true });
});

test('R24: where nobody can tell which resource is meant', () => {
  const one = changed('continue', {});
  expect(decideExchange({ ...one.request, audience: undefined }, one.facts)).toEqual({
    ok: false,
    refusal: { reason: 'resource_ambiguous' },
  });
  const further = changed('go_further', {});
  const { rules } = explainExchange({ ...further.request, audience: undefined }, further.facts);
  expect(rules.flatMap(({ refusal }) => refusal ?? [])).toEqual([{ reason: 'resource_ambiguous' }, elsewhere('')]);
});

test.each<[Way, string[]]>([
  ['hand_off', ['R15', 'R16', 'R17', 'R13']],
  ['appoint', ['R15', 'R16', 'R17', 'R13', 'R19']],
  ['take_up', ['R16', 'R19']],
])('%s, of an agent that nobody knows, breaks all that speaks of one', (way, broken) => {
  const { request: asked, facts: known } = HONEST[way];
  for (const subject of [known.subject, { ...known.subject, person: null, subject: 'agt_a' }]) {
    const { rules } = explainExchange(asked, { ...known, subject, child: undefined });
    const rulesBroken = rules.filter(({ refusal }) => refusal).map(({ rule }) => rule);
    expect(rulesBroken).toEqual(subject.person === null ? ['R1', ...broken] : broken);
  }
});

test('a way that is not there, or that is understood by nobody, is explained by no rule', () => {
  const { request: asked, facts: known } = changed('go_further', { scopes: ['unknown'] });
  expect(explainExchange(asked, known)).toMatchObject({ way: 'go_further', rules: [], outcome: { ok: false } });
});

test('every rule that is broken is explained, with what it says', () => {
  const one = changed('hand_off', { boundTo: undefined, approvedEdges: [] });
  expect(explainExchange(one.request, one.facts).rules.filter(({ refusal }) => refusal)).toEqual([
    {
      rule: 'R10',
      says: 'Whoever hands on proves the key of what they hand on (TX-05).',
      refusal: MISMATCH,
    },
    {
      rule: 'R15',
      says: 'The person saw this edge when they approved.',
      refusal: noHandOff('the person did not see this agent when they approved'),
    },
  ]);
});

test('what is cut from a task itself is refused in the same words', () => {
  const cut = (want: Omit<Want, 'audience'>) => sliceOf(root, { audience: SHOP, ...want }, catalogue, ISSUER);
  const refused = (refusal: Refusal) => ({ ok: false, refusal });
  const read = (pieces: number) => ({ actions: [action('shop.orders.read', { pieces })] });
  expect(cut(read(3))).toEqual(refused(wider('shop.orders.read', 'pieces is not within what was approved')));
  expect(cut({ scopes: ['shop.count'] })).toEqual(refused({ reason: 'scope_wider', scope: 'shop.count' }));
  expect(cut(read(2))).toMatchObject({ ok: true, value: { audience: SHOP, scopes: [], actions: [ORDERS] } });
});
