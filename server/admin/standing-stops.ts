import { RESUME_REFUSED, STOP_REASONS } from '../../views/words/console-stop.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { asItIs } from '../../views/words/words.ts';
import type { Act, AdminOutcome, Named, StillLive } from './admin.ts';
import { conflict, done, unacceptable } from './admin.ts';
import type { Page, PageAsked } from './listing.ts';

/** What a stop can hold until somebody resumes it. Everything narrower (a task, a token) ends, and that is all. */
export const HELD_KINDS = ['agent', 'pair', 'owner', 'resource', 'organization'] as const;
export type HeldKind = (typeof HELD_KINDS)[number];
export const isHeldKind = (kind: string): kind is HeldKind => HELD_KINDS.includes(kind as HeldKind);

/** What is stopped; for a pair `agent|person`. */
export interface StopTarget {
  kind: HeldKind;
  subject: string;
}

/** What a stop ends, as it is at this moment. */
export interface StopEffect {
  agents: number;
  /** Agents that these hand parts of their work to. */
  sub_agents: number;
  /** People for whom something is allowed now. */
  people: number;
  /** Live tasks. */
  tasks: number;
  /** Approvals that wait for somebody. */
  waiting: number;
  /** Live access tokens. */
  tokens: number;
}

/** A stop, standing or resumed. */
export interface StandingStop extends StopTarget {
  id: string;
  /** What people call it. */
  name: string;
  security: boolean;
  reason: string;
  stopped_by: Named;
  stopped_at: Date;
  resume_asked_by: Named | null;
  resume_asked_at: Date | null;
  resumed_by: Named | null;
  resumed_at: Date | null;
}

/** One instance of this server, and whether it has heard of a stop. */
export interface Hearing {
  instance: string;
  heard_at: Date | null;
  /** It has given no sign of life for a while: then there is nobody to hear. */
  gone: boolean;
}

/** The stops that stand, as many as a page of the console shows. */
export const STANDING: PageAsked = { words: [], filters: { standing: 'true' }, after: undefined, limit: 200 };

export interface StopStore {
  /** What people call what would be stopped; undefined where nothing has that name here. */
  nameOf(organization: string, target: StopTarget): Promise<string | undefined>;
  effect(organization: string, target: StopTarget): Promise<StopEffect>;
  /** Commits the stop, and nothing else: whatever counts is asked afterwards. */
  stop(act: Act, order: StopTarget & { id: string; security: boolean; reason: string }): Promise<Date>;
  /** JWTs that a resource may still accept without asking, and until when. */
  stillLive(organization: string, target: StopTarget): Promise<StillLive[]>;
  /** The instances that served when it was stopped, and those that heard of it. */
  hearings(organization: string, id: string): Promise<Hearing[]>;
  /** Latest first. */
  list(organization: string, asked: PageAsked): Promise<Page<StandingStop>>;
  find(organization: string, id: string): Promise<StandingStop | undefined>;
  /** False when somebody else was first. */
  askToResume(act: Act, id: string): Promise<boolean>;
  resume(act: Act, id: string, reason: string): Promise<boolean>;
}

/** A reason that was chosen, in the reader's language; a note behind it, and any other reason, as it was written. */
export function reasonOf({ reason }: Pick<StandingStop, 'reason'>): Saying {
  const chosen = Object.values(STOP_REASONS).find(({ en }) => reason === en || reason.startsWith(`${en}: `));
  return chosen ? ({ say }) => asItIs(`${say(chosen)}${reason.slice(chosen.en.length)}`) : () => asItIs(reason);
}

/** As long a first administrator's word stands for what needs two. */
const ASKED_SECONDS = 24 * 3600;

export type ResumeStep = 'ask' | 'resume';

/**
 * Stopping is one step; resuming is slow, typed, and after a security stop takes two people (D12). Pure.
 *
 * @param actor whoever resumes: a person's id, or the operator's client
 * @param typed the name of what was stopped, as they typed it
 */
export function resumeStep(
  stop: Pick<StandingStop, 'name' | 'security' | 'resumed_at' | 'resume_asked_by' | 'resume_asked_at'>,
  actor: string,
  typed: string | undefined,
  now: Date,
): AdminOutcome<ResumeStep> {
  if (stop.resumed_at !== null)
    return conflict('resumed_already', saying(RESUME_REFUSED.resumed_already, { name: stop.name }));
  if (typed?.trim() !== stop.name)
    return unacceptable('name_not_typed', saying(RESUME_REFUSED.name_not_typed, { name: stop.name }));
  if (!stop.security) return done('resume');
  const asked =
    stop.resume_asked_at !== null && now.getTime() - stop.resume_asked_at.getTime() < ASKED_SECONDS * 1000
      ? stop.resume_asked_by?.id
      : undefined;
  if (asked === undefined) return done('ask');
  if (asked === actor) return conflict('needs_another', saying(RESUME_REFUSED.needs_another));
  return done('resume');
}
