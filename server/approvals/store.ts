import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { Task } from '../tasks/task.ts';
import type { Approval, NewApproval } from './approval.ts';
import type { PromptHistory, PromptLimits } from './budget.ts';
import type { Pair } from './prompts.ts';

/** What one poll of a backchannel request finds (CIBA Core §11). */
export type Poll =
  | { state: 'unknown' }
  | { state: 'slow_down' }
  | { state: 'expired'; approval: Approval }
  | { state: 'pending'; approval: Approval }
  | { state: 'denied'; approval: Approval }
  | { state: 'approved'; approval: Approval };

/** A limit, asked with what was asked before. */
export type PromptRule = (history: PromptHistory, limits: PromptLimits) => Refusal | undefined;

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
  /** The same question by the same client, still open. */
  findOpen(organization: string, clientId: string, person: string, askedHash: string): Promise<Approval | undefined>;
  /**
   * One poll, paced (`slow_down` lengthens the interval for good) and with `hold` seconds announced, in one statement.
   */
  poll(authReqIdHash: Buffer, clientId: string, holdSeconds: number): Promise<Poll>;
  /** The hold is over: the next poll may follow at once. */
  released(authReqIdHash: Buffer): Promise<void>;
  /** True for the one request that collects the result. */
  collect(authReqIdHash: Buffer): Promise<boolean>;
  /** The result was sent to the client. */
  collectPushed(organization: string, id: string): Promise<void>;
}

/** The same, seen from a page: one organization, the person's own. */
export interface PersonApprovals {
  find(organization: string, id: string): Promise<Approval | undefined>;
  waiting(organization: string, person: string): Promise<Approval[]>;
  recent(organization: string, person: string, limit: number): Promise<Approval[]>;
  /** Notes the first time the page was shown, and exactly what it said. */
  shown(organization: string, id: string, content: object): Promise<void>;
  /** Counts a wrong number; answers how many there were now. */
  wrongNumber(organization: string, id: string): Promise<number>;
  numberMatches(organization: string, id: string, keyedHash: Buffer): Promise<boolean>;
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
  /** `pending → denied` with its evidence; false when it was decided meanwhile. */
  deny(
    approval: Approval,
    reason: string | undefined,
    decision: { json: object; hash: string },
    event: EvidenceEvent,
  ): Promise<boolean>;
  /** The reason given after a denial. */
  giveReason(organization: string, id: string, person: string, reason: string): Promise<boolean>;
}
