import type { Impact } from '../catalogue/action.ts';
import { IMPACTS } from '../catalogue/action.ts';
import type { Refusal } from '../oauth/refusal.ts';

/** Whose attention, or whose asking, a limit is about. */
export type Reach = (typeof REACHES)[number];
export const REACHES = ['pair', 'agent', 'person', 'organization'] as const;

/** How much an organization lets its agents ask its people. */
export interface PromptLimits {
  /** After a denial the same agent does not ask the same person for the same action. Minutes, 0 to a day. */
  cool_off_minutes: number;
  /** As many denials within a day mute the agent for that person. */
  mute_after_denials: number;
  /** As many questions that nobody answered within a day do so too. */
  mute_after_expiries: number;
  mute_days: number;
  /** Whoever said yes faster than anybody reads this often within a day touches the value that matters; 0: never. */
  fast_decisions: number;
  /** Questions that may wait at the same time. */
  open: Readonly<Record<Reach, number>>;
  /** Questions within an hour. */
  hourly: Readonly<Record<Reach, number>>;
  /** How often a person's devices ring; what does not, waits in the inbox. */
  pushes: PushCaps;
  /** Several requests that are alike may be answered on one page, each by itself. */
  batch: boolean;
  /** What was allowed three times may be allowed without asking, where its action lets that be. */
  standing: boolean;
}

/** Of one agent and person unanswered, and of one person within ten minutes and within a day. */
export interface PushCaps {
  open_of_agent: number;
  ten_minutes: number;
  day: number;
}

export const PROMPT_LIMITS: PromptLimits = {
  cool_off_minutes: 15,
  mute_after_denials: 3,
  mute_after_expiries: 4,
  mute_days: 7,
  fast_decisions: 3,
  open: { pair: 5, agent: 1000, person: 100, organization: 20_000 },
  hourly: { pair: 120, agent: 3000, person: 300, organization: 30_000 },
  pushes: { open_of_agent: 1, ten_minutes: 3, day: 20 },
  batch: true,
  standing: true,
};

/** What was asked and answered before, as far as a limit looks at it. */
export interface PromptHistory {
  /** This agent's denials by this person since they last unmuted it, with the actions that were asked. */
  denied: readonly {
    at: Date;
    actions: readonly string[];
    /** The person said what to ask instead: that is no reason to hear less of the agent. */
    suggested?: boolean;
  }[];
  /** When questions of this agent to this person ended without an answer, since the same. */
  expired: readonly Date[];
  /** Waiting now, and when the first of them ends. */
  open: Readonly<Record<Reach, { count: number; nextEnd: Date | null }>>;
  /** Asked within the last hour, and when the first of them leaves it. */
  hourly: Readonly<Record<Reach, { count: number; nextEnd: Date | null }>>;
}

/**
 * May these actions be asked now? A refusal says for how long: an agent that is told keeps its people's goodwill, one that
 * is met with silence asks again (ux.md §3.2, D8). Pure.
 */
export function promptRefusal(
  actions: readonly string[],
  history: PromptHistory,
  limits: PromptLimits,
  now: Date,
): Refusal | undefined {
  const seconds = (until: Date | null) => Math.max(1, Math.ceil(((until?.getTime() ?? 0) - now.getTime()) / 1000));
  const quiet = quietUntil(actions, history, limits, now);
  if (quiet) return { reason: quiet.because, retryAfter: seconds(quiet.until) };
  for (const reach of REACHES) {
    for (const [of, most] of [
      [history.open[reach], limits.open[reach]],
      [history.hourly[reach], limits.hourly[reach]],
    ] as const) {
      if (of.count >= most) return { reason: 'too_many_questions', reach, retryAfter: seconds(of.nextEnd) };
    }
  }
  return undefined;
}

/** Until when this agent asks this person for none of these actions, after a denial or too many; undefined when it may. */
export function quietUntil(
  actions: readonly string[],
  history: Pick<PromptHistory, 'denied' | 'expired'>,
  limits: PromptLimits,
  now: Date,
): { because: 'agent_muted' | 'recently_denied'; until: Date } | undefined {
  const muted = mutedUntil(history, limits, now);
  if (muted) return { because: 'agent_muted', until: muted };
  const again = history.denied
    .filter((denial) => denial.actions.some((action) => actions.includes(action)))
    .map(({ at }) => new Date(at.getTime() + limits.cool_off_minutes * MINUTE))
    .filter((until) => until > now);
  return again.length > 0 ? { because: 'recently_denied', until: latest(again) } : undefined;
}

/** Until when this agent does not ask this person; undefined when it may. Each run of refusals within a day mutes anew. */
export function mutedUntil(
  { denied, expired }: Pick<PromptHistory, 'denied' | 'expired'>,
  limits: PromptLimits,
  now: Date,
): Date | undefined {
  const ends = [
    ...runs(
      denied.filter(({ suggested }) => !suggested).map(({ at }) => at),
      limits.mute_after_denials,
    ),
    ...runs(expired, limits.mute_after_expiries),
  ]
    .map((at) => new Date(at.getTime() + limits.mute_days * DAY))
    .filter((until) => until > now);
  return ends.length > 0 ? latest(ends) : undefined;
}

/** Every instant that is the last of so many within a day. */
function runs(instants: readonly Date[], length: number): Date[] {
  const sorted = instants.toSorted((a, b) => a.getTime() - b.getTime());
  return sorted.filter((at, index) => {
    const first = sorted[index - length + 1];
    return first !== undefined && at.getTime() - first.getTime() <= DAY;
  });
}

/** A yes that came before anybody can have read the page. Accepted, and counted. */
export const isFast = (impact: Impact, shownAt: Date | null, decidedAt: Date): boolean =>
  IMPACTS.indexOf(impact) >= IMPACTS.indexOf('medium') &&
  shownAt !== null &&
  decidedAt.getTime() - shownAt.getTime() < FAST_MS;

export const FAST_MS = 1000;

/** What was pushed to this person before, and by whom. */
export interface PushFacts {
  /** Unanswered requests of this agent that were pushed to this person. */
  openOfAgent: number;
  /** Pushes to this person within the last 10 minutes, and within the last day. */
  lastTenMinutes: number;
  lastDay: number;
}

export type PushVerdict = { push: true } | { push: false; because: 'open_push' | 'ten_minutes' | 'day' };

/**
 * May this request ring at the person's devices? The others wait in the inbox, silently (ux.md §3.2). Pure; whoever sends
 * counts, and asks here for each.
 */
export function mayPush({ openOfAgent, lastTenMinutes, lastDay }: PushFacts, caps: PushCaps): PushVerdict {
  if (openOfAgent >= caps.open_of_agent) return { push: false, because: 'open_push' };
  if (lastTenMinutes >= caps.ten_minutes) return { push: false, because: 'ten_minutes' };
  if (lastDay >= caps.day) return { push: false, because: 'day' };
  return { push: true };
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const latest = (dates: readonly Date[]): Date => new Date(Math.max(...dates.map((date) => date.getTime())));
