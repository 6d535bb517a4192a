import { words } from './words.ts';

/** A2: which agents exist. */
export const INVENTORY = words({
  title: { en: 'Agents', de: 'Agenten' },
  register: { en: 'Register an agent', de: 'Agenten registrieren' },
  none: { en: 'No agent fits.', de: 'Kein Agent passt dazu.' },
  name: { en: 'Name', de: 'Name' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  actsFor: { en: 'Acts for', de: 'Handelt für' },
  systems: { en: 'Systems', de: 'Systeme' },
  topLevel: { en: 'Top level', de: 'Höchste Stufe' },
  lastUsed: { en: 'Last used', de: 'Zuletzt genutzt' },
  asked: { en: 'Asked 7 d', de: 'Fragen 7 T.' },
  allowed: { en: 'Allowed', de: 'Erlaubt' },
  flags: { en: 'Flags', de: 'Hinweise' },
  never: { en: 'never', de: 'nie' },
  otherAgents: { en: 'other agents', de: 'andere Agenten' },
  people: {
    en: { one: '{count} person', other: '{count} people' },
    de: { one: '{count} Mensch', other: '{count} Menschen' },
  },
  percent: { en: '{number} %', de: '{number} %' },
  pause: { en: 'Pause{unseen}', de: 'Anhalten{unseen}' },
  /** After “Pause”, for whoever hears it. */
  pauseUnseen: { en: ' {agent}', de: ': {agent}' },
  why: { en: 'Why?', de: 'Warum?' },
  pauseNow: { en: 'Pause now', de: 'Jetzt anhalten' },
  paused: {
    en: 'Paused. It gets nothing more, and what it held is over.',
    de: 'Angehalten. Er bekommt nichts mehr, und was er hatte, gilt nicht mehr.',
  },
});

/** Lists of agents that somebody looks for often. */
export const AGENT_VIEWS = words({
  ownerless: { en: 'Ownerless', de: 'Ohne Verantwortliche' },
  dormant: { en: 'Stale', de: 'Lange ungenutzt' },
  review_overdue: { en: 'Review overdue', de: 'Prüfung überfällig' },
  expiring: { en: 'Expiring', de: 'Läuft ab' },
  never_used: { en: 'Never used', de: 'Nie genutzt' },
  reported: { en: 'Reported', de: 'Gemeldet' },
});

/** A flag of an agent in a word or two; `AGENT_FLAGS` has the sentence. */
export const FLAG_NAMES = words({
  ownerless: { en: 'ownerless', de: 'ohne Verantwortliche' },
  no_deputy: { en: 'no deputy', de: 'ohne Vertretung' },
  not_accepted: { en: 'not accepted', de: 'nicht angenommen' },
  review_overdue: { en: 'review overdue', de: 'Prüfung überfällig' },
  reported: { en: 'reported', de: 'gemeldet' },
  expiring: { en: 'expiring', de: 'läuft ab' },
  key_expiring: { en: 'key expiring', de: 'Schlüssel läuft ab' },
  review_due: { en: 'review due', de: 'Prüfung fällig' },
  waiting_change: { en: 'waiting change', de: 'Änderung wartet' },
  muted: { en: 'muted', de: 'stumm' },
  never_used: { en: 'never used', de: 'nie genutzt' },
  dormant: { en: 'dormant', de: 'lange ungenutzt' },
  over_privileged: { en: 'over-privileged', de: 'darf zu viel' },
  self_registered: { en: 'self-registered', de: 'selbst registriert' },
  parentless: { en: 'parentless', de: 'ohne Auftraggeber' },
});
