import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { Confirms, SignedInAgain } from '../people/federation.ts';
import type { PasskeyUse } from '../people/passkey.ts';
import type { Suggested } from '../tasks/decision.ts';
import type { Authentication, Task } from '../tasks/task.ts';
import type { Approval, NewApproval } from './approval.ts';
import type { PromptHistory, PromptLimits } from './budget.ts';
import type { Decided } from './decide.ts';
import type { Part } from './deciders.ts';
import type { Pair } from './prompts.ts';

/** What a poll needs of its approval, and no more: there may be hundreds of them in a second. */
export type Polled = Pick<
  Approval,
  | 'organization'
  | 'id'
  | 'agent'
  | 'person'
  | 'clientId'
  | 'actions'
  | 'askedAt'
  | 'status'
  | 'denyReason'
  | 'task'
  | 'boundTo'
  | 'resources'
  | 'oidc'
> & {
  /** What may be asked instead, as whoever denied it said. */
  instead: Suggested | null;
};

/** What one poll of a backchannel request finds (CIBA Core §11). */
export type Poll =
  | { state: 'unknown' }
  | { state: 'slow_down' }
  | { state: 'expired'; approval: Polled }
  /** `endsIn`: milliseconds until the question ends, by the clock that decides it. */
  | { state: 'pending'; approval: Polled; endsIn: number }
  | { state: 'denied'; approval: Polled }
  | { state: 'approved'; approval: Polled };

/** A limit, asked with what was asked before. */
export type PromptRule = (history: PromptHistory, limits: PromptLimits) => Refusal | undefined;

/** What makes two questions in a browser one. */
export type SameQuestion = Pick<Approval, 'organization' | 'clientId' | 'person' | 'askedHash' | 'boundTo' | 'oidc'>;

export interface ApprovalStore {
  /**
   * Opens an approval with its evidence, or answers why not; a second opening under the same id changes nothing.
   *
   * @param refusal what a limit says about asking the person now; without it nobody is asked
   */
  open(approval: NewApproval, event: EvidenceEvent, refusal?: PromptRule): Promise<Refusal | undefined>;
  /** What limits on questions look at, before one is opened. */
  promptHistory(pair: Pair): Promise<{ history: PromptHistory; limits: PromptLimits }>;
  find(id: string): Promise<Approval | undefined>;
  /**
   * The same question, asked in a browser by the same client with the same key, that others than the person have been
   * asked and still decide.
   */
  findAsked(question: SameQuestion): Promise<Approval | undefined>;
  /** The same question by the same client, still open. */
  findOpen(organization: string, clientId: string, person: string, askedHash: string): Promise<Approval | undefined>;
  /**
   * One poll, paced (`slow_down` lengthens the interval for good) and with `hold` seconds announced, in one statement.
   */
  poll(authReqIdHash: Buffer, clientId: string, holdSeconds: number): Promise<Poll>;
  /** What a poll that is held finds now: the agent may have been stopped while it waited. */
  look(authReqIdHash: Buffer): Promise<Poll>;
  /** The hold is over, and what it finds now; the next poll may follow at once. */
  released(authReqIdHash: Buffer): Promise<Poll>;
  /** True for the one request that collects the result. */
  collect(authReqIdHash: Buffer): Promise<boolean>;
  /** The result was sent to the client. */
  collectPushed(organization: string, id: string): Promise<void>;
}

/** The same, seen from a page: one organization, the person's own. */
export interface PersonApprovals {
  find(organization: string, id: string): Promise<Approval | undefined>;
  /** What this person can decide now: their own, and what waits for a second person. */
  waiting(organization: string, person: string): Promise<Approval[]>;
  recent(organization: string, person: string, limit: number): Promise<Approval[]>;
  /** What this person was not called for, of one agent and for one reason, within the last day; latest first. */
  notAnnounced(organization: string, person: string, of: { agent: string; because: string }): Promise<Approval[]>;
  /** The latest other one that people decided, of the same agent for the same person about the same actions. */
  latestLike(approval: Approval): Promise<Approval | undefined>;
  /** Counts a value that was not the one that matters; answers how many there were now. */
  wrongValue(organization: string, id: string): Promise<number>;
  /**
   * Compares a number, or counts it as a wrong one; after `most` wrong ones none is right any more, however many were sent
   * together. `tries`: wrong ones until now.
   */
  tryNumber(
    organization: string,
    id: string,
    keyedHash: Buffer | undefined,
    most: number,
  ): Promise<{ right: boolean; tries: number }>;
  /**
   * `pending → approved` with its task and evidence, or nothing: false when it was decided, ended or changed
   * meanwhile, or when the agent or the person was stopped since it was asked.
   */
  approve(
    approval: Approval,
    task: Omit<Task, 'approvedAt'>,
    decision: { json: object; hash: string },
    event: EvidenceEvent,
  ): Promise<boolean>;
  /**
   * Keeps what was computed from a person's choices until they sign it, in the place of an earlier one that they did not
   * sign. False when they signed already.
   */
  propose(approval: Approval, person: string, decided: Approved, expiresAt: Date): Promise<boolean>;
  /** What waits for this person's signature, and the sign-in at their provider that was made for it. */
  proposed(organization: string, id: string, person: string): Promise<Proposed | undefined>;
  /** The providers at which this person may confirm a decision about this agent, and from when. */
  confirmingProviders(organization: string, person: string, agent: string): Promise<ConfirmingProvider[]>;
  /** Keeps what a provider said with the decision that waits for exactly this; false where none does. */
  keepSignIn(organization: string, confirms: Confirms, proof: SignedInAgain): Promise<boolean>;
  /**
   * In which part this person, for whom it is not, may decide it now; undefined: in none. Also the person themselves, where
   * a rule counts them as one of the group that decides in their place.
   */
  decidesAs(organization: string, person: string, id: string): Promise<Part | undefined>;
  /** Who is asked beside the person, or would be when the person asks for approval: those who may decide, by name. */
  others(organization: string, id: string): Promise<{ id: string; name: string }[]>;
  /**
   * The person asks others for approval, who hear of it; with its evidence. `late` when they asked before, or when it was
   * decided, ended or changed meanwhile. Where the same question `waits` for them from another window, nobody is asked
   * twice: this one has ended.
   */
  askOthers(
    approval: Approval,
    asker: Authentication,
    event: EvidenceEvent,
  ): Promise<'asked' | 'late' | { waits: string }>;
  /** Who signed so far, the first before the second. */
  signed(organization: string, id: string): Promise<SignedDecision[]>;
  /**
   * Signs what was proposed: one more approval is `given`, or the last one makes the task, `approved`; each with its
   * evidence. Nothing happens when it is `late`: signed, decided, ended or changed meanwhile, or somebody was stopped;
   * when somebody else signed first what this confirms nothing of; when the passkey was used meanwhile or is gone; when a
   * sign-in may not, or no longer, take its place; or when this person may not, or may no longer, decide.
   */
  sign(approval: Approval, signature: Signature): Promise<'given' | 'approved' | 'late'>;
  /** `pending → denied` with its evidence; false when it was decided meanwhile, or when this person has no part in it. */
  deny(
    approval: Approval,
    person: string,
    reason: string | undefined,
    decision: { json: object; hash: string },
    event: EvidenceEvent,
  ): Promise<boolean>;
  /**
   * "I did not start this": pauses its agent for its person and raises the alarm, both or neither, and one alarm however
   * often it is said. Of a denial it is the reason, where none was given.
   */
  report(approval: Approval): Promise<void>;
  /** The reason given after a denial. */
  giveReason(organization: string, id: string, person: string, reason: string): Promise<boolean>;
}

/** A decision that makes a task once it is signed. */
export type Approved = Decided & { task: NonNullable<Decided['task']> };

export interface Proposed {
  approved: Approved;
  signedIn: SignedInAgain | undefined;
}

export interface ConfirmingProvider {
  id: string;
  name: string;
  /** An account that was connected just now, or a provider that was allowed just now, confirms nothing yet. */
  from: Date;
}

export interface SignedDecision {
  person: string;
  personName: string;
  signedAt: Date;
  part: 'person' | Part | null;
  hash: string;
  decided: Approved;
}

export interface Signature {
  person: string;
  /** Of the decision that was proposed. */
  hash: string;
  by: { passkey: PasskeyUse } | { signIn: SignedInAgain };
  /** What is kept of it, to verify it again. */
  proof: object;
  /** As it begins now, should this be the last approval. */
  task: Approved['task'];
  json: object;
  /** So many have to approve at least. */
  quorum: number;
  /** The first decision, which this one confirms; undefined where this is the first. */
  confirms: string | undefined;
  given: EvidenceEvent;
  approved: EvidenceEvent;
}
