import { expect, test } from '@jest/globals';
import { said } from '../support/said.ts';
import { actionOf } from './demonstration.ts';

const invitation = { title: 'Q1', start: '2026-11-26T10:00:00Z', guests: ['a@acme.example'] };
const refund = { invoice: 'INV-1', payee: 'Nordwind GmbH', amount: { currency: 'EUR', value: '1.00' } };
const contacts = { tag: 'Lead', fields: ['name'], limit: 1 };

const accepted: [string, object][] = [
  ['calendar.events.read', {}],
  ['calendar.events.read', { calendar: 'Team' }],
  ['calendar.events.read', { from: '2028-02-29', to: '2028-02-29' }],
  ['calendar.invitations.send', invitation],
  ['calendar.invitations.send', { ...invitation, start: '2026-11-26T10:00:00.5-05:30' }],
  ['payments.refund.create', refund],
  ['crm.contacts.export', contacts],
  ['crm.customers.update', { customer: 'C-1', changes: { city: 'Hamburg', vip: null } }],
];

test.each(accepted)('%s accepts %j', (key, parameters) => {
  expect(actionOf(key).validate(parameters)).toBeUndefined();
});

const refused: [string, unknown, string][] = [
  ['calendar.events.read', { from: '2026-11-24' }, 'misses to'],
  ['calendar.events.read', { to: '2026-11-24' }, 'misses from'],
  ['calendar.events.read', { from: '2026-11-28', to: '2026-11-24' }, 'from is after to'],
  ['calendar.events.read', { from: '2026-02-29', to: '2026-03-01' }, "from must match format 'date'"],
  ['calendar.events.read', { from: '24.11.2026', to: '2026-11-28' }, "from must match format 'date'"],
  ['calendar.events.read', { calendar: '' }, 'calendar must NOT have fewer than 1 characters'],
  ['calendar.events.read', { calendar: 'x'.repeat(61) }, 'calendar must NOT have more than 60 characters'],
  ['calendar.events.read', { calendar: ['Team'] }, 'calendar must be string'],
  ['calendar.events.read', { everything: true }, 'has an unknown member everything'],
  ['calendar.events.read', [], 'must be object'],
  ['calendar.events.read', null, 'must be object'],
  ['calendar.events.read', JSON.parse('{"__proto__": {"from": "2026-11-24"}}'), 'has an unknown member __proto__'],
  [
    'calendar.invitations.send',
    { ...invitation, start: '2026-11-26 10:00:00Z' },
    "start must match format 'date-time'",
  ],
  ['calendar.invitations.send', { ...invitation, start: '2026-11-26T10:00:00' }, "start must match format 'date-time'"],
  [
    'calendar.invitations.send',
    { ...invitation, start: '2026-11-26T23:59:60Z' },
    "start must match format 'date-time'",
  ],
  [
    'calendar.invitations.send',
    { ...invitation, start: '2026-02-30T10:00:00Z' },
    "start must match format 'date-time'",
  ],
  [
    'calendar.invitations.send',
    { ...invitation, start: '2026-11-26T10:00:00.00001Z' },
    "start must match format 'date-time'",
  ],
  ['calendar.invitations.send', { ...invitation, guests: [] }, 'guests must NOT have fewer than 1 items'],
  [
    'calendar.invitations.send',
    { ...invitation, guests: ['a@acme.example', 'a@acme.example'] },
    'guests must NOT have duplicate items (items ## 1 and 0 are identical)',
  ],
  ['calendar.invitations.send', { ...invitation, guests: ['nobody'] }, "guests.0 must match format 'email'"],
  ['calendar.invitations.send', { ...invitation, guests: ['a@b@acme.example'] }, "guests.0 must match format 'email'"],
  ['payments.refund.create', { ...refund, amount: { currency: 'EUR', value: 1 } }, 'amount.value must be string'],
  [
    'payments.refund.create',
    { ...refund, amount: { currency: 'EUR', value: '1.0' } },
    String.raw`amount.value must match pattern '^\d{1,12}\.\d{2}$'`,
  ],
  [
    'payments.refund.create',
    { ...refund, amount: { currency: 'EUR', value: '-1.00' } },
    String.raw`amount.value must match pattern '^\d{1,12}\.\d{2}$'`,
  ],
  [
    'payments.refund.create',
    { ...refund, amount: { currency: 'EUR', value: '1.00\n' } },
    String.raw`amount.value must match pattern '^\d{1,12}\.\d{2}$'`,
  ],
  [
    'payments.refund.create',
    { ...refund, amount: { currency: 'eur', value: '1.00' } },
    "amount.currency must match pattern '^[A-Z]{3}$'",
  ],
  [
    'payments.refund.create',
    { ...refund, amount: { currency: 'EUR', value: '1.00', fee: '1' } },
    'amount has an unknown member fee',
  ],
  ['payments.refund.create', { ...refund, amount: { value: '1.00' } }, 'amount misses currency'],
  ['crm.contacts.export', { ...contacts, limit: 1.5 }, 'limit must be integer'],
  ['crm.contacts.export', { ...contacts, limit: 0 }, 'limit must be >= 1'],
  ['crm.contacts.export', { ...contacts, limit: '5' }, 'limit must be integer'],
  ['crm.contacts.export', { ...contacts, fields: ['na me'] }, "fields.0 must match pattern '^[a-z][a-z0-9_]*$'"],
  ['crm.customers.update', { customer: 'C-1', changes: {} }, 'changes must NOT have fewer than 1 properties'],
  [
    'crm.customers.update',
    { customer: 'C-1', changes: { city: { a: 1 } } },
    'changes.city must be string,number,boolean,null',
  ],
  [
    'crm.customers.update',
    { customer: 'C-1', changes: JSON.parse('{"__proto__": 1}') },
    "changes must match pattern '^[a-z][a-z0-9_]*$'",
  ],
];

test.each(refused)('%s refuses %j (RAR-07)', (key, parameters, problem) => {
  expect(said(actionOf(key).validate(parameters))).toBe(problem);
});
