import { words } from './words.ts';

/** What stands around every page. */
export const SHELL = words({
  errorTitle: { en: 'Error: {title}', de: 'Fehler: {title}' },
  skip: { en: 'Skip to content', de: 'Zum Inhalt springen' },
  yourPages: { en: 'Your pages', de: 'Ihre Seiten' },
  inbox: { en: 'Inbox', de: 'Posteingang' },
  yourAgents: { en: 'Your agents', de: 'Ihre Agenten' },
  console: { en: 'Console', de: 'Verwaltung' },
  notifications: { en: 'Notifications', de: 'Benachrichtigungen' },
  passkeys: { en: 'Passkeys', de: 'Passkeys' },
  settings: { en: 'Settings', de: 'Einstellungen' },
  signIn: { en: 'Sign-in', de: 'Anmeldung' },
  notYou: { en: 'Not you?', de: 'Nicht Sie?' },
  notYouSignOut: { en: 'Not you? Sign out', de: 'Nicht Sie? Abmelden' },
  reference: { en: 'Reference {id}', de: 'Referenz {id}' },
  times: { en: 'times in {zone}', de: 'Zeiten in {zone}' },
  report: { en: 'Report this request', de: 'Diese Anfrage melden' },
  language: { en: 'Language', de: 'Sprache' },
  backToInbox: { en: 'Back to your inbox', de: 'Zurück zum Posteingang' },
  backToStart: { en: 'Back to the start', de: 'Zurück zur Startseite' },
  formEnded: {
    en: 'This form is no longer valid. Please try again.',
    de: 'Dieses Formular ist nicht mehr gültig. Bitte versuchen Sie es noch einmal.',
  },
});

/** How much is at stake, where it stands alone. */
export const IMPACT = words({
  low: { en: 'Low impact', de: 'Geringe Auswirkung' },
  medium: { en: 'Medium impact', de: 'Mittlere Auswirkung' },
  high: { en: 'High impact', de: 'Hohe Auswirkung' },
  critical: { en: 'Critical impact', de: 'Kritische Auswirkung' },
});
