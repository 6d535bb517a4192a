import type { Action } from '../catalogue/action.ts';
import type { Money } from '../catalogue/format.ts';

/** What is drawn from, use by use: an approved amount is all that may be spent, however often it is used. */
export interface Budget {
  /** Whose amount is drawn. */
  parameter: string;
  /** With two places, in the currency of the approved parameter. */
  value: string;
}

/**
 * The budget of one granted action; undefined where it is used once, and comparing the amount is enough. Pure.
 *
 * @param maxUses null: as often as the time allows
 */
export function budgetOf(
  action: Pick<Action, 'parameters'>,
  granted: Readonly<Record<string, unknown>>,
  maxUses: number | null,
): Budget | undefined {
  if (maxUses === 1) return undefined;
  const spent = [...action.parameters.values()].find(
    ({ name, comparator }) => comparator === 'money-max' && Object.hasOwn(granted, name),
  );
  return spent && { parameter: spent.name, value: (granted[spent.name] as Money).value };
}
