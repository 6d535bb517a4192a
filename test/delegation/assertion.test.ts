import { describe, expect, test } from '@jest/globals';

import { type AskedByAssertion, limitsOf, withinAssertion } from '../../server/delegation/assertion.ts';
import { parseDetails } from '../../server/tasks/request.ts';
import { catalogue } from '../catalogue/demonstration.ts';
import { CALENDAR, type Json, readDetails } from '../support/agent.ts';

const CRM = 'https://crm.acme.example';
const EXPORT = { type: 'crm.contacts.export', tag: 'Lead', fields: ['name'], limit: 1 };

const actions = (...details: Json[]) => {
  const parsed = parseDetails(details, catalogue, undefined);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal));
  return parsed.value;
};
const within = (claims: Json, asked: Partial<AskedByAssertion>) => {
  const limits = limitsOf(claims, catalogue);
  if (!limits.ok) return limits.refusal.reason;
  const all = { resource: undefined, scopes: undefined, actions: undefined, ...asked };
  const outcome = withinAssertion(all, limits.value, catalogue);
  if (!outcome.ok) return outcome.refusal.reason;
  const { audience, scopes, actions } = outcome.value;
  return { audience, ...(scopes && { scopes }), ...(actions && { actions: actions.map(({ action }) => action) }) };
};

const read = { actions: actions(readDetails()) };
const both = { actions: actions(readDetails(), EXPORT) };
const reading = { audience: CALENDAR, actions: ['calendar.events.read'] };
const byScope = { audience: CALENDAR, scopes: ['calendar.read'] };

describe('JAG-24: what an identity assertion says is the most that comes of it', () => {
  test.each<[string, Json, Partial<AskedByAssertion>, Json]>([
    ['nothing said, nothing asked', {}, {}, 'nothing_asked'],
    ['nothing said: what is asked', {}, read, reading],
    ['nothing said, two resources asked', {}, both, 'resource_ambiguous'],
    ['nothing said, two resources asked, one named', {}, { ...both, resource: CALENDAR }, 'resource_unknown'],
    ['a scope: it, where nothing is asked', { scope: 'calendar.read' }, {}, byScope],
    ['a scope: it', { scope: 'calendar.read' }, { scopes: ['calendar.read'] }, byScope],
    ['a scope: no details', { scope: 'calendar.read' }, read, 'details_wider'],
    ['no scope at all: none', { scope: '' }, { scopes: ['calendar.read'] }, 'scope_wider'],
    ['no scope at all: nothing', { scope: '' }, {}, 'nothing_asked'],
    ['an unknown scope is passed over', { scope: 'x calendar.read' }, {}, byScope],
    ['details: them, where nothing is asked', { authorization_details: [readDetails()] }, {}, reading],
    ['details: no scope', { authorization_details: [readDetails()] }, { scopes: ['calendar.read'] }, 'scope_wider'],
    [
      'details: narrower',
      { authorization_details: [readDetails()] },
      { actions: actions(readDetails({ to: '2026-11-25' })) },
      reading,
    ],
    [
      'details: not wider',
      { authorization_details: [readDetails()] },
      { actions: actions(readDetails({ to: '2026-12-25' })) },
      'details_wider',
    ],
    [
      'details: no other action',
      { authorization_details: [readDetails()] },
      { actions: actions(EXPORT) },
      'details_wider',
    ],
    ['details that nobody knows leave nothing', { authorization_details: [{ type: 'x' }] }, read, 'details_wider'],
    ['no details leave nothing', { authorization_details: [] }, read, 'details_wider'],
    ['details of two resources', { authorization_details: [readDetails(), EXPORT] }, {}, 'resource_ambiguous'],
    ['details of two, one of them asked', { authorization_details: [readDetails(), EXPORT] }, read, reading],
    ['details of two, one named', { authorization_details: [readDetails(), EXPORT] }, { resource: CALENDAR }, reading],
    [
      'details of two, one of them its resource',
      { authorization_details: [readDetails(), EXPORT], resource: [CALENDAR, 'https://payments.acme.example'] },
      {},
      reading,
    ],
    ['a resource: it', { resource: CALENDAR }, read, reading],
    ['a resource: no other', { resource: CRM }, read, 'resource_unknown'],
    [
      'a resource: no other, though it is named',
      { resource: CRM },
      { ...read, resource: CALENDAR },
      'resource_unknown',
    ],
    ['two resources: no third', { resource: [CRM, 'https://payments.acme.example'] }, read, 'resource_unknown'],
    ['two resources: one of them', { resource: [CRM, CALENDAR] }, read, reading],
    ['a resource of nobody here', { resource: 'https://x.example' }, read, 'assertion_invalid'],
    ['a resource that is none', { resource: 7 }, read, 'assertion_invalid'],
    ['a scope that is none', { scope: ['calendar.read'] }, read, 'assertion_invalid'],
    ['details that are none', { authorization_details: '[]' }, read, 'assertion_invalid'],
  ])('%s', (_, claims, asked, answer) => {
    expect(within(claims, asked)).toEqual(answer);
  });
});
