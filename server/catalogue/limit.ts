import { LINT, UNFIT } from '../../views/words/console-lint.ts';
import { VALUE } from '../../views/words/console-values.ts';
import { all, asSent, either, lasting, type Saying, saying } from '../../views/words/saying.ts';
import { asItIs } from '../../views/words/words.ts';
import type { ActionDocument, Parameter } from './action.ts';
import { daysBetween } from './condition.ts';
import { type Money, showMoney } from './format.ts';
import { compareDecimals } from './money.ts';
import { at } from './problem.ts';

type Limits = NonNullable<ActionDocument['limits']>;

/** Why parameters go further than their action does at all, undefined when they do not. */
export function beyondLimit(limits: Limits, values: Readonly<Record<string, unknown>>): Saying | undefined {
  for (const [name, limit] of Object.entries(limits)) {
    if (typeof limit === 'number') {
      const [from = '', to = ''] = name.split('..');
      const [start, end] = [values[from], values[to]];
      if (typeof start !== 'string' || typeof end !== 'string') return saying(VALUE.daysGiven, { name, count: limit });
      if (daysBetween(start, end) > limit) return saying(VALUE.daysAtMost, { name, count: limit });
      continue;
    }
    const amount = values[name] as Money | undefined;
    if (amount === undefined) continue;
    const most = limit[amount.currency];
    if (most === undefined) return saying(VALUE.currencies, { name, currencies: either(Object.keys(limit)) });
    if (compareDecimals(amount.value, most) > 0)
      return saying(VALUE.moneyAtMost, { name, most: moneyInWords({ currency: amount.currency, value: most }) });
  }
  return undefined;
}

/** "31 days", "EUR 5,000.00": how far an action goes, for whoever reviews it. */
export const limitInWords = (limit: Limits[string]): Saying =>
  typeof limit === 'number'
    ? lasting(limit * DAY_SECONDS)
    : all(Object.entries(limit).map(([currency, value]) => moneyInWords({ currency, value })));

const DAY_SECONDS = 86_400;

const moneyInWords = (amount: Money): Saying =>
  asSent(`${amount.currency} ${amount.value}`, ({ catalogue }) => asItIs(showMoney(amount, catalogue)));

/** What is wrong with the limits themselves. */
export function limitProblems(limits: Limits, parameters: ReadonlyMap<string, Parameter>): Saying[] {
  const wrong = (problem: Saying) => [at('limits', problem)];
  return Object.entries(limits).flatMap(([name, limit]) => {
    const places = name.split('..').map((place) => parameters.get(place));
    if (typeof limit === 'number') {
      const isRange = places.length === 2 && places.every((place) => place?.format === 'date');
      return isRange ? [] : wrong(saying(LINT.notARange, { names: name }));
    }
    if (places.length !== 1 || places[0]?.format !== 'money') return wrong(saying(UNFIT.notMoney, { name }));
    // Left out, it would have no limit.
    return places[0].required ? [] : wrong(saying(UNFIT.mustBeRequired, { name }));
  });
}
