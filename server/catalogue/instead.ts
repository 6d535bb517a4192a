import { LINT } from '../../views/words/console-lint.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { type Action, below, type Impact } from './action.ts';

/**
 * What keeps an action from being pointed to in the place of another. A person who wants the lesser thing must not end
 * up with more, or with something else: it is of the same resource, about what the headline of the first names, and
 * takes nothing that the first does not say.
 */
export function insteadProblems(action: Action, other: Action | undefined): Saying[] {
  const key = action.instead ?? '';
  if (!other || other.resource !== action.resource || other.key === action.key) {
    return [saying(LINT.insteadElsewhere, { key })];
  }
  const problems: Saying[] = [];
  if (!isLess({ action, impact: action.level.default }, { action: other, impact: other.level.default })) {
    problems.push(saying(LINT.insteadNoLess, { key }));
  }
  if (action.access === 'read' && other.access === 'write') problems.push(saying(LINT.insteadWrites, { key }));
  if (!action.egress && other.egress) problems.push(saying(LINT.insteadCarriesOut, { key }));
  if (other.resolve) problems.push(saying(LINT.insteadAsks, { key }));
  for (const { name, format } of other.parameters.values()) {
    if (action.parameters.get(name)?.format !== format) problems.push(saying(LINT.insteadTakes, { key, name }));
  }
  for (const name of action.critical) {
    if (!other.parameters.has(name)) problems.push(saying(LINT.insteadLoses, { key, name }));
  }
  return problems;
}

interface Weighed {
  action: Pick<Action, 'reversible'>;
  impact: Impact;
}

/** Does the second do less than the first: of lower impact, or of the same and only it can be undone? */
export const isLess = (first: Weighed, second: Weighed): boolean =>
  below(second.impact, first.impact) ||
  (second.impact === first.impact && second.action.reversible && !first.action.reversible);

/** Of the first action's parameters, those that the other one takes. */
export const parametersFor = (
  other: Pick<Action, 'parameters'>,
  parameters: Readonly<Record<string, unknown>>,
): Record<string, unknown> =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => other.parameters.has(name)));
