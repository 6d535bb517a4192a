import { AGENT_FLAGS } from '../../views/words/owned.ts';
import type { AgentStatus } from './agent.ts';

/** What somebody should look at, worst first, in the order in which its words stand. */
export type Flag = keyof typeof AGENT_FLAGS;
export const FLAGS = Object.keys(AGENT_FLAGS) as readonly Flag[];

/** What the flags are computed from; an agent's own row and a few counts. */
export interface FlagFacts {
  status: AgentStatus;
  createdAt: Date;
  ownerActive: boolean;
  ownerAccepted: boolean;
  deputyActive: boolean;
  deputyAccepted: boolean;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  /** When the last of its keys ends, where each of them does. */
  keysEndAt: Date | null;
  reviewAt: Date;
  /** It may ask for these by name; null: for anything of its organization's catalogue. */
  allowed: readonly string[] | null;
  /** When each was used last. */
  usedAt: Readonly<Record<string, Date>>;
  selfRegistered: boolean;
  /** Denials within 90 days because the person had not started it. */
  reports: number;
  /** People who keep it paused. */
  mutedBy: number;
  waitingChanges: number;
  /** A sub-agent to which no edge leads. */
  parentless: boolean;
}

const DAY = 86_400_000;
/** Days. */
export const DORMANT_AFTER = 30;
export const UNUSED_AFTER = 90;
export const SOON = 14;

/** The one place where it is said what is odd about an agent. Pure. One that has ended has no flags. */
export function flagsOf(facts: FlagFacts, now: Date): Flag[] {
  if (facts.status === 'retired' || facts.status === 'expired') return [];
  const ago = (days: number) => new Date(now.getTime() - days * DAY);
  const soon = new Date(now.getTime() + SOON * DAY);
  const isSoon = (date: Date | null) => date !== null && date <= soon;
  const isActive = facts.status === 'active';
  const is: Readonly<Record<Flag, boolean>> = {
    ownerless: !facts.ownerActive,
    no_deputy: !facts.deputyActive,
    not_accepted: (facts.ownerActive && !facts.ownerAccepted) || (facts.deputyActive && !facts.deputyAccepted),
    review_overdue: facts.reviewAt <= now,
    reported: facts.reports > 0,
    expiring: isSoon(facts.expiresAt),
    key_expiring: isSoon(facts.keysEndAt),
    review_due: facts.reviewAt > now && isSoon(facts.reviewAt),
    waiting_change: facts.waitingChanges > 0,
    muted: facts.mutedBy > 0,
    never_used: isActive && facts.lastUsedAt === null,
    dormant: isActive && facts.lastUsedAt !== null && facts.lastUsedAt <= ago(DORMANT_AFTER),
    over_privileged: unusedActions(facts, now).length > 0,
    self_registered: facts.selfRegistered,
    parentless: facts.parentless,
  };
  return FLAGS.filter((flag) => is[flag]);
}

/**
 * What it may ask for and did not use for 90 days; "narrow" takes these away. An agent younger than that has had no
 * time to use them.
 */
export function unusedActions(
  { createdAt, allowed, usedAt }: Pick<FlagFacts, 'createdAt' | 'allowed' | 'usedAt'>,
  now: Date,
): string[] {
  const since = new Date(now.getTime() - UNUSED_AFTER * DAY);
  if (createdAt > since || allowed === null) return [];
  return allowed.filter((action) => {
    const at = usedAt[action];
    return at === undefined || at <= since;
  });
}
