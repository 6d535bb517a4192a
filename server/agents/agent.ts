export type AgentStatus = 'pending' | 'active' | 'suspended' | 'retired' | 'expired';
export type AgentMode = 'attended' | 'unattended' | 'sub_agent';

/** Where an agent runs, as an administrator of its organization says. Nothing is decided by it: people read it. */
export type Environment = (typeof ENVIRONMENTS)[number];
export const ENVIRONMENTS = ['production', 'staging', 'test', 'development'] as const;

/** An identity with an owner, a purpose and a life, of one organization. Its clients are its credentials. */
export interface Agent {
  organization: string;
  id: string;
  name: string;
  purpose: string | null;
  mode: AgentMode;
  status: AgentStatus;
  owner: string;
  deputy: string;
  ownActions: readonly string[];
  chainLimit: number;
  expiresAt: Date | null;
}

/** Along this edge `parent` may hand a part of a task to `child`, for these actions only, to this depth. */
export interface AgentEdge {
  parent: string;
  child: string;
  childName: string;
  actions: readonly string[];
  maxDepth: number;
  /** It carries what the parent may do by itself as well, without a person. */
  carriesOwn: boolean;
}

/** `sub_agent` may do least, `unattended` most: a registration may not rise above the ceiling it was given. */
const REACH: readonly AgentMode[] = ['sub_agent', 'attended', 'unattended'];

/** Is `mode` at or below `ceiling`? */
export const withinCeiling = (mode: AgentMode, ceiling: AgentMode): boolean =>
  REACH.indexOf(mode) <= REACH.indexOf(ceiling);

export const isAgentMode = (value: unknown): value is AgentMode => REACH.includes(value as AgentMode);
