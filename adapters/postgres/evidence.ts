import { alarmIn } from '../../server/evidence/alarm.ts';
import { type Evidence, type EvidenceEvent, type PreparedEvent, prepareEvent } from '../../server/evidence/evidence.ts';
import type { Statements } from './database.ts';

/** Evidence written by a statement of its own; the promise resolves when it is committed. */
export const postgresEvidence = (statements: Statements): Evidence => ({
  record: (event) => writeEvent(statements, event),
});

/** One event beside whatever else this transaction does: both, or neither. Its id. */
export async function writeEvent(statements: Statements, event: EvidenceEvent): Promise<string> {
  const prepared = prepareEvent(event);
  const alarm = alarmIn(event);
  if (alarm) statements.tell?.(alarm);
  await statements.run(INSERT_EVENT, eventParameters(prepared));
  return prepared.id;
}

/** The values of {@link insertEvent}, in its order. */
export const eventParameters = (event: PreparedEvent): unknown[] => [
  event.organization,
  event.id,
  event.type,
  event.decision,
  event.reason ?? null,
  event.person ?? null,
  event.agent ?? null,
  event.application ?? null,
  event.resource ?? null,
  event.task ?? null,
  event.approval ?? null,
  event.jti ?? null,
  event.txn ?? null,
  event.outcome ?? null,
  JSON.stringify(event.commitments),
  JSON.stringify(event.fields),
];

/**
 * Two expressions for a `with` list: the event and its readable content, both or neither.
 *
 * @param first the number of the first of the 16 parameters
 * @param from an optional `from … where …` that must yield one row for the event to be written
 */
export function insertEvent(first: number, from = ''): string {
  const p = (offset: number, type = 'text') => `$${first + offset}::${type}`;
  return `
    event as (
      insert into evidence (organization, id, type, decision, reason, person, agent, application, resource, task,
                            approval, jti, txn, outcome, commitments)
      select ${[...Array(14).keys()].map((offset) => p(offset)).join(', ')}, ${p(14, 'jsonb')} ${from}),
    content as (
      insert into evidence_contents (organization, event, fields) select ${p(0)}, ${p(1)}, ${p(15, 'jsonb')} ${from})`;
}

/** As many parameters as {@link eventParameters} gives. */
export const EVENT_PARAMETERS = 16;

const INSERT_EVENT = `with ${insertEvent(1)} select`;
