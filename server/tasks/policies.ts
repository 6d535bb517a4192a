import type { Saying } from '../../views/words/saying.ts';
import { asItIs } from '../../views/words/words.ts';
import { type Action, type DataClass, IMPACTS, type Impact, type Parameter } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Condition, holds, looksAt, otherwiseInWords } from '../catalogue/condition.ts';
import { labelIn, shownOf, valuesOf } from '../catalogue/describe.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { inEveryLanguage, type Text } from '../catalogue/language.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import { type Check, whenAsked } from '../catalogue/schema.ts';
import { type RequestedAction, weightOf } from './request.ts';

/** What a rule says, from the weakest to the strictest: allowed without asking, asked, asked of two, never. */
export type Verdict = (typeof VERDICTS)[number];
export const VERDICTS = ['allow', 'ask', 'two', 'never'] as const;

/** People close to a request, who do not decide it unless a rule says so; at critical impact never. */
export type Close = (typeof CLOSE)[number];
export const CLOSE = ['requester', 'owner', 'deputy'] as const;

/** Who decides, where it is not the person alone. */
export interface Deciders {
  /** `grp_…`: with `ask` instead of the person, with `two` after them. Left out, the person decides. */
  group?: string;
  /** So many of the group; one when left out. */
  quorum?: number;
  /** Who counts as one of the group although they are close to the request. */
  may_include?: readonly Close[];
  /** If nobody decided for so long (ISO 8601), these may decide as well: another group, or the agent's deputy. */
  escalate?: { after: string; group?: string; deputy?: true };
  /** How long it waits at most, as an ISO 8601 duration; the end is a no, as everywhere. */
  within?: string;
}

/** What has to hold for a rule to match; a member that is left out holds for everything. */
export interface Matcher {
  /** Keys; `crm.*` for all below. */
  actions?: readonly string[];
  impact?: { at_least?: Impact; at_most?: Impact };
  /** `agt_…` */
  agents?: readonly string[];
  /** `usr_…` */
  people?: readonly string[];
  /** Of one of these classes. */
  data?: readonly DataClass[];
  /** Parameters within these, by the action's comparators. One that is not named is free; a named one has to be there. */
  within?: Readonly<Record<string, unknown>>;
  /** All of them hold. */
  where?: readonly Condition[];
}

export interface Rule {
  /** "Reading calendars". */
  name: string;
  when?: Matcher;
  verdict: Verdict;
  deciders?: Deciders;
  /** How long a task lives that it allows, as an ISO 8601 duration. */
  for?: string;
  /** What is said where it stands in the way: "Exports above 500 contacts are not allowed". */
  say?: Text;
}

/** What an organization says about its agents: rules in order, of which the first that matches counts. */
export interface PolicyDocument {
  /** After an agent had data of such a class for a person, what carries something out is of high impact for so long. */
  flow?: { after: readonly DataClass[]; within: string };
  rules: readonly Rule[];
}

/** A published version; its id stands as approver where it decides. */
export interface PolicySet {
  /** `pol_…` */
  id: string;
  version: number;
  document: PolicyDocument;
}

/** What an organization without policies has: every question is asked. */
export const NO_POLICIES: PolicySet = { id: 'pol_none', version: 0, document: { rules: [] } };

/** Data that leads out of the house badly, or in which strangers write what an agent may take for an instruction. */
export const FLOW: NonNullable<PolicyDocument['flow']> = {
  after: ['health', 'financial', 'credentials', 'source_code', 'confidential', 'untrusted'],
  within: 'P1D',
};

/** What decides in a person's place, or stands in the way. */
export interface Ruling {
  verdict: Verdict;
  /** Undefined: no rule matched, or several allow and nobody decided what they allow together. */
  rule?: Rule;
  /** Which of the requested actions it is about. */
  action?: string;
  /** Who decides, beside or instead of the person; undefined: the person (and, with `two`, an approver). */
  deciders?: Deciders;
  /** Several of the actions are for different people to decide: nobody decides all of them. */
  differ?: true;
  /** What its rule would not stand in the way of, for whoever is told. */
  passes?: readonly Text[];
}

/** A policy that decides in a person's place. */
export interface Policy {
  id: string;
  name: string;
  /** How long a task lives that it allows. */
  seconds: number;
}

/** The most that may be done without asking anybody: a person's own decision begins above it. */
const MOST = IMPACTS.indexOf('medium');

/** Seconds of a task that a rule allows without saying for how long. */
const ALLOWED_SECONDS = 3600;

/**
 * What the policies say about a whole request: for each action the first rule that matches, and of these the strictest. Two
 * rules never add up to an allowance: each was made by itself, and what they allow together nobody decided. Pure.
 */
export function policyFor(requested: readonly RequestedAction[], facts: MatchFacts): Ruling {
  const rulings = requested.map((wanted): Ruling => {
    const rule = ruleFor(wanted, facts);
    return { verdict: rule?.verdict ?? 'ask', action: wanted.action, ...(rule && { rule }) };
  });
  const strictest = rulings.toSorted((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict))[0];
  if (!strictest) return { verdict: 'ask' };
  if (strictest.verdict === 'never') return strictest;
  const alone = rulings.every(({ rule }) => rule === strictest.rule);
  if (alone) return { ...strictest, ...(strictest.rule?.deciders && { deciders: strictest.rule.deciders }) };
  return strictest.verdict === 'allow' ? { verdict: 'ask' } : together(rulings, strictest);
}

/**
 * Several actions, by several rules: everybody whom one of them asks is asked for all of them, the person first. Two
 * groups, or a group and the approvers, do not read each other's part: that is asked one by one. Pure.
 */
function together(rulings: readonly Ruling[], strictest: Ruling): Ruling {
  const grouped = rulings.filter(({ rule }) => rule?.deciders?.group !== undefined);
  const [first] = grouped;
  if (!first?.rule) {
    const { rule: _, ...ruling } = strictest;
    // Each rule may ask others after a while; what all of them say about that, nobody said.
    return strictest.rule?.deciders ? ruling : strictest;
  }
  const groups = new Set(grouped.map(({ rule }) => rule?.deciders?.group));
  const approver = rulings.some(({ verdict, rule }) => verdict === 'two' && rule?.deciders?.group === undefined);
  if (groups.size > 1 || approver)
    return { verdict: 'two', action: first.action ?? '', rule: first.rule, differ: true };
  const said = grouped.flatMap(({ rule }) => rule?.deciders ?? []);
  const shortest = said
    .flatMap(({ within }) => within ?? [])
    .toSorted((a, b) => (durationSeconds(a) ?? 0) - (durationSeconds(b) ?? 0))[0];
  const person = rulings.some(({ verdict, rule }) => verdict === 'two' || rule?.deciders?.group === undefined);
  return {
    verdict: person ? 'two' : 'ask',
    rule: first.rule,
    ...(first.action !== undefined && { action: first.action }),
    deciders: {
      ...(first.rule.deciders?.group !== undefined && { group: first.rule.deciders.group }),
      quorum: Math.max(...said.map(({ quorum = 1 }) => quorum)),
      may_include: CLOSE.filter((one) => said.every(({ may_include: may = [] }) => may.includes(one))),
      ...(shortest !== undefined && { within: shortest }),
    },
  };
}

/** How many have to approve at least, by the rule alone. Pure. */
export function quorumOf({
  verdict,
  deciders: { group, quorum = 1 } = {},
}: Pick<Ruling, 'verdict' | 'deciders'>): number {
  if (group === undefined) return verdict === 'two' ? 2 : 1;
  return verdict === 'two' ? 1 + quorum : quorum;
}

/** Does the person decide, or do others in their place? Pure. */
export const isForOthers = ({ verdict, deciders }: Pick<Ruling, 'verdict' | 'deciders'>): boolean =>
  verdict === 'ask' && deciders?.group !== undefined;

/**
 * Is what one rule says at least as strict as what another one says, about the same request? Rules that ask different
 * people are neither: who is asked by the one might allow what those of the other would not. Pure.
 */
export function isAtLeast(one: Strictness, other: Strictness): boolean {
  const [rank, otherRank] = [VERDICTS.indexOf(one.verdict), VERDICTS.indexOf(other.verdict)];
  if (rank < otherRank) return false;
  // What is allowed by both lasts no longer by the one.
  if (one.verdict === 'allow') return allowedSeconds(one) <= allowedSeconds(other);
  if (one.verdict === 'never' || other.verdict === 'allow') return true;
  return isAsStrictlyDecided(one, other);
}

export type Strictness = Pick<Rule, 'verdict' | 'deciders' | 'for'>;

const allowedSeconds = ({ for: duration = '' }: Strictness): number => durationSeconds(duration) ?? ALLOWED_SECONDS;

function isAsStrictlyDecided(
  { verdict, deciders: mine = {} }: Pick<Rule, 'verdict' | 'deciders'>,
  { verdict: otherVerdict, deciders: theirs = {} }: Pick<Rule, 'verdict' | 'deciders'>,
): boolean {
  const keepsPerson = verdict === 'two' && otherVerdict === 'ask' && theirs.group === undefined;
  const sameGroup = mine.group === theirs.group && (mine.quorum ?? 1) >= (theirs.quorum ?? 1);
  const fewerClose = (mine.may_include ?? []).every((one) => theirs.may_include?.includes(one));
  return (keepsPerson || (sameGroup && fewerClose)) && isAsLate(mine.escalate, theirs.escalate);
}

/** Others are asked no sooner, and are the same. */
function isAsLate(mine: Deciders['escalate'], theirs: Deciders['escalate']): boolean {
  if (mine === undefined) return true;
  return (
    theirs !== undefined &&
    mine.group === theirs.group &&
    mine.deputy === theirs.deputy &&
    (durationSeconds(mine.after) ?? 0) >= (durationSeconds(theirs.after) ?? 0)
  );
}

/** The rule as evidence and tasks name it, where it allows. */
export const allowedBy = ({ id }: PolicySet, { verdict, rule }: Ruling): Policy | undefined =>
  verdict === 'allow' && rule ? { id, name: rule.name, seconds: allowedSeconds(rule) } : undefined;

/**
 * The first rule that matches. One that looks at what another version of the action had, and this one has not, cannot be
 * judged, and was made for a reason: it allows nothing, and where it is stricter than the first that matches, it counts.
 */
function ruleFor(wanted: RequestedAction, facts: MatchFacts): Rule | undefined {
  const action = facts.catalogue.version(wanted.action, wanted.version);
  if (!action) return undefined;
  const heard: Rule[] = [];
  for (const rule of facts.policies.document.rules) {
    if (!isMeant(rule, action, wanted, facts)) continue;
    if (!fits(rule.when, action)) {
      const fitted = facts.catalogue.versions(action.key).some((other) => fits(rule.when, other));
      if (fitted && rule.verdict !== 'allow') heard.push(rule);
    } else if (holdsFor(rule.when, action, wanted, facts)) {
      heard.push(rule);
      break;
    }
  }
  return heard.toSorted((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict))[0];
}

interface MatchFacts {
  agent: string;
  person: string;
  policies: PolicySet;
  catalogue: Catalogue;
  organizationDomains: readonly string[];
}

/** Is it about such a request, whatever its parameters say? */
function isMeant(
  { when = {}, verdict }: Rule,
  action: Action,
  wanted: RequestedAction,
  { agent, person, organizationDomains }: MatchFacts,
): boolean {
  const impact = IMPACTS.indexOf(weightOf(action, wanted, organizationDomains));
  // No rule spares anybody what is above medium impact: there it does not match, and the next one is asked.
  if (verdict === 'allow' && impact > MOST) return false;
  const { actions, impact: { at_least: least, at_most: most } = {}, agents, people, data } = when;
  return (
    (actions === undefined || actions.some((pattern) => covers(pattern, wanted.action))) &&
    (least === undefined || impact >= IMPACTS.indexOf(least)) &&
    (most === undefined || impact <= IMPACTS.indexOf(most)) &&
    (agents === undefined || agents.includes(agent)) &&
    (people === undefined || people.includes(person)) &&
    (data === undefined || data.some((one) => action.dataClasses.includes(one)))
  );
}

/** Has this version of the action the parameters that a rule looks at, each as the rule takes it to be? */
const fits = ({ within = {}, where = [] }: Matcher = {}, action: Action): boolean =>
  where.every((condition) => looksAt(condition, shownOf(action))) && boundProblem(within, action) === undefined;

/** The first member of `within` that bounds nothing: it is no parameter, or no value that the parameter can have. */
export function boundProblem(
  within: Readonly<Record<string, unknown>>,
  { parameters }: Pick<Action, 'parameters'>,
): { name: string; problem?: Saying } | undefined {
  for (const [name, bound] of Object.entries(within)) {
    const parameter = parameters.get(name);
    if (!parameter) return { name };
    const check = boundChecks.get(parameter) ?? whenAsked({ type: 'object', properties: { [name]: parameter.schema } });
    boundChecks.set(parameter, check);
    const problem = check({ [name]: bound }, name);
    if (problem !== undefined) return { name, problem };
  }
  return undefined;
}

const boundChecks = new WeakMap<Parameter, Check>();

const holdsFor = (
  { within, where = [] }: Matcher = {},
  action: Action,
  wanted: RequestedAction,
  { organizationDomains }: MatchFacts,
): boolean =>
  (within === undefined || isWithin(action, wanted, within)) &&
  where.every((condition) =>
    holds(condition, shownOf(action), valuesOf(wanted.parameters, wanted.facts), organizationDomains),
  );

/** What its rule would not stand in the way of: any one of these. */
export function passesOf({ rule, action: key = '' }: Pick<Ruling, 'rule' | 'action'>, catalogue: Catalogue): Text[] {
  const action = catalogue.actions.get(key);
  const labelOf =
    (name: string): Saying =>
    ({ catalogue: language }) =>
      asItIs((action && labelIn(action, name, language)) ?? name);
  return (rule?.when?.where ?? []).map((one) => inEveryLanguage(otherwiseInWords(one, labelOf)));
}

/** Does this pattern of a rule name this action? */
export const covers = (pattern: string, action: string): boolean =>
  pattern.endsWith('.*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action;

/** By the comparators of the action, as everywhere; a named limit has to be there, or leaving it out would lift it. */
function isWithin(action: Action, wanted: RequestedAction, within: Readonly<Record<string, unknown>>): boolean {
  const named = Object.fromEntries(Object.entries(wanted.parameters).filter(([name]) => Object.hasOwn(within, name)));
  return narrowerParameters(action, named, within) === undefined;
}
