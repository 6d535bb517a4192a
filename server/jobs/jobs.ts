import type { EvidenceEvent } from '../evidence/evidence.ts';

/** One thing to do because something was committed: written by the same transaction, done at least once. */
export interface Message {
  organization: string;
  /** Unique in the deployment and the same at every attempt: receivers that count use it as idempotency key. */
  id: string;
  kind: string;
  payload: unknown;
  /** This attempt's number, from 1. */
  attempt: number;
  createdAt: Date;
}

/**
 * The end of a message. `event` is the evidence of it, written in one transaction with the message's end; what
 * has to be stored because of the attempt goes into `effect`, which takes part in that transaction: committed once,
 * whatever happens, because only the holder of the lease ends a message.
 */
export type End<Statements> = (
  | { done: true }
  /** Never: a dead letter, with evidence. */
  | { giveUp: string }
) & { event?: EvidenceEvent | undefined; effect?: ((statements: Statements) => Promise<void>) | undefined };

/**
 * What became of one attempt. `retry`: not now. `afterSeconds`: as the receiver asked (`Retry-After`); else the usual,
 * growing pause.
 */
export type Delivery<Statements> = End<Statements> | { retry: string; afterSeconds?: number | undefined };

/** Does one kind of message. A throw is a fault: logged, and tried again. */
export interface Handler<Statements> {
  /** Attempts until the message is a dead letter; 8 are about an hour. */
  attempts?: number;
  /** Called instead of one more attempt: the last word about a message that could not be delivered. */
  exhausted?(message: Message, error: string): End<Statements>;
  /** @param signal ends with the lease, and when the server stops */
  deliver(message: Message, signal: AbortSignal): Promise<Delivery<Statements>>;
}

/** Something done now and then, by one instance at a time. Killed at any moment it is begun again later. */
export interface Job {
  name: string;
  /** Seconds from the end of one run to the beginning of the next. */
  every: number;
  /** @param signal ends when the lease was lost, and when the server stops */
  run(signal: AbortSignal): Promise<unknown>;
}

/** Where messages and jobs are kept. */
export interface JobStore<Statements> {
  /** Leases what is due, the longest due first; nothing of the organizations in `busy`. */
  claim(claim: {
    kinds: readonly string[];
    busy: readonly string[];
    limit: number;
    lease: string;
    seconds: number;
  }): Promise<Message[]>;
  /** Ends a message with its evidence and effects, all or nothing; false when the lease was lost, and nothing happened. */
  finish(
    message: Message,
    lease: string,
    end: {
      state: 'done' | 'dead';
      error?: string | undefined;
      event?: EvidenceEvent | undefined;
      effect?: ((statements: Statements) => Promise<void>) | undefined;
    },
  ): Promise<boolean>;
  retry(message: Message, lease: string, seconds: number, error: string): Promise<void>;
  /** Leases the jobs of these names that are due. */
  claimJobs(names: readonly string[], lease: string, seconds: number): Promise<string[]>;
  /** False: the lease was lost. */
  renewJob(name: string, lease: string, seconds: number): Promise<boolean>;
  finishJob(name: string, lease: string, nextInSeconds: number, error: string | undefined): Promise<void>;
}

const FIRST_PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 900;

/**
 * Seconds until the next attempt: doubled each time, and spread, so that what failed together does not come back
 * together. Pure.
 *
 * @param chance from 0 to 1
 */
export const pauseAfter = (attempt: number, chance: number): number =>
  Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS) * (0.75 + chance / 2);
