import type { Impact } from '../catalogue/action.ts';
import type { DecidedAction } from './decision.ts';
import type { RequestedAction } from './request.ts';
import type { Budget } from './spending.ts';

/** One action of a task, as granted after narrowing. */
export type TaskAction = DecidedAction &
  Pick<RequestedAction, 'viaScope'> & {
    /** Its place in the task, where its uses are counted; none for an action further downstream. */
    position?: number;
    /** What may be spent in all; kept with the task, where it is drawn from. */
    budget?: Budget | undefined;
  };

/** An edge the person saw when they approved: along it `parent` may hand a part of the task to `child`. There are no others. */
export interface ApprovedEdge {
  parent: string;
  child: string;
  childName: string;
  actions: readonly string[];
  maxDepth: number;
}

/**
 * What a person approved: actions with parameters, until when, how often. It is exactly one `Grant` of the engine,
 * under the same id. An application's sign-in is a task without actions and without an agent.
 */
export interface Task {
  organization: string;
  id: string;
  person: string;
  agent: string | null;
  clientId: string;
  approval: string | null;
  scopes: readonly string[];
  oidcScopes: readonly string[];
  resources: readonly string[];
  edges: readonly ApprovedEdge[];
  requestHash: string;
  decisionHash: string;
  sentence: string;
  impact: Impact;
  /** The key the task was approved for, once one was shown. */
  boundTo: string | null;
  acr: string;
  amr: readonly string[];
  authTime: Date;
  approvedAt: Date;
  expiresAt: Date;
  actions: readonly TaskAction[];
}

export interface TaskStore {
  find(id: string): Promise<Task | undefined>;
  /** Live tasks of this person and agent for this client, newest first. */
  live(organization: string, person: string, agent: string): Promise<Task[]>;
  /** An application's sign-in: no actions, no agent. */
  addSignIn(task: Omit<Task, 'approvedAt'>): Promise<void>;
}

/** How and when a person signed in, as tokens say it (RFC 9068 §2.2.1). */
export interface Authentication {
  acr?: string;
  amr?: readonly string[];
  /** Epoch seconds. */
  auth_time?: number;
}

/** Of a task for whose approval nobody is known to have signed in: as weak as nothing, and as long ago as can be. */
export const UNKNOWN_SIGN_IN = { acr: 'unknown', amr: [] as readonly string[], auth_time: 0 } as const;

/** The stronger way to sign in includes the weaker: local password, the company's provider, passkey. */
const STRENGTH: Readonly<Record<string, number>> = { pwd: 1, fed: 2, phr: 3 };

/** Is this sign-in at least as strong as that one? What nobody knows is as strong as nothing, and never enough. */
export const isAsStrong = (actual: string | undefined, wanted: string): boolean =>
  (STRENGTH[actual ?? ''] ?? 0) >= (STRENGTH[wanted] ?? Number.POSITIVE_INFINITY);

/** Seconds an application's or administrator's sign-in lasts: the task without actions that stands behind its tokens. */
export const SIGN_IN_SECONDS = 3600;

/** Seconds an access token may live: five minutes, and never beyond what it hangs on. */
export const ACCESS_TOKEN_SECONDS = 300;
