import type { EventType, Evidence, EvidenceEvent } from './evidence.ts';

/**
 * What does not happen where everybody does what they should: it is refused like anything else, and somebody has to look
 * at it. An alarm is an event of its own type, a line in the log and a count, and here is the one place that makes all three.
 */
const ALARMS: ReadonlySet<EventType> = new Set(['token.alarm', 'redemption.alarm', 'person.alarm']);

/**
 * Evidence whose alarms are told as well: before they are written, so that an alarm about an organization that does not
 * exist, or while the database is gone, is heard too.
 *
 * @param tell what happened, in names alone: a log is read by more people than evidence is
 */
export const alerting = (evidence: Evidence, tell: (alarm: Omit<EvidenceEvent, 'content'>) => void): Evidence => ({
  record(event) {
    const { content: _, ...names } = event;
    if (ALARMS.has(event.type)) tell(names);
    return evidence.record(event);
  },
});
