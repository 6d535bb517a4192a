import type { Action, Impact } from '../catalogue/action.ts';

/**
 * A standing approval is a task that repeats without asking: it covers exactly what was approved, as any live task does,
 * and its uses are drawn where the resource redeems. It ends by itself, at the latest; and where nobody uses it, sooner.
 */
export interface StandingTerms {
  days: number;
  /** In all. */
  uses: number;
  /** Within 24 hours. */
  daily: number;
}

const TERMS: { readonly [impact in Impact]?: StandingTerms } = {
  low: { days: 30, uses: 100, daily: 20 },
  medium: { days: 7, uses: 20, daily: 5 },
};

/** As many approvals of exactly the same within a week, and it is offered (ux.md §3.2, D7). */
export const STANDING_AFTER = 3;
export const STANDING_WITHIN_DAYS = 7;
/** Days without a use after which it ends by itself. */
export const STANDING_UNUSED_DAYS = 14;

/**
 * What a person may let repeat, and how far; undefined where it is always asked: what is above medium impact, and what
 * its catalogue does not offer. Pure.
 *
 * @param approvals of exactly this request, by this person for this client, within {@link STANDING_WITHIN_DAYS}
 */
export function standingTerms(
  actions: readonly { action: Pick<Action, 'standing'>; impact: Impact }[],
  approvals: number,
): StandingTerms | undefined {
  if (approvals < STANDING_AFTER || actions.length === 0) return undefined;
  const terms = actions.flatMap(({ action, impact }) => (action.standing === 'exact' ? (TERMS[impact] ?? []) : []));
  if (terms.length < actions.length) return undefined;
  // The tightest of each: what is done together is bounded by what matters most.
  return {
    days: Math.min(...terms.map(({ days }) => days)),
    uses: Math.min(...terms.map(({ uses }) => uses)),
    daily: Math.min(...terms.map(({ daily }) => daily)),
  };
}
