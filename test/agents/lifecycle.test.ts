import { describe, expect, test } from '@jest/globals';

import type { AgentStatus } from '../../server/agents/agent.ts';
import { FLAGS, type Flag, type FlagFacts, flagsOf, unusedActions } from '../../server/agents/flags.ts';
import {
  describeRefusal,
  MOVES,
  type MoveName,
  moveProblem,
  type OwnershipStep,
  ownershipStep,
  ROLES,
  type Role,
  type Standing,
} from '../../server/agents/lifecycle.ts';
import { beyondLimits, type Limits, narrowest, needsSecondPerson } from '../../server/agents/limits.ts';
import { inEnglish } from '../../views/words/saying.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000);
const STATUSES: AgentStatus[] = ['pending', 'active', 'suspended', 'retired', 'expired'];
const standing = (more: Partial<Standing> = {}): Standing => ({
  status: 'pending',
  suspendedBy: null,
  lacks: [],
  expiresAt: days(-1),
  ...more,
});

describe('pending → active ⇄ suspended → retired, and expired by date', () => {
  const allowed: Record<MoveName, [from: AgentStatus[], by: Role[]]> = {
    activate: [['pending'], ['owner', 'admin', 'operator']],
    suspend: [['active'], ['owner', 'deputy', 'admin', 'operator', 'job']],
    resume: [['suspended'], ['owner', 'admin', 'operator']],
    retire: [
      ['pending', 'active', 'suspended', 'expired'],
      ['owner', 'admin', 'operator'],
    ],
    expire: [['pending', 'active', 'suspended'], ['job']],
  };
  const every = (Object.keys(MOVES) as MoveName[]).flatMap((move) =>
    STATUSES.flatMap((status) => ROLES.map((role) => [move, status, role] as const)),
  );

  test.each(every)('%s of an agent that is %s by %s', (move, status, role) => {
    const [from, by] = allowed[move];
    const expected = !from.includes(status) ? 'wrong_status' : !by.includes(role) ? 'not_yours' : undefined;
    expect(moveProblem(move, role, standing({ status }), NOW)?.reason).toBe(expected);
  });

  test.each(['activate', 'resume'] as const)(
    '%s: not while anything is missing, and every missing thing is said',
    (move) => {
      const status = move === 'activate' ? 'pending' : 'suspended';
      const problem = moveProblem(move, 'admin', standing({ status, lacks: ['purpose', 'deputy', 'key'] }), NOW);
      expect(problem).toEqual({ reason: 'not_ready', lacks: ['purpose', 'deputy', 'key'] });
      expect(inEnglish(describeRefusal(problem as NonNullable<typeof problem>, 'Planner'))).toBe(
        'Planner cannot become active without a purpose, an active deputy who accepted it, a key',
      );
    },
  );

  test.each([
    ['owner', undefined],
    ['deputy', undefined],
    ['job', undefined],
    ['admin', 'not_yours'],
    ['operator', 'not_yours'],
  ] as const)('suspended by %s, resumed by its owner: %s', (suspendedBy, expected) => {
    expect(moveProblem('resume', 'owner', standing({ status: 'suspended', suspendedBy }), NOW)?.reason).toBe(expected);
    expect(moveProblem('resume', 'admin', standing({ status: 'suspended', suspendedBy }), NOW)).toBeUndefined();
  });

  test('expire: at its date and not before, and never without one', () => {
    const expire = (expiresAt: Date | null) =>
      moveProblem('expire', 'job', standing({ status: 'active', expiresAt }), NOW)?.reason;
    expect([expire(NOW), expire(days(1)), expire(null)]).toEqual([undefined, 'not_expired', 'not_expired']);
  });
});

describe('whose owner is gone', () => {
  type Whose = [string, Partial<Parameters<typeof ownershipStep>[0]>, OwnershipStep, graceDays?: number];
  test.each([
    ['its owner is there', { ownerActive: true }, undefined],
    ['its owner came back', { ownerActive: true, unownedSince: days(-1) }, 'end_grace'],
    ['the deputy is there', { deputyActive: true, deputyAccepted: true }, 'pass_to_deputy'],
    ['the deputy never accepted', { deputyActive: true }, 'start_grace'],
    ['both are gone', {}, 'start_grace'],
    ['both are gone for six days', { unownedSince: days(-6) }, undefined],
    ['both are gone for a week', { unownedSince: days(-7) }, 'suspend'],
    ['both are gone, and the organization waits for nobody', { unownedSince: NOW }, 'suspend', 0],
    ['both are gone for a week, and the organization waits for two', { unownedSince: days(-7) }, undefined, 14],
  ] as Whose[])('%s: %j → %s', (_, more, expected, graceDays = 7) => {
    const facts = { ownerActive: false, deputyActive: false, deputyAccepted: false, unownedSince: null, ...more };
    expect(ownershipStep(facts, NOW, graceDays)).toBe(expected);
  });
});

describe('what is odd about an agent', () => {
  const facts: FlagFacts = {
    status: 'active',
    createdAt: days(-200),
    ownerActive: true,
    ownerAccepted: true,
    deputyActive: true,
    deputyAccepted: true,
    lastUsedAt: days(-1),
    expiresAt: null,
    keysEndAt: null,
    reviewAt: days(60),
    allowed: ['a.read'],
    usedAt: { 'a.read': days(-1) },
    selfRegistered: false,
    reports: 0,
    mutedBy: 0,
    parentless: false,
    waitingChanges: 0,
  };
  test('nothing', () => expect(flagsOf(facts, NOW)).toEqual([]));

  const cases: [Partial<FlagFacts>, Flag[]][] = [
    [{ ownerActive: false }, ['ownerless']],
    [{ deputyActive: false }, ['no_deputy']],
    [{ status: 'pending', ownerAccepted: false }, ['not_accepted']],
    [{ deputyAccepted: false }, ['not_accepted']],
    [{ reviewAt: days(0) }, ['review_overdue']],
    [{ reviewAt: days(13) }, ['review_due']],
    [{ reports: 2 }, ['reported']],
    [{ expiresAt: days(13) }, ['expiring']],
    [{ expiresAt: days(15) }, []],
    [{ keysEndAt: days(13) }, ['key_expiring']],
    [{ waitingChanges: 1 }, ['waiting_change']],
    [{ mutedBy: 1 }, ['muted']],
    [{ parentless: true }, ['parentless']],
    [{ lastUsedAt: null, usedAt: {} }, ['never_used', 'over_privileged']],
    [{ createdAt: days(-1), lastUsedAt: null, usedAt: {} }, ['never_used']],
    [{ lastUsedAt: days(-30), usedAt: { 'a.read': days(-30) } }, ['dormant']],
    [{ lastUsedAt: days(-29), usedAt: { 'a.read': days(-29) } }, []],
    [{ allowed: ['a.read', 'b.write'] }, ['over_privileged']],
    [{ allowed: ['a.read', 'b.write'], usedAt: { 'a.read': days(-1), 'b.write': days(-90) } }, ['over_privileged']],
    [{ allowed: null }, []],
    [{ selfRegistered: true }, ['self_registered']],
    [{ status: 'retired', ownerActive: false, reports: 3 }, []],
    [{ status: 'expired', reviewAt: days(-9) }, []],
  ];
  test.each(cases)('%j: %j', (more, expected) => expect(flagsOf({ ...facts, ...more }, NOW)).toEqual(expected));

  test('every flag is produced by one of these', () => {
    expect(new Set(cases.flatMap(([, flags]) => flags))).toEqual(new Set(FLAGS));
  });

  test('unused is what was not used for 90 days, of an agent that is older than that', () => {
    const allowed = ['a.read', 'b.write', 'c.delete'];
    const usedAt = { 'a.read': days(-1), 'b.write': days(-91) };
    expect(unusedActions({ createdAt: days(-100), allowed, usedAt }, NOW)).toEqual(['b.write', 'c.delete']);
    expect(unusedActions({ createdAt: days(-80), allowed, usedAt }, NOW)).toEqual([]);
  });
});

describe('limits', () => {
  test.each([
    [[], {}],
    [[{ actions: ['a', 'b'] }, {}], { actions: ['a', 'b'] }],
    [[{ actions: ['a', 'b'] }, { actions: ['b', 'c'] }, { actions: ['b'] }], { actions: ['b'] }],
    [[{ actions: ['a'] }, { actions: ['b'] }], { actions: [] }],
    [[{ chain_depth: 4 }, { chain_depth: 2, token_seconds: 60 }], { chain_depth: 2, token_seconds: 60 }],
    [[{ highest_impact: 'high' }, { highest_impact: 'low' }, {}], { highest_impact: 'low' }],
    [[{ second_person_above: 'medium' }, { second_person_above: 'critical' }], { second_person_above: 'medium' }],
  ] as [Limits[], Limits][])('%j together are %j, in whatever order', (levels, together) => {
    expect(narrowest(levels)).toEqual(together);
    expect(narrowest(levels.toReversed())).toEqual(together);
  });

  const wanted = {
    action: 'crm.contacts.export',
    resource: 'https://crm.example',
    scope: 'crm.export',
    impact: 'high',
  } as const;
  test.each([
    [{}, undefined],
    [{ actions: ['crm.contacts.export'], resources: ['https://crm.example'], scopes: ['crm.export'] }, undefined],
    [{ actions: [] }, 'crm.contacts.export is not an action of this agent'],
    [{ resources: ['https://other.example'] }, 'https://crm.example is not a resource of this agent'],
    [{ scopes: [] }, 'crm.export is not a scope of this agent'],
    [{ highest_impact: 'high' }, undefined],
    [
      { highest_impact: 'medium' },
      'crm.contacts.export has high impact here, and this agent may ask for medium at most',
    ],
  ] as [Limits, string | undefined][])('%j: %s', (limits, expected) => {
    const beyond = beyondLimits(limits, wanted);
    expect(beyond && inEnglish(beyond)).toBe(expected);
  });

  test('a second person is needed above the level, not at it', () => {
    const needs = (impact: 'medium' | 'high') => needsSecondPerson({ second_person_above: 'medium' }, impact);
    expect([needs('medium'), needs('high'), needsSecondPerson({}, 'critical')]).toEqual([false, true, false]);
  });
});
