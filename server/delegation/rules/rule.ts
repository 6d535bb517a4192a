import type { Refusal } from '../../oauth/refusal.ts';
import type { ExchangeFacts, ExchangeRequest } from '../exchange.ts';
import type { Proposal, Way } from '../ways.ts';

/** One rule of delegation: data and a pure function. `docs/rules-of-delegation.md` has them all in words. */
export interface Rule {
  /** Its number there. */
  readonly id: string;
  readonly says: string;
  /** The ways it speaks of; every way where it does not say. */
  readonly ways?: readonly Way[];
  /** How the proposal breaks it, if it does. */
  readonly broken: (proposal: Proposal, facts: ExchangeFacts, request: ExchangeRequest) => Refusal | undefined;
}

/** A rule about time: what is given ends then at the latest. */
export interface Limit {
  readonly id: string;
  readonly says: string;
  readonly ways?: readonly Way[];
  readonly until: (facts: ExchangeFacts) => Date;
}

/** Milliseconds in a second, and when never is. */
export const seconds = (from: Date, count: number): Date => new Date(from.getTime() + count * 1000);
export const NEVER = new Date(8.64e15);
