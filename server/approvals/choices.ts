import type { Language } from '../catalogue/language.ts';
import type { Approval } from './approval.ts';
import type { DecisionForm, DescribedAction } from './decide.ts';
import { narrowedBy } from './narrow.ts';

/** What the decision form posted, of what the page offered. */
export const choicesIn = (
  form: ReadonlyMap<string, string>,
  decision: 'approve' | 'deny',
  approval: Approval,
  asked: readonly DescribedAction[],
  locale: Language,
): DecisionForm => ({
  requestHash: form.get('request_hash') ?? '',
  decision,
  // Nothing lasts that is denied, and what the form says about it is nobody's word.
  duration: decision === 'approve' ? (form.get('duration') ?? 'once') : 'once',
  allowed: allowedIn(form, approval.actions.length),
  narrowed: new Map(asked.map((one, index) => [index, narrowedBy(form, one, index, locale) ?? null])),
});

/** `action_0=allow`, … where each action has its own choice; undefined when there is only one. */
function allowedIn(form: ReadonlyMap<string, string>, actions: number): ReadonlySet<number> | undefined {
  if (actions === 1) return undefined;
  return new Set([...Array(actions).keys()].filter((index) => form.get(`action_${index}`) === 'allow'));
}
