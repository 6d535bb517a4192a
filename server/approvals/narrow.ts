import type { NarrowField, Narrowing } from '../../views/narrowing.tsx';
import { NARROWING } from '../../views/words/narrowing.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import type { Action, Parameter } from '../catalogue/action.ts';
import { type Money, showValue } from '../catalogue/format.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { DescribedAction } from './decide.ts';
import { decimalIn } from './typed-number.ts';

/**
 * What a person may take away from one action on the page: a later beginning, an earlier end, a smaller amount, fewer
 * of a list. Only what the catalogue marks; and nothing of what was asked as a scope, whose token names no parameters.
 */
export function narrowingOf(
  { action, requested, description }: DescribedAction,
  index: number,
  speaker: Speaker,
): Narrowing | undefined {
  if (requested.viaScope !== undefined) return undefined;
  const reader = { locale: description.language, timeZone: 'UTC', organizationDomains: [] };
  const fields = action.narrowable.flatMap((name): NarrowField[] => {
    const parameter = action.parameters.get(name);
    if (!parameter) return [];
    const [field, value] = [fieldName(index, name), requested.parameters[name]];
    const texts = action.texts[description.language] ?? action.texts.en;
    const label = asItIs(texts.labels.get(name) ?? parameter.label);
    switch (parameter.comparator) {
      case 'date-from':
      case 'date-to': {
        const { from, to } = datesOf(action, requested);
        return [{ kind: 'date', name: field, label, value: value as string | undefined, min: from, max: to }];
      }
      case 'money-max': {
        const { currency } = value as Money;
        const text = showValue('money', value, [], reader)?.text ?? '';
        const label = speaker.say(NARROWING.atMost, { label: texts.labels.get(name) ?? parameter.label, currency });
        return [{ kind: 'typed', name: field, label, value: text.replace(currency, '').trim() }];
      }
      case 'count-max':
        return value === undefined
          ? []
          : [{ kind: 'typed', name: field, label, value: speaker.number(value as number), digits: true }];
      case 'set-subset':
      case 'object-subset': {
        const members = membersOf(parameter, value).map((member, position) => ({
          name: memberName(index, name, position),
          text: showValue(parameter.format, member, [], reader)?.text ?? '',
        }));
        return members.length < 2
          ? []
          : [{ kind: 'members', label: speaker.say(NARROWING.leaveOut, { label }), members }];
      }
      default:
        return []; // a limit that was not asked for has no values to choose from
    }
  });
  return fields.length === 0 ? undefined : { fields };
}

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
  const chosen: Record<string, unknown> = { ...asked };
  for (const name of action.narrowable) {
    const parameter = action.parameters.get(name);
    if (!parameter) continue;
    const value = chosenValue(form, parameter, asked[name], index, locale);
    if (value === INVALID) return undefined;
    if (value !== undefined) chosen[name] = value;
  }
  return isNarrower(action, chosen, asked) ? chosen : undefined;
}

/** At most what was asked, and still a request of this action. */
export const isNarrower = (action: Action, chosen: Record<string, unknown>, asked: Record<string, unknown>): boolean =>
  action.validate(chosen) === undefined && narrowerParameters(action, chosen, asked) === undefined;

const INVALID = Symbol('invalid');

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
      return { currency: (asked as Money).currency, value: `${whole}.${cents.padEnd(2, '0')}` };
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
