import { DATA, POLICY_CHANGE, VERDICT_NAMES } from '../../views/words/console-rules.ts';
import { lasting, type Saying, saying } from '../../views/words/saying.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Change, changeOf } from '../catalogue/diff.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { decidersInWords } from './deciders-in-words.ts';
import {
  FLOW,
  isAtLeast,
  isForOthers,
  type PolicyDocument,
  type PolicySet,
  policyFor,
  type Rule,
  type Ruling,
  type Strictness,
  type Verdict,
} from './policies.ts';
import type { RequestedAction } from './request.ts';

/**
 * What another version changes. Whether a change weakens is judged by the order alone, and on the safe side: a rule that
 * comes in must be at least as strict as all below it, one that goes must be no stricter than all below it. Anything else
 * may let through what was held back, and somebody else has to agree: a rule that moved went and came. Pure.
 */
export function policyChanges(
  before: PolicyDocument,
  after: PolicyDocument,
  nameOf: (id: string) => string = (id) => id,
): Change[] {
  const kept = common(before.rules, after.rules);
  const came = after.rules.flatMap((rule, index) =>
    kept.after.has(index) ? [] : [cameIn(rule, after.rules.slice(index + 1), nameOf)],
  );
  const went = before.rules.flatMap((rule, index) =>
    kept.before.has(index) ? [] : [wentOut(rule, before.rules.slice(index + 1), nameOf)],
  );
  const changed = [...kept.pairs].flatMap(([from, to]) => {
    const [was, is] = [before.rules[from], after.rules[to]];
    if (!was || !is || canonicalJson(was) === canonicalJson(is)) return [];
    return [changeOf(otherwise(was, is, nameOf))];
  });
  return [...went, ...came, ...changed, ...flowChanges(before.flow ?? FLOW, after.flow ?? FLOW)];
}

/** How a rule stays where it was, as strict as before or stricter. */
function otherwise(was: Rule, is: Rule, nameOf: (id: string) => string): Saying {
  if (was.verdict !== is.verdict) {
    const [before, after] = [was, is].map(({ verdict }) => saying(VERDICT_NAMES[verdict])) as [Saying, Saying];
    return saying(POLICY_CHANGE.becomes, { rule: is.name, before, after });
  }
  if (canonicalJson(was.deciders ?? {}) === canonicalJson(is.deciders ?? {}))
    return saying(POLICY_CHANGE.otherwise, { rule: was.name });
  const [before, after] = [was, is].map((rule) => decidersInWords(rule, nameOf)) as [Saying, Saying];
  return saying(POLICY_CHANGE.becomes, { rule: is.name, before, after });
}

/** Of all that is asked after a rule; below the last one, everything is asked of the person. */
const below = (rules: readonly Rule[]): Strictness[] => [...rules, { verdict: 'ask' }];

const cameIn = (rule: Rule, others: readonly Rule[], nameOf: (id: string) => string): Change =>
  changeOf(
    saying(POLICY_CHANGE.came, { rule: rule.name, answer: decidersInWords(rule, nameOf) }),
    below(others).some((other) => !isAtLeast(rule, other)),
  );

const wentOut = (rule: Rule, others: readonly Rule[], nameOf: (id: string) => string): Change =>
  changeOf(
    saying(POLICY_CHANGE.went, { rule: rule.name, answer: decidersInWords(rule, nameOf) }),
    below(others).some((other) => !isAtLeast(other, rule)),
  );

function flowChanges(
  before: NonNullable<PolicyDocument['flow']>,
  after: NonNullable<PolicyDocument['flow']>,
): Change[] {
  const seconds = ({ within }: { within: string }) => durationSeconds(within) ?? 0;
  const changes: Change[] = [];
  for (const gone of before.after.filter((one) => !after.after.includes(one))) {
    changes.push(changeOf(saying(POLICY_CHANGE.raisesNoMore, { data: saying(DATA[gone]) }), true));
  }
  for (const added of after.after.filter((one) => !before.after.includes(one))) {
    changes.push(changeOf(saying(POLICY_CHANGE.raises, { data: saying(DATA[added]) })));
  }
  if (seconds(before) !== seconds(after)) {
    const words = saying(POLICY_CHANGE.counts, { after: lasting(seconds(after)), before: lasting(seconds(before)) });
    changes.push(changeOf(words, seconds(after) < seconds(before)));
  }
  return changes;
}

/** The same requests, met at least as strictly; what is allowed, on the very same terms. */
const isAsStrict = (was: Rule, is: Rule): boolean =>
  canonicalJson(was.when ?? {}) === canonicalJson(is.when ?? {}) &&
  isAtLeast(is, was) &&
  (was.verdict !== is.verdict || was.for === is.for);

/** Positions of the longest common run of rules, in order: what stayed where it was. */
function common(
  a: readonly Rule[],
  b: readonly Rule[],
): { before: Set<number>; after: Set<number>; pairs: Map<number, number> } {
  const stays = (i: number, j: number): boolean => {
    const [was, is] = [a[i], b[j]];
    return was !== undefined && is !== undefined && isAsStrict(was, is);
  };
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row) row[j] = stays(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const kept = { before: new Set<number>(), after: new Set<number>(), pairs: new Map<number, number>() };
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (stays(i, j)) {
      kept.pairs.set(i, j);
      kept.before.add(i++);
      kept.after.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return kept;
}

/** A request as it was recorded. */
export interface Recorded {
  agent: string;
  person: string;
  actions: readonly RequestedAction[];
}

/** What a request meets: a verdict, or `others` where a group decides in the person's place. */
export type Met = Verdict | 'others';
export const MEETINGS: readonly Met[] = ['allow', 'ask', 'others', 'two', 'never'];

/** How many of the recorded requests met which answer, by the rules that stand and by others. */
export interface Replay {
  requests: number;
  before: Readonly<Record<Met, number>>;
  after: Readonly<Record<Met, number>>;
  /** Requests that meet something else, by what it changes from and to. */
  changed: readonly { from: Met; to: Met; count: number }[];
  /** Requests that the same verdict meets, and other people, or more or fewer of them. */
  decided_by_others: number;
}

/** What other policies would have done to requests that were really made. Pure. */
export function replay(
  recorded: readonly Recorded[],
  [before, after]: readonly [before: PolicyDocument, after: PolicyDocument],
  { catalogue, organizationDomains }: { catalogue: Catalogue; organizationDomains: readonly string[] },
): Replay {
  const ruling = (document: PolicyDocument, { actions, agent, person }: Recorded): Ruling => {
    const policies: PolicySet = { id: 'pol_replayed', version: 0, document };
    return policyFor(actions, { agent, person, policies, catalogue, organizationDomains });
  };
  const met = recorded.map((one) => {
    const [from, to] = [ruling(before, one), ruling(after, one)];
    const same = canonicalJson(from.deciders ?? {}) === canonicalJson(to.deciders ?? {});
    return { from: meetingOf(from), to: meetingOf(to), same };
  });
  const count = (of: (one: (typeof met)[number]) => boolean) => met.filter(of).length;
  const each = (of: 'from' | 'to') =>
    Object.fromEntries(MEETINGS.map((one) => [one, count((each) => each[of] === one)])) as Record<Met, number>;
  const changed = MEETINGS.flatMap((from) =>
    MEETINGS.filter((to) => to !== from).map((to) => ({
      from,
      to,
      count: count((one) => one.from === from && one.to === to),
    })),
  );
  return {
    requests: met.length,
    before: each('from'),
    after: each('to'),
    changed: changed.filter((one) => one.count > 0),
    decided_by_others: count(({ from, to, same }) => from === to && !same),
  };
}

/** What cannot be decided together is not decided: the agent is told to ask one by one. */
const meetingOf = (ruling: Ruling): Met => (ruling.differ ? 'never' : isForOthers(ruling) ? 'others' : ruling.verdict);
