import { AGENT, AGENT_EVENTS } from '../../views/words/console-agent.ts';
import { ADMIN_ACTS, DONE_TO, PERSON_EVENTS, WHOLE } from '../../views/words/console-audit.ts';
import { REFUSALS } from '../../views/words/console-refusals.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs, type PlainMessage, type Said } from '../../views/words/words.ts';
import type { EventType } from '../evidence/evidence.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { ReadableEvent } from './evidence.ts';

/** What an event was, in the reader's language: a clause about the agent, where there is one. */
export function whatHappened({ type, reason }: ReadableEvent, { say }: Pick<Speaker, 'say'>): Said {
  if (type === 'admin.acted' && reason !== null && Object.hasOwn(ADMIN_ACTS, reason))
    return say(ADMIN_ACTS[reason as keyof typeof ADMIN_ACTS]);
  const message = EVENTS[type];
  return message ? say(message) : asItIs(type);
}

/** The same beside the name of whoever did it: "stopped Meeting Helper", where that was not the agent. */
export function whatTheyDid(event: ReadableEvent, speaker: Pick<Speaker, 'say'>): Said {
  const { type, agent, person, resource, application, by } = event;
  if (!by || !Object.hasOwn(DONE_TO, type)) return whatHappened(event, speaker);
  const whom = agent ?? person ?? resource ?? application;
  return speaker.say(DONE_TO[type as keyof typeof DONE_TO], { whom: whom?.name ?? whom?.id ?? speaker.say(WHOLE) });
}

/** What came of it, or why not; empty where there is nothing to say. */
export function outcomeOf({ type, outcome, decision, reason }: ReadableEvent, { say }: Speaker): string {
  if (outcome) return Object.hasOwn(OUTCOMES, outcome) ? say(OUTCOMES[outcome as keyof typeof OUTCOMES]) : outcome;
  if (type === 'outcome.reported' && reason === 'refused') return say(OUTCOMES.refused);
  if (decision !== 'refused' || type === 'agent.introduced') return '';
  // Of anything else the reason is who did it, or how it was asked, and not why.
  const why = whyRefused({ type, reason }, { say });
  return why === undefined ? say(AGENT.refused) : say(AGENT.refusedBecause, { reason: why });
}

/** Why it was refused, where the reason says that. */
export function whyRefused(
  { type, reason }: Pick<ReadableEvent, 'type' | 'reason'>,
  { say }: Pick<Speaker, 'say'>,
): string | undefined {
  if (reason === null || !REFUSED_FOR_A_REASON.has(type)) return undefined;
  const why = REASONS[reason];
  return why ? say(why) : reason;
}

const EVENTS: Readonly<Record<string, PlainMessage>> = { ...AGENT_EVENTS, ...PERSON_EVENTS } satisfies Record<
  EventType,
  PlainMessage
>;

const REFUSED_FOR_A_REASON: ReadonlySet<string> = new Set<EventType>([
  'request.refused',
  'token.refused',
  'redemption.refused',
  'redemption.alarm',
]);

/** Every reason of a rule has words; of what else is recorded, the code that stands in the evidence. */
const REASONS: Readonly<Record<string, PlainMessage>> = REFUSALS satisfies Record<Refusal['reason'], PlainMessage>;
