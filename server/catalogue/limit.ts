import type { ActionDocument, Parameter } from './action.ts';
import { daysBetween } from './condition.ts';
import type { Money } from './format.ts';
import { compareDecimals } from './money.ts';

type Limits = NonNullable<ActionDocument['limits']>;

/** Why parameters go further than their action does at all, in words for an agent's builder; undefined when they do not. */
export function beyondLimit(limits: Limits, values: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, limit] of Object.entries(limits)) {
    if (typeof limit === 'number') {
      const [from = '', to = ''] = name.split('..');
      const [start, end] = [values[from], values[to]];
      if (typeof start !== 'string' || typeof end !== 'string') return `${name} must be given, at most ${limit} days`;
      if (daysBetween(start, end) > limit) return `${name} must be at most ${limit} days`;
      continue;
    }
    const amount = values[name] as Money | undefined;
    if (amount === undefined) continue;
    const most = limit[amount.currency];
    if (most === undefined) return `${name} must be in ${Object.keys(limit).join(' or ')}`;
    if (compareDecimals(amount.value, most) > 0) return `${name} must be at most ${amount.currency} ${most}`;
  }
  return undefined;
}

/** What is wrong with the limits themselves. */
export function limitProblems(limits: Limits, parameters: ReadonlyMap<string, Parameter>): string[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const places = name.split('..').map((place) => parameters.get(place));
    if (typeof limit === 'number') {
      const isRange = places.length === 2 && places.every((place) => place?.format === 'date');
      return isRange ? [] : [`limits: ${name} is not a range of dates`];
    }
    if (places.length !== 1 || places[0]?.format !== 'money') return [`limits: ${name} is not money`];
    // Left out, it would have no limit.
    return places[0].required ? [] : [`limits: ${name} must be required`];
  });
}
