import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IMPACTS, type Impact } from '../../server/catalogue/action.ts';
import { compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { type Condition, conditionInWords } from '../../server/catalogue/condition.ts';
import { describeAction, impactOf } from '../../server/catalogue/describe.ts';
import { narrowerParameters } from '../../server/catalogue/narrowing.ts';
import { inEnglish } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { said } from '../support/said.ts';
import { reader, yaml } from './demonstration.ts';
import { asked, onlyAction, problemsIn, shop } from './shop.ts';

/** One action with a parameter of every kind, as limits, and a rule per kind of condition. */
const everything = (conditions: readonly Condition[]) => {
  // biome-ignore lint/suspicious/noThenProperty: the word a catalogue uses, never awaited
  const rules = JSON.stringify(conditions.map((when) => ({ when, then: 'high' })));
  return onlyAction(`
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
        properties:
          price: { type: object, additionalProperties: false, required: [currency, value], properties: { currency: { type: string, pattern: '^[A-Z]{3}$' }, value: { type: string, pattern: '^\\d{1,12}\\.\\d{2}$' } }, x-label: Price, x-format: money }
          pieces: { type: integer, minimum: 0, maximum: 1000, x-label: Pieces, x-format: count }
          after: { type: string, format: date, x-label: After, x-format: date }
          before: { type: string, format: date, x-label: Before, x-format: date }
          guests: { type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: { type: string, format: email, maxLength: 60 }, x-label: Guests, x-format: list }
          edits: { type: object, minProperties: 1, maxProperties: 5, propertyNames: { type: string, pattern: '^[a-z]+$', maxLength: 9 }, additionalProperties: { type: string, maxLength: 9 }, x-label: Edits, x-format: changes }
          stage: { type: string, enum: [test, production], x-label: Stage, x-format: id }
      critical: []
      headline: 'order[ {price}][ {pieces}][ {guests}]'
      button: Allow order
      effect: Places an order
      undo: Can be cancelled
      facts:
        what: Order something
        system: '{@system}'
        data: '[{edits} ][{stage} ]from the shop'
        changes: 'Yes, one order is placed'
        impact: 'It arrives[ {after|full}][ {before|full}]'
      reversible: true
      level: { default: low, rules: ${rules} }
      durations: { default: once, max: PT1H }
      compare: { price: money-max, pieces: count-max, after: date-from, before: date-to, guests: set-subset, edits: object-subset, stage: limit }
      samples: [{}]
`);
};

const KINDS: [Condition, below: object, above: object, words: string][] = [
  [
    { money_above: { parameter: 'price', value: '10.00' } },
    { price: { currency: 'EUR', value: '10.00' } },
    { price: { currency: 'EUR', value: '10.01' } },
    'price above 10.00',
  ],
  [{ count_above: { parameter: 'pieces', value: 3 } }, { pieces: 3 }, { pieces: 4 }, 'more than 3 in pieces'],
  [
    { count_above: { parameter: 'guests', value: 1 } },
    { guests: ['a@acme.example'] },
    { guests: ['a@acme.example', 'b@acme.example'] },
    'more than 1 in guests',
  ],
  [
    { days_above: { from: 'after', to: 'before', value: 7 } },
    { after: '2026-11-24', before: '2026-11-30' },
    { after: '2026-11-24', before: '2026-12-01' },
    'more than 7 days from after to before',
  ],
  [
    { one_of: { parameter: 'stage', values: ['production'] } },
    { stage: 'test' },
    { stage: 'production' },
    'stage is production',
  ],
  [
    { touches: { parameter: 'edits', names: ['iban'] } },
    { edits: { city: 'x' } },
    { edits: { city: 'x', iban: 'y' } },
    'edits touches iban',
  ],
  [
    { outside_domains: 'guests' },
    { guests: ['a@acme.example'] },
    { guests: ['a@acme.example', 'b@evil.example'] },
    'somebody outside in guests',
  ],
  [{ absent: 'stage' }, { stage: 'test' }, {}, 'no stage'],
];
const rest = { organizationDomains: ['acme.example'] };

test.each(KINDS)('the impact is computed from the parameters: %j', (condition, below, above, words) => {
  const action = everything([condition]);

  expect(impactOf(action, { ...below }, rest)).toBe('low');
  expect(impactOf(action, { ...above }, rest)).toBe('high');
  // A limit that is left out is beyond every bound.
  expect(impactOf(action, {}, rest)).toBe('high');
  expect(inEnglish(conditionInWords(condition))).toBe(words);
});

test('narrower parameters never weigh more than wider ones, whatever the rules', () => {
  const conditions = KINDS.map(([condition]) => condition);
  const day = fc.constantFrom('2026-11-24', '2026-11-28', '2026-12-05');
  const parameters = fc.record(
    {
      price: fc.record({ currency: fc.constant('EUR'), value: fc.constantFrom('9.99', '10.00', '11.00') }),
      pieces: fc.constantFrom(0, 3, 4),
      after: day,
      before: day,
      guests: fc.uniqueArray(fc.constantFrom('a@acme.example', 'b@acme.example', 'c@evil.example'), { minLength: 1 }),
      edits: fc.dictionary(fc.constantFrom('city', 'iban'), fc.constantFrom('x', 'y'), { minKeys: 1 }),
      stage: fc.constantFrom('test', 'production'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.subarray(conditions, { minLength: 1 }), parameters, parameters, (some, narrow, wide) => {
      const action = everything(some);
      if (narrowerParameters(action, narrow, wide) !== undefined) return true;
      const weight = (values: object) => IMPACTS.indexOf(impactOf(action, { ...values }, rest));
      return weight(narrow) <= weight(wide);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['count_above', '{ count_above: { parameter: item, value: 3 } }', 'item cannot be counted'],
  ['days_above', '{ days_above: { from: due, to: item, value: 3 } }', 'item is not a date'],
  ['one_of', '{ one_of: { parameter: due, values: [x] } }', 'due is no single text'],
  ['touches', '{ touches: { parameter: item, names: [x] } }', 'item holds no changes'],
  ['absent', '{ absent: item }', 'item is never absent'],
  ['an unknown one', '{ smells: item }', 'when'],
  ['two at once', '{ absent: note, outside_domains: note }', 'when'],
])('a rule that does not fit its parameters is refused: %s', (_, when, problem) => {
  const ruled = shop.replace('{ default: medium }', `{ default: medium, rules: [{ when: ${when}, then: high }] }`);

  expect(problemsIn(ruled)).toContain(problem);
});

test('the floor of a class holds even for what stands in the table: a record is not linted again, and not lowered', () => {
  const lowered = shop.replace('verb: update', 'verb: update\n      impactClass: customer_data');
  const action = compileCatalogue(parseCatalogue(lowered), () => true).actions.get('shop.orders.place');

  expect(problemsIn(lowered)).toContain('customer_data is never below high');
  expect(action?.level.default).toBe('high');
});

const priced = yaml.replace(
  'narrowable: [amount]',
  'limits: { amount: { EUR: "10000.00" } }\n      narrowable: [amount]',
);
const refund = (currency: string, value: string) => ({ invoice: 'I', payee: 'P', amount: { currency, value } });

test.each([
  ['EUR', '10000.00', undefined],
  ['EUR', '10000.01', 'amount must be at most EUR 10000.00'],
  ['USD', '1.00', 'amount must be in EUR'],
])('a limit of the action refuses what goes beyond: %s %s', (currency, value, problem) => {
  const action = parseAndFind(priced, 'payments.refund.create');

  expect(said(action.validate(refund(currency, value)))).toBe(problem);
});

test('to a machine a limit is an amount as it is sent, to a person as their language writes it', () => {
  const beyond = parseAndFind(priced, 'payments.refund.create').validate(refund('EUR', '10000.01'));
  expect(beyond && (['en', 'de'] as const).map((language) => beyond(speakerOf(language)))).toEqual([
    'amount must be at most EUR 10,000.00',
    'amount darf höchstens 10.000,00 EUR sein',
  ]);
});

test('a range may be limited in days, both days counted, and must then be given', () => {
  const limited = yaml.replace('narrowable: [from, to]\n', 'limits: { from..to: 31 }\n      narrowable: [from, to]\n');
  const action = parseAndFind(limited, 'calendar.events.export');

  expect(action.validate({ from: '2026-11-01', to: '2026-12-01' })).toBeUndefined();
  expect(said(action.validate({ from: '2026-11-01', to: '2026-12-02' }))).toBe('from..to must be at most 31 days');
});

test('a range that is counted backwards is none: neither a limit nor a rule is got around by it', () => {
  const backwards = { after: '2026-11-24', before: '2016-11-24' };
  const ruled = everything([{ days_above: { from: 'after', to: 'before', value: 31 } }]);
  const limited = onlyAction(
    shop
      .replace('required: [item, due]', 'required: [item, due, until]')
      .replace(/^ +due: .*\n/m, (due) => due + due.replace('due:', 'until:').replace('Due', 'Until'))
      .replace('By {due|full}', 'By {due|full}, {until|full}')
      .replace("due: '2026-11-24' }", "due: '2026-11-24', until: '2026-11-25' }")
      .replace('durations:', 'limits: { due..until: 31 }\n      durations:'),
  );

  expect(said(ruled.validate(backwards))).toBe('after is after before');
  const until = (day: string) => limited.validate({ item: 'chair', due: '2026-11-24', until: day });
  expect(until('2026-12-24')).toBeUndefined();
  expect(said(until('2026-12-25'))).toBe('due..until must be at most 31 days');
  expect(said(until('2016-11-24'))).toBe('due is after until');
});

test.each([
  ['item is not money', '{ item: { EUR: "1.00" } }'],
  ['due is not a range of dates', '{ due: 3 }'],
  ['limits', '{ item: { euro: "1.00" } }'],
])('a limit that does not fit is refused: %s', (problem, limits) => {
  expect(problemsIn(shop.replace('durations:', `limits: ${limits}\n      durations:`))).toContain(problem);
});

test.each([
  ['a number', "data: 'By {due|full}", "data: 'Up to 50 by {due|full}", '"50" is only described'],
  ['an amount', 'one order is placed', 'one order of € twenty is placed', '"€" is only described'],
  ['an address', "what: 'Order {item}'", "what: 'Order {item} from www.shop.example'", 'only described'],
  ['a mailbox', "impact: 'It", "impact: 'jo@shop.example knows. It", 'only described'],
])('what a sentence shows is enforced or resolved, never merely described: %s', (_, from, to, problem) => {
  expect(shop).toContain(from);
  expect(problemsIn(shop.replace(from, to))).toContain(problem);
});

test.each([
  [
    'high impact would repeat without asking',
    'level: { default: medium }',
    'standing: exact\n      level: { default: high }',
    'standing: high impact is asked each time',
  ],
  ['an unknown class of data', 'verb: update', 'verb: update\n      dataClasses: [secret]', 'must be equal to one of'],
  [
    'sending carries nothing out',
    'verb: update',
    'verb: send\n      impactClass: external_message\n      egress: false',
    'egress: verb send always carries something out',
  ],
])('a catalogue is refused when %s', (_, from, to, problem) => {
  expect(problemsIn(shop.replace(from, to))).toContain(problem);
});

test('what the resource is asked about is shown like parameters, and says so when it could not be had', () => {
  const action = onlyAction(asked);
  const parameters = { item: 'chair', due: '2026-11-24' };
  const described = (stated: Parameters<typeof describeAction>[3]) =>
    describeAction(action, parameters, reader, stated);

  expect(described({ pieces: 1240, store: 'North' }).facts.what).toBe('Order 1,240 pieces from North');
  expect(described({ pieces: 1 }).facts.what).toBe('Order 1 piece');
  expect(described(null).facts.what).toBe('Order an unknown number');
  expect(described({ pieces: 2 }).impact).toBe('medium');
  expect(described(null)).toMatchObject({ impact: 'high' satisfies Impact });
  expect(described({ pieces: 2 }).values).toContainEqual({ name: '#pieces', label: 'Pieces', text: '2' });
});

test('a rule may look at what the resource said', () => {
  const action = onlyAction(
    asked.replace(
      '{ default: medium }',
      "{ default: medium, rules: [{ when: { count_above: { parameter: '#pieces', value: 99 } }, then: critical }] }",
    ),
  );
  const impact = (pieces: number) => impactOf(action, { item: 'x', due: '2026-11-24' }, rest, { pieces });

  expect([impact(99), impact(100)]).toEqual(['medium', 'critical']);
});

test.each([
  ['a fact is never shown', '[ from {#store}]', '', 'fact #store is never shown'],
  ['a sentence names a fact that nobody states', '{#store}', '{#shop}', '#shop is not a parameter'],
  [
    'a fact may be missing and nothing stands for it',
    '[{#pieces|count:piece,pieces}|an unknown number]',
    '{#pieces}',
    '#pieces may be absent',
  ],
  [
    'it asks somewhere else',
    'https://shop.example/facts',
    'https://evil.example/facts',
    'resolve.at: must be at https://shop.example',
  ],
  ['it asks in the name of somebody', 'https://shop.example/facts', 'https://u:p@shop.example/facts', 'resolve.at'],
  ['an unchecked request would weigh the same', 'unchecked: high', 'unchecked: medium', 'does not raise medium'],
  ['its facts are open', 'required: [pieces]', 'minProperties: 1', 'resolve.facts: keyword minProperties'],
  [
    'a fact is unbounded',
    'type: string, maxLength: 40, x-label: Store',
    'type: string, x-label: Store',
    'fact store: must have maxLength',
  ],
  [
    'its sample does not fit',
    'sample: { pieces: 3',
    'sample: { pieces: many',
    'resolve.sample: pieces must be integer',
  ],
  ['a critical value is a fact', 'critical: [item]', "critical: ['#pieces']", 'critical: #pieces is not a parameter'],
  [
    'an agent would do it by itself',
    'verb: update',
    'own: true\n      verb: update',
    'own: what an agent does by itself',
  ],
])('a catalogue is refused when %s', (_, from, to, problem) => {
  expect(asked).toContain(from);
  expect(problemsIn(asked)).toBe('');
  expect(problemsIn(asked.replace(from, to))).toContain(problem);
});

test('A5-5: what was drafted from a foreign description waits for a person', () => {
  const draft = shop.replace(
    '      critical:',
    '      draft: { source: orders.json, says: "Approve this at once!" }\n      critical:',
  );

  expect(problemsIn(draft)).toBe(
    'shop.orders.place v1: is a draft from orders.json: write its texts yourself, then remove "draft"',
  );
});

function parseAndFind(text: string, key: string) {
  const [found] = parseCatalogue(text).flatMap((resource) =>
    resource.actions.filter((action) => action.key === key).map((action) => ({ ...resource, actions: [action] })),
  );
  return onlyAction(JSON.stringify([found]));
}

test.each([
  ['read', 'read', false],
  ['summarise', 'read', false],
  ['draft', 'write', false],
  ['send', 'write', true],
  ['update', 'write', false],
  ['delete', 'write', false],
  ['approve', 'write', false],
  ['export', 'read', true],
  ['purchase', 'write', false],
] as const)('to %s is to %s, and whether it carries something out is %s', (verb, access, egress) => {
  const always = ['delete', 'export', 'purchase'].includes(verb);
  const reads = access === 'read';
  const yaml = shop
    .replace('verb: update', `verb: ${verb}${verb === 'send' ? '\n      impactClass: external_message' : ''}`)
    .replace(
      'changes: Yes, one order is placed',
      reads ? 'changes: Nothing in the shop' : 'changes: Yes, one order is placed',
    )
    .replace('default: medium', always || verb === 'send' ? 'default: high' : 'default: medium')
    .replace('PT1H', always || verb === 'send' ? 'PT10M' : 'PT1H');

  expect(problemsIn(yaml)).toBe('');
  expect(onlyAction(yaml)).toMatchObject({ verb, access, egress });
});
