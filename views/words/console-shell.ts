import { words } from './words.ts';

/** What stands around every page of the console. */
export const CONSOLE = words({
  yourInbox: { en: 'Your inbox', de: 'Ihr Posteingang' },
  parts: { en: 'Console', de: 'Verwaltung' },
  youAreIn: { en: 'You are in', de: 'Sie sind hier' },
  stop: { en: 'Stop{unseen}', de: 'Stoppen{unseen}' },
  /** After “Stop”, for whoever hears it. */
  stopUnseen: { en: ' agents', de: ': Agenten' },
  notForYou: { en: 'This is not for you', de: 'Das ist nicht für Sie' },
  otherRole: {
    en: 'Your role does not open this page.',
    de: 'Mit Ihrer Rolle lässt sich diese Seite nicht öffnen.',
  },
  noRole: {
    en: 'The console is for people who administer agents.',
    de: 'Die Verwaltung ist für Menschen, die Agenten verwalten.',
  },
  askForRole: {
    en: 'If you need it, ask an administrator of your organization for the role.',
    de: 'Wenn Sie sie brauchen, bitten Sie die Administration Ihrer Organisation um die Rolle.',
  },
});

/** The parts of the console, as its navigation names them. */
export const PARTS = words({
  overview: { en: 'Overview', de: 'Übersicht' },
  approvals: { en: 'Approvals', de: 'Anfragen' },
  agents: { en: 'Agents', de: 'Agenten' },
  reviews: { en: 'Reviews', de: 'Prüfungen' },
  actions: { en: 'Actions', de: 'Aktionen' },
  policies: { en: 'Policies', de: 'Richtlinien' },
  documents: { en: 'From the web', de: 'Aus dem Netz' },
  systems: { en: 'Systems', de: 'Systeme' },
  people: { en: 'People', de: 'Personen' },
  recoveries: { en: 'Lost passkeys', de: 'Verlorene Passkeys' },
  audit: { en: 'Evidence', de: 'Nachweise' },
});

/** How an agent stands, in one word. */
export const STATUS = words({
  active: { en: 'active', de: 'aktiv' },
  pending: { en: 'pending', de: 'wartet' },
  suspended: { en: 'suspended', de: 'gesperrt' },
  stopped: { en: 'stopped', de: 'gestoppt' },
  expired: { en: 'expired', de: 'abgelaufen' },
  retired: { en: 'retired', de: 'stillgelegt' },
});

/** How much is at stake, in one word. */
export const LEVEL = words({
  low: { en: 'low', de: 'gering' },
  medium: { en: 'medium', de: 'mittel' },
  high: { en: 'high', de: 'hoch' },
  critical: { en: 'critical', de: 'kritisch' },
});
