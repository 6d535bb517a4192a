import { expect, test } from '@jest/globals';
import { parseDetails, parseScopes, toDetail } from '../../server/tasks/request.ts';
import { catalogue } from '../catalogue/demonstration.ts';

const calendar = 'https://calendar.acme.example';
const read = { type: 'calendar.events.read', from: '2026-11-24', to: '2026-11-28' };
const refund = {
  type: 'payments.refund.create',
  invoice: 'INV-1',
  payee: 'Nordwind GmbH',
  amount: { currency: 'EUR', value: '4200.00' },
};
const parse = (raw: unknown, types?: string[]) => parseDetails(raw, catalogue, types);
const refusalOf = (raw: unknown, types?: string[]) => {
  const outcome = parse(raw, types);
  return outcome.ok ? undefined : outcome.refusal;
};

test('a request is understood completely, from a text or from a request object (RAR-01, RAR-04)', () => {
  const details = [{ ...read, locations: [calendar], purpose: 'Find a free hour.' }, refund];
  const expected = {
    ok: true,
    value: [
      {
        action: 'calendar.events.read',
        version: 1,
        resource: calendar,
        parameters: { from: '2026-11-24', to: '2026-11-28' },
        purpose: 'Find a free hour.',
      },
      {
        action: 'payments.refund.create',
        version: 1,
        resource: 'https://payments.acme.example',
        parameters: { invoice: 'INV-1', payee: 'Nordwind GmbH', amount: { currency: 'EUR', value: '4200.00' } },
      },
    ],
  };

  expect(parse(JSON.stringify(details))).toEqual(expected);
  expect(parse(details)).toEqual(expected);
  expect(parse(details, ['payments.refund.create', 'calendar.events.read'])).toEqual(expected);
});

const refused: [because: string, details: unknown, refusal: object][] = [
  ['it is an object', read, { reason: 'details_malformed', detail: 'must be a JSON array' }],
  ['it is null', null, { reason: 'details_malformed', detail: 'must be a JSON array' }],
  ['it is nothing', undefined, { reason: 'details_malformed', detail: 'must be a JSON array' }],
  ['it is empty', [], { reason: 'details_malformed', detail: 'must not be empty' }],
  ['it holds a text', ['calendar.events.read'], { reason: 'details_malformed', detail: 'must hold objects' }],
  ['it holds an array', [[]], { reason: 'details_malformed', detail: 'must hold objects' }],
  ['it holds null', [null], { reason: 'details_malformed', detail: 'must hold objects' }],
  [
    'a type is missing',
    [{ from: '2026-11-24' }],
    { reason: 'details_malformed', detail: 'every object must have a type' },
  ],
  ['a type is a number', [{ type: 1 }], { reason: 'details_malformed', detail: 'every object must have a type' }],
  [
    'a type is unknown',
    [{ type: 'calendar.events.delete' }],
    { reason: 'type_unknown', type: 'calendar.events.delete' },
  ],
  [
    'a type differs in case',
    [{ ...read, type: 'Calendar.events.read' }],
    { reason: 'type_unknown', type: 'Calendar.events.read' },
  ],
  ['a type is a member of every object', [{ type: 'constructor' }], { reason: 'type_unknown', type: 'constructor' }],
  [
    'a member is unknown',
    [{ ...read, everything: true }],
    { reason: 'parameters_invalid', type: read.type, detail: 'has an unknown member everything' },
  ],
  [
    'a standard member is not of this type',
    [{ ...read, actions: ['read'] }],
    { reason: 'parameters_invalid', type: read.type, detail: 'actions cannot be asked for' },
  ],
  ...['access', 'impact', 'expires_at', 'max_uses'].map((name): [string, unknown, object] => [
    `it says ${name} itself`,
    [{ ...read, [name]: 'x' }],
    { reason: 'parameters_invalid', type: read.type, detail: `${name} cannot be asked for` },
  ]),
  [
    'it is for another resource',
    [{ ...read, locations: ['https://crm.acme.example'] }],
    { reason: 'parameters_invalid', type: read.type, detail: `locations can only be ${calendar}` },
  ],
  [
    'it is for another resource too',
    [{ ...read, locations: [calendar, 'https://crm.acme.example'] }],
    { reason: 'parameters_invalid', type: read.type, detail: `locations can only be ${calendar}` },
  ],
  [
    'its resource ends with a slash',
    [{ ...read, locations: [`${calendar}/`] }],
    { reason: 'parameters_invalid', type: read.type, detail: `locations can only be ${calendar}` },
  ],
  [
    'it has no location',
    [{ ...read, locations: [] }],
    { reason: 'parameters_invalid', type: read.type, detail: `locations can only be ${calendar}` },
  ],
  [
    'its purpose is too long',
    [{ ...read, purpose: 'x'.repeat(141) }],
    { reason: 'parameters_invalid', type: read.type, detail: 'purpose has more than 140 characters' },
  ],
  [
    'its purpose is no text',
    [{ ...read, purpose: ['x'] }],
    { reason: 'parameters_invalid', type: read.type, detail: 'purpose must be a text' },
  ],
  [
    'its purpose is empty',
    [{ ...read, purpose: '' }],
    { reason: 'parameters_invalid', type: read.type, detail: 'purpose must be a text' },
  ],
  [
    'a required parameter is missing',
    [{ ...refund, payee: undefined }],
    { reason: 'parameters_invalid', type: refund.type, detail: 'misses payee' },
  ],
  [
    'its payee is reordered on screen',
    [{ ...refund, payee: 'Nordwind\u202e HbmG' }],
    { reason: 'text_refused', field: 'payee', detail: 'a bidirectional control character' },
  ],
  [
    'its payee holds something invisible',
    [{ ...refund, payee: 'Nord\u200bwind' }],
    { reason: 'text_refused', field: 'payee', detail: 'a zero-width or invisible character' },
  ],
  [
    'its payee is in form D',
    [{ ...refund, payee: 'Mu\u0308ller' }],
    { reason: 'text_refused', field: 'payee', detail: 'not in Unicode normal form C' },
  ],
  [
    'its payee is two words with two spaces',
    [{ ...refund, payee: 'Nordwind  GmbH' }],
    { reason: 'text_refused', field: 'payee', detail: 'white space other than single spaces between words' },
  ],
  [
    'its purpose has a line of its own',
    [{ ...read, purpose: 'x\ny' }],
    { reason: 'text_refused', field: 'purpose', detail: 'a control character' },
  ],
  [
    'a member name is hostile',
    [{ ...read, 'x\u202e': 1 }],
    { reason: 'text_refused', field: 'a member name', detail: 'a bidirectional control character' },
  ],
  [
    'the same is asked twice',
    [read, { to: read.to, from: read.from, type: read.type, purpose: 'again' }],
    { reason: 'details_malformed', detail: 'asks for the same twice' },
  ],
  [
    'there are six',
    Array.from({ length: 6 }, (_, index) => ({ ...read, calendar: `c${index}` })),
    { reason: 'details_too_large' },
  ],
  ['it is too large', [{ ...read, purpose: 'é'.repeat(2600) }], { reason: 'details_too_large' }],
];

test.each(refused)('a request is refused when %s (RAR-01, RAR-02, RAR-07, RAR-51)', (_, details, refusal) => {
  expect(refusalOf(details)).toEqual(refusal);
  // undefined as text is no parameter at all
  if (details !== undefined) expect(refusalOf(JSON.stringify(details))).toEqual(refusal);
});

test.each([
  [
    'a repeated member',
    '[{"type":"calendar.events.read","calendar":"Team","calendar":"Board"}]',
    "member 'calendar' appears twice",
  ],
  [
    'a repeated member of a member',
    '[{"type":"payments.refund.create","amount":{"value":"1.00","value":"9.00"}}]',
    "member 'value' appears twice",
  ],
  ['text that is no JSON', 'calendar.events.read', 'not valid JSON'],
  [
    'a number that cannot be held',
    '[{"type":"crm.contacts.export","limit":9007199254740993}]',
    'number 9007199254740993 cannot be held exactly',
  ],
])('%s is refused (RAR-01)', (_, text, detail) => {
  expect(refusalOf(text)).toEqual({ reason: 'details_malformed', detail });
});

test('a type that the client did not register is refused (RAR-09)', () => {
  expect(refusalOf([read], ['payments.refund.create'])).toEqual({ reason: 'type_not_allowed', type: read.type });
  expect(refusalOf([read], [])).toEqual({ reason: 'type_not_allowed', type: read.type });
});

test('five objects of five kilobytes are accepted, a byte more is not', () => {
  const five = Array.from({ length: 5 }, (_, index) => ({ ...read, calendar: `c${index}` }));
  expect(parse(five).ok).toBe(true);

  const text = JSON.stringify([read]);
  const padded = (bytes: number) => text.replace('[', `[${' '.repeat(bytes - text.length)}`);
  expect(parse(padded(5120)).ok).toBe(true);
  expect(refusalOf(padded(5121))).toEqual({ reason: 'details_too_large' });
});

test('a purpose may have 140 characters of any script', () => {
  expect(parse([{ ...read, purpose: '🎉'.repeat(140) }]).ok).toBe(true);
});

test('a scope is an action without parameters (RFC 6749 §3.3)', () => {
  expect(parseScopes(['openid', 'calendar.read', 'offline_access', 'calendar.read'], catalogue)).toEqual({
    ok: true,
    value: [
      {
        action: 'calendar.events.read',
        version: 1,
        resource: calendar,
        parameters: {},
        viaScope: 'calendar.read',
      },
    ],
  });
  expect(parseScopes(['openid', 'offline_access'], catalogue)).toEqual({ ok: true, value: [] });
});

test.each([
  'mail.read',
  'calendar.events.read',
  'payments.refund.create',
  'calendar.read.all',
  'profile',
  '',
  'constructor',
])('scope %j is unknown', (scope) => {
  expect(parseScopes(['openid', scope], catalogue)).toEqual({ ok: false, refusal: { reason: 'scope_unknown', scope } });
});

test('the object of a request becomes the object of a token (RAR-30, U2-12)', () => {
  const outcome = parse([{ ...read, purpose: 'Find a free hour.' }]);
  if (!outcome.ok) throw new Error('refused');
  const [requested] = outcome.value as [(typeof outcome.value)[0]];

  expect(toDetail(requested)).toEqual({ ...read, locations: [calendar], purpose: 'Find a free hour.' });
  expect(parse([toDetail(requested)])).toEqual(outcome);
  const { purpose, ...granted } = requested;
  expect(toDetail(granted, { access: 'read', impact: 'low', expires_at: '2026-11-24T14:12:00Z', max_uses: 1 })).toEqual(
    {
      ...read,
      locations: [calendar],
      access: 'read',
      impact: 'low',
      expires_at: '2026-11-24T14:12:00Z',
      max_uses: 1,
    },
  );
});

test('no parameter can pass for what the server says', () => {
  const hostile = { type: 'x', locations: ['y'], access: 'write', impact: 'low', expires_at: 'never', max_uses: null };

  expect(
    toDetail(
      { action: 'calendar.events.read', resource: calendar, parameters: hostile },
      { access: 'read', impact: 'high', expires_at: '2026-11-24T14:12:00Z', max_uses: 1 },
    ),
  ).toEqual({
    type: 'calendar.events.read',
    locations: [calendar],
    access: 'read',
    impact: 'high',
    expires_at: '2026-11-24T14:12:00Z',
    max_uses: 1,
  });
});
