import { describe, expect, test } from '@jest/globals';

import { compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import type { Condition } from '../../server/catalogue/condition.ts';
import { withFlow } from '../../server/tasks/flow.ts';
import { allowedBy, FLOW, type PolicyDocument, passesOf, policyFor, type Rule } from '../../server/tasks/policies.ts';
import { policyChanges, replay } from '../../server/tasks/policy-change.ts';
import { flowInWords, parsePolicies, ruleInWords } from '../../server/tasks/policy-document.ts';
import { type RequestedAction, weightOf } from '../../server/tasks/request.ts';
import { inEnglish } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { yaml } from '../catalogue/demonstration.ts';
import { said } from '../support/said.ts';

const catalogue = compileCatalogue(
  parseCatalogue(
    yaml.replace('verb: read\n      dataClasses: [personal]', 'verb: read\n      dataClasses: [personal, untrusted]'),
  ),
);
const domains = ['acme.example'];
const request = (action: string, parameters: Record<string, unknown> = {}): RequestedAction => {
  const found = catalogue.actions.get(action);
  if (!found) throw new Error(action);
  return { action, version: found.version, resource: found.resource, parameters };
};
const read = request('calendar.events.read', { from: '2026-11-24', to: '2026-11-28' });
const invite = request('calendar.invitations.send', {
  title: 'Q1',
  start: '2026-11-26T10:00:00Z',
  guests: ['ben@acme.example'],
});
const contacts = (limit: number) => request('crm.contacts.export', { tag: 'Lead', fields: ['name'], limit });
const refund = (value: string) =>
  request('payments.refund.create', { invoice: 'I', payee: 'P', amount: { currency: 'EUR', value } });

const rule = (verdict: Rule['verdict'], when: Rule['when'], more: Partial<Rule> = {}): Rule =>
  ({ name: `${verdict} ${JSON.stringify(when)}`, when, verdict, ...more }) as Rule;
const verdict = (rules: readonly Rule[], ...requested: RequestedAction[]) =>
  policyFor(requested, {
    agent: 'agt_1',
    person: 'usr_1',
    policies: { id: 'pol_1', version: 1, document: { rules } },
    catalogue,
    organizationDomains: domains,
  });

test('without a rule that matches, the person is asked', () => {
  expect(verdict([], read)).toEqual({ verdict: 'ask', action: read.action });
  expect(verdict([rule('never', { actions: ['crm.contacts.export'] })], read).verdict).toBe('ask');
});

test.each([
  ['everything', undefined, true],
  ['its key', { actions: ['calendar.events.read'] }, true],
  ['all below', { actions: ['calendar.*'] }, true],
  ['another key', { actions: ['calendar.events'] }, false],
  ['a part of a name', { actions: ['cal.*'] }, false],
  ['at most low', { impact: { at_most: 'low' } }, true],
  ['at least medium', { impact: { at_least: 'medium' } }, false],
  ['the agent', { agents: ['agt_2', 'agt_1'] }, true],
  ['another agent', { agents: ['agt_2'] }, false],
  ['the person', { people: ['usr_1'] }, true],
  ['another person', { people: ['usr_2'] }, false],
  ['its data', { data: ['financial', 'personal'] }, true],
  ['other data', { data: ['financial'] }, false],
  ['all of it', { actions: ['calendar.*'], agents: ['agt_1'], data: ['personal'] }, true],
  ['not all of it', { actions: ['calendar.*'], agents: ['agt_2'], data: ['personal'] }, false],
  ['more days', { actions: [read.action], within: { from: '2026-11-01', to: '2026-11-30' } }, true],
  ['fewer days', { actions: [read.action], within: { from: '2026-11-25', to: '2026-11-30' } }, false],
  // A named limit has to be there: leaving it out would lift it.
  ['a limit that is left out', { actions: [read.action], within: { calendar: 'Team' } }, false],
  ['a condition', { actions: [read.action], where: [{ days_above: { from: 'from', to: 'to', value: 4 } }] }, true],
  [
    'another condition',
    { actions: [read.action], where: [{ days_above: { from: 'from', to: 'to', value: 5 } }] },
    false,
  ],
  // What is a limit and was left out is beyond every bound.
  ['what is left out', { actions: [read.action], where: [{ absent: 'calendar' }] }, true],
] as const)('a rule matches by %s: %j, %s', (_, when, matches) => {
  expect(verdict([rule('never', when as Rule['when'])], read).verdict).toBe(matches ? 'never' : 'ask');
});

describe('a rule outlives the version of the action that it was made for', () => {
  // Another version calls its limit otherwise: the rule was made before, and nobody in the organization was asked.
  const names: Record<string, [from: string, to: string]> = {
    'crm.contacts.export': ['limit', 'most'],
    'calendar.events.read': ['calendar', 'which'],
  };
  const renamed = compileCatalogue(
    parseCatalogue(yaml).map((resource) => ({
      ...resource,
      actions: resource.actions.flatMap((action) => {
        const [from, to] = names[action.key] ?? [];
        if (from === undefined) return [action];
        const next = JSON.stringify(action).replaceAll(`"${from}"`, `"${to}"`).replaceAll(`{${from}`, `{${to}`);
        return [action, { ...JSON.parse(next), version: 2, scope: action.scope }];
      }),
    })),
  );
  const met = (rules: readonly Rule[], { action, parameters }: RequestedAction) =>
    policyFor([{ action, version: 2, resource: 'https://x.example', parameters }], {
      agent: 'agt_1',
      person: 'usr_1',
      policies: { id: 'pol_1', version: 1, document: { rules } },
      catalogue: renamed,
      organizationDomains: domains,
    }).verdict;
  const exporting = request('crm.contacts.export', { tag: 'Lead', fields: ['name'], most: 10 });
  const reading = request('calendar.events.read', { which: 'Team' });
  const above = [{ count_above: { parameter: 'limit', value: 500 } }];
  const within = { calendar: 'Team' };

  test.each<[string, Rule[], RequestedAction, string]>([
    ['what it forbade', [rule('never', { actions: ['crm.*'], where: above })], exporting, 'never'],
    ['what it forbade within bounds', [rule('never', { actions: [read.action], within })], reading, 'never'],
    ['nothing is allowed by it', [rule('allow', { actions: [read.action], within })], reading, 'ask'],
    [
      'it hides nothing stricter behind it',
      [rule('ask', { actions: ['crm.*'], where: above }), rule('never', { actions: ['crm.*'] })],
      exporting,
      'never',
    ],
    [
      'it is not hidden by what is weaker behind it',
      [rule('two', { actions: ['crm.*'], where: above }), rule('ask', { actions: ['crm.*'] })],
      exporting,
      'two',
    ],
    [
      'it comes after the first that matches',
      [rule('ask', { actions: ['crm.*'] }), rule('never', { actions: ['crm.*'], where: above })],
      exporting,
      'ask',
    ],
    [
      'an action that never had what it looks at is none of its business',
      [rule('never', { actions: [read.action], where: above })],
      reading,
      'ask',
    ],
    [
      'what is absent from every version is judged by none',
      [rule('never', { actions: [read.action], where: [{ absent: 'nothing' }] })],
      reading,
      'ask',
    ],
  ])('%s', (_, rules, requested, expected) => {
    expect(met(rules, requested)).toBe(expected);
  });

  test('a bound that is no value holds nothing and breaks nothing, wherever it came from', () => {
    for (const amount of [null, 5000, { currency: 'EUR', value: 5000 }, { currency: 'EUR', value: '5000' }, [], 'x']) {
      const bound = rule('never', { actions: ['payments.refund.create'], within: { amount } });
      expect(verdict([bound], refund('10.00')).verdict).toBe('ask');
    }
  });
});

describe('the first rule that matches counts', () => {
  const narrow = rule('ask', { actions: ['calendar.events.read'] });
  const wide = rule('never', { actions: ['calendar.*'] });
  test.each([
    ['narrow first', [narrow, wide], 'ask'],
    ['wide first', [wide, narrow], 'never'],
  ])('%s', (_, rules, expected) => {
    expect(verdict(rules, read).verdict).toBe(expected);
  });

  test('of several actions the strictest counts, and what is allowed by two rules nobody allowed together', () => {
    const reading = rule('allow', { actions: [read.action] });
    const inviting = rule('allow', { actions: [invite.action] });
    const both = rule('allow', { actions: [read.action, invite.action] });
    expect(verdict([reading], read).verdict).toBe('allow');
    expect(verdict([reading], read, invite).verdict).toBe('ask');
    expect(verdict([reading, inviting], read, invite)).toEqual({ verdict: 'ask' });
    expect(verdict([both], read, invite).verdict).toBe('allow');
    expect(verdict([rule('two', { actions: [invite.action] }), both], read, invite).verdict).toBe('two');
  });
});

test.each([
  ['high impact', contacts(1), 'ask'],
  ['critical impact', refund('9000.00'), 'ask'],
  ['somebody outside', { ...invite, parameters: { ...invite.parameters, guests: ['x@other.example'] } }, 'ask'],
  ['what could not be checked', { ...contacts(1), facts: null }, 'ask'],
  ['what was read before', { ...invite, after: [{ action: read.action, version: 1 }] }, 'ask'],
  ['medium impact', invite, 'allow'],
] as const)('nothing above medium impact is allowed without asking: %s', (_, wanted, expected) => {
  expect(verdict([rule('allow', { impact: { at_most: 'critical' } })], wanted as RequestedAction).verdict).toBe(
    expected,
  );
});

test('a rule that allows says for how long, and nothing else does', () => {
  const policies = { id: 'pol_7', version: 7, document: { rules: [] } };
  const allows = rule('allow', undefined, { name: 'Reading', for: 'PT30M' });
  expect(allowedBy(policies, { verdict: 'allow', rule: allows })).toEqual({
    id: 'pol_7',
    name: 'Reading',
    seconds: 1800,
  });
  expect(allowedBy(policies, { verdict: 'ask', rule: allows })).toBeUndefined();
  expect(allowedBy(policies, { verdict: 'allow' })).toBeUndefined();
});

describe('after an agent had sensitive or untrusted data, what it carries out is of high impact', () => {
  const weight = (requested: RequestedAction[], before: { action: string; version: number }[], flow = FLOW) =>
    withFlow(requested, before, { catalogue, flow }).map((one) => {
      const action = catalogue.version(one.action, one.version);
      return action && weightOf(action, one, domains);
    });
  const mail = { action: 'calendar.events.read', version: 1 };

  test.each([
    ['nothing before', [invite], [], ['medium']],
    ['strangers’ words before', [invite], [mail], ['high']],
    ['in the same request', [read, invite], [], ['low', 'high']],
    ['reading carries nothing out', [read], [mail], ['low']],
    ['data that leads nowhere', [invite], [{ action: 'directory.permissions.grant', version: 1 }], ['medium']],
    [
      'an export copies data out, and reads none',
      [invite],
      [{ action: 'crm.contacts.export', version: 1 }],
      ['medium'],
    ],
    ['a version that nobody knows', [invite], [{ action: 'calendar.events.read', version: 9 }], ['medium']],
  ])('%s', (_, requested, before, weights) => {
    expect(weight(requested, before)).toEqual(weights);
  });

  test('an organization says what is sensitive', () => {
    expect(weight([invite], [mail], { after: [], within: 'P1D' })).toEqual(['medium']);
    expect(weight([invite], [mail], { after: ['personal'], within: 'P1D' })).toEqual(['high']);
  });

  test('the request says what was read, once each', () => {
    const [flowing] = withFlow([invite], [mail, mail], { catalogue });
    expect(flowing?.after).toEqual([{ action: 'calendar.events.read', version: 1 }]);
  });
});

const ok = `
flow: { after: [untrusted], within: PT8H }
rules:
  - name: Exports above 500
    when: { actions: [crm.contacts.export], where: [{ count_above: { parameter: limit, value: 500 } }] }
    verdict: never
    say: { en: Your organization does not allow exports above 500 contacts, de: Mehr als 500 Kontakte werden nicht exportiert }
  - name: Reading calendars
    when: { actions: [calendar.events.read], agents: [agt_1] }
    verdict: allow
    for: P1D
`;

test('YAML becomes rules, and rules are said in words', () => {
  const parsed = parsePolicies(ok, catalogue);
  if (!parsed.ok) throw new Error(parsed.problems.map(inEnglish).join());
  expect(
    parsed.document.rules.map((one) => inEnglish(ruleInWords(one, (id) => (id === 'agt_1' ? 'Planner' : id)))),
  ).toEqual([
    'Never: to crm.contacts.export, with more than 500 in limit.',
    'Allowed without asking: to calendar.events.read, by Planner, each time for 1 day.',
  ]);
  expect(inEnglish(flowInWords(parsed.document))).toBe(
    'After reading untrusted data for a person, whatever an agent carries out for them is of high impact for 8 hours.',
  );
  const german = speakerOf('de');
  expect(parsed.document.rules.map((one) => ruleInWords(one)(german))).toEqual([
    'Nie: Aktion crm.contacts.export, mit mehr als 500 in limit.',
    'Ohne Frage erlaubt: Aktion calendar.events.read, durch agt_1, jedes Mal für 1 Tag.',
  ]);
  expect(flowInWords(parsed.document)(german)).toBe(
    'Hat ein Agent für eine Person Daten dieser Art gelesen (von Fremden geschrieben), ist die Auswirkung von allem, was er für sie nach außen gibt, 8 Stunden lang hoch.',
  );
  expect(verdict(parsed.document.rules, contacts(501)).verdict).toBe('never');
  expect(verdict(parsed.document.rules, contacts(500)).verdict).toBe('ask');
});

test('amounts and numbers of a rule are written as its reader writes them', () => {
  const parsed = parsePolicies(
    `
rules:
  - name: Large refunds
    when:
      actions: [payments.refund.create]
      within: { amount: { currency: EUR, value: "12000.00" } }
      where: [{ money_above: { parameter: amount, value: "5000.00" } }]
    verdict: never
`,
    catalogue,
  );
  if (!parsed.ok) throw new Error(parsed.problems.map(inEnglish).join());
  const said = parsed.document.rules.map((one) => ruleInWords(one));
  expect(said.map(inEnglish)).toEqual([
    'Never: to payments.refund.create, within amount EUR 12,000.00, with amount above 5,000.00.',
  ]);
  expect(said.map((one) => one(speakerOf('de')))).toEqual([
    'Nie: Aktion payments.refund.create, in den Grenzen amount 12.000,00 EUR, mit amount über 5.000,00.',
  ]);
});

test.each([
  ['no rules', 'flow: { after: [untrusted], within: P1D }', 'rules'],
  ['an unknown member', ok.replace('verdict: never', 'verdict: never\n    until: P1D'), 'until'],
  ['an unknown verdict', ok.replace('verdict: never', 'verdict: perhaps'), 'must be equal to one of'],
  [
    'a member twice',
    ok.replace('verdict: never', 'verdict: never\n    verdict: allow'),
    'line 7, column 5: this name stands twice',
  ],
  ['an action that is not there', ok.replace('crm.contacts.export', 'crm.contacts.exports'), 'there is no such action'],
  ['a parameter that is not there', ok.replace('parameter: limit', 'parameter: tag'), 'tag cannot be counted'],
  ['parameters of any action', ok.replace('actions: [crm.contacts.export], ', ''), 'name the actions whose parameters'],
  [
    'an allowance of everything',
    ok.replace('actions: [calendar.events.read], ', ''),
    'name the actions, or the impact',
  ],
  [
    'an allowance of high impact',
    ok.replace('actions: [calendar.events.read]', 'impact: { at_least: high }'),
    'nothing above medium',
  ],
  ['an allowance for a week', ok.replace('for: P1D', 'for: P7D'), 'no duration from a minute to a day'],
  [
    'a time for what is never',
    ok.replace('verdict: never', 'verdict: never\n    for: PT1H'),
    'for stands with allow alone',
  ],
  ['a reason for what is allowed', ok.replace('for: P1D', 'say: Because'), 'say is for never and two'],
  ['a name twice', ok.replace('name: Reading calendars', 'name: Exports above 500'), 'another rule has this name'],
  ['hidden characters', ok.replace('name: Reading calendars', 'name: "Reading\u202e calendars"'), 'bidirectional'],
  ...(
    [
      [
        'an amount that is a number',
        'amount: { currency: EUR, value: 5000.00 }',
        'within.amount: value must be string',
      ],
      ['an amount of whole euros', 'amount: { currency: EUR, value: "5000" }', 'within.amount: value must match'],
      ['no amount', 'amount: null', 'within.amount: must be object'],
      ['another kind of value', 'payee: [P]', 'within.payee: must be string'],
      ['no parameter', 'price: 5', 'price is not a parameter'],
    ] as const
  ).map(([what, within, problem]): [string, string, string] => [
    `a bound that is ${what}`,
    `rules:\n  - name: Refunds\n    verdict: never\n    when: { actions: [payments.refund.create], within: { ${within} } }\n`,
    problem,
  ]),
  ['a window of a year', ok.replace('within: PT8H', 'within: P365D'), 'flow.within'],
  ['an alias of nothing', 'a: *b', 'nothing is called &b before'],
  ['an alias bomb', `a: &a [x]\nb: &b [${'*a,'.repeat(60)}]\nc: [${'*b,'.repeat(60)}]`, 'there are too many aliases'],
])('policies are refused for %s', (_, text, problem) => {
  const parsed = parsePolicies(text, catalogue);
  expect(parsed.ok ? '' : parsed.problems.map(said).join('\n')).toMatch(new RegExp(problem));
});

test.each([
  [
    'crm.contacts.export',
    { count_above: { parameter: 'limit', value: 1500 } },
    { en: 'Number of contacts: at most 1,500', de: 'Zahl der Kontakte: höchstens 1.500' },
  ],
  [
    'payments.refund.create',
    { money_above: { parameter: 'amount', value: '5000.00' } },
    { en: 'Amount: at most 5,000.00', de: 'Betrag: höchstens 5.000,00' },
  ],
  [
    'payments.refund.create',
    { one_of: { parameter: 'payee', values: ['A', 'B'] } },
    { en: 'Payee: other than A or B', de: 'Empfänger: etwas anderes als A oder B' },
  ],
  [
    'calendar.invitations.send',
    { outside_domains: 'guests' },
    { en: 'Guests: nobody outside your organization', de: 'Gäste: niemand außerhalb Ihrer Organisation' },
  ],
] as const)('A6-5: what would pass is said to people by the labels of %s: %j', (action, condition, passes) => {
  const rule = { name: 'No', verdict: 'never' as const, when: { where: [condition as unknown as Condition] } };
  expect(passesOf({ rule, action }, catalogue)).toEqual([passes]);
});

describe('A5-3: what lets through more than before is told apart by the order alone, on the safe side', () => {
  const never = rule('never', { actions: ['crm.*'] });
  const two = rule('two', { actions: ['payments.*'] });
  const ask = rule('ask', { actions: ['calendar.events.read'] });
  const allow = rule('allow', { actions: ['calendar.*'] });
  const weakens = (before: Rule[], after: Rule[]) =>
    policyChanges({ rules: before }, { rules: after }).some((change) => change.weakens);
  test.each([
    ['nothing changes', [never, allow], [never, allow], false],
    ['never comes in at the top', [allow], [never, allow], false],
    ['never comes in at the end', [allow], [allow, never], false],
    ['allow comes in', [], [allow], true],
    ['allow goes', [never, allow], [never], false],
    ['never goes', [never], [], true],
    ['two goes', [two], [], true],
    ['ask comes in before allow', [allow], [ask, allow], false],
    ['ask comes in before never', [never], [ask, never], true],
    ['ask comes in before two', [two], [ask, two], true],
    ['two comes in before never', [never], [two, never], true],
    ['two comes in after never', [never], [never, two], false],
    ['ask goes from before allow', [ask, allow], [allow], true],
    ['ask goes where nothing allows', [ask, two], [two], false],
    ['never moves down', [never, allow], [allow, never], true],
    // It went and came: who reads it will see that it is stricter, and a second one agrees.
    ['never moves up', [allow, never], [never, allow], true],
    ['never becomes two', [never], [{ ...never, verdict: 'two' as const }], true],
    ['two becomes never', [two], [{ ...two, verdict: 'never' as const }], false],
    ['a name', [never], [{ ...never, name: 'Other' }], false],
    ['a longer allowance', [allow], [{ ...allow, for: 'P1D' }], true],
    ['a shorter one', [allow], [{ ...allow, for: 'PT1M' }], true],
    ['an allowance goes, and one behind it lasts longer', [{ ...allow, for: 'PT5M' }, allow], [allow], true],
    [
      'an allowance goes, and one behind it lasts as long',
      [{ ...allow, for: 'PT1H', name: 'An hour' }, allow],
      [allow],
      false,
    ],
    ['never becomes ask', [never], [{ ...never, verdict: 'ask' as const }], true],
  ])('%s', (_, before, after, expected) => {
    expect(weakens(before, after)).toBe(expected);
  });

  test('a change that is not said to weaken never lets a request through that was held back', () => {
    const order = ['allow', 'ask', 'two', 'never'];
    const pool = [
      never,
      two,
      ask,
      allow,
      rule('never', { data: ['personal'] }),
      rule('allow', { impact: { at_most: 'medium' } }),
    ];
    const requests = [read, invite, contacts(1), refund('1.00')];
    let random = 7;
    const next = (below: number) => {
      random = (random * 16807) % 2147483647;
      return random % below;
    };
    const some = () => [...new Set(Array.from({ length: next(5) }, () => pool[next(pool.length)] as Rule))];
    let compared = 0;
    for (let round = 0; round < 3000; round++) {
      const [before, after] = [some(), some()];
      if (weakens(before, after)) continue;
      for (const one of requests) {
        compared += 1;
        const [was, is] = [verdict(before, one).verdict, verdict(after, one).verdict];
        expect([order.indexOf(is) >= order.indexOf(was), was, is]).toEqual([true, was, is]);
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  const flowing = (flow: PolicyDocument['flow']): PolicyDocument => ({ ...(flow && { flow }), rules: [] });
  test.each([
    ['fewer classes', undefined, { after: ['health'], within: 'P1D' }, true],
    ['more classes', undefined, { after: [...FLOW.after, 'personal'], within: 'P1D' }, false],
    ['shorter', undefined, { ...FLOW, within: 'PT1H' }, true],
    ['longer', undefined, { ...FLOW, within: 'P2D' }, false],
    ['what the server says', { after: ['health'], within: 'P1D' }, undefined, false],
  ] as const)('what was read before counts: %s', (_, before, after, expected) => {
    const changes = policyChanges(flowing(before as PolicyDocument['flow']), flowing(after as PolicyDocument['flow']));
    expect(changes.some((change) => change.weakens)).toBe(expected);
  });
});

test('A6-4: what other policies would have done to what was really asked', () => {
  const recorded = [read, read, invite, contacts(600)].map((one) => ({
    agent: 'agt_1',
    person: 'usr_1',
    actions: [one],
  }));
  const parsed = parsePolicies(ok, catalogue);
  if (!parsed.ok) throw new Error(parsed.problems.map(inEnglish).join());
  expect(replay(recorded, [{ rules: [] }, parsed.document], { catalogue, organizationDomains: domains })).toEqual({
    requests: 4,
    before: { allow: 0, ask: 4, others: 0, two: 0, never: 0 },
    after: { allow: 2, ask: 1, others: 0, two: 0, never: 1 },
    decided_by_others: 0,
    changed: [
      { from: 'ask', to: 'allow', count: 2 },
      { from: 'ask', to: 'never', count: 1 },
    ],
  });
});
