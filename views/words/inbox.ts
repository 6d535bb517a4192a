import { words } from './words.ts';

/** What waits for a person (U7). */
export const INBOX = words({
  nothingWaits: { en: 'Nothing is waiting for you', de: 'Nichts wartet auf Sie' },
  waiting: { en: 'Waiting for you ({count})', de: 'Wartet auf Sie ({count})' },
  findHere: {
    en: 'When an agent needs your decision, you will find it here.',
    de: 'Wenn ein Agent Ihre Entscheidung braucht, finden Sie sie hier.',
  },
  quiet: { en: 'Not announced', de: 'Nicht gemeldet' },
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
