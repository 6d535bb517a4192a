import type { PromptHistory, PromptLimits } from './budget.ts';

/** One agent and one person of one organization. */
export interface Pair {
  organization: string;
  agent: string;
  person: string;
}

/** How often people were asked, seen from their pages. */
export interface PromptStore {
  limits(organization: string): Promise<PromptLimits>;
  /** What mutes agents for this person, by agent. */
  answers(
    organization: string,
    person: string,
  ): Promise<({ agent: string } & Pick<PromptHistory, 'denied' | 'expired'>)[]>;
  /** What this person refused before is forgotten. False when there is no such agent. */
  unmute(pair: Pair): Promise<boolean>;
  /** Decisions of the last day that came before the page can have been read. */
  fastDecisions(organization: string, person: string): Promise<number>;
}
