import {
  type Access,
  type Action,
  type CompiledRule,
  FACT_NAMES,
  type FactName,
  type Impact,
  worse,
} from './action.ts';
import { isOutside, type Money, type Reader, shorten, showDates, showValue } from './format.ts';
import { compareDecimals } from './money.ts';
import { type Fill, type Placeholder, render, type Segment, type Template, words } from './template.ts';

/** The six facts, in the order of a page. */
export type Facts = Record<FactName | 'duration', string>;

/** For whom a request is described; `duration` is the sixth fact. */
export interface DescribeContext extends Reader {
  readonly duration?: string;
}

/** Everything a decision page says about one action, written by the server alone. */
export interface Description {
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

/** Describes a request whose parameters passed `action.validate`. Uses no word of the agent's own. */
export function describeAction(
  action: Action,
  parameters: Record<string, unknown>,
  context: DescribeContext,
): Description {
  const fill: Fill = (placeholder) => fillIn(placeholder, action, parameters, context);
  const headline = render(action.headline, fill);
  const rendered = FACT_NAMES.map((name) => [name, render(action.facts[name], fill)] as const);
  const texts = Object.fromEntries(rendered.map(([name, { text }]) => [name, text])) as Record<FactName, string>;
  const impact = impactOf(action, parameters, context);
  return {
    headline: headline.segments,
    headlineText: headline.text,
    facts: { ...texts, duration: context.duration ?? 'Your choice below' },
    factSegments: Object.fromEntries(rendered.map(([name, { segments }]) => [name, segments])) as Record<
      FactName,
      Segment[]
    >,
    impact,
    impactLine: impactLine(action, parameters, impact, context, fill),
    impactSymbol: SYMBOLS[impact],
    button: action.button,
    access: action.access,
    critical: criticalValues(action, parameters, context),
    values: [...action.parameters.values()].flatMap(({ name, label, format }) => {
      const shown = Object.hasOwn(parameters, name) ? showValue(format, parameters[name], FULL, context) : undefined;
      return shown === undefined ? [] : [{ name, label, text: shown.text }];
    }),
  };
}

/** How much is at stake with these parameters: the action's own level, raised by every rule that holds, never lowered. */
export function impactOf(
  action: Action,
  parameters: Record<string, unknown>,
  { organizationDomains }: Pick<Reader, 'organizationDomains'>,
): Impact {
  return rulesThatHold(action, parameters, organizationDomains).reduce(
    (impact, rule) => worse(impact, rule.then),
    action.level.default,
  );
}

const SYMBOLS: Readonly<Record<Impact, string>> = { low: '○', medium: '◐', high: '▲', critical: '▲▲' };
const WORDS: Readonly<Record<Impact, string>> = { low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' };
const FULL = [{ name: 'full' }] as const;

function fillIn(
  { parameters: names, own, filters }: Placeholder,
  action: Action,
  parameters: Record<string, unknown>,
  context: DescribeContext,
): Segment[] | undefined {
  if (own !== undefined) return [words(ownWord(own, action, context))];
  const [first, last] = names;
  if (first === undefined || !names.every((name) => Object.hasOwn(parameters, name))) return undefined;
  const full = filters.some(({ name }) => name === 'full');
  const shown =
    last === undefined
      ? showValue(action.parameters.get(first)?.format ?? 'text', parameters[first], filters, context)
      : { text: showDates(String(parameters[first]), String(parameters[last]), full, context.locale) };
  if (shown === undefined) return undefined;
  const critical = names.some((name) => action.critical.includes(name));
  const value = { text: shorten(shown.text), value: true, critical };
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
function criticalValues(action: Action, parameters: Record<string, unknown>, context: DescribeContext) {
  const shown = action.headline.parts
    .flatMap((part) => (typeof part === 'object' && 'whenPresent' in part ? part.whenPresent : [part]))
    .filter((part) => typeof part !== 'string');
  const placeholders = action.critical.flatMap((name) => shown.filter((part) => part.parameters.includes(name)));
  return [...new Set(placeholders)].flatMap((placeholder) => {
    const text = fillIn(placeholder, action, parameters, context)?.[0]?.text;
    const label = placeholder.parameters.map((name) => action.parameters.get(name)?.label ?? name).join(' – ');
    return text === undefined ? [] : [{ name: placeholder.parameters.join('..'), label, text }];
  });
}

/** `{what it does} · {level} impact · {can it be undone}`; the worst rule that holds may change the outer two. */
function impactLine(
  action: Action,
  parameters: Record<string, unknown>,
  impact: Impact,
  context: DescribeContext,
  fill: Fill,
): string {
  const rules = rulesThatHold(action, parameters, context.organizationDomains);
  const said = (part: 'effect' | 'undo'): Template | undefined =>
    rules.findLast((rule) => rule.then === impact && rule[part] !== undefined)?.[part] ?? action[part];
  const undo = said('undo');
  return [
    render(said('effect') ?? action.effect, fill).text,
    `${WORDS[impact]} impact`,
    ...(undo === undefined ? [] : [render(undo, fill).text]),
  ].join(' · ');
}

const rulesThatHold = (
  action: Action,
  parameters: Record<string, unknown>,
  domains: readonly string[],
): CompiledRule[] => action.level.rules.filter(({ when }) => holds(when, parameters, domains));

function holds(when: CompiledRule['when'], parameters: Record<string, unknown>, domains: readonly string[]): boolean {
  if ('money_above' in when) {
    const amount = parameters[when.money_above.parameter] as Money | undefined;
    return amount !== undefined && compareDecimals(amount.value, when.money_above.value) > 0;
  }
  const addresses = parameters[when.outside_domains];
  return [addresses].flat().some((address) => typeof address === 'string' && isOutside(address, domains));
}
