import { words } from './words.ts';

/** Every list of the console: its filter, its pages, what can be taken along. */
export const LIST = words({
  often: { en: 'Often looked for', de: 'Oft gesucht' },
  filter: { en: 'Filter', de: 'Filter' },
  filters: { en: 'Filters', de: 'Filter' },
  search: { en: 'Search', de: 'Suchen' },
  /** Before a part of the filter, for whoever hears it. */
  remove: { en: 'Remove ', de: 'Entfernen: ' },
  pages: { en: 'Pages', de: 'Seiten' },
  first: { en: 'Back to the first', de: 'Zurück zum Anfang' },
  next: { en: 'Next', de: 'Weiter' },
  whatToDo: { en: 'What to do', de: 'Was zu tun ist' },
  atCommandLine: { en: 'At the command line', de: 'Auf der Kommandozeile' },
  exportCsv: { en: 'Export CSV', de: 'Als CSV herunterladen' },
  exportJsonLines: { en: 'Export JSON Lines', de: 'Als JSON Lines herunterladen' },
  nothingSought: { en: 'Nothing was looked for.', de: 'Es wurde nichts gesucht.' },
});

/** What is wrong with a filter, and what would be right. */
export const LISTING = words({
  tooLong: {
    en: 'A filter has at most {limit} characters.',
    de: 'Ein Filter hat höchstens {limit} Zeichen.',
  },
  tooMany: { en: 'A filter has at most {limit} parts.', de: 'Ein Filter hat höchstens {limit} Teile.' },
  noSuchFilter: {
    en: 'There is no filter {name}. There are {names}.',
    de: 'Den Filter {name} gibt es nicht. Es gibt {names}.',
  },
  oneOf: { en: '{name} is one of {values}.', de: '{name} ist eines von {values}.' },
  noValue: { en: '{name}: has no value.', de: '{name}: hat keinen Wert.' },
  noSuchOrder: { en: 'The list sorts by {names}.', de: 'Die Liste sortiert nach {names}.' },
  noSuchPlace: {
    en: 'There is no such place in this list. Start at the first page.',
    de: 'Diese Stelle gibt es in der Liste nicht. Beginnen Sie auf der ersten Seite.',
  },
});
