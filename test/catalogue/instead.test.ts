import { describe, expect, test } from '@jest/globals';
import { SAMPLE_PERSON } from '../../server/admin/preview.ts';
import { lesserBeside } from '../../server/approvals/instead.ts';
import { describeAction } from '../../server/catalogue/describe.ts';
import { actionOf, catalogue, reader } from './demonstration.ts';
import { problemsIn, shop } from './shop.ts';

/** The shop with a second action, which only puts the order on a list; `changes` make one of the two wrong. */
const withReserve = (...changes: [from: string, to: string][]) => {
  const [head = '', action = ''] = shop.split('    - key: ');
  const reserve = action
    .replace('shop.orders.place', 'shop.orders.reserve')
    .replace('level: { default: medium }', 'level: { default: low }')
    .replaceAll('[, note {note}]', '')
    .replace(/ +note:.*\n/, '');
  const place = action.replace('durations:', 'instead: shop.orders.reserve\n      durations:');
  const right = `${head}    - key: ${place}    - key: ${reserve}`;
  const cut = right.lastIndexOf('    - key: ');
  return changes
    .reduce(
      ([first, second], [from, to]) =>
        second.includes(from) ? [first, second.replace(from, to)] : [first.replace(from, to), second],
      [right.slice(0, cut), right.slice(cut)],
    )
    .join('');
};

test('an action may point to one that does less to the same thing', () => {
  expect(problemsIn(withReserve())).toBe('');
});

test.each<[string, [string, string][], string]>([
  [
    'nobody knows it',
    [['instead: shop.orders.reserve', 'instead: shop.orders.wish']],
    'no other action of this resource',
  ],
  [
    'it is itself',
    [['instead: shop.orders.reserve', 'instead: shop.orders.place']],
    'no other action of this resource',
  ],
  ['it weighs more', [['level: { default: low }', 'level: { default: high }']], 'has to weigh less'],
  ['it weighs as much', [['level: { default: low }', 'level: { default: medium }']], 'has to weigh less'],
  ['it carries something out', [['verb: update', 'verb: update\n      egress: true']], 'carries something out'],
  [
    'it takes what was not asked',
    [
      ['required: [item, due]', 'required: [item, due, colour]'],
      [
        'properties:',
        'properties:\n          colour: { type: string, maxLength: 40, x-label: Colour, x-format: text }',
      ],
    ],
    'takes colour',
  ],
  ['it takes it in another form', [['x-label: Item, x-format: text', 'x-label: Item, x-format: id']], 'takes item'],
  [
    'it is not about what the headline names',
    [
      ['required: [item, due]', 'required: [due]'],
      ['          item: { type: string, maxLength: 40, x-label: Item, x-format: text }\n', ''],
    ],
    'does not say item',
  ],
])('it is refused when %s', (_, changes, problem) => {
  expect(problemsIn(withReserve(...changes))).toContain(problem);
});

describe('beside a request', () => {
  const one = (key: string, parameters: Record<string, unknown>) => {
    const action = actionOf(key);
    const requested = { action: key, version: 1, resource: action.resource, parameters };
    return { requested, action, description: describeAction(action, parameters, reader) };
  };
  const described = one('repos.repository.delete', { repository: 'acme/billing' });
  const beside = (all: Parameters<typeof lesserBeside>[0]) =>
    lesserBeside(all, catalogue, SAMPLE_PERSON, 'en')?.requested;

  test('the same parameters, of the other action', () => {
    expect(beside([described])).toEqual({
      action: 'repos.repository.archive',
      version: 1,
      resource: 'https://repos.acme.example',
      parameters: { repository: 'acme/billing' },
    });
  });

  test('none where there is none, where several are asked, and where these parameters do not weigh less', () => {
    expect(beside([one('calendar.events.read', {})])).toBeUndefined();
    expect(beside([described, described])).toBeUndefined();
    const light = { ...described, description: { ...described.description, impact: 'medium' as const } };
    expect(beside([{ ...light, action: { ...light.action, reversible: true } }])).toBeUndefined();
    // As much, and only the other can be undone.
    expect(beside([light])).toBeDefined();
  });
});
