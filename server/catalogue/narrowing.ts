import { inEnglish } from '../../views/words/saying.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import type { Action } from './action.ts';
import { type Comparator, isLimit } from './comparator.ts';
import type { Money } from './format.ts';
import { compareDecimals } from './money.ts';

/**
 * Is `narrower` at most as much as `wider`, both parameters of this action? Undefined when it is, otherwise why not.
 * Each parameter is compared as its action says (RFC 9396 §6.1: comparison belongs to the type). Reflexive and
 * transitive, so that a chain of narrowings is narrower than its beginning.
 */
export function narrowerParameters(
  action: Action,
  narrower: Readonly<Record<string, unknown>>,
  wider: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const name of Object.keys(narrower)) {
    // Never reached with validated parameters; what cannot be compared is not narrower.
    if (!action.parameters.has(name)) return `${name} is not a parameter`;
  }
  for (const { name, comparator } of action.parameters.values()) {
    const [given, bound] = [Object.hasOwn(narrower, name), Object.hasOwn(wider, name)];
    // Leaving a limit out would lift it.
    if (!given && bound) return `${name} is missing`;
    if (!given) continue;
    if (!bound) {
      if (isLimit(comparator)) continue;
      return `${name} was not approved`;
    }
    if (!WITHIN[comparator](narrower[name], wider[name])) return `${name} is not within what was approved`;
  }
  return undefined;
}

/** May these actual parameters be executed under what was approved? For redemption: they are checked first. */
export function coversAction(
  action: Action,
  approved: Readonly<Record<string, unknown>>,
  actual: unknown,
): string | undefined {
  const invalid = action.validate(actual);
  return invalid ? inEnglish(invalid) : narrowerParameters(action, actual as Record<string, unknown>, approved);
}

const WITHIN: Readonly<Record<Comparator, (narrower: unknown, wider: unknown) => boolean>> = {
  equal: (a, b) => same(a, b),
  limit: (a, b) => same(a, b),
  'set-equal': (a, b) => subset(a, b) && subset(b, a),
  'set-subset': (a, b) => subset(a, b),
  'money-max': (a, b) => {
    const [less, more] = [a as Money, b as Money];
    return less.currency === more.currency && compareDecimals(less.value, more.value) <= 0;
  },
  'count-max': (a, b) => (a as number) <= (b as number),
  // Dates of the form 2026-11-24 are in order when their texts are.
  'date-from': (a, b) => (a as string) >= (b as string),
  'date-to': (a, b) => (a as string) <= (b as string),
  'object-subset': (a, b) => {
    const whole = b as Record<string, unknown>;
    return Object.entries(a as object).every(([name, value]) => Object.hasOwn(whole, name) && same(value, whole[name]));
  },
};

// RFC 9396 §12: texts are compared as they are, without normalisation or folding of case.
const same = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

const subset = (a: unknown, b: unknown): boolean => {
  const members = new Set((b as unknown[]).map(canonicalJson));
  return (a as unknown[]).every((member) => members.has(canonicalJson(member)));
};
