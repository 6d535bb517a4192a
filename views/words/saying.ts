import { FALLBACK } from './language.ts';
import { type Speaker, speakerOf } from './speaker.ts';
import { asItIs, type Message, type PlainMessage, type Said, type SlotArguments } from './words.ts';

/**
 * A sentence whose reader is not known yet: a rule makes it, and whoever shows it knows the language. The same sentence
 * then reaches a person at a page in theirs, and a machine, a log or the command line in English.
 */
export type Saying = (speaker: Speaker) => Said;

/** This message, its slots filled, for whoever will read it. A slot may be a sentence of ours itself. */
export const saying =
  <M extends Message>(message: M, ...[slots]: SlotArguments<M, string | number | Saying>): Saying =>
  (speaker) => {
    const filled = Object.entries((slots ?? {}) as Record<string, string | number | Saying>).map(([name, value]) => [
      name,
      typeof value === 'function' ? value(speaker) : value,
    ]);
    const say = speaker.say as unknown as (message: Message, slots: object) => Said;
    return say(message, Object.fromEntries(filled));
  };

/** Several of them in a row, with commas between. */
export const listed =
  (messages: readonly PlainMessage[]): Saying =>
  ({ say }) =>
    messages.map((message) => say(message)).join(', ') as Said;

/** "a, b and c". */
export const all =
  (items: readonly (string | Saying)[]): Saying =>
  (speaker) =>
    speaker
      .list(items.map((item) => spokenBy(speaker, item)))
      .map(({ text }) => text)
      .join('') as Said;

/** "a, b or c". */
export const either =
  (items: readonly (string | Saying)[]): Saying =>
  (speaker) =>
    speaker.either(items.map((item) => spokenBy(speaker, item)));

const spokenBy = (speaker: Speaker, item: string | Saying): string => (typeof item === 'string' ? item : item(speaker));

/** A length of time in seconds. */
export const lasting =
  (seconds: number): Saying =>
  ({ duration }) =>
    duration(seconds);

/** For machines, logs and the command line. */
export const inEnglish = (sentence: Saying): Said => sentence(MACHINES);

const MACHINES: Speaker = { ...speakerOf(FALLBACK) };

/** A value as it is sent, for whoever sends it again; as their language writes it to a person. */
export const asSent =
  (sent: string, shown: Saying): Saying =>
  (speaker) =>
    speaker === MACHINES ? asItIs(sent) : shown(speaker);
