import { words } from './words.ts';

/** A1: what an administrator has to know first. */
export const OVERVIEW = words({
  title: { en: 'Overview', de: 'Übersicht' },
  stoppedNow: { en: 'Stopped now', de: 'Zurzeit gestoppt' },
  stoppedLine: { en: '{name} since {time}: {reason}', de: '{name} seit {time}: {reason}' },
  figures: { en: 'Figures', de: 'Zahlen' },
  unread: {
    en: { other: 'Prompts that people do not read ({count})' },
    de: { other: 'Fragen, die niemand liest ({count})' },
  },
  unreadLead: {
    en: 'Asked often in the last {days} days, almost always allowed, and faster than anybody reads. Narrow such a prompt and make it policy, or raise its level.',
    de: 'In den letzten {days} Tagen oft gefragt, fast immer erlaubt, und schneller, als man liest. Fassen Sie eine solche Frage enger und machen Sie sie zur Richtlinie, oder heben Sie ihre Stufe an.',
  },
  action: { en: 'Action', de: 'Aktion' },
  asked: { en: 'Asked', de: 'Gefragt' },
  allowed: { en: 'Allowed', de: 'Erlaubt' },
  percent: { en: '{percent} %', de: '{percent} %' },
  median: { en: 'Median', de: 'Median' },
  seconds: { en: '{seconds} s', de: '{seconds} s' },
  reviewPolicy: { en: 'Review policy', de: 'Richtlinie prüfen' },
  tokens: { en: 'Tokens issued, last 24 hours', de: 'Ausgestellte Tokens, letzte 24 Stunden' },
  inAll: { en: { other: '{count} in all.' }, de: { other: '{count} insgesamt.' } },
  asTable: { en: 'As a table', de: 'Als Tabelle' },
  hourFrom: { en: 'Hour from', de: 'Stunde ab' },
  tokenCount: { en: 'Tokens', de: 'Tokens' },
  refusals: { en: 'Refused by this server, last 24 hours', de: 'Von diesem Server abgewiesen, letzte 24 Stunden' },
  refusalCount: { en: 'Refusals', de: 'Abweisungen' },
});

/** What each figure counts. */
export const FIGURES = words({
  active: { en: 'agents active', de: 'Agenten aktiv' },
  pending: { en: 'waiting to begin', de: 'warten auf den Anfang' },
  ownerless: { en: 'ownerless', de: 'ohne Verantwortliche' },
  review_overdue: { en: 'reviews overdue', de: 'Prüfungen überfällig' },
  dormant: { en: 'stale', de: 'lange ungenutzt' },
  never_used: { en: 'never used', de: 'nie genutzt' },
  expiring: { en: 'expiring', de: 'laufen ab' },
  muted: { en: 'paused by people', de: 'von Menschen angehalten' },
  reported: { en: 'reported by people', de: 'von Menschen gemeldet' },
  stopped: { en: 'stopped', de: 'gestoppt' },
  waiting: { en: 'waiting for an approval', de: 'warten auf eine Freigabe' },
  waiting_critical: { en: 'of them critical', de: 'davon kritisch' },
  denied: { en: 'denied in 24 hours', de: 'abgelehnt in 24 Stunden' },
  from_the_web: { en: 'from the web, to be looked at', de: 'aus dem Netz, noch anzusehen' },
  not_me: { en: '“I did not start this”', de: '„Das habe ich nicht gestartet“' },
});
