import { randomInt } from 'node:crypto';

import { showValue } from '../catalogue/format.ts';
import type { Touch } from './critical-value.ts';

/**
 * For whom typing is hard (WCAG 3.3.7, 3.3.8): the value that matters among two that look like it, in any order and none
 * chosen. Only of numbers; undefined for everything else.
 */
export function threeValues(touch: Touch, locale: string): string[] | undefined {
  if (touch.kind === 'name' || touch.kind === 'ticks') return undefined;
  const reader = { locale, timeZone: 'UTC', organizationDomains: [] };
  const spell = (value: string): string =>
    (touch.kind === 'amount'
      ? showValue('money', { currency: touch.currency, value }, [], reader)
      : showValue('count', Number(value), [], reader)
    )?.text ?? value;
  const true_ = String(touch.value);
  const others = new Set<string>();
  while (others.size < 2) {
    const other = looksLike(true_);
    if (Number(other) !== Number(true_) && ![...others].some((one) => Number(one) === Number(other))) others.add(other);
  }
  const values = [true_, ...others];
  for (let last = values.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [values[last], values[other]] = [values[other] as string, values[last] as string];
  }
  return values.map(spell);
}

/** As many digits, and one of them another: nobody tells the right one by its length or its look. */
function looksLike(value: string): string {
  const digits = [...value].flatMap((character, index) => (/\d/.test(character) ? [index] : []));
  // Of the whole part: a cent more or less is no other amount to look at.
  const whole = digits.filter((index) => !value.includes('.') || index < value.indexOf('.'));
  const at = whole[randomInt(Math.min(whole.length, 3))] ?? 0;
  const lowest = at === whole[0] ? 1 : 0;
  return `${value.slice(0, at)}${randomInt(lowest, 10)}${value.slice(at + 1)}`;
}
