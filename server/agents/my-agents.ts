import type { AgentMode, AgentStatus } from './agent.ts';

/** What every agent may do for one person, and what it did. */
export interface MyAgents {
  agents: {
    id: string;
    name: string;
    purpose: string | null;
    mode: AgentMode;
    status: AgentStatus;
    owner: string;
    paused: boolean;
    lastUsed: Date | null;
  }[];
  tasks: {
    id: string;
    agent: string;
    sentence: string;
    impact: 'low' | 'medium' | 'high' | 'critical';
    expiresAt: Date;
    uses: number | null;
    maxUses: number | null;
    /** It repeats without asking until then, as long as somebody uses it. */
    standingUntil: Date | null;
  }[];
  history: {
    agent: string;
    type: string;
    decision: string;
    reason: string | null;
    outcome: string | null;
    resource: string | null;
    at: Date;
  }[];
}

export interface MyAgentsStore {
  list(organization: string, person: string): Promise<MyAgents>;
  /** Names of the agents this one may hand parts of its work to, as it is now. */
  mayHandTo(organization: string, agent: string): Promise<string[]>;
  /** False when it is not this person's task. */
  stopTask(organization: string, person: string, task: string): Promise<boolean>;
  /** Ends what this agent holds for this person, and keeps it from asking. */
  pause(organization: string, person: string, agent: string): Promise<boolean>;
  resume(organization: string, person: string, agent: string): Promise<boolean>;
  /** Ends what every agent holds for this person. */
  stopAll(organization: string, person: string): Promise<number>;
}
