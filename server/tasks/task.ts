import type { Impact } from '../catalogue/action.ts';
import type { DecidedAction } from './decision.ts';
import type { RequestedAction } from './request.ts';

/** One action of a task, as granted after narrowing. */
export type TaskAction = DecidedAction &
  Pick<RequestedAction, 'viaScope'> & {
    /** Its place in the task, where its uses are counted; none for an action further downstream. */
    position?: number;
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

/** Seconds an application's or administrator's sign-in lasts: the task without actions that stands behind its tokens. */
export const SIGN_IN_SECONDS = 3600;

/** Seconds an access token may live: five minutes, and never beyond what it hangs on. */
export const ACCESS_TOKEN_SECONDS = 300;
