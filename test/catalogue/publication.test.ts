import { expect, test } from '@jest/globals';
import { parseAction, parseCatalogue, type ResourceDocument } from '../../server/catalogue/catalogue.ts';
import { changesOf, resourceChangesOf } from '../../server/catalogue/diff.ts';
import { publicationProblems, review, reviewResources } from '../../server/catalogue/publication.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { said } from '../support/said.ts';
import { yaml } from './demonstration.ts';
import { asked, shop } from './shop.ts';

const documentOf = (text: string): ResourceDocument => parseCatalogue(text)[0] as ResourceDocument;
const actionIn = (text: string) => documentOf(text).actions[0] as ResourceDocument['actions'][0];

/** What replacing one stretch of a catalogue changes. */
const changed = (text: string, from: string, to: string) => {
  expect(text).toContain(from);
  return changesOf(actionIn(text), actionIn(text.replace(from, () => to)));
};

test.each([
  ['a lower level', shop, 'default: medium', 'default: low', 'impact medium becomes low', true],
  ['a higher level', shop, 'default: medium', 'default: high', 'impact medium becomes high', false],
  ['a longer duration', shop, 'PT1H', 'PT2H', 'longest duration PT1H becomes PT2H', true],
  ['a shorter duration', shop, 'PT1H', 'PT30M', 'longest duration PT1H becomes PT30M', false],
  ['another verb', shop, 'verb: update', 'verb: draft', 'it is to draft, not to update', true],
  [
    'a rule',
    shop,
    '{ default: medium }',
    '{ default: medium, rules: [{ when: { absent: note }, then: high }] }',
    'impact is high with no note',
    false,
  ],
  [
    'no rule any more',
    shop.replace('{ default: medium }', '{ default: medium, rules: [{ when: { absent: note }, then: high }] }'),
    ', rules: [{ when: { absent: note }, then: high }]',
    '',
    'impact is no longer high with no note',
    true,
  ],
  ['an agent on its own', shop, 'verb: update', 'verb: update\n      own: true', 'an agent may do it by itself', true],
  ['a scope', shop, 'verb: update', 'verb: update\n      scope: shop.order', 'scope none becomes shop.order', true],
  [
    'repeating',
    shop,
    'verb: update',
    'verb: update\n      standing: exact',
    'a person may let it repeat without asking',
    true,
  ],
  [
    'a class of impact',
    shop,
    'verb: update',
    'verb: update\n      impactClass: contract',
    'impact class none becomes contract',
    false,
  ],
  [
    'a class of data',
    shop,
    'verb: update',
    'verb: update\n      dataClasses: [personal]',
    'its data is personal',
    false,
  ],
  ['leading elsewhere', shop, 'verb: update', 'verb: update\n      downstream: [a.b]', 'it leads to a.b', true],
  [
    'pointing elsewhere',
    shop,
    'verb: update',
    'verb: update\n      instead: a.b',
    'a person is pointed to a.b instead',
    false,
  ],
  [
    'pointing nowhere',
    shop.replace('verb: update', 'verb: update\n      instead: a.b'),
    'instead: a.b',
    'own: false',
    'a person is no longer pointed to a.b instead',
    true,
  ],
  ['an optional parameter', shop, 'required: [item, due]', 'required: [item]', 'parameter due is optional now', true],
  [
    'a wider parameter',
    shop,
    'maxLength: 40, x-label: Item',
    'maxLength: 60, x-label: Item',
    'parameter item takes other values',
    true,
  ],
  [
    'a looser comparison',
    shop,
    'durations:',
    'compare: { note: limit }\n      durations:',
    'parameter note is compared by limit, not equal',
    true,
  ],
  [
    'a limit',
    yaml.replace('- key: calendar.events.read', '- key: a.b'),
    'narrowable: [from, to, calendar]',
    'limits: { from..to: 31 }\n      narrowable: [from, to, calendar]',
    'limit of from..to: none becomes 31 days',
    false,
  ],
  [
    'less to narrow',
    yaml,
    'narrowable: [from, to, calendar]',
    'narrowable: [from, to]',
    'a person can no longer narrow calendar',
    true,
  ],
  [
    'a headline',
    shop,
    "headline: 'order {item}'",
    "headline: 'buy {item}'",
    'headline: “order {item}” becomes “buy {item}”',
    false,
  ],
  [
    'a language',
    shop,
    'button: Allow order',
    'button: { en: Allow order, de: Erlauben }',
    'button (de): “Erlauben”',
    false,
  ],
  ['a label', shop, 'x-label: Item', 'x-label: Thing', 'label of item: “Item” becomes “Thing”', false],
  [
    'what a person deals with first',
    shop.replace('critical: [item]', 'critical: [item, due]').replace('order {item}', 'order {item}, {due}'),
    'critical: [item, due]',
    'critical: [due, item]',
    'at high impact a person types or ticks due, not item',
    true,
  ],
  ['what is critical', shop, 'critical: [item]', 'critical: []', 'item is no longer critical', true],
  [
    'what happens unchecked',
    asked,
    'unchecked: high',
    'unchecked: refuse',
    'a request that cannot be checked is refused, it is high until now',
    false,
  ],
  [
    'where it asks',
    asked,
    'shop.example/facts',
    'shop.example/about',
    'the resource is asked at https://shop.example/about, not at https://shop.example/facts',
    false,
  ],
  [
    'undoing',
    shop.replace('undo: Can be', 'undo: Cannot be').replace('reversible: true', 'reversible: false'),
    'reversible: false',
    'reversible: true',
    'it can be undone',
    true,
  ],
  [
    'the sign-in',
    shop.replace('verb: update', 'verb: update\n      authentication: { acr: phr }'),
    '\n      authentication: { acr: phr }',
    '',
    'sign-in {acr:phr} becomes any',
    true,
  ],
])('A5-3: a difference is said in words, and whether it weakens: %s', (_, text, from, to, words, weakens) => {
  expect(changed(text, from, to)).toContainEqual(expect.objectContaining({ words, weakens }));
});

const high = shop.replace('default: medium', 'default: high');
const AT_HIGH = '; people read this at high impact';
test.each([
  [
    'a headline',
    high,
    "headline: 'order {item}'",
    "headline: 'look at {item}'",
    'headline: “order {item}” becomes',
    true,
  ],
  ['an effect', high, 'effect: ', 'effect: Shows what ', 'effect: “', true],
  ['a button', high, 'Allow order', 'Allow look', 'button: “Allow order” becomes “Allow look”', true],
  ['a label', high, 'x-label: Item', 'x-label: Thing', 'label of item: “Item” becomes “Thing”', true],
  ['a fact', high, '        data: ', '        data: Hardly ', 'data: “', true],
  ['undoing', high, 'undo: Can be', 'undo: Can always be', 'undo: “', true],
  [
    'one of its levels',
    shop,
    '{ default: medium }',
    '{ default: medium, rules: [{ when: { absent: note }, then: critical }] }',
    'button: ',
    true,
  ],
  ['the level until now', high, 'default: high', 'default: medium', 'button: ', true],
  ['what nobody checked', asked, 'unchecked: high', 'unchecked: critical', 'button: ', true],
  ['no high impact', shop, 'Allow order', 'Allow look', 'button: ', false],
])('A5-3: what people read at high impact changes by two: %s', (_, text, from, to, words, weakens) => {
  const after = text.replace(from, () => to).replace('button: Allow order', 'button: Allow look');
  expect(text).toContain(from);
  const change = changesOf(actionIn(text), actionIn(after)).find((one) => one.words.startsWith(words));
  expect([change?.words.endsWith(AT_HIGH), change?.weakens]).toEqual([weakens, weakens]);
});

test('A5-3: at high impact a language may come, and neither goes nor changes by one alone', () => {
  const two = high.replace('button: Allow order', 'button: { en: Allow order, de: Bestellung erlauben }');
  expect(changed(high, 'button: Allow order', 'button: { en: Allow order, de: Erlauben }')).toMatchObject([
    { words: 'button (de): “Erlauben”', weakens: false },
  ]);
  const gone = `button (de): gone${AT_HIGH}`;
  expect(changed(two, ', de: Bestellung erlauben', '')).toMatchObject([{ words: gone, weakens: true }]);
  const [change] = changed(two, 'Bestellung erlauben', 'Ansehen');
  expect([change?.weakens, change?.said(speakerOf('de'))]).toEqual([
    true,
    'button (de): bisher „Bestellung erlauben“, jetzt „Ansehen“; das wird bei hoher Auswirkung gelesen',
  ]);
});

test('A5-3: the name of a resource is read at the impact of its actions', () => {
  const renamed = (text: string) =>
    reviewResources([documentOf(text)], [{ ...documentOf(text), name: 'Calendar' }]).flatMap(({ changes }) => changes);
  expect(renamed(high)).toMatchObject([{ words: `people read “Calendar”, not “Shop”${AT_HIGH}`, weakens: true }]);
  expect(renamed(shop)).toMatchObject([{ words: 'people read “Calendar”, not “Shop”', weakens: false }]);
});

test('A5-3: nothing changed is no difference', () => {
  for (const { actions } of parseCatalogue(yaml)) {
    for (const action of actions) expect(changesOf(action, action)).toEqual([]);
  }
});

test.each([
  ['more currency', { EUR: '10.00' }, { EUR: '10.01' }, true],
  ['less currency', { EUR: '10.00' }, { EUR: '9.99' }, false],
  ['another currency', { EUR: '10.00' }, { EUR: '10.00', USD: '1.00' }, true],
  ['no limit any more', { EUR: '10.00' }, undefined, true],
])('A5-3: a limit that moves says whether it is wider: %s', (_, from, to, weakens) => {
  const action = actionIn(shop);
  const limited = (limit: Record<string, string> | undefined) => ({
    ...action,
    ...(limit && { limits: { item: limit } }),
  });

  const [change] = changesOf(limited(from as never), limited(to as never));
  expect(change).toEqual({ words: expect.stringContaining('limit of item'), said: expect.any(Function), weakens });
  // An amount is one in the language of whoever reviews it.
  expect(change?.said(speakerOf('de'))).toMatch(
    /^Grenze von item: bisher 10,00 EUR, jetzt (\d+,\d\d EUR|keine|nichts)/u,
  );
});

test('a review tells new, newer and unchanged apart', () => {
  const before = [documentOf(shop)];
  const two = documentOf(shop.replace('version: 1', 'version: 2').replace('PT1H', 'PT30M'));

  expect(review(before, before)).toEqual([expect.objectContaining({ state: 'unchanged', changes: [] })]);
  expect(review(before, [two])).toEqual([
    {
      key: 'shop.orders.place',
      version: 2,
      resource: 'https://shop.example',
      state: 'newer',
      from: 1,
      changes: [{ words: 'longest duration PT1H becomes PT30M', said: expect.any(Function), weakens: false }],
    },
  ]);
  expect(review([], [two])).toEqual([expect.objectContaining({ state: 'new' })]);
});

test('A5-4: a published version never changes, and none is published behind it', () => {
  const one = documentOf(shop);
  const three = documentOf(shop.replace('version: 1', 'version: 3'));

  expect(publicationProblems([one], [one]).map(said)).toEqual([]);
  expect(publicationProblems([one], [documentOf(shop.replace('PT1H', 'PT30M'))]).map(said)).toEqual([
    'shop.orders.place version 1 is published and differs: give it a new version',
  ]);
  expect(publicationProblems([three], [documentOf(shop.replace('version: 1', 'version: 2'))]).map(said)).toEqual([
    'shop.orders.place version 2 is older than the published 3',
  ]);
  expect(publicationProblems([one], [{ ...one, owner: 'org_other' }]).map(said)).toEqual([
    'https://shop.example has another owner',
  ]);
});

test('A5-4: a record that a later lint would refuse keeps nobody from publishing, and nobody may repeat it', () => {
  const old = documentOf(shop.replace('Allow order', 'OK'));
  const other = documentOf(shop.replaceAll('shop.', 'store.'));

  expect(publicationProblems([old], [other]).map(said)).toEqual([]);
  expect(publicationProblems([], [old]).map(said)).toEqual([expect.stringContaining('say what is allowed')]);
});

test('the YAML of one action is read as an action of its resource, and its problems name its members', () => {
  const { actions, ...place } = documentOf(shop);

  expect(parseAction(JSON.stringify(actions[0]), { ...place, actions: [] })).toEqual(documentOf(shop));
  expect(() => parseAction('key: 1', { ...place, actions: [] })).toThrow(/version|key|misses/);
  expect(() => parseAction('a: *nobody', { ...place, actions: [] })).toThrow('nobody');
});

test.each([
  ['redeeming no more', {}, { redeems: false }, 'it no longer redeems each use: “once” and other limits', true],
  ['redeeming', { redeems: false }, {}, 'it redeems each use: high impact may be asked for', false],
  ['taking tokens at their word', { token_format: 'opaque' }, {}, 'it takes tokens at their word', true],
  ['asking about each token', {}, { token_format: 'opaque' }, 'it asks about each token', false],
  ['no MCP server any more', { mcp: true }, {}, 'an identity assertion no longer has to name it', true],
  ['an MCP server', {}, { mcp: true }, 'an identity assertion has to name it', false],
  ['tokens of another', {}, { authorization_server: 'https://as.example' }, 'its tokens come from https://as', true],
  ['another name', {}, { name: 'Store' }, 'people read “Store”, not “Shop”', false],
] as const)('A5-3: what a resource says of itself changes all of its actions: %s', (_, from, to, words, weakens) => {
  const [before, after] = [from, to].map((header) => ({ ...documentOf(shop), ...header })) as [
    ResourceDocument,
    ResourceDocument,
  ];
  expect(resourceChangesOf(before, after)).toMatchObject([{ words: expect.stringContaining(words), weakens }]);
  expect(resourceChangesOf(after, after)).toEqual([]);
  expect(reviewResources([{ ...before, actions: [] }], [after])).toEqual([]); // nothing of it can be asked for yet
});
