import type { EventType, Evidence, EvidenceEvent } from './evidence.ts';

/**
 * What does not happen where everybody does what they should: it is refused like anything else, and somebody has to look
 * at it. An alarm is an event of its own type, a line in the log and a count, and here is the one place that makes all three.
 */
const ALARMS: ReadonlySet<EventType> = new Set(['token.alarm', 'redemption.alarm', 'person.alarm']);

/** Told in names alone: a log is read by more people than evidence is. */
export type Alarm = Omit<EvidenceEvent, 'content'>;

/** What of an event is told where it is an alarm. */
export function alarmIn({ content: _, ...names }: EvidenceEvent): Alarm | undefined {
  return ALARMS.has(names.type) ? names : undefined;
}

/**
 * Evidence whose alarms are told as well: before they are written, so that an alarm about an organization that does not
 * exist, or while the database is gone, is heard too. One that is written beside other changes is told by the database
 * when they are committed.
 */
export const alerting = (evidence: Evidence, tell: (alarm: Alarm) => void): Evidence => ({
  record(event) {
    const alarm = alarmIn(event);
    if (alarm) tell(alarm);
    return evidence.record(event);
  },
});
