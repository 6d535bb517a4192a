import { canonicalJson, sha256url } from '../oauth/canonical.ts';
import { newEventId } from '../oauth/ids.ts';
import { randomFrom } from '../oauth/random.ts';

/** What happened, in the words of `docs/glossary.md`. */
export type EventType =
  | 'request.received'
  | 'request.refused'
  | 'task.approved'
  | 'task.denied'
  | 'approval.given'
  | 'approval.asked'
  | 'approval.escalated'
  | 'approval.refused'
  | 'proof.refused'
  | 'task.covered'
  | 'token.issued'
  | 'token.refused'
  | 'token.explained'
  | 'token.alarm'
  | 'redemption.reserved'
  | 'redemption.refused'
  | 'redemption.alarm'
  | 'redemption.closed'
  | 'outcome.reported'
  | 'authority.stopped'
  | 'authority.resumed'
  | 'agent.registered'
  | 'agent.changed'
  | 'person.signed_in'
  | 'person.sign_in_refused'
  | 'person.alarm'
  | 'person.signed_out'
  | 'person.enrolled'
  | 'person.roles_changed'
  | 'person.alarm'
  | 'delivery.sent'
  | 'delivery.failed'
  | 'delivery.escalated'
  | 'push.suppressed'
  | 'agent.introduced'
  | 'passkey.added'
  | 'passkey.renamed'
  | 'passkey.removed'
  | 'passkey.recovery_asked'
  | 'passkey.recovered'
  | 'passkey.recovery_ended'
  | 'passkey.recovery_codes_made'
  | 'admin.acted';

/**
 * One decision, with as much of the evidence chain as is known: person, agent, organization and application,
 * resource, task, decision and reason, outcome. `content` holds what may be personal or long; it can be erased.
 */
export interface EvidenceEvent {
  organization: string;
  type: EventType;
  decision: 'allowed' | 'refused' | 'reported';
  reason?: string | undefined;
  person?: string | undefined;
  agent?: string | undefined;
  application?: string | undefined;
  resource?: string | undefined;
  task?: string | undefined;
  approval?: string | undefined;
  jti?: string | undefined;
  txn?: string | undefined;
  outcome?: string | undefined;
  content?: Record<string, unknown> | undefined;
}

/** What is stored of an event: names in columns, a salted commitment for every field, the readable content apart. */
export interface PreparedEvent extends EvidenceEvent {
  id: string;
  commitments: Record<string, string>;
  fields: Record<string, { salt: string; value?: unknown }>;
}

/** Committed when the promise resolves. Nothing that an event allows may leave before that. */
export interface Evidence {
  record(event: EvidenceEvent): Promise<string>;
}

const NAMES = [
  'type',
  'decision',
  'reason',
  'person',
  'agent',
  'application',
  'resource',
  'task',
  'approval',
  'jti',
  'txn',
  'outcome',
] as const;

/**
 * Commits to every field with a salt of its own: erasing one field's value and salt leaves the others verifiable,
 * and what remains of the erased one says nothing about it.
 */
export function prepareEvent(event: EvidenceEvent, now: number = Date.now()): PreparedEvent {
  const members: [name: string, value: unknown, inColumn: boolean][] = [
    ['organization', event.organization, true],
    ...NAMES.flatMap((name) =>
      event[name] === undefined ? [] : [[name, event[name], true] as [string, unknown, boolean]],
    ),
    ...Object.entries(recordable(event.content ?? {}))
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`content.${name}`, value, false] as [string, unknown, boolean]),
  ];
  const salts = randomFrom(16 * members.length);
  const commitments: PreparedEvent['commitments'] = {};
  const fields: PreparedEvent['fields'] = {};
  members.forEach(([name, value, inColumn], index) => {
    const salt = salts.subarray(index * 16, index * 16 + 16).toString('base64url');
    commitments[name] = commitmentTo(name, salt, value);
    fields[name] = inColumn ? { salt } : { salt, value };
  });
  return { ...event, id: newEventId(now), commitments, fields };
}

/** SHA-256, base64url, over the canonical JSON (RFC 8785) of name, salt and value. */
export const commitmentTo = (name: string, salt: string, value: unknown): string =>
  // Texts among themselves are canonical as JSON writes them, and most fields are texts.
  sha256url(
    typeof value === 'string' && value.isWellFormed()
      ? JSON.stringify([name, salt, value])
      : canonicalJson([name, salt, value]),
  );

/**
 * Parts of a content are an attacker's words, and the database holds no null character and no half of a character:
 * a refusal that cannot be recorded would turn into a fault.
 */
function recordable<Content extends object>(content: Content): Content {
  const broken = (text: string) => !text.isWellFormed() || text.includes('\0');
  const mend = (value: unknown): unknown => {
    if (typeof value === 'string') return broken(value) ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(mend);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [mend(name), mend(inner)]));
  };
  // JSON writes both as escapes, so one look at the text tells almost always that there is nothing to mend.
  return /\\u(?:0000|d[89a-f])/.test(JSON.stringify(content)) ? (mend(content) as Content) : content;
}
