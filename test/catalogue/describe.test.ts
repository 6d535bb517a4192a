import { expect, test } from '@jest/globals';
import type { Impact } from '../../server/catalogue/action.ts';
import { describeAction, impactOf } from '../../server/catalogue/describe.ts';
import { parseTemplate } from '../../server/catalogue/template.ts';
import { actionOf, catalogue, reader } from './demonstration.ts';

interface Row {
  key: string;
  parameters: Record<string, unknown>;
  headline: string;
  line: string;
  facts: [what: string, system: string, data: string, changes: string, impact: string];
  critical: Record<string, string>;
  access: 'read' | 'write';
}

const guests = (...names: string[]) => names.map((name) => (name.includes('@') ? name : `${name}@acme.example`));
const start = '2026-11-26T10:00:00+01:00';

const rows: Row[] = [
  {
    key: 'calendar.events.read',
    parameters: { from: '2026-11-24', to: '2026-11-28' },
    headline: 'read your calendar for 24–28 Nov',
    line: '○ Reads only · Low impact',
    facts: [
      'Read event titles, times and attendees',
      'Acme Calendar, anna@acme.example',
      'All your calendars, 24–28 Nov 2026 only',
      'Nothing. It cannot create, change or send',
      'It will see who you meet and when',
    ],
    critical: { 'from..to': '24–28 Nov' },
    access: 'read',
  },
  {
    key: 'calendar.events.read',
    parameters: {},
    headline: 'read your calendar, all dates',
    line: '○ Reads only · Low impact',
    facts: [
      'Read event titles, times and attendees',
      'Acme Calendar, anna@acme.example',
      'All your calendars, all dates',
      'Nothing. It cannot create, change or send',
      'It will see who you meet and when',
    ],
    critical: {},
    access: 'read',
  },
  {
    key: 'calendar.events.read',
    parameters: { from: '2026-12-30', to: '2027-01-02', calendar: 'Team' },
    headline: 'read your calendar “Team” for 30 Dec 2026 – 2 Jan 2027',
    line: '○ Reads only · Low impact',
    facts: [
      'Read event titles, times and attendees',
      'Acme Calendar, anna@acme.example',
      'Calendar “Team”, 30 Dec 2026 – 2 Jan 2027 only',
      'Nothing. It cannot create, change or send',
      'It will see who you meet and when',
    ],
    critical: { 'from..to': '30 Dec 2026 – 2 Jan 2027' },
    access: 'read',
  },
  {
    key: 'calendar.invitations.send',
    parameters: { title: 'Q1 review', start, guests: guests('a', 'b', 'c', 'd', 'e', 'f') },
    headline: 'invite 6 people to “Q1 review”, Thu 26 Nov, 10:00',
    line: '◐ Sends messages · Medium impact · Can be cancelled',
    facts: [
      'Create one event on Thu, 26 Nov 2026, 10:00 CET',
      'Acme Calendar, anna@acme.example',
      '6 guests in Acme',
      'Yes, one event and 6 e-mails in your name',
      'Guests see your name as sender',
    ],
    critical: { guests: '6', title: 'Q1 review', start: 'Thu 26 Nov, 10:00' },
    access: 'write',
  },
  {
    key: 'calendar.invitations.send',
    parameters: { title: 'Q1 review', start, guests: guests('a', 'j.doe@nordwind.example') },
    headline: 'invite 2 people to “Q1 review”, Thu 26 Nov, 10:00',
    line: '▲ Sends messages outside Acme · High impact · Cannot be unsent',
    facts: [
      'Create one event on Thu, 26 Nov 2026, 10:00 CET',
      'Acme Calendar, anna@acme.example',
      '1 guest in Acme. Outside: j.doe@nordwind.example',
      'Yes, one event and 2 e-mails in your name',
      'Guests see your name as sender',
    ],
    critical: { guests: '2', title: 'Q1 review', start: 'Thu 26 Nov, 10:00' },
    access: 'write',
  },
  {
    key: 'calendar.attendees.update',
    parameters: { event: 'evt_7Kq2', attendees: guests('j.doe@nordwind.example') },
    headline: 'set the guests of evt_7Kq2 to 1 person',
    line: '◐ Changes an event · Medium impact · Can be changed back',
    facts: [
      'Replace the guest list of event evt_7Kq2',
      'Acme Calendar, anna@acme.example',
      'Outside: j.doe@nordwind.example',
      'Yes, the whole guest list is replaced',
      'Guests left out lose the event',
    ],
    critical: { event: 'evt_7Kq2', attendees: '1' },
    access: 'write',
  },
  {
    key: 'calendar.events.export',
    parameters: { from: '2026-11-30', to: '2026-12-02' },
    headline: 'export your calendar for 30 Nov – 2 Dec',
    line: '▲ Copies your calendar out · High impact · Cannot be recalled',
    facts: [
      'Copy your events out of the calendar',
      'Acme Calendar, anna@acme.example',
      'All events, 30 Nov – 2 Dec 2026',
      'Nothing in Acme Calendar; makes a copy elsewhere',
      'Titles, guests and places leave the calendar',
    ],
    critical: { 'from..to': '30 Nov – 2 Dec' },
    access: 'read',
  },
  {
    key: 'crm.contacts.export',
    parameters: { tag: 'Lead 2026', fields: ['name', 'email', 'phone'], limit: 1240 },
    headline: 'export up to 1,240 CRM contacts tagged “Lead 2026”',
    line: '▲ Copies personal data out · High impact · Cannot be recalled',
    facts: [
      'Export contacts tagged “Lead 2026”',
      'Acme CRM, Acme',
      'name, email and phone (1,240 people)',
      'Nothing in Acme CRM; makes a copy elsewhere',
      'Personal data leaves Acme CRM',
    ],
    critical: { limit: '1,240', tag: 'Lead 2026' },
    access: 'read',
  },
  {
    key: 'crm.customers.update',
    parameters: { customer: 'C-1042', changes: { phone: null, city: 'Hamburg', vip: true, discount: 5 } },
    headline: 'change city, discount, phone and vip of customer C-1042',
    line: '▲ Changes customer data · High impact · Cannot be undone here',
    facts: [
      'Replace 4 fields of one customer',
      'Acme CRM, Acme',
      'city: “Hamburg”; discount: 5; phone: emptied; vip: true',
      'Yes, the record of C-1042 is overwritten',
      'All of Acme works with the new values',
    ],
    critical: { customer: 'C-1042', changes: 'city, discount, phone and vip' },
    access: 'write',
  },
  {
    key: 'payments.refund.create',
    parameters: { invoice: 'INV-20991', payee: 'Nordwind GmbH', amount: { currency: 'EUR', value: '5000.00' } },
    headline: 'refund EUR 5,000.00 to Nordwind GmbH',
    line: '▲ Moves money · High impact · Cannot be undone here',
    facts: [
      'Refund invoice INV-20991',
      'Acme Payments, Acme',
      'EUR 4,200.00 paid by Nordwind GmbH',
      'Yes, one refund is created',
      'EUR 5,000.00 leaves Acme',
    ],
    critical: { amount: 'EUR 5,000.00', payee: 'Nordwind GmbH' },
    access: 'write',
  },
  {
    key: 'payments.refund.create',
    parameters: { invoice: 'INV-1', payee: 'Nordwind GmbH', amount: { currency: 'JPY', value: '999999999999.99' } },
    headline: 'refund JPY 999,999,999,999.99 to Nordwind GmbH',
    line: '▲▲ Moves money · Critical impact · Cannot be undone here',
    facts: [
      'Refund invoice INV-1',
      'Acme Payments, Acme',
      'EUR 4,200.00 paid by Nordwind GmbH',
      'Yes, one refund is created',
      'JPY 999,999,999,999.99 leaves Acme',
    ],
    critical: { amount: 'JPY 999,999,999,999.99', payee: 'Nordwind GmbH' },
    access: 'write',
  },
  {
    key: 'repos.repository.delete',
    parameters: { repository: 'acme/billing' },
    headline: 'delete the repository acme/billing',
    line: '▲▲ Deletes data · Critical impact · Cannot be undone',
    facts: [
      'Delete one repository with everything in it',
      'Acme Repos, Acme',
      '1,312 files in 7 branches',
      'Yes, everything in it is removed',
      'What builds on acme/billing will stop',
    ],
    critical: { repository: 'acme/billing' },
    access: 'write',
  },
  {
    key: 'repos.repository.archive',
    parameters: { repository: 'acme/billing' },
    headline: 'archive the repository acme/billing',
    line: '◐ Locks a repository · Medium impact · Can be undone',
    facts: [
      'Make one repository read-only',
      'Acme Repos, Acme',
      'The repository acme/billing',
      'Yes, nobody can write to it any more',
      'Everything in it stays and can be read',
    ],
    critical: { repository: 'acme/billing' },
    access: 'write',
  },
  {
    key: 'contracts.contract.approve',
    parameters: { contract: 'C-2026-17', version: '3' },
    headline: 'approve contract C-2026-17, version 3',
    line: '▲ Binds your organization · High impact · Cannot be undone here',
    facts: [
      'Approve version 3 in your name',
      'Acme Contracts, Acme',
      'Contract C-2026-17, version 3',
      'Yes, the contract is marked as approved',
      'Acme is bound by contract C-2026-17',
    ],
    critical: { contract: 'C-2026-17', version: '3' },
    access: 'write',
  },
  {
    key: 'directory.permissions.grant',
    parameters: { principal: 'lena@acme.example', role: 'admin', scope: 'billing' },
    headline: 'make lena@acme.example admin of billing',
    line: '▲▲ Changes permissions · Critical impact · Can be taken away again',
    facts: [
      'Add one role to one account',
      'Acme Directory, Acme',
      'lena@acme.example becomes admin of billing',
      'Yes, lena@acme.example gets a new role',
      'lena@acme.example may do all that admin allows',
    ],
    critical: { principal: 'lena@acme.example', role: 'admin', scope: 'billing' },
    access: 'write',
  },
];

test.each(rows)('$key is described as "$headline" (U2-1, U2-2)', ({ key, parameters, ...expected }) => {
  expect(actionOf(key).validate(parameters)).toBeUndefined();

  const action = actionOf(key);
  const described = describeAction(action, parameters, reader, action.resolve?.sample);

  const { what, system, data, changes, impact, duration } = described.facts;
  expect(described.headlineText).toBe(expected.headline);
  expect(`${described.impactSymbol} ${described.impactLine}`).toBe(expected.line);
  expect([what, system, data, changes, impact]).toEqual(expected.facts);
  expect(duration).toBe('Your choice below');
  expect(Object.fromEntries(described.critical.map(({ name, text }) => [name, text]))).toEqual(expected.critical);
  expect(described.access).toBe(expected.access);
});

test('every action of the demonstration is described above', () => {
  expect([...catalogue.actions.keys()].toSorted()).toEqual([...new Set(rows.map(({ key }) => key))].toSorted());
});

test.each(rows)('"$headline" shows each critical value once, marked as such (U2-2)', ({ key, parameters }) => {
  const { headline, headlineText, critical } = describeAction(actionOf(key), parameters, reader);

  expect(
    headline
      .filter((segment) => segment.critical)
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(critical.map(({ text }) => text).toSorted());
  expect(headline.map(({ text }) => text).join('')).toBe(headlineText);
  expect(headline.every((segment) => segment.value || !segment.critical)).toBe(true);
});

test.each(rows)('"$headline" gives every parameter in full below the facts', ({ key, parameters }) => {
  const { values } = describeAction(actionOf(key), parameters, reader);

  expect(values.map(({ name }) => name).toSorted()).toEqual(Object.keys(parameters).toSorted());
  expect(values.filter(({ text }) => text === '')).toEqual([]);
});

const refund = (value: string): [string, Record<string, unknown>] => [
  'payments.refund.create',
  { invoice: 'INV-1', payee: 'Nordwind GmbH', amount: { currency: 'EUR', value } },
];
const invite = (...to: string[]): [string, Record<string, unknown>] => [
  'calendar.invitations.send',
  { title: 'Q1 review', start, guests: to },
];
const impacts: [because: string, request: [string, Record<string, unknown>], impact: Impact][] = [
  ['reading is low', ['calendar.events.read', {}], 'low'],
  ['colleagues only', invite('a@acme.example'), 'medium'],
  ['the domain in capitals is the same', invite('a@ACME.example'), 'medium'],
  ['one guest is outside', invite('a@acme.example', 'j@nordwind.example'), 'high'],
  ['a subdomain is outside', invite('a@eu.acme.example'), 'high'],
  ['a domain that begins alike is outside', invite('a@acme.example.nordwind.example'), 'high'],
  ['a domain that ends alike is outside', invite('a@notacme.example'), 'high'],
  ['exactly the limit', refund('5000.00'), 'high'],
  ['a cent above it', refund('5000.01'), 'critical'],
  ['zeros in front do not shrink it', refund('0000005000.01'), 'critical'],
  ['text order is not number order', refund('999.99'), 'high'],
  ['ten thousand is more than five', refund('10000.00'), 'critical'],
];

test.each(impacts)('impact: %s', (_, [key, parameters], impact) => {
  expect(impactOf(actionOf(key), parameters, reader)).toBe(impact);
  expect(describeAction(actionOf(key), parameters, reader).impact).toBe(impact);
});

test('an organization without domains has every guest outside', () => {
  const [key, parameters] = invite('a@acme.example');

  expect(impactOf(actionOf(key), parameters, { organizationDomains: [] })).toBe('high');
});

test('a domain of the organization is compared without case', () => {
  const [key, parameters] = invite('a@acme.example');

  expect(impactOf(actionOf(key), parameters, { organizationDomains: ['ACME.example'] })).toBe('medium');
});

test('of several rules the worst holds, whatever their order, and says why', () => {
  const action = actionOf('payments.refund.create');
  const rule = (value: string, then: Impact, effect: string) => ({
    when: { money_above: { parameter: 'amount', value } },
    then,
    effect: parseTemplate(effect),
  });
  const rules = [rule('100.00', 'critical', 'Moves much money'), rule('10.00', 'high', 'Moves some money')];
  const texts = { en: { ...action.texts.en, rules } };
  const strict = { ...action, texts, level: { default: 'medium' as const, rules } };
  const line = (value: string) => describeAction(strict, refund(value)[1], reader).impactLine;

  expect(line('100.01')).toBe('Moves much money · Critical impact · Cannot be undone here');
  expect(line('10.01')).toBe('Moves some money · High impact · Cannot be undone here');
  expect(line('10.00')).toBe('Moves money · Medium impact · Cannot be undone here');
});

test('dates and numbers follow the language and zone of the person', () => {
  const berlin = describeAction(
    actionOf('calendar.invitations.send'),
    { title: 'Q1', start, guests: ['a@acme.example'] },
    reader,
  );
  const tokyo = describeAction(
    actionOf('calendar.invitations.send'),
    { title: 'Q1', start, guests: ['a@acme.example'] },
    { ...reader, timeZone: 'Asia/Tokyo' },
  );
  const german = describeAction(actionOf('payments.refund.create'), refund('4200.00')[1], { ...reader, locale: 'de' });

  expect(berlin.facts.what).toContain('Thu, 26 Nov 2026, 10:00 CET');
  expect(tokyo.facts.what).toContain('Thu, 26 Nov 2026, 18:00 GMT+9');
  expect(german.headlineText).toBe('4.200,00 EUR an Nordwind GmbH erstatten');
});

test('a time is shown to the last digit that was asked', () => {
  const described = (at: string) =>
    describeAction(
      actionOf('calendar.invitations.send'),
      { title: 'Q1', start: at, guests: ['a@acme.example'] },
      reader,
    );

  expect(described('2026-11-26T10:00:59+01:00').headlineText).toContain('10:00:59');
  expect(described('2026-11-26T10:00:59.250+01:00').headlineText).toContain('10:00:59.250');
});

test('a long value is cut after 60 characters and stands in full below', () => {
  const attendees = Array.from({ length: 9 }, (_, index) => `guest.number.${index}@nordwind.example`);

  const { facts, values } = describeAction(
    actionOf('calendar.attendees.update'),
    { event: 'evt_1', attendees },
    reader,
  );

  expect(facts.data).toMatch(/^Outside: .{60}… \(full text below\)$/u);
  expect(values.find(({ name }) => name === 'attendees')?.text).toContain('guest.number.8@nordwind.example');
});

test('a cut never splits what a person sees as one character', () => {
  const changes = { note: `${'x'.repeat(52)}👩🏽👩🏽👩🏽` };

  const { facts } = describeAction(actionOf('crm.customers.update'), { customer: 'C-1', changes }, reader);

  expect(facts.data).toBe(`note: “${'x'.repeat(52)}… (full text below)`);
});

test.each([
  ['markup', '<img src=x onerror=alert(1)>'],
  ['the syntax of sentences', '{amount} [x|y] {@system}'],
  ['a claim', '✅ Approved by Security'],
  ['Hebrew', 'בדיקה'],
])('%s in a value stays a value: it stands in one segment, as it is (U2-8)', (_, payee) => {
  const parameters = { invoice: 'INV-1', payee, amount: { currency: 'EUR', value: '1.00' } };

  const { headline } = describeAction(actionOf('payments.refund.create'), parameters, reader);

  expect(headline).toEqual([
    { text: 'refund ', value: false, critical: false },
    { text: 'EUR 1.00', value: true, critical: true },
    { text: ' to ', value: false, critical: false },
    { text: payee, value: true, critical: true },
  ]);
});

test('a change to a text, to nothing and to a number look different', () => {
  const shown = (value: unknown) =>
    describeAction(actionOf('crm.customers.update'), { customer: 'C-1', changes: { x: value } }, reader).facts.data;

  expect(new Set(['emptied', null, '5', 5, 'true', true].map(shown)).size).toBe(6);
});

test('the sixth fact is what the caller says', () => {
  const { facts } = describeAction(actionOf('calendar.events.read'), {}, { ...reader, duration: 'Once, until 15:02' });

  expect(facts.duration).toBe('Once, until 15:02');
});
