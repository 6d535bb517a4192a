import { ACTION_CHANGE } from '../../views/words/console-changes.ts';
import { LINT, PLACE } from '../../views/words/console-lint.ts';
import { HOSTILE } from '../../views/words/console-values.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { checkTexts } from '../oauth/text.ts';
import {
  type Action,
  type ActionDocument,
  type ActionTexts,
  below,
  classOf,
  FACT_NAMES,
  type FactName,
  type Parameter,
} from './action.ts';
import { type Comparator, isLimit } from './comparator.ts';
import { conditionProblem, holdsAddresses } from './condition.ts';
import { type DescribeContext, type Description, describeAction, type Stated, shownOf } from './describe.ts';
import { LONGEST } from './duration.ts';
import { type Format, SHOWN_CHARACTERS } from './format.ts';
import { inLanguage, LANGUAGES, type Language, LEXICON } from './language.ts';
import { at } from './problem.ts';
import { longest } from './schema.ts';
import { type Filter, fixedWords, type Placeholder, placeholders, type Segment, type Template } from './template.ts';
import { isAlwaysThere, isShown, isSplit } from './visible.ts';

/**
 * What keeps an action from being published: a sentence that hides something, a level below what its class allows, a
 * comparison that does not fit, words a person need not know. Empty when there is nothing.
 */
export function actionProblems(action: Action, document: ActionDocument): Saying[] {
  const spoken = LANGUAGES.flatMap((language): Spoken[] => {
    const texts = action.texts[language];
    if (texts === undefined) return [];
    return [{ language, texts, name: (place) => inLanguage(place, language) }];
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
    ...touchProblems(action),
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
  name(place: Place): Place;
}

/** As the YAML calls it, or in words. */
type Place = string | Saying;

/** What a draft says it is from that was drafted from nothing. */
export const SCRATCH = 'scratch';

/** What was drafted from somebody else's words waits for a person's own. */
const draftProblems = ({ draft }: ActionDocument): Saying[] =>
  draft === undefined
    ? []
    : [draft.source === SCRATCH ? saying(LINT.begun) : saying(LINT.draft, { source: draft.source })];

const textProblems = ({ draft: _, ...document }: ActionDocument): Saying[] => {
  const found = checkTexts(document);
  return found ? [at(found.field, saying(HOSTILE[found.problem]))] : [];
};

/** Every placeholder names a parameter that is there, through filters that fit it. */
function placeholderProblems(action: Action, spoken: Spoken): Saying[] {
  const shown = shownOf(action);
  return sentences(spoken).flatMap(({ name, template }) =>
    placeholders(template).flatMap(({ placeholder, optional }) => {
      const names = placeholder.parameters.join('..');
      const declared = placeholder.parameters.map((parameter) => shown.get(parameter));
      const missing = placeholder.parameters.filter((parameter) => !shown.has(parameter));
      if (missing.length > 0)
        return missing.map((parameter) => at(name, saying(LINT.notAParameter, { name: parameter })));
      const parameters = declared.filter((parameter) => parameter !== undefined);
      if (parameters.length === 2 && parameters.some(({ format }) => format !== 'date')) {
        return [at(name, saying(LINT.notARange, { names }))];
      }
      const problems = placeholder.filters.flatMap((filter) =>
        parameters.every((parameter) => fits(filter, parameter))
          ? []
          : [at(name, saying(LINT.doesNotFit, { name: filter.name }))],
      );
      // Such a stretch would vanish without a word when the value is absent.
      const mayBeAbsent = parameters.some((parameter) => !isAlwaysThere(action, parameter));
      if ((mayBeAbsent || placeholder.filters.some(isSplit)) && !optional)
        problems.push(at(name, saying(LINT.mayBeAbsent, { names })));
      return problems;
    }),
  );
}

/** Nothing is granted that is not shown, and what matters stands in the headline, whole. */
function visibilityProblems(action: Action, { texts, name: placed }: Spoken): Saying[] {
  const problems: Saying[] = [];
  const inHeadline = placeholders(texts.headline);
  for (const name of action.critical) {
    const parameter = action.parameters.get(name);
    const found = inHeadline.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (found.length === 0) problems.push(at(placed('headline'), saying(LINT.criticalMissing, { name })));
    if (parameter?.required && found.every(({ optional }) => optional)) {
      problems.push(at(placed('headline'), saying(LINT.criticalOptional, { name })));
    } else if (parameter && found.length > 0 && !isShown(action, parameter, found)) {
      problems.push(at(placed('headline'), saying(LINT.hiddenBeside, { place: name })));
    }
  }
  const everywhere = [...inHeadline, ...Object.values(texts.facts).flatMap(placeholders)];
  for (const parameter of shownOf(action).values()) {
    const { name, format } = parameter;
    const place = placed(saying(name.startsWith('#') ? PLACE.fact : PLACE.parameter, { name }));
    const shown = everywhere.filter(({ placeholder }) => placeholder.parameters.includes(name));
    if (shown.length === 0) problems.push(saying(LINT.neverShown, { place }));
    else if (!isShown(action, parameter, shown)) problems.push(saying(LINT.hiddenBeside, { place }));
    if ((format === 'date' || format === 'instant') && !shown.some(({ placeholder }) => isFull(placeholder))) {
      problems.push(saying(LINT.neverWithYear, { place, placeholder: `{${name}|full}` }));
    }
  }
  return problems;
}

/** At high impact a person deals with the value that matters: one that is always there, where there is any. */
function touchProblems({ critical, parameters, level }: Action): Saying[] {
  const mayBeHigh = [level.default, ...level.rules.map(({ then }) => then)].some((one) => !below(one, 'high'));
  const required = [...parameters.values()].filter((parameter) => parameter.required);
  if (!mayBeHigh || required.length === 0 || required.some(({ name }) => critical.includes(name))) return [];
  return [at('critical', saying(LINT.criticalNone, { names: required.map(({ name }) => name).join(', ') }))];
}

function lengthProblems(action: Action): Saying[] {
  return action.critical.flatMap((name) => {
    const parameter = action.parameters.get(name);
    if (!parameter) return [at('critical', saying(LINT.notAParameter, { name }))];
    return canBeCut(parameter) && below(action.level.default, 'high')
      ? [saying(LINT.criticalLong, { name, count: SHOWN_CHARACTERS })]
      : [];
  });
}

/** The first word of "Changes" is the whole answer, and only writing has something to undo. */
function changeProblems(action: Action, { language, texts, name }: Spoken): Saying[] {
  const problems: Saying[] = [];
  const { verb } = action;
  const { nothing, yes, begins, cannot } = LEXICON[language];
  const changes = texts.facts.changes.source;
  if (action.access === 'read' && !nothing.test(changes)) {
    problems.push(at(name('changes'), saying(LINT.changesNothing, { verb, word: begins.nothing })));
  }
  if (action.access === 'write' && !yes.test(changes)) {
    problems.push(at(name('changes'), saying(LINT.changesSomething, { verb, word: begins.yes })));
  }
  if (action.access === 'write' && texts.undo === undefined) problems.push(saying(LINT.undoMissing));
  if (texts.undo !== undefined && cannot.test(texts.undo.source) === action.reversible) {
    problems.push(at(name('undo'), saying(LINT.undoReversible, { value: String(action.reversible) })));
  }
  return problems;
}

function levelProblems(action: Action, document: ActionDocument): Saying[] {
  const problems: Saying[] = [];
  const wrong = (place: string, problem: Saying) => problems.push(at(place, problem));
  const level = action.level.default;
  const impactClass = classOf(document);
  if (impactClass !== undefined && below(document.level.default, 'high')) {
    wrong('level', saying(LINT.neverBelowHigh, { class: impactClass }));
  }
  for (const { when, then } of action.level.rules) {
    if (!below(level, then)) wrong('level', saying(LINT.raisesNothing, { then, level }));
    const problem = conditionProblem(when, shownOf(action));
    if (problem !== undefined) wrong('level', problem);
    if ('outside_domains' in when && below(then, 'high')) {
      wrong('level', saying(LINT.outsideBelowHigh));
    }
  }
  // Whoever may send may send to anyone, unless a rule looks at the addresses.
  const looks = action.level.rules.some(({ when }) => 'outside_domains' in when);
  if (action.verb === 'send' && impactClass === undefined && !looks) {
    wrong('level', saying(LINT.sending));
  }
  if (action.durations.maxSeconds > LONGEST[action.level.default]) {
    problems.push(saying(LINT.tooLasting, { level }));
  }
  if (action.standing !== 'never' && !below(action.level.default, 'high')) {
    wrong('standing', saying(LINT.standing, { level }));
  }
  if (!action.egress && (action.verb === 'send' || action.verb === 'export')) {
    wrong('egress', saying(LINT.carriesOut, { verb: action.verb }));
  }
  return problems;
}

/** The resource is asked at its own place, and what it does not say may not be taken for nothing. */
function resolveProblems({ resolve, resource, level, own }: Action): Saying[] {
  if (resolve === undefined) return [];
  const problems: Saying[] = [];
  const wrong = (place: string, problem: Saying) => problems.push(at(place, problem));
  // Of an identifier that is no address, that is what is wrong, and it is said where it stands.
  const origin = URL.parse(resource)?.origin;
  if (origin !== undefined && (URL.parse(resolve.at)?.origin !== origin || /[#@]/.test(resolve.at))) {
    wrong('resolve.at', saying(LINT.askedElsewhere, { origin }));
  }
  if (resolve.facts.size === 0) wrong('resolve.facts', saying(LINT.noFacts));
  if (resolve.unchecked !== 'refuse' && !below(level.default, resolve.unchecked)) {
    const { unchecked } = resolve;
    wrong('resolve.unchecked', saying(LINT.uncheckedRaises, { unchecked, level: level.default }));
  }
  if (own) wrong('own', saying(LINT.ownResolve));
  const invalid = resolve.validate(resolve.sample);
  if (invalid !== undefined) wrong('resolve.sample', invalid);
  return problems;
}

function askingProblems(action: Action): Saying[] {
  const problems: Saying[] = [];
  const required = [...action.parameters.values()].filter((parameter) => parameter.required);
  if (action.scope !== undefined && required.length > 0) {
    problems.push(at('scope', saying(LINT.scope, { names: required.map(({ name }) => name).join(', ') })));
  }
  const levels = [action.level.default, ...action.level.rules.map(({ then }) => then)];
  if (action.own && levels.some((level) => !below(level, 'high'))) {
    problems.push(at('own', saying(LINT.ownImpact)));
  }
  return problems;
}

function comparatorProblems(action: Action, compare: Record<string, Comparator>): Saying[] {
  const unknown = Object.keys(compare).filter((name) => !action.parameters.has(name));
  const problems = unknown.map((name) => at('compare', saying(LINT.notAParameter, { name })));
  for (const { name, format, comparator } of action.parameters.values()) {
    const wanted = FORMAT_OF_COMPARATOR[comparator];
    if (wanted !== undefined && wanted !== format)
      problems.push(at('compare', saying(LINT.notFor, { comparator, name })));
  }
  // One is drawn from, use by use; another would be allowed anew with each.
  const spent = [...action.parameters.values()].filter(({ comparator }) => comparator === 'money-max');
  if (spent.length > 1) {
    problems.push(at('compare', saying(LINT.spentTwice, { names: spent.map(({ name }) => name).join(', ') })));
  }
  for (const name of action.narrowable) {
    const parameter = action.parameters.get(name);
    if (!parameter || !isLimit(parameter.comparator)) problems.push(at('narrowable', saying(LINT.notALimit, { name })));
  }
  return problems;
}

/** People decide about tasks; how the server says it to software is no word for them. */
function wordProblems(action: Action, spoken: Spoken): Saying[] {
  const { language, texts, name } = spoken;
  const { forbidden, empty } = LEXICON[language];
  const said = sentences(spoken).map((sentence) => [sentence.name, fixedWords(sentence.template)] as const);
  const all = [
    ...said,
    [name('button'), texts.button] as const,
    [saying(PLACE.resourceName), action.system] as const,
    ...[...texts.labels].map(
      ([parameter, label]) => [name(saying(ACTION_CHANGE.labelOf, { name: parameter })), label] as const,
    ),
  ];
  const problems = all.flatMap(([place, text]) => {
    const word = forbidden.exec(text)?.[0];
    return word === undefined ? [] : [at(place, saying(LINT.forbiddenWord, { word }))];
  });
  // A value in the catalogue's own words is compared with nothing when the task is used.
  for (const [place, text] of said) {
    const value = VALUE.exec(text)?.[0];
    if (value !== undefined) problems.push(at(place, saying(LINT.onlyDescribed, { value })));
  }
  if (empty.test(texts.button)) problems.push(at(name('button'), saying(LINT.emptyButton)));
  if (wordsOf(texts.button) > 3) problems.push(at(name('button'), saying(LINT.longButton)));
  return problems;
}

/** Holds the sentences, filled with the samples, to what a person can take in. */
function sampleProblems(action: Action, { language, name }: Spoken): Saying[] {
  const reader = { ...SAMPLE_READER, locale: language };
  const unchecked = action.resolve?.unchecked ?? 'refuse';
  const stated: Stated[] = [action.resolve?.sample, ...(unchecked === 'refuse' ? [] : [null])];
  const problems = action.samples.flatMap((sample, index) => {
    const number = index + 1;
    const invalid = action.validate(sample);
    if (invalid !== undefined) return [at(saying(PLACE.sample, { number }), invalid)];
    return stated.flatMap((facts) => {
      const found = measure(describeAction(action, sample, reader, facts)).flatMap((measured) => {
        const place = name(measured.place);
        const { unit, is, most } = measured;
        if (is === 0) return [saying(LINT.empty, { place })];
        if (is <= most) return [];
        return [saying(measured.place === 'headline' ? LINT.headlineWords : LINT[unit], { place, is, most })];
      });
      const place = saying(facts === null ? PLACE.sampleUnchecked : PLACE.sample, { number });
      return found.map((problem) => at(place, problem));
    });
  });
  return [...new Map(problems.map((problem) => [inEnglish(problem), problem])).values()];
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

const sentences = ({ texts, name }: Spoken): { name: Place; template: Template }[] => [
  { name: name('headline'), template: texts.headline },
  ...FACT_NAMES.map((fact) => ({ name: name(fact), template: texts.facts[fact] })),
  { name: name('effect'), template: texts.effect },
  ...(texts.undo ? [{ name: name('undo'), template: texts.undo }] : []),
  ...texts.rules.flatMap(({ effect, undo }) => [
    ...(effect ? [{ name: name('effect'), template: effect }] : []),
    ...(undo ? [{ name: name('undo'), template: undo }] : []),
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
      return holdsAddresses(parameter);
  }
};

// A list through a filter is a number or is shown in full below; only a single text can hide its own end.
const canBeCut = ({ format, schema }: Parameter): boolean =>
  ['text', 'id', 'email'].includes(format) && (longest(schema) ?? Number.POSITIVE_INFINITY) > SHOWN_CHARACTERS;

const isFull = ({ filters }: Placeholder): boolean => filters.some(({ name }) => name === 'full');

// A value is taken in at one look, however many words it has.
const countWords = (segments: readonly Segment[]): number =>
  segments.reduce((words, segment) => words + (segment.value ? 1 : wordsOf(segment.text)), 0);
const wordsOf = (text: string): number => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
