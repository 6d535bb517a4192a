import { words } from './words.ts';

/** A6: questions to people, those that wait first. */
export const APPROVALS = words({
  title: { en: 'Approvals', de: 'Anfragen' },
  lead: {
    en: 'What agents asked people. Whoever is asked decides in their inbox; nothing is decided for them here.',
    de: 'Was Agenten Menschen gefragt haben. Wer gefragt ist, entscheidet im eigenen Posteingang; hier entscheidet niemand für andere.',
  },
  none: { en: 'Nothing fits.', de: 'Nichts passt dazu.' },
  nothingWaits: { en: 'Nothing waits for anybody.', de: 'Es wartet nichts auf jemanden.' },
  level: { en: 'Level', de: 'Stufe' },
  what: { en: 'What', de: 'Was' },
  agent: { en: 'Agent', de: 'Agent' },
  person: { en: 'For', de: 'Für' },
  asked: { en: 'Asked', de: 'Gefragt' },
  until: { en: 'Until', de: 'Bis' },
  state: { en: 'State', de: 'Stand' },
  signatures: { en: 'Signatures', de: 'Unterschriften' },
  /** "Lena S. (passkey) 14:01" */
  signedBy: { en: '{person}, by passkey, {time}', de: '{person}, mit Passkey, {time}' },
  needs: {
    en: { one: 'needs {count} more', other: 'needs {count} more' },
    de: { one: 'es fehlt noch {count}', other: 'es fehlen noch {count}' },
  },
  review: { en: 'Review', de: 'Ansehen' },
  /** After "Review", for whoever hears it. */
  reviewOf: { en: ': {what}', de: ': {what}' },
  viewWaiting: { en: 'Waiting', de: 'Wartet' },
  viewCritical: { en: 'Critical', de: 'Kritisch' },
  viewDenied: { en: 'Denied, 24 h', de: 'Abgelehnt, 24 Std.' },
  viewNotMe: { en: '“I did not start this”, 24 h', de: '„Das habe ich nicht gestartet“, 24 Std.' },
});

/** How a question stands. */
export const STANDING_WORDS = words({
  waiting: { en: 'waiting', de: 'wartet' },
  allowed: { en: 'allowed', de: 'erlaubt' },
  denied: { en: 'denied', de: 'abgelehnt' },
  expired: { en: 'expired', de: 'abgelaufen' },
  stopped: { en: 'stopped', de: 'gestoppt' },
});

/** Why the second person said no; the reasons of the first are everybody's. */
export const SECOND_REASON = words({
  instead: { en: 'something safer was suggested', de: 'etwas Sichereres vorgeschlagen' },
  second_person: { en: 'by the second person', de: 'von der zweiten Person' },
});
