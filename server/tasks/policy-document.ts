import { LINT } from '../../views/words/console-lint.ts';
import { POLICY_LINT } from '../../views/words/console-policy-lint.ts';
import { DATA, RULE } from '../../views/words/console-rules.ts';
import { LEVEL } from '../../views/words/console-shell.ts';
import { HOSTILE } from '../../views/words/console-values.ts';
import { all, either, lasting, type Saying, saying } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { type Action, DATA_CLASSES, type DataClass, IMPACTS, type Impact } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { CONDITION_SCHEMA, conditionInWords, conditionProblem } from '../catalogue/condition.ts';
import { shownOf } from '../catalogue/describe.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { isMoney, showMoney } from '../catalogue/format.ts';
import { LANGUAGES } from '../catalogue/language.ts';
import { at } from '../catalogue/problem.ts';
import { whenAsked } from '../catalogue/schema.ts';
import { readYaml } from '../catalogue/yaml.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { checkTexts } from '../oauth/text.ts';
import { answerInWords, beginning } from './deciders-in-words.ts';
import {
  boundProblem,
  CLOSE,
  covers,
  type Deciders,
  FLOW,
  type Matcher,
  type PolicyDocument,
  type Rule,
  VERDICTS,
} from './policies.ts';

export type ParsedPolicies = { ok: true; document: PolicyDocument } | { ok: false; problems: readonly Saying[] };

/**
 * The YAML form: `rules` in order, and `flow`. Every problem at once: a rule that can never match, or that would be taken for
 * stricter than it is, is one.
 */
export function parsePolicies(yaml: string, catalogue: Catalogue): ParsedPolicies {
  const read = readYaml(yaml);
  if (!read.ok) return read;
  const value = read.value ?? { rules: [] };
  const malformed = check(value);
  if (malformed !== undefined) return { ok: false, problems: [malformed] };
  const document = value as PolicyDocument;
  const problems = policyProblems(document, catalogue);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, document };
}

/** What is wrong with policies that have the right form; empty when nothing is. */
export function policyProblems({ flow, rules }: PolicyDocument, catalogue: Catalogue): Saying[] {
  const problems: Saying[] = [];
  const hostile = checkTexts({ flow, rules });
  if (hostile) problems.push(at(hostile.field, saying(HOSTILE[hostile.problem])));
  if (flow && inRange(flow.within, 60, 30 * 86_400) === undefined) {
    problems.push(saying(POLICY_LINT.flowWithin, { duration: flow.within }));
  }
  const names = rules.map(({ name }) => name);
  for (const [index, rule] of rules.entries()) {
    const place = saying(POLICY_LINT.rule, { number: index + 1, name: rule.name });
    const wrong = (problem: Saying) => problems.push(at(place, problem));
    if (names.indexOf(rule.name) < index) wrong(saying(POLICY_LINT.sameName));
    if (rule.for !== undefined && rule.verdict !== 'allow') wrong(saying(POLICY_LINT.forWithAllow));
    if (rule.for !== undefined && inRange(rule.for, 60, 86_400) === undefined) {
      wrong(saying(POLICY_LINT.forDuration, { duration: rule.for }));
    }
    if (rule.say !== undefined && rule.verdict !== 'never' && rule.verdict !== 'two' && !rule.deciders?.group) {
      wrong(saying(POLICY_LINT.sayWhere));
    }
    for (const problem of deciderProblems(rule)) wrong(problem);
    const { impact: { at_least: least = 'low', at_most: most = 'critical' } = {} } = rule.when ?? {};
    if (IMPACTS.indexOf(least) > IMPACTS.indexOf(most)) wrong(saying(POLICY_LINT.noImpact));
    if (rule.verdict === 'allow' && IMPACTS.indexOf(least) > IMPACTS.indexOf('medium')) {
      wrong(saying(POLICY_LINT.allowAbove));
    }
    // Whoever allows for everybody and everything has to say so for each of them.
    if (rule.verdict === 'allow' && rule.when?.actions === undefined && rule.when?.impact === undefined) {
      wrong(saying(POLICY_LINT.allowAll));
    }
    for (const problem of matcherProblems(rule.when ?? {}, catalogue)) wrong(problem);
  }
  return problems;
}

function deciderProblems({ verdict, deciders }: Rule): Saying[] {
  if (!deciders) return [];
  const { group, quorum, may_include: close, escalate, within } = deciders;
  const problems: Saying[] = [];
  if (verdict !== 'ask' && verdict !== 'two') problems.push(saying(POLICY_LINT.decidersWhere));
  if (group === undefined && escalate === undefined) problems.push(saying(POLICY_LINT.decidersWho));
  if (group === undefined && (quorum !== undefined || close !== undefined)) {
    problems.push(saying(POLICY_LINT.ofGroup));
  }
  if (group === undefined && verdict === 'two') problems.push(saying(POLICY_LINT.twoNeedsGroup));
  if (escalate && (escalate.group === undefined) === (escalate.deputy === undefined)) {
    problems.push(saying(POLICY_LINT.escalateWho));
  }
  if (escalate?.group !== undefined && escalate.group === group) problems.push(saying(POLICY_LINT.escalateOther));
  const [after, end] = [escalate?.after, within].map((text) =>
    text === undefined ? undefined : inRange(text, ...WAIT),
  );
  if (escalate && after === undefined) problems.push(saying(POLICY_LINT.after, { duration: escalate.after }));
  if (within !== undefined && end === undefined) problems.push(saying(POLICY_LINT.within, { duration: within }));
  if (after !== undefined && end !== undefined && after >= end) problems.push(saying(POLICY_LINT.endsBefore));
  return problems;
}

/** As long as a request may wait at all (CIBA, `requested_expiry`), in seconds. */
const WAIT = [60, 72 * 3600] as const;

function matcherProblems({ actions = [], within, where = [] }: Matcher, catalogue: Catalogue): Saying[] {
  const named = actions.map((pattern) => [pattern, actionsOf(pattern, catalogue)] as const);
  const problems = named.flatMap(([pattern, found]) =>
    found.length === 0 ? [at(pattern, saying(POLICY_LINT.noAction))] : [],
  );
  const looks = where.length > 0 || within !== undefined;
  if (looks && actions.length === 0) return [...problems, saying(POLICY_LINT.nameActions)];
  for (const action of named.flatMap(([, found]) => found)) {
    for (const condition of where) {
      const problem = conditionProblem(condition, shownOf(action));
      if (problem !== undefined) problems.push(at(action.key, problem));
    }
    const bound = boundProblem(within ?? {}, action);
    if (bound) problems.push(at(action.key, boundInWords(bound)));
  }
  return problems;
}

const boundInWords = ({ name, problem }: { name: string; problem?: Saying }): Saying =>
  problem ? at(`within.${name}`, problem) : saying(LINT.notAParameter, { name });

const actionsOf = (pattern: string, catalogue: Catalogue): Action[] =>
  [...catalogue.actions.values()].filter(({ key }) => covers(pattern, key));

const inRange = (duration: string, least: number, most: number): number | undefined => {
  const seconds = durationSeconds(duration);
  return seconds !== undefined && seconds >= least && seconds <= most ? seconds : undefined;
};

/** A rule as an administrator reads it: "Never: to crm.contacts.export, with …", without a word of the YAML. */
export function ruleInWords(
  { when = {}, verdict, for: duration, deciders }: Rule,
  nameOf: (id: string) => string = (id) => id,
): Saying {
  const { actions, impact, agents, people, data, within, where = [] } = when;
  const limits = Object.entries(within ?? {}).map(([name, value]) => limitInWords(name, value));
  const parts = [
    actions && saying(RULE.actions, { actions: either(actions) }),
    impact && impactInWords(impact),
    data && saying(RULE.data, { classes: either(dataInWords(data)) }),
    agents && saying(RULE.agents, { agents: either(agents.map(nameOf)) }),
    people && saying(RULE.people, { people: either(people.map(nameOf)) }),
    within && saying(RULE.within, { limits: all(limits) }),
    where.length > 0 && saying(RULE.where, { conditions: all(where.map(conditionInWords)) }),
  ].filter((part) => typeof part === 'function');
  const matched: Saying = (speaker) =>
    parts.length === 0 ? speaker.say(RULE.anything) : asItIs(parts.map((part) => part(speaker)).join(', '));
  const answer = beginning(answerInWords({ verdict, ...(deciders && { deciders }) }, nameOf));
  return verdict === 'allow'
    ? saying(RULE.allowing, { answer, matched, duration: lasting(durationSeconds(duration ?? 'PT1H') ?? 0) })
    : saying(RULE.sentence, { answer, matched });
}

/** The rule about what was read before, in words. */
export const flowInWords = ({ flow = FLOW }: PolicyDocument): Saying =>
  flow.after.length === 0
    ? saying(RULE.noFlow)
    : saying(RULE.flow, { classes: either(dataInWords(flow.after)), time: lasting(durationSeconds(flow.within) ?? 0) });

const dataInWords = (classes: readonly DataClass[]): Saying[] => classes.map((one) => saying(DATA[one]));

function impactInWords({ at_least: least, at_most: most }: NonNullable<Matcher['impact']>): Saying {
  const level = (one: Impact) => saying(LEVEL[one]);
  if (least !== undefined && most !== undefined && least !== most)
    return saying(RULE.impactBetween, { least: level(least), most: level(most) });
  if (least === undefined)
    return most === undefined ? saying(RULE.anything) : saying(RULE.impactAtMost, { level: level(most) });
  return saying(most === undefined ? RULE.impactAtLeast : RULE.impactIs, { level: level(least) });
}

/** "amount EUR 5,000.00": what a rule knows to be an amount or a number is written as its reader writes it. */
const limitInWords =
  (name: string, value: unknown): Saying =>
  (speaker) =>
    asItIs(`${name} ${shown(value, speaker)}`);

function shown(value: unknown, { number, catalogue }: Speaker): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return number(value);
  return isMoney(value) ? showMoney(value, catalogue) : canonicalJson(value);
}

/** Nobody waits for more. */
const MOST_DECIDERS = 10;

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const list = (items: Record<string, unknown>, maxItems = 50) => ({
  type: 'array',
  minItems: 1,
  maxItems,
  uniqueItems: true,
  items,
});
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const impact = { enum: IMPACTS };
const pattern = { type: 'string', pattern: '^[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)*(?:\\.\\*)?$', maxLength: 80 };

const DECIDERS = object({
  group: text(80),
  quorum: { type: 'integer', minimum: 1, maximum: MOST_DECIDERS },
  may_include: list({ enum: CLOSE }),
  escalate: object({ after: text(20), group: text(80), deputy: { const: true } }, ['after']),
  within: text(20),
} satisfies Record<keyof Deciders, unknown>);

const check = whenAsked(
  object(
    {
      flow: object({ after: { ...list({ enum: DATA_CLASSES }), minItems: 0 }, within: text(20) }, ['after', 'within']),
      rules: {
        type: 'array',
        maxItems: 200,
        items: object(
          {
            name: text(80),
            when: object({
              actions: list(pattern),
              impact: { ...object({ at_least: impact, at_most: impact }), minProperties: 1 },
              agents: list(text(120)),
              people: list(text(254)),
              data: list({ enum: DATA_CLASSES }),
              within: { type: 'object', minProperties: 1, maxProperties: 20 },
              where: list(CONDITION_SCHEMA, 10),
            }),
            verdict: { enum: VERDICTS },
            deciders: DECIDERS,
            for: text(20),
            say: {
              type: ['string', 'object'],
              minLength: 1,
              maxLength: 200,
              additionalProperties: false,
              required: ['en'],
              properties: Object.fromEntries(LANGUAGES.map((language) => [language, text(200)])),
            },
          },
          ['name', 'verdict'],
        ),
      },
    },
    ['rules'],
  ),
);
