import type { Action } from '../catalogue/action.ts';
import { holdsAddresses } from '../catalogue/condition.ts';
import type { Description } from '../catalogue/describe.ts';
import { isOutside, type Money } from '../catalogue/format.ts';
import { decimal, decimalIn } from './typed-number.ts';

/**
 * What a person has to touch before they approve high impact: only what makes somebody deal with the value that matters
 * resists habit (`ux.md` D5). An amount, a count or a name is typed; what cannot be typed sensibly is ticked.
 */
export type Touch =
  | { kind: 'amount'; label: string; currency: string; value: string }
  | { kind: 'count'; label: string; value: number }
  /** So many addresses outside: sentences count all of them, so this number stands at its field alone. */
  | { kind: 'outside'; value: number }
  | { kind: 'name'; label: string; value: string }
  | { kind: 'ticks'; outside: boolean; values: readonly string[] };

/** What the form says about it. */
export interface Touched {
  typed: string | undefined;
  /** Positions that were ticked. */
  ticked: ReadonlySet<number>;
}

/** As many boxes are still looked at one by one; of more, the number is typed. */
const MOST_TICKS = 10;
const TYPED_CHARACTERS = 60;

/** Of the parameters as they are granted, after narrowing. */
export function touchOf(
  action: Action,
  parameters: Readonly<Record<string, unknown>>,
  { critical }: Pick<Description, 'critical'>,
  { organizationDomains }: { organizationDomains: readonly string[] },
): Touch {
  const outside = [...action.parameters.values()].filter(holdsAddresses).flatMap(({ name }) =>
    [parameters[name]]
      .flat()
      .filter((address) => typeof address === 'string' && isOutside(address, organizationDomains))
      .map(String),
  );
  if (outside.length > MOST_TICKS) return { kind: 'outside', value: outside.length };
  if (outside.length > 0) return { kind: 'ticks', outside: true, values: outside };
  const [name = ''] = action.critical;
  const format = action.parameters.get(name)?.format;
  const label = critical[0]?.label ?? name;
  const value = parameters[name];
  if (format === 'money' && typeof value === 'object' && value !== null) {
    return { kind: 'amount', label, ...(value as Money) };
  }
  if (format === 'count' && typeof value === 'number') return { kind: 'count', label, value };
  if (typeof value === 'string' && NAMES.has(format ?? '') && [...value].length <= TYPED_CHARACTERS) {
    return { kind: 'name', label, value };
  }
  return { kind: 'ticks', outside: false, values: critical.map(({ text }) => text) };
}

const NAMES: ReadonlySet<string> = new Set(['text', 'id', 'email']);

/** Was it touched? A number is compared as a number, in the way the reader's language writes one. */
export function isTouched(touch: Touch, { typed = '', ticked }: Touched, locale: string): boolean {
  switch (touch.kind) {
    case 'ticks':
      return touch.values.every((_, index) => ticked.has(index));
    case 'name':
      return plain(typed) === plain(touch.value);
    case 'count':
    case 'outside':
      return decimalIn(typed, locale) === decimal(String(touch.value));
    case 'amount': {
      const { currency } = touch;
      const number = typed.trim().replace(new RegExp(`^${currency}\\s*|\\s*${currency}$`, 'iu'), '');
      return decimalIn(number, locale) === decimal(touch.value);
    }
  }
}

/** As a person types it: with spaces around, and in whatever case a telephone begins a line with. */
const plain = (text: string) => text.trim().replace(/\s+/gu, ' ').normalize('NFC').toLowerCase();
