import type { Agent } from './agent.ts';
import type { FlagFacts } from './flags.ts';
import type { MoveName, MoveRefusal, Role } from './lifecycle.ts';
import type { Limits } from './limits.ts';
import type { Metadata } from './registration.ts';

/** In what capacity somebody answers for an agent. */
export type Accountable = 'owner' | 'deputy';

/** "Priya asks you to answer for Meeting Helper." */
export interface OwnershipOffer {
  id: string;
  role: Accountable;
  agent: string;
  agentName: string;
  purpose: string | null;
  mode: Agent['mode'];
  /** Whoever asks, by name; null: the operator, or whoever is not here any more. */
  madeBy: string | null;
  madeAt: Date;
  /** Whoever else answers for it, by name, and whether they accepted. */
  other: { name: string; accepted: boolean };
  /** Actions that it may ask for; null: anything of the catalogue. */
  actions: readonly string[] | null;
  redirectHosts: readonly string[];
  /** From one review to the next, where this organization has it so. */
  reviewDays: number;
}

/** An agent as whoever answers for it sees it: everything that its flags are computed from, and who and what it is. */
export interface AgentFacts extends FlagFacts {
  id: string;
  name: string;
  purpose: string | null;
  mode: Agent['mode'];
  owner: { id: string; name: string; email: string };
  deputy: { id: string; name: string; email: string };
  suspendedBy: Role | null;
  limits: Limits;
}

/** A page of the agents that somebody answers for; the next begins behind `next`. */
export interface OwnedPart {
  agents: readonly AgentFacts[];
  next: string | undefined;
}

export type AnswerOutcome =
  | { answered: 'accepted' | 'declined' }
  /** There is no such offer for this person, or it has been answered. */
  | { answered: undefined }
  /** They answer for it in the other capacity already. */
  | { answered: 'same_person' };

/** `narrow`: from now on it may ask only for what it used within 90 days. */
export const VERDICTS = ['confirm', 'narrow', 'retire'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type ReviewOutcome =
  | { reviewed: Verdict; removed: readonly string[] }
  | { refused: MoveRefusal }
  /** It used nothing that could be kept: then it is confirmed as it is, or retired. */
  | { refused: { reason: 'nothing_used' } };

/** A builder asks to change what an agent's client is; its owner reads both and decides. */
export interface AskedChange {
  id: string;
  agent: string;
  agentName: string;
  clientId: string;
  askedAt: Date;
  proposed: Metadata;
  before: Metadata;
}

/** What one person does with the agents they answer for. Everything is within one organization; another person's agent is not there. */
export interface OwnershipStore {
  offers(organization: string, person: string): Promise<OwnershipOffer[]>;
  answer(organization: string, person: string, offer: string, accepts: boolean): Promise<AnswerOutcome>;
  /** Agents they are owner or deputy of, and accepted: a page of them, in the order of their ids. */
  owned(organization: string, person: string, asked: { after: string | undefined; limit: number }): Promise<OwnedPart>;
  /** This one, where it is one of them. */
  ownedAgent(organization: string, person: string, agent: string): Promise<AgentFacts | undefined>;
  /** Of the agents they own. */
  changes(organization: string, person: string): Promise<AskedChange[]>;
  /** False: there is no such change for this person, or it has been answered. */
  answerChange(organization: string, person: string, change: string, approves: boolean): Promise<boolean>;
  /** Undefined: not theirs. */
  move(
    organization: string,
    person: string,
    agent: string,
    move: MoveName,
    reason: string,
  ): Promise<'moved' | MoveRefusal | undefined>;
  /** Undefined: they are not its owner. */
  review(
    organization: string,
    person: string,
    agent: string,
    verdict: Verdict,
    reason: string,
  ): Promise<ReviewOutcome | undefined>;
}
