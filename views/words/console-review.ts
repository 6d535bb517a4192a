import { words } from './words.ts';

/** A9: what is due for review. */
export const REVIEWS = words({
  title: { en: 'Reviews', de: 'Prüfungen' },
  lead: {
    en: 'Due within 14 days, or overdue. Keep what is needed, take away what was not used for 90 days, or end it. What is overdue is suspended.',
    de: 'In 14 Tagen fällig oder überfällig. Lassen Sie, was gebraucht wird, nehmen Sie weg, was 90 Tage nicht genutzt wurde, oder beenden Sie den Agenten. Was überfällig ist, wird gesperrt.',
  },
  nothingDue: { en: 'Nothing is due.', de: 'Nichts ist fällig.' },
  table: { en: 'Agents to review', de: 'Zu prüfende Agenten' },
  agent: { en: 'Agent', de: 'Agent' },
  owner: { en: 'Owner', de: 'Verantwortlich' },
  due: { en: 'Due', de: 'Fällig' },
  mayAskFor: { en: 'May ask for', de: 'Darf fragen nach' },
  notUsed: { en: 'Not used for 90 days', de: '90 Tage nicht genutzt' },
  lastUsed: { en: 'Last used', de: 'Zuletzt genutzt' },
  never: { en: 'never', de: 'nie' },
  anything: { en: 'anything', de: 'allem' },
  nothing: { en: 'nothing', de: 'nichts' },
  answer: { en: 'Answer', de: 'Antwort' },
  answerFor: { en: 'Answer for {agent}', de: 'Antwort für {agent}' },
  notNow: { en: 'not now', de: 'nicht jetzt' },
  keep: { en: 'keep', de: 'so lassen' },
  remove: { en: 'remove what was not used', de: 'Ungenutztes wegnehmen' },
  end: { en: 'end it', de: 'beenden' },
  more: { en: 'More are due: these come first.', de: 'Es sind noch mehr fällig: Diese kommen zuerst.' },
  submit: { en: 'Answer these', de: 'Diese beantworten' },
  notYours: { en: 'One of them is not yours to review.', de: 'Einen davon können Sie nicht prüfen.' },
  done: {
    en: '{kept} kept, {narrowed} narrowed, {ended} ended.',
    de: '{kept} gelassen, {narrowed} enger gefasst, {ended} beendet.',
  },
});
