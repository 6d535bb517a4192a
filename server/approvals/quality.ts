import type { Impact } from '../catalogue/action.ts';

/** How people answered when they were asked for one action. */
export interface PromptQuality {
  action: string;
  /** The worst that was asked. */
  impact: Impact;
  /** People were asked as often. */
  prompts: number;
  approved: number;
  denied: number;
  expired: number;
  /** From the first sight of the page to the answer; null where nobody answered. */
  median_seconds: number | null;
  /** Of denials that gave a reason, by reason. */
  deny_reasons: Readonly<Record<string, number>>;
}

/** What to do about it; undefined where nothing has to be done. */
export type PromptAdvice = 'not_read';

const ENOUGH = 50;

/**
 * Whoever allows almost everything almost at once does not read it: a question that nobody reads protects nobody. Narrow it
 * and make it policy, or raise its level (ux.md §3.2).
 */
export function promptAdvice({ approved, denied, median_seconds }: PromptQuality): PromptAdvice | undefined {
  const decisions = approved + denied;
  const isRead = decisions < ENOUGH || approved / decisions <= 0.98 || median_seconds === null || median_seconds >= 3;
  return isRead ? undefined : 'not_read';
}
