import type { Task } from '../tasks/task.ts';
import type { PromptHistory, PromptLimits } from './budget.ts';
import type { Repeated, StandingTask } from './repeat.ts';

/** One agent and one person of one organization. */
export interface Pair {
  organization: string;
  agent: string;
  person: string;
}

/** Tasks that repeat without asking. */
export interface StandingStore {
  /** A live task of this person, and how often they approved the same lately. */
  find(organization: string, person: string, task: string): Promise<Repeated | undefined>;
  /** False when the task that it repeats has ended meanwhile, or repeats already. */
  add(of: Task, standing: StandingTask): Promise<boolean>;
}

/** How often people were asked, seen from their pages. */
export interface PromptStore {
  limits(organization: string): Promise<PromptLimits>;
  /** What a limit looks at before this agent asks this person again. */
  history(pair: Pair): Promise<{ history: PromptHistory; limits: PromptLimits }>;
  /** What mutes agents for this person, by agent. */
  answers(
    organization: string,
    person: string,
  ): Promise<({ agent: string } & Pick<PromptHistory, 'denied' | 'expired'>)[]>;
  /** What this person refused before is forgotten. False when there is no such agent. */
  unmute(pair: Pair): Promise<boolean>;
  /** Decisions of the last day that came before the page can have been read, and how many change the next page. */
  fastDecisions(organization: string, person: string): Promise<{ count: number; limit: number }>;
}
