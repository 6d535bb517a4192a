import { checkTexts } from '../oauth/text.ts';
import {
  type Action,
  type ActionDocument,
  FACT_NAMES,
  type FactName,
  IMPACTS,
  type Impact,
  type Parameter,
} from './action.ts';
import { type Comparator, isLimit } from './comparator.ts';
import { type DescribeContext, describeAction } from './describe.ts';
import { LONGEST } from './duration.ts';
import { type Format, SHOWN_CHARACTERS } from './format.ts';
import { longest } from './schema.ts';
import { type Filter, fixedWords, type Placeholder, placeholders, type Segment, type Template } from './template.ts';

/**
 * What keeps an action from being published: a sentence that hides something, a level below what its class allows, a
 * comparison that does not fit, words a person need not know. Empty when there is nothing.
 */
export function actionProblems(action: Action, document: ActionDocument): string[] {
  const problems = [
    ...textProblems(document),
    ...placeholderProblems(action),
    ...visibilityProblems(action),
    ...changeProblems(action),
    ...levelProblems(action),
    ...askingProblems(action),
    ...comparatorProblems(action, document.compare ?? {}),
    ...wordProblems(action),
  ];
  // Sentences and rules that do not fit their parameters cannot be filled.
  return problems.length > 0 ? problems : sampleProblems(action);
}

const textProblems = (document: ActionDocument): string[] => {
  const found = checkTexts(document);
  return found ? [`${found.field}: ${found.problem}`] : [];
};

/** Every placeholder names a parameter that is there, through filters that fit it. */
function placeholderProblems(action: Action): string[] {
  return sentences(action).flatMap(({ name, template }) =>
    placeholders(template).flatMap(({ placeholder, optional }) => {
      const declared = placeholder.parameters.map((parameter) => action.parameters.get(parameter));
      const missing = placeholder.parameters.filter((parameter) => !action.parameters.has(parameter));
      if (missing.length > 0) return missing.map((parameter) => `${name}: ${parameter} is not a parameter`);
      const parameters = declared.filter((parameter) => parameter !== undefined);
      if (parameters.length === 2 && parameters.some(({ format }) => format !== 'date')) {
        return [`${name}: ${placeholder.parameters.join('..')} is not a range of dates`];
      }
      const problems = placeholder.filters.flatMap((filter) =>
        parameters.every((parameter) => fits(filter, parameter)) ? [] : [`${name}: ${filter.name} does not fit here`],
      );
      // Such a stretch would vanish without a word when the value is absent.
      const mayBeAbsent = parameters.some(({ required }) => !required) || placeholder.filters.some(isSplit);
      if (mayBeAbsent && !optional)
        problems.push(`${name}: ${placeholder.parameters.join('..')} may be absent, put it in []`);
      return problems;
    }),
  );
}

/** Nothing is granted that is not shown, and what matters stands in the headline, whole. */
function visibilityProblems(action: Action): string[] {
  const problems: string[] = [];
  const inHeadline = placeholders(action.headline);
  for (const name of action.critical) {
    const parameter = action.parameters.get(name);
    if (!parameter) problems.push(`critical: ${name} is not a parameter`);
    const found = inHeadline.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (found.length === 0) problems.push(`headline: critical ${name} is missing`);
    if (parameter?.required && found.every(({ optional }) => optional)) {
      problems.push(`headline: critical ${name} stands only in an optional stretch`);
    }
    if (parameter && canBeCut(parameter) && IMPACTS.indexOf(action.level.default) < IMPACTS.indexOf('high')) {
      problems.push(`critical ${name} can be longer than ${SHOWN_CHARACTERS} characters: bound it or raise the level`);
    }
  }
  const everywhere = [...inHeadline, ...Object.values(action.facts).flatMap(placeholders)];
  for (const { name, format } of action.parameters.values()) {
    const shown = everywhere.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (shown.length === 0) problems.push(`parameter ${name} is never shown`);
    if ((format === 'date' || format === 'instant') && !shown.some(({ placeholder }) => isFull(placeholder))) {
      problems.push(`parameter ${name} is never shown with its year, use {${name}|full}`);
    }
  }
  return problems;
}

/** The first word of "Changes" is the whole answer, and only writing has something to undo. */
function changeProblems(action: Action): string[] {
  const problems: string[] = [];
  const changes = action.facts.changes.source;
  if (action.access === 'read' && !/^Nothing\b/.test(changes)) {
    problems.push(`changes: verb ${action.verb} changes nothing, begin with "Nothing"`);
  }
  if (action.access === 'write' && !/^Yes\b/.test(changes)) {
    problems.push(`changes: verb ${action.verb} changes something, begin with "Yes"`);
  }
  if (action.access === 'write' && action.undo === undefined) problems.push('undo is missing');
  if (action.undo !== undefined && /^Cannot\b/.test(action.undo.source) === action.reversible) {
    problems.push(`undo: does not fit reversible ${action.reversible}`);
  }
  return problems;
}

function levelProblems(action: Action): string[] {
  const problems: string[] = [];
  const impactClass = action.impactClass ?? CLASS_OF_VERB[action.verb];
  if (impactClass !== undefined && below(action.level.default, 'high')) {
    problems.push(`level: ${impactClass} is never below high`);
  }
  for (const { when, then } of action.level.rules) {
    if (!below(action.level.default, then))
      problems.push(`level: a rule to ${then} does not raise ${action.level.default}`);
    if ('money_above' in when) {
      const { parameter } = when.money_above;
      if (action.parameters.get(parameter)?.format !== 'money') problems.push(`level: ${parameter} is not money`);
    } else {
      const parameter = action.parameters.get(when.outside_domains);
      if (!parameter || !isAddress(parameter)) problems.push(`level: ${when.outside_domains} holds no addresses`);
      if (below(then, 'high')) problems.push('level: a message to the outside is never below high');
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
function wordProblems(action: Action): string[] {
  const texts = [
    ...sentences(action).map(({ name, template }) => [name, fixedWords(template)] as const),
    ['button', action.button] as const,
    ['name of the resource', action.system] as const,
    ...[...action.parameters.values()].map(({ name, label }) => [`label of ${name}`, label] as const),
  ];
  const problems = texts.flatMap(([name, text]) => {
    const word = FORBIDDEN.exec(text)?.[0];
    return word === undefined ? [] : [`${name}: the word "${word}" is not for a person`];
  });
  if (/^(?:ok|okay|accept|continue|yes|agree|deny|next)\b/i.test(action.button)) {
    problems.push('button: say what is allowed or approved');
  }
  if (wordsOf(action.button) > 3) problems.push('button: more than 3 words');
  return problems;
}

/** Holds the sentences, filled with the samples, to what a person can take in. */
function sampleProblems(action: Action): string[] {
  return action.samples.flatMap((sample, index) => {
    const invalid = action.validate(sample);
    if (invalid !== undefined) return [`sample ${index + 1}: ${invalid}`];
    const described = describeAction(action, sample, SAMPLE_READER);
    const problems: string[] = [];
    const first = countWords(described.headline) + wordsOf(described.impactLine);
    if (first > HEADLINE_WORDS) problems.push(`headline and impact line have ${first}/${HEADLINE_WORDS} words`);
    for (const name of FACT_NAMES) {
      const { length } = [...described.facts[name]];
      if (length === 0) problems.push(`${name} is empty`);
      if (length > FACT_CHARACTERS[name]) problems.push(`${name} has ${length}/${FACT_CHARACTERS[name]} characters`);
      const words = countWords(described.factSegments[name]);
      if (words > FACT_WORDS) problems.push(`${name} has ${words}/${FACT_WORDS} words`);
    }
    return problems.map((problem) => `sample ${index + 1}: ${problem}`);
  });
}

const HEADLINE_WORDS = 18; // of 22; the agent's name and "wants to" need the others
const FACT_WORDS = 9;
const FACT_CHARACTERS: Readonly<Record<FactName, number>> = { what: 60, system: 60, data: 60, changes: 60, impact: 70 };

const FORBIDDEN = /\b(?:scopes?|tokens?|clients?|grants?|granted|oauth|delegations?|delegated?)\b/i;

const CLASS_OF_VERB: Partial<Record<Action['verb'], string>> = {
  purchase: 'payment',
  export: 'data_export',
  delete: 'record_deletion',
};

const FORMAT_OF_COMPARATOR: Partial<Record<Comparator, Format>> = {
  'money-max': 'money',
  'count-max': 'count',
  'date-from': 'date',
  'date-to': 'date',
  'set-equal': 'list',
  'set-subset': 'list',
  'object-subset': 'changes',
};

const SAMPLE_READER: DescribeContext = {
  organizationName: 'Acme',
  organizationDomains: ['acme.example'],
  personName: 'Anna Berg',
  personEmail: 'anna@acme.example',
  locale: 'en-GB',
  timeZone: 'Europe/Berlin',
};

const sentences = (action: Action): { name: string; template: Template }[] => [
  { name: 'headline', template: action.headline },
  ...FACT_NAMES.map((name) => ({ name, template: action.facts[name] })),
  { name: 'effect', template: action.effect },
  ...(action.undo ? [{ name: 'undo', template: action.undo }] : []),
  ...action.level.rules.flatMap(({ effect, undo }) => [
    ...(effect ? [{ name: 'effect', template: effect }] : []),
    ...(undo ? [{ name: 'undo', template: undo }] : []),
  ]),
];

const fits = (filter: Filter, parameter: Parameter): boolean => {
  switch (filter.name) {
    case 'full':
      return parameter.format === 'date' || parameter.format === 'instant';
    case 'names':
      return parameter.format === 'changes';
    case 'count':
      return ['list', 'changes', 'count'].includes(parameter.format);
    default:
      return isAddress(parameter);
  }
};

const isAddress = ({ format, schema }: Parameter): boolean =>
  format === 'email' ||
  (format === 'list' && (schema.items as Record<string, unknown> | undefined)?.format === 'email');

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
