import { words } from './words.ts';

/** What waits for a person (U7). */
export const INBOX = words({
  nothingWaits: { en: 'Nothing is waiting for you', de: 'Nichts wartet auf Sie' },
  waiting: { en: 'Waiting for you ({count})', de: 'Wartet auf Sie ({count})' },
  notified: { en: 'Notifications: on', de: 'Benachrichtigungen: an' },
  notNotified: { en: 'Notifications: off', de: 'Benachrichtigungen: aus' },
  findHere: {
    en: 'When an agent needs your decision, you will find it here.',
    de: 'Wenn ein Agent Ihre Entscheidung braucht, finden Sie sie hier.',
  },
  together: { en: 'Answer {count} of {agent} together', de: '{count} von {agent} zusammen beantworten' },
  batchTitle: { en: '{agent} asks {count} times for the same', de: '{agent} fragt {count} Mal nach dem Gleichen' },
  batchUntil: { en: 'answer by {time}', de: 'zu beantworten bis {time}' },
  allowAllReads: { en: 'Allow all reads', de: 'Alles Lesen erlauben' },
  answerChosen: { en: 'Answer those I chose', de: 'Ausgewählte beantworten' },
  batchDone: {
    en: '{allowed} allowed, {denied} denied, {left} left open.',
    de: '{allowed} erlaubt, {denied} abgelehnt, {left} offen gelassen.',
  },
  batchDoneMeans: {
    en: 'What is open waits in your inbox. To take something back, open Your agents.',
    de: 'Was offen ist, wartet im Posteingang. Um etwas zurückzunehmen, öffnen Sie „Ihre Agenten“.',
  },
  quiet: { en: 'Not announced', de: 'Nicht gemeldet' },
  show: { en: 'Show', de: 'Anzeigen' },
  showThese: { en: 'Show: {sentence}', de: 'Anzeigen: {sentence}' },
  earlier: { en: 'Earlier today', de: 'Heute' },
  tally: {
    en: '{allowed} allowed · {denied} denied · {expired} expired',
    de: '{allowed} erlaubt · {denied} abgelehnt · {expired} abgelaufen',
  },
  until: { en: '{impact} · until {time}', de: '{impact} · bis {time}' },
  secondFor: { en: 'second approval, for {person}', de: 'zweite Freigabe, für {person}' },
  review: { en: 'Review', de: 'Ansehen' },
  anAgent: { en: 'An agent', de: 'Ein Agent' },
  noLongerOffered: { en: 'something that is no longer offered', de: 'etwas, das nicht mehr angeboten wird' },
});
