import { checkTexts } from '../oauth/text.ts';
import {
  type Action,
  type ActionDocument,
  type ActionTexts,
  classOf,
  FACT_NAMES,
  type FactName,
  IMPACTS,
  type Impact,
  type Parameter,
} from './action.ts';
import { type Comparator, isLimit } from './comparator.ts';
import { conditionProblem, holdsAddresses } from './condition.ts';
import { type DescribeContext, type Description, describeAction, type Stated, shownOf } from './describe.ts';
import { LONGEST } from './duration.ts';
import { type Format, SHOWN_CHARACTERS } from './format.ts';
import { FALLBACK, LANGUAGES, type Language, LEXICON } from './language.ts';
import { longest } from './schema.ts';
import { type Filter, fixedWords, type Placeholder, placeholders, type Segment, type Template } from './template.ts';

/**
 * What keeps an action from being published: a sentence that hides something, a level below what its class allows, a
 * comparison that does not fit, words a person need not know. Empty when there is nothing.
 */
export function actionProblems(action: Action, document: ActionDocument): string[] {
  const spoken = LANGUAGES.flatMap((language): Spoken[] => {
    const texts = action.texts[language];
    if (texts === undefined) return [];
    const name = (place: string) => (language === FALLBACK ? place : `${place} (${language})`);
    return [{ language, texts, name }];
  });
  const problems = [
    ...draftProblems(document),
    ...textProblems(document),
    ...spoken.flatMap((one) => [
      ...placeholderProblems(action, one),
      ...visibilityProblems(action, one),
      ...changeProblems(action, one),
      ...wordProblems(action, one),
    ]),
    ...lengthProblems(action),
    ...levelProblems(action, document),
    ...resolveProblems(action),
    ...askingProblems(action),
    ...comparatorProblems(action, document.compare ?? {}),
  ];
  // Sentences and rules that do not fit their parameters cannot be filled.
  return problems.length > 0 ? problems : spoken.flatMap((one) => sampleProblems(action, one));
}

/** What an action says in one language, and how a place in it is called. */
interface Spoken {
  language: Language;
  texts: ActionTexts;
  name(place: string): string;
}

/** What was drafted from somebody else's words waits for a person's own. */
const draftProblems = ({ draft }: ActionDocument): string[] =>
  draft === undefined ? [] : [`is a draft from ${draft.source}: write its texts yourself, then remove "draft"`];

const textProblems = ({ draft: _, ...document }: ActionDocument): string[] => {
  const found = checkTexts(document);
  return found ? [`${found.field}: ${found.problem}`] : [];
};

/** Every placeholder names a parameter that is there, through filters that fit it. */
function placeholderProblems(action: Action, spoken: Spoken): string[] {
  const shown = shownOf(action);
  return sentences(spoken).flatMap(({ name, template }) =>
    placeholders(template).flatMap(({ placeholder, optional }) => {
      const declared = placeholder.parameters.map((parameter) => shown.get(parameter));
      const missing = placeholder.parameters.filter((parameter) => !shown.has(parameter));
      if (missing.length > 0) return missing.map((parameter) => `${name}: ${parameter} is not a parameter`);
      const parameters = declared.filter((parameter) => parameter !== undefined);
      if (parameters.length === 2 && parameters.some(({ format }) => format !== 'date')) {
        return [`${name}: ${placeholder.parameters.join('..')} is not a range of dates`];
      }
      const problems = placeholder.filters.flatMap((filter) =>
        parameters.every((parameter) => fits(filter, parameter)) ? [] : [`${name}: ${filter.name} does not fit here`],
      );
      // Such a stretch would vanish without a word when the value is absent.
      const mayBeAbsent = parameters.some((parameter) => !isAlwaysThere(action, parameter));
      if ((mayBeAbsent || placeholder.filters.some(isSplit)) && !optional)
        problems.push(`${name}: ${placeholder.parameters.join('..')} may be absent, put it in []`);
      return problems;
    }),
  );
}

/** Nothing is granted that is not shown, and what matters stands in the headline, whole. */
function visibilityProblems(action: Action, { texts, name: at }: Spoken): string[] {
  const problems: string[] = [];
  const inHeadline = placeholders(texts.headline);
  for (const name of action.critical) {
    const parameter = action.parameters.get(name);
    const found = inHeadline.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (found.length === 0) problems.push(`${at('headline')}: critical ${name} is missing`);
    if (parameter?.required && found.every(({ optional }) => optional)) {
      problems.push(`${at('headline')}: critical ${name} stands only in an optional stretch`);
    }
  }
  const everywhere = [...inHeadline, ...Object.values(texts.facts).flatMap(placeholders)];
  for (const { name, format } of shownOf(action).values()) {
    const place = name.startsWith('#') ? `fact ${name}` : `parameter ${name}`;
    const shown = everywhere.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (shown.length === 0) problems.push(`${at(place)} is never shown`);
    if ((format === 'date' || format === 'instant') && !shown.some(({ placeholder }) => isFull(placeholder))) {
      problems.push(`${at(place)} is never shown with its year, use {${name}|full}`);
    }
  }
  return problems;
}

function lengthProblems(action: Action): string[] {
  return action.critical.flatMap((name) => {
    const parameter = action.parameters.get(name);
    if (!parameter) return [`critical: ${name} is not a parameter`];
    return canBeCut(parameter) && below(action.level.default, 'high')
      ? [`critical ${name} can be longer than ${SHOWN_CHARACTERS} characters: bound it or raise the level`]
      : [];
  });
}

/** The first word of "Changes" is the whole answer, and only writing has something to undo. */
function changeProblems(action: Action, { language, texts, name }: Spoken): string[] {
  const problems: string[] = [];
  const { nothing, yes, begins, cannot } = LEXICON[language];
  const changes = texts.facts.changes.source;
  if (action.access === 'read' && !nothing.test(changes)) {
    problems.push(`${name('changes')}: verb ${action.verb} changes nothing, begin with "${begins.nothing}"`);
  }
  if (action.access === 'write' && !yes.test(changes)) {
    problems.push(`${name('changes')}: verb ${action.verb} changes something, begin with "${begins.yes}"`);
  }
  if (action.access === 'write' && texts.undo === undefined) problems.push('undo is missing');
  if (texts.undo !== undefined && cannot.test(texts.undo.source) === action.reversible) {
    problems.push(`${name('undo')}: does not fit reversible ${action.reversible}`);
  }
  return problems;
}

function levelProblems(action: Action, document: ActionDocument): string[] {
  const problems: string[] = [];
  const impactClass = classOf(document);
  if (impactClass !== undefined && below(document.level.default, 'high')) {
    problems.push(`level: ${impactClass} is never below high`);
  }
  for (const { when, then } of action.level.rules) {
    if (!below(action.level.default, then))
      problems.push(`level: a rule to ${then} does not raise ${action.level.default}`);
    const problem = conditionProblem(when, shownOf(action));
    if (problem !== undefined) problems.push(`level: ${problem}`);
    if ('outside_domains' in when && below(then, 'high')) {
      problems.push('level: a message to the outside is never below high');
    }
  }
  // Whoever may send may send to anyone, unless a rule looks at the addresses.
  const looks = action.level.rules.some(({ when }) => 'outside_domains' in when);
  if (action.verb === 'send' && impactClass === undefined && !looks) {
    problems.push('level: sending needs impactClass external_message or a rule outside_domains');
  }
  if (action.durations.maxSeconds > LONGEST[action.level.default]) {
    problems.push(`durations.max is longer than ${action.level.default} impact allows`);
  }
  if (action.standing !== 'never' && !below(action.level.default, 'high')) {
    problems.push(`standing: ${action.level.default} impact is asked each time`);
  }
  if (!action.egress && (action.verb === 'send' || action.verb === 'export')) {
    problems.push(`egress: verb ${action.verb} always carries something out`);
  }
  return problems;
}

/** The resource is asked at its own place, and what it does not say may not be taken for nothing. */
function resolveProblems({ resolve, resource, level, own }: Action): string[] {
  if (resolve === undefined) return [];
  const problems: string[] = [];
  if (!URL.canParse(resolve.at) || new URL(resolve.at).origin !== new URL(resource).origin || /[#@]/.test(resolve.at)) {
    problems.push(`resolve.at: must be at ${new URL(resource).origin}`);
  }
  if (resolve.facts.size === 0) problems.push('resolve.facts: there are none');
  if (resolve.unchecked !== 'refuse' && !below(level.default, resolve.unchecked)) {
    problems.push(`resolve.unchecked: ${resolve.unchecked} does not raise ${level.default}, say "refuse"`);
  }
  if (own) problems.push('own: what an agent does by itself nobody reads, so nothing is asked about it');
  const invalid = resolve.validate(resolve.sample);
  if (invalid !== undefined) problems.push(`resolve.sample: ${invalid}`);
  return problems;
}

function askingProblems(action: Action): string[] {
  const problems: string[] = [];
  const required = [...action.parameters.values()].filter((parameter) => parameter.required);
  if (action.scope !== undefined && required.length > 0) {
    problems.push(`scope: ${required.map(({ name }) => name).join(', ')} cannot be said in a scope`);
  }
  const levels = [action.level.default, ...action.level.rules.map(({ then }) => then)];
  if (action.own && levels.some((level) => !below(level, 'high'))) {
    problems.push('own: an agent does nothing of high impact by itself');
  }
  return problems;
}

function comparatorProblems(action: Action, compare: Record<string, Comparator>): string[] {
  const unknown = Object.keys(compare).filter((name) => !action.parameters.has(name));
  const problems = unknown.map((name) => `compare: ${name} is not a parameter`);
  for (const { name, format, comparator } of action.parameters.values()) {
    const wanted = FORMAT_OF_COMPARATOR[comparator];
    if (wanted !== undefined && wanted !== format) problems.push(`compare: ${comparator} does not fit ${name}`);
  }
  for (const name of action.narrowable) {
    const parameter = action.parameters.get(name);
    if (!parameter || !isLimit(parameter.comparator)) problems.push(`narrowable: ${name} is not compared as a limit`);
  }
  return problems;
}

/** People decide about tasks; how the server says it to software is no word for them. */
function wordProblems(action: Action, spoken: Spoken): string[] {
  const { language, texts, name } = spoken;
  const { forbidden, empty } = LEXICON[language];
  const said = sentences(spoken).map((sentence) => [sentence.name, fixedWords(sentence.template)] as const);
  const all = [
    ...said,
    [name('button'), texts.button] as const,
    ['name of the resource', action.system] as const,
    ...[...texts.labels].map(([parameter, label]) => [name(`label of ${parameter}`), label] as const),
  ];
  const problems = all.flatMap(([place, text]) => {
    const word = forbidden.exec(text)?.[0];
    return word === undefined ? [] : [`${place}: the word "${word}" is not for a person`];
  });
  // A value in the catalogue's own words is compared with nothing when the task is used.
  for (const [place, text] of said) {
    const value = VALUE.exec(text)?.[0];
    if (value !== undefined)
      problems.push(`${place}: "${value}" is only described, show it from a parameter or a fact`);
  }
  if (empty.test(texts.button)) problems.push(`${name('button')}: say what is allowed or approved`);
  if (wordsOf(texts.button) > 3) problems.push(`${name('button')}: more than 3 words`);
  return problems;
}

/** Holds the sentences, filled with the samples, to what a person can take in. */
function sampleProblems(action: Action, { language, name: at }: Spoken): string[] {
  const reader = { ...SAMPLE_READER, locale: language };
  const unchecked = action.resolve?.unchecked ?? 'refuse';
  const stated: Stated[] = [action.resolve?.sample, ...(unchecked === 'refuse' ? [] : [null])];
  const problems = action.samples.flatMap((sample, index) => {
    const invalid = action.validate(sample);
    if (invalid !== undefined) return [`sample ${index + 1}: ${invalid}`];
    return stated.flatMap((facts) => {
      const found = measure(describeAction(action, sample, reader, facts)).flatMap(({ place, unit, is, most }) => {
        if (is === 0) return [`${at(place)} is empty`];
        const name = place === 'headline' ? `${at(place)} and impact line have` : `${at(place)} has`;
        return is > most ? [`${name} ${is}/${most} ${unit}`] : [];
      });
      const place = `sample ${index + 1}${facts === null ? ' unchecked' : ''}`;
      return found.map((problem) => `${place}: ${problem}`);
    });
  });
  return [...new Set(problems)];
}

/** How long one text of a decision page is, and how long it may be. */
export interface Measure {
  /** The headline is measured with its impact line. */
  place: 'headline' | FactName;
  unit: 'words' | 'characters';
  is: number;
  most: number;
}

/** What a person has to take in, text by text. */
export const measure = ({ headline, impactLine, facts, factSegments }: Description): Measure[] => [
  { place: 'headline', unit: 'words', is: countWords(headline) + wordsOf(impactLine), most: HEADLINE_WORDS },
  ...FACT_NAMES.flatMap((place): Measure[] => [
    { place, unit: 'characters', is: [...facts[place]].length, most: FACT_CHARACTERS[place] },
    { place, unit: 'words', is: countWords(factSegments[place]), most: FACT_WORDS },
  ]),
];

const HEADLINE_WORDS = 18; // of 22; the agent's name and "wants to" need the others
const FACT_WORDS = 9;
const FACT_CHARACTERS: Readonly<Record<FactName, number>> = { what: 60, system: 60, data: 60, changes: 60, impact: 70 };

/** Digits, money and addresses: what a request is about, and no catalogue can know. */
const VALUE = /[\p{L}\p{N}]*\p{N}[\p{L}\p{N}.,]*|\p{Sc}|%|\bhttps?:\S*|\bwww\.\S+|\S+@\S+/u;

const FORMAT_OF_COMPARATOR: Partial<Record<Comparator, Format>> = {
  'money-max': 'money',
  'count-max': 'count',
  'date-from': 'date',
  'date-to': 'date',
  'set-equal': 'list',
  'set-subset': 'list',
  'object-subset': 'changes',
};

/** Whom the samples are spoken to. */
export const SAMPLE_READER: DescribeContext = {
  organizationName: 'Acme',
  organizationDomains: ['acme.example'],
  personName: 'Anna Berg',
  personEmail: 'anna@acme.example',
  locale: 'en-GB',
  timeZone: 'Europe/Berlin',
};

const sentences = ({ texts, name }: Spoken): { name: string; template: Template }[] => [
  { name: name('headline'), template: texts.headline },
  ...FACT_NAMES.map((fact) => ({ name: name(fact), template: texts.facts[fact] })),
  { name: name('effect'), template: texts.effect },
  ...(texts.undo ? [{ name: name('undo'), template: texts.undo }] : []),
  ...texts.rules.flatMap(({ effect, undo }) => [
    ...(effect ? [{ name: name('effect'), template: effect }] : []),
    ...(undo ? [{ name: name('undo'), template: undo }] : []),
  ]),
];

/** A fact of the resource is there only where its request is refused without. */
const isAlwaysThere = ({ resolve }: Action, { name, required }: Parameter): boolean =>
  required && (!name.startsWith('#') || resolve?.unchecked === 'refuse');

const fits = (filter: Filter, parameter: Parameter): boolean => {
  switch (filter.name) {
    case 'full':
      return parameter.format === 'date' || parameter.format === 'instant';
    case 'names':
      return parameter.format === 'changes';
    case 'count':
      return ['list', 'changes', 'count'].includes(parameter.format);
    default:
      return holdsAddresses(parameter);
  }
};

// A list through a filter is a number or is shown in full below; only a single text can hide its own end.
const canBeCut = ({ format, schema }: Parameter): boolean =>
  ['text', 'id', 'email'].includes(format) && (longest(schema) ?? Number.POSITIVE_INFINITY) > SHOWN_CHARACTERS;

const isSplit = ({ name }: Filter): boolean => name === 'inside' || name === 'outside';
const isFull = ({ filters }: Placeholder): boolean => filters.some(({ name }) => name === 'full');
const below = (impact: Impact, other: Impact): boolean => IMPACTS.indexOf(impact) < IMPACTS.indexOf(other);

// A value is taken in at one look, however many words it has.
const countWords = (segments: readonly Segment[]): number =>
  segments.reduce((words, segment) => words + (segment.value ? 1 : wordsOf(segment.text)), 0);
const wordsOf = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
