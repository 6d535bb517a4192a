import type { Handler } from '../jobs/jobs.ts';

/** Nobody decided in time: those may as well to whom the rule escalates. `payload`: `{ approval }`. */
export const ESCALATE = 'approval.escalate';

export interface EscalationStore<Statements> {
  /**
   * Lets them decide and tells them, with its evidence; once, however often it is asked, and not at all where it was
   * decided or is over.
   */
  escalate(statements: Statements, organization: string, approval: string): Promise<void>;
}

/** The message that was written when others were asked, and is due when a rule says that it took too long. */
export const escalations = <Statements>(store: EscalationStore<Statements>): Record<string, Handler<Statements>> => ({
  [ESCALATE]: {
    async deliver({ organization, payload }) {
      const { approval } = payload as { approval: string };
      return { done: true, effect: (statements) => store.escalate(statements, organization, approval) };
    },
  },
});
