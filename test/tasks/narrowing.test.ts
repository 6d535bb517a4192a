import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { compareDecimals } from '../../server/catalogue/money.ts';
import { coversAction, narrowerParameters } from '../../server/catalogue/narrowing.ts';
import { actionOf } from '../catalogue/demonstration.ts';

type Parameters = Record<string, unknown>;

const eur = (value: string) => ({ currency: 'EUR', value });
const refund = { invoice: 'INV-1', payee: 'Nordwind GmbH', amount: eur('4200.00') };
const contacts = { tag: 'Lead', fields: ['name', 'email'], limit: 100 };
const event = { event: 'evt_1', attendees: ['a@acme.example', 'b@acme.example'] };
const customer = { customer: 'C-1', changes: { city: 'Hamburg', phone: '5' } };

const rows: [key: string, because: string, narrower: Parameters, wider: Parameters, reason: string | undefined][] = [
  ['calendar.events.read', 'no limit on either side', {}, {}, undefined],
  ['calendar.events.read', 'a limit where there was none', { from: '2026-11-24', to: '2026-11-28' }, {}, undefined],
  [
    'calendar.events.read',
    'days inside',
    { from: '2026-11-25', to: '2026-11-26' },
    { from: '2026-11-24', to: '2026-11-28' },
    undefined,
  ],
  [
    'calendar.events.read',
    'a day before',
    { from: '2026-11-23', to: '2026-11-26' },
    { from: '2026-11-24', to: '2026-11-28' },
    'from is not within what was approved',
  ],
  [
    'calendar.events.read',
    'a day after',
    { from: '2026-11-25', to: '2026-11-29' },
    { from: '2026-11-24', to: '2026-11-28' },
    'to is not within what was approved',
  ],
  ['calendar.events.read', 'the limit left out', {}, { from: '2026-11-24', to: '2026-11-28' }, 'from is missing'],
  [
    'calendar.events.read',
    'another limit in its place',
    { calendar: 'Team' },
    { from: '2026-11-24', to: '2026-11-28' },
    'from is missing',
  ],
  ['calendar.events.read', 'the same calendar', { calendar: 'Team' }, { calendar: 'Team' }, undefined],
  [
    'calendar.events.read',
    'another calendar',
    { calendar: 'team' },
    { calendar: 'Team' },
    'calendar is not within what was approved',
  ],
  ['calendar.events.read', 'something else', { everything: true }, {}, 'everything is not a parameter'],
  ['payments.refund.create', 'a smaller amount', { ...refund, amount: eur('999.99') }, refund, undefined],
  ['payments.refund.create', 'the same amount with zeros', { ...refund, amount: eur('0004200.00') }, refund, undefined],
  [
    'payments.refund.create',
    'a cent more',
    { ...refund, amount: eur('4200.01') },
    refund,
    'amount is not within what was approved',
  ],
  [
    'payments.refund.create',
    'more digits',
    { ...refund, amount: eur('10000.00') },
    refund,
    'amount is not within what was approved',
  ],
  [
    'payments.refund.create',
    'another currency',
    { ...refund, amount: { currency: 'USD', value: '1.00' } },
    refund,
    'amount is not within what was approved',
  ],
  [
    'payments.refund.create',
    'another payee',
    { ...refund, payee: 'Nordwind AG' },
    refund,
    'payee is not within what was approved',
  ],
  ['payments.refund.create', 'no amount', { invoice: 'INV-1', payee: 'Nordwind GmbH' }, refund, 'amount is missing'],
  [
    'crm.contacts.export',
    'fewer fields, fewer people',
    { ...contacts, fields: ['email'], limit: 1 },
    contacts,
    undefined,
  ],
  [
    'crm.contacts.export',
    'the fields in another order',
    { ...contacts, fields: ['email', 'name'] },
    contacts,
    undefined,
  ],
  [
    'crm.contacts.export',
    'a field more',
    { ...contacts, fields: ['name', 'phone'] },
    contacts,
    'fields is not within what was approved',
  ],
  ['crm.contacts.export', 'one more', { ...contacts, limit: 101 }, contacts, 'limit is not within what was approved'],
  [
    'calendar.attendees.update',
    'the same people in another order',
    { ...event, attendees: event.attendees.toReversed() },
    event,
    undefined,
  ],
  [
    'calendar.attendees.update',
    'fewer people, who would be uninvited',
    { ...event, attendees: ['a@acme.example'] },
    event,
    'attendees is not within what was approved',
  ],
  [
    'calendar.attendees.update',
    'one more',
    { ...event, attendees: [...event.attendees, 'c@acme.example'] },
    event,
    'attendees is not within what was approved',
  ],
  ['crm.customers.update', 'one of the changes', { ...customer, changes: { city: 'Hamburg' } }, customer, undefined],
  [
    'crm.customers.update',
    'one of the changes, and another value for the other',
    { ...customer, changes: { city: 'Hamburg', phone: '6' } },
    customer,
    'changes is not within what was approved',
  ],
  [
    'crm.customers.update',
    'the number for the text',
    { ...customer, changes: { phone: 5 } },
    customer,
    'changes is not within what was approved',
  ],
  [
    'crm.customers.update',
    'another change',
    { ...customer, changes: { vip: true } },
    customer,
    'changes is not within what was approved',
  ],
  [
    'crm.customers.update',
    'a member of every object',
    { ...customer, changes: { constructor: 'x' } },
    customer,
    'changes is not within what was approved',
  ],
];

test.each(rows)('%s: %s (RAR-21, RAR-23)', (key, _, narrower, wider, reason) => {
  expect(narrowerParameters(actionOf(key), narrower, wider)).toBe(reason);
});

test('what is executed is checked before it is compared', () => {
  const action = actionOf('payments.refund.create');

  expect(coversAction(action, refund, { ...refund, amount: eur('10.00') })).toBeUndefined();
  expect(coversAction(action, refund, { ...refund, amount: eur('4200.01') })).toBe(
    'amount is not within what was approved',
  );
  expect(coversAction(action, refund, { ...refund, amount: eur('-1.00') })).toMatch(/^amount\.value must match/);
  expect(coversAction(action, refund, { ...refund, note: 'x' })).toBe('has an unknown member note');
  expect(coversAction(action, refund, null)).toBe('must be object');
});

/** Every comparator on an optional and on a required parameter. */
const shop = parseCatalogue(`
- resource: https://shop.example
  name: Shop
  owner: deployment
  actions:
    - key: shop.orders.place
      version: 1
      verb: update
      parameters:
        type: object
        additionalProperties: false
        required: [must]
        properties:
          must: { type: string, maxLength: 40, x-label: Must, x-format: text }
          same: { type: string, maxLength: 40, x-label: Same, x-format: text }
          only: { type: string, maxLength: 40, x-label: Only, x-format: text }
          price:
            type: object
            additionalProperties: false
            required: [currency, value]
            properties:
              currency: { type: string, pattern: '^[A-Z]{3}$' }
              value: { type: string, pattern: '^\\d{1,12}\\.\\d{2}$' }
            x-label: Price
            x-format: money
          pieces: { type: integer, minimum: 0, maximum: 9, x-label: Pieces, x-format: count }
          after: { type: string, format: date, x-label: After, x-format: date }
          before: { type: string, format: date, x-label: Before, x-format: date }
          all: { type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: { type: string, maxLength: 9 }, x-label: All, x-format: list }
          some: { type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: { type: string, maxLength: 9 }, x-label: Some, x-format: list }
          edits:
            type: object
            minProperties: 1
            maxProperties: 9
            propertyNames: { type: string, pattern: '^[a-z]+$', maxLength: 9 }
            additionalProperties: { type: [string, number, 'null'], maxLength: 9 }
            x-label: Edits
            x-format: changes
      critical: [must]
      headline: 'order {must}'
      button: Allow order
      effect: Places an order
      undo: Can be cancelled
      facts:
        what: 'Order[ {same}][ {only}]'
        system: '{@system}'
        data: 'Data[ {price}][ {pieces}][ {all}][ {some}][ {edits}]'
        changes: Yes, one order is placed
        impact: 'Time[ {after|full}][ {before|full}]'
      reversible: true
      level: { default: medium }
      durations: { default: once, max: PT1H }
      compare:
        only: limit
        price: money-max
        pieces: count-max
        after: date-from
        before: date-to
        all: set-equal
        some: set-subset
        edits: object-subset
      samples: [{ must: a }]
`);
const order = compileCatalogue(shop).actions.get('shop.orders.place') ?? actionOf('shop.orders.place');

// Few values, so that random pairs are often in order.
const word = fc.constantFrom('a', 'b');
const day = fc.constantFrom('2026-11-24', '2026-11-25', '2027-01-01');
const list = fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 3 });
const parameters = fc.record(
  {
    must: word,
    same: word,
    only: word,
    price: fc.record({
      currency: fc.constantFrom('EUR', 'USD'),
      value: fc.constantFrom('1.00', '01.00', '9.99', '10.00'),
    }),
    pieces: fc.constantFrom(0, 1, 5),
    after: day,
    before: day,
    all: list,
    some: list,
    edits: fc.dictionary(word, fc.constantFrom('1', 1, null), { minKeys: 1 }),
  },
  { requiredKeys: ['must'] },
) as fc.Arbitrary<Parameters>;

/** A step that is narrower on purpose. */
const narrowed = (wider: Parameters): fc.Arbitrary<Parameters> =>
  parameters.map((other) => ({
    ...wider,
    ...('some' in wider && { some: (wider.some as string[]).slice(0, 1) }),
    ...('edits' in wider && { edits: Object.fromEntries(Object.entries(wider.edits as object).slice(0, 1)) }),
    ...('pieces' in wider && { pieces: 0 }),
    ...('price' in wider && { price: { ...(wider.price as object), value: '0.01' } }),
    ...Object.fromEntries(
      ['only', 'price', 'pieces', 'after', 'before', 'some', 'edits']
        .filter((name) => !(name in wider) && name in other)
        .map((name) => [name, other[name]]),
    ),
  }));

const narrower = (a: Parameters, b: Parameters) => narrowerParameters(order, a, b) === undefined;

test('narrowing is reflexive', () => {
  fc.assert(fc.property(parameters, (a) => narrower(a, a)));
});

test('narrowing is transitive', () => {
  fc.assert(
    fc.property(parameters, parameters, parameters, (a, b, c) => !(narrower(a, b) && narrower(b, c)) || narrower(a, c)),
    { numRuns: 2000 },
  );
});

test('a chain of steps is narrower than its beginning', () => {
  const chain = parameters.chain((a) => narrowed(a).chain((b) => narrowed(b).map((c) => [a, b, c] as const)));
  fc.assert(fc.property(chain, ([a, b, c]) => narrower(b, a) && narrower(c, b) && narrower(c, a)));
});

test('what is left out is never narrower', () => {
  fc.assert(
    fc.property(
      parameters.chain((wider) => narrowed(wider).map((inner) => ({ wider, inner }))),
      fc.nat(),
      ({ wider, inner }, index) => {
        const limits = Object.keys(wider);
        const left = limits[index % limits.length] as string;
        const { [left]: _, ...without } = inner;
        return narrowerParameters(order, without, wider) === `${left} is missing`;
      },
    ),
  );
});

test('what was not a limit cannot be added', () => {
  fc.assert(
    fc.property(parameters, word, list, (wider, value, members) => {
      const { same, all, ...without } = wider;
      expect(narrower({ ...without, same: value }, without)).toBe(false);
      expect(narrower({ ...without, all: members }, without)).toBe(false);
    }),
  );
});

test('both ways is the same, but for order and zeros', () => {
  const plain = (value: Parameters) =>
    JSON.stringify(value, (name, inner) => {
      if (name === 'value') return String(inner).replace(/^0+/, '');
      if (Array.isArray(inner)) return inner.toSorted();
      if (typeof inner !== 'object' || inner === null) return inner;
      return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    });
  fc.assert(
    fc.property(parameters, parameters, (a, b) => !(narrower(a, b) && narrower(b, a)) || plain(a) === plain(b)),
    { numRuns: 2000 },
  );
});

test('decimals compare as numbers do, without floats', () => {
  const cents = fc.bigInt({ min: 0n, max: 99_999_999_999_999n });
  const decimal = (value: bigint, zeros: number) => {
    const digits = value.toString().padStart(3, '0');
    return `${'0'.repeat(zeros)}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  };
  fc.assert(
    fc.property(cents, cents, fc.nat(3), (a, b, zeros) => {
      const expected = a < b ? -1 : a > b ? 1 : 0;
      expect(compareDecimals(decimal(a, zeros), decimal(b, 0))).toBe(expected);
    }),
  );
  // 2^53 cents and one more are the same float.
  expect(compareDecimals('90071992547409.93', '90071992547409.92')).toBe(1);
});

test.each(['1', '1.0', '1.000', '-1.00', '1,00', '1e2', '', ' 1.00', '0x10.00'])('%j is no decimal of ours', (text) => {
  expect(() => compareDecimals(text, '1.00')).toThrow(TypeError);
});
