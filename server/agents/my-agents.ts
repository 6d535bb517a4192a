import { DECISION } from '../../views/words/decision.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import type { AgentMode, AgentStatus } from './agent.ts';

/** Who vouches for an agent: its person's organization, or nobody but itself. */
export const registeredBy = (describedAt: string | null, { say }: Pick<Speaker, 'say'>): Said =>
  describedAt === null
    ? say(DECISION.registered)
    : say(DECISION.unverifiedShort, { host: URL.parse(describedAt)?.host ?? describedAt });

/** What every agent may do for one person, and what it did. */
export interface MyAgents {
  agents: {
    id: string;
    name: string;
    purpose: string | null;
    mode: AgentMode;
    status: AgentStatus;
    owner: string;
    /** The address of its own description, where nobody in the organization vouches for it. */
    describedAt: string | null;
    paused: boolean;
    /** Questions within the last 30 days, and how many of them this person denied. */
    asked: number;
    denied: number;
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
  /** What was asked and answered, and what the person stopped; latest first. */
  history: MyEvent[];
}

/** A question with its answer, or a stop and its end, which are about no question. */
export interface MyEvent {
  agent: string;
  approval: string | null;
  /** As it was granted, else as it was shown. */
  sentence: string | null;
  kind: 'waiting' | 'expired' | 'denied' | 'allowed' | 'allowed_once' | 'silent' | 'stopped' | 'resumed';
  uses: number;
  at: Date;
}

export interface MyAgentsStore {
  list(organization: string, person: string): Promise<MyAgents>;
  /** Names of the agents this one may hand parts of its work to, as it is now. */
  mayHandTo(organization: string, agent: string): Promise<string[]>;
  /** False when it is not this person's task. */
  stopTask(organization: string, person: string, task: string): Promise<boolean>;
  /** The name of an agent that asked this person, acts for them, or that they answer for; undefined: of any other. */
  known(organization: string, person: string, agent: string): Promise<string | undefined>;
  /** Ends what this agent holds for this person, and keeps it from asking. False where they do not know it. */
  pause(organization: string, person: string, agent: string): Promise<boolean>;
  resume(organization: string, person: string, agent: string): Promise<boolean>;
  /** Ends what this agent holds for this person; it may ask again. */
  stopAgent(organization: string, person: string, agent: string): Promise<boolean>;
  /** Ends what every agent holds for this person. */
  stopAll(organization: string, person: string): Promise<number>;
}
