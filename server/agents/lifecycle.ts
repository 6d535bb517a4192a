import { MOVE_REFUSED, MOVER, REQUIRED } from '../../views/words/console-lifecycle.ts';
import { STATUS } from '../../views/words/console-shell.ts';
import { listed, type Saying, saying } from '../../views/words/saying.ts';
import type { AgentStatus } from './agent.ts';

export { OWN_REASONS } from '../../views/words/console-lifecycle.ts';

/** In what capacity somebody moves an agent. `job` is the house itself: by date, or by a rule that nobody kept. */
export const ROLES = ['owner', 'deputy', 'admin', 'operator', 'job'] as const;
export type Role = (typeof ROLES)[number];

/** What has to be there before an agent may act; `agent_lacks` in the database looks for it, and holds the line too. */
export type Requirement = keyof typeof REQUIRED;

export interface Move {
  from: readonly AgentStatus[];
  to: AgentStatus;
  by: readonly Role[];
  /** It acts from then on, so everything of {@link REQUIREMENTS} has to be there. */
  complete: boolean;
}

/**
 * The life of an agent: `pending → active ⇄ suspended → retired`, and `expired` by date. This is all there is; the
 * database refuses every other step as well (migrations/060). Leaving `active` ends what the agent holds, and coming
 * back brings none of it back.
 */
export const MOVES = {
  activate: { from: ['pending'], to: 'active', by: ['owner', 'admin', 'operator'], complete: true },
  suspend: { from: ['active'], to: 'suspended', by: ['owner', 'deputy', 'admin', 'operator', 'job'], complete: false },
  resume: { from: ['suspended'], to: 'active', by: ['owner', 'admin', 'operator'], complete: true },
  retire: {
    from: ['pending', 'active', 'suspended', 'expired'],
    to: 'retired',
    by: ['owner', 'admin', 'operator'],
    complete: false,
  },
  expire: { from: ['pending', 'active', 'suspended'], to: 'expired', by: ['job'], complete: false },
} as const satisfies Record<string, Move>;
export type MoveName = keyof typeof MOVES;

/** How an agent stands before it is moved. */
export interface Standing {
  status: AgentStatus;
  /** In what capacity it was suspended last. */
  suspendedBy: Role | null;
  lacks: readonly Requirement[];
  expiresAt: Date | null;
}

export type MoveRefusal =
  | { reason: 'wrong_status'; status: AgentStatus; from: readonly AgentStatus[] }
  | { reason: 'not_yours'; by: readonly Role[] }
  | { reason: 'not_ready'; lacks: readonly Requirement[] }
  | { reason: 'not_expired' };

/** May this agent be moved so, by somebody in this role? Undefined means yes; otherwise what stands against it. Pure. */
export function moveProblem(name: MoveName, role: Role, standing: Standing, now: Date): MoveRefusal | undefined {
  const move: Move = MOVES[name];
  if (!move.from.includes(standing.status)) return { reason: 'wrong_status', status: standing.status, from: move.from };
  if (!move.by.includes(role)) return { reason: 'not_yours', by: move.by };
  // What an administrator stopped, its owner does not bring back: they may be whom the stop was about.
  if (name === 'resume' && role === 'owner' && isAdministrative(standing.suspendedBy)) {
    return { reason: 'not_yours', by: ['admin', 'operator'] };
  }
  if (name === 'expire' && (standing.expiresAt === null || standing.expiresAt > now)) return { reason: 'not_expired' };
  if (move.complete && standing.lacks.length > 0) return { reason: 'not_ready', lacks: standing.lacks };
  return undefined;
}

const isAdministrative = (role: Role | null): boolean => role === 'admin' || role === 'operator';

/** The same in a sentence: which rule, and what would pass. */
export function describeRefusal(refusal: MoveRefusal, agent: string): Saying {
  switch (refusal.reason) {
    case 'wrong_status':
      return saying(MOVE_REFUSED.wrong_status, {
        agent,
        status: saying(STATUS[refusal.status]),
        from: listed(refusal.from.map((one) => STATUS[one])),
      });
    case 'not_yours':
      return saying(MOVE_REFUSED.not_yours, { agent, roles: listed(refusal.by.map((one) => MOVER[one])) });
    case 'not_ready':
      return saying(MOVE_REFUSED.not_ready, { agent, lacks: listed(refusal.lacks.map((one) => REQUIRED[one])) });
    case 'not_expired':
      return saying(MOVE_REFUSED.not_expired, { agent });
  }
}

/** What an organization says about all of its agents; 90 and 7 days where it said nothing (migrations/119). */
export interface AgentRules {
  /** From one review of an agent to the next. */
  reviewDays: number;
  /** How long an agent goes on without anybody who answers for it; 0: until the next round of the job. */
  unownedGraceDays: number;
}

/** The least and the most of each: reviews that nobody has time for are as bad as none. The database holds them too. */
export const RULE_BOUNDS = {
  reviewDays: [30, 366],
  unownedGraceDays: [0, 30],
} as const satisfies Record<keyof AgentRules, [least: number, most: number]>;

export type OwnershipStep =
  /** The deputy becomes the owner; the former owner's name stays as the deputy who has to be replaced. */
  'pass_to_deputy' | 'start_grace' | 'end_grace' | 'suspend' | undefined;

/** What becomes of an agent whose owner may no longer sign in. Pure; a job asks it of every agent that may act. */
export function ownershipStep(
  {
    ownerActive,
    deputyActive,
    deputyAccepted,
    unownedSince,
  }: { ownerActive: boolean; deputyActive: boolean; deputyAccepted: boolean; unownedSince: Date | null },
  now: Date,
  graceDays: number,
): OwnershipStep {
  if (ownerActive) return unownedSince === null ? undefined : 'end_grace';
  if (deputyActive && deputyAccepted) return 'pass_to_deputy';
  if (unownedSince === null) return 'start_grace';
  return now.getTime() - unownedSince.getTime() >= graceDays * 86_400_000 ? 'suspend' : undefined;
}
