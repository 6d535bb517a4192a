import { describe, expect, test } from '@jest/globals';

import { compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { type Deciders, policyFor, quorumOf, type Rule } from '../../server/tasks/policies.ts';
import { policyChanges, replay } from '../../server/tasks/policy-change.ts';
import { parsePolicies, ruleInWords } from '../../server/tasks/policy-document.ts';
import type { RequestedAction } from '../../server/tasks/request.ts';
import type { Saying } from '../../views/words/saying.ts';
import { inEnglish } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { yaml } from '../catalogue/demonstration.ts';
import { said } from '../support/said.ts';

const catalogue = compileCatalogue(parseCatalogue(yaml));
const request = (action: string, parameters: Record<string, unknown>): RequestedAction => {
  const found = catalogue.actions.get(action);
  if (!found) throw new Error(action);
  return { action, version: found.version, resource: found.resource, parameters };
};
const read = request('calendar.events.read', { from: '2026-11-24', to: '2026-11-28' });
const exported = request('crm.contacts.export', { tag: 'Lead', fields: ['name'], limit: 10 });
const refund = request('payments.refund.create', {
  invoice: 'I',
  payee: 'P',
  amount: { currency: 'EUR', value: '10.00' },
});

const rule = (verdict: Rule['verdict'], actions: string[] | undefined, deciders?: Deciders): Rule => ({
  name: `${verdict} ${actions} ${deciders?.group}`,
  ...(actions && { when: { actions } }),
  verdict,
  ...(deciders && { deciders }),
});
const ruling = (rules: readonly Rule[], ...requested: RequestedAction[]) =>
  policyFor(requested, {
    agent: 'agt_1',
    person: 'usr_1',
    policies: { id: 'pol_1', version: 1, document: { rules } },
    catalogue,
    organizationDomains: ['acme.example'],
  });
const exporting = (deciders?: Deciders, verdict: Rule['verdict'] = 'ask') => rule(verdict, [exported.action], deciders);
const refunding = (deciders?: Deciders, verdict: Rule['verdict'] = 'ask') => rule(verdict, [refund.action], deciders);

describe('who decides several actions together', () => {
  const a = { group: 'grp_a', quorum: 2, may_include: ['owner', 'deputy'] as const, within: 'PT4H' };
  test.each([
    ['by one rule: as it says', [exporting(a)], [exported], 'ask', a],
    [
      'with what the person decides: the person first, then the group',
      [exporting(a)],
      [read, exported],
      'two',
      { ...a, may_include: ['owner', 'deputy'] },
    ],
    [
      'one group by two rules: more of it, fewer who are close, the shorter time',
      [exporting(a), refunding({ group: 'grp_a', quorum: 3, may_include: ['deputy'], within: 'PT1H' })],
      [exported, refund],
      'ask',
      { group: 'grp_a', quorum: 3, may_include: ['deputy'], within: 'PT1H' },
    ],
    [
      'the group after the person, and instead of them: after them',
      [exporting(a, 'two'), refunding({ group: 'grp_a' })],
      [exported, refund],
      'two',
      { group: 'grp_a', quorum: 2, may_include: [], within: 'PT4H' },
    ],
    [
      'nobody who forbids is outvoted',
      [exporting(a), refunding(undefined, 'never')],
      [exported, refund],
      'never',
      undefined,
    ],
  ] as const)('%s', (_, rules, requested, verdict, deciders) => {
    const found = ruling(rules, ...requested);
    expect([found.verdict, found.deciders, found.differ]).toEqual([verdict, deciders, undefined]);
  });

  test.each([
    ['two groups', [exporting({ group: 'grp_a' }), refunding({ group: 'grp_b' })]],
    ['a group and the approvers', [exporting({ group: 'grp_a' }), refunding(undefined, 'two')]],
  ])('%s decide nothing together', (_, rules) => {
    expect(ruling(rules, exported, refund).differ).toBe(true);
  });

  test('what one of several rules says about later, nobody said about all of them', () => {
    const later = { escalate: { after: 'PT10M', group: 'grp_b' } };
    expect(ruling([exporting(later)], exported).deciders).toEqual(later);
    expect(ruling([exporting(later)], exported, read).deciders).toBeUndefined();
  });

  test.each([
    [exporting(), 1],
    [exporting(undefined, 'two'), 2],
    [exporting({ group: 'grp_a' }), 1],
    [exporting({ group: 'grp_a', quorum: 3 }), 3],
    [exporting({ group: 'grp_a', quorum: 3 }, 'two'), 4],
  ])('%j takes %i', (one, quorum) => {
    expect(quorumOf(ruling([one], exported))).toBe(quorum);
  });
});

describe('another administrator confirms whatever asks other people, or fewer (A5-3)', () => {
  const weakens = (before: Rule[], after: Rule[]) =>
    policyChanges({ rules: before }, { rules: after }).some((change) => change.weakens);
  const of = (more: Partial<Deciders> = {}) => ({ group: 'grp_a', quorum: 2, ...more });
  const later = (after: string, more: object = { group: 'grp_b' }) => ({ escalate: { after, ...more } }) as Deciders;

  test.each([
    ['a group in the person’s place', [], [exporting(of())], true],
    ['the person in a group’s place', [exporting(of())], [], true],
    ['another group', [exporting(of())], [exporting(of({ group: 'grp_b' }))], true],
    ['fewer of it', [exporting(of())], [exporting(of({ quorum: 1 }))], true],
    ['more of it', [exporting(of())], [exporting(of({ quorum: 3 }))], false],
    ['the owner counts', [exporting(of())], [exporting(of({ may_include: ['owner'] }))], true],
    ['the owner counts no more', [exporting(of({ may_include: ['owner'] }))], [exporting(of())], false],
    ['others later', [exporting(of())], [exporting(of(later('PT30M')))], true],
    ['others sooner', [exporting(of(later('PT30M')))], [exporting(of(later('PT10M')))], true],
    ['others even later', [exporting(of(later('PT30M')))], [exporting(of(later('PT1H')))], false],
    ['others never', [exporting(of(later('PT30M')))], [exporting(of())], false],
    [
      'the deputy instead of others',
      [exporting(of(later('PT30M')))],
      [exporting(of(later('PT30M', { deputy: true })))],
      true,
    ],
    ['others after the person', [exporting()], [exporting(later('PT30M'))], true],
    ['the group after the person', [], [exporting(of(), 'two')], false],
    ['the group no more after the person', [exporting(of(), 'two')], [exporting(of())], true],
    ['the person before the group', [exporting(of())], [exporting(of(), 'two')], false],
    ['a group instead of the approvers', [exporting(undefined, 'two')], [exporting(of(), 'two')], true],
    ['the approvers instead of a group', [exporting(of(), 'two')], [exporting(undefined, 'two')], true],
    ['nobody instead of a group', [exporting(of())], [exporting(undefined, 'never')], false],
    ['a longer time', [exporting(of())], [exporting(of({ within: 'PT8H' }))], false],
  ] as const)('%s: %j', (_, before, after, expected) => {
    expect(weakens([...before], [...after])).toBe(expected);
  });

  test('the change is told in words', () => {
    const [change] = policyChanges(
      { rules: [exporting(of())] },
      { rules: [exporting(of({ quorum: 3 }))] },
      () => 'Privacy',
    );
    expect(change?.words).toBe(
      'ask crm.contacts.export grp_a: asked of 2 of Privacy (not of the person, the owner or the deputy) becomes asked of 3 of Privacy (not of the person, the owner or the deputy)',
    );
    expect(change?.said(speakerOf('de'))).toBe(
      'ask crm.contacts.export grp_a: bisher gefragt werden 2 von Privacy (nicht die Person selbst, die für den Agenten verantwortliche Person oder deren Vertretung), jetzt gefragt werden 3 von Privacy (nicht die Person selbst, die für den Agenten verantwortliche Person oder deren Vertretung)',
    );
  });

  test('A6-4: the last seven days say who would decide', () => {
    const recorded = [{ agent: 'agt_1', person: 'usr_1', actions: [exported] }];
    const context = { catalogue, organizationDomains: [] };
    expect(replay(recorded, [{ rules: [] }, { rules: [exporting(of())] }], context)).toMatchObject({
      changed: [{ from: 'ask', to: 'others', count: 1 }],
      decided_by_others: 0,
    });
    expect(
      replay(recorded, [{ rules: [exporting(of({ quorum: 1 }))] }, { rules: [exporting(of())] }], context),
    ).toMatchObject({ changed: [], decided_by_others: 1 });
  });
});

test.each([
  [
    exporting({ group: 'grp_a', quorum: 2, within: 'PT4H', escalate: { after: 'PT30M', group: 'grp_b' } }),
    'Asked of 2 of grp_a (not of the person, the owner or the deputy; after 30 minutes also of grp_b; for 4 hours at most): to crm.contacts.export.',
  ],
  [
    exporting({ group: 'grp_a', may_include: ['owner'] }, 'two'),
    'Asked of the person and then of one of grp_a (not of the deputy): to crm.contacts.export.',
  ],
  [
    exporting({ group: 'grp_a', may_include: ['requester', 'owner', 'deputy'] }),
    'Asked of one of grp_a (whoever is close to it counts too): to crm.contacts.export.',
  ],
  [
    exporting({ escalate: { after: 'PT1H', deputy: true } }),
    'Asked (after 1 hour also of the deputy of the agent): to crm.contacts.export.',
  ],
])('%j reads as a sentence', (one, words) => {
  expect(inEnglish(ruleInWords(one))).toBe(words);
});

describe('what cannot be meant is refused', () => {
  const parsed = (deciders: string, verdict = 'ask') =>
    parsePolicies(
      `rules:\n  - { name: Exports, when: { actions: [crm.contacts.export] }, verdict: ${verdict}, deciders: ${deciders} }\n`,
      catalogue,
    );
  test.each([
    [
      '{ group: Privacy, quorum: 2, may_include: [owner], escalate: { after: PT5M, deputy: true }, within: P1D }',
      'ask',
    ],
    ['{ group: Privacy }', 'two'],
    ['{ escalate: { after: PT5M, group: Privacy } }', 'ask'],
  ])('%s with %s is meant', (deciders, verdict) => {
    expect(parsed(deciders, verdict)).toMatchObject({ ok: true });
  });
  test.each([
    ['{ group: Privacy }', 'allow', 'deciders stand with ask and two'],
    ['{ group: Privacy }', 'never', 'deciders stand with ask and two'],
    ['{ within: PT1H }', 'ask', 'deciders names a group'],
    ['{ quorum: 2, escalate: { after: PT5M, deputy: true } }', 'ask', 'quorum and may_include are of a group'],
    ['{ escalate: { after: PT5M, deputy: true } }', 'two', 'two with deciders names the group'],
    ['{ group: Privacy, escalate: { after: PT5M } }', 'ask', 'escalate names a group or the deputy'],
    ['{ group: Privacy, escalate: { after: PT5M, group: Law, deputy: true } }', 'ask', 'escalate names a group or'],
    ['{ group: Privacy, escalate: { after: PT5M, group: Privacy } }', 'ask', 'escalate names another group'],
    ['{ group: Privacy, escalate: { after: PT1S, deputy: true } }', 'ask', 'after PT1S is no duration'],
    ['{ group: Privacy, within: P30D }', 'ask', 'within P30D is no duration'],
    ['{ group: Privacy, within: PT5M, escalate: { after: PT5M, deputy: true } }', 'ask', 'it ends before others'],
    ['{ group: Privacy, quorum: 0 }', 'ask', 'quorum'],
    ['{ group: Privacy, quorum: 11 }', 'ask', 'quorum'],
    ['{ group: Privacy, may_include: [everybody] }', 'ask', 'may_include'],
    ['{ group: Privacy, people: [x] }', 'ask', 'people'],
  ])('%s with %s', (deciders, verdict, problem) => {
    const { ok, problems } = parsed(deciders, verdict) as { ok: boolean; problems?: Saying[] };
    expect([ok, problems?.map(said).join()]).toEqual([false, expect.stringContaining(problem)]);
  });
});
