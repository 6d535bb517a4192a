import { UNFIT } from '../../views/words/console-lint.ts';
import { CONDITION } from '../../views/words/console-rules.ts';
import { PASSES } from '../../views/words/passes.ts';
import { either, type Saying, saying } from '../../views/words/saying.ts';
import type { Parameter } from './action.ts';
import { isLimit } from './comparator.ts';
import { isOutside, type Money } from './format.ts';
import { compareDecimals } from './money.ts';

/**
 * What raises an impact: one member, whose name says the condition. A parameter that is a limit and was left out is
 * beyond every bound, so that narrower parameters never weigh more than wider ones.
 */
export type Condition = { [kind in keyof Arguments]: { readonly [name in kind]: Arguments[kind] } }[keyof Arguments];

interface Arguments {
  money_above: { parameter: string; value: string };
  count_above: { parameter: string; value: number };
  /** Days from one date to another, both counted. */
  days_above: { from: string; to: string; value: number };
  one_of: { parameter: string; values: string[] };
  /** Changes one of these fields. */
  touches: { parameter: string; names: string[] };
  /** Names an address outside of the organization's domains. */
  outside_domains: string;
  /** The parameter is left out. */
  absent: string;
}

/** The parameters of a request, and what the resource said about it under names that begin with `#`. */
export type Values = Readonly<Record<string, unknown>>;

/** Does it hold for these values? Only the domain itself is inside of an organization. */
export function holds(
  condition: Condition,
  parameters: ReadonlyMap<string, Parameter>,
  values: Values,
  domains: readonly string[],
): boolean {
  const [kind, argument] = only(condition);
  const missing = kind.names(argument).filter((name) => !Object.hasOwn(values, name));
  if (kind.whenAbsent) return missing.length > 0;
  if (missing.length > 0) return missing.some((name) => isLimit(parameters.get(name)?.comparator ?? 'equal'));
  return kind.holds(argument, values, domains);
}

/** What is wrong with it for these parameters; undefined when it fits. */
export function conditionProblem(condition: Condition, parameters: ReadonlyMap<string, Parameter>): Saying | undefined {
  const [kind, argument] = only(condition);
  for (const name of kind.names(argument)) {
    const parameter = parameters.get(name);
    if (!parameter || !kind.fits(parameter)) return saying(UNFIT[kind.unfit], { name });
    // Nobody can say whether it holds when the resource leaves it out.
    if (name.startsWith('#') && !parameter.required) return saying(UNFIT.required, { name });
  }
  return undefined;
}

/** Has this version of an action what it looks at, as it takes it to be? Otherwise it says nothing about it. */
export function looksAt(condition: Condition, parameters: ReadonlyMap<string, Parameter>): boolean {
  const [kind, argument] = only(condition);
  return kind.names(argument).every((name) => {
    const parameter = parameters.get(name);
    return parameter !== undefined && (kind.whenAbsent === true || kind.fits(parameter));
  });
}

/** For whoever reviews a catalogue: "amount above 5,000.00". */
export function conditionInWords(condition: Condition): Saying {
  const [kind, argument] = only(condition);
  return kind.words(argument);
}

/** What would not meet it, for whoever is refused because of it: "Contacts: at most 500". */
export function otherwiseInWords(condition: Condition, labelOf: (parameter: string) => Saying): Saying {
  const [kind, argument] = only(condition);
  return kind.otherwise(argument, labelOf);
}

interface Kind<T> {
  readonly schema: Record<string, unknown>;
  names(argument: T): string[];
  fits(parameter: Parameter): boolean;
  /** What is said of a parameter that does not fit. */
  readonly unfit: keyof typeof UNFIT;
  readonly whenAbsent?: true;
  holds(argument: T, values: Values, domains: readonly string[]): boolean;
  words(argument: T): Saying;
  otherwise(argument: T, labelOf: (parameter: string) => Saying): Saying;
}

const name = { type: 'string' };
const members = (properties: Record<string, unknown>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const list = { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1, maxLength: 200 } };
const whole = { type: 'integer', minimum: 0, maximum: 1_000_000_000 };
const format =
  (...formats: Parameter['format'][]) =>
  (parameter: Parameter) =>
    formats.includes(parameter.format);

const KINDS: { readonly [kind in keyof Arguments]: Kind<Arguments[kind]> } = {
  money_above: {
    schema: members({ parameter: name, value: { type: 'string', pattern: '^\\d{1,12}\\.\\d{2}$' } }),
    names: ({ parameter }) => [parameter],
    fits: format('money'),
    unfit: 'notMoney',
    holds: ({ parameter, value }, values) => compareDecimals((values[parameter] as Money).value, value) > 0,
    words: ({ parameter, value }) => saying(CONDITION.moneyAbove, { parameter, value: ({ amount }) => amount(value) }),
    otherwise: ({ parameter, value }, labelOf) =>
      saying(PASSES.atMost, { label: labelOf(parameter), value: ({ amount }) => amount(value) }),
  },
  count_above: {
    schema: members({ parameter: name, value: whole }),
    names: ({ parameter }) => [parameter],
    fits: format('count', 'list', 'changes'),
    unfit: 'notCounted',
    holds: ({ parameter, value }, values) => countOf(values[parameter]) > value,
    words: (slots) => saying(CONDITION.countAbove, slots),
    otherwise: ({ parameter, value }, labelOf) => saying(PASSES.atMost, { label: labelOf(parameter), value }),
  },
  days_above: {
    schema: members({ from: name, to: name, value: whole }),
    names: ({ from, to }) => [from, to],
    fits: format('date'),
    unfit: 'notADate',
    holds: ({ from, to, value }, values) => daysBetween(values[from] as string, values[to] as string) > value,
    words: (slots) => saying(CONDITION.daysAbove, slots),
    otherwise: ({ value }) => saying(PASSES.days, { count: value }),
  },
  one_of: {
    schema: members({ parameter: name, values: list }),
    names: ({ parameter }) => [parameter],
    fits: format('text', 'id'),
    unfit: 'noText',
    holds: ({ parameter, values: wanted }, values) => wanted.includes(values[parameter] as string),
    words: ({ parameter, values }) => saying(CONDITION.oneOf, { parameter, values: either(values) }),
    otherwise: ({ parameter, values }, labelOf) =>
      saying(PASSES.otherThan, { label: labelOf(parameter), values: either(values) }),
  },
  touches: {
    schema: members({ parameter: name, names: list }),
    names: ({ parameter }) => [parameter],
    fits: format('changes'),
    unfit: 'noChanges',
    holds: ({ parameter, names }, values) => names.some((field) => Object.hasOwn(values[parameter] as object, field)),
    words: ({ parameter, names }) => saying(CONDITION.touches, { parameter, names: either(names) }),
    otherwise: ({ parameter, names }, labelOf) =>
      saying(PASSES.without, { label: labelOf(parameter), names: either(names) }),
  },
  outside_domains: {
    schema: name,
    names: (parameter) => [parameter],
    fits: (parameter) => holdsAddresses(parameter),
    unfit: 'noAddresses',
    holds: (parameter, values, domains) =>
      [values[parameter]].flat().some((address) => typeof address === 'string' && isOutside(address, domains)),
    words: (parameter) => saying(CONDITION.somebodyOutside, { parameter }),
    otherwise: (parameter, labelOf) => saying(PASSES.nobodyOutside, { label: labelOf(parameter) }),
  },
  absent: {
    schema: name,
    names: (parameter) => [parameter],
    fits: (parameter) => !parameter.required,
    unfit: 'neverAbsent',
    whenAbsent: true,
    holds: () => false,
    words: (parameter) => saying(CONDITION.absent, { parameter }),
    otherwise: (parameter, labelOf) => saying(PASSES.given, { label: labelOf(parameter) }),
  },
};

/** One closed shape for each kind. */
export const CONDITION_SCHEMA = {
  oneOf: Object.entries(KINDS).map(([kind, { schema }]) => members({ [kind]: schema })),
};

export const holdsAddresses = ({ format, schema }: Pick<Parameter, 'format' | 'schema'>): boolean =>
  format === 'email' ||
  (format === 'list' && (schema.items as Record<string, unknown> | undefined)?.format === 'email');

/** Days from one date to another, both counted. */
export const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

function only(condition: Condition): [Kind<unknown>, unknown] {
  const [entry] = Object.entries(condition);
  if (entry === undefined) throw new TypeError('a condition has one member');
  return [KINDS[entry[0] as keyof Arguments] as Kind<unknown>, entry[1]];
}

const countOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  return Array.isArray(value) ? value.length : Object.keys(value as object).length;
};
