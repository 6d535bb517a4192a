import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { ClientRecord } from '../../server/agents/clients.ts';
import { compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { decideExchange, type ExchangeFacts } from '../../server/delegation/exchange.ts';
import { type Ceiling, sliceOf, type Want } from '../../server/delegation/slice.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { TaskAction } from '../../server/tasks/task.ts';
import { yaml } from '../catalogue/demonstration.ts';

const ISSUER = 'https://auth.example';
const CALENDAR = 'https://calendar.acme.example';
const CRM = 'https://crm.acme.example';
const PAYMENTS = 'https://payments.acme.example';
const ROOMS = 'https://rooms.acme.example';

// biome-ignore lint/suspicious/noExplicitAny: parameters are whatever their action says; the oracle knows each
type Parameters = Record<string, any>;

/** The demonstration's catalogue, and rooms whose reading the calendar leads to. */
const catalogue = compileCatalogue(withRooms());

/**
 * May `actual` be executed when `approved` is all that was approved? In words of its own, one line for each way of
 * comparing there is: no code is shared with the server, and the small values below make each of them matter.
 */
const ORACLE: Record<string, (actual: Parameters, approved: Parameters) => boolean> = {
  'calendar.events.read': (a, b) =>
    (b.from === undefined || (a.from !== undefined && a.from >= b.from && a.to <= b.to)) &&
    (b.calendar === undefined || a.calendar === b.calendar),
  'calendar.invitations.send': (a, b) =>
    a.title === b.title && a.start === b.start && a.guests.every((guest: string) => b.guests.includes(guest)),
  'calendar.attendees.update': (a, b) =>
    a.event === b.event && [...a.attendees].toSorted().join() === [...b.attendees].toSorted().join(),
  'crm.contacts.export': (a, b) =>
    a.tag === b.tag && a.fields.every((field: string) => b.fields.includes(field)) && a.limit <= b.limit,
  'crm.customers.update': (a, b) =>
    a.customer === b.customer && Object.entries(a.changes).every(([name, value]) => b.changes[name] === value),
  'payments.refund.create': (a, b) =>
    a.invoice === b.invoice &&
    a.payee === b.payee &&
    a.amount.currency === b.amount.currency &&
    Number(a.amount.value) <= Number(b.amount.value),
};
const RESOURCE: Record<string, string> = {
  'calendar.events.read': CALENDAR,
  'calendar.invitations.send': CALENDAR,
  'calendar.attendees.update': CALENDAR,
  'crm.contacts.export': CRM,
  'crm.customers.update': CRM,
  'payments.refund.create': PAYMENTS,
};

const oneOf = fc.constantFrom;
const some = (...values: string[]) => fc.uniqueArray(oneOf(...values), { minLength: 1 });
const days = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .map(([a, b]) => ({ from: `2026-12-0${Math.min(a, b)}`, to: `2026-12-0${Math.max(a, b)}` }));
const calendar = oneOf<Parameters>({}, {}, { calendar: 'A' }, { calendar: 'B' });
const reading = fc.tuple(fc.oneof(days, fc.constant({})), calendar).map(([when, which]) => ({ ...when, ...which }));
const PARAMETERS: Record<string, fc.Arbitrary<Parameters>> = {
  'calendar.events.read': reading,
  'calendar.invitations.send': fc.record({
    title: oneOf('A', 'B'),
    start: oneOf('2026-12-01T10:00:00Z', '2026-12-01T11:00:00+01:00'),
    guests: some('a@acme.example', 'b@acme.example', 'c@acme.example'),
  }),
  'calendar.attendees.update': fc.record({
    event: oneOf('e1', 'e2'),
    attendees: some('a@acme.example', 'b@acme.example'),
  }),
  'crm.contacts.export': fc.record({
    tag: oneOf('A', 'a'),
    fields: some('name', 'email', 'phone'),
    limit: fc.integer({ min: 1, max: 12 }),
  }),
  'crm.customers.update': fc.record({
    customer: oneOf('C1', 'C2'),
    changes: oneOf<Parameters>(
      { city: 'A' },
      { city: 'B' },
      { city: 'A', phone: '1' },
      { phone: '1' },
      { vip: true },
      { vip: 'true' },
    ),
  }),
  'payments.refund.create': fc.record({
    invoice: oneOf('I1', 'I2'),
    payee: oneOf('P', 'p'),
    // As numbers 9.00 < 10.00; as texts it is the other way round.
    amount: fc.record({ currency: oneOf('EUR', 'USD'), value: oneOf('9.00', '10.00', '10.01', '0.99', '100.00') }),
  }),
};

const asked: fc.Arbitrary<RequestedAction> = oneOf(...Object.keys(PARAMETERS)).chain((action) =>
  (PARAMETERS[action] ?? fc.constant({})).map((parameters) => ({
    action,
    version: 1,
    resource: RESOURCE[action] ?? '',
    parameters,
  })),
);
const approved = fc
  .record({
    actions: fc.array(asked, { minLength: 1, maxLength: 5 }),
    uses: fc.array(oneOf(1, 2, null), { minLength: 6, maxLength: 6 }),
    scope: fc.boolean(),
  })
  .map(({ actions, uses, scope }): TaskAction[] => [
    ...actions.map((one, position) => ({
      ...one,
      access: 'write' as const,
      impact: 'low' as const,
      max_uses: uses[position] ?? null,
      position,
    })),
    ...(scope ? [{ ...SCOPED, max_uses: uses[5] ?? null, position: actions.length }] : []),
  ]);
const SCOPED = {
  action: 'calendar.events.read',
  version: 1,
  resource: CALENDAR,
  parameters: {},
  viaScope: 'calendar.read',
  access: 'read',
  impact: 'low',
} as const;

const want: fc.Arbitrary<Want> = fc.record({
  audience: oneOf(ISSUER, ISSUER, CALENDAR, CALENDAR, CRM, PAYMENTS, 'https://nobody.example'),
  scopes: oneOf<readonly string[] | undefined>(
    undefined,
    undefined,
    ['calendar.read'],
    ['calendar.everything'],
    ['calendar.read', 'calendar.everything'],
  ),
  actions: fc.option(fc.array(asked, { minLength: 1, maxLength: 3 }), { nil: undefined }),
});
/** Some ask for anything; an honest client for a part of what it has; most for something like it, within or not. */
const step = fc.record({ want, honest: fc.boolean(), seed: fc.nat(), others: fc.record(PARAMETERS) });

const within = (actual: { action: string; parameters: Parameters }, granted: readonly TaskAction[]): boolean =>
  granted.some(
    (one) =>
      one.viaScope === undefined &&
      one.action === actual.action &&
      ORACLE[actual.action]?.(actual.parameters, one.parameters),
  );

test('TX-08, TX-09: in every way of comparing, along every chain of requests, exactly what lies within is granted', () => {
  const seen = { granted: 0, refused: 0, executed: 0 };
  fc.assert(
    fc.property(
      approved,
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(asked, { minLength: 8, maxLength: 8 }),
      (task, steps, executions) => {
        let ceiling: Ceiling = { scopes: scopesOf(task), actions: task };
        for (const { want: wanted, honest, seed, others } of steps) {
          const request = seed % 4 === 0 ? wanted : partOf(ceiling.actions, wanted, seed, honest ? {} : others);
          const slice = sliceOf(ceiling, request, catalogue, ISSUER);
          const there = ceiling.actions.filter(
            ({ resource }) => request.audience === ISSUER || resource === request.audience,
          );
          const fits =
            there.length > 0 &&
            (request.scopes ?? []).every((scope) => scopesOf(there).includes(scope)) &&
            (request.actions ?? []).every((one) => within(one, there));
          expect({ request, allowed: slice.ok }).toEqual({ request, allowed: fits });
          if (!slice.ok) {
            seen.refused += 1;
            continue;
          }
          seen.granted += 1;
          judge(slice.value, request, there);
          // Whatever could be executed now, could be executed before, back to the task.
          for (const execution of executions) {
            if (!within(execution, slice.value.actions)) continue;
            seen.executed += 1;
            expect([within(execution, there), within(execution, task)]).toEqual([true, true]);
          }
          ceiling = slice.value;
        }
      },
    ),
    { numRuns: 2000 },
  );
  // The property says something only if there is much of each.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
});

function judge(
  slice: { scopes: readonly string[]; actions: readonly TaskAction[] },
  request: Want,
  there: readonly TaskAction[],
): void {
  expect(slice.actions.length).toBeGreaterThan(0);
  for (const { parameters: _, ...action } of slice.actions) {
    // Uses, impact and version are those of an approved action, drawn where that one is.
    expect(there.map(({ parameters: __, ...terms }) => terms)).toContainEqual(action);
    if (request.audience !== ISSUER) expect(action.resource).toBe(request.audience);
  }
  expect([...slice.scopes].toSorted()).toEqual(scopesOf(slice.actions).toSorted());
  const isWhole = request.scopes === undefined && request.actions === undefined;
  expect(slice.actions).toHaveLength(isWhole ? there.length : (request.actions?.length ?? 0) + scoped(there, request));
}

const scopesOf = (actions: readonly TaskAction[]): string[] => actions.flatMap(({ viaScope }) => viaScope ?? []);
const scoped = (there: readonly TaskAction[], { scopes = [] }: Want): number =>
  there.filter(({ viaScope }) => viaScope !== undefined && scopes.includes(viaScope)).length;

/** One of the actions there are, as it is or with other parameters. */
function partOf(ceiling: readonly TaskAction[], { audience }: Want, seed: number, others: Parameters): Want {
  const one = ceiling[seed % ceiling.length];
  if (!one || one.viaScope !== undefined) return { audience: CALENDAR, scopes: ['calendar.read'] };
  const { action, version, resource } = one;
  const parameters = others[action] ?? one.parameters;
  return { audience: audience === ISSUER ? ISSUER : resource, actions: [{ action, version, resource, parameters }] };
}

test('downstream: what the server of a resource gets further on lies within what was presented to it', () => {
  const seen = { allowed: 0, refused: 0 };
  const presented = fc.array(
    fc.record({
      parameters: reading,
      max_uses: oneOf(1, null),
      scope: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 2 },
  );
  const wantedThere = fc.record({
    scope: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    actions: fc.array(reading, { minLength: 1, maxLength: 2 }),
    key: oneOf('key of the server', undefined),
    bound: fc.boolean(),
  });
  fc.assert(
    fc.property(presented, wantedThere, (sources, { scope, actions, key, bound }) => {
      const subject = leafOf(
        sources.map(({ parameters, max_uses, scope: viaScope }, position) => ({
          ...SCOPED,
          viaScope: viaScope ? 'calendar.read' : undefined,
          parameters: viaScope ? {} : parameters,
          max_uses,
          position,
        })) as TaskAction[],
        bound ? 'key of the agent' : null,
      );
      const decision = decideExchange(
        {
          audience: ROOMS,
          scopes: scope ? ['rooms.read'] : undefined,
          actions: scope
            ? undefined
            : actions.map((parameters) => ({ action: 'rooms.events.read', version: 1, resource: ROOMS, parameters })),
          requestedActor: undefined,
        },
        { ...SERVER, subject, boundTo: key },
      );
      const wanted = scope ? [{}] : actions;
      const allows = (parameters: Parameters) =>
        subject.actions.some((one) => ORACLE['calendar.events.read']?.(parameters, one.parameters));
      const fits = wanted.every(allows) && (!bound || key !== undefined);
      expect({ sources, wanted, allowed: decision.ok }).toEqual({ sources, wanted, allowed: fits });
      if (!decision.ok) {
        seen.refused += 1;
        return;
      }
      seen.allowed += 1;
      const { slice, act, depth, boundTo, kind, mayAct } = decision.value;
      expect({ audience: slice.audience, act, depth, boundTo, kind, mayAct }).toEqual({
        audience: ROOMS,
        act: subject.act,
        depth: subject.depth,
        boundTo: key,
        kind: 'leaf',
        mayAct: undefined,
      });
      for (const action of slice.actions) {
        expect(action.position).toBeUndefined();
        // No more uses than one of the actions that lead to it.
        const leading = subject.actions.filter((one) =>
          ORACLE['calendar.events.read']?.(action.parameters, one.parameters),
        );
        expect(leading.map(({ max_uses }) => max_uses)).toContain(action.max_uses);
      }
    }),
    { numRuns: 2000 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(300);
});

const SERVER: Omit<ExchangeFacts, 'subject' | 'boundTo'> = {
  issuer: ISSUER,
  catalogue,
  client: {
    clientId: 'cli_server',
    kind: 'resource_server',
    organization: 'org_deployment',
    organizationDomains: [],
    agent: null,
    metadata: {},
  } satisfies ClientRecord,
  registeredKeys: [],
  ownsAudience: true,
  grantId: 'grt_1',
  now: new Date(0),
  actor: undefined,
  pace: { count: 1, limit: 1 },
  fanOut: 1,
  approvedEdges: [],
  child: undefined,
};

const leafOf = (actions: readonly TaskAction[], boundTo: string | null): IssuedToken => ({
  organization: 'org_acme',
  jti: 'leaf',
  kind: 'leaf',
  clientId: 'cli_agent',
  agent: 'agt_a',
  agents: ['agt_a'],
  person: 'usr_p',
  subject: 'usr_p',
  task: 'tsk_1',
  lineage: [],
  parent: null,
  resource: CALENDAR,
  scopes: scopesOf(actions),
  actions,
  act: { iss: ISSUER, sub: 'agt_a', sub_profile: 'ai_agent', client_id: 'cli_agent' },
  boundTo,
  mayAct: null,
  depth: 1,
  txn: 'txn',
  authentication: {},
  since: new Date(0),
  issuedAt: new Date(0),
  expiresAt: new Date(300_000),
});

function withRooms() {
  const documents = parseCatalogue(yaml);
  const source = documents.flatMap(({ actions }) => actions).find(({ key }) => key === 'calendar.events.read');
  if (!source) throw new Error('no calendar');
  const rooms = { ...structuredClone(source), key: 'rooms.events.read', scope: 'rooms.read' };
  source.downstream = ['rooms.events.read'];
  return [...documents, { resource: ROOMS, name: 'Acme Rooms', owner: 'deployment', actions: [rooms] }];
}
