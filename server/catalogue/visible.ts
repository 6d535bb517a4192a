import type { Action, Parameter } from './action.ts';
import { shownOf } from './describe.ts';
import type { Filter, Placed } from './template.ts';

/**
 * Does one of these show it whenever it is there? A stretch goes when one of its values is left out, and takes the others
 * along: whoever asks chooses which. Addresses within and without are shown by two stretches, one for each.
 */
export function isShown(action: Action, parameter: Parameter, found: readonly Placed[]): boolean {
  const { dependentRequired = {} } = action.schema as { dependentRequired?: Record<string, readonly string[]> };
  const companions = Object.hasOwn(dependentRequired, parameter.name) ? dependentRequired[parameter.name] : undefined;
  const shown = shownOf(action);
  const isThere = (name: string) => {
    if (name === parameter.name || companions?.includes(name)) return true;
    const other = shown.get(name);
    // Facts come in one answer: with one of them there are all that have to be.
    const together = parameter.name.startsWith('#') && name.startsWith('#') && other?.required;
    return together || (other !== undefined && isAlwaysThere(action, other));
  };
  const stands = found.filter(
    ({ placeholder, beside }) =>
      [placeholder, ...beside].every(({ parameters }) => parameters.every(isThere)) &&
      !beside.some(({ filters }) => filters.some(isSplit)),
  );
  const splits = stands.map(({ placeholder }) => placeholder.filters.find(isSplit)?.name);
  return splits.includes(undefined) || (splits.includes('inside') && splits.includes('outside'));
}

/** A fact of the resource is there only where its request is refused without. */
export const isAlwaysThere = ({ resolve }: Action, { name, required }: Parameter): boolean =>
  required && (!name.startsWith('#') || resolve?.unchecked === 'refuse');

/** Of a list of addresses it shows a part. */
export const isSplit = ({ name }: Filter): boolean => name === 'inside' || name === 'outside';
