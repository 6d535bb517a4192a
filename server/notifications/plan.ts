import type { Approval } from '../approvals/approval.ts';
import { mayPush, type PushCaps, type PushFacts } from '../approvals/budget.ts';
import type { ChannelName } from './notice.ts';
import { breaksQuiet, type Preferences, quietUntil } from './preferences.ts';

/** What is known when it is decided whether, and how, somebody is told. */
export interface PlanFacts {
  approval: Pick<Approval, 'status' | 'stopped' | 'shownAt' | 'expiresAt' | 'askedAt' | 'impact'>;
  preferences: Preferences;
  timeZone: string;
  /** This person enabled the agent in a browser, or an admin assigned it to them. */
  introduced: boolean;
  /** They decide it with a group whose requests they muted. */
  muted: boolean;
  /** Channels that lead anywhere for this person. */
  reachable: ReadonlySet<ChannelName>;
  pushes: PushFacts;
  /** How many of them the organization lets be. */
  caps: PushCaps;
  /** Channels that were tried already. */
  tried: readonly ChannelName[];
}

export type Plan =
  /** Nobody waits for an answer any more, or somebody is looking at it already. */
  | { over: true }
  /** It waits in the inbox; nobody is called. */
  | { suppressed: 'first_contact' | 'muted' | 'open_push' | 'ten_minutes' | 'day' | 'nowhere' }
  | { later: Date }
  | { tell: ChannelName; next: Date | undefined };

/** Whether this request rings, where, and when it rings again elsewhere. Pure. */
export function planNotification(facts: PlanFacts, now: Date): Plan {
  const { approval, preferences, timeZone, introduced, muted, reachable, pushes, caps, tried } = facts;
  const isFirst = tried.length === 0;
  if (approval.status !== 'pending' || approval.stopped || approval.expiresAt <= now || approval.shownAt !== null) {
    return { over: true };
  }
  // Relationship first: whoever the person never heard of does not ring at their devices.
  if (!introduced) return { suppressed: 'first_contact' };
  if (muted) return isFirst ? { suppressed: 'muted' } : { over: true };
  const quiet = breaksQuiet(preferences, approval.impact) ? undefined : quietUntil(preferences, now, timeZone);
  if (quiet) return quiet < approval.expiresAt ? { later: quiet } : { over: true };
  const [tell, another] = preferences.channels.filter((channel) => reachable.has(channel) && !tried.includes(channel));
  if (tell === undefined) return isFirst ? { suppressed: 'nowhere' } : { over: true };
  if (isFirst) {
    const verdict = mayPush(pushes, caps);
    if (!verdict.push) return { suppressed: verdict.because };
  }
  if (another === undefined) return { tell, next: undefined };
  // A question that ends soon has no time to wait as long as the person likes: half of what is left is for the rest.
  const left = approval.expiresAt.getTime() - now.getTime();
  return { tell, next: new Date(now.getTime() + Math.min(preferences.fallbackMinutes * 60_000, left / 2)) };
}
