import { expect, test } from '@jest/globals';
import { IMPACT_CLASSES } from '../../server/catalogue/action.ts';
import {
  CatalogueError,
  compileCatalogue,
  parseCatalogue,
  type ResourceDocument,
} from '../../server/catalogue/catalogue.ts';
import { said } from '../support/said.ts';
import { catalogue, yaml } from './demonstration.ts';

const problemsOf = (documents: readonly ResourceDocument[]): readonly string[] => {
  try {
    compileCatalogue(documents);
    return [];
  } catch (cause) {
    if (cause instanceof CatalogueError) return cause.said.map(said);
    throw cause;
  }
};

test('the demonstration has the actions, impacts and scopes of the contract', () => {
  const table = [...catalogue.actions.values()].map(({ key, resource, level, scope, access }) => [
    key,
    resource,
    level.default,
    scope,
    access,
  ]);

  expect(table).toEqual([
    ['calendar.events.read', 'https://calendar.acme.example', 'low', 'calendar.read', 'read'],
    ['calendar.invitations.send', 'https://calendar.acme.example', 'medium', undefined, 'write'],
    ['calendar.attendees.update', 'https://calendar.acme.example', 'medium', undefined, 'write'],
    ['calendar.events.export', 'https://calendar.acme.example', 'high', undefined, 'read'],
    ['crm.contacts.export', 'https://crm.acme.example', 'high', undefined, 'read'],
    ['crm.customers.update', 'https://crm.acme.example', 'high', undefined, 'write'],
    ['payments.refund.create', 'https://payments.acme.example', 'high', undefined, 'write'],
    ['repos.repository.delete', 'https://repos.acme.example', 'critical', undefined, 'write'],
    ['repos.repository.archive', 'https://repos.acme.example', 'medium', undefined, 'write'],
    ['contracts.contract.approve', 'https://contracts.acme.example', 'high', undefined, 'write'],
    ['directory.permissions.grant', 'https://directory.acme.example', 'critical', undefined, 'write'],
  ]);
  expect(catalogue.scopesOf('https://calendar.acme.example')).toEqual(['calendar.read']);
  expect(catalogue.scopesOf('https://crm.acme.example')).toEqual([]);
  expect(catalogue.byScope('calendar.read')?.key).toBe('calendar.events.read');
  expect(catalogue.byScope('calendar.events.read')).toBeUndefined();
  expect(catalogue.resources.get('https://crm.acme.example')).toEqual({
    resource: 'https://crm.acme.example',
    name: 'Acme CRM',
    organization: null,
    redeems: true,
    tokenFormat: 'jwt',
    mcp: false,
    authorizationServer: null,
  });
});

test('a resource of an organization carries its name into every action', () => {
  const documents = parseCatalogue(yaml).map((document) => ({ ...document, owner: 'org_1' }));

  expect(compileCatalogue(documents).actions.get('crm.contacts.export')?.organization).toBe('org_1');
});

test('an older version stays for what was approved under it; only the newest can be asked', () => {
  const [calendar, ...others] = parseCatalogue(yaml) as [ResourceDocument, ...ResourceDocument[]];
  const [read, ...rest] = calendar.actions as [(typeof calendar.actions)[0], ...typeof calendar.actions];
  const newer = { ...read, version: 2, button: { en: 'Let it read', de: 'Darf lesen' } };

  const both = compileCatalogue([{ ...calendar, actions: [read, newer, ...rest] }, ...others]);

  expect(both.actions.get(read.key)?.version).toBe(2);
  expect(both.byScope('calendar.read')?.version).toBe(2);
  expect(both.version(read.key, 1)?.texts.en.button).toBe('Allow reading');
  expect(both.version(read.key, 3)).toBeUndefined();
});

/** One action that is right, to be made wrong in one way per row. */
const right = `
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
        required: [item, due]
        properties:
          item: { type: string, maxLength: 40, x-label: Item, x-format: text }
          due: { type: string, format: date, x-label: Due, x-format: date }
          note: { type: string, maxLength: 40, x-label: Note, x-format: text }
      critical: [item]
      headline: 'order {item}'
      button: Allow order
      effect: Places an order
      undo: Can be cancelled
      facts:
        what: 'Order {item}'
        system: '{@system}'
        data: 'By {due|full}[, note {note}]'
        changes: Yes, one order is placed
        impact: 'It arrives by {due|full}'
      reversible: true
      level: { default: medium }
      durations: { default: once, max: PT1H }
      samples:
        - { item: chair, due: '2026-11-24' }
`;

test('a resource may be an MCP server, and may take the tokens of another authorization server', () => {
  const said = right.replace('owner:', 'mcp: true\n  authorization_server: https://as.example\n  owner:');
  expect(compileCatalogue(parseCatalogue(said)).resources.get('https://shop.example')).toMatchObject({
    mcp: true,
    authorizationServer: 'https://as.example',
  });
  const wrong = right.replace('owner:', 'authorization_server: somewhere\n  owner:');
  expect(() => compileCatalogue(parseCatalogue(wrong))).toThrow('authorization_server is no issuer');
});

test('the action that the rows below spoil is right', () => {
  expect(problemsOf(parseCatalogue(right))).toEqual([]);
});

const spoiled: [because: string, replace: [string, string], problem: string][] = [
  ['a sentence names a parameter that is not there', ['order {item}', 'order {items}'], 'items is not a parameter'],
  [
    'a critical value is not in the headline',
    ["headline: 'order {item}'", 'headline: order it'],
    'headline: critical item is missing',
  ],
  [
    'a critical value is no parameter',
    ['critical: [item]', 'critical: [item, price]'],
    'critical: price is not a parameter',
  ],
  ['a critical value could be cut', ['maxLength: 40, x-label: Item', 'maxLength: 61, x-label: Item'], 'longer than 60'],
  [
    'at high impact nobody would have to deal with any value',
    [
      "critical: [item]\n      headline: 'order {item}'",
      "impactClass: contract\n      critical: []\n      headline: 'order {item}'",
    ],
    'critical: at high impact a person types or ticks a value: name one of item, due',
  ],
  ['a parameter is never shown', ['[, note {note}]', ''], 'parameter note is never shown'],
  ['a value that may be absent would leave a hole', ['[, note {note}]', ', note {note}'], 'note may be absent'],
  ['reading writes', ['verb: update', 'verb: read'], 'begin with "Nothing"'],
  ['writing says it changes nothing', ['Yes, one order', 'Nothing, one order'], 'begin with "Yes"'],
  ['writing does not say whether it can be undone', ['      undo: Can be cancelled\n', ''], 'undo is missing'],
  ['what can be undone says it cannot', ['Can be cancelled', 'Cannot be cancelled'], 'does not fit reversible'],
  ['a payment is medium', ['verb: update', 'verb: purchase'], 'payment is never below high'],
  ['an export is medium', ['verb: update', 'verb: export'], 'data_export is never below high'],
  ['a deletion is medium', ['verb: update', 'verb: delete'], 'record_deletion is never below high'],
  ['sending looks at no address', ['verb: update', 'verb: send'], 'sending needs'],
  ['a medium action lasts a day', ['PT1H', 'P1D'], 'longer than medium'],
  ['a duration is none', ['PT1H', '1h'], 'is no duration'],
  [
    'a rule lowers',
    ['{ default: medium }', '{ default: medium, rules: [{ when: { outside_domains: item }, then: low }] }'],
    'does not raise',
  ],
  [
    'a rule looks for addresses in a text',
    ['{ default: medium }', '{ default: medium, rules: [{ when: { outside_domains: item }, then: high }] }'],
    'item holds no addresses',
  ],
  [
    'a rule looks for money in a text',
    [
      '{ default: medium }',
      '{ default: medium, rules: [{ when: { money_above: { parameter: item, value: "1.00" } }, then: high }] }',
    ],
    'item is not money',
  ],
  [
    'a scope would need parameters',
    ['verb: update', 'verb: update\n      scope: shop.order'],
    'cannot be said in a scope',
  ],
  [
    'an agent would do it by itself at high impact',
    ['level: { default: medium }', 'own: true\n      level: { default: high }'],
    'own:',
  ],
  [
    'a comparator is for money',
    ['durations:', 'compare: { item: money-max }\n      durations:'],
    'money-max does not fit item',
  ],
  [
    'two amounts would be drawn from, of which one is',
    [
      'x-label: Note, x-format: text }',
      `x-label: Note, x-format: text }
          price: &money { type: object, additionalProperties: false, required: [currency, value], properties: { currency: { type: string, pattern: '^[A-Z]{3}$' }, value: { type: string, pattern: '^\\d{1,12}\\.\\d{2}$' } }, x-label: Price, x-format: money }
          fee: *money
      compare: { price: money-max, fee: money-max }`,
    ],
    'price, fee cannot both be money-max',
  ],
  ['a comparator is unknown', ['durations:', 'compare: { item: about }\n      durations:'], 'must be equal to one of'],
  [
    'a comparator is for nothing',
    ['durations:', 'compare: { price: equal }\n      durations:'],
    'price is not a parameter',
  ],
  [
    'something not compared as a limit is narrowable',
    ['durations:', 'narrowable: [item]\n      durations:'],
    'not compared as a limit',
  ],
  [
    'it leads to an action nobody knows',
    ['durations:', 'downstream: [shop.none.such]\n      durations:'],
    'shop.none.such is unknown',
  ],
  ['a person would read "token"', ['Allow order', 'Allow token'], 'the word "token"'],
  ['a person would read "scope" as a label', ['x-label: Item', 'x-label: Scope'], 'the word "Scope"'],
  ['a person would read "granted"', ['one order is placed', 'one order is granted'], 'the word "granted"'],
  ['the button says OK', ['Allow order', 'OK'], 'say what is allowed'],
  ['the button says Continue', ['Allow order', 'Continue'], 'say what is allowed'],
  ['the button is a sentence', ['Allow order', 'Allow it to order this'], 'more than 3 words'],
  ['a fact is too long', ['It arrives by', 'It arrives on your desk in the third floor of the house by'], 'impact has'],
  ['a fact has too many words', ["what: 'Order {item}'", "what: 'a b c d e f g h i {item}'"], 'what has 10/9 words'],
  [
    'the headline has too many words',
    ['order {item}', 'order {item} from a shop in a town a long way from here now'],
    'headline and impact line',
  ],
  ['a sample does not fit', ["due: '2026-11-24' }", "due: '24 Nov' }"], 'sample 1: due must match'],
  ['an unknown word of the server', ['{@system}', '{@secret}'], 'unknown word'],
  ['an unknown filter', ['{due|full}', '{due|upper}'], 'unknown filter'],
  ['a filter for another kind of value', ['order {item}', 'order {item|full}'], 'full does not fit'],
  ['a stretch in a stretch', ['[, note {note}]', '[, [note {note}]]'], 'unbalanced'],
  ['a stretch that depends on nothing', ['[, note {note}]', '[, note]{note}'], 'depends on no parameter'],
  ['the schema is open', ['additionalProperties: false', 'additionalProperties: true'], 'must be false'],
  ['the schema has a branch', ['required: [item, due]', 'anyOf: [{ required: [item] }]'], 'keyword anyOf'],
  ['a parameter has no label', ['x-label: Item, ', ''], 'x-label is missing'],
  [
    'a parameter has an unknown format',
    ['x-label: Item, x-format: text', 'x-label: Item, x-format: html'],
    'x-format must be one of',
  ],
  ['a text is unbounded', ['maxLength: 40, x-label: Item', 'x-label: Item'], 'must have maxLength'],
  ['a parameter takes a reserved name', ['          note:', '          purpose:'], 'name is reserved'],
  ...(
    [
      ['no number', '.nan', 'number NaN cannot be held exactly'],
      ['a number without an end', '.inf', 'number Infinity cannot be held exactly'],
      ['a number that no double holds', '9007199254740993', 'cannot be held exactly'],
      ['half a character', '"\\ud800"', 'half a character'],
      ['a null character', '"\\0"', 'a control character'],
    ] as const
  ).map(([what, type, problem]): [string, [string, string], string] => [
    `its YAML says what no JSON can: ${what}`,
    ['type: string, maxLength: 40, x-label: Note, x-format: text', `type: ${type}, x-label: Note, x-format: money`],
    problem,
  ]),
  [
    'money has another shape',
    ['type: string, maxLength: 40, x-label: Note, x-format: text', 'type: number, x-label: Note, x-format: money'],
    'must be exactly',
  ],
  [
    'a pattern can run for minutes',
    ['maxLength: 40, x-label: Item', "maxLength: 40, pattern: '^(a+)+$', x-label: Item"],
    'repeats a group',
  ],
  ...(
    [
      ['many times perhaps', `^${'a?'.repeat(30)}${'a'.repeat(10)}$`, 'too many ways'],
      ['choice after choice', `^${'(a|aa)'.repeat(20)}$`, 'too many ways'],
      ['three bounded repetitions', '^\\w{0,100}\\w{0,100}\\w{0,100}x$', 'too many ways'],
      ['what was matched again', '^(a*)\\1$', 'looks ahead, behind or back'],
      ['what comes', '^(?=a)a*$', 'looks ahead, behind or back'],
      ['a choice that is anchored by halves', '^a|b$', 'with choices in ()'],
      ['an end that is no end', '^a\\$', 'must begin with ^'],
    ] as const
  ).map(([what, pattern, problem]): [string, [string, string], string] => [
    `a pattern matches ${what}`,
    ['maxLength: 40, x-label: Item', `maxLength: 400, pattern: '${pattern}', x-label: Item`],
    problem,
  ]),
  [
    'a pattern runs on texts that no list bounds',
    ['maxLength: 40, x-label: Item', "enum: [chair], pattern: '^[a-z]+$', x-label: Item"],
    'must have maxLength',
  ],
  [
    'a parameter is called like what every object has',
    ['          note:', '          constructor:'],
    'name is reserved',
  ],
  [
    'a pattern is open at one end',
    ['maxLength: 40, x-label: Item', "maxLength: 40, pattern: '^a', x-label: Item"],
    'must begin with ^',
  ],
  [
    'a schema refers elsewhere',
    ['maxLength: 40, x-label: Item', "maxLength: 40, $ref: 'https://evil.example/', x-label: Item"],
    'may only have',
  ],
  ['the resource is no identifier', ['https://shop.example', 'shop'], 'not an absolute URI'],
  ['the resource has a fragment', ['https://shop.example', 'https://shop.example#x'], 'not an absolute URI'],
  ['the owner is nobody', ['owner: deployment', 'owner: some one'], 'must match pattern'],
  ['a member is misspelt', ['reversible: true', 'reversable: true'], 'misses reversible'],
  ['a member is unknown', ['reversible: true', 'reversible: true\n      html: x'], 'unknown member html'],
  ['a text of the catalogue is hostile', ['Places an order', '"Places \\u202e an order"'], 'bidirectional'],
];

test.each(spoiled)('a catalogue is refused when %s', (_, [from, to], problem) => {
  expect(right).toContain(from);
  let problems: readonly string[];
  try {
    problems = problemsOf(parseCatalogue(right.replace(from, () => to)));
  } catch (cause) {
    problems = (cause as CatalogueError).said.map(said);
  }

  expect(problems.join('\n')).toContain(problem);
});

const addressed = right
  .replace(
    '      critical:',
    `          whom: { type: string, maxLength: 40, x-label: Whom, x-format: text }
          copies: { type: array, minItems: 1, maxItems: 9, uniqueItems: true, items: { type: string, format: email, maxLength: 99 }, x-label: Copies, x-format: list }
      critical:`,
  )
  .replace(
    'Yes, one order is placed',
    'Yes, one order[ for {whom}][, {copies|inside|count:copy,copies}][, {copies|outside}]',
  );

test('a catalogue is refused when a value that is there hides behind one that is left out', () => {
  const hidden = (from: string, to: string) => {
    expect(addressed).toContain(from);
    return problemsOf(parseCatalogue(addressed.replace(from, () => to)));
  };
  const because = 'is hidden where another value in its [] is left out: give it [] of its own';

  expect(hidden('order {item}', 'order {item}')).toEqual([]);
  // Whoever asks leaves out for whom it is, and nobody reads the note.
  expect(hidden('[, note {note}]', '[, note {note} for {whom}]')).toEqual([
    `shop.orders.place v1: parameter note ${because}`,
  ]);
  expect(hidden('[, note {note}]', '[, note {note} to {copies|outside}]')).toEqual([
    `shop.orders.place v1: parameter note ${because}`,
  ]);
  expect(hidden('[, {copies|outside}]', '')).toEqual([`shop.orders.place v1: parameter copies ${because}`]);
  const inHeadline = (stretch: string) =>
    problemsOf(
      parseCatalogue(
        addressed
          .replace('critical: [item]', 'critical: [item, whom]')
          .replace('order {item}', `order {item}${stretch}`),
      ),
    );
  expect(inHeadline('[ for {whom}]')).toEqual([]);
  expect(inHeadline('[ for {whom}, {note}]')).toEqual([`shop.orders.place v1: headline: whom ${because}`]);
});

test('a catalogue is refused when a date never shows its year', () => {
  expect(problemsOf(parseCatalogue(right.replaceAll('{due|full}', '{due}')))).toEqual([
    'shop.orders.place v1: parameter due is never shown with its year, use {due|full}',
  ]);
});

test.each(IMPACT_CLASSES)('no catalogue lowers the class %s below high', (impactClass) => {
  for (const level of ['low', 'medium']) {
    const lowered = right
      .replace('verb: update', `verb: update\n      impactClass: ${impactClass}`)
      .replace('{ default: medium }', `{ default: ${level} }`);
    expect(problemsOf(parseCatalogue(lowered)).join('\n')).toContain(`${impactClass} is never below high`);
  }
});

test('all problems are told at once, each with its place', () => {
  const twice = right.replace('Allow order', 'OK').replace('order {item}', 'order {items}');

  expect(problemsOf(parseCatalogue(twice)).length).toBeGreaterThanOrEqual(3);
  expect(() => compileCatalogue(parseCatalogue(twice))).toThrow(/shop\.orders\.place v1: headline: items/);
});

test('a key, a version, a scope and a resource are each declared once', () => {
  const [shop] = parseCatalogue(right) as [ResourceDocument];
  const [order] = shop.actions as [ResourceDocument['actions'][0]];

  expect(problemsOf([{ ...shop, actions: [order, order] }])).toEqual(['shop.orders.place: the same version twice']);
  expect(
    problemsOf([shop, { ...shop, resource: 'https://other.example', actions: [{ ...order, version: 2 }] }]),
  ).toEqual(['shop.orders.place: declared by two resources']);
  expect(problemsOf([shop, { ...shop, actions: [] }])).toEqual(['https://shop.example: declared twice']);
  const demonstration = parseCatalogue(yaml);
  const [calendar] = demonstration as [ResourceDocument];
  const [read] = calendar.actions as [ResourceDocument['actions'][0]];
  const copy = { ...read, key: 'calendar.events.peek' };
  expect(problemsOf([{ ...calendar, actions: [...calendar.actions, copy] }, ...demonstration.slice(1)])).toEqual([
    'calendar.events.peek v1: scope calendar.read is taken',
  ]);
});

test.each([
  ['a repeated key', `${right}  name: Other\n`],
  ['no list', 'resource: https://shop.example'],
  ['not YAML', '- [}'],
  ['an unknown tag', '- !!js/function x'],
])('%s is refused while reading', (_, text) => {
  expect(() => parseCatalogue(text)).toThrow(CatalogueError);
});

test('an empty catalogue is a catalogue', () => {
  expect(compileCatalogue([]).actions.size).toBe(0);
});
