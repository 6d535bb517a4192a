import type { Catalogue } from '../catalogue/catalogue.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { FLOW, type PolicyDocument, type PolicySet, policyFor, type Rule, VERDICTS, type Verdict } from './policies.ts';
import type { RequestedAction } from './request.ts';

/** One difference, and whether it lets through what was held back before. */
export interface PolicyChange {
  words: string;
  weakens: boolean;
}

/**
 * What another version changes. Whether a change weakens is judged by the order alone, and on the safe side: a rule that
 * comes in must be at least as strict as all below it, one that goes must be no stricter than all below it. Anything else
 * may let through what was held back, and somebody else has to agree: a rule that moved went and came. Pure.
 */
export function policyChanges(before: PolicyDocument, after: PolicyDocument): PolicyChange[] {
  const kept = common(before.rules, after.rules);
  const came = after.rules.flatMap((rule, index) =>
    kept.after.has(index) ? [] : [cameIn(rule, after.rules.slice(index + 1))],
  );
  const went = before.rules.flatMap((rule, index) =>
    kept.before.has(index) ? [] : [wentOut(rule, before.rules.slice(index + 1))],
  );
  const changed = [...kept.pairs].flatMap(([from, to]) => {
    const [was, is] = [before.rules[from], after.rules[to]];
    if (!was || !is || canonicalJson(was) === canonicalJson(is)) return [];
    const words =
      was.verdict === is.verdict
        ? `${was.name} is written otherwise`
        : `${is.name}: ${was.verdict} becomes ${is.verdict}`;
    return [{ words, weakens: false }];
  });
  return [...went, ...came, ...changed, ...flowChanges(before.flow ?? FLOW, after.flow ?? FLOW)];
}

const strictness = ({ verdict }: Pick<Rule, 'verdict'>): number => VERDICTS.indexOf(verdict);
/** Of all that is asked after a rule; below the last one, everything is asked of the person. */
const below = (rules: readonly Rule[]): number[] => [...rules.map(strictness), VERDICTS.indexOf('ask')];

const cameIn = (rule: Rule, others: readonly Rule[]): PolicyChange => ({
  words: `new: ${rule.name} (${rule.verdict})`,
  weakens: below(others).some((other) => strictness(rule) < other),
});

const wentOut = (rule: Rule, others: readonly Rule[]): PolicyChange => ({
  words: `gone: ${rule.name} (${rule.verdict})`,
  weakens: below(others).some((other) => other < strictness(rule)),
});

function flowChanges(
  before: NonNullable<PolicyDocument['flow']>,
  after: NonNullable<PolicyDocument['flow']>,
): PolicyChange[] {
  const seconds = ({ within }: { within: string }) => durationSeconds(within) ?? 0;
  const changes: PolicyChange[] = [];
  for (const gone of before.after.filter((one) => !after.after.includes(one))) {
    changes.push({ words: `reading ${gone} data no longer raises what is carried out`, weakens: true });
  }
  for (const added of after.after.filter((one) => !before.after.includes(one))) {
    changes.push({ words: `reading ${added} data raises what is carried out`, weakens: false });
  }
  if (seconds(before) !== seconds(after)) {
    const words = `what was read counts for ${after.within}, not ${before.within}`;
    changes.push({ words, weakens: seconds(after) < seconds(before) });
  }
  return changes;
}

/** The same requests, met at least as strictly; what is allowed, on the very same terms. */
const isAsStrict = (was: Rule, is: Rule): boolean =>
  canonicalJson(was.when ?? {}) === canonicalJson(is.when ?? {}) &&
  (strictness(was) < strictness(is) || (was.verdict === is.verdict && was.for === is.for));

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

/** How many of the recorded requests each verdict would have met, by the rules that stand and by others. */
export interface Replay {
  requests: number;
  before: Readonly<Record<Verdict, number>>;
  after: Readonly<Record<Verdict, number>>;
  /** Requests whose verdict changes, by what it changes from and to. */
  changed: readonly { from: Verdict; to: Verdict; count: number }[];
}

/** What other policies would have done to requests that were really made. Pure. */
export function replay(
  recorded: readonly Recorded[],
  [before, after]: readonly [before: PolicyDocument, after: PolicyDocument],
  { catalogue, organizationDomains }: { catalogue: Catalogue; organizationDomains: readonly string[] },
): Replay {
  const verdict = (document: PolicyDocument, { actions, agent, person }: Recorded): Verdict => {
    const policies: PolicySet = { id: 'pol_replayed', version: 0, document };
    return policyFor(actions, { agent, person, policies, catalogue, organizationDomains }).verdict;
  };
  const met = recorded.map((one) => ({ from: verdict(before, one), to: verdict(after, one) }));
  const count = (of: (one: (typeof met)[number]) => boolean) => met.filter(of).length;
  const each = (of: 'from' | 'to') =>
    Object.fromEntries(VERDICTS.map((one) => [one, count((each) => each[of] === one)])) as Record<Verdict, number>;
  const changed = VERDICTS.flatMap((from) =>
    VERDICTS.filter((to) => to !== from).map((to) => ({
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
  };
}
