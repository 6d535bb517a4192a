import type { Impact } from '../catalogue/action.ts';
import type { Decision, Suggested } from '../tasks/decision.ts';
import type { CanonicalRequest, RequestedAction } from '../tasks/request.ts';
import type { ApprovedEdge, Authentication } from '../tasks/task.ts';
import type { AskedOf } from './deciders.ts';

/** One asking of one person, in the browser, from behind, or because an exchange found no task. */
export interface Approval {
  organization: string;
  id: string;
  kind: 'browser' | 'backchannel' | 'exchange';
  clientId: string;
  agent: string;
  person: string;
  actions: readonly RequestedAction[];
  /** Scopes as asked, those of actions only. */
  scopes: readonly string[];
  /** Resources as asked; the issuer alone when none was. */
  resources: readonly string[];
  request: CanonicalRequest;
  requestHash: string;
  /** Hash of what is asked alone, so that the same question asked twice is found. */
  askedHash: string;
  bindingMessage: string | null;
  /** What the answer to the client needs later: `openid` and such, nonce, requested resource. */
  oidc: { scopes: readonly string[]; nonce?: string; acrValues?: string };
  boundTo: string | null;
  edges: readonly ApprovedEdge[];
  impact: Impact;
  status: 'pending' | 'approved' | 'denied';
  /** A stop, or the agent's end, overtook it while it waited. */
  stopped: boolean;
  /** And that was a security stop. */
  stoppedBySecurity?: boolean;
  /** It was ended by itself: its agent was not. */
  stoppedAlone?: boolean;
  askedAt: Date;
  shownAt: Date | null;
  expiresAt: Date;
  decidedAt: Date | null;
  denyReason: string | null;
  /** `granted`: empty where it was denied. */
  decision: (Pick<Decision, 'duration'> & Partial<Pick<Decision, 'granted' | 'instead' | 'approver'>>) | null;
  task: string | null;
  hasNumber: boolean;
  numberTries: number;
  /** How the client is told of the decision; null: it asks. */
  deliveryMode: 'ping' | 'push' | null;
  /** How many people have to approve. */
  quorum: number;
  valueTries: number;
  /** Who decides, where it is not the person alone; null: the person, and for two an approver. */
  deciders: AskedOf | null;
  /** Since when others may decide. */
  othersSince: Date | null;
  /** How the person had signed in who asked for approval; null where nobody did. */
  asker: Authentication | null;
}

/** How long two people have to decide, in seconds. */
export const TWO_PEOPLE_SECONDS = 1800;

/** Nothing more can be decided about it. */
export const isOver = (approval: Approval): 'decided' | 'expired' | undefined =>
  approval.status !== 'pending'
    ? 'decided'
    : approval.stopped || approval.expiresAt <= new Date()
      ? 'expired'
      : undefined;

/** Why a person said no, as an agent may hear it; what the person reads is in `views/words/result.ts`. */
export const DENY_REASONS = {
  details_wrong: 'details are wrong',
  too_much: 'too much access',
  not_now: 'not now',
  not_me: 'I did not start this',
} as const;
export type DenyReason = keyof typeof DENY_REASONS;

/** What the agent hears of a denial; where no browser carries it, the whole of what may be asked instead stands beside it. */
export const deniedTo = (instead: Suggested | null | undefined): string =>
  instead ? `${DENIED}: ask for ${instead.action} instead` : DENIED;
const DENIED = 'the person denied the request';

export interface NewApproval
  extends Omit<
    Approval,
    | 'status'
    | 'stopped'
    | 'askedAt'
    | 'shownAt'
    | 'decidedAt'
    | 'denyReason'
    | 'decision'
    | 'task'
    | 'hasNumber'
    | 'numberTries'
    | 'deliveryMode'
    | 'valueTries'
  > {
  displayCodeHash?: Buffer;
  authReqIdHash?: Buffer;
  /** `sealed`: its `auth_req_id` and notification token. */
  delivery?: { mode: 'ping' | 'push'; sealed: string } | undefined;
  /** Set when a live task covers the request: it begins approved. */
  coveredBy?: string;
}
