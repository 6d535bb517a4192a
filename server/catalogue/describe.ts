import {
  type Access,
  type Action,
  type ActionTexts,
  FACT_NAMES,
  type FactName,
  type Impact,
  type Parameter,
  worse,
} from './action.ts';
import { holds, type Values } from './condition.ts';
import { type Reader, shorten, showDates, showValue } from './format.ts';
import { FALLBACK, type Language, LEXICON, languageOf } from './language.ts';
import { type Fill, type Placeholder, render, type Segment, type Template, words } from './template.ts';

/** The six facts, in the order of a page. */
export type Facts = Record<FactName | 'duration', string>;

/** For whom a request is described; `duration` is the sixth fact. */
export interface DescribeContext extends Reader {
  readonly duration?: string;
}

/**
 * What the resource said about a request when it came in, checked against the action's schema. Null: it could not be
 * had. Undefined where nothing is asked, or not yet.
 */
export type Stated = Readonly<Record<string, unknown>> | null | undefined;

/** Everything a decision page says about one action, written by the server alone. */
export interface Description {
  /** Of every sentence here: the reader's, or English where the action does not speak it. */
  readonly language: Language;
  /** Follows "{agent} wants to". */
  readonly headline: readonly Segment[];
  readonly headlineText: string;
  readonly facts: Facts;
  /** The facts in stretches, so that a page can isolate the values that came with the request. */
  readonly factSegments: Readonly<Record<FactName, readonly Segment[]>>;
  readonly impact: Impact;
  /** "Moves money · High impact · Cannot be undone here"; the symbol stands apart because it is not read aloud. */
  readonly impactLine: string;
  readonly impactSymbol: string;
  readonly button: string;
  readonly access: Access;
  /** The values that the headline has to show, as it shows them; the first is the one a person has to touch. */
  readonly critical: readonly { readonly name: string; readonly label: string; readonly text: string }[];
  /** Every parameter of the request in full, for what a sentence had to cut. */
  readonly values: readonly { readonly name: string; readonly label: string; readonly text: string }[];
}

/**
 * Describes a request whose parameters passed `action.validate`. Uses no word of the agent's own.
 *
 * @param least what it weighs at least, for a reason that does not lie in the request itself
 */
export function describeAction(
  action: Action,
  parameters: Record<string, unknown>,
  reader: DescribeContext,
  stated?: Stated,
  least: Impact = 'low',
): Description {
  // One language for the whole page: where the action lacks a reader's, its dates and money are English too.
  const spoken = languageOf(reader.locale);
  const language = action.texts[spoken] ? spoken : FALLBACK;
  const texts = action.texts[language] ?? action.texts.en;
  const context = language === spoken ? reader : { ...reader, locale: FALLBACK };
  const values = valuesOf(parameters, stated);
  const fill: Fill = (placeholder) => fillIn(placeholder, action, values, context);
  const headline = render(texts.headline, fill);
  const rendered = FACT_NAMES.map((name) => [name, render(texts.facts[name], fill)] as const);
  const facts = Object.fromEntries(rendered.map(([name, { text }]) => [name, text])) as Record<FactName, string>;
  const impact = worse(impactOf(action, parameters, context, stated), least);
  return {
    language,
    headline: headline.segments,
    headlineText: headline.text,
    facts: { ...facts, duration: context.duration ?? LEXICON[language].yourChoice },
    factSegments: Object.fromEntries(rendered.map(([name, { segments }]) => [name, segments])) as Record<
      FactName,
      Segment[]
    >,
    impact,
    impactLine: impactLine(action, texts, values, impact, LEXICON[language].impact[impact], context, fill),
    impactSymbol: SYMBOLS[impact],
    button: texts.button,
    access: action.access,
    critical: criticalValues(action, texts, values, context),
    values: inOrderOfWeight(action).flatMap(({ name, format, label }) => {
      const shown = Object.hasOwn(values, name) ? showValue(format, values[name], FULL, context) : undefined;
      return shown === undefined ? [] : [{ name, label: texts.labels.get(name) ?? label, text: shown.text }];
    }),
  };
}

/**
 * How much is at stake with these parameters: the action's own level, raised by every rule that holds and by facts that
 * could not be had, never lowered.
 */
export function impactOf(
  action: Action,
  parameters: Record<string, unknown>,
  { organizationDomains }: Pick<Reader, 'organizationDomains'>,
  stated?: Stated,
): Impact {
  const unchecked = action.resolve?.unchecked ?? 'refuse';
  // A request that is refused unchecked comes here only where nothing could be asked, further down a chain.
  const floor = unchecked === 'refuse' ? 'critical' : unchecked;
  const least = stated === null ? worse(action.level.default, floor) : action.level.default;
  return rulesThatHold(action, valuesOf(parameters, stated), organizationDomains).reduce(
    (impact, { then }) => worse(impact, then),
    least,
  );
}

/** Everything a sentence may show: the parameters, and what the resource is asked about them. */
export const shownOf = (action: Action): ReadonlyMap<string, Parameter> =>
  action.resolve ? new Map([...action.parameters, ...action.resolve.facts]) : action.parameters;

/** What a person has to look at comes first, in its own order: a database keeps no order of names. */
function inOrderOfWeight(action: Action): Parameter[] {
  const all = [...shownOf(action).values()];
  const critical = action.critical.flatMap((name) => all.find((one) => one.name === name) ?? []);
  return [...new Set([...critical, ...all])];
}

/** What people call a parameter or fact, in this language. */
export const labelIn = (action: Action, name: string, language: Language): string | undefined =>
  action.texts[language]?.labels.get(name) ?? shownOf(action).get(name)?.label;

/** The values of a request under the names that sentences and rules know them by. */
export const valuesOf = (parameters: Record<string, unknown>, stated: Stated): Values =>
  stated
    ? { ...parameters, ...Object.fromEntries(Object.entries(stated).map(([name, value]) => [`#${name}`, value])) }
    : parameters;

const SYMBOLS: Readonly<Record<Impact, string>> = { low: '○', medium: '◐', high: '▲', critical: '▲▲' };
const FULL = [{ name: 'full' }] as const;

function fillIn(
  { parameters: names, own, filters }: Placeholder,
  action: Action,
  values: Values,
  context: DescribeContext,
): Segment[] | undefined {
  if (own !== undefined) return [words(ownWord(own, action, context))];
  const [first, last] = names;
  if (first === undefined || !names.every((name) => Object.hasOwn(values, name))) return undefined;
  const full = filters.some(({ name }) => name === 'full');
  const shown =
    last === undefined
      ? showValue(shownOf(action).get(first)?.format ?? 'text', values[first], filters, context)
      : { text: showDates(String(values[first]), String(values[last]), full, context.locale) };
  if (shown === undefined) return undefined;
  const critical = names.some((name) => action.critical.includes(name));
  const stated = names.some((name) => name.startsWith('#'));
  const value = { text: shorten(shown.text, context.locale), value: true, critical, ...(stated && { stated }) };
  return shown.noun === undefined ? [value] : [value, words(` ${shown.noun}`)];
}

function ownWord(own: NonNullable<Placeholder['own']>, action: Action, context: DescribeContext): string {
  switch (own) {
    case 'organization':
      return context.organizationName;
    case 'person':
      return context.personName;
    case 'email':
      return context.personEmail;
    case 'system':
      return action.system;
  }
}

/** In the order of `action.critical`, which is the order in which a person has to look at them. */
function criticalValues(action: Action, texts: ActionTexts, values: Values, context: DescribeContext) {
  const shown = texts.headline.parts
    .flatMap((part) => (typeof part === 'object' && 'whenPresent' in part ? part.whenPresent : [part]))
    .filter((part) => typeof part !== 'string');
  const placeholders = action.critical.flatMap((name) => shown.filter((part) => part.parameters.includes(name)));
  return [...new Set(placeholders)].flatMap((placeholder) => {
    const text = fillIn(placeholder, action, values, context)?.[0]?.text;
    const label = placeholder.parameters.map((name) => texts.labels.get(name) ?? name).join(' – ');
    return text === undefined ? [] : [{ name: placeholder.parameters.join('..'), label, text }];
  });
}

/** `{what it does} · {level} impact · {can it be undone}`; the worst rule that holds may change the outer two. */
function impactLine(
  action: Action,
  texts: ActionTexts,
  values: Values,
  impact: Impact,
  level: string,
  context: DescribeContext,
  fill: Fill,
): string {
  const worst = rulesThatHold(action, values, context.organizationDomains).filter(({ then }) => then === impact);
  const said = (part: 'effect' | 'undo'): Template | undefined =>
    worst.map(({ index }) => texts.rules[index]?.[part]).findLast((template) => template !== undefined) ?? texts[part];
  const undo = said('undo');
  return [
    render(said('effect') ?? texts.effect, fill).text,
    level,
    ...(undo === undefined ? [] : [render(undo, fill).text]),
  ].join(' · ');
}

const rulesThatHold = (action: Action, values: Values, domains: readonly string[]) =>
  action.level.rules
    .map((rule, index) => ({ ...rule, index }))
    .filter(({ when }) => holds(when, shownOf(action), values, domains));
