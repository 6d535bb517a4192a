import type { NarrowField, Narrowing } from '../../views/narrowing.tsx';
import { NARROWING } from '../../views/words/narrowing.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import type { Action, Parameter } from '../catalogue/action.ts';
import { type Money, showValue } from '../catalogue/format.ts';
import { compareDecimals } from '../catalogue/money.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { DescribedAction } from './decide.ts';
import { decimalIn } from './typed-number.ts';

/**
 * What a person may take away from one action on the page: a later beginning, an earlier end, a smaller amount, fewer
 * of a list. Only what the catalogue marks; and nothing of what was asked as a scope, whose token names no parameters.
 *
 * @param form what was sent with something to mend in it: shown as it was typed, each mistake beside its field
 */
export function narrowingOf(
  one: DescribedAction,
  index: number,
  speaker: Speaker,
  form: ReadonlyMap<string, string> = new Map(),
): Narrowing | undefined {
  const { action, requested, description } = one;
  if (requested.viaScope !== undefined) return undefined;
  const reader = { locale: description.language, timeZone: 'UTC', organizationDomains: [] };
  const wrong = form.get(`action_${index}`) === 'deny' ? new Set() : wrongIn(form, one, index, speaker.catalogue);
  const fields = action.narrowable.flatMap((name): NarrowField[] => {
    const parameter = action.parameters.get(name);
    if (!parameter) return [];
    const [field, value] = [fieldName(index, name), requested.parameters[name]];
    const typed = form.get(field)?.slice(0, LONGEST);
    const problem = (words: Said) => (wrong.has(name) ? { problem: words } : {});
    const texts = action.texts[description.language] ?? action.texts.en;
    const label = asItIs(texts.labels.get(name) ?? parameter.label);
    switch (parameter.comparator) {
      case 'date-from':
      case 'date-to': {
        const { from, to } = datesOf(action, requested);
        const asked = value as string | undefined;
        const said = problem(speaker.say(NARROWING.notTheseDays));
        return [{ kind: 'date', name: field, label, value: typed ?? asked, min: from, max: to, ...said }];
      }
      case 'money-max': {
        const { currency } = value as Money;
        const text = showValue('money', value, [], reader)?.text ?? '';
        const label = speaker.say(NARROWING.atMost, { label: texts.labels.get(name) ?? parameter.label, currency });
        const asked = text.replace(currency, '').trim();
        const said = problem(speaker.say(NARROWING.notThisAmount, { most: text }));
        return [{ kind: 'typed', name: field, label, value: typed ?? asked, ...said }];
      }
      case 'count-max': {
        if (value === undefined) return [];
        const asked = speaker.number(value as number);
        const said = problem(speaker.say(NARROWING.notThisMany, { most: asked }));
        return [{ kind: 'typed', name: field, label, value: typed ?? asked, digits: true, ...said }];
      }
      case 'set-subset':
      case 'object-subset': {
        const members = membersOf(parameter, value).map((member, position) => ({
          name: memberName(index, name, position),
          text: showValue(parameter.format, member, [], reader)?.text ?? '',
          checked: form.get(memberName(index, name, position)) === '1',
        }));
        const said = problem(speaker.say(NARROWING.tooFewLeft));
        return members.length < 2
          ? []
          : [{ kind: 'members', label: speaker.say(NARROWING.leaveOut, { label }), members, ...said }];
      }
      default:
        return []; // a limit that was not asked for has no values to choose from
    }
  });
  if (fields.length === 0) return undefined;
  const chosen = narrowedBy(form, one, index, speaker.catalogue);
  return { fields, open: chosen === undefined || canonicalJson(chosen) !== canonicalJson(requested.parameters) };
}

/** What was typed is shown again as far as a field for a date or an amount has a use for it. */
const LONGEST = 40;

/**
 * The parameters as the form narrowed them; those that were asked where it did not. Undefined where they are no
 * narrower, or leave less than the action needs: the form is ours, and the person's browser is not.
 */
export function narrowedBy(
  form: ReadonlyMap<string, string>,
  { action, requested }: Pick<DescribedAction, 'action' | 'requested'>,
  index: number,
  locale: string,
): Record<string, unknown> | undefined {
  const asked = requested.parameters;
  if (requested.viaScope !== undefined) return asked;
  const values = chosenIn(form, { action, requested }, index, locale);
  const chosen = { ...asked, ...Object.fromEntries(values) };
  return [...values.values()].includes(INVALID) || !isNarrower(action, chosen, asked) ? undefined : chosen;
}

/** Parameters whose field asks for more than was asked, or leaves too little; several where they do so only together. */
function wrongIn(
  form: ReadonlyMap<string, string>,
  { action, requested }: Pick<DescribedAction, 'action' | 'requested'>,
  index: number,
  locale: string,
): ReadonlySet<string> {
  const asked = requested.parameters;
  const values = [...chosenIn(form, { action, requested }, index, locale)];
  const isWrong = (some: readonly [string, unknown][]) =>
    !isNarrower(action, { ...asked, ...Object.fromEntries(some) }, asked);
  const wrong = values.filter((one) => one[1] === INVALID || isWrong([one]));
  const together = wrong.length === 0 && isWrong(values) ? values : wrong;
  return new Set(together.map(([name]) => name));
}

/** What the form says of each parameter that may be narrowed; `INVALID` where it is no value at all. */
function chosenIn(
  form: ReadonlyMap<string, string>,
  { action, requested }: Pick<DescribedAction, 'action' | 'requested'>,
  index: number,
  locale: string,
): ReadonlyMap<string, unknown> {
  const chosen = new Map<string, unknown>();
  for (const name of action.narrowable) {
    const parameter = action.parameters.get(name);
    if (!parameter) continue;
    const value = chosenValue(form, parameter, requested.parameters[name], index, locale);
    if (value !== undefined) chosen.set(name, value);
  }
  return chosen;
}

/** At most what was asked, and still a request of this action. */
export const isNarrower = (action: Action, chosen: Record<string, unknown>, asked: Record<string, unknown>): boolean =>
  action.validate(chosen) === undefined && narrowerParameters(action, chosen, asked) === undefined;

const INVALID = Symbol('invalid');

const isNothing = (amount: string): boolean => compareDecimals(amount, '0.00') === 0;

function chosenValue(
  form: ReadonlyMap<string, string>,
  parameter: Parameter,
  asked: unknown,
  index: number,
  locale: string,
): unknown {
  const typed = form.get(fieldName(index, parameter.name))?.trim();
  switch (parameter.comparator) {
    case 'date-from':
    case 'date-to':
      return typed === '' ? undefined : typed;
    case 'money-max': {
      if (typed === undefined || typed === '') return undefined;
      const [whole, cents = ''] = decimalIn(typed, locale)?.split('.') ?? [];
      if (whole === undefined || cents.length > 2) return INVALID;
      const { currency, value: most } = asked as Money;
      const value = `${whole}.${cents.padEnd(2, '0')}`;
      // Allowing nothing is a denial, and is pressed as one. A count has a minimum of its own in the catalogue.
      return isNothing(value) && !isNothing(most) ? INVALID : { currency, value };
    }
    case 'count-max': {
      if (typed === undefined || typed === '') return undefined;
      const number = decimalIn(typed, locale);
      return number === undefined || number.includes('.') ? INVALID : Number(number);
    }
    case 'set-subset':
    case 'object-subset': {
      const members = membersOf(parameter, asked);
      if (members.length < 2) return undefined;
      // A tick takes away: a form that says nothing about it allows what was asked.
      const kept = members.filter((_, position) => form.get(memberName(index, parameter.name, position)) !== '1');
      if (kept.length === members.length) return undefined;
      return parameter.comparator === 'set-subset' ? kept.flat() : Object.assign({}, ...kept);
    }
    default:
      return undefined;
  }
}

/** Each member as a value of its own: of a list, a list of one; of an object, an object of one. */
const membersOf = (parameter: Parameter, value: unknown): (readonly unknown[] | Record<string, unknown>)[] => {
  if (value === undefined) return [];
  return parameter.comparator === 'set-subset'
    ? (value as unknown[]).map((member) => [member])
    : Object.entries(value as object).map(([name, member]) => ({ [name]: member }));
};

function datesOf(
  action: Action,
  { parameters }: RequestedAction,
): { from: string | undefined; to: string | undefined } {
  const of = (comparator: string) => {
    const name = [...action.parameters.values()].find((one) => one.comparator === comparator)?.name;
    return name === undefined ? undefined : (parameters[name] as string | undefined);
  };
  return { from: of('date-from'), to: of('date-to') };
}

const fieldName = (index: number, parameter: string) => `narrow_${index}_${parameter}`;
const memberName = (index: number, parameter: string, position: number) => `${fieldName(index, parameter)}_${position}`;
