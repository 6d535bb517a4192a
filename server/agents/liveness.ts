/** What a piece of authority hangs on. If any of it has ended, the authority has ended. */
export interface Authority {
  organization: string;
  /** The acting agent and every agent it acts through. Empty for applications and resource servers. */
  agents: readonly string[];
  client?: string | undefined;
  person?: string | undefined;
  task?: string | undefined;
  /** Stop keys of everything it was derived from: `token:…` and `grant:…`, from the task down. */
  lineage?: readonly string[] | undefined;
  jti?: string | undefined;
  resource?: string | undefined;
  /** When the authority began: the task's approval, or the issuance of a token without a task. */
  since: Date;
}

export type DeathReason = 'agent_not_active' | 'person_not_active' | 'task_ended' | 'stopped';

/** The one question, asked by the gate, introspection, refresh, exchange, redemption and the pages. */
export interface Liveness {
  /** Undefined while everything it hangs on lives; otherwise why it does not. */
  whyNotAlive(authority: Authority): Promise<DeathReason | undefined>;
}

export type StopKind =
  | 'organization'
  | 'agent'
  | 'person'
  | 'pair'
  | 'task'
  /** A question that waits. */
  | 'approval'
  | 'grant'
  | 'token'
  | 'client'
  | 'resource'
  /** Between two agents: `edgeOf(parent, child)`. */
  | 'edge'
  | 'policy'
  /** Another issuer whose statements were trusted. */
  | 'issuer';

/** A stop writes one epoch and touches no token: everything under the key that began before it has ended. */
export interface Stop {
  organization: string;
  kind: StopKind;
  /** For a pair: `pairOf(agent, person)`. */
  subject: string;
  by: string;
  reason?: string | undefined;
}

export const edgeOf = (parent: string, child: string): string => `${parent}|${child}`;

export const pairOf = (agent: string, person: string): string => `${agent}|${person}`;

/** Every key whose epoch would end this authority. A handful: liveness is one index look-up per key. */
export function stopKeys({
  organization,
  agents,
  client,
  person,
  task,
  lineage = [],
  jti,
  resource,
}: Authority): string[] {
  const keys = [`organization:${organization}`];
  for (const agent of agents) {
    keys.push(`agent:${agent}`);
    if (person !== undefined) keys.push(`pair:${pairOf(agent, person)}`);
  }
  if (client !== undefined) keys.push(`client:${client}`);
  if (person !== undefined) keys.push(`person:${person}`);
  if (task !== undefined) keys.push(`task:${task}`);
  keys.push(...lineage);
  if (jti !== undefined) keys.push(`token:${jti}`);
  if (resource !== undefined) keys.push(`resource:${resource}`);
  return keys;
}
